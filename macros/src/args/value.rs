//! What may stand to the right of an option's `=`.

use std::time::Duration;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{
    Error, Expr, ExprLit, Ident, Lit, LitBool, LitInt, LitStr, Pat, Path, RangeLimits, Result, ReturnType, Token, Type,
};

use super::duration;

/// A kind of value that an option can have.
pub(super) trait Value: Sized {
    /// What a bare word means, for the options that take no value.
    const BARE: Option<Self> = None;

    /// Reads the value; the `=` is behind.
    fn parse(input: ParseStream) -> Result<Self>;
}

/// Reads `= value`, or nothing for a word that stands alone.
pub(super) fn after_key<T: Value>(key: &Ident, example: &str, input: ParseStream) -> Result<T> {
    let ended = |input: ParseStream| input.is_empty() || input.peek(Token![,]);
    if let Some(bare) = T::BARE {
        return if ended(input) {
            Ok(bare)
        } else {
            Err(Error::new(key.span(), format!("`{key}` takes no value: write `{example}`")))
        };
    }
    if ended(input) {
        return Err(Error::new(key.span(), format!("`{key}` needs a value: `{example}`")));
    }
    if !input.peek(Token![=]) {
        return Err(input.error(format!("expected `=`: the option is written `{example}`")));
    }
    input.parse::<Token![=]>()?;
    if ended(input) {
        return Err(Error::new(key.span(), format!("`{key}` needs a value: `{example}`")));
    }
    T::parse(input)
}

/// An option that is only a word.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flag;

impl Value for Flag {
    const BARE: Option<Self> = Some(Self);

    fn parse(_: ParseStream) -> Result<Self> {
        Ok(Self)
    }
}

impl Value for Expr {
    fn parse(input: ParseStream) -> Result<Self> {
        input.parse()
    }
}

impl Value for Path {
    fn parse(input: ParseStream) -> Result<Self> {
        if input.peek(LitStr) {
            return Err(input.error("a path is written without quotes: `crate = some::path`"));
        }
        input.call(Path::parse_mod_style)
    }
}

impl Value for bool {
    fn parse(input: ParseStream) -> Result<Self> {
        input
            .parse()
            .map(|literal: LitBool| literal.value)
            .map_err(|error| Error::new(error.span(), "expected `true` or `false`"))
    }
}

/// A length of time.
#[derive(Clone)]
pub(crate) enum Life {
    /// Known now: seconds or text.
    Fixed(Duration),
    /// An expression of type `Duration`.
    Computed(Box<Expr>),
}

/// How long an entry lives.
#[derive(Clone)]
pub(crate) enum Ttl {
    /// One length; an expression may also be a range of them.
    One(Life),
    /// Any between the two.
    Between(Life, Life),
    /// Computed from key and value when an entry is stored.
    Closure(Box<Expr>),
}

const LIFE_SHAPE: &str =
    "whole seconds (`600`), text (`\"10m\"`, `\"1h30m\"`, `\"500ms\"`) or an expression of type `Duration`";

const RANGE_SHAPE: &str = "a range of lives has both its ends: write `ttl = \"30m\"..=\"60m\"`";

impl Life {
    fn of(expr: Expr, noun: &str) -> Result<Self> {
        match &expr {
            Expr::Lit(ExprLit { lit: Lit::Int(seconds), .. }) => seconds_of(seconds).map(Self::Fixed),
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                duration::parse(&text.value()).map(Self::Fixed).map_err(|message| Error::new(text.span(), message))
            }
            Expr::Lit(_) | Expr::Unary(_) | Expr::Range(_) | Expr::Tuple(_) | Expr::Closure(_) => {
                Err(Error::new_spanned(&expr, format!("{noun} is {LIFE_SHAPE}")))
            }
            _ => Ok(Self::Computed(Box::new(expr))),
        }
    }
}

/// A literal that came through a `macro_rules!` fragment stands in invisible brackets.
fn ungrouped(mut expr: Expr) -> Expr {
    while let Expr::Group(group) = expr {
        expr = *group.expr;
    }
    expr
}

impl Value for Life {
    fn parse(input: ParseStream) -> Result<Self> {
        Self::of(ungrouped(input.parse()?), "this length of time")
    }
}

impl Value for Ttl {
    fn parse(input: ParseStream) -> Result<Self> {
        const NOUN: &str = "a ttl";
        let expr = ungrouped(input.parse()?);
        let ends = match &expr {
            Expr::Range(range) => match (&range.start, &range.limits, &range.end) {
                (Some(from), RangeLimits::Closed(_), Some(to)) => Some(((**from).clone(), (**to).clone())),
                _ => return Err(Error::new_spanned(&expr, RANGE_SHAPE)),
            },
            Expr::Tuple(tuple) if tuple.elems.len() == 2 => Some((tuple.elems[0].clone(), tuple.elems[1].clone())),
            Expr::Closure(_) => return Ok(Self::Closure(Box::new(expr))),
            _ => None,
        };
        let Some((from, to)) = ends else { return Life::of(expr, NOUN).map(Self::One) };
        let between = (Life::of(ungrouped(from), NOUN)?, Life::of(ungrouped(to), NOUN)?);
        match between {
            (Life::Fixed(from), Life::Fixed(to)) if from > to => {
                Err(Error::new_spanned(&expr, "this range of lives ends before it begins"))
            }
            (from, to) => Ok(Self::Between(from, to)),
        }
    }
}

fn seconds_of(literal: &LitInt) -> Result<Duration> {
    if !literal.suffix().is_empty() {
        return Err(Error::new(
            literal.span(),
            "a number without a suffix is seconds; other units are text: `\"10m\"`, `\"500ms\"`",
        ));
    }
    literal.base10_parse().map(Duration::from_secs)
}

/// The name of an argument, as an option mentions it.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// One name, or several in parentheses; with or without quotes.
#[derive(Clone, Debug)]
pub(crate) struct Names(pub(crate) Vec<Name>);

impl Value for Names {
    fn parse(input: ParseStream) -> Result<Self> {
        if !input.peek(syn::token::Paren) {
            return Ok(Self(vec![input.parse()?]));
        }
        let inner;
        syn::parenthesized!(inner in input);
        let names = inner.parse_terminated(Name::parse, Token![,])?;
        Ok(Self(names.into_iter().collect()))
    }
}

impl Parse for Name {
    fn parse(input: ParseStream) -> Result<Self> {
        if input.peek(LitStr) {
            let literal: LitStr = input.parse()?;
            Ok(Self { text: literal.value(), span: literal.span() })
        } else if input.peek(Ident::peek_any) {
            let ident = input.call(Ident::parse_any)?;
            Ok(Self { text: ident.unraw().to_string(), span: ident.span() })
        } else {
            Err(input.error("expected the name of an argument, or several: `\"db\"`, `(\"db\", \"span\")`"))
        }
    }
}

/// `|a, b| -> K { .. }`: its return type is what lets the cache name its key.
#[derive(Clone)]
pub(crate) struct KeyFn {
    pub(crate) inputs: Vec<KeyInput>,
    pub(crate) output: Type,
    pub(crate) body: Expr,
}

/// An argument that the key is computed from.
#[derive(Clone)]
pub(crate) struct KeyInput {
    pub(crate) name: Ident,
    pub(crate) ty: Option<Type>,
}

const KEY_SHAPE: &str =
    "`key` is a closure over the arguments that names its return type: `key = |id| -> String { id.to_string() }`";

impl Value for KeyFn {
    fn parse(input: ParseStream) -> Result<Self> {
        let closure = match input.parse()? {
            Expr::Closure(closure) => closure,
            other => return Err(Error::new_spanned(other, KEY_SHAPE)),
        };
        if let Some(token) = closure.asyncness {
            return Err(Error::new(token.span, "a key is computed on the spot: this closure can't be `async`"));
        }
        let ReturnType::Type(_, output) = closure.output else {
            return Err(Error::new_spanned(closure, KEY_SHAPE));
        };
        let inputs = closure.inputs.into_iter().map(key_input).collect::<Result<_>>()?;
        Ok(Self { inputs, output: *output, body: *closure.body })
    }
}

fn key_input(pat: Pat) -> Result<KeyInput> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none() => {
            Ok(KeyInput { name: pat.ident, ty: None })
        }
        Pat::Type(typed) => {
            let input = key_input(*typed.pat)?;
            Ok(KeyInput { ty: Some(*typed.ty), ..input })
        }
        other => Err(Error::new_spanned(other, "expected the name of an argument: the closure sees each by reference")),
    }
}

/// What the waiters of a failed call get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errors {
    Share,
    Retry,
}

/// What becomes of a call whose second tier fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnStoreError {
    Skip,
    Fail,
}

/// Who owns and drives a running call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlightWord {
    Shared,
    Inline,
    Detached,
}

/// One of a few words; the message of a wrong one lists them.
fn word<T: Copy>(input: ParseStream, words: &[(&str, T)]) -> Result<T> {
    let list = || {
        let (last, firsts) = words.split_last().expect("an option has words");
        let firsts: Vec<_> = firsts.iter().map(|(word, _)| format!("`{word}`")).collect();
        format!("expected {} or `{}`", firsts.join(", "), last.0)
    };
    let ident = input.call(Ident::parse_any).map_err(|error| Error::new(error.span(), list()))?;
    words
        .iter()
        .find(|(word, _)| ident == word)
        .map(|(_, value)| *value)
        .ok_or_else(|| Error::new(ident.span(), list()))
}

impl Value for Errors {
    fn parse(input: ParseStream) -> Result<Self> {
        word(input, &[("share", Self::Share), ("retry", Self::Retry)])
    }
}

impl Value for OnStoreError {
    fn parse(input: ParseStream) -> Result<Self> {
        word(input, &[("skip", Self::Skip), ("fail", Self::Fail)])
    }
}

impl Value for FlightWord {
    fn parse(input: ParseStream) -> Result<Self> {
        word(input, &[("shared", Self::Shared), ("inline", Self::Inline), ("detached", Self::Detached)])
    }
}

/// `handle = false`, `true`, or another name.
#[derive(Clone, Debug)]
pub(crate) enum HandleWord {
    No,
    Yes,
    Named(Ident),
}

impl Value for HandleWord {
    fn parse(input: ParseStream) -> Result<Self> {
        if input.peek(LitBool) {
            let literal: LitBool = input.parse()?;
            Ok(if literal.value { Self::Yes } else { Self::No })
        } else {
            input
                .parse()
                .map(Self::Named)
                .map_err(|error| Error::new(error.span(), "expected a name, `true` or `false`"))
        }
    }
}

//! The function below the attribute. Its body stays raw tokens, so that a half-typed one still expands and every error in it is
//! the compiler's own; only the boxed shape (`-> Pin<Box<dyn Future>>`, what `async_trait` writes) is looked into.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{
    AttrStyle, Attribute, Block, Error, Expr, FnArg, Ident, Meta, Pat, PatType, Receiver, Result, Signature, Stmt,
    Token, Type, Visibility,
};

use crate::types;

/// A function as the attribute sees it.
pub(crate) struct Item {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// As the user wrote it, but for `#[cached(ignore)]` on arguments.
    pub(crate) sig: Signature,
    pub(crate) args: Vec<Argument>,
    pub(crate) body: Body,
    /// What is wrong with the attributes on arguments; reported with the rules' findings.
    pub(crate) mistakes: Option<Error>,
}

pub(crate) enum Body {
    /// The block, its braces included, so that an error at its end is at the user's brace.
    Statements(Group),
    /// `{ before.. Box::pin(async move { statements }) }` in a function that returns a boxed future.
    Boxed(Box<Boxed>),
    /// `;`
    None,
}

pub(crate) struct Boxed {
    pub(crate) before: Vec<Stmt>,
    /// `Box::pin`, as it was written.
    pub(crate) pin: Expr,
    /// What the future gives.
    pub(crate) output: Type,
    pub(crate) block: Group,
    /// All of the body, for the fallback.
    pub(crate) whole: Group,
}

/// An argument other than the receiver.
pub(crate) struct Argument {
    /// What the new signature calls it.
    pub(crate) name: Ident,
    /// The pattern that the body expects, where it isn't that name.
    pub(crate) rebind: Option<Pat>,
    pub(crate) ty: Type,
    /// `#[cached(ignore)]`
    pub(crate) ignored: bool,
    /// `#[cfg(..)]`
    pub(crate) cfg: Option<Span>,
    /// The whole argument as it was written, for errors.
    pub(crate) typed: PatType,
}

impl Argument {
    /// The word by which options may mention it.
    pub(crate) fn word(&self) -> Option<String> {
        match &*self.typed.pat {
            Pat::Ident(pat) if pat.subpat.is_none() => Some(syn::ext::IdentExt::unraw(&pat.ident).to_string()),
            _ => None,
        }
    }
}

impl Item {
    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        self.sig.receiver()
    }

    pub(crate) fn ident(&self) -> &Ident {
        &self.sig.ident
    }

    /// The statements whose meaning the function has, in either shape.
    pub(crate) fn statements(&self) -> TokenStream {
        match &self.body {
            Body::Statements(block) => block.stream(),
            Body::Boxed(boxed) => boxed.block.stream(),
            Body::None => TokenStream::new(),
        }
    }

    /// The block that the function's meaning is in, in either shape.
    pub(crate) fn block(&self) -> Option<&Group> {
        match &self.body {
            Body::Statements(block) => Some(block),
            Body::Boxed(boxed) => Some(&boxed.block),
            Body::None => None,
        }
    }

    /// The body as it was written.
    pub(crate) fn whole_body(&self) -> Option<&Group> {
        match &self.body {
            Body::Statements(block) => Some(block),
            Body::Boxed(boxed) => Some(&boxed.whole),
            Body::None => None,
        }
    }
}

impl Parse for Item {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis: Visibility = input.parse()?;
        // `default async fn` and the like come to no good here, and syn's message for them is fine.
        let mut sig: Signature = input.parse()?;
        let mut mistakes = None;
        let args = sig.inputs.iter_mut().enumerate().filter_map(|(index, input)| match input {
            FnArg::Typed(typed) => Some(argument(index, typed, &mut mistakes)),
            FnArg::Receiver(_) => None,
        });
        let args = args.collect();
        let body = if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            Body::None
        } else {
            let mut block = body(input.parse()?)?;
            let (inner, statements) = split_inner_attributes.parse2(block.stream())?;
            if !inner.is_empty() {
                attrs.extend(inner);
                let span = block.span();
                block = Group::new(Delimiter::Brace, statements);
                block.set_span(span);
            }
            match boxed(&sig, &block) {
                Some(boxed) => Body::Boxed(Box::new(boxed)),
                None => Body::Statements(block),
            }
        };
        Ok(Self { attrs, vis, sig, args, body, mistakes })
    }
}

/// The braces of the body; as a `$body:block` of a macro they stand in invisible brackets.
fn body(token: TokenTree) -> Result<Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Ok(group),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => body(syn::parse2(group.stream())?),
        other => Err(Error::new(other.span(), "expected the function's body")),
    }
}

/// `#![..]` at the beginning of a body is about the function; it is written above it instead.
fn split_inner_attributes(input: ParseStream) -> Result<(Vec<Attribute>, TokenStream)> {
    let mut inner = input.call(Attribute::parse_inner)?;
    for attr in &mut inner {
        attr.style = AttrStyle::Outer;
    }
    Ok((inner, input.parse()?))
}

fn argument(index: usize, typed: &mut PatType, mistakes: &mut Option<Error>) -> Argument {
    let mut ignored = false;
    typed.attrs.retain(|attr| {
        let ours = attr
            .path()
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "cached" || segment.ident == "cachedmethod");
        if ours {
            match &attr.meta {
                Meta::List(list) if list.tokens.to_string() == "ignore" => ignored = true,
                _ => crate::args::combine(
                    mistakes,
                    Error::new_spanned(attr, "on an argument this can only be `#[cached(ignore)]`"),
                ),
            }
        }
        !ours
    });
    let cfg = typed
        .attrs
        .iter()
        .find(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"))
        .map(|attr| attr.pound_token.span);
    let (name, rebind) = match &*typed.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
            (pat.ident.clone(), pat.mutability.map(|_| (*typed.pat).clone()))
        }
        // Hygienic, so that it can't be a name of the user's.
        pat => (format_ident!("__arg{index}", span = Span::mixed_site()), Some(pat.clone())),
    };
    Argument { name, rebind, ty: (*typed.ty).clone(), ignored, cfg, typed: typed.clone() }
}

/// What a boxed future gives, read off `Pin<Box<dyn Future<Output = T> + ..>>`.
pub(crate) fn boxed_output(sig: &Signature) -> Option<Type> {
    if sig.asyncness.is_some() {
        return None;
    }
    let returned = types::returned(&sig.output, sig.fn_token.span);
    let pinned = types::arguments_of(&returned, "Pin")?;
    let boxed = types::arguments_of(pinned.first()?, "Box")?;
    match types::bare(boxed.first()?) {
        Type::TraitObject(object) => types::future_output(object.bounds.iter()),
        _ => None,
    }
}

fn boxed(sig: &Signature, body: &Group) -> Option<Boxed> {
    let output = boxed_output(sig)?;
    let Block { stmts: mut before, .. } = syn::parse2(body.to_token_stream()).ok()?;
    let Some(Stmt::Expr(Expr::Call(call), None)) = before.pop() else { return None };
    let is_pin = matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == "pin"));
    match (is_pin, call.args.len(), call.args.first()) {
        (true, 1, Some(Expr::Async(block))) if block.capture.is_some() => {
            let block = syn::parse2(block.block.to_token_stream()).ok()?;
            Some(Boxed { before, pin: *call.func, output, block, whole: body.clone() })
        }
        _ => None,
    }
}

//! Which arguments count, in which form they are kept, and how a call looks them up without owning them.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Type, parse_quote, parse_quote_spanned};

use super::Mistakes;
use crate::args::{Args, Attribute, KeyFn, nearest};
use crate::item::{Argument, Item};
use crate::types;

/// How many arguments a key can have: the standard library's traits for tuples end there.
const MOST_PARTS: usize = 12;

const WAYS_OUT: &str = "leave it out with `ignore`, or compute the key with `key = |..| -> K { .. }`";

pub(crate) enum Key {
    /// The arguments that count.
    Parts(Vec<Part>),
    /// What the user's closure makes of them.
    Given(Box<GivenKey>),
}

/// `key = |a, b| -> K { .. }`, its names found among the arguments.
pub(crate) struct GivenKey {
    pub(crate) closure: KeyFn,
    /// For each of the closure's inputs, the argument it names.
    pub(crate) args: Vec<(Ident, Type)>,
}

/// One argument that counts.
pub(crate) struct Part {
    /// What the signature calls it.
    pub(crate) name: Ident,
    /// What a person calls it.
    pub(crate) shown: Ident,
    /// Its type as it was written.
    pub(crate) ty: Type,
    /// The type that the key keeps; `None`: what `ToKey` makes of the argument.
    pub(crate) owned: Option<Type>,
    pub(crate) place: Place,
}

/// Where the value stands that is hashed and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The argument itself.
    Value,
    /// What it refers to.
    Referent,
    /// The instance behind a receiver of any kind.
    Instance,
}

impl Part {
    /// The type that `ToKey` is asked for, which stands behind the reference if the argument is one.
    pub(crate) fn viewed(&self) -> &Type {
        match (self.place, types::as_reference(&self.ty)) {
            (Place::Referent, Some(reference)) => &reference.elem,
            _ => &self.ty,
        }
    }
}

/// Decides the key; with it come the names of the arguments that do not count.
pub(super) fn plan(attribute: Attribute, args: &Args, item: &Item, mistakes: &mut Mistakes) -> (Key, Vec<String>) {
    if let Some(key) = &args.key {
        beside_key(args, item, mistakes);
        let given = given(&key.value, item, mistakes);
        let named: Vec<_> = given.closure.inputs.iter().map(|input| input.name.unraw().to_string()).collect();
        let ignored = item.args.iter().filter_map(Argument::word).filter(|word| !named.contains(word)).collect();
        (Key::Given(Box::new(given)), ignored)
    } else {
        let ignored = ignored(args, item, mistakes);
        (Key::Parts(parts(attribute, args, item, &ignored, mistakes)), ignored)
    }
}

fn beside_key(args: &Args, item: &Item, mistakes: &mut Mistakes) {
    const SAID: &str = "`key` says already which arguments count: leave `ignore` out";
    if let Some(ignore) = &args.ignore {
        mistakes.at(ignore.span(), SAID);
    }
    for arg in item.args.iter().filter(|arg| arg.ignored) {
        mistakes.on(&arg.typed, SAID);
    }
}

fn given(closure: &KeyFn, item: &Item, mistakes: &mut Mistakes) -> GivenKey {
    let mut args = Vec::new();
    for input in &closure.inputs {
        let word = input.name.unraw().to_string();
        match item.args.iter().find(|arg| arg.word().as_ref() == Some(&word)) {
            Some(arg) => args.push((arg.name.clone(), arg.ty.clone())),
            None if word == "self" => {
                mistakes.at(input.name.span(), "`self` is in scope of the closure as it is: leave it out of the list");
            }
            None => mistakes.at(input.name.span(), no_such_argument(&word, item, false)),
        }
    }
    if let Some(span) = types::first_borrow(&closure.output) {
        mistakes.at(span, "a key is kept after the call, so it can't borrow from its arguments: return an owned type");
    }
    GivenKey { closure: closure.clone(), args }
}

fn no_such_argument(word: &str, item: &Item, with_self: bool) -> String {
    let names: Vec<String> =
        item.args.iter().filter_map(Argument::word).chain(with_self.then(|| "self".to_owned())).collect();
    match nearest(word, names.iter().map(String::as_str)) {
        Some(near) => format!("no argument is called `{word}`: did you mean `{near}`?"),
        None if names.is_empty() => format!("no argument is called `{word}`: this function has none with a name"),
        None => format!(
            "no argument is called `{word}`: there are {}",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// The names of the ignored arguments, in their order; `self` first.
fn ignored(args: &Args, item: &Item, mistakes: &mut Mistakes) -> Vec<String> {
    let has_self = item.receiver().is_some();
    let mut named: Vec<&str> = Vec::new();
    for name in args.ignore.iter().flat_map(|ignore| &ignore.value.0) {
        let known =
            item.args.iter().any(|arg| arg.word().as_ref() == Some(&name.text)) || has_self && name.text == "self";
        if !known {
            mistakes.at(name.span, no_such_argument(&name.text, item, has_self));
        } else if named.contains(&name.text.as_str()) {
            mistakes.at(name.span, format!("`{}` is named twice", name.text));
        }
        named.push(&name.text);
    }
    let this = (has_self && named.contains(&"self")).then(|| "self".to_owned());
    let others = item.args.iter().enumerate().filter_map(|(index, arg)| {
        let word = arg.word();
        let counts = !(arg.ignored || word.as_ref().is_some_and(|word| named.contains(&word.as_str())));
        (!counts).then(|| word.unwrap_or_else(|| format!("argument {index}")))
    });
    this.into_iter().chain(others).collect()
}

fn parts(attribute: Attribute, args: &Args, item: &Item, ignored: &[String], mistakes: &mut Mistakes) -> Vec<Part> {
    let mut parts = Vec::new();
    if attribute == Attribute::CachedMethod && args.shared.is_some() && !ignored.iter().any(|name| name == "self") {
        parts.extend(item.receiver().map(|receiver| {
            let name = Ident::new("self", receiver.self_token.span);
            let shown = Ident::new("instance", Span::mixed_site());
            // Spanned at the receiver, where an error about the instance is of use.
            let this = Ident::new("Self", receiver.self_token.span);
            Part { name, shown, ty: parse_quote!(&Self), owned: Some(parse_quote!(#this)), place: Place::Instance }
        }));
    }
    for (index, arg) in item.args.iter().enumerate() {
        if arg.ignored || arg.word().is_some_and(|word| ignored.contains(&word)) {
            continue;
        }
        if let Some(what) = refusal(&arg.ty) {
            mistakes.on(&arg.ty, format!("{what} can't be part of a cache key: {WAYS_OUT}"));
        }
        parts.push(part(index, arg, item));
    }
    if parts.len() > MOST_PARTS {
        let span = parts[MOST_PARTS].name.span();
        mistakes
            .at(span, format!("a key has at most {MOST_PARTS} arguments, and here are {}: {WAYS_OUT}", parts.len()));
    }
    parts
}

/// Why an argument can't be in a key, where its syntax shows it.
fn refusal(ty: &Type) -> Option<&'static str> {
    if let Some(reference) = types::as_reference(ty) {
        if reference.mutability.is_some() {
            return Some("a `&mut` reference");
        }
    }
    if types::first_opaque(ty).is_some() {
        return Some("an `impl Trait` argument");
    }
    types::leaves(ty).into_iter().find_map(|leaf| match leaf {
        Type::TraitObject(_) => Some("a trait object"),
        Type::Reference(_) => Some("a `&mut` reference"),
        _ => types::as_word(leaf).filter(|word| *word == "f64" || *word == "f32").map(|_| "a float"),
    })
}

fn part(index: usize, arg: &Argument, item: &Item) -> Part {
    let shown = match &*arg.typed.pat {
        syn::Pat::Ident(pat) if pat.subpat.is_none() => pat.ident.clone(),
        _ => quote::format_ident!("arg{index}", span = Span::mixed_site()),
    };
    let (place, owned) = match types::as_reference(&arg.ty) {
        // What lives for ever is as good as a value, and is kept without a copy.
        Some(reference) if !reference.lifetime.as_ref().is_some_and(types::is_static) => {
            let owned = (!types::borrows(&reference.elem)).then(|| owned_form(&reference.elem, item));
            (Place::Referent, owned)
        }
        _ => (Place::Value, (!types::borrows(&arg.ty)).then(|| arg.ty.clone())),
    };
    Part { name: arg.name.clone(), shown, ty: arg.ty.clone(), owned, place }
}

/// The type that owns what a `&T` refers to, written out where it is known, so that documentation shows it plainly.
fn owned_form(referent: &Type, item: &Item) -> Type {
    let span = referent.span();
    if let Type::Slice(slice) = types::bare(referent) {
        let elem = &slice.elem;
        return parse_quote_spanned!(span=> ::std::vec::Vec<#elem>);
    }
    if types::as_word(referent).is_some_and(|word| word == "str") {
        return parse_quote_spanned!(span=> ::std::string::String);
    }
    let unsized_by_name = types::as_path(referent)
        .and_then(|path| path.segments.last())
        .is_some_and(|segment| segment.ident == "Path" || segment.ident == "OsStr" || segment.ident == "CStr");
    if unsized_by_name || super::generics::is_unsized(referent, &item.sig.generics) {
        return parse_quote_spanned!(span=> <#referent as ::std::borrow::ToOwned>::Owned);
    }
    types::bare(referent).clone()
}

/// Where the function says `Self`, which only a method can. A body with items of its own may mean theirs.
pub(super) fn names_self(item: &Item) -> Option<Span> {
    fn find(tokens: TokenStream, found: &mut Option<Span>, items: &mut bool) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if ident == "Self" => _ = found.get_or_insert(ident.span()),
                TokenTree::Ident(ident)
                    if ["impl", "trait", "struct", "enum", "union"].iter().any(|word| ident == word) =>
                {
                    *items = true;
                }
                TokenTree::Group(group) => find(group.stream(), found, items),
                _ => {}
            }
        }
    }
    let (mut found, mut items) = (None, false);
    find(item.sig.to_token_stream(), &mut found, &mut items);
    if found.is_none() {
        items = false;
        find(item.statements(), &mut found, &mut items);
        found = found.filter(|_| !items);
    }
    found
}

//! Who owns and drives a running call.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::{Ident, Receiver, ReceiverKind, Type, parse_quote};

use super::generics::{is_unsized, lacks_send_static};
use super::key::Key;
use super::{Mistakes, Place};
use crate::args::{Args, Attribute, FlightWord};
use crate::item::{Argument, Body, Item, boxed_output};
use crate::types;

pub(crate) enum Flight {
    /// The body runs on its caller's stack and borrows what it likes.
    Inline,
    /// The flight owns the body, and any waiter drives it.
    Shared(Owned),
    /// The flight owns the body, and a task of its own drives it.
    Detached(Owned),
}

/// What a body that the flight owns has to be given.
pub(crate) struct Owned {
    pub(crate) copies: Vec<OwnedCopy>,
    /// What the receiver refers to, if it is a reference.
    pub(crate) instance: Option<Type>,
}

/// A `&T` argument of which an owned body takes a copy and borrows from that.
pub(crate) struct OwnedCopy {
    pub(crate) name: Ident,
    pub(crate) referent: Type,
}

pub(super) fn plan(attribute: Attribute, args: &Args, item: &Item, key: &Key, mistakes: &mut Mistakes) -> Flight {
    match &args.flight {
        None if attribute == Attribute::Cached && self_contained(item, key) => Flight::Shared(owned(item)),
        None => Flight::Inline,
        Some(word) => match word.value {
            FlightWord::Inline => Flight::Inline,
            FlightWord::Shared => {
                ownable("shared", item, mistakes);
                Flight::Shared(owned(item))
            }
            FlightWord::Detached => {
                if !cfg!(feature = "tokio") {
                    mistakes.at(
                        word.span(),
                        "`flight = detached` spawns on tokio: enable the feature `tokio` of cachetools",
                    );
                }
                ownable("detached", item, mistakes);
                Flight::Detached(owned(item))
            }
        },
    }
}

/// Whether an owned body is certain to be possible, and to mean the same.
fn self_contained(item: &Item, key: &Key) -> bool {
    let generics = &item.sig.generics;
    let by_key = |arg: &Argument| match key {
        Key::Parts(parts) => parts.iter().any(|part| part.name == arg.name && part.place == Place::Referent),
        Key::Given(_) => false,
    };
    let ownable = |arg: &Argument| match types::as_reference(&arg.ty) {
        Some(reference) if !types::borrows(&arg.ty) => reference.mutability.is_none(),
        Some(reference) => {
            reference.lifetime.is_none()
                && reference.mutability.is_none()
                && by_key(arg)
                && !types::borrows(&reference.elem)
                && !is_unsized(&reference.elem, generics)
        }
        None => {
            !types::borrows(&arg.ty) && !types::writes_a_lifetime(&arg.ty) && types::first_opaque(&arg.ty).is_none()
        }
    };
    generics.lifetimes().next().is_none()
        && generics.type_params().all(|param| !lacks_send_static(param, generics))
        && item.args.iter().all(ownable)
        && boxed_is_send(item)
        && !calls(item.statements(), item.ident())
}

fn boxed_is_send(item: &Item) -> bool {
    let send = || {
        let returned = types::returned(&item.sig.output, item.ident().span());
        types::mentions(&returned, &Ident::new("Send", item.ident().span()))
    };
    !matches!(item.body, Body::Boxed(_)) || boxed_output(&item.sig).is_none() || send()
}

/// Whether the tokens call a function by this name: `name(..)`, `name::<..>(..)`, `self::name(..)`, but not `other::name(..)`,
/// `.name(..)` or `name!(..)`.
fn calls(tokens: TokenStream, name: &Ident) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let punct = |index: Option<usize>, ch: char| {
        index
            .and_then(|index| tokens.get(index))
            .is_some_and(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ch))
    };
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Group(group) => calls(group.stream(), name),
        TokenTree::Ident(ident) if ident == name => {
            let of_another = punct(index.checked_sub(1), '.')
                || punct(index.checked_sub(1), ':')
                    && punct(index.checked_sub(2), ':')
                    && !index.checked_sub(3).and_then(|before| tokens.get(before)).is_some_and(
                        |token| matches!(token, TokenTree::Ident(root) if ["self", "Self", "super", "crate"].iter().any(|word| root == word)),
                    )
                || index.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|token| matches!(token, TokenTree::Ident(word) if word == "fn"));
            let called = match tokens.get(index + 1) {
                Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
                Some(TokenTree::Punct(colon)) => colon.as_char() == ':' && colon.spacing() == Spacing::Joint && punct(Some(index + 3), '<'),
                _ => false,
            };
            called && !of_another
        }
        _ => false,
    })
}

fn owned(item: &Item) -> Owned {
    let copied = |arg: &Argument| {
        let reference = types::as_reference(&arg.ty)?;
        let lasts = reference.lifetime.as_ref().is_some_and(types::is_static);
        (!lasts).then(|| OwnedCopy { name: arg.name.clone(), referent: (*reference.elem).clone() })
    };
    Owned { copies: item.args.iter().filter_map(copied).collect(), instance: item.receiver().and_then(instance) }
}

fn instance(receiver: &Receiver) -> Option<Type> {
    match &receiver.kind {
        ReceiverKind::Reference(..) => Some(parse_quote!(Self)),
        ReceiverKind::Typed(_, ty) => types::as_reference(ty).map(|reference| (*reference.elem).clone()),
        _ => None,
    }
}

/// Refuses the arguments of which no copy can be made.
fn ownable(flight: &str, item: &Item, mistakes: &mut Mistakes) {
    if let Some(Receiver { kind: ReceiverKind::Typed(_, ty), .. }) = item.receiver() {
        if types::as_reference(ty).is_none() && types::borrows(ty) {
            mistakes.on(ty, format!("a call that is `{flight}` owns what its body uses: take `&self` or `self: Arc<Self>`, or say `flight = inline`"));
        }
    }
    for arg in &item.args {
        let borrowed = match types::as_reference(&arg.ty) {
            Some(reference) => {
                reference.mutability.is_some()
                    || types::borrows(&reference.elem)
                    || matches!(types::bare(&reference.elem), Type::TraitObject(_))
            }
            None => types::borrows(&arg.ty),
        };
        if borrowed {
            mistakes.on(
                &arg.ty,
                format!("a call that is `{flight}` owns what its body uses, and this borrow can't be copied: take it by value, or say `flight = inline`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::{format_ident, quote};

    use super::*;

    #[test]
    fn a_call_by_the_functions_own_name_is_seen() {
        let name = format_ident!("fib");
        for tokens in [
            quote!(fib(1).await),
            quote!(vec![a, fib::<u8>(1)]),
            quote!({ { self::fib(n - 1) } }),
            quote!(Self::fib(n)),
        ] {
            assert!(calls(tokens.clone(), &name), "{tokens}");
        }
        for tokens in [
            quote!(x.fib(1)),
            quote!(other::fib(1)),
            quote!(fib!(1)),
            quote!(fib::cache_info()),
            quote!(fib),
            quote!(
                fn fib() {}
            ),
        ] {
            assert!(!calls(tokens.clone(), &name), "{tokens}");
        }
    }
}

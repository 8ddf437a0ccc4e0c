//! Which of a function's generic parameters tell its caches apart, and so belong to the handle.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{GenericParam, Generics, Ident, Lifetime, Token, Type, TypeParam, TypeParamBound, WherePredicate};

use super::key::Key;
use super::{Mistakes, Returns};
use crate::item::Item;
use crate::types;

/// The parameters that are kept, with the bounds that speak of nothing else.
pub(crate) struct Kept {
    pub(crate) generics: Generics,
}

impl Kept {
    pub(crate) fn is_empty(&self) -> bool {
        self.generics.params.is_empty()
    }

    /// `T, N`, for a turbofish.
    pub(crate) fn names(&self) -> TokenStream {
        let names = self.generics.params.iter().map(|param| match param {
            GenericParam::Type(param) => param.ident.to_token_stream(),
            GenericParam::Const(param) => param.ident.to_token_stream(),
            GenericParam::Lifetime(_) => TokenStream::new(),
        });
        quote!(#(#names),*)
    }

    /// `::<T, N>`, or nothing.
    pub(crate) fn turbofish(&self) -> TokenStream {
        let names = self.names();
        if self.is_empty() { TokenStream::new() } else { quote!(::<#names>) }
    }
}

fn name(param: &GenericParam) -> Option<&Ident> {
    match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    }
}

/// The bounds of a parameter: beside it, and in `where` clauses about a type that mentions it.
fn bounds_of(param: &Ident, generics: &Generics) -> TokenStream {
    let own = generics.type_params().filter(|other| other.ident == *param).map(|other| other.bounds.to_token_stream());
    let predicates =
        generics.where_clause.iter().flat_map(|clause| &clause.predicates).filter_map(|predicate| match predicate {
            WherePredicate::Type(predicate) if types::mentions(&predicate.bounded_ty, param) => {
                Some(predicate.to_token_stream())
            }
            _ => None,
        });
    own.chain(predicates).collect()
}

/// Adds the parameters that the bounds of those in `set` mention, unless they are in `except`.
fn close(set: &mut Vec<Ident>, except: &[Ident], generics: &Generics) {
    let mut at = 0;
    while at < set.len() {
        let bounds = bounds_of(&set[at], generics);
        for other in generics.params.iter().filter_map(name) {
            if !set.contains(other) && !except.contains(other) && types::mentions(&bounds, other) {
                set.push(other.clone());
            }
        }
        at += 1;
    }
}

pub(super) fn plan(item: &Item, key: &Key, returns: &Returns, mistakes: &mut Mistakes) -> Kept {
    let generics = &item.sig.generics;
    let counting: TokenStream = match key {
        Key::Parts(parts) => parts.iter().map(|part| part.ty.to_token_stream()).collect(),
        // Equal keys made from arguments of different types are different calls.
        Key::Given(given) => {
            let named = given.args.iter().map(|(_, ty)| ty.to_token_stream());
            named.chain([given.closure.output.to_token_stream()]).collect()
        }
    };
    let all = || generics.params.iter().filter_map(name);
    let mut kept: Vec<Ident> = all()
        .filter(|param| types::mentions(&counting, param) || types::mentions(&returns.ty, param))
        .cloned()
        .collect();
    close(&mut kept, &[], generics);
    // What only ignored arguments and their bounds mention is dropped: an executor need not be 'static to be ignored.
    let arguments: TokenStream = item.args.iter().map(|arg| arg.ty.to_token_stream()).collect();
    let mut dropped: Vec<Ident> =
        all().filter(|param| !kept.contains(param) && types::mentions(&arguments, param)).cloned().collect();
    close(&mut dropped, &kept, generics);
    // What is mentioned nowhere is told by the caller (`f::<A>(1)`), so it counts.
    let keep = |param: &GenericParam| name(param).is_some_and(|name| !dropped.contains(name));
    let mut result = Generics {
        params: generics.params.iter().filter(|param| keep(param)).cloned().collect(),
        ..Generics::default()
    };
    for param in
        generics.type_params().filter(|param| !dropped.contains(&param.ident) && surely_not_static(param, generics))
    {
        let name = &param.ident;
        mistakes.at(
            name.span(),
            format!("`{name}` tells caches apart, and a cache lasts for ever: declare `{name}: 'static`"),
        );
    }
    let lifetimes: Vec<Lifetime> = generics.lifetimes().map(|param| param.lifetime.clone()).collect();
    for param in &mut result.params {
        if let GenericParam::Type(param) = param {
            param.default = None;
            param.bounds = about_nothing_else(&param.bounds, &dropped, &lifetimes);
        }
    }
    result.where_clause = generics.where_clause.clone().map(|mut clause| {
        clause.predicates = clause
            .predicates
            .into_iter()
            .filter_map(|predicate| match predicate {
                WherePredicate::Type(mut predicate) => {
                    if dropped.iter().any(|param| types::mentions(&predicate.bounded_ty, param))
                        || written(&predicate.bounded_ty, &lifetimes)
                    {
                        return None;
                    }
                    predicate.bounds = about_nothing_else(&predicate.bounds, &dropped, &lifetimes);
                    (!predicate.bounds.is_empty()).then_some(WherePredicate::Type(predicate))
                }
                _ => None,
            })
            .collect();
        clause
    });
    result.where_clause = result.where_clause.filter(|clause| !clause.predicates.is_empty());
    Kept { generics: result }
}

/// The bounds without those that mention what the handle doesn't have. `T: 'a` becomes `T: 'static`, which the cache needs.
fn about_nothing_else(
    bounds: &Punctuated<TypeParamBound, Token![+]>,
    dropped: &[Ident],
    lifetimes: &[Lifetime],
) -> Punctuated<TypeParamBound, Token![+]> {
    let own = |bound: &TypeParamBound| match bound {
        TypeParamBound::Lifetime(lifetime) => Some(TypeParamBound::Lifetime(Lifetime::new("'static", lifetime.span()))),
        bound => (!dropped.iter().any(|param| types::mentions(bound, param)) && !written(bound, lifetimes))
            .then(|| bound.clone()),
    };
    bounds.iter().filter_map(own).collect()
}

/// Whether one of these lifetimes is written in the tokens.
fn written(tokens: &impl ToTokens, lifetimes: &[Lifetime]) -> bool {
    lifetimes.iter().any(|lifetime| types::mentions(tokens, &lifetime.ident))
}

/// The bounds that are declared of a parameter: beside it or in a `where` clause of its own.
fn declared<'a>(param: &'a Ident, generics: &'a Generics) -> impl Iterator<Item = &'a TypeParamBound> {
    let own = generics.type_params().filter(move |other| other.ident == *param).flat_map(|param| &param.bounds);
    let clauses =
        generics.where_clause.iter().flat_map(|clause| &clause.predicates).filter_map(
            move |predicate| match predicate {
                WherePredicate::Type(predicate) if types::as_word(&predicate.bounded_ty) == Some(param) => {
                    Some(&predicate.bounds)
                }
                _ => None,
            },
        );
    own.chain(clauses.flatten())
}

/// Whether the type is a parameter that may have no size.
pub(super) fn is_unsized(ty: &Type, generics: &Generics) -> bool {
    types::as_word(ty).is_some_and(|word| {
        declared(word, generics).any(|bound| matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_some()))
    })
}

/// Whether none of a parameter's bounds can imply `'static`. A trait of the user's own might, so with one the question is the
/// compiler's.
fn surely_not_static(param: &TypeParam, generics: &Generics) -> bool {
    const IMPLY_NOTHING: [&str; 25] = [
        "AsRef",
        "Borrow",
        "Clone",
        "Copy",
        "Debug",
        "Default",
        "Deref",
        "Display",
        "Eq",
        "From",
        "FromStr",
        "Hash",
        "Into",
        "IntoIterator",
        "Ord",
        "PartialEq",
        "PartialOrd",
        "Send",
        "Sized",
        "Sync",
        "ToOwned",
        "ToString",
        "TryFrom",
        "TryInto",
        "Unpin",
    ];
    declared(&param.ident, generics).all(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|last| IMPLY_NOTHING.iter().any(|name| last.ident == name))
        }
        _ => false,
    })
}

/// Whether a parameter doesn't declare that it can be owned by another thread.
pub(super) fn lacks_send_static(param: &TypeParam, generics: &Generics) -> bool {
    let send = Ident::new("Send", Span::call_site());
    let bounds = || declared(&param.ident, generics);
    let sends = bounds().any(|bound| matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|last| last.ident == send)));
    let lasts = bounds().any(|bound| matches!(bound, TypeParamBound::Lifetime(lifetime) if types::is_static(lifetime)));
    !(sends && lasts)
}

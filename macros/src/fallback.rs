//! What is written when a rule is broken: the user's own function, so that its callers don't fail too, and the errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, FnArg};

use crate::args::Attribute;
use crate::item::Item;

pub(crate) fn expand(attribute: Attribute, item: &Item, error: &Error) -> TokenStream {
    let errors = error.to_compile_error();
    let Item { attrs, vis, sig, .. } = item;
    let mut sig = sig.clone();
    // The receiver is none of the arguments.
    let typed = sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (typed, arg) in typed.zip(&item.args) {
        typed.clone_from(&arg.typed);
    }
    let inside = item.receiver().is_some() || attribute == Attribute::CachedMethod;
    match item.whole_body() {
        None => quote!(#(#attrs)* #vis #sig;),
        // Beside a method nothing can stand when it is a trait's. What the macro would have used is no second mistake.
        Some(body) if inside => return quote!(#(#attrs)* #[allow(unused)] #vis #sig { #errors #body }),
        Some(body) => quote!(#(#attrs)* #[allow(unused)] #vis #sig #body),
    }
    .into_iter()
    .chain(errors)
    .collect()
}

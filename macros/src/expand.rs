//! From a [`Plan`] to tokens; nothing here can fail.
//!
//! Templates are written at `Span::mixed_site()`: their local names are hygienic, so that an argument may be called `pending` or
//! `key`, and their paths begin with `::`, so that nothing of the user's can be meant instead.

mod build;
mod call;
mod function;
mod handle;
mod keys;
mod method;
mod receiver;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{FnArg, Ident, Pat, PatIdent, Signature};

use crate::args::Attribute;
use crate::plan::Plan;

pub(crate) fn expand(attribute: Attribute, plan: &Plan) -> TokenStream {
    match attribute {
        Attribute::Cached => function::expand(plan),
        Attribute::CachedMethod => method::expand(plan),
    }
}

/// The site of generated code.
fn site() -> Span {
    Span::mixed_site()
}

impl Plan<'_> {
    /// The runtime's private module.
    fn rt(&self) -> TokenStream {
        let krate = &self.krate;
        quote_spanned!(site()=> #krate::__private)
    }

    /// The type of `Fit`, whose methods are the verbs, by way of the questions whether the arguments can be in a key and the value can
    /// be kept: each at the type that it is about, and in all bodies alike, so that the compiler's errors about it become one.
    fn fit_type(&self) -> TokenStream {
        let (rt, value) = (self.rt(), self.value());
        self.fit_key_type(quote_spanned!(site()=> <#value as #rt::FitToKeep<_>>::Then<#rt::Fit>))
    }

    /// The questions about the key alone, and what comes after them.
    fn fit_key_type(&self, then: TokenStream) -> TokenStream {
        let rt = self.rt();
        self.key_parts()
            .iter()
            .rev()
            .fold(then, |then, part| quote_spanned!(site()=> <#part as #rt::FitForKey<_>>::Then<#then>))
    }

    /// A `Fit`.
    fn fit(&self) -> TokenStream {
        let (rt, fit) = (self.rt(), self.fit_type());
        quote_spanned!(site()=> #rt::answer::<#fit>())
    }

    /// One for the verbs that keep no value and give none out.
    fn fit_key(&self) -> TokenStream {
        let rt = self.rt();
        let fit = self.fit_key_type(quote_spanned!(site()=> #rt::Fit));
        quote_spanned!(site()=> #rt::answer::<#fit>())
    }

    /// The runtime's private module, spanned so that an error about what is called is there. A path of the user's keeps its spans, which may be what
    /// it is resolved by.
    fn rt_at(&self, span: Span) -> TokenStream {
        if self.krate.leading_colon.is_some() && self.krate.segments.len() == 1 {
            let name = Ident::new(&self.krate.segments[0].ident.to_string(), span);
            quote_spanned!(span=> ::#name::__private)
        } else {
            self.rt()
        }
    }

    /// The type of what is kept.
    fn value(&self) -> TokenStream {
        self.returns.value(&self.rt())
    }

    /// The function's attributes, and one that keeps clippy from blaming the user for what the generated code does with `_id`.
    fn attrs(&self) -> TokenStream {
        let attrs = &self.item.attrs;
        let underscored = self.item.args.iter().any(|arg| arg.name.to_string().starts_with('_'));
        let allow = underscored.then(|| quote_spanned!(site()=> #[allow(clippy::used_underscore_binding)]));
        quote_spanned!(site()=> #(#attrs)* #allow)
    }

    /// The attributes that what stands beside the function has to share with it.
    fn shared_attrs(&self) -> TokenStream {
        self.item.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).map(ToTokens::to_token_stream).collect()
    }

    /// The signature with a plain name for every argument.
    fn signature(&self) -> Signature {
        let mut sig = self.item.sig.clone();
        let mut args = self.item.args.iter();
        for input in &mut sig.inputs {
            let FnArg::Typed(typed) = input else { continue };
            let Some(arg) = args.next() else { break };
            let ident = arg.name.clone();
            *typed.pat =
                Pat::Ident(PatIdent { attrs: Vec::new(), by_ref: None, mutability: None, ident, subpat: None });
        }
        sig
    }

    /// The patterns that the user's statements expect.
    fn rebinds(&self) -> TokenStream {
        let rebind = |(pat, name): (&Pat, &Ident)| quote_spanned!(site()=> let #pat = #name;);
        self.item.args.iter().filter_map(|arg| arg.rebind.as_ref().map(|pat| (pat, &arg.name))).map(rebind).collect()
    }
}

#[cfg(test)]
mod tests;

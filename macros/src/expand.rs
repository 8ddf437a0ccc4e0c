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

    /// The question whether the value can be kept, first in each body that keeps it. All that needs the answer names the type at
    /// the same place, so that the compiler's errors about it become one.
    fn value_assertion(&self) -> TokenStream {
        let (rt, value) = (self.rt(), self.value());
        quote_spanned!(site()=> #rt::assert_value::<#value>();)
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

//! A cache made from the attribute's options.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ext::IdentExt;

use super::site;
use crate::args::Ttl;
use crate::plan::{Bound, Build, Plan};

impl Plan<'_> {
    /// `Cache<K, V>`
    pub(super) fn cache_type(&self) -> TokenStream {
        let (krate, key, value) = (&self.krate, self.key_type(), self.value());
        quote_spanned!(site()=> #krate::Cache<#key, #value>)
    }

    /// The chain of the builder's calls, an option each.
    pub(super) fn build(&self, build: &Build, default_name: &TokenStream) -> TokenStream {
        let (krate, key, value) = (&self.krate, self.key_type(), self.value());
        let name = build.name.as_ref().map_or_else(|| default_name.clone(), |name| quote_spanned!(site()=> #name));
        let ignored = (!build.ignored.is_empty()).then(|| {
            let names = &build.ignored;
            quote_spanned!(site()=> .ignored(&[#(#names),*]))
        });
        let bound = match &build.bound {
            Bound::Default => TokenStream::new(),
            Bound::Lru(entries) => quote_spanned!(site()=> .lru(#entries)),
            Bound::Unbounded => quote_spanned!(site()=> .unbounded()),
        };
        let ttl = build.ttl.as_ref().map(|ttl| match ttl {
            Ttl::Fixed(ttl) => {
                let (seconds, nanos) = (ttl.as_secs(), ttl.subsec_nanos());
                quote_spanned!(site()=> .ttl(::core::time::Duration::new(#seconds, #nanos)))
            }
            Ttl::Computed(ttl) => quote_spanned!(site()=> .ttl(#ttl)),
        });
        let cache_if = build.cache_if.as_ref().map(|cache_if| quote_spanned!(site()=> .cache_if(#cache_if)));
        let clock = build.clock.as_ref().map(|clock| quote_spanned!(site()=> .clock(#clock)));
        quote_spanned!(site()=> #krate::Cache::<#key, #value>::builder().name(#name) #ignored #bound #ttl #cache_if #clock .build())
    }

    /// `"path::of::the::module::function"`
    pub(super) fn function_name(&self) -> TokenStream {
        let name = self.item.ident().unraw().to_string();
        quote_spanned!(site()=> ::core::concat!(::core::module_path!(), "::", #name))
    }
}

//! A cache made from the attribute's options.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ext::IdentExt;

use super::site;
use crate::args::{Life, Ttl};
use crate::plan::{Bound, Build, Home, Lives, Plan};

impl Plan<'_> {
    /// `Cache<K, V>`
    pub(super) fn cache_type(&self) -> TokenStream {
        let (krate, key, value) = (&self.krate, self.key_type(), self.value());
        quote_spanned!(site()=> #krate::Cache<#key, #value>)
    }

    /// What stands in the function's static: `Cache<K, V>`, or with a store behind it `Tiered<K, V>`.
    pub(super) fn home_type(&self) -> TokenStream {
        if self.tier.is_none() {
            return self.cache_type();
        }
        let (krate, key, value) = (&self.krate, self.key_type(), self.value());
        quote_spanned!(site()=> #krate::store::Tiered<#key, #value>)
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
            Bound::Order(order, entries) => quote_spanned!(site()=> .#order(#entries)),
            Bound::Unbounded => quote_spanned!(site()=> .unbounded()),
        };
        let lives = match &build.lives {
            Lives::Forever => TokenStream::new(),
            Lives::Ttl(Ttl::Closure(closure)) | Lives::Jittered(Ttl::Closure(closure), _) => {
                quote_spanned!(site()=> .ttl_with(#closure))
            }
            Lives::Ttl(ttl) => {
                let ttl = lengths(ttl);
                quote_spanned!(site()=> .ttl(#ttl))
            }
            Lives::Jittered(ttl, jitter) => {
                let (ttl, jitter) = (lengths(ttl), length(jitter));
                quote_spanned!(site()=> .ttl(#krate::Ttl::from(#ttl).jitter(#jitter)))
            }
        };
        let tti = build.tti.as_ref().map(|tti| {
            let tti = length(tti);
            quote_spanned!(site()=> .tti(#tti))
        });
        let plain = build.plain.iter().map(|(method, value)| quote_spanned!(site()=> .#method(#value)));
        let tier = self.tier.as_ref().map(|tier| {
            let (store, memory) = (&tier.store, tier.memory);
            let plain = tier.plain.iter().map(|(method, value)| quote_spanned!(site()=> .#method(#value)));
            // What one choice of the generic parameters stored is not for another.
            let of_types = (!self.kept.is_empty()).then(|| {
                let (_, distinct) = self.marker(matches!(self.home, Home::Type(_)));
                quote_spanned!(site()=> .of_types(::core::any::type_name::<#distinct>()))
            });
            let lease = tier.lease.as_ref().map(|lease| {
                let length = length(lease);
                quote_spanned!(site()=> .lease(#length))
            });
            quote_spanned!(site()=> .store(#store) #(#plain)* #of_types #lease .memory(#memory))
        });
        quote_spanned!(site()=>
            #krate::Cache::<#key, #value>::builder().name(#name) #ignored #bound #lives #tti #(#plain)* #tier .build()
        )
    }

    /// `"path::of::the::module::function"`
    pub(super) fn function_name(&self) -> TokenStream {
        let name = self.item.ident().unraw().to_string();
        quote_spanned!(site()=> ::core::concat!(::core::module_path!(), "::", #name))
    }
}

fn length(life: &Life) -> TokenStream {
    match life {
        Life::Fixed(length) => {
            let (seconds, nanos) = (length.as_secs(), length.subsec_nanos());
            quote_spanned!(site()=> ::core::time::Duration::new(#seconds, #nanos))
        }
        Life::Computed(length) => quote_spanned!(site()=> #length),
    }
}

fn lengths(ttl: &Ttl) -> TokenStream {
    match ttl {
        Ttl::One(life) => length(life),
        Ttl::Between(from, to) => {
            let (from, to) = (length(from), length(to));
            quote_spanned!(site()=> #from..=#to)
        }
        Ttl::Closure(closure) => quote_spanned!(site()=> #closure),
    }
}

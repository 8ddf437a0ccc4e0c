//! The handle of a function: `enum get_pep {}`, which bears the function's name because types and values have names of their own.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, Visibility};

use super::site;
use crate::plan::{Key, Part, Plan};
use crate::types;

/// The module that the handle is written in, so that code beside it can name it although its name may be taken.
pub(super) fn handle_home(name: &Ident) -> Ident {
    format_ident!("__{}_handle", name.unraw(), span = site())
}

impl Plan<'_> {
    pub(super) fn function_handle(&self, name: &Ident) -> TokenStream {
        let (krate, rt, vis) = (&self.krate, self.rt(), &self.item.vis);
        let (cache, value) = (self.cache_type(), self.value());
        let (generics, clause, turbofish) =
            (&self.kept.generics, &self.kept.generics.where_clause, self.kept.turbofish());
        let this = quote_spanned!(site()=> Self::cache #turbofish());
        let (the_cache, tiers) = self.function_caches(vis);
        let (args, key) = (self.handle_arguments(), self.key_of_shown());
        let (insert_args, insert_key) = match &self.key {
            Key::Parts(_) => (args.clone(), key.clone()),
            Key::Given(given) => {
                let ty = &given.closure.output;
                (quote_spanned!(site()=> key: #ty,), quote_spanned!(site()=> #rt::KeyOwned(key)))
            }
        };
        let (fit, fit_key) = (self.fit(), self.fit_key());
        let (value_name, how_name) = (Ident::new("value", site()), Ident::new("how", site()));
        let contains = quote_spanned!(site()=> #fit_key.contains(#this, #key));
        let peek = quote_spanned!(site()=> #fit.peek(#this, #key));
        let both = quote_spanned!(site()=> Self::cache_tiers #turbofish());
        let [invalidate, insert, clear, close] = if self.tier.is_some() {
            [
                quote_spanned!(site()=> #rt::invalidate_tiers::<_, #value, _>(#both, #fit.key(#key))),
                quote_spanned!(site()=> #rt::insert_tiers::<_, #value, _>(#both, #fit.key(#insert_key), #value_name)),
                quote_spanned!(site()=> #both.clear()),
                quote_spanned!(site()=> #both.close(#how_name)),
            ]
        } else {
            [
                quote_spanned!(site()=> #fit_key.invalidate(#this, #key)),
                quote_spanned!(site()=> #fit_key.insert(#this, #insert_key, #value_name)),
                quote_spanned!(site()=> #this.clear()),
                quote_spanned!(site()=> #rt::close(#this, #how_name)),
            ]
        };
        let (attrs, home) = (self.shared_attrs(), handle_home(name));
        let doc = format!("The cache behind [`{}()`].", self.item.ident());
        let closing = if self.tier.is_some() {
            quote_spanned!(site()=> impl ::core::future::Future<Output = ()>)
        } else {
            let key = self.key_type();
            quote_spanned!(site()=> #rt::Closing<'static, #key, #value>)
        };
        let verbs = quote_spanned! {site()=>
            /// The cache itself.
            #[inline]
            #vis fn cache #generics() -> &'static #cache #clause { #the_cache }
            #tiers
            /// Hits, misses and size.
            #vis fn cache_info #generics() -> #krate::CacheInfo #clause { #this.info() }
            /// The fuller picture: loads, errors, evictions, what is running.
            #vis fn cache_stats #generics() -> #krate::CacheStats #clause { #this.stats() }
            /// What the cache was built with.
            #vis fn cache_parameters #generics() -> #krate::CacheParameters #clause { #this.parameters() }
            /// Whether this call is answered from the cache, or is running; leaves counters and order alone.
            #vis fn cache_contains #generics(#args) -> bool #clause { #contains }
            /// What is kept for this call; leaves counters and order alone.
            #vis fn cache_peek #generics(#args) -> ::core::option::Option<#value> #clause { #peek }
            /// Forgets this call; true if it was there, or running.
            #vis fn cache_invalidate #generics(#args) -> bool #clause { #invalidate }
            /// Keeps a value for this call, as if it had run.
            #vis fn cache_insert #generics(#insert_args #value_name: #value) #clause { #insert }
            /// Forgets every call and sets the counters to zero.
            #vis fn cache_clear #generics() #clause { #clear; }
            /// From now on calls run as the plain function. Waits for the running ones, or gives them up.
            #vis fn cache_close #generics(#how_name: #krate::Close) -> #closing #clause { #close }
        };
        quote_spanned! {site()=>
            #rt::in_an_impl_use_cachedmethod! {
                #attrs
                #[allow(dead_code, missing_docs, non_camel_case_types, non_snake_case, unreachable_pub, clippy::exhaustive_enums)]
                mod #home #name;
                #attrs
                // Arguments are taken the way the function takes them, whatever clippy thinks of that.
                #[allow(dead_code, clippy::must_use_candidate, clippy::needless_pass_by_value, clippy::ptr_arg, clippy::too_many_arguments, clippy::trivially_copy_pass_by_ref, clippy::used_underscore_binding)]
                impl { #verbs }
            }
            #rt::if_the_name_is_taken_say_handle_eq_other! {
                #attrs
                #[doc = #doc]
                #[allow(unused_imports)]
                #vis #home #name
            }
        }
    }

    /// What `cache` does, and the function beside it that gives both tiers, if there are two.
    fn function_caches(&self, vis: &Visibility) -> (TokenStream, Option<TokenStream>) {
        let (home, statics) = (self.home_type(), self.static_cache());
        if self.tier.is_none() {
            return (statics, None);
        }
        let (generics, clause, turbofish) =
            (&self.kept.generics, &self.kept.generics.where_clause, self.kept.turbofish());
        let tiers = quote_spanned! {site()=>
            /// Both tiers: the cache in memory, and the store behind it.
            #[allow(dead_code)]
            #[inline]
            #vis fn cache_tiers #generics() -> &'static #home #clause { #statics }
        };
        (quote_spanned!(site()=> Self::cache_tiers #turbofish().near()), Some(tiers))
    }

    /// The arguments that count, or the key that is made of them.
    fn handle_arguments(&self) -> TokenStream {
        match &self.key {
            Key::Given(given) => {
                let ty = &given.closure.output;
                quote_spanned!(site()=> key: &#ty,)
            }
            Key::Parts(parts) => parts
                .iter()
                .map(|Part { shown, ty, .. }| {
                    let ty = types::with_elided_lifetimes(ty);
                    quote_spanned!(site()=> #shown: #ty,)
                })
                .collect(),
        }
    }
}

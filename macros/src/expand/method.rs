//! A decorated method and, beside it, the accessor of its handle.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, Lifetime};

use super::function::given_cache;
use super::site;
use crate::plan::{Home, Key, Plan};
use crate::types;

pub(super) fn expand(plan: &Plan) -> TokenStream {
    let (attrs, vis, sig) = (plan.attrs(), &plan.item.vis, plan.signature());
    let cache = plan.handle.as_ref().map_or_else(
        || plan.method_cache(),
        |accessor| {
            let turbofish = plan.kept.turbofish();
            let cache =
                if plan.tier.is_some() { quote_spanned!(site()=> cache_tiers) } else { quote_spanned!(site()=> cache) };
            match (&plan.home, plan.item.receiver()) {
                // A function without `self` can't have any other home than its type.
                (Home::Type(_), _) | (_, None) => quote_spanned!(site()=> Self::#accessor #turbofish().#cache()),
                (_, Some(receiver)) => {
                    let this = receiver.self_token;
                    quote_spanned!(site()=> #this.#accessor #turbofish().#cache())
                }
            }
        },
    );
    let body = plan.body_with(&cache);
    let accessor = plan.handle.as_ref().map(|name| plan.accessor(name));
    quote_spanned!(site()=> #attrs #vis #sig { #body } #accessor)
}

impl Plan<'_> {
    /// An expression for the method's cache, or its two tiers, in the method or its accessor.
    fn method_cache(&self) -> TokenStream {
        let (rt, cache, fit) = (self.rt(), self.cache_type(), self.fit());
        let name = self.item.ident().unraw().to_string();
        let name = quote_spanned!(site()=> ::std::format!("{}::{}", ::core::any::type_name::<Self>(), #name));
        match &self.home {
            Home::Given(given) => {
                let given = given_cache(given);
                quote_spanned!(site()=> { use #rt::GivenCache as _; let __given: &#cache = #given; __given })
            }
            Home::Instance(caches, build) => {
                let (declaration, distinct) = self.marker(false);
                let build = self.build(build, &name);
                let caches =
                    caches.as_ref().map_or_else(|| self.caches_of_self(), |caches| quote_spanned!(site()=> &#caches));
                quote_spanned!(site()=> { #declaration #fit.site(#caches, ::core::any::TypeId::of::<#distinct>(), || #build) })
            }
            Home::Type(build) | Home::Function(build) => {
                let (declaration, distinct) = self.marker(true);
                let build = self.build(build, &name);
                quote_spanned! {site()=> {
                    static __CACHES: #rt::Registry = #rt::Registry::new();
                    #declaration
                    #fit.registered(&__CACHES, ::core::any::TypeId::of::<#distinct>(), || #build)
                }}
            }
        }
    }

    /// The instance's field, asked for at the method's name: a type that has none is the user's to mend.
    fn caches_of_self(&self) -> TokenStream {
        let at = self.item.ident().span();
        let (rt, this) = (self.rt_at(at), self.item.receiver().map(|receiver| receiver.self_token));
        quote_spanned!(at=> &#rt::add_the_field_caches_of_type_InstanceCaches!(#this))
    }

    fn accessor(&self, name: &Ident) -> TokenStream {
        let (krate, vis, attrs) = (&self.krate, &self.item.vis, self.shared_attrs());
        let (key, value) = (self.key_type(), self.value());
        let doc = format!("The cache of [`Self::{}`].", self.item.ident());
        let cache = self.method_cache();
        let free = Lifetime::new("'__a", Span::mixed_site());
        let (types, names, owned) = self.owning(&free);
        let mut generics = self.kept.generics.clone();
        if names_a_lifetime(&types) {
            generics.params.insert(0, syn::parse_quote!(#free));
        }
        let clause = &self.kept.generics.where_clause;
        let (receiver, lifetime) = match (&self.home, self.item.receiver()) {
            (Home::Type(_), _) | (_, None) => (TokenStream::new(), quote_spanned!(site()=> 'static)),
            (_, Some(receiver)) => {
                let this = receiver.self_token;
                (quote_spanned!(site()=> &#this), quote_spanned!(site()=> '_))
            }
        };
        let (handle, lifetime) = if self.tier.is_some() {
            (quote_spanned!(site()=> #krate::store::TieredMethodCache), TokenStream::new())
        } else {
            (quote_spanned!(site()=> #krate::MethodCache), quote_spanned!(site()=> #lifetime,))
        };
        quote_spanned! {site()=>
            #attrs
            #[doc = #doc]
            #[allow(dead_code, non_snake_case, single_use_lifetimes, clippy::must_use_candidate, clippy::type_complexity)]
            #[inline]
            #vis fn #name #generics(#receiver) -> #handle<#lifetime #key, #value, (#(#types,)*)> #clause {
                #handle::new(#cache, |(#(#names,)*): (#(#types,)*)| #owned)
            }
        }
    }

    /// The types and names of the arguments that count, and the key that is made of them.
    fn owning(&self, free: &Lifetime) -> (Vec<TokenStream>, Vec<Ident>, TokenStream) {
        let parts = match &self.key {
            Key::Given(given) => {
                let ty = &given.closure.output;
                let key = Ident::new("key", site());
                let owned = quote_spanned!(site()=> <#ty as ::core::clone::Clone>::clone(#key));
                return (vec![quote_spanned!(site()=> &#free #ty)], vec![key], owned);
            }
            Key::Parts(parts) => parts,
        };
        let types = parts.iter().map(|part| {
            let ty = types::with_lifetime(&part.ty, free);
            quote_spanned!(site()=> #ty)
        });
        let names: Vec<_> = (0..parts.len()).map(|index| format_ident!("__part{index}", span = site())).collect();
        let key = self.key_of(parts.iter().zip(&names));
        let fit = self.fit_key();
        (types.collect(), names, quote_spanned!(site()=> #fit.own(#key)))
    }
}

fn names_a_lifetime(types: &[TokenStream]) -> bool {
    types.iter().any(|ty| types::mentions(ty, &Ident::new("__a", site())))
}

//! A decorated function and, beside it, its handle.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

use super::handle::handle_home;
use super::site;
use crate::plan::{Home, Plan};

pub(super) fn expand(plan: &Plan) -> TokenStream {
    let (attrs, vis, sig) = (plan.attrs(), &plan.item.vis, plan.signature());
    let cache = if let Some(handle) = &plan.handle {
        let turbofish = plan.kept.turbofish();
        let home =
            if plan.tier.is_some() { quote_spanned!(site()=> cache_tiers) } else { quote_spanned!(site()=> cache) };
        let module = handle_home(handle);
        quote_spanned!(site()=> #module::#handle::#home #turbofish())
    } else {
        let cache = plan.static_cache();
        quote_spanned!(site()=> { #cache })
    };
    let body = plan.body_with(&cache);
    let handle = plan.handle.as_ref().map(|name| plan.function_handle(name));
    quote_spanned!(site()=> #attrs #vis #sig { #body } #handle)
}

impl Plan<'_> {
    /// The whole body of the decorated function, whose cache the expression gives, or both tiers if there are two.
    pub(super) fn body_with(&self, home: &TokenStream) -> TokenStream {
        if self.tier.is_none() {
            return self.body(home);
        }
        let (body, ty) = (self.body(&quote_spanned!(site()=> __tiers.near())), self.home_type());
        quote_spanned!(site()=> let __tiers: &'static #ty = #home; #body)
    }

    /// Statements that end in the `&'static Cache<K, V>` of a function, or its `&'static Tiered<K, V>`.
    pub(super) fn static_cache(&self) -> TokenStream {
        let (rt, cache, fit) = (self.rt(), self.home_type(), self.fit());
        let build = match &self.home {
            Home::Function(build) | Home::Type(build) | Home::Instance(_, build) => {
                self.build(build, &self.function_name())
            }
            // Bound to a type first: of a cache of other types the compiler then says which is expected.
            Home::Given(given) => {
                let given = given_cache(given);
                return quote_spanned!(site()=> use #rt::GivenCache as _; let __given: &'static #cache = #given; __given);
            }
        };
        if self.kept.is_empty() {
            let asked = self.fit_type();
            return quote_spanned! {site()=>
                static __CACHE: #rt::Home<#cache, { let _: #asked; true }> = #rt::Home::new(|| #build);
                &__CACHE
            };
        }
        let (declaration, distinct) = self.marker(false);
        // A parameter that isn't `'static` is an error at the parameter.
        let at = self.kept.generics.type_params().next().map_or(site(), |param| param.ident.span().resolved_at(site()));
        let get = quote_spanned!(at=> #fit.registered(&__CACHES, ::core::any::TypeId::of::<#distinct>(), || #build));
        quote_spanned! {site()=>
            static __CACHES: #rt::Registry = #rt::Registry::new();
            #declaration
            #get
        }
    }

    /// A type that differs for each choice of the generic parameters, and its name with those at hand.
    /// With `of_self`, it differs for each `Self` too.
    pub(super) fn marker(&self, of_self: bool) -> (TokenStream, TokenStream) {
        if self.kept.is_empty() && !of_self {
            return (quote_spanned!(site()=> struct __Site;), quote_spanned!(site()=> __Site));
        }
        let names = self.kept.names();
        let this = of_self.then(|| quote_spanned!(site()=> __Self: ?::core::marker::Sized,));
        let this_name = of_self.then(|| quote_spanned!(site()=> Self,));
        let this_held = of_self.then(|| quote_spanned!(site()=> ::core::marker::PhantomData<fn() -> *const __Self>,));
        let params = self.kept.generics.params.iter().map(|param| match param {
            syn::GenericParam::Const(param) => {
                let (name, ty) = (&param.ident, &param.ty);
                quote_spanned!(site()=> const #name: #ty)
            }
            syn::GenericParam::Type(param) => {
                let name = &param.ident;
                quote_spanned!(site()=> #name: ?::core::marker::Sized)
            }
            syn::GenericParam::Lifetime(_) => TokenStream::new(),
        });
        let types: Vec<_> = self.kept.generics.type_params().map(|param| &param.ident).collect();
        let held = quote_spanned!(site()=> #(::core::marker::PhantomData<fn() -> *const #types>),*);
        let marker = if types.is_empty() && !of_self {
            quote_spanned!(site()=> struct __Site<#(#params),*>;)
        } else {
            quote_spanned!(site()=> #[allow(dead_code)] struct __Site<#this #(#params),*>(#this_held #held);)
        };
        (marker, quote_spanned!(site()=> __Site<#this_name #names>))
    }
}

/// The user's expression, asked for its cache; where it isn't one, the error underlines the expression.
pub(super) fn given_cache(given: &Expr) -> TokenStream {
    let last = given.to_token_stream().into_iter().last().map_or(site(), |token| match token {
        TokenTree::Group(group) => group.span_close(),
        token => token.span(),
    });
    quote_spanned!(last.resolved_at(site())=> #given.given_cache())
}

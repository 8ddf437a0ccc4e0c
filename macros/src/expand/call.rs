//! What a call does: look up, join or lead, and run the body.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Type};

use super::receiver::rename_self;
use super::site;
use crate::args::Errors;
use crate::item::Body;
use crate::plan::{Flight, Home, Key, Kind, Owned, OwnedCopy, Plan};

impl Plan<'_> {
    /// The whole body of the decorated function, around the user's statements.
    pub(super) fn body(&self, cache: &TokenStream) -> TokenStream {
        let call = self.call(cache);
        if let Body::Boxed(boxed) = &self.item.body {
            let (before, pin) = (&boxed.before, &boxed.pin);
            // In the user's own braces: an attribute below, such as `tracing::instrument`, spans names of its own by them.
            let mut block = Group::new(Delimiter::Brace, quote_spanned!(site()=> #call));
            block.set_span(boxed.block.span());
            quote_spanned!(site()=> #(#before)* #pin(async move #block))
        } else {
            quote_spanned!(site()=> #call)
        }
    }

    fn call(&self, cache: &TokenStream) -> TokenStream {
        let (rt, ret, value, fit) = (self.rt(), &self.returns.ty, self.value(), self.fit());
        let (key, mode, guard, lead) = (self.key(), self.mode(), self.guard(), self.lead());
        // A cache that is never dropped need not be held by those who call.
        let start = Ident::new(if matches!(self.home, Home::Function(_)) { "start_static" } else { "start" }, site());
        // The view of the key dies before the first await: the arguments can move into the body, and nothing borrowed and bound by
        // traits lives across an await, where the compiler can't show it to be `Send`.
        quote_spanned! {site()=>
            #guard
            let __fit = #fit;
            let __pending = match __fit.#start::<_, #value, #ret, _, _>(#cache, #key, #mode) {
                #rt::Start::Hit(__hit) => return __hit,
                #rt::Start::Miss(__pending) => __pending,
            };
            #lead
        }
    }

    /// How an error reaches those who wait for it, found out from its type.
    fn mode(&self) -> TokenStream {
        let (rt, ret) = (self.rt(), &self.returns.ty);
        let last = match &self.returns.kind {
            Kind::Plain { .. } => return quote_spanned!(site()=> #rt::Plain),
            Kind::Result { errors: Some(Errors::Retry), .. } => {
                return quote_spanned!(site()=> #rt::answer::<<#ret as #rt::IsResult<_>>::Probe>().retry());
            }
            Kind::Result { errors: Some(Errors::Share), .. } => quote_spanned!(site()=> ErrorsCannotBeShared),
            Kind::Result { errors: None, .. } => quote_spanned!(site()=> ErrorsByRetry),
        };
        // At the return type: that is where an error that can't be shared is written.
        let mode = Ident::new("mode", ret.span().resolved_at(site()));
        quote_spanned! {site()=> {
            use #rt::{ErrorsByTrait as _, ErrorsByClone as _, ErrorsByReport as _, ErrorsByShared as _, #last as _};
            (&&&&&#rt::answer::<<#ret as #rt::IsResult<_>>::Probe>()).#mode()
        }}
    }

    /// Lets the compiler refuse a `Result` under another name.
    fn guard(&self) -> TokenStream {
        let (rt, ret) = (self.rt(), &self.returns.ty);
        if !matches!(self.returns.kind, Kind::Plain { guard: true }) {
            return TokenStream::new();
        }
        let plain = Ident::new("plain", ret.span().resolved_at(site()));
        quote_spanned!(site()=> { use #rt::PlainOk as _; #rt::Probe::<#ret>::NEW.#plain(#rt::No); })
    }

    fn lead(&self) -> TokenStream {
        match &self.flight {
            Flight::Inline => {
                let statements = self.statements(self.item.block());
                let body = quote_spanned!(site()=> async move { #statements });
                let (errand, body) = self.through_the_tiers(&self.rt(), site(), body);
                quote_spanned!(site()=> #errand __pending.run(::core::pin::pin!(#body)).await)
            }
            Flight::Shared(owned) => self.owned_body("share", owned),
            Flight::Detached(owned) => self.owned_body("detach", owned),
        }
    }

    /// The user's block. What stands before it fixes the type for `?`, `return` and coercions, so that a type error is at the
    /// user's own line. A block that never ends, or is one expression in braces, is no mistake of the user's.
    fn statements(&self, block: Option<&Group>) -> TokenStream {
        let (ret, rebinds) = (&self.returns.ty, self.rebinds());
        quote_spanned! {site()=>
            if false {
                let __typed: #ret = loop {};
                #[allow(unreachable_code)]
                return __typed;
            }
            #rebinds
            #[allow(unused_braces, unreachable_code)]
            let __returned: #ret = #block;
            #[allow(unreachable_code)]
            __returned
        }
    }

    /// A body that the flight owns: it borrows from copies of what the arguments refer to.
    fn owned_body(&self, verb: &str, owned: &Owned) -> TokenStream {
        let Owned { copies, instance } = owned;
        // At the function's name, where the error of a body that can't leave its thread is of use.
        let at = self.item.ident().span().resolved_at(site());
        let verb = Ident::new(verb, at);
        // Whether what is in the key can be copied has been asked.
        let counts = |name: &Ident| match &self.key {
            Key::Parts(parts) => parts.iter().any(|part| part.name == *name),
            Key::Given(_) => false,
        };
        let copy = copies.iter().map(|OwnedCopy { name, referent }| {
            if counts(name) {
                quote_spanned!(site()=> let #name = __fit.copied::<#referent>(#name);)
            } else {
                copied(name, referent, name, referent.span())
            }
        });
        let borrow = copies.iter().map(|OwnedCopy { name, referent }| {
            quote_spanned!(site()=> #[allow(unused_variables)] let #name: &#referent = ::core::borrow::Borrow::borrow(&#name);)
        });
        let this =
            self.item.receiver().zip(instance.as_ref()).map(|(receiver, referent)| (receiver.self_token, referent));
        let name = Ident::new("__self", site());
        let copy_this = this.map(|(this, referent)| copied(&name, referent, &this, this.span));
        let borrow_this =
            this.map(|(_, referent)| quote_spanned!(site()=> #[allow(unused_variables)] let #name: &#referent = ::core::borrow::Borrow::borrow(&#name);));
        let block =
            self.item.block().map(|block| if this.is_some() { rename_self(block, &name) } else { block.clone() });
        let statements = self.statements(block.as_ref());
        let future = quote_spanned!(at=> async move { #borrow_this #(#borrow)* #statements });
        let (errand, future) = self.through_the_tiers(&self.rt_at(at), at, future);
        // Made when the lead is there: who waits copies nothing.
        let body = quote_spanned!(at=> move || { #copy_this #(#copy)* #future });
        let call = quote_spanned!(at=> __pending.#verb(#body));
        quote_spanned!(at=> #errand #call.await)
    }

    /// What is made ready before a body, and the body around which the store is asked and told; as it is without a store.
    fn through_the_tiers(&self, rt: &TokenStream, at: Span, body: TokenStream) -> (TokenStream, TokenStream) {
        let Some(tier) = &self.tier else { return (TokenStream::new(), body) };
        let (key, mode, ret) = (self.key(), self.mode(), &self.returns.ty);
        let strict = if tier.strict {
            quote_spanned!(site()=> ::core::option::Option::Some((|__error| ::core::result::Result::Err(::core::convert::From::from(__error))) as fn(_) -> #ret))
        } else {
            quote_spanned!(site()=> ::core::option::Option::None)
        };
        let errand = quote_spanned! {site()=>
            let mut __pending = __pending;
            let __errand = #rt::errand(__tiers, __fit.key(#key), &mut __pending);
        };
        (errand, quote_spanned!(at=> #rt::around(__errand, #mode, #strict, #body)))
    }
}

/// `let name = a copy of what original refers to;`, an error about the copy being where `at` is.
fn copied(name: &Ident, referent: &Type, original: &impl ToTokens, at: Span) -> TokenStream {
    let at = at.resolved_at(site());
    let copy = quote_spanned!(at=> <#referent as ::std::borrow::ToOwned>::to_owned(#original));
    quote_spanned!(site()=> let #name = #copy;)
}

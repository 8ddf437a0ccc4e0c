//! The key's type, and the views through which a call finds it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Type};

use super::site;
use crate::plan::{GivenKey, Key, Part, Place, Plan};
use crate::types;

impl Plan<'_> {
    /// `K`, written so that it can stand in a static.
    pub(super) fn key_type(&self) -> TokenStream {
        match &*self.key_parts() {
            [one] => one.clone(),
            many => quote_spanned!(site()=> (#(#many),*)),
        }
    }

    fn owned(&self, part: &Part) -> TokenStream {
        let krate = &self.krate;
        if let Some(owned) = &part.owned {
            return owned.to_token_stream();
        }
        let viewed = types::with_static_lifetimes(part.viewed());
        quote_spanned!(part.ty.span()=> <#viewed as #krate::ToKey>::Owned)
    }

    /// The types that the key is made of.
    pub(super) fn key_parts(&self) -> Vec<TokenStream> {
        match &self.key {
            Key::Given(given) => vec![given.closure.output.to_token_stream()],
            Key::Parts(parts) => parts.iter().map(|part| self.owned(part)).collect(),
        }
    }

    /// A view of the key, made of the function's own arguments.
    pub(super) fn key(&self) -> TokenStream {
        let rt = self.rt();
        match &self.key {
            Key::Given(given) => {
                let key = computed(given);
                quote_spanned!(site()=> #rt::KeyOwned(#key))
            }
            Key::Parts(parts) => self.key_of(parts.iter().map(|part| (part, &part.name))),
        }
    }

    /// A view of the key, made of arguments that go by the names that people know them by.
    pub(super) fn key_of_shown(&self) -> TokenStream {
        let rt = self.rt();
        match &self.key {
            Key::Given(_) => quote_spanned!(site()=> #rt::KeyGiven(key)),
            Key::Parts(parts) => self.key_of(parts.iter().map(|part| (part, &part.shown))),
        }
    }

    pub(super) fn key_of<'p>(&self, parts: impl Iterator<Item = (&'p Part, &'p Ident)>) -> TokenStream {
        let rt = self.rt();
        let views: Vec<_> = parts.map(|(part, name)| self.view(part, name)).collect();
        match &*views {
            [one] => quote_spanned!(site()=> #rt::KeyRef1(#one)),
            many => quote_spanned!(site()=> #rt::KeyRef((#(#many),*))),
        }
    }

    fn view(&self, part: &Part, name: &Ident) -> TokenStream {
        let rt = self.rt();
        let is_text = types::as_word(part.viewed()).is_some_and(|word| word == "str");
        let wrapper = match part.owned {
            Some(_) if is_text => quote_spanned!(site()=> ByText),
            Some(_) => quote_spanned!(site()=> ByRef),
            None => quote_spanned!(site()=> ByToKey),
        };
        match part.place {
            Place::Value => quote_spanned!(site()=> #rt::#wrapper(&#name)),
            Place::Referent => quote_spanned!(site()=> #rt::#wrapper(&*#name)),
            // Any receiver comes down to `&Self` where one is expected.
            Place::Instance => quote_spanned!(site()=> #rt::ByRef::<'_, Self>(&#name)),
        }
    }
}

/// The closure's body, its inputs bound as references: so their types are known before it is checked, and `self` is in scope.
fn computed(given: &GivenKey) -> TokenStream {
    let GivenKey { closure, args } = given;
    let bindings = closure.inputs.iter().zip(args).map(|(input, (arg, ty))| {
        let name = &input.name;
        let annotated = input.ty.as_ref().map(|ty| quote_spanned!(site()=> : #ty));
        let place = if types::as_reference(ty).is_some() {
            quote_spanned!(site()=> &*#arg)
        } else {
            quote_spanned!(site()=> &#arg)
        };
        // The user may have named it `_id`.
        quote_spanned!(site()=> #[allow(clippy::no_effect_underscore_binding)] let #name #annotated = #place;)
    });
    let (output, body): (&Type, _) = (&closure.output, &closure.body);
    // A closure still, so that a `return` in it gives the key.
    quote_spanned!(site()=> { #(#bindings)* (|| -> #output #body)() })
}

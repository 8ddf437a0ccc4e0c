//! Writes that say how long what they write lives.

use std::fmt;
use std::future::IntoFuture;

use super::super::api::Answer;
use super::super::codec::Codec;
use super::super::error::StoreError;
use super::super::hooks::Operation;
use super::super::ttl::Ttl;
use super::TypedStore;

macro_rules! writes {
    ($($(#[$doc:meta])* $write:ident { $($field:ident: $type:ty),* })*) => {$(
        $(#[$doc])*
        #[must_use = "nothing is written until it is awaited"]
        pub struct $write<'a, C, V> {
            pub(super) store: &'a TypedStore<C>,
            $(pub(super) $field: $type,)*
            pub(super) ttl: Ttl,
        }

        impl<C, V> $write<'_, C, V> {
            /// How long the value lives.
            ///
            /// Defaults to: [`Ttl::Default`].
            pub fn ttl(mut self, ttl: impl Into<Ttl>) -> Self {
                self.ttl = ttl.into();
                self
            }
        }

        impl<C, V> fmt::Debug for $write<'_, C, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($write)).field("ttl", &self.ttl).finish_non_exhaustive()
            }
        }

        impl<'a, C: Codec<V>, V: Sync> IntoFuture for $write<'a, C, V> {
            type Output = Result<(), StoreError>;
            type IntoFuture = Answer<'a, ()>;

            fn into_future(self) -> Answer<'a, ()> {
                Box::pin(self.write())
            }
        }
    )*};
}
writes! {
    /// A write to come: see [`TypedStore::set`].
    Setting { key: &'a str, value: &'a V }
    /// A write to come: see [`TypedStore::add`].
    Adding { key: &'a str, value: &'a V }
    /// A write to come: see [`TypedStore::set_many`].
    SettingMany { pairs: &'a [(&'a str, V)] }
}

impl<C: Codec<V>, V> Setting<'_, C, V> {
    async fn write(self) -> Result<(), StoreError> {
        self.store.set_full(&self.store.full_key(self.key)?, self.value, self.ttl).await
    }
}

impl<C: Codec<V>, V> Adding<'_, C, V> {
    async fn write(self) -> Result<(), StoreError> {
        let Self { store, key, value, ttl } = self;
        let key = store.full_key(key)?;
        let bytes = store.seal(&key, value)?;
        store.run(Operation::Add, (), store.store.add(&key, &bytes, ttl.or(store.default_ttl))).await
    }
}

impl<C: Codec<V>, V> SettingMany<'_, C, V> {
    async fn write(self) -> Result<(), StoreError> {
        let Self { store, pairs, ttl } = self;
        let sealed = |(key, value): &(&str, V)| {
            let key = store.full_key(key)?;
            let bytes = store.seal(&key, value)?;
            Ok((key, bytes))
        };
        let pairs: Vec<_> = pairs.iter().map(sealed).collect::<Result<_, StoreError>>()?;
        store.run(Operation::SetMany, (), store.store.set_many(&pairs, ttl.or(store.default_ttl))).await
    }
}

//! What is behind the memory.

use syn::{Expr, Ident};

use super::{Kind, Mistakes, Returns};
use crate::args::{Args, Attribute, Life, OnStoreError};
use crate::item::Item;

/// A store behind the cache.
pub(crate) struct Tier {
    pub(crate) store: Expr,
    /// Methods of the builder that take their option's value as it is.
    pub(crate) plain: Vec<(Ident, Expr)>,
    /// How long one process may run before another does.
    pub(crate) lease: Option<Life>,
    pub(crate) memory: bool,
    /// A store's failure is the call's.
    pub(crate) strict: bool,
}

pub(super) fn plan(
    attribute: Attribute,
    args: &Args,
    item: &Item,
    returns: &Returns,
    mistakes: &mut Mistakes,
) -> Option<Tier> {
    let exprs = [&args.codec, &args.namespace, &args.version];
    let Some(store) = &args.store else {
        let exprs = exprs.into_iter().flatten().map(|option| &option.key);
        let memory = args.memory.iter().map(|option| &option.key);
        let strict = args.on_store_error.iter().map(|option| &option.key);
        let lease = args.lease.iter().map(|option| &option.key);
        for key in exprs.chain(memory).chain(strict).chain(lease) {
            mistakes.at(key.span(), format!("`{key}` is about a second tier: name it with `store = ..`"));
        }
        return None;
    };
    let of_an_instance = item.receiver().is_some() && args.shared.is_none();
    if attribute == Attribute::CachedMethod && of_an_instance && args.cache.is_none() {
        mistakes.at(
            store.span(),
            "each instance has a cache of its own, and what is stored would be everybody's: say `shared`, or keep a `cachetools::store::Tiered` in the instance and call its `get_with`",
        );
        return None;
    }
    if !cfg!(feature = "store") {
        mistakes.at(store.span(), "`store` needs the feature `store` of cachetools");
        return None;
    }
    let strict = args.on_store_error.as_ref().filter(|option| option.value == OnStoreError::Fail);
    if let (Some(strict), Kind::Plain { .. }) = (strict, &returns.kind) {
        mistakes.at(strict.span(), "a call can fail with the store only if it returns a `Result`");
    }
    Some(Tier {
        store: store.value.clone(),
        plain: exprs.into_iter().flatten().map(|option| (option.key.clone(), option.value.clone())).collect(),
        lease: args.lease.as_ref().map(|option| option.value.clone()),
        memory: args.memory.as_ref().is_none_or(|option| option.value),
        strict: strict.is_some(),
    })
}

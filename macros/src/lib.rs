//! The attributes of `cachetools`; depend on that crate, which brings the code they call.
#![forbid(unsafe_code)]

mod args;
mod expand;
mod fallback;
mod item;
mod plan;
mod types;

use proc_macro::TokenStream;

use args::{Args, Attribute};
use item::Item;

/// # Options
///
/// | option | means | otherwise |
/// |---|---|---|
/// | `lru = 1_000` | at most so many entries, the least recently used leaving first; 0 is no cache | `lru = 128` |
/// | `lfu`, `fifo`, `random`, `sieve`, `s3_fifo`, `tiny_lfu` `= 1_000` | the same bound, in another order of leaving | |
/// | `unbounded` | no bound | |
/// | <code>weigh = \|key, value\| value.len()</code> | what an entry weighs; the bound is then a weight | 1 |
/// | `ttl = 600`, `"10m"`, `"1h30m"`, `"500ms"`, a `Duration` | how long a value lives, from when it is stored; 0 joins callers and keeps nothing | for ever |
/// | `ttl = "30m"..="60m"`, `("30m", "60m")` | each value draws its own life between the two | |
/// | <code>ttl = \|key, value\| ..</code> | an `Option<Duration>` computed when a value is stored: `None` is for ever, zero is not kept | |
/// | `jitter = "5m"` | added to the ttl, anything from nothing to so much, drawn for each value | none |
/// | `tti = "5m"` | how long a value lives without being used | for ever |
/// | <code>on_evict = \|key, value, cause\| ..</code> | hears of each value that leaves | nobody |
/// | `seed = 7` | where chance begins | unforeseeable |
/// | `ignore = "db"`, `("db", "span")` | arguments that don't count; or `#[cached(ignore)]` on the argument | all count |
/// | <code>key = \|id\| -> K { .. }</code> | the key, from the arguments it names, each by reference | the arguments |
/// | <code>cache_if = \|value\| ..</code> | what is worth keeping | every value |
/// | `errors = share` or `retry` | what the waiters of a failed call get | shared if it can be |
/// | `flight = shared`, `inline` or `detached` | whose the running call is | see "Whose the running call is" |
/// | `name = "peps"` | the cache's name in statistics | the function's path |
/// | `handle = other` or `false` | the handle's name, or none | the function's |
/// | `result = true` or `false` | whether a return type that hides it is a `Result` | by its name |
/// | `clock = my_clock()` | the clock that values age by | the system's |
/// | `store = my_store()` | a second tier: a `TypedStore` behind the memory; needs the feature `store` | none |
/// | `codec`, `namespace`, `version` | how and under which keys values are stored there | the store's |
/// | `lease = "10s"` | one run among all processes that share the store: the others wait for so long | each runs |
/// | `memory = false` | no values in memory: each call asks the store | `true` |
/// | `on_store_error = skip` or `fail` | whether a store's failure is the call's | `skip` |
/// | `cache = SHARED` | a cache that exists already, instead of one of the function's own | |
/// | `crate = path` | where the crate `cachetools` is | `::cachetools` |
#[proc_macro_attribute]
pub fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute(Attribute::Cached, args.into(), item.into()).into()
}

/// # Options
///
/// Those of `#[cached]`, and:
///
/// | option | means | otherwise |
/// |---|---|---|
/// | `caches = self.inner.caches` | where the instance keeps its caches | `self.caches` |
/// | `cache = self.settings` | a cache of the method's own, or an `Option` of one | in `caches` |
/// | `shared` | one cache for all instances | one for each |
/// | `ignore = "self"` | the instance doesn't count in a `shared` cache | it does |
/// | `store = ..` | a second tier, where instances share a cache: `shared`, or a function without `self` | none |
/// | `handle = true`, `other` or `false` | an accessor beside the method, under which name | `<method>_cache` if the method has a visibility |
#[proc_macro_attribute]
pub fn cachedmethod(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute(Attribute::CachedMethod, args.into(), item.into()).into()
}

/// Read, check, write.
fn attribute(
    attribute: Attribute,
    args: proc_macro2::TokenStream,
    tokens: proc_macro2::TokenStream,
) -> proc_macro2::TokenStream {
    let item: Item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        // Not a function: what it is stays as it is.
        Err(error) => {
            let says = |word| tokens.clone().into_iter().any(|token| token.to_string() == word);
            let is_function = says("fn");
            let inside = if says("impl") || says("trait") { ": write it above those in here" } else { "" };
            let about = format!("`#[{}]` is for async functions{inside}", attribute.word());
            let about = syn::Error::new(error.span(), about);
            let error = if is_function { error } else { about };
            return tokens.into_iter().chain(error.into_compile_error()).collect();
        }
    };
    Args::parse(attribute, args)
        .and_then(|args| plan::plan(attribute, args, &item).map(|plan| expand::expand(attribute, &plan)))
        .unwrap_or_else(|error| fallback::expand(attribute, &item, &error))
}

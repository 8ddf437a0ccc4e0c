//! The attributes of [`cachetools`](https://docs.rs/cachetools); depend on that crate, which brings the code they call.
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

/// Memoizes an `async fn`.
#[proc_macro_attribute]
pub fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute(Attribute::Cached, args.into(), item.into()).into()
}

/// Memoizes an `async fn` of an `impl` block.
#[proc_macro_attribute]
pub fn cachedmethod(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute(Attribute::CachedMethod, args.into(), item.into()).into()
}

/// Read, check, write.
fn attribute(attribute: Attribute, args: proc_macro2::TokenStream, tokens: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let item: Item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        // Not a function: what it is stays as it is.
        Err(error) => return tokens.into_iter().chain(error.into_compile_error()).collect(),
    };
    Args::parse(attribute, args)
        .and_then(|args| plan::plan(attribute, args, &item).map(|plan| expand::expand(attribute, &plan)))
        .unwrap_or_else(|error| fallback::expand(attribute, &item, &error))
}

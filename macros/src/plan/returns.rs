//! What the function returns, and what of it is kept.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Type;

use super::Mistakes;
use crate::args::{Args, Errors};
use crate::item::{Body, Item};
use crate::types;

pub(crate) struct Returns {
    /// The return type, as it was written.
    pub(crate) ty: Type,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// All of it is kept. `guard`: its name doesn't rule out that it is a `Result`, so the compiler is asked.
    Plain { guard: bool },
    /// The `Ok` is kept. `value`: its type, where it is written out.
    Result { errors: Option<Errors>, value: Option<Box<Type>> },
}

impl Returns {
    /// The type of what is kept; `rt` is the runtime's private module.
    pub(crate) fn value(&self, rt: &TokenStream) -> TokenStream {
        let ty = &self.ty;
        match &self.kind {
            Kind::Plain { .. } => ty.to_token_stream(),
            Kind::Result { value: Some(value), .. } => value.to_token_stream(),
            Kind::Result { value: None, .. } => quote!(<#ty as #rt::ResultLike>::Ok),
        }
    }
}

pub(super) fn plan(args: &Args, item: &Item, word: &str, mistakes: &mut Mistakes) -> Returns {
    let ty = match &item.body {
        Body::Boxed(boxed) => boxed.output.clone(),
        _ => types::returned(&item.sig.output, item.ident().span()),
    };
    if let Type::Never(never) = types::bare(&ty) {
        mistakes.at(
            never.bang_token.span,
            format!("a function that never returns has nothing to keep: `#[{word}]` can't help it"),
        );
    } else if let Some(span) = types::first_opaque(&ty) {
        mistakes.at(span, "what is kept needs a type with a name: return that type, or an `Arc<dyn Trait>`, instead of an `impl Trait`");
    } else if let Some(span) = types::first_borrow(&ty) {
        mistakes.at(span, "what is kept outlives the call, so it can't borrow from it: return an owned value, an `Arc` or a `&'static` one");
    }
    let shown =
        types::arguments_of(&ty, "Result").map(|arguments| arguments.first().map(|&value| Box::new(value.clone())));
    let said = args.result.as_ref().map(|result| result.value);
    if let (Some(result), None, false) = (&args.result, &shown, may_hide_a_result(&ty)) {
        if result.value {
            mistakes.at(result.span(), "what this function returns is no `Result`: leave `result` out");
        }
    }
    let kind = match (said, shown) {
        // With `result = true` the type is asked, since the name may order its parameters otherwise.
        (Some(true), _) => Kind::Result { errors: args.errors.as_ref().map(|errors| errors.value), value: None },
        (None, Some(value)) => Kind::Result { errors: args.errors.as_ref().map(|errors| errors.value), value },
        (Some(false), _) => Kind::Plain { guard: false },
        (None, None) => Kind::Plain { guard: may_hide_a_result(&ty) },
    };
    if let (Kind::Plain { .. }, Some(errors)) = (&kind, &args.errors) {
        mistakes.at(
            errors.span(),
            "`errors` is about a returned `Result`, and this returns none; for a `Result` under another name add `result = true`",
        );
    }
    Returns { ty, kind }
}

/// Types that syntax alone shows to be no alias of `Result`; asking the compiler about each of them costs time.
fn may_hide_a_result(ty: &Type) -> bool {
    const PLAIN: [&str; 18] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
        "usize", "String", "str",
    ];
    match types::bare(ty) {
        Type::Tuple(_) | Type::Array(_) | Type::Reference(_) | Type::FnPtr(_) | Type::Never(_) => false,
        ty => types::as_word(ty).is_none_or(|word| !PLAIN.iter().any(|plain| word == plain)),
    }
}

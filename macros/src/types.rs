//! Questions about types and tokens, answered by syntax alone.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Ident, Lifetime, Path, PathArguments, ReturnType, Type, TypeParamBound, TypeReference};

/// The type without the invisible brackets of macro fragments and without parentheses.
pub(crate) fn bare(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            other => return other,
        };
    }
}

/// `&T` and `&mut T`.
pub(crate) fn as_reference(ty: &Type) -> Option<&TypeReference> {
    match bare(ty) {
        Type::Reference(reference) => Some(reference),
        _ => None,
    }
}

pub(crate) fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}

/// The plain path of a type, where it has one.
pub(crate) fn as_path(ty: &Type) -> Option<&Path> {
    match bare(ty) {
        Type::Path(path) if path.qself.is_none() => Some(&path.path),
        _ => None,
    }
}

/// Whether an attribute of this path is one of this crate's, as far as its name shows.
pub(crate) fn is_ours(path: &Path) -> bool {
    let of_this_crate = path.segments.len() == 1 || path.segments[0].ident == "cachetools";
    of_this_crate && path.segments.last().is_some_and(|word| word.ident == "cached" || word.ident == "cachedmethod")
}

/// The name of a type whose path is one word without arguments.
pub(crate) fn as_word(ty: &Type) -> Option<&Ident> {
    as_path(ty).and_then(Path::get_ident)
}

/// The type arguments of a path's last segment, when that segment is called `name`.
pub(crate) fn arguments_of<'a>(ty: &'a Type, name: &str) -> Option<Vec<&'a Type>> {
    let segment = as_path(ty)?.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return matches!(segment.arguments, PathArguments::None).then(Vec::new);
    };
    Some(
        arguments
            .args
            .iter()
            .filter_map(|argument| if let GenericArgument::Type(ty) = argument { Some(ty) } else { None })
            .collect(),
    )
}

/// Whether the type holds a borrow that isn't `'static`, as far as its syntax shows.
pub(crate) fn borrows(ty: &Type) -> bool {
    first_borrow(ty).is_some()
}

/// Where such a borrow is: at its `&` or at the lifetime.
pub(crate) fn first_borrow(ty: &Type) -> Option<Span> {
    let mut found = None;
    let mut copy = ty.clone();
    walk(&mut copy, &mut |place| {
        let span = match place {
            Place::Borrow(reference) if !reference.lifetime.as_ref().is_some_and(is_static) => reference.and_token.span,
            Place::Named(lifetime) if !is_static(lifetime) => lifetime.span(),
            _ => return,
        };
        found.get_or_insert(span);
    });
    found
}

/// Whether a lifetime other than `'static` is written out.
pub(crate) fn writes_a_lifetime(ty: &Type) -> bool {
    let mut found = false;
    let mut copy = ty.clone();
    walk(&mut copy, &mut |place| {
        let lifetime = match place {
            Place::Borrow(reference) => reference.lifetime.as_ref(),
            Place::Named(lifetime) => Some(&*lifetime),
            Place::Opaque(_) => None,
        };
        found |= lifetime.is_some_and(|lifetime| !is_static(lifetime));
    });
    found
}

/// The type with every lifetime `'static`: what can stand in a `static` and in a key that owns its parts.
pub(crate) fn with_static_lifetimes(ty: &Type) -> Type {
    let mut ty = ty.clone();
    walk(&mut ty, &mut |place| match place {
        Place::Borrow(reference) => reference.lifetime = Some(Lifetime::new("'static", reference.and_token.span)),
        Place::Named(lifetime) => *lifetime = Lifetime::new("'static", lifetime.span()),
        Place::Opaque(_) => {}
    });
    ty
}

/// The type with every lifetime but `'static` left out: what can stand in an argument of another function.
pub(crate) fn with_elided_lifetimes(ty: &Type) -> Type {
    let mut ty = ty.clone();
    walk(&mut ty, &mut |place| match place {
        Place::Borrow(reference) if !reference.lifetime.as_ref().is_some_and(is_static) => reference.lifetime = None,
        Place::Named(lifetime) if !is_static(lifetime) => *lifetime = Lifetime::new("'_", lifetime.span()),
        _ => {}
    });
    ty
}

/// The type with `lifetime` in the place of every one but `'static`, the unwritten ones included.
pub(crate) fn with_lifetime(ty: &Type, lifetime: &Lifetime) -> Type {
    let mut ty = ty.clone();
    walk(&mut ty, &mut |place| match place {
        Place::Borrow(reference) if !reference.lifetime.as_ref().is_some_and(is_static) => {
            reference.lifetime = Some(lifetime.clone());
        }
        Place::Named(named) if !is_static(named) => *named = lifetime.clone(),
        _ => {}
    });
    ty
}

/// Where a trait without a size or without a name stands in the type.
pub(crate) fn first_opaque(ty: &Type) -> Option<Span> {
    let mut found = None;
    let mut copy = ty.clone();
    walk(&mut copy, &mut |place| {
        if let Place::Opaque(span) = place {
            found.get_or_insert(span);
        }
    });
    found
}

/// The types that a key made of this type is certain to contain: through references, tuples, arrays and the containers whose
/// hash is that of what they hold. Other types' arguments say nothing: `OrderedFloat<f64>` is a fine key.
pub(crate) fn leaves(ty: &Type) -> Vec<&Type> {
    let ty = bare(ty);
    match ty {
        Type::Reference(reference) if reference.mutability.is_none() => leaves(&reference.elem),
        Type::Array(array) => leaves(&array.elem),
        Type::Slice(slice) => leaves(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().flat_map(leaves).collect(),
        _ => ["Option", "Vec", "Box", "Arc", "Rc"]
            .iter()
            .find_map(|name| arguments_of(ty, name))
            .filter(|inner| !inner.is_empty())
            .map_or_else(|| vec![ty], |inner| inner.into_iter().flat_map(leaves).collect()),
    }
}

/// Whether the tokens hold this word, at any depth.
pub(crate) fn mentions(tokens: &impl ToTokens, word: &Ident) -> bool {
    fn search(tokens: TokenStream, word: &Ident) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == *word,
            TokenTree::Group(group) => search(group.stream(), word),
            _ => false,
        })
    }
    search(tokens.to_token_stream(), word)
}

/// A place in a type where a lifetime is or could be, or an `impl Trait`.
enum Place<'a> {
    Borrow(&'a mut TypeReference),
    Named(&'a mut Lifetime),
    Opaque(Span),
}

/// Visits the places of a type. The borrows of `fn(&T)` and `Fn(&T)` are each call's own, so they aren't visited.
fn walk(ty: &mut Type, visit: &mut impl FnMut(Place)) {
    match ty {
        Type::Array(array) => walk(&mut array.elem, visit),
        Type::Group(group) => walk(&mut group.elem, visit),
        Type::Paren(paren) => walk(&mut paren.elem, visit),
        Type::Ptr(ptr) => walk(&mut ptr.elem, visit),
        Type::Slice(slice) => walk(&mut slice.elem, visit),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|elem| walk(elem, visit)),
        Type::Reference(reference) => {
            visit(Place::Borrow(reference));
            walk(&mut reference.elem, visit);
        }
        Type::Path(path) => {
            if let Some(qself) = &mut path.qself {
                walk(&mut qself.ty, visit);
            }
            walk_path(&mut path.path, visit);
        }
        Type::ImplTrait(opaque) => {
            visit(Place::Opaque(opaque.impl_token.span));
            walk_bounds(opaque.bounds.iter_mut(), visit);
        }
        Type::TraitObject(object) => walk_bounds(object.bounds.iter_mut(), visit),
        _ => {}
    }
}

fn walk_path(path: &mut Path, visit: &mut impl FnMut(Place)) {
    for segment in &mut path.segments {
        let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else { continue };
        for argument in &mut arguments.args {
            match argument {
                GenericArgument::Lifetime(lifetime) => visit(Place::Named(lifetime)),
                GenericArgument::Type(ty) => walk(ty, visit),
                GenericArgument::AssocType(assoc) => walk(&mut assoc.ty, visit),
                GenericArgument::Constraint(constraint) => walk_bounds(constraint.bounds.iter_mut(), visit),
                _ => {}
            }
        }
    }
}

fn walk_bounds<'a>(bounds: impl Iterator<Item = &'a mut TypeParamBound>, visit: &mut impl FnMut(Place)) {
    for bound in bounds {
        match bound {
            TypeParamBound::Lifetime(lifetime) => visit(Place::Named(lifetime)),
            // `for<'a> Tr<&'a T>` brings lifetimes of its own.
            TypeParamBound::Trait(bound) if bound.lifetimes.is_none() => walk_path(&mut bound.path, visit),
            _ => {}
        }
    }
}

/// The `T` of `Future<Output = T>` among some bounds.
pub(crate) fn future_output<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>) -> Option<Type> {
    bounds
        .filter_map(|bound| if let TypeParamBound::Trait(bound) = bound { bound.path.segments.last() } else { None })
        .filter(|segment| segment.ident == "Future")
        .find_map(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
                _ => None,
            }),
            _ => None,
        })
}

/// The type that a function returns.
pub(crate) fn returned(output: &ReturnType, span: Span) -> Type {
    match output {
        ReturnType::Type(_, ty) => (**ty).clone(),
        ReturnType::Default => syn::parse_quote_spanned!(span=> ()),
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn ty(tokens: TokenStream) -> Type {
        syn::parse2(tokens).unwrap()
    }

    #[test]
    fn borrows_are_found_where_they_bind() {
        for tokens in [
            quote!(&str),
            quote!(Option<&str>),
            quote!(Cow<'_, str>),
            quote!((u32, &'a [u8])),
            quote!(Box<dyn Tr + 'a>),
        ] {
            assert!(borrows(&ty(tokens.clone())), "{tokens}");
        }
        for tokens in
            [quote!(u32), quote!(&'static str), quote!(fn(&str) -> u32), quote!(Box<dyn Fn(&str)>), quote!(Vec<String>)]
        {
            assert!(!borrows(&ty(tokens.clone())), "{tokens}");
        }
    }

    #[test]
    fn lifetimes_become_static_or_are_left_out() {
        let show = |ty: Type| ty.to_token_stream().to_string();
        assert_eq!(
            show(with_static_lifetimes(&ty(quote!(Option<(&str, Cow<'_, str>)>)))),
            show(ty(quote!(Option<(&'static str, Cow<'static, str>)>)))
        );
        assert_eq!(
            show(with_elided_lifetimes(&ty(quote!(Pair<'a, &'a str, &'static u8>)))),
            show(ty(quote!(Pair<'_, &str, &'static u8>)))
        );
    }

    #[test]
    fn leaves_are_what_a_hash_must_reach() {
        let words = |tokens| leaves(&ty(tokens)).iter().map(|ty| ty.to_token_stream().to_string()).collect::<Vec<_>>();
        assert_eq!(words(quote!(&[(f64, Option<u8>)])), ["f64", "u8"]);
        assert_eq!(words(quote!(OrderedFloat<f64>)), ["OrderedFloat < f64 >"]);
    }

    #[test]
    fn arguments_are_those_of_the_last_segment() {
        assert_eq!(arguments_of(&ty(quote!(std::result::Result<u8, E>)), "Result").unwrap().len(), 2);
        assert_eq!(arguments_of(&ty(quote!(fmt::Result)), "Result").unwrap().len(), 0);
        assert!(arguments_of(&ty(quote!(Option<u8>)), "Result").is_none());
    }
}

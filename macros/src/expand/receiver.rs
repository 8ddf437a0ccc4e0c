//! `self` in a body that the flight owns: it borrows from a copy, and no binding can be called `self`.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};

/// The block with another name in the place of `self`; what an `impl` or a `trait` inside it calls so is left alone.
pub(super) fn rename_self(block: &Group, name: &Ident) -> Group {
    let mut renamed = Group::new(block.delimiter(), rename(block.stream(), name));
    renamed.set_span(block.span());
    renamed
}

fn rename(tokens: TokenStream, name: &Ident) -> TokenStream {
    let mut in_item = false;
    let mut tokens = tokens.into_iter().peekable();
    std::iter::from_fn(move || {
        let token = tokens.next()?;
        // `self::f()` is a path from the module.
        let mut in_path = || matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint);
        Some(match token {
            TokenTree::Ident(ident) if ident == "self" && !in_path() => {
                let mut other = name.clone();
                // An error in the body stays at the user's word.
                other.set_span(ident.span().resolved_at(name.span()));
                TokenTree::Ident(other)
            }
            TokenTree::Ident(ident) => {
                in_item |= ident == "impl" || ident == "trait";
                TokenTree::Ident(ident)
            }
            TokenTree::Group(group) if in_item && group.delimiter() == Delimiter::Brace => {
                in_item = false;
                TokenTree::Group(group)
            }
            TokenTree::Group(group) => TokenTree::Group(rename_self(&group, name)),
            token => token,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use quote::{format_ident, quote};

    use super::*;

    #[test]
    fn self_is_renamed_but_not_in_items() {
        let renamed = rename(
            quote!(self.x + format!("{}", self.y); impl Tr for X { fn f(&self) {} } self::g(self)),
            &format_ident!("this"),
        );
        assert_eq!(
            renamed.to_string(),
            quote!(this.x + format!("{}", this.y); impl Tr for X { fn f(&self) {} } self::g(this)).to_string()
        );
    }
}

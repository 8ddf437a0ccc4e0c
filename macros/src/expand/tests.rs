//! What is generated, laid out to be read. After a change run the tests with `UPDATE_EXPECT=1` and read the difference.

use expect_test::expect_file;
use quote::quote;

use crate::args::Attribute;

fn show(attribute: Attribute, args: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> String {
    let mut generated = crate::attribute(attribute, args, item);
    if attribute == Attribute::CachedMethod {
        generated = quote!(impl Service { #generated });
    }
    let mut file: syn::File = syn::parse2(generated).unwrap();
    let items = file.items.into_iter().flat_map(|item| match item {
        syn::Item::Macro(item) if !item.mac.path.segments.iter().any(|segment| segment.ident == "compile_error") => {
            written_by(&item.mac)
        }
        item => vec![item],
    });
    file.items = items.collect();
    prettyplease::unparse(&file)
}

/// What the runtime's macros make of their input; see `handle/words.rs` there.
fn written_by(mac: &syn::Macro) -> Vec<syn::Item> {
    let written = |input: syn::parse::ParseStream| {
        let attrs = input.call(syn::Attribute::parse_outer)?;
        if input.parse::<Option<syn::Token![mod]>>()?.is_none() {
            let (vis, home, handle): (syn::Visibility, syn::Ident, syn::Ident) =
                (input.parse()?, input.parse()?, input.parse()?);
            return Ok(quote!(#(#attrs)* #vis use #home::#handle;));
        }
        let (home, handle): (syn::Ident, syn::Ident) = (input.parse()?, input.parse()?);
        input.parse::<syn::Token![;]>()?;
        let on = input.call(syn::Attribute::parse_outer)?;
        let (verbs_of, verbs): (syn::Token![impl], proc_macro2::Group) = (input.parse()?, input.parse()?);
        Ok(quote!(#(#attrs)* mod #home { pub enum #handle {} } #(#on)* #verbs_of #home::#handle #verbs))
    };
    let written = syn::parse::Parser::parse2(written, mac.tokens.clone()).unwrap();
    syn::parse2::<syn::File>(written).unwrap().items
}

#[test]
fn an_inline_function() {
    let item = quote! {
        /// A user.
        pub async fn get_user(db: &Pool, id: u64, lang: &str) -> Result<User, MyErr> {
            db.load(id, lang).await
        }
    };
    expect_file!["snapshots/inline.rs"].assert_eq(&show(
        Attribute::Cached,
        quote!(lru = 32, ttl = "10m", ignore = "db"),
        item,
    ));
}

#[test]
fn a_shared_function() {
    let item = quote!(
        async fn page((site, number): (u8, u32), mut slug: &str) -> String {
            slug = "x";
            render(site, number, slug).await
        }
    );
    expect_file!["snapshots/shared.rs"].assert_eq(&show(Attribute::Cached, quote!(unbounded, handle = false), item));
}

#[test]
#[cfg(feature = "tokio")]
fn a_detached_function() {
    let item = quote!(
        async fn report(id: u64) -> Report {
            make(id).await
        }
    );
    expect_file!["snapshots/detached.rs"].assert_eq(&show(
        Attribute::Cached,
        quote!(flight = detached, handle = false),
        item,
    ));
}

#[test]
fn a_generic_function() {
    let item = quote!(
        pub async fn load<T: From<u64> + Clone + Send + Sync + 'static, const N: usize>(id: [u64; N]) -> T {
            T::from(id[0])
        }
    );
    expect_file!["snapshots/generic.rs"].assert_eq(&show(Attribute::Cached, quote!(), item));
}

#[test]
fn a_method() {
    let item = quote!(
        pub async fn page(&self, slug: &str, part: Option<&str>) -> Arc<str> {
            self.repo.page(slug, part).await
        }
    );
    expect_file!["snapshots/method.rs"].assert_eq(&show(Attribute::CachedMethod, quote!(lru = 100), item));
}

#[test]
fn a_method_whose_flight_is_shared() {
    let item = quote!(
        pub async fn page(&self, slug: &str) -> Arc<str> {
            self.repo.page(slug).await
        }
    );
    expect_file!["snapshots/method_shared.rs"].assert_eq(&show(
        Attribute::CachedMethod,
        quote!(cache = self.pages, flight = shared),
        item,
    ));
}

#[test]
fn a_mistake_leaves_the_function_as_it_was() {
    let item = quote!(
        pub async fn page(#[cached(ignore)] db: &Db, (a, b): (u8, u8)) -> u8 {
            a + b
        }
    );
    expect_file!["snapshots/mistake.rs"].assert_eq(&show(Attribute::Cached, quote!(tll = 3), item));
}

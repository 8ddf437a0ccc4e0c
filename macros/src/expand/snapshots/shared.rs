#[allow(clippy::used_underscore_binding)]
async fn page(__arg0: (u8, u32), slug: &str) -> String {
    ::cachetools::__private::assert_key::<(u8, u32)>();
    ::cachetools::__private::assert_key::<::std::string::String>();
    ::cachetools::__private::assert_value::<String>();
    let __pending = match ::cachetools::__private::start_static::<
        _,
        String,
        String,
        _,
        _,
    >(
        {
            static __CACHE: ::cachetools::__private::LazyLock<
                ::cachetools::Cache<((u8, u32), ::std::string::String), String>,
            > = ::cachetools::__private::LazyLock::new(|| {
                ::cachetools::Cache::<
                    ((u8, u32), ::std::string::String),
                    String,
                >::builder()
                    .name(::core::concat!(::core::module_path!(), "::", "page"))
                    .unbounded()
                    .build()
            });
            &__CACHE
        },
        ::cachetools::__private::key(
            ::cachetools::__private::KeyRef((
                ::cachetools::__private::ByRef(&__arg0),
                ::cachetools::__private::ByRef(&*slug),
            )),
        ),
        ::cachetools::__private::Plain,
    ) {
        ::cachetools::__private::Start::Hit(__hit) => return __hit,
        ::cachetools::__private::Start::Miss(__pending) => __pending,
    };
    ::cachetools::__private::share::<
        _,
        String,
        _,
        String,
        _,
        _,
    >(
            __pending,
            move || {
                let slug = <str as ::std::borrow::ToOwned>::to_owned(slug);
                async move {
                    #[allow(unused_variables)]
                    let slug: &str = ::core::borrow::Borrow::borrow(&slug);
                    if false {
                        let __typed: String = loop {};
                        #[allow(unreachable_code)] return __typed;
                    }
                    let (site, number) = __arg0;
                    let mut slug = slug;
                    #[allow(unused_braces, unreachable_code)]
                    let __returned: String = {
                        slug = "x";
                        render(site, number, slug).await
                    };
                    #[allow(unreachable_code)] __returned
                }
            },
        )
        .await
}

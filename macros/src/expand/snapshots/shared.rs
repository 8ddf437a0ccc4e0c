#[allow(clippy::used_underscore_binding)]
async fn page(__arg0: (u8, u32), slug: &str) -> String {
    let __fit = ::cachetools::__private::answer::<
        <(
            u8,
            u32,
        ) as ::cachetools::__private::FitForKey<
            _,
        >>::Then<
            <::std::string::String as ::cachetools::__private::FitForKey<
                _,
            >>::Then<
                <String as ::cachetools::__private::FitToKeep<
                    _,
                >>::Then<::cachetools::__private::Fit>,
            >,
        >,
    >();
    let __pending = match __fit
        .start_static::<
            _,
            String,
            String,
            _,
            _,
        >(
            {
                static __CACHE: ::cachetools::__private::Home<
                    ::cachetools::Cache<((u8, u32), ::std::string::String), String>,
                    {
                        let _: <(
                            u8,
                            u32,
                        ) as ::cachetools::__private::FitForKey<
                            _,
                        >>::Then<
                            <::std::string::String as ::cachetools::__private::FitForKey<
                                _,
                            >>::Then<
                                <String as ::cachetools::__private::FitToKeep<
                                    _,
                                >>::Then<::cachetools::__private::Fit>,
                            >,
                        >;
                        true
                    },
                > = ::cachetools::__private::Home::new(|| {
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
            ::cachetools::__private::KeyRef((
                ::cachetools::__private::ByRef(&__arg0),
                ::cachetools::__private::ByText(&*slug),
            )),
            ::cachetools::__private::Plain,
        )
    {
        ::cachetools::__private::Start::Hit(__hit) => return __hit,
        ::cachetools::__private::Start::Miss(__pending) => __pending,
    };
    __pending
        .share(move || {
            let slug = __fit.copied::<str>(slug);
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
        })
        .await
}

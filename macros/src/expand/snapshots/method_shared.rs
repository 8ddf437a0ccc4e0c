impl Service {
    pub async fn page(&self, slug: &str) -> Arc<str> {
        {
            use ::cachetools::__private::PlainOk as _;
            ::cachetools::__private::Probe::<Arc<str>>::NEW
                .plain(::cachetools::__private::No);
        }
        let __fit = ::cachetools::__private::answer::<
            <::std::string::String as ::cachetools::__private::FitForKey<
                _,
            >>::Then<
                <Arc<
                    str,
                > as ::cachetools::__private::FitToKeep<
                    _,
                >>::Then<::cachetools::__private::Fit>,
            >,
        >();
        let __pending = match __fit
            .start::<
                _,
                Arc<str>,
                Arc<str>,
                _,
                _,
            >(
                self.page_cache().cache(),
                ::cachetools::__private::KeyRef1(
                    ::cachetools::__private::ByText(&*slug),
                ),
                ::cachetools::__private::Plain,
            )
        {
            ::cachetools::__private::Start::Hit(__hit) => return __hit,
            ::cachetools::__private::Start::Miss(__pending) => __pending,
        };
        __pending
            .share(move || {
                let __self = <Self as ::std::borrow::ToOwned>::to_owned(self);
                let slug = __fit.copied::<str>(slug);
                async move {
                    #[allow(unused_variables)]
                    let __self: &Self = ::core::borrow::Borrow::borrow(&__self);
                    #[allow(unused_variables)]
                    let slug: &str = ::core::borrow::Borrow::borrow(&slug);
                    if false {
                        let __typed: Arc<str> = loop {};
                        #[allow(unreachable_code)] return __typed;
                    }
                    #[allow(unused_braces, unreachable_code)]
                    let __returned: Arc<str> = { __self.repo.page(slug).await };
                    #[allow(unreachable_code)] __returned
                }
            })
            .await
    }
    ///The cache of [`Self::page`].
    #[allow(
        dead_code,
        non_snake_case,
        single_use_lifetimes,
        clippy::must_use_candidate,
        clippy::type_complexity
    )]
    #[inline]
    pub fn page_cache<'__a>(
        &self,
    ) -> ::cachetools::MethodCache<'_, ::std::string::String, Arc<str>, (&'__a str,)> {
        ::cachetools::MethodCache::new(
            {
                use ::cachetools::__private::GivenCache as _;
                let __given: &::cachetools::Cache<::std::string::String, Arc<str>> = self
                    .pages
                    .given_cache();
                __given
            },
            |(__part0,): (&'__a str,)| {
                ::cachetools::__private::answer::<
                    <::std::string::String as ::cachetools::__private::FitForKey<
                        _,
                    >>::Then<::cachetools::__private::Fit>,
                >()
                    .own(
                        ::cachetools::__private::KeyRef1(
                            ::cachetools::__private::ByText(&*__part0),
                        ),
                    )
            },
        )
    }
}

impl Service {
    pub async fn page(&self, slug: &str, part: Option<&str>) -> Arc<str> {
        ::cachetools::__private::assert_key::<::std::string::String>();
        ::cachetools::__private::assert_key::<
            <Option<&'static str> as ::cachetools::ToKey>::Owned,
        >();
        ::cachetools::__private::assert_value::<Arc<str>>();
        {
            use ::cachetools::__private::PlainOk as _;
            ::cachetools::__private::Probe::<Arc<str>>::NEW
                .plain(::cachetools::__private::No);
        }
        let __pending = match ::cachetools::__private::start::<
            _,
            Arc<str>,
            Arc<str>,
            _,
            _,
        >(
            self.page_cache().cache(),
            ::cachetools::__private::key(
                ::cachetools::__private::KeyRef((
                    ::cachetools::__private::ByRef(&*slug),
                    ::cachetools::__private::ByToKey(&part),
                )),
            ),
            ::cachetools::__private::Plain,
        ) {
            ::cachetools::__private::Start::Hit(__hit) => return __hit,
            ::cachetools::__private::Start::Miss(__pending) => __pending,
        };
        ::cachetools::__private::run::<
            _,
            Arc<str>,
            _,
            Arc<str>,
            _,
        >(
                __pending,
                ::core::pin::pin!(
                    async move { if false { let __typed : Arc < str > = loop {};
                    #[allow(unreachable_code)] return __typed; } #[allow(unused_braces,
                    unreachable_code)] let __returned : Arc < str > = { self.repo
                    .page(slug, part). await }; #[allow(unreachable_code)] __returned }
                ),
            )
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
    ) -> ::cachetools::MethodCache<
        '_,
        (::std::string::String, <Option<&'static str> as ::cachetools::ToKey>::Owned),
        Arc<str>,
        (&'__a str, Option<&'__a str>),
    > {
        ::cachetools::__private::MethodCache::new(
            {
                struct __Site;
                ::cachetools::__private::site(
                    &self.caches,
                    ::core::any::TypeId::of::<__Site>(),
                    || {
                        ::cachetools::Cache::<
                            (
                                ::std::string::String,
                                <Option<&'static str> as ::cachetools::ToKey>::Owned,
                            ),
                            Arc<str>,
                        >::builder()
                            .name(
                                ::std::format!(
                                    "{}::{}", ::core::any::type_name:: < Self > (), "page"
                                ),
                            )
                            .lru(100)
                            .build()
                    },
                )
            },
            |(__part0, __part1): (&'__a str, Option<&'__a str>)| ::cachetools::__private::own(
                ::cachetools::__private::key(
                    ::cachetools::__private::KeyRef((
                        ::cachetools::__private::ByRef(&*__part0),
                        ::cachetools::__private::ByToKey(&__part1),
                    )),
                ),
            ),
        )
    }
}

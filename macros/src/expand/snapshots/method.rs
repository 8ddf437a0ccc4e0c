impl Service {
    pub async fn page(&self, slug: &str, part: Option<&str>) -> Arc<str> {
        {
            use ::cachetools::__private::PlainOk as _;
            ::cachetools::__private::Probe::<Arc<str>>::NEW
                .plain(::cachetools::__private::No);
        }
        let __fit = ::cachetools::__private::answer::<
            <::std::string::String as ::cachetools::__private::FitForKey<
                _,
            >>::Then<
                <<Option<
                    &'static str,
                > as ::cachetools::ToKey>::Owned as ::cachetools::__private::FitForKey<
                    _,
                >>::Then<
                    <Arc<
                        str,
                    > as ::cachetools::__private::FitToKeep<
                        _,
                    >>::Then<::cachetools::__private::Fit>,
                >,
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
                ::cachetools::__private::KeyRef((
                    ::cachetools::__private::ByText(&*slug),
                    ::cachetools::__private::ByToKey(&part),
                )),
                ::cachetools::__private::Plain,
            )
        {
            ::cachetools::__private::Start::Hit(__hit) => return __hit,
            ::cachetools::__private::Start::Miss(__pending) => __pending,
        };
        __pending
            .run(
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
        ::cachetools::MethodCache::new(
            {
                struct __Site;
                ::cachetools::__private::answer::<
                    <::std::string::String as ::cachetools::__private::FitForKey<
                        _,
                    >>::Then<
                        <<Option<
                            &'static str,
                        > as ::cachetools::ToKey>::Owned as ::cachetools::__private::FitForKey<
                            _,
                        >>::Then<
                            <Arc<
                                str,
                            > as ::cachetools::__private::FitToKeep<
                                _,
                            >>::Then<::cachetools::__private::Fit>,
                        >,
                    >,
                >()
                    .site(
                        &::cachetools::__private::add_the_field_caches_of_type_InstanceCaches!(
                            self
                        ),
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
            |(__part0, __part1): (&'__a str, Option<&'__a str>)| {
                ::cachetools::__private::answer::<
                    <::std::string::String as ::cachetools::__private::FitForKey<
                        _,
                    >>::Then<
                        <<Option<
                            &'static str,
                        > as ::cachetools::ToKey>::Owned as ::cachetools::__private::FitForKey<
                            _,
                        >>::Then<::cachetools::__private::Fit>,
                    >,
                >()
                    .own(
                        ::cachetools::__private::KeyRef((
                            ::cachetools::__private::ByText(&*__part0),
                            ::cachetools::__private::ByToKey(&__part1),
                        )),
                    )
            },
        )
    }
}

async fn report(id: u64) -> Report {
    {
        use ::cachetools::__private::PlainOk as _;
        ::cachetools::__private::Probe::<Report>::NEW.plain(::cachetools::__private::No);
    }
    let __fit = ::cachetools::__private::answer::<
        <u64 as ::cachetools::__private::FitForKey<
            _,
        >>::Then<
            <Report as ::cachetools::__private::FitToKeep<
                _,
            >>::Then<::cachetools::__private::Fit>,
        >,
    >();
    let __pending = match __fit
        .start_static::<
            _,
            Report,
            Report,
            _,
            _,
        >(
            {
                static __CACHE: ::cachetools::__private::Home<
                    ::cachetools::Cache<u64, Report>,
                    {
                        let _: <u64 as ::cachetools::__private::FitForKey<
                            _,
                        >>::Then<
                            <Report as ::cachetools::__private::FitToKeep<
                                _,
                            >>::Then<::cachetools::__private::Fit>,
                        >;
                        true
                    },
                > = ::cachetools::__private::Home::new(|| {
                    ::cachetools::Cache::<u64, Report>::builder()
                        .name(::core::concat!(::core::module_path!(), "::", "report"))
                        .build()
                });
                &__CACHE
            },
            ::cachetools::__private::KeyRef1(::cachetools::__private::ByRef(&id)),
            ::cachetools::__private::Plain,
        )
    {
        ::cachetools::__private::Start::Hit(__hit) => return __hit,
        ::cachetools::__private::Start::Miss(__pending) => __pending,
    };
    __pending
        .detach(move || {
            async move {
                if false {
                    let __typed: Report = loop {};
                    #[allow(unreachable_code)] return __typed;
                }
                #[allow(unused_braces, unreachable_code)]
                let __returned: Report = { make(id).await };
                #[allow(unreachable_code)] __returned
            }
        })
        .await
}

pub async fn load<T: From<u64> + Clone + Send + Sync + 'static, const N: usize>(
    id: [u64; N],
) -> T {
    {
        use ::cachetools::__private::PlainOk as _;
        ::cachetools::__private::Probe::<T>::NEW.plain(::cachetools::__private::No);
    }
    let __fit = ::cachetools::__private::answer::<
        <[u64; N] as ::cachetools::__private::FitForKey<
            _,
        >>::Then<
            <T as ::cachetools::__private::FitToKeep<
                _,
            >>::Then<::cachetools::__private::Fit>,
        >,
    >();
    let __pending = match __fit
        .start_static::<
            _,
            T,
            T,
            _,
            _,
        >(
            __load_handle::load::cache::<T, N>(),
            ::cachetools::__private::KeyRef1(::cachetools::__private::ByRef(&id)),
            ::cachetools::__private::Plain,
        )
    {
        ::cachetools::__private::Start::Hit(__hit) => return __hit,
        ::cachetools::__private::Start::Miss(__pending) => __pending,
    };
    __pending
        .share(move || {
            async move {
                if false {
                    let __typed: T = loop {};
                    #[allow(unreachable_code)] return __typed;
                }
                #[allow(unused_braces, unreachable_code)]
                let __returned: T = { T::from(id[0]) };
                #[allow(unreachable_code)] __returned
            }
        })
        .await
}
#[allow(
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    unreachable_pub,
    clippy::exhaustive_enums
)]
mod __load_handle {
    pub enum load {}
}
#[allow(
    dead_code,
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    clippy::ptr_arg,
    clippy::too_many_arguments,
    clippy::trivially_copy_pass_by_ref,
    clippy::used_underscore_binding
)]
impl __load_handle::load {
    /// The cache itself.
    #[inline]
    pub fn cache<T: From<u64> + Clone + Send + Sync + 'static, const N: usize>() -> &'static ::cachetools::Cache<
        [u64; N],
        T,
    > {
        static __CACHES: ::cachetools::__private::Registry = ::cachetools::__private::Registry::new();
        #[allow(dead_code)]
        struct __Site<T: ?::core::marker::Sized, const N: usize>(
            ::core::marker::PhantomData<fn() -> *const T>,
        );
        ::cachetools::__private::answer::<
            <[u64; N] as ::cachetools::__private::FitForKey<
                _,
            >>::Then<
                <T as ::cachetools::__private::FitToKeep<
                    _,
                >>::Then<::cachetools::__private::Fit>,
            >,
        >()
            .registered(
                &__CACHES,
                ::core::any::TypeId::of::<__Site<T, N>>(),
                || {
                    ::cachetools::Cache::<[u64; N], T>::builder()
                        .name(::core::concat!(::core::module_path!(), "::", "load"))
                        .build()
                },
            )
    }
    /// Hits, misses and size.
    pub fn cache_info<T: From<u64> + Clone + Send + Sync + 'static, const N: usize>() -> ::cachetools::CacheInfo {
        Self::cache::<T, N>().info()
    }
    /// The fuller picture: loads, errors, evictions, what is running.
    pub fn cache_stats<T: From<u64> + Clone + Send + Sync + 'static, const N: usize>() -> ::cachetools::CacheStats {
        Self::cache::<T, N>().stats()
    }
    /// What the cache was built with.
    pub fn cache_parameters<
        T: From<u64> + Clone + Send + Sync + 'static,
        const N: usize,
    >() -> ::cachetools::CacheParameters {
        Self::cache::<T, N>().parameters()
    }
    /// Whether this call is answered from the cache, or is running; leaves counters and order alone.
    pub fn cache_contains<T: From<u64> + Clone + Send + Sync + 'static, const N: usize>(
        id: [u64; N],
    ) -> bool {
        ::cachetools::__private::answer::<
            <[u64; N] as ::cachetools::__private::FitForKey<
                _,
            >>::Then<::cachetools::__private::Fit>,
        >()
            .contains(
                Self::cache::<T, N>(),
                ::cachetools::__private::KeyRef1(::cachetools::__private::ByRef(&id)),
            )
    }
    /// What is kept for this call; leaves counters and order alone.
    pub fn cache_peek<T: From<u64> + Clone + Send + Sync + 'static, const N: usize>(
        id: [u64; N],
    ) -> ::core::option::Option<T> {
        ::cachetools::__private::answer::<
            <[u64; N] as ::cachetools::__private::FitForKey<
                _,
            >>::Then<
                <T as ::cachetools::__private::FitToKeep<
                    _,
                >>::Then<::cachetools::__private::Fit>,
            >,
        >()
            .peek(
                Self::cache::<T, N>(),
                ::cachetools::__private::KeyRef1(::cachetools::__private::ByRef(&id)),
            )
    }
    /// Forgets this call; true if it was there, or running.
    pub fn cache_invalidate<
        T: From<u64> + Clone + Send + Sync + 'static,
        const N: usize,
    >(id: [u64; N]) -> bool {
        ::cachetools::__private::answer::<
            <[u64; N] as ::cachetools::__private::FitForKey<
                _,
            >>::Then<::cachetools::__private::Fit>,
        >()
            .invalidate(
                Self::cache::<T, N>(),
                ::cachetools::__private::KeyRef1(::cachetools::__private::ByRef(&id)),
            )
    }
    /// Keeps a value for this call, as if it had run.
    pub fn cache_insert<T: From<u64> + Clone + Send + Sync + 'static, const N: usize>(
        id: [u64; N],
        value: T,
    ) {
        ::cachetools::__private::answer::<
            <[u64; N] as ::cachetools::__private::FitForKey<
                _,
            >>::Then<::cachetools::__private::Fit>,
        >()
            .insert(
                Self::cache::<T, N>(),
                ::cachetools::__private::KeyRef1(::cachetools::__private::ByRef(&id)),
                value,
            )
    }
    /// Forgets every call and sets the counters to zero.
    pub fn cache_clear<T: From<u64> + Clone + Send + Sync + 'static, const N: usize>() {
        Self::cache::<T, N>().clear();
    }
    /// From now on calls run as the plain function. Waits for the running ones, or gives them up.
    pub fn cache_close<T: From<u64> + Clone + Send + Sync + 'static, const N: usize>(
        how: ::cachetools::Close,
    ) -> ::cachetools::__private::Closing<'static, [u64; N], T> {
        ::cachetools::__private::close(Self::cache::<T, N>(), how)
    }
}
///The cache behind [`load()`].
#[allow(unused_imports)]
pub use __load_handle::load;

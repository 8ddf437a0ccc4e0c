/// A user.
pub async fn get_user(db: &Pool, id: u64, lang: &str) -> Result<User, MyErr> {
    let __fit = ::cachetools::__private::answer::<
        <u64 as ::cachetools::__private::FitForKey<
            _,
        >>::Then<
            <::std::string::String as ::cachetools::__private::FitForKey<
                _,
            >>::Then<
                <User as ::cachetools::__private::FitToKeep<
                    _,
                >>::Then<::cachetools::__private::Fit>,
            >,
        >,
    >();
    let __pending = match __fit
        .start_static::<
            _,
            User,
            Result<User, MyErr>,
            _,
            _,
        >(
            __get_user_handle::get_user::cache(),
            ::cachetools::__private::KeyRef((
                ::cachetools::__private::ByRef(&id),
                ::cachetools::__private::ByText(&*lang),
            )),
            {
                use ::cachetools::__private::{
                    ErrorsByTrait as _, ErrorsByClone as _, ErrorsByReport as _,
                    ErrorsByShared as _, ErrorsByRetry as _,
                };
                (&&&&&::cachetools::__private::answer::<
                    <Result<User, MyErr> as ::cachetools::__private::IsResult<_>>::Probe,
                >())
                    .mode()
            },
        )
    {
        ::cachetools::__private::Start::Hit(__hit) => return __hit,
        ::cachetools::__private::Start::Miss(__pending) => __pending,
    };
    __pending
        .run(
            ::core::pin::pin!(
                async move { if false { let __typed : Result < User, MyErr > = loop {};
                #[allow(unreachable_code)] return __typed; } #[allow(unused_braces,
                unreachable_code)] let __returned : Result < User, MyErr > = { db
                .load(id, lang). await }; #[allow(unreachable_code)] __returned }
            ),
        )
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
mod __get_user_handle {
    pub enum get_user {}
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
impl __get_user_handle::get_user {
    /// The cache itself.
    #[inline]
    pub fn cache() -> &'static ::cachetools::Cache<(u64, ::std::string::String), User> {
        static __CACHE: ::cachetools::__private::Home<
            ::cachetools::Cache<(u64, ::std::string::String), User>,
            {
                let _: <u64 as ::cachetools::__private::FitForKey<
                    _,
                >>::Then<
                    <::std::string::String as ::cachetools::__private::FitForKey<
                        _,
                    >>::Then<
                        <User as ::cachetools::__private::FitToKeep<
                            _,
                        >>::Then<::cachetools::__private::Fit>,
                    >,
                >;
                true
            },
        > = ::cachetools::__private::Home::new(|| {
            ::cachetools::Cache::<(u64, ::std::string::String), User>::builder()
                .name(::core::concat!(::core::module_path!(), "::", "get_user"))
                .ignored(&["db"])
                .lru(32)
                .ttl(::core::time::Duration::new(600u64, 0u32))
                .build()
        });
        &__CACHE
    }
    /// Hits, misses and size.
    pub fn cache_info() -> ::cachetools::CacheInfo {
        Self::cache().info()
    }
    /// The fuller picture: loads, errors, evictions, what is running.
    pub fn cache_stats() -> ::cachetools::CacheStats {
        Self::cache().stats()
    }
    /// What the cache was built with.
    pub fn cache_parameters() -> ::cachetools::CacheParameters {
        Self::cache().parameters()
    }
    /// Whether this call is answered from the cache, or is running; leaves counters and order alone.
    pub fn cache_contains(id: u64, lang: &str) -> bool {
        ::cachetools::__private::answer::<
            <u64 as ::cachetools::__private::FitForKey<
                _,
            >>::Then<
                <::std::string::String as ::cachetools::__private::FitForKey<
                    _,
                >>::Then<::cachetools::__private::Fit>,
            >,
        >()
            .contains(
                Self::cache(),
                ::cachetools::__private::KeyRef((
                    ::cachetools::__private::ByRef(&id),
                    ::cachetools::__private::ByText(&*lang),
                )),
            )
    }
    /// What is kept for this call; leaves counters and order alone.
    pub fn cache_peek(id: u64, lang: &str) -> ::core::option::Option<User> {
        ::cachetools::__private::answer::<
            <u64 as ::cachetools::__private::FitForKey<
                _,
            >>::Then<
                <::std::string::String as ::cachetools::__private::FitForKey<
                    _,
                >>::Then<
                    <User as ::cachetools::__private::FitToKeep<
                        _,
                    >>::Then<::cachetools::__private::Fit>,
                >,
            >,
        >()
            .peek(
                Self::cache(),
                ::cachetools::__private::KeyRef((
                    ::cachetools::__private::ByRef(&id),
                    ::cachetools::__private::ByText(&*lang),
                )),
            )
    }
    /// Forgets this call; true if it was there, or running.
    pub fn cache_invalidate(id: u64, lang: &str) -> bool {
        ::cachetools::__private::answer::<
            <u64 as ::cachetools::__private::FitForKey<
                _,
            >>::Then<
                <::std::string::String as ::cachetools::__private::FitForKey<
                    _,
                >>::Then<::cachetools::__private::Fit>,
            >,
        >()
            .invalidate(
                Self::cache(),
                ::cachetools::__private::KeyRef((
                    ::cachetools::__private::ByRef(&id),
                    ::cachetools::__private::ByText(&*lang),
                )),
            )
    }
    /// Keeps a value for this call, as if it had run.
    pub fn cache_insert(id: u64, lang: &str, value: User) {
        ::cachetools::__private::answer::<
            <u64 as ::cachetools::__private::FitForKey<
                _,
            >>::Then<
                <::std::string::String as ::cachetools::__private::FitForKey<
                    _,
                >>::Then<::cachetools::__private::Fit>,
            >,
        >()
            .insert(
                Self::cache(),
                ::cachetools::__private::KeyRef((
                    ::cachetools::__private::ByRef(&id),
                    ::cachetools::__private::ByText(&*lang),
                )),
                value,
            )
    }
    /// Forgets every call and sets the counters to zero.
    pub fn cache_clear() {
        Self::cache().clear();
    }
    /// From now on calls run as the plain function. Waits for the running ones, or gives them up.
    pub fn cache_close(
        how: ::cachetools::Close,
    ) -> ::cachetools::__private::Closing<'static, (u64, ::std::string::String), User> {
        ::cachetools::__private::close(Self::cache(), how)
    }
}
///The cache behind [`get_user()`].
#[allow(unused_imports)]
pub use __get_user_handle::get_user;

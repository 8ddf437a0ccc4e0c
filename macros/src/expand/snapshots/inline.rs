/// A user.
pub async fn get_user(db: &Pool, id: u64, lang: &str) -> Result<User, MyErr> {
    ::cachetools::__private::assert_key::<u64>();
    ::cachetools::__private::assert_key::<::std::string::String>();
    ::cachetools::__private::assert_value::<User>();
    ::cachetools::__private::assert_result::<Result<User, MyErr>>();
    let __pending = match ::cachetools::__private::start_static::<
        _,
        User,
        Result<User, MyErr>,
        _,
        _,
    >(
        get_user::cache(),
        ::cachetools::__private::key(
            ::cachetools::__private::KeyRef((
                ::cachetools::__private::ByRef(&id),
                ::cachetools::__private::ByRef(&*lang),
            )),
        ),
        {
            use ::cachetools::__private::{
                ErrorsByTrait as _, ErrorsByClone as _, ErrorsByReport as _,
                ErrorsByShared as _, ErrorsByRetry as _,
            };
            (&&&&&::cachetools::__private::Probe::<Result<User, MyErr>>::NEW).mode()
        },
    ) {
        ::cachetools::__private::Start::Hit(__hit) => return __hit,
        ::cachetools::__private::Start::Miss(__pending) => __pending,
    };
    ::cachetools::__private::run::<
        _,
        User,
        _,
        Result<User, MyErr>,
        _,
    >(
            __pending,
            ::core::pin::pin!(
                async move { if false { let __typed : Result < User, MyErr > = loop {};
                #[allow(unreachable_code)] return __typed; } #[allow(unused_braces,
                unreachable_code)] let __returned : Result < User, MyErr > = { db
                .load(id, lang). await }; #[allow(unreachable_code)] __returned }
            ),
        )
        .await
}
///The cache behind [`get_user()`].
#[allow(non_camel_case_types, dead_code, clippy::exhaustive_enums)]
pub enum get_user {}
#[allow(
    dead_code,
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    clippy::ptr_arg,
    clippy::too_many_arguments,
    clippy::trivially_copy_pass_by_ref,
    clippy::used_underscore_binding
)]
impl get_user {
    /// The cache itself.
    #[inline]
    pub fn cache() -> &'static ::cachetools::Cache<(u64, ::std::string::String), User> {
        static __CACHE: ::cachetools::__private::LazyLock<
            ::cachetools::Cache<(u64, ::std::string::String), User>,
        > = ::cachetools::__private::LazyLock::new(|| {
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
        ::cachetools::__private::contains(
            Self::cache(),
            &::cachetools::__private::key(
                ::cachetools::__private::KeyRef((
                    ::cachetools::__private::ByRef(&id),
                    ::cachetools::__private::ByRef(&*lang),
                )),
            ),
        )
    }
    /// What is kept for this call; leaves counters and order alone.
    pub fn cache_peek(id: u64, lang: &str) -> ::core::option::Option<User> {
        ::cachetools::__private::assert_value::<User>();
        ::cachetools::__private::peek::<
            _,
            User,
            _,
        >(
            Self::cache(),
            &::cachetools::__private::key(
                ::cachetools::__private::KeyRef((
                    ::cachetools::__private::ByRef(&id),
                    ::cachetools::__private::ByRef(&*lang),
                )),
            ),
        )
    }
    /// Forgets this call; true if it was there, or running.
    pub fn cache_invalidate(id: u64, lang: &str) -> bool {
        ::cachetools::__private::invalidate(
            Self::cache(),
            &::cachetools::__private::key(
                ::cachetools::__private::KeyRef((
                    ::cachetools::__private::ByRef(&id),
                    ::cachetools::__private::ByRef(&*lang),
                )),
            ),
        )
    }
    /// Keeps a value for this call, as if it had run.
    pub fn cache_insert(id: u64, lang: &str, value: User) {
        ::cachetools::__private::insert(
            Self::cache(),
            ::cachetools::__private::key(
                ::cachetools::__private::KeyRef((
                    ::cachetools::__private::ByRef(&id),
                    ::cachetools::__private::ByRef(&*lang),
                )),
            ),
            value,
        )
    }
    /// Forgets every call and sets the counters to zero.
    pub fn cache_clear() {
        Self::cache().clear();
    }
    /// Waits for the running calls, or gives them up; from then on calls run as the plain function.
    pub fn cache_close(
        how: ::cachetools::Close,
    ) -> impl ::core::future::Future<Output = ()> {
        ::cachetools::__private::close(Self::cache(), how)
    }
}

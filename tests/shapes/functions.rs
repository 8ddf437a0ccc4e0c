use cachetools::cached;

use super::{once, ran};

mod inner {
    use crate::shapes::ran;

    /// Public, for whoever sees the module.
    #[cachetools::cached]
    pub async fn public(id: u8) -> u8 {
        ran();
        id
    }

    #[cachetools::cached]
    pub(crate) async fn of_the_crate(id: u8) -> u8 {
        ran();
        id
    }

    #[cachetools::cached]
    pub(super) async fn of_the_parent(id: u8) -> u8 {
        ran();
        id
    }

    #[cachetools::cached]
    pub(in crate::shapes) async fn of_the_path(id: u8) -> u8 {
        ran();
        id
    }

    pub(super) mod deeper {
        pub(in crate::shapes) use super::of_the_path as again;
    }
}

use inner::deeper::again;
use inner::{of_the_crate, of_the_parent as renamed, public};

#[tokio::test]
async fn one_use_brings_the_function_and_its_handle() {
    once! {
        public(1);
        of_the_crate(1);
        renamed(1);
        inner::of_the_path(2);
        again(1);
    }
    assert!(
        public::cache_contains(1)
            && of_the_crate::cache_contains(1)
            && renamed::cache_contains(1)
            && again::cache_contains(2)
    );
}

#[tokio::test]
async fn attributes_stay_on_the_function() {
    #[cached]
    #[must_use]
    #[inline]
    async fn decorated(id: u8) -> u8 {
        ran();
        id
    }
    #[must_use]
    #[cached(lru = 3)]
    #[allow(clippy::unused_async)]
    #[doc(hidden)]
    async fn between(id: u8) -> u8 {
        ran();
        id
    }
    #[cfg(any())]
    #[cached]
    async fn chosen(_id: u8) -> u8 {
        compile_error!("not here")
    }
    #[cached]
    #[cfg(not(any()))]
    async fn chosen(id: u8) -> u8 {
        ran();
        id
    }
    #[cached]
    async fn inner_attribute(id: u8) -> u8 {
        #![allow(unused_variables)]
        let unused = 1;
        ran();
        id
    }
    #[cached]
    async unsafe fn risky(id: u8) -> u8 {
        ran();
        id
    }
    once! {
        decorated(1);
        between(1);
        chosen(1);
        inner_attribute(1);
    }
    let before = super::runs();
    // SAFETY: it only bears the word.
    #[allow(unsafe_code)]
    let (first, second) = unsafe { (risky(1).await, risky(1).await) };
    assert_eq!((first, second, super::runs() - before), (1, 1, 1));
}

macro_rules! declare {
    ($name:ident($argument:ident: $ty:ty) -> $ret:ty $body:block, $ttl:expr, $lru:literal) => {
        #[cached(ttl = $ttl, lru = $lru)]
        async fn $name($argument: $ty) -> $ret $body
    };
}

declare!(declared(id: u64) -> u64 {
    ran();
    id + 1
}, "10m", 3);
declare!(borrowing(name: &str) -> Result<usize, String> {
    ran();
    Ok(name.len())
}, std::time::Duration::from_secs(3), 3);

#[tokio::test]
async fn from_a_macro() {
    once! {
        declared(1);
        borrowing("a");
    }
    assert_eq!(declared::cache_info().maxsize, Some(3));
    assert!(borrowing::cache_contains("a"));
}

#[tokio::test]
async fn as_values_and_under_other_names() {
    #[cached(handle = other)]
    async fn named(id: u8) -> u8 {
        ran();
        id
    }
    #[cached(handle = false)]
    async fn without(id: u8) -> u8 {
        ran();
        id
    }
    #[cached]
    async fn shadowed(id: u8) -> u8 {
        ran();
        id
    }
    let call = named;
    let shadow = shadowed(1).await;
    once! {
        call(1);
        without(1);
    }
    let shadowed = shadow;
    assert_eq!(shadowed, 1);
    assert!(other::cache_contains(1) && shadowed::cache_contains(1));
}

#[tokio::test]
async fn a_function_that_calls_itself() {
    #[cached(unbounded)]
    async fn fib(n: u64) -> u64 {
        ran();
        if n < 2 { n } else { Box::pin(fib(n - 1)).await + Box::pin(fib(n - 2)).await }
    }
    assert_eq!(fib(30).await, 832_040);
    assert_eq!(fib::cache_info().to_string(), "CacheInfo(hits=28, misses=31, maxsize=None, currsize=31)");
}

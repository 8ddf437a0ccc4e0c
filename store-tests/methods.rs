//! Decorated methods with a store behind their cache.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use cachetools::store::{Memory, Store, StoreError, TypedStore};
use cachetools::{CallExt, Close, Outcome, cachedmethod};
use serde::{Deserialize, Serialize};

use crate::away::Away;

static BYTES: LazyLock<Memory> = LazyLock::new(Memory::unbounded);

fn shared() -> TypedStore {
    TypedStore::new(BYTES.clone())
}

// Clippy counts the `unsafe` of the standard library's `pin!`, which the expansion of a method calls.
#[allow(clippy::unsafe_derive_deserialize)]
#[derive(Clone, Debug, Hash, PartialEq, Eq, Serialize, Deserialize)]
struct Rates {
    base: String,
}

static RUNS: AtomicU32 = AtomicU32::new(0);

impl Rates {
    fn of(base: &str) -> Self {
        Self { base: base.to_owned() }
    }

    #[cachedmethod(shared, lru = 10, store = shared(), namespace = "rates", version = 2)]
    pub async fn rate(&self, currency: &str, day: u32) -> Result<String, String> {
        RUNS.fetch_add(1, Ordering::SeqCst);
        if day == 0 { Err("no day".to_owned()) } else { Ok(format!("{}/{currency} on {day}", self.base)) }
    }

    #[cachedmethod(shared, ignore = "self", store = shared())]
    pub async fn name(&self, currency: &str) -> String {
        format!("{currency} as {} says", self.base)
    }

    #[cachedmethod(shared, key = |day| -> (String, u32) { (self.base.to_lowercase(), *day / 7) }, store = shared(), flight = shared)]
    pub async fn week(&self, day: u32) -> u32 {
        day / 7
    }

    #[cachedmethod(store = shared(), name = "digits")]
    pub async fn digits(currency: &str) -> usize {
        currency.len()
    }
}

#[tokio::test]
async fn the_instance_is_in_the_key_of_a_stored_call() {
    let (euro, krone) = (Rates::of("EUR"), Rates::of("NOK"));
    assert_eq!(euro.rate("USD", 1).traced().await, (Ok("EUR/USD on 1".to_owned()), Outcome::Ran));
    assert_eq!(euro.rate("USD", 1).traced().await, (Ok("EUR/USD on 1".to_owned()), Outcome::Hit));
    assert_eq!(krone.rate("USD", 1).traced().await, (Ok("NOK/USD on 1".to_owned()), Outcome::Ran));
    let key = r#"rates:v2:stores::methods::Rates::rate:[{"base":"EUR"},"USD",1]"#;
    assert_eq!(BYTES.exists(key).await, Ok(true));

    let cache = Rates::rate_cache();
    assert_eq!(cache.cache_info().misses, 2);
    cache.cache().clear();
    assert_eq!(euro.rate("USD", 1).traced().await, (Ok("EUR/USD on 1".to_owned()), Outcome::Store));
    assert_eq!(cache.cache_tier_stats().hits, 1);
    assert!(cache.cache_contains(&euro, "USD", 1));
    assert_eq!(cache.cache_peek(&euro, "USD", 1), Some("EUR/USD on 1".to_owned()));

    assert!(cache.cache_invalidate(&euro, "USD", 1));
    cache.cache_tiers().flush().await;
    assert_eq!(BYTES.exists(key).await, Ok(false));
    cache.cache_insert(&euro, "USD", 1, "by hand".to_owned());
    cache.cache_tiers().flush().await;
    cache.cache().clear();
    assert_eq!(euro.rate("USD", 1).await, Ok("by hand".to_owned()));
    assert_eq!(euro.rate("USD", 0).await, Err("no day".to_owned()));
    assert_eq!(RUNS.load(Ordering::SeqCst), 3);

    cache.cache_clear();
    cache.cache_tiers().flush().await;
    assert_eq!(BYTES.exists(key).await, Ok(false));
    cache.cache_close(Close::Wait).await;
    assert!(cache.cache_parameters().closed);
}

#[tokio::test]
async fn an_ignored_instance_is_in_no_key() {
    assert_eq!(Rates::of("EUR").name("USD").await, "USD as EUR says");
    Rates::name_cache().cache().clear();
    let call = Rates::of("NOK").name("USD").traced().await;
    assert_eq!(call, ("USD as EUR says".to_owned(), Outcome::Store));
    assert_eq!(BYTES.exists(r#":stores::methods::Rates::name:"USD""#).await, Ok(true));
}

#[tokio::test]
async fn the_key_of_a_stored_call_may_be_computed() {
    assert_eq!(Rates::of("EUR").week(8).await, 1);
    Rates::week_cache().cache().clear();
    assert_eq!(Rates::of("eur").week(13).traced().await, (1, Outcome::Store));
    assert!(Rates::week_cache().cache_invalidate(&("eur".to_owned(), 1)));
}

#[tokio::test]
async fn a_function_of_a_type_has_a_store() {
    assert_eq!(Rates::digits("EUR").await, 3);
    Rates::digits_cache().cache().clear();
    assert_eq!(Rates::digits("EUR").traced().await, (3, Outcome::Store));
    assert_eq!(BYTES.exists(r#":digits:"EUR""#).await, Ok(true));
}

struct Of<T>(T);

impl<T: Clone + Send + Sync + Serialize + for<'de> Deserialize<'de> + 'static> Of<T> {
    #[cachedmethod(shared, ignore = "self", store = shared())]
    pub async fn both<U: Clone + Send + Sync + Serialize + for<'de> Deserialize<'de> + From<u8> + 'static>(
        &self,
        id: u8,
    ) -> (T, U) {
        (self.0.clone(), U::from(id))
    }
}

#[tokio::test]
async fn what_is_stored_for_one_type_is_not_taken_for_anothers() {
    assert_eq!(Of(1_u8).both::<u16>(7).await, (1, 7));
    assert_eq!(Of(2_u8).both::<u32>(7).traced().await, ((2, 7), Outcome::Ran));
    assert_eq!(Of("x".to_owned()).both::<u16>(7).traced().await, (("x".to_owned(), 7), Outcome::Ran));
    Of::<u8>::both_cache::<u16>().cache().clear();
    assert_eq!(Of(3_u8).both::<u16>(7).traced().await, ((1, 7), Outcome::Store));
}

trait Source {
    async fn row(&self, id: u8) -> Result<u8, StoreError>;
}

impl Source for Rates {
    #[cachedmethod(shared, ignore = "self", store = TypedStore::new(Away), on_store_error = fail, memory = false)]
    async fn row(&self, id: u8) -> Result<u8, StoreError> {
        Ok(id)
    }
}

#[tokio::test]
async fn a_method_of_a_trait_may_insist_on_its_store() {
    assert!(matches!(Source::row(&Rates::of("EUR"), 1).await, Err(StoreError::Unavailable { .. })));
}

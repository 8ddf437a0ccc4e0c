//! The engine's options, as the attribute says them.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cachetools::{CallExt, ManualClock, Outcome, PolicyKind, Ttl, cached};

const SECOND: Duration = Duration::from_secs(1);

static CLOCK: LazyLock<ManualClock> = LazyLock::new(ManualClock::new);
static LEFT: AtomicUsize = AtomicUsize::new(0);

#[cached(tiny_lfu = 50, seed = 1)]
async fn frequent(id: u64) -> u64 {
    id
}

#[cached(sieve = 50)]
async fn visited(id: u64) -> u64 {
    id
}

#[cached(ttl = "10s", jitter = "10s", clock = CLOCK.clone())]
async fn jittered(id: u64) -> u64 {
    id
}

#[cached(ttl = "1m"..="2m", clock = CLOCK.clone())]
async fn drawn(id: u64) -> u64 {
    id
}

#[cached(ttl = |id, value| value.is_empty().then(|| Duration::from_secs(*id)), clock = CLOCK.clone())]
async fn computed(id: u64, #[cached(ignore)] text: &str) -> String {
    text.to_owned()
}

#[cached(tti = 5, clock = CLOCK.clone())]
async fn idle(id: u64) -> u64 {
    id
}

#[cached(lru = 10, weigh = |_, text| text.len(), on_evict = |_, _, _| { LEFT.fetch_add(1, Ordering::Relaxed); })]
async fn weighed(text: &str) -> String {
    text.to_owned()
}

#[tokio::test]
async fn the_attribute_names_the_order() {
    assert_eq!(frequent::cache_parameters().policy, PolicyKind::TinyLfu);
    assert_eq!(visited::cache_parameters().policy, PolicyKind::Sieve);
    for id in 0..200 {
        frequent(id).await;
        visited(id).await;
    }
    assert_eq!(frequent::cache_info().currsize, 50);
    assert_eq!(visited::cache_info().currsize, 50);
}

#[tokio::test]
async fn the_attribute_says_how_long_a_value_lives() {
    jittered(1).await;
    drawn(1).await;
    assert_eq!(jittered::cache_parameters().ttl, Some(Ttl::from(10 * SECOND..=20 * SECOND)));
    assert_eq!(drawn::cache_parameters().ttl, Some(Ttl::from(60 * SECOND..=120 * SECOND)));
    assert_eq!(idle::cache_parameters().tti, Some(5 * SECOND));
    computed(5, "").await;
    computed(6, "for ever").await;
    idle(1).await;
    CLOCK.advance(4 * SECOND);
    assert_eq!(idle(1).traced().await.1, Outcome::Hit);
    CLOCK.advance(4 * SECOND);
    assert_eq!(idle(1).traced().await.1, Outcome::Hit);
    assert_eq!(computed(5, "").traced().await.1, Outcome::Ran);
    assert_eq!(computed(6, "").traced().await, ("for ever".to_owned(), Outcome::Hit));
    CLOCK.advance(5 * SECOND);
    assert_eq!(idle(1).traced().await.1, Outcome::Ran);
}

#[tokio::test]
async fn the_attribute_weighs_and_listens() {
    weighed("four").await;
    weighed("seven..").await;
    assert_eq!(weighed::cache_info().currsize, 7);
    assert_eq!(LEFT.load(Ordering::Relaxed), 1);
    weighed("heavier than the bound").await;
    assert_eq!(weighed::cache_info().currsize, 7);
}

//! A hit allocates nothing, and clones no argument; a miss allocates no more than its body; memory is given back.
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait; this one counts and passes on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use cachetools::{Cache, cached};

use crate::support::{Kind, Task};

struct Counting;

thread_local! {
    // Initialised at compile time and without a destructor: reading it allocates nothing.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

fn count(size: usize) {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    BYTES.set(BYTES.get().wrapping_add(size));
}

fn discount(size: usize) {
    BYTES.set(BYTES.get().wrapping_sub(size));
}

// SAFETY: All methods pass their arguments on to the system's allocator as they are.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: The caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: As above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        discount(layout.size());
        count(size);
        // SAFETY: As above.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        discount(layout.size());
        // SAFETY: As above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often this thread allocates while `act` runs.
fn allocations(act: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    act();
    ALLOCATIONS.get() - before
}

/// Calls once to fill the cache, and then counts what a thousand further calls allocate.
macro_rules! of_a_thousand_hits {
    ($call:expr) => {{
        let _ = Task::new($call).end();
        allocations(|| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            for _ in 0..1000 {
                let mut call = std::pin::pin!($call);
                assert!(call.as_mut().poll(&mut context).is_ready());
            }
        })
    }};
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
    assert_eq!(allocations(|| {}), 0);
}

#[test]
fn a_hit_of_a_number_allocates_nothing() {
    #[cached]
    async fn shared(id: u64) -> u64 {
        id
    }
    #[cached(flight = inline)]
    async fn inline(id: u64) -> u64 {
        id
    }
    #[cached(flight = detached)]
    async fn detached(id: u64) -> u64 {
        id
    }
    assert_eq!(of_a_thousand_hits!(shared(7)), 0);
    assert_eq!(of_a_thousand_hits!(inline(7)), 0);
    assert_eq!(of_a_thousand_hits!(detached(7)), 0);
}

#[test]
fn a_hit_of_a_text_allocates_nothing() {
    #[cached]
    async fn length(text: &str) -> usize {
        text.len()
    }
    #[cached(lru = 10, ttl = "10m", name = "timed")]
    async fn timed(text: &str) -> usize {
        text.len()
    }
    assert_eq!(of_a_thousand_hits!(length("a text that fits into no small buffer anywhere")), 0);
    assert_eq!(of_a_thousand_hits!(timed("a text that fits into no small buffer anywhere")), 0);
}

#[test]
fn a_hit_of_a_text_and_a_number_allocates_nothing() {
    #[cached]
    async fn page(language: &str, number: u32) -> u32 {
        number + u32::try_from(language.len()).unwrap()
    }
    #[cached(ignore = "pool")]
    async fn from_a_pool(pool: &str, language: &str, number: u32) -> usize {
        pool.len() + language.len() + number as usize
    }
    assert_eq!(of_a_thousand_hits!(page("de", 7)), 0);
    assert_eq!(of_a_thousand_hits!(from_a_pool("pool", "de", 7)), 0);
}

#[test]
fn a_hit_of_a_nested_borrow_allocates_nothing() {
    #[cached]
    async fn words(words: &[&str], more: Option<&str>) -> usize {
        words.len() + more.map_or(0, str::len)
    }
    assert_eq!(of_a_thousand_hits!(words(&["a", "b"], Some("c"))), 0);
}

#[test]
fn a_hit_of_a_result_allocates_nothing() {
    #[cached]
    async fn parse(text: &str) -> anyhow::Result<u64> {
        Ok(text.parse()?)
    }
    assert_eq!(of_a_thousand_hits!(parse("42")), 0);
}

#[test]
fn a_hit_by_hand_allocates_nothing() {
    let cache: Cache<String, u64> = Cache::builder().build();
    cache.insert("key".to_owned(), 1);
    assert_eq!(allocations(|| assert_eq!(cache.get("key"), Some(1))), 0);
    let numbers: Cache<u64, u64> = Cache::builder().build();
    assert_eq!(of_a_thousand_hits!(numbers.get_with(1, async { 1 })), 0);
    assert_eq!(of_a_thousand_hits!(numbers.shared().get_with(1, async { 1 })), 0);
}

#[test]
fn a_hit_clones_no_argument() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static CLONES: AtomicU32 = AtomicU32::new(0);

    #[derive(PartialEq, Eq, Hash)]
    struct Tenant(u32);
    impl Clone for Tenant {
        fn clone(&self) -> Self {
            CLONES.fetch_add(1, Ordering::SeqCst);
            Self(self.0)
        }
    }
    #[cached]
    async fn limit(tenant: &Tenant, kind: u8) -> u32 {
        tenant.0 + u32::from(kind)
    }

    let tenant = Tenant(1);
    assert_eq!(Task::new(limit(&tenant, 2)).end(), 3);
    let after_the_miss = CLONES.load(Ordering::SeqCst);
    for _ in 0..100 {
        assert_eq!(Task::new(limit(&tenant, 2)).end(), 3);
    }
    assert_eq!(CLONES.load(Ordering::SeqCst), after_the_miss);
}

/// W5 of the bench, as a bound that a test can hold: what ten thousand waiters of one key allocate.
#[test]
fn a_waiter_costs_few_allocations() {
    for kind in [Kind::Inline, Kind::Shared] {
        let cache: Cache<u32, u32> = Cache::builder().build();
        let mut calls: Vec<_> =
            (0..10_000).map(|_| Task::new(kind.get_with(&cache, 1, std::future::pending()))).collect();
        let count = allocations(|| {
            for call in &mut calls {
                assert!(call.poll().is_pending());
            }
        });
        // A list of seats that doubles, and nothing for each.
        assert!(count < 100, "{count} allocations for ten thousand waiters");
    }
}

/// How many bytes this thread has, freed on it or not.
fn bytes() -> usize {
    BYTES.get()
}

#[test]
fn a_miss_that_ends_in_its_first_poll_allocates_its_body_and_no_flight() {
    let of_a_thousand_misses = |kind: Kind| {
        let cache = Cache::<u32, u32>::builder().lru(16).build();
        let miss = |key| assert_eq!(Task::new(kind.get_with(&cache, key, async move { key })).end(), key);
        (0..100).for_each(miss);
        allocations(|| (100..1100).for_each(miss))
    };
    // The call's own box and its task's waker come on top, and are the same for both.
    let (inline, shared) = (of_a_thousand_misses(Kind::Inline), of_a_thousand_misses(Kind::Shared));
    // By the hundred, as below.
    assert_eq!((shared - inline + 50) / 100, 10, "{inline}, {shared}");
}

fn poll_once<T>(call: impl Future<Output = T>) -> std::task::Poll<T> {
    std::pin::pin!(call).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[test]
fn decorated_functions_allocate_no_more_on_a_miss_either() {
    #[cached(lru = 16, flight = inline)]
    async fn inline(key: u32) -> u32 {
        key
    }
    #[cached(lru = 16)]
    async fn shared(key: u32) -> u32 {
        key
    }
    let of_a_thousand = |miss: &dyn Fn(u32)| {
        (0..100).for_each(miss);
        allocations(|| (100..1100).for_each(miss))
    };
    let inline = of_a_thousand(&|key| assert!(poll_once(inline(key)).is_ready()));
    let shared = of_a_thousand(&|key| assert!(poll_once(shared(key)).is_ready()));
    // By the hundred: the index may grow once more, which depends on where the keys fall.
    assert_eq!((inline / 100, shared / 100), (0, 10), "{inline}, {shared}");
}

#[test]
fn what_is_cleared_or_invalidated_gives_its_memory_back() {
    let cache = Cache::<u32, u64>::builder().unbounded().build();
    let store_all = || (0..100_000).for_each(|key| cache.insert(key, 1));
    let before = bytes();
    store_all();
    let full = bytes() - before;
    cache.clear();
    assert!(bytes() - before < full / 50, "{} of {full} bytes are left", bytes() - before);
    store_all();
    assert!((100..100_000).all(|key| cache.invalidate(&key)));
    assert!(bytes() - before < full / 20, "{} of {full} bytes are left", bytes() - before);
    assert!((0..100).all(|key| cache.peek(&key) == Some(1)));
}

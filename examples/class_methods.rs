//! Functions of a type that use what the type knows: one cache for the type, whatever its instances. Of a generic type,
//! each instance of the type has its own.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cachetools::cachedmethod;

trait Scale: 'static {
    const FACTOR: u32;
}

struct Plain;
struct Tenfold;

impl Scale for Plain {
    const FACTOR: u32 = 1;
}

impl Scale for Tenfold {
    const FACTOR: u32 = 10;
}

static RUNS: AtomicU32 = AtomicU32::new(0);

struct Calculator<S>(PhantomData<S>);

impl<S: Scale> Calculator<S> {
    #[cachedmethod(lru = 10, ignore = "a")]
    pub async fn add(a: u32, b: u32) -> u32 {
        RUNS.fetch_add(1, Relaxed);
        (a + b) * S::FACTOR
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Calculator::<Plain>::add(4, 5).await, 9);
    assert_eq!(Calculator::<Plain>::add(4, 5).await, 9);
    assert_eq!(Calculator::<Plain>::add(0, 4).await, 4);
    assert_eq!(Calculator::<Plain>::add(0, 5).await, 9); // stored for b = 5, with whatever a
    assert_eq!(RUNS.load(Relaxed), 2);

    assert_eq!(Calculator::<Tenfold>::add(4, 5).await, 90);
    assert_eq!(RUNS.load(Relaxed), 3);

    println!("plain:   {}", Calculator::<Plain>::add_cache().cache_info());
    println!("tenfold: {}", Calculator::<Tenfold>::add_cache().cache_info());
    Calculator::<Plain>::add_cache().cache_clear();
    assert_eq!(Calculator::<Plain>::add_cache().cache_info().currsize, 0);
    assert_eq!(Calculator::<Tenfold>::add_cache().cache_info().currsize, 1);
}

//! Callers leave: they lose a race, hit a timeout, hang up. Nobody else notices, and no work is done for nobody.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use cachetools::cached;
use tokio::time::{Instant, sleep, timeout};

static STARTED: AtomicU32 = AtomicU32::new(0);
static GIVEN_UP: AtomicU32 = AtomicU32::new(0);

/// Counts bodies that are dropped before their end.
struct Work;

impl Drop for Work {
    fn drop(&mut self) {
        GIVEN_UP.fetch_add(1, Relaxed);
    }
}

#[cached]
async fn slow(id: u32) -> u32 {
    STARTED.fetch_add(1, Relaxed);
    let work = Work;
    sleep(Duration::from_millis(50)).await;
    std::mem::forget(work); // done
    id * 10
}

// Time is tokio's, paused: it jumps on to the next thing that is waited for, so the milliseconds below are exact.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let begin = Instant::now();
    let millis = |n| Duration::from_millis(n);

    // The first caller starts the work and leaves after 40 of its 50 ms. The second has what it came for 10 ms later.
    let (first, second) = tokio::join!(timeout(millis(40), slow(1)), slow(1));
    println!("the first caller: {first:?}; the second: {second} after {:?}", begin.elapsed());
    assert!(first.is_err());
    assert_eq!((second, begin.elapsed()), (10, millis(50)));
    assert_eq!((STARTED.load(Relaxed), GIVEN_UP.load(Relaxed)), (1, 0));

    // All callers leave: the last one out turns off the light.
    let (third, fourth) = tokio::join!(timeout(millis(20), slow(2)), timeout(millis(30), slow(2)));
    println!("the third caller: {third:?}; the fourth: {fourth:?}; bodies dropped: {}", GIVEN_UP.load(Relaxed));
    assert!(third.is_err() && fourth.is_err());
    assert_eq!((STARTED.load(Relaxed), GIVEN_UP.load(Relaxed)), (2, 1));
    assert!(!slow::cache_contains(2));

    // And the next call begins anew.
    assert_eq!(slow(2).await, 20);
    assert_eq!(STARTED.load(Relaxed), 3);
    println!("{}", slow::cache_info());
}

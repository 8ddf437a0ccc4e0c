//! Whose time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cachetools::{Cache, Clock, ManualClock, SystemClock, TokioClock};
use tokio::time::advance;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_manual_clock_stands_still_until_it_is_moved() {
    let clock = ManualClock::new();
    assert_eq!((clock.now(), clock.now()), (Duration::ZERO, Duration::ZERO));
    clock.clone().advance(SECOND);
    assert_eq!(clock.now(), SECOND);
    clock.advance(Duration::MAX);
    let end = clock.now();
    clock.advance(SECOND);
    assert_eq!(clock.now(), end, "it stops at its end");
}

#[test]
fn the_system_clock_does_not_go_back() {
    let first = SystemClock.now();
    assert!((0..1000).all(|_| SystemClock.now() >= first));
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_tokio_follows_its_paused_time() {
    let cache = Cache::builder().ttl(10 * SECOND).clock(TokioClock).build();
    cache.insert(1, 10);
    advance(9 * SECOND).await;
    assert_eq!(cache.peek(&1), Some(10));
    advance(SECOND).await;
    assert_eq!(cache.peek(&1), None);
}

/// Each runtime's paused time begins at the real one, whatever was done to another's: a clock that took its beginning
/// from one that had been moved far ahead would stand still in all others.
#[test]
fn the_clock_of_tokio_moves_in_each_runtime_although_another_was_far_ahead() {
    for ahead in [100_000 * SECOND, Duration::ZERO, SECOND] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            advance(ahead).await;
            let cache = Cache::builder().ttl(10 * SECOND).clock(TokioClock).build();
            cache.insert(1, 10);
            advance(Duration::from_millis(9_999)).await;
            assert_eq!(cache.peek(&1), Some(10), "{ahead:?}");
            advance(Duration::from_millis(1)).await;
            assert_eq!(cache.peek(&1), None, "{ahead:?}");
        });
    }
}

/// The same, with a process of its own, so that the clock is first read when it is far ahead.
#[test]
fn the_clock_of_tokio_may_first_be_read_when_time_was_moved_far_ahead() {
    let this = std::env::current_exe().expect("the test's own program");
    let name = "clocks::the_clock_of_tokio_moves_in_each_runtime_although_another_was_far_ahead";
    let output =
        std::process::Command::new(this).args(["--exact", name, "--test-threads=1"]).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// Counts its readings.
#[derive(Clone, Default)]
struct Read(ManualClock, Arc<AtomicUsize>);

impl Clock for Read {
    fn now(&self) -> Duration {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.now()
    }
}

#[test]
fn one_operation_reads_the_clock_once_at_the_most() {
    let clock = Read::default();
    let cache = Cache::builder().ttl(SECOND).clock(clock.clone()).build();
    let reads = |act: &dyn Fn()| {
        let before = clock.1.load(Ordering::SeqCst);
        act();
        clock.1.load(Ordering::SeqCst) - before
    };
    assert!(reads(&|| cache.insert(1, 10)) <= 2, "for the deadline, and for what has expired");
    assert_eq!(reads(&|| _ = cache.get(&1)), 1);
    assert_eq!(reads(&|| _ = cache.peek(&1)), 1);
    assert_eq!(reads(&|| _ = cache.get(&2)), 0, "there is no entry to be late");
    assert_eq!(reads(&|| _ = cache.info()), 1);
}

/// A clock that moves whenever it is read.
struct Restless(ManualClock);

impl Clock for Restless {
    fn now(&self) -> Duration {
        self.0.advance(SECOND);
        self.0.now()
    }
}

#[test]
fn a_clock_that_moves_at_every_reading_confuses_nobody() {
    let cache = Cache::builder().ttl(3 * SECOND).clock(Restless(ManualClock::new())).build();
    cache.insert(1, 10);
    assert_eq!(cache.get(&1), Some(10));
    cache.insert(1, 11);
    assert!(cache.invalidate(&1));
    cache.insert(2, 20);
    cache.clear();
    assert_eq!(cache.info().currsize, 0);
}

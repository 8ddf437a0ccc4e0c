//! Law 2: a decorated function behaves as the plain one would, except that it may not run.
//!
//! What is written in how many ways is in [`shapes`](crate::shapes); that type errors are at the user's own line, in the ui-tests.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cachetools::{CacheKey, cached};

use crate::support::Task;

/// The value of a future that waits for nobody.
fn now<T>(future: impl Future<Output = T>) -> T {
    Task::new(future).end()
}

fn is_send<T: Send>(_: &T) -> bool {
    true
}

#[test]
fn the_future_is_send_if_the_plain_one_is() {
    #[cached]
    async fn shared(id: u64) -> u64 {
        tokio::task::yield_now().await;
        id
    }
    #[cached(ignore = "pool")]
    async fn inline(pool: &Arc<str>, id: u64) -> usize {
        tokio::task::yield_now().await;
        pool.len() + usize::try_from(id).unwrap()
    }
    assert!(is_send(&shared(1)));
    assert!(is_send(&inline(&Arc::from("pool"), 1)));
}

#[test]
fn an_inline_body_need_not_be_send() {
    #[cached(flight = inline)]
    async fn local(id: u64) -> u64 {
        let own = Rc::new(id);
        std::future::ready(()).await;
        *own + 1
    }
    assert_eq!((now(local(1)), now(local(1))), (2, 2));
}

#[test]
fn a_panic_is_the_plain_ones_and_the_next_call_runs() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    #[cached]
    async fn fragile(id: u32) -> u32 {
        if RUNS.fetch_add(1, Ordering::SeqCst) == 0 {
            std::panic::resume_unwind(Box::new("the plain function's own"));
        }
        id
    }
    let panic = catch_unwind(AssertUnwindSafe(|| now(fragile(1)))).expect_err("the first run");
    assert_eq!(panic.downcast_ref(), Some(&"the plain function's own"));
    assert_eq!(now(fragile(1)), 1);
}

#[test]
fn return_and_the_question_mark_leave_the_body_and_no_more() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    #[cached]
    async fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
        RUNS.fetch_add(1, Ordering::SeqCst);
        if text.is_empty() {
            return Ok(0);
        }
        let number: i64 = text.parse()?;
        Ok(number * 2)
    }
    for _ in 0..2 {
        assert_eq!((now(parse("")), now(parse("21"))), (Ok(0), Ok(42)));
        assert!(now(parse("x")).is_err());
    }
    assert_eq!(RUNS.load(Ordering::SeqCst), 4, "each value once, the error twice");
    assert_eq!(parse::cache_info().currsize, 2);
}

#[test]
fn generics_where_clauses_and_ignored_impl_traits_survive() {
    #[cached(ignore = "log")]
    async fn shown<T>(id: u64, value: T, log: impl Fn()) -> String
    where
        T: CacheKey + Display,
    {
        log();
        format!("{id}: {value}")
    }
    let runs = AtomicU32::new(0);
    let log = || _ = runs.fetch_add(1, Ordering::SeqCst);
    for _ in 0..2 {
        assert_eq!((now(shown(1, 'x', log)), now(shown(1, 5_u8, log))), ("1: x".to_owned(), "1: 5".to_owned()));
    }
    assert_eq!(runs.load(Ordering::SeqCst), 2, "each type has a cache of its own");
}

mod visible {
    use cachetools::cached;

    #[cached]
    pub(crate) async fn outside(id: u8) -> u8 {
        inside(id).await + 1
    }

    #[cached]
    async fn inside(id: u8) -> u8 {
        id * 2
    }
}

#[test]
fn the_handle_is_as_visible_as_the_function_and_comes_with_its_name() {
    use visible::outside;
    assert_eq!(now(outside(3)), 7);
    assert_eq!(outside::cache_info().misses, 1);
}

#[test]
fn what_is_not_called_does_not_run() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    #[cached]
    async fn lazy() {
        RUNS.fetch_add(1, Ordering::SeqCst);
    }
    drop(lazy());
    assert_eq!(RUNS.load(Ordering::SeqCst), 0);
    now(lazy());
    now(lazy());
    assert_eq!(RUNS.load(Ordering::SeqCst), 1);
}

#[test]
fn arguments_reach_the_body_as_they_were_given() {
    #[cached(ignore = ("more", "count"))]
    async fn joined(words: &[&str], mut more: Vec<String>, (left, right): (u8, u8), count: &AtomicU32) -> String {
        count.fetch_add(1, Ordering::SeqCst);
        more.push(format!("{left}{right}"));
        format!("{}/{}", words.concat(), more.concat())
    }
    let count = AtomicU32::new(0);
    let call = |more: &str| now(joined(&["a", "b"], vec![more.to_owned()], (1, 2), &count));
    assert_eq!((call("x"), call("y")), ("ab/x12".to_owned(), "ab/x12".to_owned()));
    assert_eq!(now(joined(&["ab"], vec!["x".to_owned()], (1, 2), &count)), "ab/x12");
    assert_eq!(count.load(Ordering::SeqCst), 2, "[\"a\", \"b\"] and [\"ab\"] are two keys");
}

#[test]
fn a_deprecated_function_is_still_deprecated_and_its_allowances_hold() {
    /// Its page.
    #[deprecated = "for the test"]
    #[allow(clippy::unused_async, reason = "for the test")]
    #[cached]
    async fn old(id: u8) -> u8 {
        id
    }
    #[expect(deprecated, reason = "the attribute has survived")]
    let value = now(old(1));
    assert_eq!(value, 1);
}

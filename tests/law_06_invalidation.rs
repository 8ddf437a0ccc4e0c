//! Law 6: after `invalidate`, `clear` or `insert` returns, no value from a load that began before is ever stored or served to a
//! new caller. Old waiters still get theirs. The old load's end leaves the new one alone.

use std::task::Poll;

use cachetools::{Cache, CallExt};

use crate::support::{Kind, Loads, Task, each_kind, number_of, running};

type Answer = Result<u32, u8>;

#[derive(Clone, Copy, Debug)]
enum Forget {
    Invalidate,
    Clear,
    Insert,
}

/// What an insert stores.
const INSERTED: u32 = 99;

#[derive(Clone, Copy, Debug)]
enum Ending {
    Value,
    Error,
    Panic,
    Dropped,
}

const ENDINGS: [Ending; 4] = [Ending::Value, Ending::Error, Ending::Panic, Ending::Dropped];

struct Old {
    cache: Cache<u32, u32>,
    loads: Loads<Answer>,
    leader: Option<Task<'static, Answer>>,
    waiter: Task<'static, Answer>,
}

/// A load that two callers wait for, and then its key is forgotten.
fn forgotten(kind: Kind, forget: Forget) -> Old {
    let cache = Cache::builder().build();
    let loads = Loads::new();
    let leader = Some(Task::waiting(kind.try_get_with(&cache, 1, loads.body())));
    let waiter = Task::waiting(kind.try_get_with(&cache, 1, loads.body()));
    match forget {
        Forget::Invalidate => assert!(cache.invalidate(&1), "it was being loaded"),
        Forget::Clear => cache.clear(),
        Forget::Insert => cache.insert(1, INSERTED),
    }
    Old { cache, loads, leader, waiter }
}

impl Old {
    /// The old load ends; and so does whatever its waiter then begins in its stead.
    fn end(&mut self, ending: Ending) {
        let Some(mut leader) = self.leader.take() else { return };
        match ending {
            Ending::Value => {
                self.loads.end(0, Ok(10));
                assert_eq!(leader.end(), Ok(10), "old waiters still get theirs");
                assert_eq!(self.waiter.end(), Ok(10));
            }
            Ending::Error => {
                self.loads.end(0, Err(7));
                assert_eq!(leader.end(), Err(7));
                assert_eq!(self.waiter.end(), Err(7));
            }
            Ending::Panic => {
                self.loads.panic(0);
                assert_eq!(number_of(&leader.poll_caught().expect_err("its body panicked")), 0);
                self.end_second();
            }
            Ending::Dropped => {
                drop(leader);
                self.end_second();
            }
        }
    }

    /// The waiter gets an old value, whether the body lives on or the waiter runs its own.
    fn end_second(&mut self) {
        let before = self.loads.started();
        let waits = !self.waiter.is_woken() || self.waiter.poll().is_pending();
        assert!(waits);
        let own = if self.loads.started() > before { before } else { 0 };
        self.loads.end(own, Ok(12));
        assert_eq!(self.waiter.end(), Ok(12));
    }

    fn stored(&self) -> Option<u32> {
        self.cache.peek(&1)
    }
}

fn old_load_is_not_stored(kind: Kind, forget: Forget) {
    let due = matches!(forget, Forget::Insert).then_some(INSERTED);
    for ending in ENDINGS {
        let mut old = forgotten(kind, forget);
        old.end(ending);
        assert_eq!(old.stored(), due, "{forget:?}, {ending:?}");
        assert_eq!((running(&old.cache), old.loads.live()), (0, 0), "{forget:?}, {ending:?}");
    }
}

fn new_caller_starts_a_new_load_which_the_old_one_leaves_alone(kind: Kind, forget: Forget) {
    for ending in ENDINGS {
        for joined in [false, true] {
            let mut old = forgotten(kind, forget);
            let before = old.loads.started();
            let mut new = Task::waiting(kind.try_get_with(&old.cache, 1, old.loads.body()));
            assert_eq!(old.loads.started(), before + 1, "a new caller starts a new load");
            let mut other = joined.then(|| Task::waiting(kind.try_get_with(&old.cache, 1, old.loads.body())));
            assert_eq!(running(&old.cache), 2);
            old.end(ending);
            assert_eq!(old.stored(), None, "{forget:?}, {ending:?}");
            assert_eq!(running(&old.cache), 1, "the old load's end leaves the new one alone: {forget:?}, {ending:?}");
            assert!(old.cache.contains(&1));
            let mut third = Task::waiting(kind.try_get_with(&old.cache, 1, old.loads.body()));
            old.loads.end(before, Ok(11));
            assert_eq!(new.end(), Ok(11));
            assert_eq!(other.as_mut().map_or(Ok(11), Task::end), Ok(11));
            assert_eq!(third.end(), Ok(11), "who comes after joins the new load");
            assert_eq!(old.stored(), Some(11));
        }
    }
}

fn new_load_that_ends_first_is_not_overwritten(kind: Kind, forget: Forget) {
    for ending in ENDINGS {
        let mut old = forgotten(kind, forget);
        let before = old.loads.started();
        let mut new = Task::waiting(kind.try_get_with(&old.cache, 1, old.loads.body()));
        old.loads.end(before, Ok(11));
        assert_eq!(new.end(), Ok(11));
        old.end(ending);
        assert_eq!(old.stored(), Some(11), "{forget:?}, {ending:?}");
        assert_eq!(running(&old.cache), 0);
    }
}

each_kind! {
    fn a_load_that_was_invalidated_is_not_stored(kind) {
        old_load_is_not_stored(kind, Forget::Invalidate);
    }

    fn a_load_that_was_cleared_is_not_stored(kind) {
        old_load_is_not_stored(kind, Forget::Clear);
    }

    fn a_load_that_an_insert_overtook_is_not_stored(kind) {
        old_load_is_not_stored(kind, Forget::Insert);
    }

    fn an_invalidated_load_leaves_the_new_one_alone_however_it_ends(kind) {
        new_caller_starts_a_new_load_which_the_old_one_leaves_alone(kind, Forget::Invalidate);
    }

    fn a_cleared_load_leaves_the_new_one_alone_however_it_ends(kind) {
        new_caller_starts_a_new_load_which_the_old_one_leaves_alone(kind, Forget::Clear);
    }

    fn an_invalidated_load_does_not_overwrite_what_came_after(kind) {
        new_load_that_ends_first_is_not_overwritten(kind, Forget::Invalidate);
    }

    fn a_cleared_load_does_not_overwrite_what_came_after(kind) {
        new_load_that_ends_first_is_not_overwritten(kind, Forget::Clear);
    }

    fn a_caller_that_comes_after_an_insert_gets_what_was_inserted(kind) {
        let mut old = forgotten(kind, Forget::Insert);
        assert_eq!(Task::new(kind.try_get_with(&old.cache, 1, old.loads.body())).end(), Ok(INSERTED));
        old.end(Ending::Value);
        assert_eq!(Task::new(kind.try_get_with(&old.cache, 1, old.loads.body())).end(), Ok(INSERTED));
        assert_eq!(old.loads.started(), 1);
    }

    fn several_invalidations_in_a_row_keep_each_load_apart(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut callers: Vec<_> = (0..5)
            .map(|_| {
                let caller = Task::waiting(kind.get_with(&cache, 1, loads.body()));
                cache.invalidate(&1);
                caller
            })
            .collect();
        assert_eq!((loads.started(), running(&cache)), (5, 5));
        let mut last = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        for number in [3, 0, 4, 1, 2] {
            loads.end(number, number);
            assert_eq!(callers[number].poll(), Poll::Ready(number));
            assert_eq!(cache.peek(&1), None);
        }
        loads.end(5, 5);
        assert_eq!((last.end(), cache.peek(&1)), (5, Some(5)));
    }

    fn invalidating_one_key_leaves_the_load_of_another_alone(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut one = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut two = Task::waiting(kind.get_with(&cache, 2, loads.body()));
        assert!(cache.invalidate(&1));
        assert!(!cache.invalidate(&1), "it was forgotten already");
        loads.end(0, 10);
        loads.end(1, 20);
        assert_eq!((one.end(), two.end()), (10, 20));
        assert_eq!((cache.peek(&1), cache.peek(&2)), (None, Some(20)));
    }

    fn a_refresh_overtakes_the_load_that_runs(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        let mut old = Task::waiting(kind.get_with(&cache, 1, loads.body()));
        let mut refresh = Task::waiting(kind.get_with(&cache, 1, loads.body()).refresh());
        loads.end(1, 11);
        assert_eq!(refresh.end(), 11);
        loads.end(0, 10);
        assert_eq!(old.end(), 10);
        assert_eq!(cache.peek(&1), Some(11));
    }

    fn a_refresh_that_fails_leaves_what_was_stored(kind) {
        let cache = Cache::builder().build();
        let loads = Loads::new();
        cache.insert(1, 9);
        let mut refresh = Task::waiting(kind.try_get_with(&cache, 1, loads.body()).refresh());
        assert_eq!(Task::new(kind.try_get_with(&cache, 1, loads.body())).end(), Ok::<_, u8>(9));
        loads.end(0, Err(7));
        assert_eq!(refresh.end(), Err(7));
        assert_eq!((cache.peek(&1), running(&cache)), (Some(9), 0));
    }
}

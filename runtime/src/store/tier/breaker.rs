//! A store that fails again and again is left alone for a while.

use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row are no coincidence.
const FAILURES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    pause: Duration,
    until: Option<Instant>,
}

impl Breaker {
    /// Whether the store is to be asked. After a pause, one asks to see whether it is back.
    pub(super) fn lets_through(&mut self, now: Instant) -> bool {
        match self.until {
            Some(until) if now < until => false,
            Some(_) => {
                // The others wait for what this one finds.
                self.until = Some(now + self.pause);
                true
            }
            None => true,
        }
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Says whether a pause begins.
    pub(super) fn failed(&mut self, now: Instant) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures < FAILURES {
            return false;
        }
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.until = Some(now + self.pause);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_some_failures_in_a_row_the_store_is_left_alone_and_then_tried_by_one() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES - 1 {
            assert!(!breaker.failed(start));
        }
        assert!(breaker.lets_through(start));
        assert!(breaker.failed(start));
        assert!(!breaker.lets_through(start));
        let later = start + FIRST_PAUSE;
        assert!(breaker.lets_through(later));
        assert!(!breaker.lets_through(later));
        assert!(breaker.failed(later));
        assert!(!breaker.lets_through(later + FIRST_PAUSE));
        assert!(breaker.lets_through(later + FIRST_PAUSE * 2));
        breaker.succeeded();
        assert!(breaker.lets_through(later));
    }
}

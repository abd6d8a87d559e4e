//! Request quotas as both platforms enforce them: several windows at once, each a sliding count of the
//! requests that were let through. What a platform answers when a window is full is the platform's business.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// One window: at most `limit` requests in any `length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Requests let through per window.
    pub limit: usize,
    /// The window's length.
    pub length: SignedDuration,
}

/// What a quota says of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the request may pass. A request that may not is not counted.
    pub allowed: bool,
    /// The limit of the tightest window (the fullest, or the one that refused).
    pub limit: usize,
    /// What is left in that window after this request.
    pub remaining: usize,
    /// How long until that window's oldest request leaves it.
    pub reset: SignedDuration,
}

/// Counts the requests of one credential.
#[derive(Debug, Clone)]
pub struct Quota {
    windows: Vec<Window>,
    passed: VecDeque<Timestamp>,
}

impl Quota {
    /// A quota over these windows. Without windows everything passes.
    pub fn new(windows: Vec<Window>) -> Self {
        Self { windows, passed: VecDeque::new() }
    }

    /// Asks for one request at `now`, and counts it if it may pass. `now` must not go back.
    pub fn ask(&mut self, now: Timestamp) -> Verdict {
        let verdict = self.peek(now);
        if verdict.allowed && !self.windows.is_empty() {
            self.passed.push_back(now);
        }
        verdict
    }

    /// What [`Quota::ask`] would say at `now`; counts nothing.
    pub fn peek(&mut self, now: Timestamp) -> Verdict {
        self.forget_before(now);
        let tightest =
            self.windows.iter().map(|window| self.room(*window, now)).min_by_key(|(left, ..)| *left);
        let Some((left, limit, reset)) = tightest else {
            return Verdict {
                allowed: true,
                limit: usize::MAX,
                remaining: usize::MAX,
                reset: SignedDuration::ZERO,
            };
        };
        Verdict { allowed: left > 0, limit, remaining: left.saturating_sub(1), reset }
    }

    fn room(&self, window: Window, now: Timestamp) -> (usize, usize, SignedDuration) {
        let start = now - window.length;
        let first = self.passed.partition_point(|at| *at <= start);
        let used = self.passed.len() - first;
        let reset = self
            .passed
            .get(first)
            .map_or(window.length, |oldest| window.length - now.duration_since(*oldest));
        (window.limit.saturating_sub(used), window.limit, reset)
    }

    fn forget_before(&mut self, now: Timestamp) {
        let longest = self.windows.iter().map(|window| window.length).max().unwrap_or_default();
        while self.passed.front().is_some_and(|at| *at <= now - longest) {
            self.passed.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn the_fullest_window_decides_and_refused_requests_are_not_counted() {
        let mut quota = Quota::new(vec![
            Window { limit: 2, length: SignedDuration::from_secs(1) },
            Window { limit: 3, length: SignedDuration::from_secs(60) },
        ]);
        assert!(quota.ask(at(0)).allowed);
        assert!(quota.ask(at(10)).allowed);
        assert!(!quota.ask(at(20)).allowed);
        assert!(quota.ask(at(1_010)).allowed);
        let refused = quota.ask(at(2_100));
        assert!(!refused.allowed);
        assert_eq!(refused.limit, 3);
        assert!(quota.ask(at(60_000)).allowed);
    }
}

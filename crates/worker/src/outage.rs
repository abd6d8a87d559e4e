//! Whether the ledger answers. While it does not, lanes take nothing and leader work rests; each of them asks
//! again by itself. Whoever notices first says so, once per outage, and so does whoever finds it back.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;

/// After an outage was noticed with events in hand, they come back after so long.
pub(crate) const RETURN_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// The first pause between two probes; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What all tasks of a worker know of the ledger. Clones know the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outage(Arc<AtomicBool>);

impl Outage {
    /// The ledger could not be used.
    pub(crate) fn noticed(&self, error: &dyn fmt::Display) {
        if !self.0.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "the ledger cannot be used: nothing is taken until it is back");
        }
    }

    /// Whether somebody noticed one and nobody has found the ledger back.
    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The ledger has answered.
    pub(crate) fn over(&self) {
        if self.is_on() && self.0.swap(false, Ordering::Relaxed) {
            tracing::info!("the ledger is back");
        }
    }
}

/// Pauses between probes: they double up to a limit, and start anew after a success.
#[derive(Debug, Default)]
pub(crate) struct Backoff(u32);

impl Backoff {
    /// The next pause.
    pub(crate) fn pause(&mut self) -> Duration {
        let pause = FIRST_PAUSE * (1 << self.0.min(5));
        self.0 = self.0.saturating_add(1);
        pause.min(LONGEST_PAUSE)
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_start_anew() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..7).map(|_| backoff.pause().as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        backoff.reset();
        assert_eq!(backoff.pause(), FIRST_PAUSE);
    }
}

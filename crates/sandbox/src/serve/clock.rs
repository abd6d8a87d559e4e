//! The sandbox's clock: the system's time, never going back, as the machines demand. Nothing else reads it.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Remembers the latest time it told.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Timestamp>);

impl Clock {
    /// The time now, or the latest told if the system's clock was set back.
    #[expect(clippy::disallowed_methods, reason = "the sandbox's servers are its only users of a real clock")]
    pub(crate) fn now(&self) -> Timestamp {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = Timestamp::now().max(*latest);
        *latest
    }
}

//! `[worker]`: the timings of the work.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;

/// `[worker]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Worker {
    /// How long a claimed effect is ours; longer than `platform_timeout`.
    #[serde(with = "duration")]
    pub(crate) lease: Duration,
    /// How long one call to a platform may take.
    #[serde(with = "duration")]
    pub(crate) platform_timeout: Duration,
    /// How long an event is retried before it is parked.
    #[serde(with = "duration")]
    pub(crate) give_up_after: Duration,
}

impl Default for Worker {
    fn default() -> Self {
        Self {
            lease: Duration::from_mins(1),
            platform_timeout: Duration::from_secs(30),
            give_up_after: Duration::from_hours(72),
        }
    }
}

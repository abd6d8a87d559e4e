//! Draining: how fast orders that were all picked at once reach ShipStation, against the least time that the
//! platforms' quotas allow.

use std::time::{Duration, Instant};

use serde::Serialize;

/// Orders of one writing call, and such calls a minute (ShipStation V1).
const WRITE: (u64, u64) = (100, 40);
/// Orders of one reading call, and such calls a minute (Cin7 Omni).
const READ: (u64, u64) = (250, 60);
const MINUTE: Duration = Duration::from_mins(1);

/// What draining took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Drained {
    /// From the pick to the last order's arrival.
    seconds: f64,
    /// The least that the quotas allow.
    least_seconds: f64,
    /// The one in terms of the other; none where the quotas allow it at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

impl Drained {
    /// So many orders were picked then, of which so many were to be sent, and all of them are where they belong
    /// now.
    pub(crate) fn since(picked: Instant, orders: usize, eligible: usize) -> Self {
        let (took, least) = (picked.elapsed(), least(orders, eligible));
        let ratio = (!least.is_zero()).then(|| took.as_secs_f64() / least.as_secs_f64());
        let rounded = |value: f64, digits: f64| (value * digits).round() / digits;
        Self {
            seconds: rounded(took.as_secs_f64(), 10.0),
            least_seconds: least.as_secs_f64(),
            ratio: ratio.map(|ratio| rounded(ratio, 1000.0)),
        }
    }

    /// For people.
    pub(crate) fn describe(&self) -> String {
        let ratio = self.ratio.map_or_else(String::new, |ratio| format!(", {ratio} of it"));
        format!("in {} s; the quotas allow it in {} s{ratio}", self.seconds, self.least_seconds)
    }
}

/// Full calls, each as soon as its window allows: the first minute's at once, and so on.
fn least(orders: usize, eligible: usize) -> Duration {
    let minutes = |records: usize, (per_call, per_minute): (u64, u64)| {
        let calls = (records as u64).div_ceil(per_call);
        calls.saturating_sub(1) / per_minute
    };
    let minutes = minutes(orders, READ).max(minutes(eligible, WRITE));
    MINUTE * u32::try_from(minutes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_time_is_that_of_full_calls_in_full_windows() {
        for (orders, eligible, minutes) in [
            (0, 0, 0),
            (4_000, 4_000, 0),
            (4_001, 4_001, 1),
            (10_000, 8_000, 1),
            (10_000, 8_001, 2),
            (10_000, 10_000, 2),
            (15_001, 10, 1),
        ] {
            assert_eq!(least(orders, eligible), MINUTE * minutes, "{orders} {eligible}");
        }
    }
}

//! What one level of one contender came to, and the medians of several.

use std::time::Duration;

use crate::load::Tally;
use crate::machine::Cost;

/// One level of one contender.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Confirmed in a second.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Of each message.
    pub(crate) cost: Cost,
}

impl Figures {
    /// Of a load over HTTP.
    pub(crate) fn of(tally: &Tally, cost: Cost) -> Self {
        Self { rate: tally.per_second(), p50: tally.latency(50), p99: tally.latency(99), cost }
    }

    /// The median of each figure on its own; `None` without any.
    pub(crate) fn median(all: &[Self]) -> Option<Self> {
        let number = |of: fn(&Self) -> f64| middle(all.iter().map(of).collect(), f64::total_cmp);
        let time = |of: fn(&Self) -> Duration| middle(all.iter().map(of).collect(), Duration::cmp);
        Some(Self {
            rate: number(|figures| figures.rate)?,
            p50: time(|figures| figures.p50)?,
            p99: time(|figures| figures.p99)?,
            cost: Cost {
                broker: number(|figures| figures.cost.broker)?,
                receiver: number(|figures| figures.cost.receiver)?,
                generator: number(|figures| figures.cost.generator)?,
            },
        })
    }
}

fn middle<T: Copy>(mut values: Vec<T>, order: fn(&T, &T) -> std::cmp::Ordering) -> Option<T> {
    values.sort_by(order);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

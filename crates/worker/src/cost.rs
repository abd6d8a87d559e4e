//! What looking for news costs: the calls of a connection's schedule, as far as they are made whether anything is found
//! or not. What is found costs more.

use std::time::Duration;

use crate::connection::Schedule;
use crate::full_pass;

const DAY: Duration = Duration::from_hours(24);
const WEEK: Duration = Duration::from_hours(7 * 24);
/// A sweep's questions, a page each.
const QUESTIONS: u64 = 3;

/// Calls at each platform in a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallsADay {
    /// At Cin7.
    pub cin7: u64,
    /// At ShipStation.
    pub shipstation: u64,
}

impl Schedule {
    /// How many calls a day the schedule makes at least: watch, products and the weekly pass at Cin7; sweeps with the
    /// index, the look at the webhook subscriptions (`None`: there is none) and the weekly pass, which covers the import
    /// window, at ShipStation.
    pub fn calls_a_day(&self, window_days: u32, subscriptions: Option<Duration>) -> CallsADay {
        let each_week = |interval: Option<Duration>, calls: u64| {
            interval.map_or(0, |interval| rounds(WEEK, interval).saturating_mul(calls))
        };
        let pass = if self.sweep.is_some() { full_pass::questions(window_days) } else { 0 };
        let cin7 = [each_week(self.watch, 1), each_week(self.products, 1), u64::from(pass > 0)];
        let shipstation = [each_week(self.sweep, QUESTIONS + 1), each_week(subscriptions, 1), pass];
        let a_day = |calls: [u64; 3]| {
            let days = rounds(WEEK, DAY);
            calls.into_iter().fold(0, u64::saturating_add) / days
        };
        CallsADay { cin7: a_day(cin7), shipstation: a_day(shipstation) }
    }
}

/// How many whole intervals there are in a time. No interval at all counts as the shortest there is.
fn rounds(time: Duration, interval: Duration) -> u64 {
    let rounds = time.as_nanos() / interval.as_nanos().max(1);
    u64::try_from(rounds).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Option<Duration> = Some(Duration::from_mins(1));
    const QUARTER: Option<Duration> = Some(Duration::from_mins(15));

    #[test]
    fn a_schedule_costs_what_its_rounds_ask_at_least() {
        let schedule = |watch, sweep, products| Schedule { watch, sweep, products, store: None };
        let daily = Some(Duration::from_hours(24));
        for (schedule, window_days, subscriptions, cin7, shipstation) in [
            (schedule(None, None, None), 60, None, 0, 0),
            (schedule(MINUTE, None, None), 60, None, 1440, 0),
            (schedule(MINUTE, None, QUARTER), 60, None, 1440 + 96, 0),
            // 672 rounds of four calls and 93 questions for 61 days, in a week.
            (schedule(None, QUARTER, None), 60, None, 0, 384 + 13),
            (schedule(MINUTE, QUARTER, QUARTER), 60, daily, 1536, 384 + 13 + 1),
            (schedule(None, QUARTER, None), 0, None, 0, 384),
            (schedule(None, None, None), 60, daily, 0, 1),
            // An interval that no week holds.
            (schedule(Some(WEEK * 2), None, None), 60, None, 0, 0),
            (schedule(Some(Duration::from_secs(10)), None, QUARTER), 60, None, 8640 + 96, 0),
            (schedule(None, Some(Duration::from_millis(1)), None), 60, None, 0, 345_600_013),
        ] {
            let told = schedule.calls_a_day(window_days, subscriptions);
            assert_eq!(told, CallsADay { cin7, shipstation }, "{schedule:?} {window_days} {subscriptions:?}");
        }
    }

    #[test]
    fn no_interval_at_all_is_no_panic() {
        let (watch, sweep) = (Some(Duration::ZERO), Some(Duration::ZERO));
        let schedule = Schedule { watch, sweep, products: None, store: None };
        assert!(schedule.calls_a_day(u32::MAX, Some(Duration::ZERO)).cin7 > 1_000_000);
    }
}

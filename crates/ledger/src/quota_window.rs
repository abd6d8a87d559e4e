//! The arithmetic of one sliding window: how long it is for us, how many calls fit, and what a platform's
//! report changes about that. Counting the calls is the backends' business. Instants and lengths are
//! microseconds.
//!
//! A window is stretched by [`margin`]: a call is counted when it is granted and reaches the platform a little
//! later, so two calls that were granted a whole window apart can arrive closer together. With the margin the
//! platform never counts one more in its window than we do in ours, as long as the way there varies by less.
//! Calls with a later time than now (another process's clock is ahead) count too.

use domain::quota::{Priority, Window};
use jiff::SignedDuration;

use crate::column::length_micros;

/// The least margin.
const LEAST_MARGIN: i64 = 1_000_000;

/// A call that was granted later than this after its instant is not made: it would reach the platform outside
/// its place in the window. Half of [`LEAST_MARGIN`].
pub(crate) const LATE: SignedDuration = SignedDuration::from_millis(500);

/// How long calls stay after they left the longest window, for processes whose clocks are behind.
const RETENTION: i64 = 3_600_000_000;

/// By how much a window is stretched: a hundredth, at least a second: what a busy machine and a slow way may
/// add. It costs the minute 1.6%, and a burst within a second is no throughput.
fn margin(length: i64) -> i64 {
    (length / 100).max(LEAST_MARGIN)
}

/// A window's length with its margin.
pub(crate) fn span(length: SignedDuration) -> i64 {
    let length = length_micros(length);
    length.saturating_add(margin(length))
}

/// The newest instant whose calls no process needs to see any more.
pub(crate) fn out_of_sight(windows: &[Window], now: i64) -> i64 {
    let longest = windows.iter().map(|window| span(window.length)).max().unwrap_or(0);
    now.saturating_sub(longest).saturating_sub(RETENTION)
}

/// What a platform told of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Told {
    /// The limit that it told last.
    pub(crate) limit: Option<u32>,
    /// How many calls of ours fit into the window: those that we had counted when the platform answered plus
    /// those that it said were left. Below the limit, the difference are the calls of others.
    pub(crate) ceiling: u32,
    /// When the ceiling falls away, because the platform's window starts anew.
    pub(crate) ceiling_until: i64,
}

/// A report of a platform, together with our own count at the same time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    /// The limit, if it was told.
    pub(crate) limit: Option<u32>,
    /// Calls that we count in the window.
    pub(crate) counted: u32,
    /// Calls that the platform says are left.
    pub(crate) remaining: u32,
    /// When the platform's window starts anew.
    pub(crate) resets_at: i64,
}

impl Told {
    /// What is known after a report. Calls of others do not come back before the reset, so the lower ceiling
    /// stays until its own end: answers may arrive in another order than the calls were counted.
    pub(crate) fn after(self, report: Report, now: i64) -> Self {
        let limit = report.limit.filter(|limit| *limit > 0).or(self.limit);
        let ceiling = report.counted.saturating_add(report.remaining);
        if self.ceiling_until > now && self.ceiling < ceiling {
            return Self { limit, ..self };
        }
        Self { limit, ceiling, ceiling_until: report.resets_at }
    }
}

/// How many calls a window has for one priority at some instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// The limit that holds.
    limit: u32,
    /// The priority's part of it.
    share: u32,
    /// Calls of others, to be taken off the share.
    foreign: u32,
    /// When the calls of others fall away.
    foreign_until: i64,
}

impl Room {
    /// The room in a window for a priority.
    pub(crate) fn of(window: &Window, told: Told, priority: Priority, now: i64) -> Self {
        let limit = told.limit.map_or(window.limit, |told| told.min(window.limit));
        let foreign = if told.ceiling_until > now { limit.saturating_sub(told.ceiling) } else { 0 };
        Self { limit, share: priority.share_of(limit), foreign, foreign_until: told.ceiling_until }
    }

    /// The limit that holds.
    pub(crate) fn limit(self) -> u32 {
        self.limit
    }

    /// How many more calls fit beside those that we count.
    pub(crate) fn free(self, counted: u32) -> u32 {
        self.share.saturating_sub(self.foreign).saturating_sub(counted)
    }

    /// With fewer calls of our own than this (1 or more) there is room once those of others have left.
    pub(crate) fn alone(self) -> u32 {
        self.share
    }

    /// With fewer calls of our own than this there is room although others have calls. `None` when there are
    /// no others or when they leave nothing.
    pub(crate) fn beside_others(self) -> Option<u32> {
        (self.foreign > 0 && self.foreign < self.share).then(|| self.share - self.foreign)
    }

    /// The earliest instant with room for one more call, from the instants at which the window has fewer calls
    /// than [`Room::alone`] and [`Room::beside_others`]. With calls of others there are two ways to room:
    /// enough of our own calls leave the window, or those of the others do, at the reset.
    pub(crate) fn opens_at(self, alone: i64, beside_others: Option<i64>) -> i64 {
        if self.foreign == 0 {
            return alone;
        }
        let after_reset = alone.max(self.foreign_until);
        beside_others.map_or(after_reset, |at| at.min(after_reset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(counted: u32, remaining: u32, resets_at: i64) -> Report {
        Report { limit: None, counted, remaining, resets_at }
    }

    #[test]
    fn a_window_is_stretched_by_a_hundredth_and_at_least_by_a_second() {
        assert_eq!(span(SignedDuration::from_secs(1)), 2_000_000);
        assert_eq!(span(SignedDuration::from_secs(60)), 61_000_000);
        assert_eq!(span(SignedDuration::from_hours(24)), 87_264_000_000);
    }

    #[test]
    fn the_lower_ceiling_stays_until_its_own_reset() {
        let low = Told::default().after(report(10, 5, 1_000), 0);
        assert_eq!(low.after(report(11, 20, 5_000), 500), low);
        assert_eq!(low.after(report(11, 3, 5_000), 500).ceiling, 14);
        let anew = low.after(report(11, 20, 5_000), 1_000);
        assert_eq!((anew.ceiling, anew.ceiling_until), (31, 5_000));
    }

    #[test]
    fn a_told_limit_only_ever_lowers_ours() {
        let window = Window { limit: 40, length: SignedDuration::from_secs(60) };
        for (told, expected) in [(None, 40), (Some(20), 20), (Some(90), 40), (Some(0), 40)] {
            let told = Told::default().after(Report { limit: told, ..report(0, 100, 10) }, 0);
            assert_eq!(Room::of(&window, told, Priority::WriteBack, 0).limit, expected, "{told:?}");
        }
    }
}

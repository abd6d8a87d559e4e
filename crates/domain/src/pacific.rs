//! US Pacific time, written: ShipStation's dates are its wall clock, in and out, without an offset. Reading them
//! is the business of `platforms`.

use std::sync::LazyLock;

use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

/// From the database that is compiled in, never from the machine's: the same instant is written alike everywhere.
static PACIFIC: LazyLock<TimeZone> = LazyLock::new(|| {
    TimeZoneDatabase::bundled()
        .get("America/Los_Angeles")
        .expect("the time zone database is compiled in, so every build has it")
});

/// The time zone of ShipStation's dates.
pub fn time_zone() -> &'static TimeZone {
    &PACIFIC
}

/// The Pacific wall clock at an instant as ShipStation writes dates: `2026-09-17T10:51:14.5030000`.
pub fn wall_clock(instant: Timestamp) -> String {
    instant.to_zoned_datetime(PACIFIC.clone()).strftime("%Y-%m-%dT%H:%M:%S%.7f").to_string()
}

/// The Pacific wall clock in whole seconds, for the `*DateStart` and `*DateEnd` filters:
/// `2026-09-17T10:51:14`.
pub fn wall_clock_seconds(instant: Timestamp) -> String {
    instant.to_zoned_datetime(PACIFIC.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The wall clock for a filter that shall miss nothing since an instant. In the hour that daylight saving repeats
/// a wall clock means two instants, and the platform may take it for the later one: the filter begins before that
/// hour then.
pub fn filter_from(instant: Timestamp) -> String {
    let repeated = |instant: &Timestamp| {
        let wall = instant.to_zoned_datetime(PACIFIC.clone()).datetime();
        matches!(PACIFIC.to_ambiguous_zoned_datetime(wall).offset(), AmbiguousOffset::Fold { .. })
    };
    let hours = (0..3).map(|hours| instant - SignedDuration::from_hours(hours));
    wall_clock_seconds(hours.into_iter().find(|instant| !repeated(instant)).unwrap_or(instant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn wall_clocks_follow_daylight_saving_in_both_directions() {
        for (instant, wall) in [
            // 8 March 2026, 10:00 UTC: from 01:59:59 PST to 03:00 PDT.
            ("2026-03-08T09:59:59Z", "2026-03-08T01:59:59"),
            ("2026-03-08T10:00:00Z", "2026-03-08T03:00:00"),
            // 1 November 2026, 09:00 UTC: from 01:59:59 PDT back to 01:00 PST.
            ("2026-11-01T08:59:59Z", "2026-11-01T01:59:59"),
            ("2026-11-01T09:00:00Z", "2026-11-01T01:00:00"),
            ("2026-11-01T10:00:00Z", "2026-11-01T02:00:00"),
            ("2026-07-01T06:59:59Z", "2026-06-30T23:59:59"),
        ] {
            assert_eq!(wall_clock_seconds(utc(instant)), wall, "{instant}");
        }
        assert_eq!(wall_clock(utc("2026-07-01T12:00:00.5030000Z")), "2026-07-01T05:00:00.5030000");
    }

    #[test]
    fn a_filter_begins_before_the_hour_that_comes_twice_and_nowhere_else_early() {
        for (since, filter) in [
            ("2026-11-01T07:59:59Z", "2026-11-01T00:59:59"),
            ("2026-11-01T08:30:00Z", "2026-11-01T00:30:00"),
            ("2026-11-01T09:30:00Z", "2026-11-01T00:30:00"),
            ("2026-11-01T10:00:00Z", "2026-11-01T02:00:00"),
            ("2026-03-08T10:00:00Z", "2026-03-08T03:00:00"),
            ("2026-07-01T12:00:00Z", "2026-07-01T05:00:00"),
        ] {
            assert_eq!(filter_from(utc(since)), filter, "{since}");
        }
    }
}

//! US Pacific time: ShipStation's dates are its wall clock, in and out, without an offset. Reading accepts
//! every spelling: `T` or a space, any fraction, an offset or none, a date alone. Writing is `domain::pacific`.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::dates;

pub(crate) use domain::pacific::time_zone;
pub use domain::pacific::{filter_from, wall_clock, wall_clock_seconds};

/// The instant that a ShipStation date means; `None` when it is no date. An hour that comes twice means its
/// first time, an hour that is skipped means as much later.
pub fn instant(text: &str) -> Option<Timestamp> {
    dates::instant(text, time_zone())
}

/// The day that a ShipStation date names, by the Pacific calendar; `None` when it is no date.
pub fn day(text: &str) -> Option<Date> {
    dates::day(text, time_zone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_hour_that_comes_twice_is_its_first_and_a_skipped_one_is_later() {
        for (wall, instant_utc) in [
            ("2026-11-01T00:59:59", "2026-11-01T07:59:59Z"),
            ("2026-11-01T01:30:00", "2026-11-01T08:30:00Z"),
            ("2026-11-01T02:00:00", "2026-11-01T10:00:00Z"),
            ("2026-03-08T01:59:59", "2026-03-08T09:59:59Z"),
            ("2026-03-08T02:30:00", "2026-03-08T10:30:00Z"),
            ("2026-03-08T03:30:00", "2026-03-08T10:30:00Z"),
        ] {
            assert_eq!(instant(wall), Some(utc(instant_utc)), "{wall}");
        }
    }

    #[test]
    fn a_day_is_the_one_on_the_pacific_calendar() {
        let day_of = |text| day(text).map(|day| day.to_string());
        assert_eq!(day_of("2026-09-17").as_deref(), Some("2026-09-17"));
        assert_eq!(day_of("2026-09-17T23:10:00.0000000").as_deref(), Some("2026-09-17"));
        assert_eq!(day_of("2026-09-18T05:00:00Z").as_deref(), Some("2026-09-17"));
        assert_eq!(day_of("soon"), None);
    }
}

//! ShipStation's calendar: every date in and out is US Pacific local time without an offset. What a date means
//! for an order is not decided here.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::Serializer;

static PACIFIC: LazyLock<TimeZone> = LazyLock::new(|| {
    TimeZone::get("America/Los_Angeles").expect("the time zone database is compiled into the program")
});

/// The Pacific wall clock at `now`, cut to milliseconds, as ShipStation stores it. In the hour that
/// daylight saving repeats, two moments have the same wall clock: that loss is the platform's own.
pub fn pacific(now: Timestamp) -> DateTime {
    let whole = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    PACIFIC.to_datetime(whole)
}

/// Reads a date as requests may write it: `2024-09-17 10:51:14`, with `T`, with a fraction, or the date alone
/// (midnight). A `Z` or an offset is honoured and converted. Anything else is `None`.
pub(crate) fn parse_moment(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if text.get(10..).is_some_and(has_offset) {
        return text.parse::<Timestamp>().ok().map(pacific);
    }
    text.parse::<DateTime>().ok()
}

/// Reads a date, ignoring a time of day behind it.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    parse_moment(text).map(DateTime::date)
}

fn has_offset(time: &str) -> bool {
    time.ends_with(['Z', 'z']) || time.contains(['+', '-'])
}

fn with_seven_digits(moment: &DateTime) -> String {
    format!("{}.{:07}", moment.strftime("%Y-%m-%dT%H:%M:%S"), moment.subsec_nanosecond() / 100)
}

/// Writes `2024-09-17T10:51:14.5030000`, the form of orders, shipments and fulfilments.
pub(crate) mod seven_digits {
    use super::{DateTime, Serializer, with_seven_digits};

    pub(crate) fn serialize<S: Serializer>(moment: &DateTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&with_seven_digits(moment))
    }
}

/// Like [`seven_digits`], or `null`.
pub(crate) mod seven_digits_option {
    use super::{DateTime, Serializer, with_seven_digits};

    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(
        moment: &Option<DateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => serializer.serialize_str(&with_seven_digits(moment)),
            None => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_dates_are_read_in_every_documented_form_and_in_no_other() {
        for (text, expected) in [
            ("2024-09-17 10:51:14", Some("2024-09-17T10:51:14")),
            ("2024-09-17T10:51:14.5030000", Some("2024-09-17T10:51:14.503")),
            ("2024-09-17", Some("2024-09-17T00:00:00")),
            ("2024-09-17T17:51:14Z", Some("2024-09-17T10:51:14")),
            ("2024-01-17T17:51:14+00:00", Some("2024-01-17T09:51:14")),
            ("17/09/2024", None),
            ("", None),
            ("soon", None),
            ("2024-09-1é 10:51", None),
        ] {
            assert_eq!(parse_moment(text).map(|moment| moment.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn moments_become_pacific_wall_clock_with_daylight_saving() {
        let summer: Timestamp = "2024-09-17T17:51:14.5039Z".parse().unwrap();
        assert_eq!(with_seven_digits(&pacific(summer)), "2024-09-17T10:51:14.5030000");
        let winter: Timestamp = "2024-12-01T07:00:00Z".parse().unwrap();
        assert_eq!(with_seven_digits(&pacific(winter)), "2024-11-30T23:00:00.0000000");
    }
}

//! Lenient reading of dates: `T` or a space, no to nine digits of fraction, an offset or `Z` or neither, a
//! date alone. The zone that a date without offset means is the caller's to know.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};

/// The instant that `text` means, in `zone` unless it carries an offset. An hour that comes twice means its
/// first time, an hour that is skipped means as much later. `None` when it is no date.
pub(crate) fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let (wall, offset) = parse(text)?;
    match offset {
        Some(offset) => offset.to_timestamp(wall).ok(),
        None => zone.to_ambiguous_timestamp(wall).compatible().ok(),
    }
}

/// The calendar day in `zone` that `text` names. Without an offset it is the day as written.
pub(crate) fn day(text: &str, zone: &TimeZone) -> Option<Date> {
    let (wall, offset) = parse(text)?;
    match offset {
        Some(offset) => Some(offset.to_timestamp(wall).ok()?.to_zoned_datetime(zone.clone()).date()),
        None => Some(wall.date()),
    }
}

/// The HTTP `Date` of a header.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// An instant as Cin7 documents dates: UTC in whole seconds, `2026-09-08T00:00:00Z`.
pub(crate) fn utc_seconds(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn parse(text: &str) -> Option<(DateTime, Option<Offset>)> {
    let pieces = Pieces::parse(text.trim()).ok()?;
    let time = pieces.time().unwrap_or(Time::midnight());
    Some((DateTime::from_parts(pieces.date(), time), pieces.to_numeric_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_date_is_read() {
        for (text, expected) in [
            ("2026-07-07T14:00:06Z", "2026-07-07T14:00:06Z"),
            ("2026-07-07t14:00:06z", "2026-07-07T14:00:06Z"),
            ("2026-07-07 14:00:06", "2026-07-07T14:00:06Z"),
            ("2026-07-07T14:00:06.5", "2026-07-07T14:00:06.5Z"),
            ("2026-07-07T14:00:06.5030000", "2026-07-07T14:00:06.503Z"),
            ("2024-03-20T21:04:54.7330637+13:00", "2024-03-20T08:04:54.7330637Z"),
            ("2026-07-07T14:00", "2026-07-07T14:00:00Z"),
            (" 2026-08-31 ", "2026-08-31T00:00:00Z"),
        ] {
            assert_eq!(instant(text, &TimeZone::UTC), Some(expected.parse().unwrap()), "{text}");
        }
        for text in ["", "soon", "2026-13-01", "08/31/2026", "2026-05-23T14:00:0XZ"] {
            assert_eq!(instant(text, &TimeZone::UTC), None, "{text}");
        }
    }

    #[test]
    fn dates_go_out_in_whole_seconds_and_headers_are_read() {
        let instant = http_date("Mon, 23 Nov 2026 20:54:32 GMT").unwrap();
        assert_eq!(utc_seconds(instant), "2026-11-23T20:54:32Z");
        assert_eq!(utc_seconds("2026-11-23T20:54:32.987Z".parse().unwrap()), "2026-11-23T20:54:32Z");
        assert_eq!(http_date("soon"), None);
    }
}

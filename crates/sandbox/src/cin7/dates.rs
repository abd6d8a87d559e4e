//! Date-times as Cin7 Omni reads and stores them: ISO 8601 with a time, to the whole second, in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The instant without its fraction of a second, as Cin7 stores every date-time.
pub(crate) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_millisecond().div_euclid(1_000)).unwrap_or(at)
}

/// Reads a full date-time. Without an offset it is UTC; a date alone is refused, as the API does.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    text.parse::<Timestamp>().ok().or_else(|| in_utc(text))
}

fn in_utc(text: &str) -> Option<Timestamp> {
    text.parse::<DateTime>().ok().and_then(|at| TimeZone::UTC.to_timestamp(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_time_needs_its_time_and_nothing_else() {
        let instant: Timestamp = "2026-05-01T10:00:00Z".parse().unwrap();
        for text in [
            "2026-05-01T10:00:00Z",
            "2026-05-01T10:00:00",
            "2026-05-01 10:00:00",
            "2026-05-01T10:00:00.0000000Z",
            "2026-05-01T22:00:00+12:00",
        ] {
            assert_eq!(parse(text), Some(instant), "{text}");
        }
        for text in ["2026-05-01", "", "yesterday", "2026-13-01T00:00:00Z", "01/05/2026 10:00"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

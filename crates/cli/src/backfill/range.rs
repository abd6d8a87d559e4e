//! The time range as typed: dates in the account's time zone, or instants.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::args::BackfillArgs;
use crate::outcome::CommandError;

/// From the one instant to the other, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
}

impl Range {
    /// The range that was typed.
    pub(super) fn of(args: &BackfillArgs, zone: &TimeZone, now: Timestamp) -> Result<Self, CommandError> {
        let since = begin("--since", &args.since, zone)?;
        let until =
            args.until.as_deref().map(|until| end("--until", until, zone)).transpose()?.unwrap_or(now);
        if until < since {
            return Err(CommandError::Usage(format!(
                "nothing lies between {since} and {until}: --until is earlier"
            )));
        }
        Ok(Self { since, until })
    }

    /// Its length.
    pub(super) fn seconds(self) -> u64 {
        seconds_between(self.since, self.until)
    }
}

pub(super) fn seconds_between(since: Timestamp, until: Timestamp) -> u64 {
    u64::try_from(until.duration_since(since).as_secs()).unwrap_or(0)
}

fn begin(option: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, CommandError> {
    match typed(option, text)? {
        Typed::Instant(at) => Ok(at),
        Typed::Day(day) => midnight(option, day, zone),
    }
}

/// A day's end is the last instant before the next one.
fn end(option: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, CommandError> {
    match typed(option, text)? {
        Typed::Instant(at) => Ok(at),
        Typed::Day(day) => {
            let next = day.tomorrow().map_err(|_| misread(option, text))?;
            Ok(midnight(option, next, zone)? - jiff::SignedDuration::from_nanos(1))
        }
    }
}

enum Typed {
    Instant(Timestamp),
    Day(Date),
}

fn typed(option: &str, text: &str) -> Result<Typed, CommandError> {
    if let Ok(at) = text.parse() {
        return Ok(Typed::Instant(at));
    }
    // A date with a time of day and no offset would be read as its day.
    let day = if text.len() == "2026-03-01".len() { text.parse().ok() } else { None };
    day.map(Typed::Day).ok_or_else(|| misread(option, text))
}

fn midnight(option: &str, day: Date, zone: &TimeZone) -> Result<Timestamp, CommandError> {
    let zoned = day.to_zoned_datetime(zone.clone());
    zoned.map(|zoned| zoned.timestamp()).map_err(|_| misread(option, &day.to_string()))
}

fn misread(option: &str, text: &str) -> CommandError {
    let examples = "a date such as 2026-03-01, or an instant such as 2026-03-01T08:00:00Z";
    CommandError::Usage(format!("{option} {text}: give {examples}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(since: &str, until: Option<&str>) -> Result<(String, String), String> {
        let args = BackfillArgs { since: since.into(), until: until.map(str::to_owned), dry_run: false };
        let (zone, now) =
            (TimeZone::get("Australia/Sydney").unwrap(), "2026-03-20T00:00:00Z".parse().unwrap());
        let range = Range::of(&args, &zone, now).map_err(|error| error.to_string())?;
        Ok((range.since.to_string(), range.until.to_string()))
    }

    #[test]
    fn dates_are_whole_days_of_the_account_and_instants_are_themselves() {
        let day = ("2026-02-28T13:00:00Z".to_owned(), "2026-03-01T12:59:59.999999999Z".to_owned());
        assert_eq!(range("2026-03-01", Some("2026-03-01")), Ok(day));
        let open = ("2026-03-01T06:00:00Z".to_owned(), "2026-03-20T00:00:00Z".to_owned());
        assert_eq!(range("2026-03-01T08:00:00+02:00", None), Ok(open));
    }

    #[test]
    fn what_is_no_range_is_told() {
        for bad in ["yesterday", "2026-03-01T08:00:00", "2026-13-01", ""] {
            assert!(range(bad, None).is_err_and(|error| error.contains("give a date")), "{bad}");
        }
        assert!(range("2026-03-02", Some("2026-03-01")).is_err_and(|error| error.contains("earlier")));
    }
}

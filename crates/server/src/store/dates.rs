//! Dates as the custom store writes them: `MM/dd/yyyy HH:mm` in UTC. (V1's dates are in Pacific time, and another type:
//! `domain::pacific`.) Written exactly so; read with everything that has been seen in their place.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// An instant as the feed has it.
pub(super) fn written(instant: Timestamp) -> String {
    instant.to_zoned_datetime(TimeZone::UTC).strftime("%m/%d/%Y %H:%M").to_string()
}

/// A date with its time: single digits, seconds, AM and PM are fine, and so is `MMDDYYYY HHMM`. `None` for anything
/// else.
pub(super) fn date_time(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let slashed = text.split_once(char::is_whitespace);
    let slashed = slashed.and_then(|(date, time)| Some((slashed_date(date)?, clock(time)?)));
    let (date, time) = slashed.or_else(|| compact(text))?;
    Some(DateTime::from_parts(date, time))
}

/// The calendar day at the beginning of a text; what follows it does not move it.
pub(super) fn day(text: &str) -> Option<Date> {
    slashed_date(text.split_whitespace().next()?)
}

/// The instant of a date in UTC.
pub(super) fn utc(date_time: DateTime) -> Option<Timestamp> {
    date_time.to_zoned_datetime(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn slashed_date(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (month, day, year) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?, parts.next()?);
    let year = number(year, 4).filter(|_| year.len() == 4 && parts.next().is_none())?;
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Digits alone, at most so many.
fn number(text: &str, digits: usize) -> Option<u16> {
    let fits = (1..=digits).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// `17:28`, `5:28 PM`, `17:28:05`. ShipStation's own example has `21:56 PM`: what cannot be another hour is that hour.
fn clock(text: &str) -> Option<Time> {
    let text = text.trim().to_uppercase();
    let half = [("AM", false), ("PM", true)].into_iter().find(|(word, _)| text.ends_with(word));
    let digits = half.map_or(text.as_str(), |(word, _)| text.trim_end_matches(word)).trim_end();
    let digits = digits.split_once('.').map_or(digits, |(whole, _)| whole);
    let mut parts = digits.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| number(second, 2))?;
    let hour = match half {
        Some((_, true)) if hour < 12 => hour + 12,
        Some((_, false)) if hour == 12 => 0,
        Some((_, false)) if hour > 12 => return None,
        _ => hour,
    };
    if parts.next().is_some() { None } else { time(hour, minute, second) }
}

fn time(hour: u16, minute: u16, second: u16) -> Option<Time> {
    let parts = [hour, minute, second].map(i8::try_from);
    let [Ok(hour), Ok(minute), Ok(second)] = parts else { return None };
    Time::new(hour, minute, second, 0).ok()
}

/// `MMDDYYYY HHMM` with any one character, or none, in the middle.
fn compact(text: &str) -> Option<(Date, Time)> {
    let (date, rest) = text.split_at_checked(8)?;
    let mut after = rest.chars();
    let apart = rest.len() > 4 && after.next().is_some_and(|c| !c.is_ascii_digit());
    let time_of_day = if apart { after.as_str() } else { rest };
    let whole = |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if !whole(date, 8) || !whole(time_of_day, 4) {
        return None;
    }
    let date = slashed_date(&format!("{}/{}/{}", &date[..2], &date[2..4], &date[4..]))?;
    Some((date, time(number(&time_of_day[..2], 2)?, number(&time_of_day[2..], 2)?, 0)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_form_that_has_been_seen() {
        for (text, expected) in [
            ("01/23/2012 17:28", "2012-01-23T17:28:00"),
            ("1/2/2026 3:04", "2026-01-02T03:04:00"),
            ("01/02/2026 03:04:05", "2026-01-02T03:04:05"),
            ("01/02/2026 03:04:05.123", "2026-01-02T03:04:05"),
            ("12/8/2011 12:56 PM", "2011-12-08T12:56:00"),
            ("12/8/2011 12:56 am", "2011-12-08T00:56:00"),
            ("12/8/2011  1:56pm", "2011-12-08T13:56:00"),
            ("10/18/2019 21:56 PM", "2019-10-18T21:56:00"),
            ("01232012 1728", "2012-01-23T17:28:00"),
            ("01232012?1728", "2012-01-23T17:28:00"),
            ("012320121728", "2012-01-23T17:28:00"),
        ] {
            assert_eq!(date_time(text).map(|read| read.to_string()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "x",
            "2012-01-23 17:28",
            "01/23/2012",
            "13/01/2012 17:28",
            "02/30/2012 10:00",
            "01/23/12 17:28",
            "01/23/2012 25:00",
            "01/23/2012 21:56 AM",
            "01/23/2012 17",
            "01/23/2012 17:28:00:00",
            "0123201x 1728",
            "01232012 17280",
            "ÄÖÜß 1728",
            "01/23/2012 17:28 Z",
            "-1/23/2012 17:28",
            "+1/23/2012 17:28",
        ] {
            assert_eq!(date_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_that_day_whatever_follows_it() {
        for text in ["10/19/2019", " 10/19/2019 23:59", "10/19/2019 11:59 PM"] {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), Some("2019-10-19"));
        }
        assert_eq!((day(""), day("2019-10-19")), (None, None));
    }

    #[test]
    fn instants_are_written_in_utc_with_all_their_digits() {
        let at = |text: &str| written(text.parse().unwrap());
        assert_eq!(at("2026-03-08T02:30:59.9-08:00"), "03/08/2026 10:30");
        assert_eq!(at("0987-01-02T03:04:05Z"), "01/02/0987 03:04");
    }
}

//! What an export asks for: a window of changes and a page of it.

use std::fmt;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use domain::feed::FeedWindow;

use super::dates;
use super::query::Parameters;

/// How much a window shows that says nothing of its beginning.
const DEFAULT_LENGTH: SignedDuration = SignedDuration::from_hours(24);
/// From the first instant of a minute to the last one that the ledger tells apart.
const MINUTE: SignedDuration = SignedDuration::from_micros(59_999_999);

/// An export's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) window: FeedWindow,
    /// From 1 on.
    pub(super) page: u32,
    /// Whether the caller left an end of the window open.
    pub(super) by_default: bool,
}

/// Why a question is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAsked {
    /// `start_date` or `end_date` is no date.
    Date(&'static str),
    /// `page` is no number.
    Page,
}

impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(name) => write!(f, "{name} is no date of the form MM/dd/yyyy HH:mm"),
            Self::Page => f.write_str("page is no number"),
        }
    }
}

/// Reads the question. Both ends are within their whole minutes; dates are in UTC.
pub(super) fn asked(parameters: &Parameters, now: Timestamp) -> Result<Asked, NotAsked> {
    let start = minute(parameters, "start_date")?;
    let end = minute(parameters, "end_date")?;
    let last = end.unwrap_or_else(|| start_of_minute(now));
    let from = start.unwrap_or_else(|| last.checked_sub(DEFAULT_LENGTH).unwrap_or(last));
    let until = last.checked_add(MINUTE).unwrap_or(Timestamp::MAX);
    let by_default = start.is_none() || end.is_none();
    Ok(Asked { window: FeedWindow { from, until }, page: page(parameters.get("page"))?, by_default })
}

/// The first instant of the minute that a parameter names; `None` when it is not there or empty.
fn minute(parameters: &Parameters, name: &'static str) -> Result<Option<Timestamp>, NotAsked> {
    let text = parameters.get(name);
    if text.is_empty() {
        return Ok(None);
    }
    let without_seconds = |read: DateTime| read.with().second(0).subsec_nanosecond(0).build().ok();
    let instant = dates::date_time(text).and_then(without_seconds).and_then(dates::utc);
    instant.map(Some).ok_or(NotAsked::Date(name))
}

fn start_of_minute(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second().div_euclid(60) * 60).unwrap_or(now)
}

/// What is missing, zero or below is the first page; what is beyond all numbers is past the end.
fn page(text: &str) -> Result<u32, NotAsked> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if text.is_empty() || (text.starts_with('-') && digits.bytes().all(|byte| byte.is_ascii_digit())) {
        return if text == "-" { Err(NotAsked::Page) } else { Ok(1) };
    }
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotAsked::Page);
    }
    Ok(digits.parse().unwrap_or(u32::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn window(query: &str) -> Result<(Timestamp, Timestamp), NotAsked> {
        let asked = asked(&Parameters::of(query), at("2026-03-10T01:02:03Z"))?;
        Ok((asked.window.from, asked.window.until))
    }

    #[test]
    fn both_ends_are_inside_with_their_whole_minutes() {
        let expected = (at("2012-01-23T17:28:00Z"), at("2012-01-23T17:33:59.999999Z"));
        for query in [
            "start_date=01%2f23%2f2012+17%3a28&end_date=01%2f23%2f2012+17%3a33",
            "start_date=1/23/2012+5:28:41+PM&end_date=01232012+1733",
        ] {
            assert_eq!(window(query), Ok(expected), "{query}");
        }
    }

    #[test]
    fn an_open_end_is_filled_and_an_unreadable_one_is_none() {
        let now = at("2026-03-10T01:02:59.999999Z");
        assert_eq!(window(""), Ok((at("2026-03-09T01:02:00Z"), now)));
        assert_eq!(window("start_date=&end_date="), window(""));
        assert_eq!(window("start_date=03/01/2026+00:00"), Ok((at("2026-03-01T00:00:00Z"), now)));
        let end = window("end_date=03/01/2026+00:00");
        assert_eq!(end, Ok((at("2026-02-28T00:00:00Z"), at("2026-03-01T00:00:59.999999Z"))));
        assert_eq!(window("start_date=yesterday"), Err(NotAsked::Date("start_date")));
        assert_eq!(window("end_date=2026-03-01"), Err(NotAsked::Date("end_date")));
    }

    #[test]
    fn pages_count_from_one() {
        for (text, expected) in [
            ("", Ok(1)),
            ("0", Ok(1)),
            ("-1", Ok(1)),
            ("-99999999999999", Ok(1)),
            ("1", Ok(1)),
            ("+2", Ok(2)),
            ("007", Ok(7)),
            ("99999999999999", Ok(u32::MAX)),
            ("abc", Err(NotAsked::Page)),
            ("1.0", Err(NotAsked::Page)),
            ("-", Err(NotAsked::Page)),
            ("-x", Err(NotAsked::Page)),
            ("+", Err(NotAsked::Page)),
        ] {
            assert_eq!(page(text), expected, "{text}");
        }
    }
}

//! How plain domain values stand in columns: instants as microseconds since 1970, lengths as microseconds,
//! enums as the words that serde gives them. Whole documents are `crate::document`.

use std::borrow::Cow;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde_json::Value;

use crate::error::LedgerError;

/// An instant as microseconds since 1970 in UTC; what is finer is cut off.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A length of time in microseconds.
pub(crate) fn length_micros(length: SignedDuration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

/// The instant behind a column.
pub(crate) fn instant(what: &'static str, micros: i64) -> Result<Timestamp, LedgerError> {
    Timestamp::from_microsecond(micros).map_err(|_| impossible(what, &micros))
}

/// The number behind a column that never holds a negative one.
pub(crate) fn count(what: &'static str, value: i64) -> Result<u32, LedgerError> {
    u32::try_from(value).map_err(|_| impossible(what, &value))
}

/// A text as PostgreSQL can hold it: U+0000, which nobody means to write, becomes U+FFFD. One such character
/// from a platform must not make a whole batch fail for ever.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// The word of an enum's unit variant, as its serde names say.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        other => unreachable!("only unit variants are stored as words, not {other:?}"),
    }
}

/// The variant behind a word.
pub(crate) fn from_word<T: DeserializeOwned>(what: &'static str, word: &str) -> Result<T, LedgerError> {
    let deserializer: StrDeserializer<'_, WordError> = word.into_deserializer();
    T::deserialize(deserializer).map_err(|_| impossible(what, word))
}

/// The value behind a text that a domain type parses itself.
pub(crate) fn parsed<T: std::str::FromStr>(what: &'static str, text: &str) -> Result<T, LedgerError> {
    text.parse().map_err(|_| impossible(what, text))
}

/// A stored value that the schema does not allow.
pub(crate) fn impossible(what: &'static str, value: &(impl fmt::Display + ?Sized)) -> LedgerError {
    LedgerError::Impossible { what, value: value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::record::{Intake, Progress};

    #[test]
    fn words_are_the_names_that_serde_gives_and_lead_back() {
        assert_eq!(word(&Progress::Partly), "partly");
        assert_eq!(from_word::<Progress>("progress", "partly").unwrap(), Progress::Partly);
        assert_eq!(from_word::<Intake>("intake", "eligible").unwrap(), Intake::Eligible);
        let unknown = from_word::<Progress>("progress", "lost").unwrap_err();
        assert_eq!(unknown.to_string(), "the ledger holds an impossible progress: lost");
    }
}

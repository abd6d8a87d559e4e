//! The form of stored documents: `{"v":1,"body":...}`. The number lets a later version read what this one
//! wrote. The golden texts below are what lies in ledgers out there: a change that breaks them needs a new
//! number and a reader for the old one.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::LedgerError;

/// The form that this program writes.
const FORM: u32 = 1;

#[derive(Serialize)]
struct Written<'a, T> {
    v: u32,
    body: &'a T,
}

#[derive(Deserialize)]
struct Stored<'a> {
    v: u32,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// The text that is stored for a value.
pub(crate) fn encode(body: &impl Serialize) -> String {
    serde_json::to_string(&Written { v: FORM, body }).expect("domain values serialise")
}

/// The value behind a stored text. `what` names it for a person.
pub(crate) fn decode<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, LedgerError> {
    let unreadable = |source| LedgerError::Unreadable { what, source };
    let stored: Stored<'_> = serde_json::from_str(text).map_err(unreadable)?;
    if stored.v != FORM {
        let reason = format!("it has form {} and this program knows {FORM}", stored.v);
        return Err(unreadable(serde_json::Error::custom(reason)));
    }
    serde_json::from_str(stored.body.get()).map_err(unreadable)
}

#[cfg(test)]
mod tests;

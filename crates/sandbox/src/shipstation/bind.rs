//! Reads a posted JSON document member by member, as strictly as the platform's model binding: a number in a
//! string, a boolean in a string or an unreadable date is a fault with its path; unknown members are ignored;
//! names compare without case; `null` and absent are the same.

use std::cell::RefCell;

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::dates;
use super::fault::{Fault, ModelState};

/// One JSON object at a path, with the faults found so far.
pub(crate) struct Members<'a> {
    entries: &'a Map<String, Value>,
    path: String,
    faults: &'a RefCell<ModelState>,
}

/// Parses a request body that must be JSON. An empty body or `null` ends as the platform's null reference.
pub(crate) fn json(body: &[u8], root: &str) -> Result<Value, Fault> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Fault::null_reference());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Null) => Err(Fault::null_reference()),
        Ok(value) => Ok(value),
        Err(error) => Err(Fault::one(root, format!("Unexpected character or end of JSON: {error}."))),
    }
}

/// Reads one request object with `read`, or fails with everything that was wrong in it.
pub(crate) fn object<T>(body: &[u8], root: &str, read: impl FnOnce(&Members<'_>) -> T) -> Result<T, Fault> {
    let value = json(body, root)?;
    let faults = RefCell::new(ModelState::default());
    let read = Members::of(&value, root.to_owned(), &faults).map(|members| read(&members));
    Fault::check(faults)?;
    read.ok_or_else(Fault::null_reference)
}

impl<'a> Members<'a> {
    /// The members of `value`, which must be an object.
    pub(crate) fn of(value: &'a Value, path: String, faults: &'a RefCell<ModelState>) -> Option<Self> {
        if let Value::Object(entries) = value {
            return Some(Self { entries, path, faults });
        }
        let text = format!("Cannot deserialize the current JSON {} into an object.", kind(value));
        faults.borrow_mut().add(&path, text);
        None
    }

    fn get(&self, name: &str) -> Option<(&'a Value, String)> {
        let exact = self.entries.get_key_value(name);
        let (key, value) = exact
            .or_else(|| self.entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
            .filter(|(_, value)| !value.is_null())?;
        Some((value, format!("{}.{key}", self.path)))
    }

    fn fail(&self, path: &str, value: &Value, wanted: &str) {
        let text = match value {
            Value::String(text) => format!("Could not convert string to {wanted}: {text}. Path '{path}'."),
            other => format!("Error converting a JSON {} to {wanted}. Path '{path}'.", kind(other)),
        };
        self.faults.borrow_mut().add(path, text);
    }

    fn read<T>(&self, name: &str, wanted: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let (value, path) = self.get(name)?;
        let result = read(value);
        if result.is_none() {
            self.fail(&path, value, wanted);
        }
        result
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.read(name, "string", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn decimal(&self, name: &str) -> Option<Decimal> {
        self.read(name, "decimal", decimal)
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.read(name, "integer", Value::as_i64)
    }

    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        self.read(name, "boolean", Value::as_bool)
    }

    pub(crate) fn moment(&self, name: &str) -> Option<DateTime> {
        self.read(name, "DateTime", |value| value.as_str().and_then(dates::parse_moment))
    }

    pub(crate) fn date(&self, name: &str) -> Option<Date> {
        self.read(name, "DateTime", |value| value.as_str().and_then(dates::parse_date))
    }

    /// A text that must be one of `known`, which are given in lower case.
    pub(crate) fn word<T: Copy>(&self, name: &str, known: &[(&str, T)]) -> Option<T> {
        self.read(name, "a known value", |value| {
            let word = value.as_str()?;
            known.iter().find(|(text, _)| text.eq_ignore_ascii_case(word)).map(|(_, meaning)| *meaning)
        })
    }

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        self.read(name, "list of strings", |value| {
            value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
        })
    }

    pub(crate) fn integers(&self, name: &str) -> Option<Vec<i64>> {
        self.read(name, "a list of integers", |value| value.as_array()?.iter().map(Value::as_i64).collect())
    }

    pub(crate) fn object(&self, name: &str) -> Option<Members<'a>> {
        let (value, path) = self.get(name)?;
        Self::of(value, path, self.faults)
    }

    /// The objects of a list; `None` when the member is absent.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<Members<'a>>> {
        let (value, path) = self.get(name)?;
        let Value::Array(entries) = value else {
            self.fail(&path, value, "a list");
            return None;
        };
        let entry =
            |(index, entry): (usize, &'a Value)| Self::of(entry, format!("{path}[{index}]"), self.faults);
        Some(entries.iter().enumerate().filter_map(entry).collect())
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    let text = value.as_number()?.to_string();
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array (e.g. [1,2,3])",
        Value::Object(_) => "object (e.g. {\"name\":\"value\"})",
    }
}

//! Merges what a write sends into the wire form of a record: absent or null is unchanged, an empty string
//! clears, unknown and read-only names are ignored, everything else must have the column's type and fit.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::columns::{Access, Column, Kind, find};
use super::dates;

/// Whether a record is being made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// POST.
    Create,
    /// PUT.
    Update,
}

/// The value sent under this name, in any case.
pub(crate) fn sent<'a>(record: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    record.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Writes the scalars of `record` into `wire`; answers the columns that were written, or every complaint.
pub(crate) fn scalars(
    wire: &mut Map<String, Value>,
    record: &Map<String, Value>,
    columns: &'static [Column],
    occasion: Occasion,
) -> Result<BTreeSet<&'static str>, Vec<String>> {
    let mut written = BTreeSet::new();
    let mut errors = Vec::new();
    for (key, value) in record.iter().filter(|(_, value)| !value.is_null()) {
        let Some(column) = find(columns, key) else { continue };
        let writable = match column.access {
            Access::Write => true,
            Access::Create => occasion == Occasion::Create,
            Access::Read => false,
        };
        if !writable {
            continue;
        }
        match accepted(column, value) {
            Ok(value) => {
                wire.insert(column.name.to_owned(), value);
                written.insert(column.name);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(written) } else { Err(errors) }
}

/// Writes custom fields; only names that the account has.
pub(crate) fn custom_fields(
    wire: &mut Map<String, Value>,
    record: &Map<String, Value>,
) -> Result<(), String> {
    let Some(value) = sent(record, "customFields").filter(|value| !value.is_null()) else { return Ok(()) };
    let Value::Object(changes) = value else {
        return Err("The field customFields must be an object.".to_owned());
    };
    let Some(Value::Object(fields)) = wire.get_mut("customFields") else { return Ok(()) };
    for (name, current) in fields.iter_mut() {
        match sent(changes, name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.is_empty() => *current = Value::Null,
            Some(Value::Array(_) | Value::Object(_)) => {
                return Err(format!("The custom field {name} must be a single value."));
            }
            Some(value) => *current = value.clone(),
        }
    }
    Ok(())
}

fn accepted(column: &Column, value: &Value) -> Result<Value, String> {
    let name = column.name;
    match (column.kind, value) {
        (Kind::Text, Value::String(text)) => fitting(column, text),
        (Kind::Int, Value::Number(number)) if number.is_i64() => Ok(value.clone()),
        (Kind::Decimal, Value::Number(number)) => amount(name, number),
        (Kind::Flag, Value::Bool(_)) => Ok(value.clone()),
        (Kind::Date, Value::String(text)) if text.is_empty() => Ok(Value::Null),
        (Kind::Date, Value::String(text)) => dates::parse(text)
            .map(|at| json!(dates::whole_seconds(at)))
            .ok_or_else(|| format!("The value '{text}' is not a valid date time for the field {name}.")),
        (Kind::Choice(choices), _) => choice(choices, value)
            .ok_or_else(|| format!("The value {value} is not valid for the field {name}.")),
        (kind, _) => Err(format!("The field {name} must be {}.", expected(kind))),
    }
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Choice(_) => "a string",
        Kind::Int => "a whole number",
        Kind::Decimal => "a decimal number",
        Kind::Date => "a date time string",
        Kind::Flag => "true or false",
    }
}

/// An empty text clears: the API then shows null, except where a text is always there.
fn fitting(column: &Column, text: &str) -> Result<Value, String> {
    match column.max {
        Some(max) if text.encode_utf16().count() > max => {
            Err(format!("The field {} must be a string with a maximum length of {max}.", column.name))
        }
        _ if text.is_empty() && column.name != "reference" => Ok(Value::Null),
        _ => Ok(json!(text)),
    }
}

/// Money beyond what the platform's decimal(19,4) columns hold is refused.
fn amount(name: &str, number: &serde_json::Number) -> Result<Value, String> {
    let largest = 1e14;
    match number.as_f64().filter(|amount| amount.abs() < largest) {
        Some(amount) => Ok(json!(amount)),
        None => Err(format!("The field {name} is out of range.")),
    }
}

fn choice(choices: &[&str], value: &Value) -> Option<Value> {
    let by_name = |text: &str| choices.iter().find(|choice| choice.eq_ignore_ascii_case(text));
    let by_position = |number: u64| choices.get(usize::try_from(number).ok()?);
    match value {
        Value::String(text) => by_name(text).map(|choice| json!(choice)),
        Value::Number(number) => number.as_u64().and_then(by_position).map(|choice| json!(choice)),
        _ => None,
    }
}

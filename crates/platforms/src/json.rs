//! Lenient reading of what the platforms answer: names in any case, `null` and `""` for nothing, numbers as
//! strings and strings as numbers, unknown names ignored. Values stay as they were written until a field is
//! read, so that amounts never pass through binary fractions and one bad value spoils one record only.

use std::fmt;

use domain::rates::Address;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::answer::{Listing, Paging, Unreadable};
use crate::dates;

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FieldError {
    /// A field without which the record means nothing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A field of another kind.
    #[error("`{name}` is not {expected}: {found}")]
    Unexpected { name: String, expected: &'static str, found: String },
    /// The record is no object, or broken inside.
    #[error("not an object that can be read: {0}")]
    Object(#[from] serde_json::Error),
    /// Something inside a nested record.
    #[error("{place}: {source}")]
    Inside { place: String, source: Box<FieldError> },
}

impl FieldError {
    fn unexpected(name: &str, expected: &'static str, found: &RawValue) -> Self {
        let found = found.get().chars().take(60).collect();
        Self::Unexpected { name: name.to_owned(), expected, found }
    }

    /// The same error with the place where it is.
    pub(crate) fn inside(self, place: String) -> Self {
        Self::Inside { place, source: Box::new(self) }
    }
}

/// Why a whole answer cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotUnderstood {
    /// Not JSON, cut off, or of another shape.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The list is not there.
    #[error("there is no list `{0}` in it")]
    NoList(&'static str),
    /// The only record cannot be read.
    #[error("{0}")]
    Record(#[from] FieldError),
}

/// The members of a JSON object, as they came. Of names that differ in case only, the first wins.
#[derive(Debug)]
pub(crate) struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// The members of the object in `text`.
    pub(crate) fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Every member with its name, in the order of the answer.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// A member, unless it is absent, `null` or a blank text.
    pub(crate) fn find(&self, name: &str) -> Option<&'a RawValue> {
        let (_, value) = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        let blank = value.get().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let nothing = value.get() == "null" || blank.is_some_and(|text| text.trim().is_empty());
        (!nothing).then_some(*value)
    }

    /// A text, trimmed; empty when there is none.
    pub(crate) fn text(&self, name: &str) -> Result<String, FieldError> {
        let Some(value) = self.find(name) else { return Ok(String::new()) };
        scalar(value).ok_or_else(|| FieldError::unexpected(name, "a text", value))
    }

    /// A decimal, exactly as written; digits behind the 28th are rounded.
    pub(crate) fn decimal(&self, name: &str) -> Result<Option<Decimal>, FieldError> {
        let read = |text: &str| {
            let scientific = text.contains(['e', 'E']);
            if scientific { Decimal::from_scientific(text).ok() } else { text.parse().ok() }
        };
        self.scalar_as(name, "a decimal number within range", read)
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &'static str) -> Result<Option<i64>, FieldError> {
        let Some(value) = self.decimal(name)? else { return Ok(None) };
        let whole = Some(value).filter(Decimal::is_integer).and_then(|value| value.to_i64());
        whole.map(Some).ok_or_else(|| self.unexpected(name, "a whole number"))
    }

    /// An id of something else: zero means none.
    pub(crate) fn reference(&self, name: &'static str) -> Result<Option<i64>, FieldError> {
        Ok(self.integer(name)?.filter(|id| *id != 0))
    }

    /// The id without which the record means nothing.
    pub(crate) fn required_id(&self, name: &'static str) -> Result<i64, FieldError> {
        self.integer(name)?.ok_or(FieldError::Missing(name))
    }

    /// The error of a field whose value is of the right kind but cannot be meant.
    pub(crate) fn unexpected(&self, name: &'static str, expected: &'static str) -> FieldError {
        let found = self.find(name);
        found.map_or(FieldError::Missing(name), |found| FieldError::unexpected(name, expected, found))
    }

    /// Yes or no.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, FieldError> {
        self.scalar_as(name, "yes or no", |text| match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => Some(true),
            "false" | "no" | "n" | "0" => Some(false),
            _ => None,
        })
    }

    /// An instant, in `zone` unless it carries an offset. The first year, which .NET writes for an unset
    /// date, means none.
    pub(crate) fn instant(&self, name: &str, zone: &TimeZone) -> Result<Option<Timestamp>, FieldError> {
        let instant = self.scalar_as(name, "a date", |text| dates::instant(text, zone))?;
        Ok(instant.filter(|instant| instant.to_zoned_datetime(TimeZone::UTC).year() > 1))
    }

    /// A calendar day in `zone`.
    pub(crate) fn day(&self, name: &str, zone: &TimeZone) -> Result<Option<Date>, FieldError> {
        let day = self.scalar_as(name, "a date", |text| dates::day(text, zone))?;
        Ok(day.filter(|day| day.year() > 1))
    }

    /// Where a place of one of the platforms is, as typed: Cin7's branches have a `postCode`.
    pub(crate) fn address(&self) -> Result<Address, FieldError> {
        let code = self.text("postCode")?;
        Ok(Address {
            country: self.text("country")?,
            postal_code: if code.is_empty() { self.text("postalCode")? } else { code },
            state: self.text("state")?,
            city: self.text("city")?,
            residential: false,
        })
    }

    /// A nested object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Fields<'a>>, FieldError> {
        let Some(value) = self.find(name) else { return Ok(None) };
        let object = Fields::parse(value.get());
        object.map(Some).map_err(|_| FieldError::unexpected(name, "an object", value))
    }

    /// A list; empty when there is none.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<&'a RawValue>, FieldError> {
        let Some(value) = self.find(name) else { return Ok(Vec::new()) };
        serde_json::from_str(value.get()).map_err(|_| FieldError::unexpected(name, "a list", value))
    }

    /// A list of nested records, each read by `read`; the first that cannot be read spoils the whole.
    pub(crate) fn nested<T>(
        &self,
        name: &str,
        read: impl Fn(&Fields<'a>) -> Result<T, FieldError>,
    ) -> Result<Vec<T>, FieldError> {
        // A null among the rows is nothing, wherever it comes from.
        let rows = self.list(name)?.into_iter().enumerate().filter(|(_, row)| row.get() != "null");
        rows.map(|(index, row)| record(row, &read).map_err(|e| e.inside(format!("{name}[{index}]"))))
            .collect()
    }

    /// A quantity. One beyond all range is the largest number there is: whoever decides refuses it by name, while
    /// an order that cannot be read could not say why.
    pub(crate) fn quantity(&self, name: &str) -> Result<Option<Decimal>, FieldError> {
        let decimal = self.decimal(name);
        let huge = || {
            let number: f64 = scalar(self.find(name)?)?.parse().ok()?;
            number.is_finite().then_some(if number < 0.0 { Decimal::MIN } else { Decimal::MAX })
        };
        decimal.or_else(|error| huge().map(Some).ok_or(error))
    }

    fn scalar_as<T>(
        &self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, FieldError> {
        let Some(value) = self.find(name) else { return Ok(None) };
        let read = scalar(value).as_deref().and_then(read);
        read.map(Some).ok_or_else(|| FieldError::unexpected(name, expected, value))
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersInOrder)
    }
}

/// Keeps members in the order of the document; a map would lose which of two spellings came first.
struct MembersInOrder;

impl<'de> Visitor<'de> for MembersInOrder {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Fields(members))
    }
}

/// A scalar's text, trimmed; empty for `null`, `None` for objects, lists and broken strings.
pub(crate) fn scalar(value: &RawValue) -> Option<String> {
    match value.get().as_bytes().first()? {
        b'{' | b'[' => None,
        b'n' => Some(String::new()),
        b'"' => Some(serde_json::from_str::<String>(value.get()).ok()?.trim().to_owned()),
        _ => Some(value.get().to_owned()),
    }
}

/// Reads one record.
pub(crate) fn record<'a, T>(
    row: &'a RawValue,
    read: impl Fn(&Fields<'a>) -> Result<T, FieldError>,
) -> Result<T, FieldError> {
    read(&Fields::parse(row.get())?)
}

/// The rows of a list answer: a bare array, or the array under `name` of an envelope.
pub(crate) fn rows<'a>(text: &'a str, name: &'static str) -> Result<Vec<&'a RawValue>, NotUnderstood> {
    if text.trim_start().starts_with('[') {
        return Ok(serde_json::from_str(text)?);
    }
    let envelope = Fields::parse(text)?;
    envelope.find(name).ok_or(NotUnderstood::NoList(name))?;
    Ok(envelope.list(name)?)
}

/// Reads every row, setting apart those that cannot be read. `id` is the name of the records' id.
pub(crate) fn listing<'a, T>(
    rows: Vec<&'a RawValue>,
    id: &'static str,
    read: impl Fn(&Fields<'a>) -> Result<T, FieldError>,
) -> Listing<T> {
    let mut listing =
        Listing { records: Vec::with_capacity(rows.len()), unreadable: Vec::new(), paging: None };
    for row in rows {
        match record(row, &read) {
            Ok(record) => listing.records.push(record),
            Err(error) => {
                let id = Fields::parse(row.get()).ok().and_then(|fields| fields.text(id).ok());
                let id = id.filter(|id| !id.is_empty());
                listing.unreadable.push(Unreadable { id, reason: error.to_string() });
            }
        }
    }
    listing
}

/// What an envelope says of its pages. `asked` stands where it says nothing.
pub(crate) fn paging(text: &str, asked: Paging) -> Paging {
    let Ok(envelope) = Fields::parse(text) else { return asked };
    let number = |name| envelope.integer(name).ok().flatten();
    Paging {
        page: number("page").and_then(|page| page.try_into().ok()).unwrap_or(asked.page),
        pages: number("pages").and_then(|pages| pages.try_into().ok()),
        total: number("total").and_then(|total| total.try_into().ok()),
        page_size: asked.page_size,
    }
}

#[cfg(test)]
mod tests;

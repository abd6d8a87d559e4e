//! List calls: `page`, `rows`, `where`, `order` and `fields`, over wire forms of any resource.

use std::cmp::Ordering;
use std::str::Chars;

use serde_json::{Map, Value};

use super::columns::{Column, Kind, find};
use super::filter::{Filter, decimal, folded};
use super::refusal::Refusal;
use crate::exchange::Request;

const DEFAULT_ROWS: usize = 50;
const MOST_ROWS: usize = 250;
/// No resource nests deeper; a request must not be able to exhaust the stack.
const DEEPEST_FIELDS: usize = 4;

/// What a list call asks for.
#[derive(Debug)]
pub(crate) struct Listing {
    page: usize,
    rows: usize,
    filter: Option<Filter>,
    order: Vec<SortKey>,
    fields: Option<Fields>,
}

impl Listing {
    /// Reads the query of a list call for a resource with these columns.
    pub(crate) fn parse(request: &Request, columns: &'static [Column]) -> Result<Self, Refusal> {
        let filled = |name| request.query(name).map(str::trim).filter(|value| !value.is_empty());
        let rows = number(filled("rows"), "rows", DEFAULT_ROWS)?;
        if rows > MOST_ROWS {
            return Err(Refusal::TooManyRows);
        }
        let page = number(filled("page"), "page", 1)?;
        if page < 1 {
            return Err(Refusal::PageOutOfRange);
        }
        Ok(Self {
            page,
            rows: if rows == 0 { DEFAULT_ROWS } else { rows },
            filter: filled("where").map(|text| Filter::parse(text, columns)).transpose()?,
            order: filled("order").map_or(Ok(Vec::new()), |text| sort_keys(text, columns))?,
            fields: filled("fields").map(Fields::parse),
        })
    }

    /// The page asked for, from all wire forms in the order of their ids.
    pub(crate) fn run(&self, wires: Vec<&Map<String, Value>>) -> Vec<Value> {
        let mut found = wires;
        found.retain(|wire| self.filter.as_ref().is_none_or(|filter| filter.matches(wire)));
        found.sort_by(|left, right| self.compare(left, right));
        let first = (self.page - 1).saturating_mul(self.rows);
        found.into_iter().skip(first).take(self.rows).map(|wire| self.show(wire)).collect()
    }

    /// One record with the fields asked for.
    pub(crate) fn show(&self, wire: &Map<String, Value>) -> Value {
        Value::Object(self.fields.as_ref().map_or_else(|| wire.clone(), |fields| fields.pick(wire)))
    }

    fn compare(&self, left: &Map<String, Value>, right: &Map<String, Value>) -> Ordering {
        let each = self.order.iter().map(|key| key.compare(left, right));
        each.fold(Ordering::Equal, Ordering::then)
    }
}

fn number(text: Option<&str>, name: &'static str, default: usize) -> Result<usize, Refusal> {
    match text.map(str::parse::<i64>) {
        None => Ok(default),
        Some(Ok(number)) => Ok(usize::try_from(number).unwrap_or_default()),
        Some(Err(_)) => Err(Refusal::NotANumber(name)),
    }
}

#[derive(Debug, Clone, Copy)]
struct SortKey {
    column: &'static Column,
    descending: bool,
}

impl SortKey {
    /// Nulls sort first when ascending.
    fn compare(&self, left: &Map<String, Value>, right: &Map<String, Value>) -> Ordering {
        let (left, right) = (left.get(self.column.name), right.get(self.column.name));
        let ordering = match self.column.kind {
            Kind::Int | Kind::Decimal => left.and_then(decimal).cmp(&right.and_then(decimal)),
            Kind::Flag => left.and_then(Value::as_bool).cmp(&right.and_then(Value::as_bool)),
            Kind::Date => left.and_then(Value::as_str).cmp(&right.and_then(Value::as_str)),
            Kind::Text | Kind::Choice(_) => {
                left.and_then(Value::as_str).map(folded).cmp(&right.and_then(Value::as_str).map(folded))
            }
        };
        if self.descending { ordering.reverse() } else { ordering }
    }
}

/// `Field` sorts descending, as documented; `Field ASC` the other way.
fn sort_keys(text: &str, columns: &'static [Column]) -> Result<Vec<SortKey>, Refusal> {
    let refused = |part: &str| Refusal::Order(part.trim().to_owned());
    let key = |part: &str| {
        let mut words = part.split_whitespace();
        let column = words.next().and_then(|name| find(columns, name)).ok_or_else(|| refused(part))?;
        let descending = match words.next().map(str::to_ascii_uppercase).as_deref() {
            None | Some("DESC") => true,
            Some("ASC") => false,
            Some(_) => return Err(refused(part)),
        };
        if words.next().is_some() { Err(refused(part)) } else { Ok(SortKey { column, descending }) }
    };
    text.split(',').map(key).collect()
}

/// A selection of fields, nested: `id,lineItems(code,qty)`. Names that nothing has are dropped in silence.
#[derive(Debug, Default)]
struct Fields(Vec<(String, Option<Fields>)>);

impl Fields {
    fn parse(text: &str) -> Self {
        Self::read(&mut text.chars(), 0)
    }

    fn read(rest: &mut Chars<'_>, depth: usize) -> Self {
        let mut fields = Self::default();
        let mut name = String::new();
        while let Some(next) = rest.next() {
            match next {
                '(' if depth < DEEPEST_FIELDS => {
                    let nested = Self::read(rest, depth + 1);
                    fields.add(&mut name, Some(nested));
                }
                ')' => break,
                ',' => fields.add(&mut name, None),
                _ => name.push(next),
            }
        }
        fields.add(&mut name, None);
        fields
    }

    fn add(&mut self, name: &mut String, nested: Option<Self>) {
        let name = std::mem::take(name).trim().to_ascii_lowercase();
        if !name.is_empty() {
            self.0.push((name, nested));
        }
    }

    fn pick(&self, wire: &Map<String, Value>) -> Map<String, Value> {
        let wanted = |key: &str| self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        let shown = |value: &Value, nested: &Option<Self>| match nested {
            Some(fields) => fields.inside(value),
            None => value.clone(),
        };
        wire.iter()
            .filter_map(|(key, value)| wanted(key).map(|(_, nested)| (key.clone(), shown(value, nested))))
            .collect()
    }

    fn inside(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.inside(item)).collect(),
            Value::Object(object) => Value::Object(self.pick(object)),
            scalar => scalar.clone(),
        }
    }
}

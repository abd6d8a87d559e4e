//! The configuration as a tree: TOML's values, each with its path and what said it. Variables are laid over
//! this tree and filled into it before types are looked at. It has no `Debug`: it holds secrets.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::place::{Origin, Place, child};

/// A value and where it stands.
pub(crate) struct Node {
    /// What said it.
    pub(crate) place: Place,
    /// What it says.
    pub(crate) value: Value,
}

/// What a key says.
pub(crate) enum Value {
    /// A string of the file.
    Text(String),
    /// A string from the environment or another file: where the key wants a number or a boolean, it is one.
    Given(String),
    /// An integer.
    Integer(i64),
    /// An integer that does not fit.
    TooLarge,
    /// A float.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A date or a time, which no key takes.
    Datetime,
    /// An array.
    List(Vec<Node>),
    /// A table.
    Table(BTreeMap<String, Node>),
}

/// Reads TOML.
pub(crate) fn parse(text: &str, file: &Arc<str>) -> Result<Node, ConfigError> {
    let lines = Lines::new(text, file);
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        place: Place { origin: lines.origin(error.span().map_or(0, |span| span.start)), path: String::new() },
        message: error.message().lines().collect::<Vec<_>>().join(" "),
    })?;
    let place = Place { origin: lines.origin(0), path: String::new() };
    Ok(Node { value: lines.table(&place.path, table.into_inner()), place })
}

impl Node {
    /// Takes the value of this path out of the tree; `false` when it is not below this node.
    pub(crate) fn prune(&mut self, path: &str) -> bool {
        match &mut self.value {
            Value::List(items) => {
                let before = items.len();
                items.retain(|item| item.place.path != path);
                items.len() < before || items.iter_mut().any(|item| item.prune(path))
            }
            Value::Table(entries) => {
                let before = entries.len();
                entries.retain(|_, entry| entry.place.path != path);
                entries.len() < before || entries.values_mut().any(|entry| entry.prune(path))
            }
            _ => false,
        }
    }

    /// All paths below and what said them.
    pub(crate) fn origins(&self) -> BTreeMap<String, Origin> {
        let mut origins = BTreeMap::new();
        self.collect_origins(&mut origins);
        origins
    }

    fn collect_origins(&self, origins: &mut BTreeMap<String, Origin>) {
        origins.insert(self.place.path.clone(), self.place.origin.clone());
        match &self.value {
            Value::List(items) => items.iter().for_each(|item| item.collect_origins(origins)),
            Value::Table(entries) => entries.values().for_each(|entry| entry.collect_origins(origins)),
            _ => {}
        }
    }
}

/// Turns TOML's byte spans into lines.
struct Lines<'a> {
    file: &'a Arc<str>,
    ends: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &str, file: &'a Arc<str>) -> Self {
        Self { file, ends: text.match_indices('\n').map(|(end, _)| end).collect() }
    }

    fn origin(&self, offset: usize) -> Origin {
        Origin::Line(Arc::clone(self.file), self.ends.partition_point(|end| *end < offset) + 1)
    }

    fn table(&self, path: &str, table: DeTable<'_>) -> Value {
        let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| {
            let offset = key.span().start;
            let key: String = std::borrow::Cow::into_owned(key.into_inner());
            let node = self.node(child(path, &key), offset, value.into_inner());
            (key, node)
        };
        Value::Table(table.into_iter().map(entry).collect())
    }

    fn node(&self, path: String, offset: usize, value: DeValue<'_>) -> Node {
        let value = match value {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::TooLarge,
            },
            DeValue::Float(number) => number.as_str().parse().map_or(Value::TooLarge, Value::Float),
            DeValue::Boolean(truth) => Value::Boolean(truth),
            DeValue::Datetime(_) => Value::Datetime,
            DeValue::Array(items) => {
                let item = |(index, item): (usize, Spanned<DeValue<'_>>)| {
                    let offset = item.span().start;
                    self.node(format!("{path}[{index}]"), offset, item.into_inner())
                };
                Value::List(items.into_iter().enumerate().map(item).collect())
            }
            DeValue::Table(table) => self.table(&path, table),
        };
        Node { place: Place { origin: self.origin(offset), path }, value }
    }
}

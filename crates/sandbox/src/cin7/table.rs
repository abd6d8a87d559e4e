//! Records kept by id together with their wire form, so that a list call does not serialise every record
//! that its filter throws away.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

/// Something with an id that the API shows as a JSON object.
pub(crate) trait Record: Serialize {
    /// The id, unique within its table.
    fn id(&self) -> i64;

    /// Adds what the API shows but the record does not hold.
    fn decorate(&self, _wire: &mut Map<String, Value>) {}
}

#[derive(Debug)]
struct Row<T> {
    record: T,
    wire: Map<String, Value>,
}

/// The records of one resource.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<i64, Row<T>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new() }
    }
}

impl<T: Record> Table<T> {
    /// Stores a record in place of the one with its id.
    pub(crate) fn put(&mut self, record: T) {
        let value = serde_json::to_value(&record).expect("records are plain data");
        let Value::Object(mut wire) = value else { return };
        record.decorate(&mut wire);
        self.rows.insert(record.id(), Row { record, wire });
    }

    /// The record with this id.
    pub(crate) fn get(&self, id: i64) -> Option<&T> {
        self.rows.get(&id).map(|row| &row.record)
    }

    /// The wire form of the record with this id.
    pub(crate) fn wire(&self, id: i64) -> Option<&Map<String, Value>> {
        self.rows.get(&id).map(|row| &row.wire)
    }

    /// All records by ascending id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.rows.values().map(|row| &row.record)
    }

    /// All wire forms by ascending id.
    pub(crate) fn wires(&self) -> Vec<&Map<String, Value>> {
        self.rows.values().map(|row| &row.wire).collect()
    }
}

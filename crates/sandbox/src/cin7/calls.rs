//! What a test asks afterwards: which calls were made, how they ended, and how often each order was written.

use std::collections::BTreeMap;

/// Counts of the calls that a machine has answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallLog {
    calls: BTreeMap<(&'static str, u16), u64>,
    written: BTreeMap<i64, u64>,
    created: u64,
    packed: BTreeMap<i64, u64>,
}

impl CallLog {
    /// All calls, refused ones among them.
    pub fn total(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Calls of one operation, by method and path pattern: `GET /SalesOrders`, `GET /SalesOrders/{id}`,
    /// `PUT /SalesOrders`, `POST /SalesOrders`, `GET /Cartons/{id}`, `PUT /Cartons/{id}`; the same for `Products`, `ProductOptions`, `Branches` and
    /// `Payments`; `other` is everything that no resource answers to.
    pub fn of(&self, operation: &str) -> u64 {
        self.calls.iter().filter(|((name, _), _)| *name == operation).map(|(_, count)| count).sum()
    }

    /// Calls that ended with this HTTP status.
    pub fn with_status(&self, status: u16) -> u64 {
        self.calls.iter().filter(|((_, ended), _)| *ended == status).map(|(_, count)| count).sum()
    }

    /// Calls that the quota refused. They used none of it.
    pub fn rate_limited(&self) -> u64 {
        self.with_status(429)
    }

    /// Every operation and status with its count.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u16, u64)> {
        self.calls.iter().map(|((operation, status), count)| (*operation, *status, *count))
    }

    /// Records that PUT wrote, over all orders.
    pub fn records_written(&self) -> u64 {
        self.written.values().sum()
    }

    /// Records that POST made.
    pub fn records_created(&self) -> u64 {
        self.created
    }

    /// How many times PUT wrote this order: more than the changes it needed means duplicate writes.
    pub fn writes_of(&self, order: i64) -> u64 {
        self.written.get(&order).copied().unwrap_or_default()
    }

    /// Every order that PUT wrote, with how many times it did.
    pub fn written_orders(&self) -> impl Iterator<Item = (i64, u64)> {
        self.written.iter().map(|(order, count)| (*order, *count))
    }

    /// How many times the cartons of this order were replaced.
    pub fn cartons_written(&self, order: i64) -> u64 {
        self.packed.get(&order).copied().unwrap_or_default()
    }

    pub(crate) fn record(&mut self, operation: &'static str, status: u16) {
        *self.calls.entry((operation, status)).or_default() += 1;
    }

    pub(crate) fn wrote(&mut self, order: i64) {
        *self.written.entry(order).or_default() += 1;
    }

    pub(crate) fn packed(&mut self, order: i64) {
        *self.packed.entry(order).or_default() += 1;
    }

    pub(crate) fn made(&mut self) {
        self.created += 1;
    }
}

//! What was asked of the account: the truth against which a client's own counts are checked.

use std::collections::BTreeMap;

/// Counts of calls and of effects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallLog {
    counts: BTreeMap<(&'static str, u16), u64>,
    upserts: BTreeMap<String, u64>,
}

impl CallLog {
    /// Calls by operation (`POST /orders/createorders`) and status.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u16, u64)> {
        self.counts.iter().map(|((operation, status), count)| (*operation, *status, *count))
    }

    /// All calls, refused ones included.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// All calls of one operation.
    pub fn of(&self, operation: &str) -> u64 {
        self.counts().filter(|(name, ..)| *name == operation).map(|(.., count)| count).sum()
    }

    /// All calls that ended with that status. `with_status(429)`: calls over the quota.
    pub fn with_status(&self, status: u16) -> u64 {
        self.counts().filter(|(_, found, _)| *found == status).map(|(.., count)| count).sum()
    }

    /// How many times each order was successfully created or replaced, by `orderKey`.
    pub fn upserts(&self) -> &BTreeMap<String, u64> {
        &self.upserts
    }

    pub(crate) fn record(&mut self, operation: &'static str, status: u16) {
        *self.counts.entry((operation, status)).or_default() += 1;
    }

    pub(crate) fn upserted(&mut self, order_key: &str) {
        *self.upserts.entry(order_key.to_owned()).or_default() += 1;
    }
}

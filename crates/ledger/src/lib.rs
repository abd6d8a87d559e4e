#![doc = include_str!("../README.md")]

mod availability;
mod column;
#[cfg(test)]
#[path = "../tests/conformance/databases.rs"]
mod databases;
mod document;
mod effect_row;
mod error;
mod feed;
mod postgres;
mod quota_window;
mod roles;
mod row;
mod schema;
mod search;
#[cfg(test)]
#[path = "../../../tests/support/servers.rs"]
mod servers;
mod shipment_set;
mod sql;
mod sqlite;
mod types;

pub use error::LedgerError;
pub use postgres::{Migrated, PostgresConfig, PostgresLedger};
pub use roles::{
    Alerts, Cursors, Effects, Feed, Journal, Leases, Ledger, Notices, Orders, Parked, Products, Quota,
    ShipStationIndex, Shipments,
};
pub use sqlite::SqliteLedger;
pub use types::{
    Budget, Claim, ClaimRequest, EffectRecord, EffectResult, FeedPage, FeedPageOf, JournalEntry, KeptNotice,
    Lease, LeftOver, OrderSearch, Outcome, ParkedEvent, PlatformBudget, Recorded, StageCount, TakenIn,
};

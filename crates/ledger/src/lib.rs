#![doc = include_str!("../README.md")]

mod column;
mod document;
mod effect_row;
mod error;
mod quota_window;
mod roles;
mod sql;
mod sqlite;
mod types;

pub use error::LedgerError;
pub use roles::{Cursors, Effects, Journal, Leases, Ledger, Orders, Parked, Products, Quota, Shipments};
pub use sqlite::SqliteLedger;
pub use types::{
    Budget, Claim, ClaimRequest, EffectRecord, EffectResult, JournalEntry, Lease, LeftOver, Outcome,
    ParkedEvent, PlatformBudget, Recorded, TakenIn,
};

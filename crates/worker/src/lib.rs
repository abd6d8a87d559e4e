#![doc = include_str!("../README.md")]

mod alerting;
mod circuit;
mod connection;
mod cost;
mod finding_id;
mod full_pass;
mod gate;
mod index;
mod journal;
mod lane;
mod leader;
mod metrics;
mod note;
mod orders_out;
mod outage;
mod parking;
mod products;
mod rates;
pub mod release;
mod rules_changed;
mod runtime;
mod settlement;
mod shipments_back;
mod subscriptions;
mod sweep;
mod unfinished;
mod watch;

pub use alerting::Alerting;
pub use connection::{Connection, ConnectionParts, Schedule};
pub use cost::CallsADay;
pub use gate::{Gate, Permit, Platform};
pub use index::is_there as is_index_there;
pub use metrics::WorkerMetrics;
pub use rates::{Quoter, QuoterParts};
pub use runtime::{RunningWorker, WorkerConfig, start};
pub use subscriptions::{Registered, Registrar, SubscribeError, Subscriptions};

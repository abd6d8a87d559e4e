#![doc = include_str!("../README.md")]

mod api;
mod app;
mod body;
mod config;
mod log;
mod metrics;
mod probes;
mod problem;
mod proof;
mod readiness;
mod refusal;
mod running;
mod store;
mod unread;
mod webhook;

pub use api::{Api, QuoteSource, quotes_json};
pub use config::{Inbound, ServerConfig, StoreEndpoint};
pub use metrics::ServerMetrics;
pub use problem::ProblemType;
pub use proof::{Encoding, HmacScheme, InvalidKeySet, InvalidProof, KeySource, KeysError, Proof};
pub use readiness::Readiness;
pub use running::{RunningServer, Server, StartError};
pub use store::StoreLedger;

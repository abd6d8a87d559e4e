//! The configuration: what may be written in `shipbridge.toml`, how it is read, and how it is shown.
//!
//! [`load`] reads the file, lays `SHIPBRIDGE__…` variables over it, fills `${NAME}` and `file:PATH` in,
//! turns it into checked types and refuses what is unsafe or not available in this version. Every section
//! has a file of its own. What the values are used for does not live here, and nothing here reads the
//! process's environment: `main` hands it over as an [`Environment`].

mod address;
mod alerts;
mod api;
mod availability;
mod broker;
mod check;
mod connection;
mod console;
mod deserializer;
mod document;
mod duration;
mod environment;
mod error;
mod example;
mod http;
mod interpolation;
mod ledger;
mod number;
mod overlay;
mod place;
mod reading;
mod rules;
mod secret;
mod show;
mod subscription;
mod suggestion;
mod telemetry;
mod text;
mod time_zone;
mod worker;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use alerts::Alerts;
use api::Api;
use broker::Broker;
use console::Console;
use http::Http;
use ledger::Ledger;
use worker::Worker;

pub(crate) use self::address::Address;
pub(crate) use self::broker::BrokerUrl;
pub(crate) use connection::rates::{Choose, Rates};
pub(crate) use connection::{Auth, Connection, Encoding, Endpoint, Mode, ServiceChoice, Tag as TagRule};
pub(crate) use environment::Environment;
pub(crate) use error::ConfigErrors;
pub(crate) use example::example;
pub(crate) use ledger::LedgerUrl;
pub(crate) use reading::{load, parse};
pub(crate) use show::{show, show_json};
pub(crate) use subscription::Unregistrable;
pub(crate) use telemetry::{LogFormat, Telemetry};

/// The whole configuration, checked. Only [`load`] and [`parse`] make one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Where the embedded broker and ledger keep their files; relative to the working directory.
    #[serde(default = "default_data_dir")]
    pub(crate) data_dir: PathBuf,
    /// `[http]`
    #[serde(default)]
    pub(crate) http: Http,
    /// `[broker]`
    #[serde(default)]
    pub(crate) broker: Broker,
    /// `[ledger]`
    #[serde(default)]
    pub(crate) ledger: Ledger,
    /// `[worker]`
    #[serde(default)]
    pub(crate) worker: Worker,
    /// `[console]`
    pub(crate) console: Option<Console>,
    /// `[api]`
    pub(crate) api: Option<Api>,
    /// `[alerts.…]`
    #[serde(default)]
    pub(crate) alerts: Alerts,
    /// `[telemetry]`
    #[serde(default)]
    pub(crate) telemetry: Telemetry,
    /// `[[connections]]`, at least one, each with a name of its own.
    pub(crate) connections: Vec<Connection>,
    /// What is configured without effect, or left to a default that deserves a look: a line each, as the
    /// errors have them. For the log of the start.
    #[serde(skip)]
    pub(crate) warnings: Vec<String>,
}

fn default_data_dir() -> PathBuf {
    PathBuf::from("data")
}

//! `[[connections]]`: one Cin7 account tied to one ShipStation account, with its rules. A file for each of
//! its sections; what the sections mean for decisions is in `rules`.

mod cin7;
pub(super) mod import;
pub(super) mod inbound;
mod mapping;
pub(super) mod rates;
mod shipstation;
mod target;
mod writeback;

use domain::ids::ConnectionName;
use serde::{Deserialize, Deserializer, Serialize, de};

pub(crate) use cin7::Cin7;
pub(crate) use import::{Fractional, Import, Kits, OnWithdrawn};
pub(crate) use inbound::{Auth, Encoding, Endpoint, Inbound};
pub(crate) use mapping::{Customs, Mapping, ServiceChoice, Tag};
pub(crate) use rates::Rates;
pub(crate) use shipstation::ShipStation;
pub(crate) use writeback::{Dispatch, Writeback};

/// One of `[[connections]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connection {
    /// Its name: part of every key, unique in the file.
    #[serde(deserialize_with = "name")]
    pub(crate) name: ConnectionName,
    /// How its orders reach ShipStation.
    #[serde(default)]
    pub(crate) mode: Mode,
    /// `[connections.cin7]`
    pub(crate) cin7: Cin7,
    /// `[connections.shipstation]`
    #[serde(default)]
    pub(crate) shipstation: ShipStation,
    /// `[connections.inbound.…]`
    #[serde(default)]
    pub(crate) inbound: Inbound,
    /// `[connections.import]`
    #[serde(default)]
    pub(crate) import: Import,
    /// `[connections.mapping]`
    #[serde(default)]
    pub(crate) mapping: Mapping,
    /// `[connections.writeback]`
    #[serde(default)]
    pub(crate) writeback: Writeback,
    /// `[connections.rates]`
    #[serde(default)]
    pub(crate) rates: Rates,
}

/// How orders reach ShipStation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// We push them by the API.
    #[default]
    Api,
    /// ShipStation fetches them from our custom store.
    CustomStore,
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ConnectionName, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom("expected a name of 1 to 32 characters of a-z, 0-9 and -"))
}

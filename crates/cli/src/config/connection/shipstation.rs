//! `[connections.shipstation]`: the account, its stores and its limit.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use domain::settings::RatesApi;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::config::address::Address;
use crate::config::{duration, secret};

/// `[connections.shipstation]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShipStation {
    /// The V1 API.
    #[serde(default = "default_base_url")]
    pub(crate) base_url: Address,
    /// The V2 API: its host is the one that V2 webhooks may name, and with a key it is asked for rates.
    #[serde(default = "default_v2_base_url")]
    pub(crate) v2_base_url: Address,
    /// The API key. Needed in the mode `api`; in the mode `custom_store` it lets sweeps find voids.
    #[serde(default, with = "secret::optional", skip_serializing_if = "Option::is_none")]
    pub(crate) api_key: Option<SecretString>,
    /// The API secret.
    #[serde(default, with = "secret::optional", skip_serializing_if = "Option::is_none")]
    pub(crate) api_secret: Option<SecretString>,
    /// The key of V2. With it all carriers answer one question for rates.
    #[serde(default, with = "secret::optional", skip_serializing_if = "Option::is_none")]
    pub(crate) v2_api_key: Option<SecretString>,
    /// The store of orders whose branch has none of its own; ShipStation chooses when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) store_id: Option<i64>,
    /// Stores by Cin7 branch.
    #[serde(default)]
    pub(crate) stores_by_branch: BTreeMap<i64, i64>,
    /// How many calls the account allows.
    #[serde(default)]
    pub(crate) limits: ShipStationLimits,
    /// How often to look for what no webhook announced; `None` is off.
    #[serde(default = "default_sweep", with = "duration::or_off")]
    pub(crate) sweep: Option<Duration>,
}

impl Default for ShipStation {
    fn default() -> Self {
        Self {
            base_url: default_base_url(),
            v2_base_url: default_v2_base_url(),
            api_key: None,
            api_secret: None,
            v2_api_key: None,
            store_id: None,
            stores_by_branch: BTreeMap::new(),
            limits: ShipStationLimits::default(),
            sweep: default_sweep(),
        }
    }
}

impl ShipStation {
    /// Key and secret of the V1 API; `None` for a connection that has the custom store alone.
    pub(crate) fn credentials(&self) -> Option<(&SecretString, &SecretString)> {
        self.api_key.as_ref().zip(self.api_secret.as_ref())
    }

    /// Which API tells rates.
    pub(crate) fn rates_api(&self) -> RatesApi {
        if self.v2_api_key.is_some() { RatesApi::V2 } else { RatesApi::V1 }
    }

    /// How often to look for what nobody announced, where there is something to ask.
    pub(crate) fn sweep(&self) -> Option<Duration> {
        self.credentials().and(self.sweep)
    }
}

/// How many calls a ShipStation account allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ShipStationLimits {
    /// Calls in a minute.
    pub(crate) per_minute: NonZeroU32,
    /// Calls of V2 in a minute.
    pub(crate) v2_per_minute: NonZeroU32,
}

impl Default for ShipStationLimits {
    fn default() -> Self {
        let calls = |number| NonZeroU32::new(number).expect("a constant above 0");
        Self { per_minute: calls(40), v2_per_minute: calls(200) }
    }
}

fn default_base_url() -> Address {
    Address::of_constant("https://ssapi.shipstation.com")
}

fn default_v2_base_url() -> Address {
    Address::of_constant("https://api.shipstation.com")
}

#[expect(clippy::unnecessary_wraps, reason = "the type of the field, of which `None` is off")]
fn default_sweep() -> Option<Duration> {
    Some(Duration::from_mins(5))
}

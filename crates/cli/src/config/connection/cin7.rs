//! `[connections.cin7]`: the account, what its API does not tell, and its limits.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::weight::WeightUnit;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::config::address::Address;
use crate::config::{duration, secret, text, time_zone};

/// `[connections.cin7]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cin7 {
    /// The API, up to and with `/api/v1`.
    #[serde(default = "default_base_url")]
    pub(crate) base_url: Address,
    /// The account's API user name.
    #[serde(deserialize_with = "text::filled")]
    pub(crate) username: String,
    /// The API connection's key.
    #[serde(with = "secret")]
    pub(crate) key: SecretString,
    /// The time zone in which the account's people type dates.
    #[serde(default = "default_time_zone", with = "time_zone")]
    pub(crate) time_zone: TimeZone,
    /// The unit of the account's weights.
    #[serde(default = "default_weight_unit")]
    pub(crate) weight_unit: WeightUnit,
    /// The account's currency, three upper case letters.
    #[serde(default = "default_currency", deserialize_with = "text::currency")]
    pub(crate) currency: String,
    /// How often to poll for changed orders; `None` is off.
    #[serde(default = "default_watch", with = "duration::or_off")]
    pub(crate) watch: Option<Duration>,
    /// How many calls the account allows.
    #[serde(default)]
    pub(crate) limits: Cin7Limits,
}

/// How many calls a Cin7 account allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the fields are the keys of the file")]
pub(crate) struct Cin7Limits {
    /// Calls in a second.
    pub(crate) per_second: NonZeroU32,
    /// Calls in a minute.
    pub(crate) per_minute: NonZeroU32,
    /// Calls in a day.
    pub(crate) per_day: NonZeroU32,
}

impl Default for Cin7Limits {
    fn default() -> Self {
        let above_zero = |calls| NonZeroU32::new(calls).expect("a constant above 0");
        Self { per_second: above_zero(3), per_minute: above_zero(60), per_day: above_zero(5000) }
    }
}

fn default_base_url() -> Address {
    Address::of_constant("https://api.cin7.com/api/v1")
}

fn default_time_zone() -> TimeZone {
    TimeZone::get("Australia/Sydney").expect("the bundled time zone database has it")
}

fn default_weight_unit() -> WeightUnit {
    WeightUnit::Kilograms
}

fn default_currency() -> String {
    "AUD".to_owned()
}

#[expect(clippy::unnecessary_wraps, reason = "the type of the field, of which `None` is off")]
fn default_watch() -> Option<Duration> {
    Some(Duration::from_mins(1))
}

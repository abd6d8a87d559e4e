//! `[broker]`: where events wait.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::address::Address;

/// `[broker]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Broker {
    /// Which broker.
    pub(crate) url: BrokerUrl,
}

/// Which broker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum BrokerUrl {
    /// `embedded`: in a file under `data_dir`.
    #[default]
    Embedded,
    /// `amqp://` or `amqps://`: RabbitMQ.
    Amqp(Address),
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Amqp(address) => address.fmt(f),
        }
    }
}

impl Serialize for BrokerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BrokerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "embedded" {
            return Ok(Self::Embedded);
        }
        Address::parse(&text, &["amqp", "amqps"])
            .map(Self::Amqp)
            .map_err(|error| de::Error::custom(format!("{error}, or \"embedded\"")))
    }
}

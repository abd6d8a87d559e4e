//! `[http]`: where the bridge listens, and how the platforms reach it.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Deserializer, Serialize, de};

use super::address::Address;

/// `[http]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Http {
    /// Address and port to listen on; port 0 takes a free one.
    #[serde(deserialize_with = "listen")]
    pub(crate) listen: SocketAddr,
    /// What is registered at the platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_url: Option<Address>,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)), public_url: None }
    }
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom("expected an IP address with a port, such as 127.0.0.1:8080"))
}

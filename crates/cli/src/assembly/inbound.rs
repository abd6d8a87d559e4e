//! The server's configuration: which endpoints exist, and how a call to each proves itself.

use std::str::FromStr;

use anyhow::Context;

use domain::webhook::AllowedHosts;
use secrecy::{ExposeSecret, SecretString};
use server::{Encoding, HmacScheme, Inbound, Proof, ServerConfig, StoreEndpoint};

use super::key_source;
use crate::config::{self, Auth, Config, Endpoint, Mode};

/// The server, as configured.
pub(super) fn server_config(config: &Config) -> anyhow::Result<ServerConfig> {
    let inbound = |connection: &config::Connection| {
        let addresses = &connection.shipstation;
        let (base_url, v2_base_url) = (addresses.base_url.url(), addresses.v2_base_url.url());
        let hosts = AllowedHosts::from_str(base_url.as_str());
        let hosts = hosts.and_then(|hosts| hosts.with_v2(v2_base_url.as_str()));
        let hosts =
            hosts.with_context(|| format!("shipstation.base_url and v2_base_url of {}", connection.name))?;
        anyhow::Ok(Inbound {
            name: connection.name.clone(),
            cin7: connection.inbound.cin7.as_ref().map(proof).transpose()?,
            shipstation: connection.inbound.shipstation.as_ref().map(proof).transpose()?,
            shipstation_hosts: hosts,
            store: store(connection),
        })
    };
    let connections: anyhow::Result<Vec<_>> = config.connections.iter().map(inbound).collect();
    Ok(ServerConfig::new(config.http.listen, connections?))
}

/// The custom store, where orders are fetched from it.
fn store(connection: &config::Connection) -> Option<StoreEndpoint> {
    let store = connection.inbound.store.as_ref().filter(|_| connection.mode == Mode::CustomStore)?;
    let credentials = format!("{}:{}", store.username, store.password.expose_secret());
    let credentials = vec![SecretString::from(credentials)];
    Some(StoreEndpoint { credentials, query_credentials: store.query_credentials })
}

fn proof(endpoint: &Endpoint) -> anyhow::Result<Proof> {
    let secrets = endpoint.secret.clone();
    Ok(match endpoint.auth {
        Auth::Token => Proof::Token { secrets },
        Auth::Basic => Proof::Basic { secrets },
        Auth::Hmac => {
            let signature = endpoint.signature();
            let encoding = match signature.encoding {
                config::Encoding::Hex => Encoding::Hex,
                config::Encoding::Base64 => Encoding::Base64,
            };
            let scheme = HmacScheme { header: signature.header, encoding, prefix: signature.prefix };
            Proof::Hmac { secrets, scheme }
        }
        Auth::StandardWebhooks => Proof::StandardWebhooks { secrets },
        Auth::None => Proof::None,
        Auth::ShipstationV2 => Proof::ShipStationV2 { keys: key_source(&endpoint.jwks_url())? },
    })
}

//! What a person enters at whatever calls us about Cin7's orders: address, proof and bodies. Secrets are named by
//! where they stand in the configuration, never printed.

use domain::ids::ConnectionName;
use domain::subscription::HookAddress;
use serde::Serialize;

use crate::config::{Auth, Config, Connection, Encoding, Endpoint};
use crate::output;

/// The bodies that the endpoint takes.
const BODIES: [&str; 3] = [
    r#"{"id": 123} or {"reference": "SO-1"}, other members allowed"#,
    "an array of 1 to 250 such objects",
    r#"{"orders": [...]} with such an array"#,
];

/// What is to be entered for Cin7.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    method: &'static str,
    /// `None` without a public address.
    address: Option<String>,
    /// The kind of proof; `None`: the endpoint is closed.
    auth: Option<String>,
    /// How a call proves itself, or how the endpoint is opened.
    proof: String,
    /// Where the secret stands in the configuration.
    secret: Option<String>,
    bodies: [&'static str; 3],
}

impl Entry {
    /// What a connection's settings ask for.
    pub(super) fn of(config: &Config, connection: &Connection) -> Self {
        let endpoint = connection.inbound.cin7.as_ref();
        let public_url = config.http.public_url.as_ref();
        let address = public_url.map(|url| HookAddress::of_cin7(url.url(), &connection.name).to_string());
        let has_secret = endpoint.is_some_and(|endpoint| !endpoint.secret.is_empty());
        Self {
            method: "POST",
            address,
            auth: endpoint.map(|endpoint| endpoint.auth.to_string()),
            proof: endpoint
                .map_or_else(|| closed(&connection.name), |endpoint| proof(endpoint, &connection.name)),
            secret: has_secret.then(|| secret_of(&connection.name)),
            bodies: BODIES,
        }
    }

    /// Prints it.
    pub(super) fn print(&self) {
        output::line("");
        output::line(
            "Cin7 Omni documents no webhooks of its own. Whatever calls an address when an order changes may call:",
        );
        output::line(&format!("  {} {}", self.method, self.address.as_deref().unwrap_or("no address")));
        output::line(&format!("  proof: {}", self.proof));
        output::line(&format!("  body:  {}", self.bodies.join("; ")));
    }
}

fn secret_of(connection: &ConnectionName) -> String {
    format!("[connections.inbound.cin7] secret, of connection {connection}")
}

fn closed(connection: &ConnectionName) -> String {
    format!(
        "the endpoint is closed; [connections.inbound.cin7] of connection {connection} with a secret opens it"
    )
}

/// How a call proves itself, without the secret.
fn proof(endpoint: &Endpoint, connection: &ConnectionName) -> String {
    let secret = secret_of(connection);
    match endpoint.auth {
        Auth::Token => format!(
            "`?token=TOKEN` in the address, or the header `Authorization: Bearer TOKEN` or `X-Webhook-Token: TOKEN`; \
             TOKEN is {secret}"
        ),
        Auth::Basic => format!("HTTP Basic; user and password are {secret}"),
        Auth::Hmac => {
            let signature = endpoint.signature();
            let encoding = match signature.encoding {
                Encoding::Hex => "hexadecimal",
                Encoding::Base64 => "Base64",
            };
            format!(
                "the header `{}: {}SIGNATURE`, the body's HMAC-SHA256 in {encoding}; its key is {secret}",
                signature.header, signature.prefix
            )
        }
        Auth::StandardWebhooks => {
            format!("signed by Standard Webhooks (webhook-signature); its key is {secret}")
        }
        Auth::ShipstationV2 | Auth::None => "none is asked for".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::*;
    use crate::config::{Environment, parse};

    fn entry(inbound: &str) -> Entry {
        let text = format!(
            "[http]\npublic_url = \"https://b.example\"\n[[connections]]\nname = \"acme\"\n[connections.cin7]\n\
             username = \"u\"\nkey = \"k\"\n[connections.shipstation]\napi_key = \"a\"\napi_secret = \"s\"\n{inbound}\n"
        );
        let environment: Environment = std::iter::empty::<(OsString, OsString)>().collect();
        let config = parse(&text, Path::new("shipbridge.toml"), &environment).unwrap();
        Entry::of(&config, &config.connections[0])
    }

    #[test]
    fn every_kind_of_proof_is_described_without_its_secret() {
        for (settings, said) in [
            ("secret = \"hu:nter2\"", "X-Webhook-Token"),
            ("auth = \"basic\"\nsecret = \"hu:nter2\"", "HTTP Basic"),
            ("auth = \"hmac\"\nsecret = \"hu:nter2\"\npreset = \"shopify\"", "X-Shopify-Hmac-Sha256"),
            ("auth = \"hmac\"\nsecret = \"hu:nter2\"", "X-Hub-Signature-256: sha256=SIGNATURE"),
            ("auth = \"standard_webhooks\"\nsecret = \"whsec_hu:nter2\"", "Standard Webhooks"),
        ] {
            let entry = entry(&format!("[connections.inbound.cin7]\n{settings}"));
            assert!(entry.proof.contains(said), "{entry:?}");
            assert!(
                entry.proof.contains("[connections.inbound.cin7] secret, of connection acme"),
                "{entry:?}"
            );
            assert!(!format!("{entry:?}").contains("nter2"), "{entry:?}");
        }
        let open = entry("[connections.inbound.cin7]\nauth = \"none\"");
        assert_eq!((open.proof.as_str(), open.secret.as_deref()), ("none is asked for", None));
        let closed = entry("");
        assert!(closed.proof.contains("is closed") && closed.auth.is_none(), "{closed:?}");
        assert_eq!(closed.address.as_deref(), Some("https://b.example/webhooks/cin7/acme"));
    }
}

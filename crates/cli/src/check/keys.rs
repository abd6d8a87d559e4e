//! Whether the public keys are there that webhooks are checked against.

use super::{Finding, finding};
use crate::assembly::key_source;
use crate::config::{Auth, Connection};

/// A line if this connection's webhooks are signed by ShipStation.
pub(super) async fn keys(connection: &Connection) -> Option<Finding> {
    let endpoint = connection.inbound.shipstation.as_ref();
    let endpoint = endpoint.filter(|endpoint| endpoint.auth == Auth::ShipstationV2)?;
    let address = endpoint.jwks_url();
    let found = match key_source(&address) {
        Ok(source) => source.count().await.map_err(|error| format!("{address}: {error}")),
        Err(error) => Err(format!("{error:#}")),
    };
    let found = found.map(|usable| {
        let keys = if usable == 1 { "key" } else { "keys" };
        format!("{usable} usable RSA {keys} at {address}")
    });
    let mend = "look at inbound.shipstation.jwks_url, and let this machine reach it: until then V2 webhooks are \
                answered 503";
    Some(finding(format!("{}: public keys", connection.name), found, mend))
}

#[cfg(test)]
#[path = "../../../../tests/support/key_server.rs"]
mod key_server;
#[cfg(test)]
#[expect(dead_code, reason = "a check sees public keys only")]
#[path = "../../../../tests/support/signing_keys.rs"]
mod signing_keys;

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::key_server::{KeyServer, Manner};
    use super::signing_keys::{SigningKey, key_set};
    use super::*;
    use crate::config::{Environment, parse};

    fn connection(inbound: &str) -> Connection {
        let text = format!(
            "[[connections]]\nname = \"acme\"\n[connections.cin7]\nusername = \"u\"\nkey = \"k\"\n\
             [connections.shipstation]\napi_key = \"a\"\napi_secret = \"s\"\n\
             [connections.inbound.shipstation]\n{inbound}\n",
        );
        let environment: Environment = std::iter::empty::<(OsString, OsString)>().collect();
        parse(&text, Path::new("shipbridge.toml"), &environment).unwrap().connections.remove(0)
    }

    #[tokio::test]
    async fn the_usable_keys_are_counted_or_the_mend_is_told() {
        let server = KeyServer::start(Manner::HangsUp);
        let signed = format!("auth = \"shipstation_v2\"\njwks_url = \"http://{}/jwks\"", server.addr());
        let acme = connection(&signed);
        let (one, two) = (SigningKey::first().published(), SigningKey::second().published());
        for (manner, expected) in [
            (Manner::Says(key_set(&[one.clone(), two])), Ok("2 usable RSA keys at http://127.0.0.1")),
            (Manner::Says(key_set(&[one, serde_json::json!({ "kty": "EC" })])), Ok("1 usable RSA key at")),
            (Manner::Says("<html>".to_owned()), Err("it is no set of keys")),
            (Manner::Says("x".repeat(300_000)), Err("longer than 262144 bytes")),
            (
                Manner::Refuses("404 Not Found".to_owned(), String::new()),
                Err("the answer has the status 404"),
            ),
            (Manner::HangsUp, Err("cannot be fetched")),
        ] {
            server.behave(manner);
            let found = keys(&acme).await.unwrap();
            let (Ok(said) | Err(said)) = expected;
            assert!(found.found.contains(said), "{found:?}");
            assert_eq!((found.ok, found.mend.is_none()), (expected.is_ok(), expected.is_ok()), "{found:?}");
        }
        for request in server.asked() {
            assert!(request.starts_with("get /jwks ") && !request.contains("authorization"), "{request}");
        }
        assert!(keys(&connection("secret = \"u\"")).await.is_none(), "a token needs no keys");
    }
}

//! Signs notifications as ShipStation's V2 does, and publishes the keys as it does.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

/// A key pair, known to others by an id.
#[derive(Debug)]
pub(crate) struct SigningKey {
    id: &'static str,
    pair: KeyPair,
}

impl SigningKey {
    /// The sender's key.
    pub(crate) fn first() -> Self {
        Self::of("first", include_bytes!("../../crates/server/tests/keys/first.pk8"))
    }

    /// Another one: the sender's next, or somebody else's.
    pub(crate) fn second() -> Self {
        Self::of("second", include_bytes!("../../crates/server/tests/keys/second.pk8"))
    }

    fn of(id: &'static str, pair: &[u8]) -> Self {
        Self { id, pair: KeyPair::from_pkcs8(pair).unwrap() }
    }

    /// The signature of timestamp and body.
    pub(crate) fn sign(&self, timestamp: &str, body: &str) -> Vec<u8> {
        let message = format!("{timestamp}.{body}");
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        signature
    }

    /// The headers of a notification.
    pub(crate) fn headers(&self, timestamp: &str, body: &str) -> [(&'static str, String); 3] {
        headers(self.id, &STANDARD.encode(self.sign(timestamp, body)), timestamp)
    }

    /// The public half as it stands in a key set.
    pub(crate) fn published(&self) -> Value {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.pair.public());
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (n, e) = (number(&public.n), number(&public.e));
        json!({ "kty": "RSA", "kid": self.id, "use": "sig", "alg": "RS256", "n": n, "e": e })
    }
}

/// The headers of a notification that somebody signed.
pub(crate) fn headers(id: &str, signature: &str, timestamp: &str) -> [(&'static str, String); 3] {
    [
        ("x-shipengine-rsa-sha256-key-id", id.to_owned()),
        ("x-shipengine-rsa-sha256-signature", signature.to_owned()),
        ("x-shipengine-timestamp", timestamp.to_owned()),
    ]
}

/// A key set as it is published.
pub(crate) fn key_set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

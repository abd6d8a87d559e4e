//! A set of public keys (a JWK set, RFC 7517) read to the RSA keys in it. The sets that ShipStation publishes hold keys
//! of other kinds, too: those, and what is no key at all, are passed over.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use serde_json::Value;

/// The sizes of moduli that are verified, in bits.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The longest public exponent, in bytes: ring takes up to 33 bits.
const EXPONENT_MAX: usize = 5;

/// Base64 of the URL's alphabet, padded or not: RFC 7518 writes numbers without padding.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// RSA keys by their ids.
#[derive(Debug)]
pub(crate) struct KeySet(Vec<(String, RsaKey)>);

/// A public key, in big-endian bytes without leading zeros.
#[derive(Debug)]
struct RsaKey(RsaPublicKeyComponents<Vec<u8>>);

/// Why a text is no set of keys.
#[derive(Debug, thiserror::Error)]
pub enum InvalidKeySet {
    /// Another document, such as a web page.
    #[error("it is no set of keys: {0}")]
    Shape(#[from] serde_json::Error),
    /// Not one that we can use.
    #[error("none of its {found} keys is an RSA key of 2048 to 8192 bits with a `kid`")]
    NoUsableKey {
        /// How many it holds.
        found: usize,
    },
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// The members that matter of a key of any kind.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    n: String,
    e: String,
    r#use: Option<String>,
}

impl KeySet {
    /// Reads a set. Keys that cannot be used are passed over, but one must be left.
    pub(crate) fn read(text: &[u8]) -> Result<Self, InvalidKeySet> {
        let Document { keys } = serde_json::from_slice(text)?;
        let found = keys.len();
        let usable: Vec<_> = keys.into_iter().filter_map(usable).collect();
        if usable.is_empty() { Err(InvalidKeySet::NoUsableKey { found }) } else { Ok(Self(usable)) }
    }

    /// How many keys it has.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has a key of this id.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|(known, _)| known == id)
    }

    /// Whether a key of this id signed the message, by RSASSA-PKCS1-v1_5 with SHA-256.
    pub(crate) fn signed(&self, id: &str, message: &[u8], signature: &[u8]) -> bool {
        let keys = self.0.iter().filter(|(known, _)| known == id);
        keys.into_iter().any(|(_, key)| key.0.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok())
    }
}

fn usable(key: Value) -> Option<(String, RsaKey)> {
    let Jwk { kty, kid, n, e, r#use } = serde_json::from_value(key).ok()?;
    if kty != "RSA" || r#use.is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let (n, e) = (number(&n)?, number(&e)?);
    let bits = n.len() * 8 - n.first()?.leading_zeros() as usize;
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    let fits = MODULUS_BITS.contains(&bits) && odd(&n) && e.len() <= EXPONENT_MAX && odd(&e) && e != [1];
    fits.then_some((kid, RsaKey(RsaPublicKeyComponents { n, e })))
}

/// A number's bytes. Some writers put a zero in front, which ring does not take.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64URL.decode(text).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Some(bytes[zeros..].to_vec())
}

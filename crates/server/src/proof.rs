//! How a call proves who sent it. What the proofs are is here, checking a call against one in the modules
//! below. All secrets are compared, without an end at the first that fits, and in constant time.

mod key_cache;
mod key_set;
mod key_source;
mod presented;
mod shipstation;
mod signature;
mod verifier;

use actix_web::http::header::HeaderName;
use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::SecretString;

pub(crate) use key_cache::Background;
pub use key_set::InvalidKeySet;
pub use key_source::{KeySource, KeysError};
pub(crate) use presented::{Digests, bearer};
pub(crate) use verifier::{Call, NotVerified, Unproven, Verifier};

/// How the calls to one endpoint prove themselves. Several secrets are good at once, for rotating them.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A token: `?token=`, `Authorization: Bearer` or `X-Webhook-Token`.
    Token {
        /// The tokens.
        secrets: Vec<SecretString>,
    },
    /// Basic credentials.
    Basic {
        /// The credentials, each as `user:password`.
        secrets: Vec<SecretString>,
    },
    /// An HMAC-SHA256 of the body in a header.
    Hmac {
        /// The keys, taken as their UTF-8 bytes.
        secrets: Vec<SecretString>,
        /// Where the signature stands, and how.
        scheme: HmacScheme,
    },
    /// Standard Webhooks 1.0.0 with symmetric signatures (`v1`).
    StandardWebhooks {
        /// The keys in base64, padded or not, with `whsec_` before them or not.
        secrets: Vec<SecretString>,
    },
    /// ShipStation's V2 signature: RSA over timestamp and body, by a key that ShipStation publishes.
    ShipStationV2 {
        /// Where it publishes them.
        keys: KeySource,
    },
    /// None: anybody is believed. Only where the server listens on loopback.
    None,
}

impl Proof {
    /// Whether it can work: there are secrets, and they have their form. [`crate::Server::start`] checks the
    /// same.
    pub fn check(&self) -> Result<(), InvalidProof> {
        Verifier::new(self).map(drop)
    }
}

/// Where an HMAC stands, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HmacScheme {
    /// The header's name.
    pub header: String,
    /// How the bytes are written.
    pub encoding: Encoding,
    /// What stands before them; may be empty.
    pub prefix: String,
}

/// How bytes are written in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Hex digits in any case.
    Hex,
    /// Base64 of the standard alphabet, padded or not.
    Base64,
}

impl HmacScheme {
    /// GitHub's: `X-Hub-Signature-256: sha256=` and hex.
    pub fn github() -> Self {
        let (header, prefix) = ("X-Hub-Signature-256".to_owned(), "sha256=".to_owned());
        Self { header, encoding: Encoding::Hex, prefix }
    }

    /// Shopify's: `X-Shopify-Hmac-Sha256:` and base64.
    pub fn shopify() -> Self {
        let header = "X-Shopify-Hmac-Sha256".to_owned();
        Self { header, encoding: Encoding::Base64, prefix: String::new() }
    }

    /// The preset of this name.
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "github" => Some(Self::github()),
            "shopify" => Some(Self::shopify()),
            _ => None,
        }
    }

    fn header_name(&self) -> Result<HeaderName, InvalidProof> {
        self.header.parse().map_err(|_| InvalidProof::Header(self.header.clone()))
    }
}

/// Why a proof cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProof {
    /// No secret, or an empty one.
    #[error("`secret` is missing or empty")]
    NoSecret,
    /// Basic credentials of another form.
    #[error("`secret` must be user:password")]
    NotBasic,
    /// A signing key that is no base64.
    #[error("`secret` must be base64, with or without whsec_ before it")]
    NotBase64,
    /// No name of a header.
    #[error("`hmac.header` is `{0}`, which is no name of a header")]
    Header(String),
}

/// Base64 of the standard alphabet, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

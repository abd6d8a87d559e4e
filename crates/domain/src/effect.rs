//! Effects: writes to a platform that must happen once. Their keys, and the fingerprints that tell whether
//! the desired state has been written already. Claiming and recording is the ledger's business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::{ConnectionName, OrderId};

/// What kind of write it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// The order's document at ShipStation.
    Import,
    /// Tracking, carrier, dates and stage at Cin7.
    Fulfil,
    /// One carton for each parcel at Cin7.
    Cartons,
    /// The freight of the order at Cin7.
    Freight,
}

impl EffectKind {
    /// The first part of the key.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Fulfil => "fulfil",
            Self::Cartons => "cartons",
            Self::Freight => "freight",
        }
    }
}

/// The identity of an effect: `import/acme/123`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EffectKey {
    /// The kind of write.
    pub kind: EffectKind,
    /// Whose order it is.
    pub connection: ConnectionName,
    /// The order.
    pub order: OrderId,
}

impl fmt::Display for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind.as_str(), self.connection, self.order)
    }
}

/// A SHA-256 over the canonical JSON of a value, in hex: equal values, equal fingerprints.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a value. The value's maps must be ordered (`BTreeMap`), its decimals normalised.
    pub fn of(value: &impl Serialize) -> Self {
        let json = serde_json::to_vec(value).expect("domain values serialise");
        Self(hex::encode(Sha256::digest(&json)))
    }

    /// The hex text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no fingerprint: 64 hex digits")]
pub struct InvalidFingerprint(String);

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidFingerprint(text.to_owned()))
    }
}

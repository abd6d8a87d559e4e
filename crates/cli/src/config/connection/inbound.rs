//! `[connections.inbound.…]`: how a call to one of our endpoints proves itself. A section that is left out
//! closes its endpoint. That a proof has its secret is looked at in `check`.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::config::address::Address;
use crate::config::{secret, text};

/// `[connections.inbound.…]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Inbound {
    /// `/webhooks/cin7/{connection}`
    pub(crate) cin7: Option<Endpoint>,
    /// `/webhooks/shipstation/{connection}`
    pub(crate) shipstation: Option<Endpoint>,
    /// `/store/{connection}`
    pub(crate) store: Option<Store>,
}

/// How a webhook proves itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Endpoint {
    /// The kind of proof.
    pub(crate) auth: Auth,
    /// The secret, or several while rotating: any of them is a proof. For `basic` as `user:password`.
    #[serde(with = "secret::several", skip_serializing_if = "Vec::is_empty")]
    pub(crate) secret: Vec<SecretString>,
    /// Where the signature stands, for `hmac`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hmac: Option<Signature>,
    /// The same by the sender's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preset: Option<Preset>,
    /// Where the public keys are, for `shipstation_v2`; ShipStation's own when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jwks_url: Option<Address>,
}

/// The kinds of proof.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Auth {
    /// A token in the query, as bearer, or in `X-Webhook-Token`.
    #[default]
    Token,
    /// HTTP Basic.
    Basic,
    /// An HMAC-SHA256 of the body in a header.
    Hmac,
    /// Standard Webhooks; of Cin7's endpoint only.
    StandardWebhooks,
    /// ShipStation's V2 signature; of ShipStation's endpoint only.
    ShipstationV2,
    /// No proof; on loopback only.
    None,
}

/// Where an HMAC stands in the request and how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Signature {
    /// The header.
    #[serde(deserialize_with = "text::header_name")]
    pub(crate) header: String,
    /// How the bytes are written.
    pub(crate) encoding: Encoding,
    /// What stands before them.
    pub(crate) prefix: String,
}

/// How a signature's bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Encoding {
    /// Hexadecimal.
    Hex,
    /// Base64.
    Base64,
}

/// Senders whose signatures are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Preset {
    /// `X-Hub-Signature-256: sha256=` and hexadecimal.
    Github,
    /// `X-Shopify-Hmac-Sha256:` and Base64.
    Shopify,
}

/// `[connections.inbound.store]`: the custom store's Basic credentials.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Store {
    /// The user name.
    #[serde(deserialize_with = "text::filled")]
    pub(crate) username: String,
    /// The password.
    #[serde(with = "secret")]
    pub(crate) password: SecretString,
    /// Whether they may come in the query, too, as `SS-UserName` and `SS-Password`: for a proxy that drops the header.
    #[serde(default)]
    pub(crate) query_credentials: bool,
}

/// Where ShipStation publishes the keys that it signs its V2 webhooks with.
const JWKS_URL: &str = "https://api.shipengine.com/jwks";

impl Endpoint {
    /// Where the public keys are.
    pub(crate) fn jwks_url(&self) -> Address {
        self.jwks_url.clone().unwrap_or_else(|| Address::of_constant(JWKS_URL))
    }

    /// Where the signature stands: as configured, by the preset, else as GitHub has it.
    pub(crate) fn signature(&self) -> Signature {
        match (&self.hmac, self.preset) {
            (Some(signature), _) => signature.clone(),
            (None, Some(Preset::Shopify)) => Signature {
                header: "X-Shopify-Hmac-Sha256".to_owned(),
                encoding: Encoding::Base64,
                prefix: String::new(),
            },
            (None, Some(Preset::Github) | None) => Signature::default(),
        }
    }
}

impl Default for Signature {
    fn default() -> Self {
        Self {
            header: "X-Hub-Signature-256".to_owned(),
            encoding: Encoding::Hex,
            prefix: "sha256=".to_owned(),
        }
    }
}

impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::Basic => "basic",
            Self::Hmac => "hmac",
            Self::StandardWebhooks => "standard_webhooks",
            Self::ShipstationV2 => "shipstation_v2",
            Self::None => "none",
        })
    }
}

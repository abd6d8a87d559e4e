//! A proof made ready to check calls: secrets digested or turned into keys once, at the start.

use actix_web::http::header::{HeaderMap, HeaderName};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::key_cache::{Background, KeyCache};
use super::presented::{self, Digests};
use super::shipstation;
use super::signature::{self, Keys};
use super::{Encoding, InvalidProof, Proof};

/// A call as a proof sees it.
pub(crate) struct Call<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a str,
    /// The bytes as they were sent.
    pub(crate) body: &'a [u8],
    pub(crate) now: Timestamp,
}

/// Checks calls.
pub(crate) enum Verifier {
    Token(Digests),
    Basic(Digests),
    Hmac { keys: Keys, header: HeaderName, encoding: Encoding, prefix: String },
    StandardWebhooks(Keys),
    ShipStationV2(KeyCache),
    None,
}

impl Verifier {
    pub(crate) fn new(proof: &Proof) -> Result<Self, InvalidProof> {
        Ok(match proof {
            Proof::Token { secrets } => Self::Token(Digests::of(exposed(secrets)?)),
            Proof::Basic { secrets } => {
                let secrets = exposed(secrets)?;
                if secrets.iter().any(|secret| !secret.contains(':')) {
                    return Err(InvalidProof::NotBasic);
                }
                Self::Basic(Digests::of_credentials(secrets))
            }
            Proof::Hmac { secrets, scheme } => Self::Hmac {
                keys: Keys::of_text(exposed(secrets)?),
                header: scheme.header_name()?,
                encoding: scheme.encoding,
                prefix: scheme.prefix.clone(),
            },
            Proof::StandardWebhooks { secrets } => {
                Self::StandardWebhooks(Keys::of_signing_secrets(exposed(secrets)?)?)
            }
            Proof::ShipStationV2 { keys } => Self::ShipStationV2(KeyCache::new(keys.clone())),
            Proof::None => Self::None,
        })
    }

    /// Checks a call. Only public keys may have to be waited for.
    pub(crate) async fn verify(&self, call: &Call<'_>, background: &Background) -> Result<(), NotVerified> {
        match self {
            Self::Token(digests) => presented::token(call, digests)?,
            Self::Basic(digests) => presented::basic(call, digests)?,
            Self::Hmac { keys, header, encoding, prefix } => {
                signature::hmac(call, keys, header, *encoding, prefix)?;
            }
            Self::StandardWebhooks(keys) => signature::standard_webhooks(call, keys)?,
            Self::ShipStationV2(keys) => shipstation::v2(call, keys, background).await?,
            Self::None => {}
        }
        Ok(())
    }
}

impl Verifier {
    /// Whether these are Basic credentials of the endpoint, wherever they came from.
    pub(crate) fn has_pair(&self, user: &str, password: &str) -> bool {
        match self {
            Self::Basic(digests) => presented::has_pair(digests, user, password),
            _ => false,
        }
    }
}

fn exposed(secrets: &[SecretString]) -> Result<Vec<&str>, InvalidProof> {
    let secrets: Vec<&str> = secrets.iter().map(ExposeSecret::expose_secret).collect();
    if secrets.is_empty() || secrets.iter().any(|secret| secret.trim().is_empty()) {
        return Err(InvalidProof::NoSecret);
    }
    Ok(secrets)
}

/// Why a call does not get through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotVerified {
    /// It is not believed.
    Unproven(Unproven),
    /// It may be good: the public keys that it is to be checked against cannot be fetched now.
    NoKeys,
}

impl From<Unproven> for NotVerified {
    fn from(unproven: Unproven) -> Self {
        Self::Unproven(unproven)
    }
}

/// Why a call is not believed. The text says what was expected, never what would have been right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unproven {
    #[error(
        "expected the endpoint's token as ?token=, as Authorization: Bearer or as X-Webhook-Token; none came"
    )]
    NoToken,
    #[error("the token is not the endpoint's; compare it with the `secret` in the configuration")]
    WrongToken,
    #[error("expected the API's token as Authorization: Bearer; none came")]
    NoBearer,
    #[error("the token is not the API's; compare it with `[api] token` in the configuration")]
    WrongBearer,
    #[error("expected the endpoint's credentials as Authorization: Basic; none came")]
    NoCredentials,
    #[error("the credentials are not the endpoint's; compare them with the `secret` in the configuration")]
    WrongCredentials,
    #[error("expected a signature of the body in the header {header}; none came")]
    NoSignature { header: HeaderName },
    #[error(
        "the signature in the header {header} does not fit the body; compare the sender's key with the \
         `secret` in the configuration, and see that nothing on the way changes the body"
    )]
    WrongSignature { header: HeaderName },
    #[error("expected the headers webhook-id, webhook-timestamp and webhook-signature")]
    NotStandard,
    #[error("webhook-timestamp is more than 5 minutes off; see that both clocks are right")]
    Stale,
    #[error(
        "expected the headers x-shipengine-rsa-sha256-key-id, x-shipengine-rsa-sha256-signature and \
         x-shipengine-timestamp (ISO 8601), as ShipStation sends them with its V2 webhooks; those of V1 are not \
         signed"
    )]
    NotShipStation,
    #[error("x-shipengine-timestamp is more than 5 minutes off; see that both clocks are right")]
    StaleShipStation,
    #[error(
        "x-shipengine-rsa-sha256-key-id names none of the sender's published keys; see that `jwks_url` in the \
         configuration is the key set of the sender's region"
    )]
    UnknownKey,
    #[error(
        "the signature in the header x-shipengine-rsa-sha256-signature does not fit timestamp and body; see that \
         nothing on the way changes them"
    )]
    WrongShipStation,
}

impl Unproven {
    /// The value of `WWW-Authenticate`, which every 401 has to carry. For signatures no scheme is registered.
    pub(crate) fn challenge(&self) -> &'static str {
        match self {
            Self::NoToken | Self::WrongToken | Self::NoBearer | Self::WrongBearer => {
                "Bearer realm=\"shipbridge\""
            }
            Self::NoCredentials | Self::WrongCredentials => "Basic realm=\"shipbridge\", charset=\"UTF-8\"",
            _ => "Webhook-Signature realm=\"shipbridge\"",
        }
    }
}

//! Proofs that sign the body with a shared key: HMAC-SHA256 in a header, plain or as Standard Webhooks does.

use actix_web::http::header::{HeaderName, HeaderValue};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use super::verifier::{Call, Unproven};
use super::{Encoding, InvalidProof, base64};

/// How far a Standard Webhooks timestamp may be off: the specification's reference value.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

type HmacSha256 = Hmac<Sha256>;

/// Keys that are good, each made ready to sign.
pub(crate) struct Keys(Vec<HmacSha256>);

impl Keys {
    pub(super) fn of_text(secrets: Vec<&str>) -> Self {
        Self(secrets.into_iter().map(|secret| ready(secret.as_bytes())).collect())
    }

    /// Keys of Standard Webhooks: base64, perhaps behind `whsec_`.
    pub(super) fn of_signing_secrets(secrets: Vec<&str>) -> Result<Self, InvalidProof> {
        let key = |secret: &str| {
            let key = secret.trim();
            let key = base64(key.strip_prefix("whsec_").unwrap_or(key).as_bytes());
            key.filter(|key| !key.is_empty()).map(|key| ready(&key)).ok_or(InvalidProof::NotBase64)
        };
        secrets.into_iter().map(key).collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of the signatures is one of these keys' over the parts, one after the other.
    fn signed(&self, parts: &[&[u8]], signatures: &[Vec<u8>]) -> bool {
        let mut good = Choice::from(0);
        for key in &self.0 {
            let mut mac = key.clone();
            for part in parts {
                mac.update(part);
            }
            let expected = mac.finalize().into_bytes();
            for signature in signatures {
                good |= expected.as_slice().ct_eq(signature);
            }
        }
        good.into()
    }
}

fn ready(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length")
}

pub(super) fn hmac(
    call: &Call<'_>,
    keys: &Keys,
    header: &HeaderName,
    encoding: Encoding,
    prefix: &str,
) -> Result<(), Unproven> {
    if !call.headers.contains_key(header) {
        return Err(Unproven::NoSignature { header: header.clone() });
    }
    let values = call.headers.get_all(header).map(|value| value.as_bytes().trim_ascii());
    let texts = values.filter_map(|value| value.strip_prefix(prefix.as_bytes()));
    let signatures: Vec<Vec<u8>> = texts.filter_map(|text| decoded(text, encoding)).collect();
    if keys.signed(&[call.body], &signatures) {
        return Ok(());
    }
    Err(Unproven::WrongSignature { header: header.clone() })
}

fn decoded(text: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Hex => hex::decode(text).ok(),
        Encoding::Base64 => base64(text),
    }
}

/// Standard Webhooks: the signed content is `{id}.{timestamp}.{body}`; the header holds signatures with
/// their versions, with blanks between them.
pub(super) fn standard_webhooks(call: &Call<'_>, keys: &Keys) -> Result<(), Unproven> {
    let header = |name| call.headers.get(name).map(HeaderValue::as_bytes).filter(|value| !value.is_empty());
    let (Some(id), Some(timestamp), Some(signatures)) = (header(ID), header(TIMESTAMP), header(SIGNATURE))
    else {
        return Err(Unproven::NotStandard);
    };
    let sent = seconds(timestamp).ok_or(Unproven::NotStandard)?;
    if call.now.duration_since(sent).abs() > TOLERANCE {
        return Err(Unproven::Stale);
    }
    let versions = signatures.split(u8::is_ascii_whitespace);
    let texts = versions.filter_map(|signature| signature.strip_prefix(b"v1,"));
    let signatures: Vec<Vec<u8>> = texts.filter_map(base64).collect();
    if keys.signed(&[id, b".", timestamp, b".", call.body], &signatures) {
        return Ok(());
    }
    Err(Unproven::WrongSignature { header: SIGNATURE })
}

/// Seconds since 1970, as they stand in a header.
fn seconds(text: &[u8]) -> Option<Timestamp> {
    Timestamp::from_second(std::str::from_utf8(text).ok()?.parse().ok()?).ok()
}

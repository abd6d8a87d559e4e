//! ShipStation's V2 signature: RSASSA-PKCS1-v1_5 with SHA-256 over the timestamp's header, a full stop and the body
//! (ShipStation's guide to verifying webhooks). V1's notifications are not signed.

use actix_web::http::header::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};

use super::base64;
use super::key_cache::{Background, KeyCache, NoKey};
use super::verifier::{Call, NotVerified, Unproven};

const KEY_ID: HeaderName = HeaderName::from_static("x-shipengine-rsa-sha256-key-id");
const SIGNATURE: HeaderName = HeaderName::from_static("x-shipengine-rsa-sha256-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-shipengine-timestamp");

/// How far the timestamp may be off.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// What costs nothing is looked at before a key is asked for.
pub(super) async fn v2(call: &Call<'_>, keys: &KeyCache, background: &Background) -> Result<(), NotVerified> {
    let header = |name| call.headers.get(name).map(HeaderValue::as_bytes).filter(|value| !value.is_empty());
    let (Some(id), Some(signature), Some(timestamp)) = (header(KEY_ID), header(SIGNATURE), header(TIMESTAMP))
    else {
        return Err(Unproven::NotShipStation.into());
    };
    let sent = instant(timestamp).ok_or(Unproven::NotShipStation)?;
    if call.now.duration_since(sent).abs() > TOLERANCE {
        return Err(Unproven::StaleShipStation.into());
    }
    let signature = decoded(signature).ok_or(Unproven::WrongShipStation)?;
    let id = std::str::from_utf8(id).map_err(|_| Unproven::UnknownKey)?;
    let keys = keys.having(id, call.now, background).await.map_err(|missing| match missing {
        NoKey::Unknown => NotVerified::Unproven(Unproven::UnknownKey),
        NoKey::Unavailable => NotVerified::NoKeys,
    })?;
    if keys.signed(id, &[timestamp, b".", call.body].concat(), &signature) {
        return Ok(());
    }
    Err(Unproven::WrongShipStation.into())
}

/// An ISO 8601 instant such as `2024-04-04T15:48:44Z`.
fn instant(text: &[u8]) -> Option<Timestamp> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Base64 of either alphabet, padded or not.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let standard: Vec<u8> = text
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    base64(&standard)
}

//! Reading a body within its limits: never more in memory than is allowed, never longer than is allowed.

use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;

use crate::refusal::Refusal;

/// The body's bytes as they were sent.
pub(crate) async fn read(
    headers: &HeaderMap,
    payload: &mut Payload,
    limit: usize,
    timeout: Duration,
) -> Result<Bytes, Refusal> {
    if declared(headers).is_some_and(|length| length > limit as u64) {
        return Err(Refusal::BodyTooLarge { limit });
    }
    if !is_plain(headers) {
        return Err(Refusal::UnsupportedEncoding);
    }
    let collected = tokio::time::timeout(timeout, collect(payload, limit)).await;
    collected.unwrap_or(Err(Refusal::BodyTimeout { timeout }))
}

/// The length that the caller says, where it does.
fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

fn is_plain(headers: &HeaderMap) -> bool {
    let plain = |value: &[u8]| value.is_empty() || value.eq_ignore_ascii_case(b"identity");
    headers.get_all(CONTENT_ENCODING).all(|value| plain(value.as_bytes().trim_ascii()))
}

async fn collect(payload: &mut Payload, limit: usize) -> Result<Bytes, Refusal> {
    // Most bodies come in one piece, which needs no copy.
    let first = match payload.next().await {
        None => return Ok(Bytes::new()),
        Some(chunk) => chunk.map_err(|_| Refusal::BodyIncomplete)?,
    };
    if first.len() > limit {
        return Err(Refusal::BodyTooLarge { limit });
    }
    let Some(mut next) = payload.next().await else { return Ok(first) };
    let mut body = BytesMut::from(first);
    loop {
        let chunk = next.map_err(|_| Refusal::BodyIncomplete)?;
        if body.len() + chunk.len() > limit {
            return Err(Refusal::BodyTooLarge { limit });
        }
        body.extend_from_slice(&chunk);
        match payload.next().await {
            None => return Ok(body.freeze()),
            Some(chunk) => next = chunk,
        }
    }
}

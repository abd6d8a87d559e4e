//! The call that fetches a sender's public keys. The server cannot call anybody itself: it is handed this one, which
//! knows one address and no credentials.

use anyhow::Context;

use platforms::PublicDocument;
use server::KeySource;

use crate::config::Address;

/// The keys that are published at this address.
pub(crate) fn key_source(jwks_url: &Address) -> anyhow::Result<KeySource> {
    let document =
        PublicDocument::new(jwks_url.url().clone()).context("no HTTP client for the public keys")?;
    Ok(KeySource::new(move || {
        let document = document.clone();
        Box::pin(async move { document.fetch().await.map_err(|error| error.to_string()) })
    }))
}

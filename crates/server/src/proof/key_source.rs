//! Where the public keys of a sender come from. This crate cannot call anybody: the binary hands the call in.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::key_set::{InvalidKeySet, KeySet};

/// Fetches a JWK set, or says why it could not.
type Fetch = dyn Fn() -> BoxFuture<'static, Result<Bytes, String>> + Send + Sync;

/// Where public keys come from: a call that fetches them as a JWK set (RFC 7517). It must come to an end, for the
/// server waits for it when it stops. Its error is logged, and told to nobody who calls.
#[derive(Clone)]
pub struct KeySource(Arc<Fetch>);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// They could not be fetched: the call's own words.
    #[error("the key set cannot be fetched: {0}")]
    NotFetched(String),
    /// What was fetched has none that can be used.
    #[error("what was fetched cannot be used: {0}")]
    Invalid(#[from] InvalidKeySet),
}

impl KeySource {
    /// Keys that this call fetches.
    pub fn new(
        fetch: impl Fn() -> BoxFuture<'static, Result<Bytes, String>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(fetch))
    }

    /// Fetches the keys and counts those that can be used: RSA keys of 2048 to 8192 bits with a `kid`.
    pub async fn count(&self) -> Result<usize, KeysError> {
        Ok(self.fetch().await?.len())
    }

    pub(super) async fn fetch(&self) -> Result<KeySet, KeysError> {
        let text = (self.0)().await.map_err(KeysError::NotFetched)?;
        Ok(KeySet::read(&text)?)
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySource").finish_non_exhaustive()
    }
}

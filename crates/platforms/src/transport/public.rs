//! Documents that anybody may read, such as the key set that ShipStation signs its notifications with. They are asked
//! for without credentials and outside of every budget.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::ACCEPT;
use url::Url;

use super::http::{HttpSettings, HttpTransport, no_answer};
use super::{TransportError, is_loopback};

/// The limits of a fetch: whoever waits for it has a caller who waits, too.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest document, in bytes, decompressed. A key set has a few thousand.
const DOCUMENT_MAX: usize = 256 * 1024;

/// A document at an address that does not change. Redirects are not followed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PublicDocument {
    transport: HttpTransport,
    url: Url,
}

/// Why a document could not be fetched. No text names more of its address than the host.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Refused here, before anything was sent: anybody on the way could put in a document of their own.
    #[error("refused to fetch over plain HTTP from {host}; use https")]
    NotPrivate {
        /// The host.
        host: String,
    },
    /// No whole answer.
    #[error("{}", .0.chain())]
    Transport(#[from] TransportError),
    /// An answer that is no document.
    #[error("the answer has the status {0}")]
    Status(u16),
}

impl PublicDocument {
    /// The document at `url`. Fails with [`TransportError::NotSent`] as [`HttpTransport::new`] does.
    pub fn new(url: Url) -> Result<Self, TransportError> {
        Self::with(url, TIMEOUT)
    }

    fn with(url: Url, timeout: Duration) -> Result<Self, TransportError> {
        let transport = HttpTransport::new(&HttpSettings {
            connect_timeout: CONNECT_TIMEOUT,
            timeout,
            body_limit: DOCUMENT_MAX,
            ..HttpSettings::default()
        })?;
        Ok(Self { transport, url })
    }

    /// Fetches it, within 5 s.
    pub async fn fetch(&self) -> Result<Bytes, FetchError> {
        if !is_private(&self.url) {
            return Err(FetchError::NotPrivate { host: self.url.host_str().unwrap_or_default().to_owned() });
        }
        let request = self.transport.client.get(self.url.clone()).header(ACCEPT, "application/json");
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        if !status.is_success() {
            return Err(FetchError::Status(status.as_u16()));
        }
        Ok(self.transport.body_of(response).await?)
    }
}

/// Whether nobody on the way can read or change what goes there: over HTTPS, or not leaving this machine.
pub fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

#[cfg(test)]
mod tests;

//! Our own custom store, asked as ShipStation asks it: whether its public address leads here, with the credentials that
//! are configured. No platform is called, and no budget spent.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::http::{HttpSettings, HttpTransport, no_answer};
use super::public::FetchError;
use super::{TransportError, is_private};

/// ShipStation waits for as long as it likes; whoever runs a check does not.
const TIMEOUT: Duration = Duration::from_secs(15);
/// A page of a hundred orders has some hundred kilobytes.
const BODY_MAX: usize = 8 * 1024 * 1024;

/// The answer of a store.
#[derive(Debug, Clone)]
pub struct StoreAnswer {
    /// The status.
    pub status: u16,
    /// `Content-Type`; empty when there is none.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}

/// A custom store at its public address. Redirects are not followed: ShipStation is not known to follow them.
#[derive(Debug, Clone)]
pub struct PublicStore {
    transport: HttpTransport,
    url: Url,
    username: String,
    password: SecretString,
}

impl PublicStore {
    /// The store at `url`. Fails with [`TransportError::NotSent`] as [`HttpTransport::new`] does.
    pub fn new(url: Url, username: String, password: SecretString) -> Result<Self, TransportError> {
        let settings = HttpSettings { timeout: TIMEOUT, body_limit: BODY_MAX, ..HttpSettings::default() };
        Ok(Self { transport: HttpTransport::new(&settings)?, url, username, password })
    }

    /// Asks with this query. Credentials go over HTTPS alone, or nowhere but to this machine.
    pub async fn ask(&self, query: &[(&str, &str)]) -> Result<StoreAnswer, FetchError> {
        if !is_private(&self.url) {
            return Err(FetchError::NotPrivate { host: self.url.host_str().unwrap_or_default().to_owned() });
        }
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(query);
        let request = self.transport.client.get(url);
        let request = request.basic_auth(&self.username, Some(self.password.expose_secret()));
        let response = request.send().await.map_err(no_answer)?;
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let (status, content_type) =
            (response.status().as_u16(), content_type.unwrap_or_default().to_owned());
        Ok(StoreAnswer { status, content_type, body: self.transport.body_of(response).await? })
    }
}

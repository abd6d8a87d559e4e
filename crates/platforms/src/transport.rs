//! The seam to the network: one request, one response. Over HTTP in production ([`HttpTransport`]), straight
//! into the sandbox machines in simulations. What an error means for an event is `crate::classify`'s business.

mod http;
mod own;
mod public;

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use secrecy::SecretString;
use url::Url;

pub use http::{HttpSettings, HttpTransport, install_tls};
pub use own::{PublicStore, StoreAnswer};
pub use public::{FetchError, PublicDocument, is_private};

/// Carries requests to a platform. It neither retries nor follows redirects: one `send`, at most one request.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one request and reads the whole answer. Every status is an `Ok`.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError>;
}

/// The methods that the platforms' APIs use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Write (ShipStation).
    Post,
    /// Write (Cin7).
    Put,
    /// Remove.
    Delete,
}

impl Method {
    /// The method as it stands in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A header with the credentials: its whole value.
#[derive(Clone)]
pub enum Proof {
    /// `Authorization`
    Authorization(SecretString),
    /// `api-key`, of ShipStation's V2
    ApiKey(SecretString),
}

/// A request. Its `Debug` shows neither the credentials nor the body, which names customers.
#[derive(Clone)]
pub struct HttpRequest {
    /// How.
    pub method: Method,
    /// Where, the query included; without credentials.
    pub url: Url,
    /// How it proves whom it comes from.
    pub proof: Proof,
    /// A JSON document, if any.
    pub body: Option<Bytes>,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

/// An answer, whatever its status. Its `Debug` does not show the body, which names customers.
#[derive(Clone)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers that we use.
    pub headers: ResponseHeaders,
    /// The body, decompressed.
    pub body: Bytes,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// The headers that we use, as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseHeaders {
    /// `Date`.
    pub date: Option<String>,
    /// `Retry-After`: seconds or a date.
    pub retry_after: Option<String>,
    /// `X-Rate-Limit-Limit`.
    pub rate_limit: Option<String>,
    /// `X-Rate-Limit-Remaining`.
    pub rate_remaining: Option<String>,
    /// `X-Rate-Limit-Reset`: seconds until the window is over.
    pub rate_reset: Option<String>,
}

/// What lies beneath a transport error.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why there is no answer. The variants differ in how much the platform may have seen of the request.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The request certainly never left: name not found, connection refused, TLS failed.
    #[error("could not connect")]
    NotSent(#[source] Cause),
    /// Refused here, before anything was sent: credentials do not travel unencrypted to other machines.
    #[error("refused to send credentials over plain HTTP to {host}")]
    PlainHttp {
        /// The host that it was meant for.
        host: String,
    },
    /// No complete answer in time; the request may have arrived.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke after it was made; the request may have arrived.
    #[error("the connection broke")]
    Broken(#[source] Cause),
    /// The status came, the body did not come whole.
    #[error("the answer broke off")]
    BodyBroken(#[source] Cause),
    /// The body is longer than we are willing to hold.
    #[error("the answer is longer than {limit} bytes")]
    BodyTooLong {
        /// The limit in bytes.
        limit: usize,
    },
}

impl TransportError {
    /// What happened, down to the first cause.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}

/// Whether a URL leads to this machine, where nothing needs to be encrypted.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

//! The way out over real HTTP: the only user of reqwest. All limits of a call are set here.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    HttpRequest, HttpResponse, Method, Proof, ResponseHeaders, Transport, TransportError, is_loopback,
};

/// Limits of a call.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Until the connection stands.
    pub connect_timeout: Duration,
    /// From the start until the last byte of the answer.
    pub timeout: Duration,
    /// The longest answer that we hold, decompressed, in bytes.
    pub body_limit: usize,
    /// Send credentials over plain HTTP to other machines too. To this machine it is always allowed.
    pub allow_plain_http: bool,
    /// A proxy for HTTPS. The environment's proxy variables are not read here.
    pub proxy: Option<Url>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            body_limit: 64 * 1024 * 1024,
            allow_plain_http: false,
            proxy: None,
        }
    }
}

/// Installs the process's TLS provider (ring), once; later calls change nothing. The binary calls it first.
pub fn install_tls() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // A provider that another thread installed meanwhile is as good.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
    }
}

/// A transport over reqwest. No redirects (they would carry credentials to other hosts), no retries (only the
/// caller knows which request may be sent twice), no environment proxies. Cheap to share behind an `Arc`.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    pub(super) client: Client,
    body_limit: usize,
    allow_plain_http: bool,
}

impl HttpTransport {
    /// Builds the transport. Fails with [`TransportError::NotSent`] where the system's root certificates or
    /// the proxy cannot be used.
    pub fn new(settings: &HttpSettings) -> Result<Self, TransportError> {
        install_tls();
        let mut builder = Client::builder()
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(concat!("shipbridge/", env!("CARGO_PKG_VERSION")))
            .gzip(true)
            .no_proxy();
        if let Some(proxy) = &settings.proxy {
            builder = builder.proxy(reqwest::Proxy::https(proxy.as_str()).map_err(not_sent)?);
        }
        let client = builder.build().map_err(not_sent)?;
        Ok(Self { client, body_limit: settings.body_limit, allow_plain_http: settings.allow_plain_http })
    }

    fn check_scheme(&self, url: &Url) -> Result<(), TransportError> {
        if url.scheme() == "https" || self.allow_plain_http || is_loopback(url) {
            return Ok(());
        }
        Err(TransportError::PlainHttp { host: url.host_str().unwrap_or_default().to_owned() })
    }

    pub(super) async fn body_of(&self, mut response: Response) -> Result<Bytes, TransportError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(broken_body)? {
            if body.len() + chunk.len() > self.body_limit {
                return Err(TransportError::BodyTooLong { limit: self.body_limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.check_scheme(&request.url)?;
        let mut builder =
            self.client.request(method(request.method), request.url).header(ACCEPT, "application/json");
        builder = match &request.proof {
            Proof::Authorization(value) => builder.header(AUTHORIZATION, sensitive(value)?),
            Proof::ApiKey(value) => builder.header("api-key", sensitive(value)?),
        };
        if let Some(body) = request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = builder.send().await.map_err(no_answer)?;
        let status = response.status();
        let headers = wanted(response.headers());
        let body = match self.body_of(response).await {
            // A refusal is one without its words, too.
            Err(_) if !status.is_success() => Bytes::new(),
            body => body?,
        };
        Ok(HttpResponse { status: status.as_u16(), headers, body })
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn sensitive(secret: &SecretString) -> Result<HeaderValue, TransportError> {
    let value = HeaderValue::from_str(secret.expose_secret());
    let mut value = value.map_err(|error| TransportError::NotSent(error.into()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn wanted(headers: &HeaderMap) -> ResponseHeaders {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    ResponseHeaders {
        date: text("date"),
        retry_after: text("retry-after"),
        rate_limit: text("x-rate-limit-limit"),
        rate_remaining: text("x-rate-limit-remaining"),
        rate_reset: text("x-rate-limit-reset"),
    }
}

/// `is_connect` comes before `is_timeout`: a connection that was not made in time carried nothing.
pub(super) fn no_answer(error: reqwest::Error) -> TransportError {
    if error.is_connect() || error.is_builder() {
        not_sent(error)
    } else if error.is_timeout() {
        TransportError::TimedOut
    } else {
        TransportError::Broken(error.without_url().into())
    }
}

fn broken_body(error: reqwest::Error) -> TransportError {
    if error.is_timeout() {
        return TransportError::TimedOut;
    }
    TransportError::BodyBroken(error.without_url().into())
}

fn not_sent(error: reqwest::Error) -> TransportError {
    TransportError::NotSent(error.without_url().into())
}

#[cfg(test)]
mod tests;

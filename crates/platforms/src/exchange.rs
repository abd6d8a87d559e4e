//! One call from end to end: build the URL, send, hear what the headers say, sort out failures. Both clients
//! go through here; what they ask and how they read the content is theirs.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use domain::clock::Clock;
use domain::failure::Failure;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::answer::{Answer, CallPermit, Heard};
use crate::classify::{Access, Context, Platform, seconds};
use crate::dates;
use crate::json::NotUnderstood;
use crate::transport::{HttpRequest, HttpResponse, Method, Proof, ResponseHeaders, Transport};

/// What stays itself in a query value; everything else is percent-encoded, `&`, `#`, `%`, `+` and `'` above
/// all. Commas and brackets stay, because many web servers stop at 2,048 characters of query, and a list of
/// 250 ids just fits with them as they are.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b',')
    .remove(b'(')
    .remove(b')');

/// A call to be made.
#[derive(Debug)]
pub(crate) struct Call {
    context: Context,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Bytes>,
}

impl Call {
    /// A read: `GET` with a path that begins with a slash.
    pub(crate) fn read(platform: Platform, operation: &'static str, path: impl Into<String>) -> Self {
        let context = Context { platform, operation, access: Access::Read };
        Self { context, method: Method::Get, path: path.into(), query: Vec::new(), body: None }
    }

    /// The same question as a `POST` with a body: it still changes nothing.
    pub(crate) fn posting(self, body: Vec<u8>) -> Self {
        Self { method: Method::Post, body: Some(Bytes::from(body)), ..self }
    }

    /// A write.
    pub(crate) fn write(
        platform: Platform,
        operation: &'static str,
        method: Method,
        path: impl Into<String>,
        body: Option<Vec<u8>>,
    ) -> Self {
        let context = Context { platform, operation, access: Access::Write };
        Self { context, method, path: path.into(), query: Vec::new(), body: body.map(Bytes::from) }
    }

    /// With one more query parameter; name and value as they are, not yet encoded.
    pub(crate) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The same with a number.
    pub(crate) fn with_number(self, name: &'static str, value: impl Into<i64>) -> Self {
        self.with(name, value.into().to_string())
    }
}

/// A platform's address with the credentials for it.
pub(crate) struct Endpoint {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    base_url: Url,
    proof: Proof,
    /// What must never be told, whoever says it.
    secrets: Vec<SecretString>,
}

impl Endpoint {
    /// With a user and a password.
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        base_url: Url,
        user: &str,
        password: SecretString,
    ) -> Self {
        let encoded = BASE64_STANDARD.encode(format!("{user}:{}", password.expose_secret()));
        let proof = Proof::Authorization(SecretString::from(format!("Basic {encoded}")));
        Self::proving(transport, clock, base_url, proof, vec![password, encoded.into()])
    }

    /// With a key alone.
    pub(crate) fn with_key(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        base_url: Url,
        key: SecretString,
    ) -> Self {
        Self::proving(transport, clock, base_url, Proof::ApiKey(key.clone()), vec![key])
    }

    /// Credentials inside `base_url` are dropped: they would show in logs.
    fn proving(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        mut base_url: Url,
        proof: Proof,
        secrets: Vec<SecretString>,
    ) -> Self {
        // Both fail for addresses without a host only, which carry no credentials.
        let _no_host = base_url.set_username("");
        let _no_host = base_url.set_password(None);
        base_url.set_query(None);
        base_url.set_fragment(None);
        Self { transport, clock, base_url, proof, secrets }
    }

    /// Makes the call that the permit pays for.
    pub(crate) async fn call(&self, _paid: CallPermit, call: Call) -> Reply {
        let Call { context, method, .. } = call;
        let request =
            HttpRequest { method, url: self.url(&call), proof: self.proof.clone(), body: call.body };
        match self.transport.send(request).await {
            Err(error) => {
                tracing::debug!(operation = context.operation, error = %error, "no answer");
                let failure = self.scrubbed(context.without_answer(&error));
                Reply { context, heard: Heard::nothing(context.operation), outcome: Err(failure) }
            }
            Ok(response) => {
                tracing::debug!(operation = context.operation, status = response.status, "answered");
                let heard = heard(context.operation, response.status, &response.headers);
                let outcome = if (200..=299).contains(&response.status) {
                    Ok(response.body)
                } else {
                    Err(self.refused(context, &response))
                };
                Reply { context, heard, outcome }
            }
        }
    }

    fn refused(&self, context: Context, response: &HttpResponse) -> Failure {
        self.scrubbed(context.refused(response, self.clock.now()))
    }

    fn url(&self, call: &Call) -> Url {
        let mut url = self.base_url.clone();
        let path = format!("{}{}", url.path().trim_end_matches('/'), call.path);
        url.set_path(&path);
        let encoded = |text: &str| utf8_percent_encode(text, KEPT).to_string();
        let pairs = call.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let query = pairs.collect::<Vec<_>>().join("&");
        url.set_query((!query.is_empty()).then_some(query.as_str()));
        url
    }

    /// A failure whose words do not repeat our credentials, should a body have quoted them.
    fn scrubbed(&self, mut failure: Failure) -> Failure {
        let (Failure::Transient { reason }
        | Failure::RateLimited { reason, .. }
        | Failure::Ambiguous { reason }
        | Failure::Permanent { reason }
        | Failure::Misconfigured { reason }) = &mut failure;
        for secret in &self.secrets {
            let secret = secret.expose_secret();
            if !secret.is_empty() && reason.contains(secret) {
                *reason = reason.replace(secret, "[credential]");
            }
        }
        failure
    }
}

fn heard(operation: &'static str, status: u16, headers: &ResponseHeaders) -> Heard {
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.trim().parse().ok());
    Heard {
        operation,
        status: Some(status),
        date: headers.date.as_deref().and_then(dates::http_date),
        limit: number(&headers.rate_limit),
        remaining: number(&headers.rate_remaining),
        resets_in: headers.rate_reset.as_deref().and_then(seconds),
    }
}

/// A call's end: the body of a success, or the failure.
pub(crate) struct Reply {
    context: Context,
    heard: Heard,
    outcome: Result<Bytes, Failure>,
}

impl Reply {
    /// The answer that `read` makes of the body. What is no UTF-8 in it is replaced rather than refused: one
    /// broken name must not hide a page of orders.
    pub(crate) fn read<T>(self, read: impl FnOnce(&str) -> Result<T, NotUnderstood>) -> Answer<T> {
        let Self { context, heard, outcome } = self;
        let outcome = outcome.and_then(|body| {
            let text = String::from_utf8_lossy(&body);
            let text = text.trim_start_matches('\u{feff}');
            read(text).map_err(|problem| context.unreadable(&problem.to_string(), &body))
        });
        Answer { outcome, heard }
    }

    /// The same, with `missing` in place of a 404.
    pub(crate) fn read_or<T>(
        self,
        missing: T,
        read: impl FnOnce(&str) -> Result<T, NotUnderstood>,
    ) -> Answer<T> {
        if self.heard.status == Some(404) {
            return Answer { outcome: Ok(missing), heard: self.heard };
        }
        self.read(read)
    }
}

#[cfg(test)]
mod tests;

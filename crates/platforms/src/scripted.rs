//! A transport for tests: it answers what it was told to, in order, and keeps what it was sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use domain::clock::FixedClock;
use secrecy::ExposeSecret;
use url::Url;

use crate::transport::{HttpRequest, HttpResponse, Proof, ResponseHeaders, Transport, TransportError};

/// The instant at which every scripted test happens.
pub(crate) const NOW: &str = "2026-11-23T20:54:32Z";

pub(crate) fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(NOW.parse().unwrap()))
}

pub(crate) fn url(text: &str) -> Url {
    text.parse().unwrap()
}

pub(crate) fn ok(body: &str) -> Result<HttpResponse, TransportError> {
    status(200, body)
}

#[expect(clippy::unnecessary_wraps, reason = "it stands in a script beside errors")]
pub(crate) fn status(status: u16, body: &str) -> Result<HttpResponse, TransportError> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    Ok(HttpResponse { status, headers: ResponseHeaders::default(), body })
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) line: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

#[derive(Default)]
pub(crate) struct Scripted {
    answers: Mutex<VecDeque<Result<HttpResponse, TransportError>>>,
    sent: Mutex<Vec<Sent>>,
}

impl Scripted {
    pub(crate) fn answering(
        answers: impl IntoIterator<Item = Result<HttpResponse, TransportError>>,
    ) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), sent: Mutex::default() })
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// The only request's method and URL.
    pub(crate) fn line(&self) -> String {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent[0].line.clone()
    }

    /// The only request's body.
    pub(crate) fn json(&self) -> serde_json::Value {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        serde_json::from_str(&sent[0].body).unwrap()
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.sent.lock().unwrap().push(Sent {
            line: format!("{} {}", request.method.as_str(), request.url),
            authorization: match request.proof {
                Proof::Authorization(value) => value.expose_secret().to_owned(),
                Proof::ApiKey(value) => format!("api-key: {}", value.expose_secret()),
            },
            body: request.body.map(|body| String::from_utf8(body.to_vec()).unwrap()).unwrap_or_default(),
        });
        self.answers.lock().unwrap().pop_front().expect("the script has an answer for every call")
    }
}

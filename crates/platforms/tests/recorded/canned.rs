//! Recorded answers, and clients that are answered from them.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use domain::clock::FixedClock;
use jiff::Timestamp;
use platforms::{
    CallPermit, Cin7Client, Cin7Settings, HttpRequest, HttpResponse, ResponseHeaders, ShipStationClient,
    ShipStationSettings, Transport, TransportError,
};
use rust_decimal::Decimal;
use serde_json::Value;

pub(crate) fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn value(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&text(folder, name)).unwrap()
}

/// The body of an answer: some files wrap it together with its request.
pub(crate) fn body(folder: &Path, name: &str) -> String {
    let mut recorded = value(folder, name);
    recorded.get_mut("response_body").map_or_else(|| text(folder, name), |body| body.take().to_string())
}

/// Answers one thing, whatever it is asked, and keeps the last body that it was sent.
pub(crate) struct Canned {
    status: u16,
    headers: ResponseHeaders,
    body: Bytes,
    pub(crate) sent: Mutex<Option<Bytes>>,
}

impl Canned {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Arc<Self> {
        Self::with_headers(status, body, ResponseHeaders::default())
    }

    pub(crate) fn with_headers(status: u16, body: impl Into<String>, headers: ResponseHeaders) -> Arc<Self> {
        Arc::new(Self { status, headers, body: Bytes::from(body.into()), sent: Mutex::default() })
    }
}

#[async_trait]
impl Transport for Canned {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        *self.sent.lock().unwrap() = request.body;
        Ok(HttpResponse { status: self.status, headers: self.headers.clone(), body: self.body.clone() })
    }
}

pub(crate) fn now() -> Timestamp {
    utc("2026-11-23T20:54:32Z")
}

pub(crate) fn cin7(transport: Arc<Canned>) -> Cin7Client {
    let base_url = "https://api.cin7.com/api/v1".parse().unwrap();
    let settings = Cin7Settings { base_url, username: "AcmeAU".to_owned(), key: "key".into() };
    Cin7Client::new(transport, Arc::new(FixedClock::at(now())), settings)
}

pub(crate) fn shipstation(transport: Arc<Canned>) -> ShipStationClient {
    let base_url = "https://ssapi.shipstation.com".parse().unwrap();
    let settings = ShipStationSettings { base_url, api_key: "key".into(), api_secret: "secret".into() };
    ShipStationClient::new(transport, Arc::new(FixedClock::at(now())), settings)
}

pub(crate) fn permit() -> CallPermit {
    CallPermit::granted()
}

pub(crate) fn utc(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

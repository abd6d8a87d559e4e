//! A webhook's way: found, allowed, read, proven, understood, published, answered. Checks come in the
//! contract's order, and the answer is 2xx only when the broker has confirmed.

use std::fmt::Write;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::FutureExt;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::timeout_at;

use domain::event::{Event, EventKind, Origin};
use domain::ids::ConnectionName;
use domain::webhook::{AllowedHosts, NotUnderstood, Notice, cin7_orders};

use crate::app::{Endpoints, Shared};
use crate::body;
use crate::log::{UnknownConnectionCalled, WebhookAnswered};
use crate::metrics::{EndpointMetrics, Outcome};
use crate::proof::{Call, NotVerified, Verifier};
use crate::refusal::Refusal;

/// One connection's endpoint for one platform.
pub(crate) struct Endpoint {
    pub(crate) connection: ConnectionName,
    pub(crate) verifier: Verifier,
    pub(crate) reader: Reader,
    pub(crate) metrics: EndpointMetrics,
}

/// How an endpoint's bodies are read.
pub(crate) enum Reader {
    Cin7,
    ShipStation(AllowedHosts),
}

/// What was made of a webhook.
enum Accepted {
    /// Events, durable.
    Events(Vec<Event>),
    /// Nothing: its type does not concern us.
    Ignored(String),
}

/// Answers a call, and says that it did.
pub(crate) async fn answer(
    request: &HttpRequest,
    payload: &mut Payload,
    shared: &Shared,
    endpoints: &Endpoints,
) -> HttpResponse {
    let started = Instant::now();
    let name = request.match_info().get("connection").unwrap_or_default();
    let Some(endpoint) = endpoints.by_connection.get(name) else {
        let (counter, source, path) = (&endpoints.unknown, endpoints.source, request.path());
        UnknownConnectionCalled { counter, source, path }.emit();
        return Refusal::UnknownConnection.answer(Refusal::UnknownConnection.to_string());
    };
    let received = AssertUnwindSafe(receive(request, payload, shared, endpoint)).catch_unwind().await;
    let received = received.unwrap_or(Err(Refusal::Panicked));
    let (outcome, events, detail, response) = told(received);
    let (connection, took) = (endpoint.connection.as_str(), started.elapsed());
    let (metrics, source, detail) = (&endpoint.metrics, endpoints.source, detail.as_str());
    WebhookAnswered { metrics, connection, source, outcome, events, took, detail }.emit();
    response
}

async fn receive(
    request: &HttpRequest,
    payload: &mut Payload,
    shared: &Shared,
    endpoint: &Endpoint,
) -> Result<Accepted, Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::MethodNotAllowed);
    }
    let headers = request.headers();
    let body = body::read(headers, payload, shared.body_limit, shared.body_timeout).await?;
    let now = shared.clock.now();
    // The caller waits for one deadline in all: for keys, where some are fetched, and for the broker.
    let deadline = tokio::time::Instant::now() + shared.publish_deadline;
    let call = Call { headers, query: request.query_string(), body: &body, now };
    let verified = timeout_at(deadline, endpoint.verifier.verify(&call, &shared.background)).await;
    verified.unwrap_or(Err(NotVerified::NoKeys))?;
    let accepted = endpoint.understand(&body, now)?;
    if let Accepted::Events(events) = &accepted {
        let published = timeout_at(deadline, shared.broker.publish(events)).await;
        published.map_err(|_| Refusal::NotStoredInTime { deadline: shared.publish_deadline })??;
    }
    Ok(accepted)
}

impl Endpoint {
    fn understand(&self, body: &[u8], now: Timestamp) -> Result<Accepted, NotUnderstood> {
        let event = |kind| Event {
            id: broker::event_id(now),
            connection: self.connection.clone(),
            kind,
            origin: Origin::Webhook,
            received_at: now,
        };
        match &self.reader {
            Reader::Cin7 => {
                let orders = cin7_orders(body)?.into_iter();
                let events = orders.map(|order| event(EventKind::OrderChanged { order }));
                Ok(Accepted::Events(events.collect()))
            }
            Reader::ShipStation(hosts) => match domain::webhook::shipstation(body, hosts, now)? {
                Notice::Shipments(query) => {
                    Ok(Accepted::Events(vec![event(EventKind::ShipmentsChanged { query })]))
                }
                Notice::Ignored(resource_type) => Ok(Accepted::Ignored(resource_type)),
            },
        }
    }
}

/// What to count, how many events, what to log, and what to answer.
fn told(received: Result<Accepted, Refusal>) -> (Outcome, usize, String, HttpResponse) {
    match received {
        Ok(Accepted::Events(events)) => {
            let mut answer = HttpResponse::Accepted();
            answer.insert_header((CONTENT_TYPE, "application/json"));
            (Outcome::Accepted, events.len(), String::new(), answer.body(event_ids(&events)))
        }
        Ok(Accepted::Ignored(resource_type)) => {
            let answer = HttpResponse::Ok().json(IgnoredAnswer { event_ids: [], ignored: &resource_type });
            (Outcome::Ignored, 0, resource_type, answer)
        }
        Err(refusal) => {
            let detail = refusal.to_string();
            (refusal.outcome(), 0, detail.clone(), refusal.answer(detail))
        }
    }
}

#[derive(Serialize)]
struct IgnoredAnswer<'a> {
    event_ids: [&'a str; 0],
    ignored: &'a str,
}

/// `{"event_ids": [...]}`. Ids are hex digits and dashes, which need no escaping.
fn event_ids(events: &[Event]) -> String {
    let mut answer = String::with_capacity(20 + 39 * events.len());
    answer.push_str("{\"event_ids\":[");
    for (index, event) in events.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(answer, "{comma}\"{}\"", event.id).expect("a string takes any text");
    }
    answer.push_str("]}");
    answer
}

//! The custom store: ShipStation fetches orders here and tells of shipments. A call's way: found, allowed, read, proven,
//! understood, answered. What it asks for is in `store::window`, how orders are written in `store::xml`, how a shipment
//! is read in `store::notice`, and every reason not to serve it in `store::refusal`.

mod dates;
mod export;
mod ledger;
mod notice;
mod query;
mod refusal;
mod shipnotify;
mod window;
mod xml;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::FutureExt;
use prometheus_client::metrics::counter::Counter;

use domain::ids::ConnectionName;
use domain::ship_notice::NoticeId;

pub use self::ledger::StoreLedger;
use crate::app::Shared;
use crate::body;
use crate::log::{StoreAnswered, UnknownConnectionCalled};
use crate::metrics::{EndpointMetrics, Outcome, Source};
use crate::proof::{Call, Verifier};
use export::Exported;
use query::Parameters;
use refusal::Refusal;

/// The stores by the names of their connections.
pub(crate) struct Endpoints {
    pub(crate) by_connection: HashMap<String, Endpoint>,
    pub(crate) unknown: Counter,
}

/// One connection's store.
pub(crate) struct Endpoint {
    pub(crate) connection: ConnectionName,
    pub(crate) verifier: Verifier,
    pub(crate) query_credentials: bool,
    pub(crate) ledger: StoreLedger,
    pub(crate) notices: EndpointMetrics,
    pub(crate) exports: EndpointMetrics,
}

/// What was done.
enum Done {
    Exported(Exported),
    Noted(NoticeId),
}

/// Answers a call, and says that it did.
pub(crate) async fn answer(request: &HttpRequest, payload: &mut Payload, shared: &Shared) -> HttpResponse {
    let started = Instant::now();
    let reference = reference(shared);
    let name = request.match_info().get("connection").unwrap_or_default();
    let Some(endpoint) = shared.store.by_connection.get(name) else {
        let (counter, source, path) = (&shared.store.unknown, Source::Store, request.path());
        UnknownConnectionCalled { counter, source, path }.emit();
        return Refusal::UnknownConnection.answer(&reference);
    };
    let done = AssertUnwindSafe(serve(request, payload, shared, endpoint)).catch_unwind().await;
    let done = done.unwrap_or(Err(Refusal::Panicked));
    let is_export = is_read(request);
    let (outcome, orders, detail) = match &done {
        Ok(Done::Exported(exported)) => (Outcome::Accepted, exported.orders, String::new()),
        Ok(Done::Noted(notice)) => (Outcome::Accepted, 0, notice.to_string()),
        Err(refusal) => (refusal.outcome(), 0, refusal.detail()),
    };
    StoreAnswered {
        metrics: if is_export { &endpoint.exports } else { &endpoint.notices },
        connection: endpoint.connection.as_str(),
        is_export,
        outcome,
        orders,
        took: started.elapsed(),
        detail: &detail,
        reference: &reference,
    }
    .emit();
    match done {
        Ok(Done::Exported(exported)) => document(exported),
        Ok(Done::Noted(_)) => noted(),
        Err(refusal) => refusal.answer(&reference),
    }
}

async fn serve(
    request: &HttpRequest,
    payload: &mut Payload,
    shared: &Shared,
    endpoint: &Endpoint,
) -> Result<Done, Refusal> {
    if !is_read(request) && request.method() != Method::POST {
        return Err(Refusal::MethodNotAllowed { allow: "GET, HEAD, POST" });
    }
    let headers = request.headers();
    let body = body::read(headers, payload, shared.body_limit, shared.body_timeout).await;
    let (body, now) = (body.map_err(Refusal::Body)?, shared.clock.now());
    let query = request.query_string();
    let (call, parameters) = (Call { headers, query, body: &body, now }, Parameters::of(query));
    if !endpoint.is_proven(&call, &parameters, shared).await {
        return Err(Refusal::NotProven);
    }
    match (parameters.get("action").to_lowercase().as_str(), is_read(request)) {
        ("export", true) => export::export(endpoint, shared, &parameters, now).await.map(Done::Exported),
        ("shipnotify", false) => {
            shipnotify::take(endpoint, shared, &parameters, &body, now).await.map(Done::Noted)
        }
        ("export", false) => Err(Refusal::MethodNotAllowed { allow: "GET, HEAD" }),
        ("shipnotify", true) => Err(Refusal::MethodNotAllowed { allow: "POST" }),
        _ => Err(Refusal::NoAction),
    }
}

impl Endpoint {
    /// By the header, or, where that is allowed, by `SS-UserName` and `SS-Password` of the query.
    async fn is_proven(&self, call: &Call<'_>, parameters: &Parameters, shared: &Shared) -> bool {
        if self.verifier.verify(call, &shared.background).await.is_ok() {
            return true;
        }
        let (user, password) = (parameters.verbatim("ss-username"), parameters.verbatim("ss-password"));
        let pair = user.zip(password).filter(|_| self.query_credentials);
        pair.is_some_and(|(user, password)| self.verifier.has_pair(user, password))
    }
}

fn is_read(request: &HttpRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

/// A short word that leads from an answer to its line in the log.
fn reference(shared: &Shared) -> String {
    let id = broker::event_id(shared.clock.now()).to_string();
    id.rsplit('-').next().unwrap_or_default().to_owned()
}

fn document(exported: Exported) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, "application/xml; charset=utf-8"));
    answer.insert_header((CACHE_CONTROL, "no-store"));
    answer.body(exported.xml)
}

fn noted() -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"));
    answer.insert_header((CACHE_CONTROL, "no-store"));
    answer.body("The shipment was noted.\n")
}

/// Bytes as text: UTF-8, UTF-16 behind its mark, and else Latin-1, which every byte is. Marks are taken off.
fn text(bytes: &[u8]) -> String {
    let units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => text(rest),
        [0xFF, 0xFE, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => units(rest, u16::from_be_bytes),
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        },
    }
}

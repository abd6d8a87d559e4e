//! The routes, and what their handlers share. The handlers themselves are `crate::webhook` and
//! `crate::probes`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use broker::Broker;
use domain::clock::Clock;

use crate::api::OpenApi;
use crate::metrics::Source;
use crate::problem::{Problem, ProblemType};
use crate::proof::Background;
use crate::readiness::Readiness;
use crate::unread::with_unread;
use crate::webhook::Endpoint;
use crate::{api, probes, store, webhook};

/// What all handlers share, once for the process.
pub(crate) struct Shared {
    pub(crate) cin7: Endpoints,
    pub(crate) shipstation: Endpoints,
    pub(crate) store: store::Endpoints,
    pub(crate) api: Option<OpenApi>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) readiness: Readiness,
    pub(crate) background: Background,
    pub(crate) publish_deadline: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) body_limit: usize,
}

/// One platform's endpoints by the names of their connections.
pub(crate) struct Endpoints {
    pub(crate) source: Source,
    pub(crate) by_connection: HashMap<String, Endpoint>,
    pub(crate) unknown: Counter,
}

/// Puts the routes into an app.
pub(crate) fn routes(app: &mut web::ServiceConfig, shared: Data<Shared>) {
    app.app_data(shared)
        .route("/webhooks/cin7/{connection}", web::to(cin7))
        .route("/webhooks/shipstation/{connection}", web::to(shipstation))
        .route("/store/{connection}", web::to(store))
        .route("/api/v1/connections/{connection}/rates", web::to(rates))
        .route("/healthz", web::to(healthz))
        .route("/readyz", web::to(readyz))
        .route("/metrics", web::to(metrics))
        .default_service(web::to(not_found));
}

async fn cin7(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    webhook(&request, payload, &shared, &shared.cin7).await
}

async fn shipstation(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    webhook(&request, payload, &shared, &shared.shipstation).await
}

async fn webhook(
    request: &HttpRequest,
    mut payload: Payload,
    shared: &Shared,
    endpoints: &Endpoints,
) -> HttpResponse {
    let answer = webhook::answer(request, &mut payload, shared, endpoints).await;
    // A webhook that was taken was read to its end.
    if answer.status().is_success() { answer } else { with_unread(answer, payload) }
}

async fn store(request: HttpRequest, mut payload: Payload, shared: Data<Shared>) -> HttpResponse {
    let answer = store::answer(&request, &mut payload, &shared).await;
    // What was served was read to its end.
    if answer.status().is_success() { answer } else { with_unread(answer, payload) }
}

async fn rates(request: HttpRequest, mut payload: Payload, shared: Data<Shared>) -> HttpResponse {
    match &shared.api {
        Some(open) => {
            let answer = api::rates::answer(&request, &mut payload, &shared, open).await;
            if answer.status().is_success() { answer } else { with_unread(answer, payload) }
        }
        None => not_found(payload).await,
    }
}

async fn healthz(request: HttpRequest, payload: Payload) -> HttpResponse {
    with_unread(if is_read(&request) { probes::alive() } else { get_only() }, payload)
}

async fn readyz(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    with_unread(if is_read(&request) { probes::ready(&shared).await } else { get_only() }, payload)
}

async fn metrics(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    with_unread(if is_read(&request) { probes::metrics(&shared.registry) } else { get_only() }, payload)
}

async fn not_found(payload: Payload) -> HttpResponse {
    let detail = "nothing is served at this path; webhooks go to /webhooks/cin7/{connection} and \
                  /webhooks/shipstation/{connection}, ShipStation's custom store is at /store/{connection}";
    with_unread(Problem::new(ProblemType::NotFound, detail).answer(|_| {}), payload)
}

fn is_read(request: &HttpRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

fn get_only() -> HttpResponse {
    Problem::new(ProblemType::MethodNotAllowed, "this path takes GET and HEAD only").answer(|answer| {
        answer.insert_header((ALLOW, "GET, HEAD"));
    })
}

//! `/healthz`, `/readyz` and `/metrics`.

use std::panic::AssertUnwindSafe;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use futures_util::FutureExt;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use crate::app::Shared;
use crate::problem::{Problem, ProblemType};
use crate::refusal::RETRY_SECONDS;

/// What `prometheus_client` writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The process answers, so it is alive.
pub(crate) fn alive() -> HttpResponse {
    json(r#"{"status":"alive"}"#)
}

/// Whether events can be accepted: the process wants them, and the broker takes them.
pub(crate) async fn ready(shared: &Shared) -> HttpResponse {
    if !shared.readiness.is_ready() {
        return not_ready("the process is starting, stopping, or cannot reach its ledger".to_owned());
    }
    let health = AssertUnwindSafe(shared.broker.health()).catch_unwind();
    match tokio::time::timeout(shared.publish_deadline, health).await {
        Ok(Ok(Ok(()))) => json(r#"{"status":"ready"}"#),
        Ok(Ok(Err(error))) => not_ready(format!("events cannot be accepted: {error}")),
        Ok(Err(_)) => not_ready("asking the broker failed with a fault in this program".to_owned()),
        Err(_) => not_ready(format!(
            "the broker does not answer within {} s",
            shared.publish_deadline.as_secs_f32()
        )),
    }
}

/// Every metric of the process.
pub(crate) fn metrics(registry: &Registry) -> HttpResponse {
    let mut page = String::with_capacity(16 * 1024);
    match text::encode(&mut page, registry) {
        Ok(()) => HttpResponse::Ok().insert_header((CONTENT_TYPE, OPEN_METRICS)).body(page),
        Err(error) => {
            let detail = format!("the metrics cannot be written: {error}");
            Problem::new(ProblemType::Internal, detail).answer(|_| {})
        }
    }
}

fn json(body: &'static str) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, "application/json")).insert_header((CACHE_CONTROL, "no-store"));
    answer.body(body)
}

fn not_ready(detail: String) -> HttpResponse {
    Problem::new(ProblemType::NotReady, detail).answer(|answer| {
        answer.insert_header((RETRY_AFTER, RETRY_SECONDS));
    })
}

//! Webhooks that nobody honest sends: each is answered with a problem document, and none is stored or acted on. What
//! names an address that leads elsewhere is `crate::forged`.

use crate::bridge::Bridge;
use crate::eventually::{eventually, holds};
use crate::http::{self, Answer};
use crate::metrics;
use crate::stage::{CIN7_TOKEN, SHIPSTATION_TOKEN, STEP, Setup, Stage};

/// Nothing but the webhooks of these tests makes events.
fn quiet() -> Stage {
    Stage::new(&Setup { watch: "off", sweep: "off", webhooks: false, ..Setup::default() })
}

fn assert_is_problem(answer: &Answer, status: u16, kind: &str) {
    let document = answer.json();
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(document["type"], format!("urn:shipbridge:problem:{kind}"));
    assert_eq!(document["status"], status);
    for member in ["title", "detail"] {
        assert!(document[member].as_str().is_some_and(|text| !text.is_empty()), "{document}");
    }
    for secret in [CIN7_TOKEN, SHIPSTATION_TOKEN, "demo-ss-secret", "demo-cin7-key"] {
        assert!(!answer.body.contains(secret), "{document}");
    }
}

fn settled(bridge: &Bridge) -> u64 {
    metrics::sum(bridge.addr, "shipbridge_events_settled_total", &[])
}

#[test]
fn bad_webhooks_are_answered_with_problem_documents_and_none_is_stored() {
    let stage = quiet();
    let bridge = stage.start();
    let large = format!("{{\"id\": 1, \"note\": \"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let (cin7, shipstation) = ("/webhooks/cin7/acme", "/webhooks/shipstation/acme");
    let nobody = "/webhooks/cin7/nobody";
    let good = r#"{"id": 4711}"#;
    for (path, token, body, status, kind) in [
        (cin7, "wrong", good, 401, "not-proven"),
        (cin7, "", good, 401, "not-proven"),
        (cin7, SHIPSTATION_TOKEN, good, 401, "not-proven"),
        (shipstation, CIN7_TOKEN, good, 401, "not-proven"),
        (cin7, CIN7_TOKEN, r#"{"id": 4711"#, 400, "not-understood"),
        (cin7, CIN7_TOKEN, "", 400, "not-understood"),
        (cin7, CIN7_TOKEN, r#"[{"id": 4711}, {"note": "which?"}]"#, 400, "not-understood"),
        (shipstation, SHIPSTATION_TOKEN, r#"{"resource_type": "SHIP_NOTIFY""#, 400, "not-understood"),
        (nobody, CIN7_TOKEN, good, 404, "unknown-connection"),
        (cin7, CIN7_TOKEN, large.as_str(), 413, "body-too-large"),
        (shipstation, "wrong", large.as_str(), 413, "body-too-large"),
        (nobody, CIN7_TOKEN, large.as_str(), 404, "unknown-connection"),
    ] {
        let headers = [("X-Webhook-Token", token)];
        let headers = if token.is_empty() { &[][..] } else { &headers[..] };
        let answer = http::post(bridge.addr, path, headers, body.as_bytes()).unwrap();
        assert_is_problem(&answer, status, kind);
        assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401, "{answer:?}");
    }
    assert_is_problem(&http::get(bridge.addr, cin7).unwrap(), 405, "method-not-allowed");
    assert_is_problem(&http::get(bridge.addr, "/webhooks").unwrap(), 404, "not-found");

    // What had been stored would have been worked on before this one, which is the only one.
    let token = [("Authorization", &*format!("Bearer {CIN7_TOKEN}"))];
    let answer = http::post(bridge.addr, cin7, &token, good.as_bytes()).unwrap();
    assert_eq!((answer.status, answer.json()["event_ids"].as_array().map(Vec::len)), (202, Some(1)));
    eventually("the good one is settled", STEP, || holds(settled(&bridge) > 0, "nothing settled"));
    assert_eq!(settled(&bridge), 1);
    assert_eq!(metrics::sum(bridge.addr, "shipbridge_queue_depth", &[]), 0);
    assert_eq!(stage.sandbox().cin7().calls().of("GET /SalesOrders"), 1);
}

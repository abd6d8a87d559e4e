//! What is answered to what, and what is stored then.

use std::time::Duration;

use prometheus_client::registry::Registry;

use domain::event::{EventKind, Origin};
use domain::ids::{OrderId, OrderRef};
use server::ServerMetrics;

use crate::bridge::{Bridge, Mode, config, inbound, now, token};
use crate::client::{chunked, cut_off, get, post, raw, send};

const TOKEN: (&str, &str) = ("X-Webhook-Token", "sesame");
const CIN7: &str = "/webhooks/cin7/acme";
const SHIPSTATION: &str = "/webhooks/shipstation/acme";
const MIB: usize = 1024 * 1024;

fn body_of(length: usize) -> Vec<u8> {
    let mut body = br#"{"id": 7}"#.to_vec();
    body.resize(length, b' ');
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_webhook_is_answered_with_the_ids_of_what_was_stored() {
    let bridge = Bridge::new();
    let answer = post(bridge.addr, CIN7, &[TOKEN], r#"[{"id": 7}, {"reference": "SO-1"}, {"id": 7}]"#).await;
    let stored = bridge.broker.events();
    let ids: Vec<_> = stored.iter().map(|event| event.id.to_string()).collect();
    assert_eq!(answer.event_ids(), ids);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let orders = [OrderRef::Id(OrderId(7)), OrderRef::Reference("SO-1".to_owned())];
    assert_eq!(stored.len(), orders.len());
    for (event, order) in stored.into_iter().zip(orders) {
        assert_eq!((event.origin, event.received_at), (Origin::Webhook, now()));
        assert_eq!(event.connection.as_str(), "acme");
        assert_eq!(event.kind, EventKind::OrderChanged { order });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_notice_is_stored_as_the_list_that_it_points_at() {
    let bridge = Bridge::new();
    let body = r#"{"resource_url": "https://ssapi6.shipstation.com/shipments?batchId=1&includeShipmentItems=False",
                   "resource_type": "SHIP_NOTIFY"}"#;
    let answer = post(bridge.addr, SHIPSTATION, &[TOKEN], body).await;
    assert_eq!(answer.event_ids().len(), 1);
    let EventKind::ShipmentsChanged { query } = &bridge.broker.events()[0].kind else {
        panic!("no shipments")
    };
    assert_eq!(query.to_string(), "shipments?batchId=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_does_not_concern_us_is_answered_and_not_stored() {
    let bridge = Bridge::new();
    let body = r#"{"resource_url": "https://x.test/", "resource_type": "Order \"NOTIFY\""}"#;
    let answer = post(bridge.addr, SHIPSTATION, &[TOKEN], body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), serde_json::json!({ "event_ids": [], "ignored": "Order \"NOTIFY\"" }));
    assert!(bridge.broker.events().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_come_in_the_documented_order() {
    let bridge = Bridge::new();
    let large = body_of(MIB + 1);
    let gzip = ("Content-Encoding", "gzip");
    // Each request has every fault of those below it.
    for (method, path, headers, body, expected) in [
        ("GET", "/webhooks/cin7/nobody", vec![gzip], &large[..], "404 unknown-connection"),
        ("GET", "/webhooks/shipstation/open", vec![gzip], &large, "404 unknown-connection"),
        ("PUT", CIN7, vec![gzip], &large, "405 method-not-allowed"),
        ("POST", CIN7, vec![gzip], &large, "413 body-too-large"),
        ("POST", CIN7, vec![gzip], b"{}", "415 unsupported-encoding"),
        ("POST", CIN7, vec![], b"{}", "401 not-proven"),
        ("POST", CIN7, vec![TOKEN], b"{}", "400 not-understood"),
        ("POST", SHIPSTATION, vec![TOKEN], b"{}", "400 not-understood"),
        ("GET", "/nowhere", vec![], b"", "404 not-found"),
        ("POST", "/webhooks/cin7/acme/more", vec![], b"", "404 not-found"),
        ("POST", "/healthz", vec![], b"", "405 method-not-allowed"),
        ("DELETE", "/metrics", vec![], b"", "405 method-not-allowed"),
    ] {
        let answer = send(bridge.addr, method, path, &headers, body).await;
        assert_eq!(format!("{} {}", answer.status, answer.problem()), expected, "{method} {path}");
    }
    assert!(bridge.broker.events().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_carries_the_headers_that_belong_to_it() {
    let bridge = Bridge::new();
    assert_eq!(get(bridge.addr, CIN7).await.header("allow"), Some("POST"));
    assert_eq!(post(bridge.addr, "/readyz", &[], "").await.header("allow"), Some("GET, HEAD"));
    for (connection, scheme) in [("acme", "Bearer"), ("basic", "Basic"), ("signed", "Webhook-Signature")] {
        let answer = post(bridge.addr, &format!("/webhooks/cin7/{connection}"), &[], "{}").await;
        assert!(answer.header("www-authenticate").unwrap().starts_with(scheme), "{answer:?}");
    }
    let answer = post(bridge.addr, CIN7, &[TOKEN], r#"[{"id": 1}, {}]"#).await;
    assert!(answer.json()["detail"].as_str().unwrap().starts_with("/1: expected `id`"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_1_mib_is_refused_and_one_of_1_mib_is_not() {
    let bridge = Bridge::new();
    let large = body_of(2 * MIB);
    assert_eq!(send(bridge.addr, "POST", CIN7, &[TOKEN], &large).await.problem(), "body-too-large");
    for size in [3 * MIB, 8192] {
        let request = chunked(CIN7, "X-Webhook-Token: sesame\r\n", &large, size);
        assert_eq!(raw(bridge.addr, &request).await.problem(), "body-too-large");
    }
    // Declared only: the answer does not wait for the body.
    let declared = format!("POST {CIN7} HTTP/1.1\r\nHost: bridge\r\nContent-Length: 999999999\r\n\r\n");
    assert_eq!(raw(bridge.addr, declared.as_bytes()).await.problem(), "body-too-large");
    assert!(bridge.broker.events().is_empty());
    let whole = body_of(MIB);
    assert_eq!(send(bridge.addr, "POST", CIN7, &[TOKEN], &whole).await.event_ids().len(), 1);
    let request = chunked(CIN7, "X-Webhook-Token: sesame\r\n", &whole, 1000);
    assert_eq!(raw(bridge.addr, &request).await.event_ids().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_slow_or_ends_early_is_refused() {
    let mut impatient = config(vec![inbound("acme", Some(token("sesame")), None)]);
    impatient.body_timeout = Duration::from_millis(300);
    let mut registry = Registry::default();
    let metrics = ServerMetrics::register(&mut registry);
    let bridge = Bridge::start(&impatient, registry, &metrics);
    let begun = format!("POST {CIN7} HTTP/1.1\r\nHost: bridge\r\n{}: {}\r\n", TOKEN.0, TOKEN.1);
    let declared = format!("{begun}Content-Length: 9\r\n\r\n{{\"id\"");
    let endless = format!("{begun}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"id\"");
    for request in [declared, endless] {
        assert_eq!(raw(bridge.addr, request.as_bytes()).await.problem(), "body-timeout");
        assert_eq!(cut_off(bridge.addr, request.as_bytes()).await.problem(), "not-understood");
    }
    assert!(bridge.broker.events().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_nobody_reads_does_not_hold_the_connection() {
    let bridge = Bridge::new();
    for (route, status) in [
        ("POST /webhooks/cin7/nobody", 404),
        ("PUT /webhooks/cin7/acme", 405),
        ("POST /nowhere", 404),
        ("POST /metrics", 405),
        ("GET /healthz", 200),
    ] {
        let head = format!("{route} HTTP/1.1\r\nHost: bridge\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc");
        // `raw` returns when the server has closed.
        let answering = raw(bridge.addr, head.as_bytes());
        let answer = tokio::time::timeout(Duration::from_secs(10), answering).await.unwrap();
        assert_eq!(answer.status, status, "{route}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_body_may_say_that_it_is_plain() {
    let bridge = Bridge::new();
    for encoding in ["identity", "Identity", ""] {
        let answer = post(bridge.addr, CIN7, &[TOKEN, ("Content-Encoding", encoding)], r#"{"id": 7}"#).await;
        assert_eq!(answer.event_ids().len(), 1, "{encoding}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_fails_or_hangs_is_a_503_and_not_a_loss_of_the_server() {
    let bridge = Bridge::new();
    for mode in [Mode::Fails, Mode::Hangs] {
        bridge.broker.set(mode);
        let answering = post(bridge.addr, CIN7, &[TOKEN], r#"{"id": 7}"#);
        let answer = tokio::time::timeout(Duration::from_secs(4), answering).await.unwrap();
        assert_eq!((answer.status, answer.problem().as_str()), (503, "not-stored"), "{mode:?}");
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    bridge.broker.set(Mode::Panics);
    let answer = post(bridge.addr, CIN7, &[TOKEN], r#"{"id": 7}"#).await;
    assert_eq!((answer.status, answer.problem().as_str()), (500, "internal"));
    assert!(bridge.broker.events().is_empty());
    bridge.broker.set(Mode::Records);
    assert_eq!(post(bridge.addr, CIN7, &[TOKEN], r#"{"id": 7}"#).await.event_ids().len(), 1);
}

//! Starting, health, metrics, load, and stopping.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tokio::net::TcpStream;

use crate::bridge::{Bridge, Mode, config, inbound, token};
use crate::client::{get, post, send};
use domain::clock::FixedClock;
use server::{Inbound, Proof, Readiness, Server, ServerMetrics, StartError};

const CIN7: &str = "/webhooks/cin7/acme?token=sesame";

#[tokio::test(flavor = "multi_thread")]
async fn the_probes_tell_alive_from_ready() {
    let bridge = Bridge::new();
    assert_eq!(get(bridge.addr, "/healthz").await.status, 200);
    assert_eq!(get(bridge.addr, "/readyz").await.status, 200);
    for path in ["/healthz", "/readyz", "/metrics"] {
        let head = send(bridge.addr, "HEAD", path, &[], b"").await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
    }
    for (mode, reason) in [
        (Mode::Fails, "the broker is closed"),
        (Mode::Hangs, "does not answer within 0.3 s"),
        (Mode::Panics, "a fault in this program"),
    ] {
        bridge.broker.set(mode);
        let answer = get(bridge.addr, "/readyz").await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "not-ready"));
        assert!(answer.json()["detail"].as_str().unwrap().contains(reason), "{answer:?}");
        assert_eq!(get(bridge.addr, "/healthz").await.status, 200);
    }
    bridge.broker.set(Mode::Records);
    bridge.readiness.set(false);
    assert!(
        get(bridge.addr, "/readyz").await.body.contains("starting, stopping, or cannot reach its ledger")
    );
    bridge.readiness.set(true);
    assert_eq!(get(bridge.addr, "/readyz").await.status, 200);
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Odd {
    text: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_count_outcomes_and_escape_labels() {
    let mut registry = Registry::with_prefix("shipbridge");
    let metrics = ServerMetrics::register(&mut registry);
    let odd = Family::<Odd, Counter>::default();
    odd.get_or_create(&Odd { text: "a\"b\\c\nd".to_owned() }).inc();
    registry.register("odd", "Odd", odd);
    let bridge =
        Bridge::start(&config(vec![inbound("acme", Some(token("sesame")), None)]), registry, &metrics);
    post(bridge.addr, CIN7, &[], r#"[{"id": 7}, {"id": 8}]"#).await;
    post(bridge.addr, CIN7, &[], "x").await;
    post(bridge.addr, "/webhooks/cin7/acme?token=guess", &[], "x").await;
    post(bridge.addr, "/webhooks/cin7/intruder", &[], "x").await;
    post(bridge.addr, "/webhooks/shipstation/acme", &[], "x").await;
    let page = get(bridge.addr, "/metrics").await;
    let text = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!((page.status, page.header("content-type")), (200, Some(text)));
    for line in [
        r#"shipbridge_webhooks_total{connection="acme",source="cin7",outcome="accepted"} 1"#,
        r#"shipbridge_webhooks_total{connection="acme",source="cin7",outcome="not_understood"} 1"#,
        r#"shipbridge_webhooks_total{connection="acme",source="cin7",outcome="not_proven"} 1"#,
        r#"shipbridge_webhooks_total{connection="acme",source="cin7",outcome="not_stored"} 0"#,
        r#"shipbridge_webhooks_total{connection="",source="cin7",outcome="unknown_connection"} 1"#,
        r#"shipbridge_webhooks_total{connection="",source="shipstation",outcome="unknown_connection"} 1"#,
        "shipbridge_webhook_answer_seconds_count 3",
        r#"shipbridge_odd_total{text="a\"b\\c\nd"} 1"#,
        "# EOF",
    ] {
        assert!(page.body.lines().any(|found| found == line), "{line} is missing:\n{}", page.body);
    }
    assert!(!page.body.contains("intruder") && !page.body.contains("guess"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_get_each_their_own_ids() {
    let bridge = Bridge::new();
    let answers = join_all((1..=100).map(|id| {
        let body = format!(r#"{{"orders": [{{"id": {id}}}, {{"reference": "SO-{id}"}}]}}"#);
        async move { post(bridge.addr, CIN7, &[], &body).await.event_ids() }
    }));
    let ids: BTreeSet<String> = answers.await.into_iter().flatten().collect();
    let stored: BTreeSet<String> = bridge.broker.events().iter().map(|event| event.id.to_string()).collect();
    assert_eq!(ids.len(), 200);
    assert_eq!(ids, stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_finishes_what_is_in_flight_and_takes_nothing_more() {
    let mut patient = config(vec![inbound("acme", Some(token("sesame")), None)]);
    patient.publish_deadline = Duration::from_secs(30);
    let mut registry = Registry::with_prefix("shipbridge");
    let metrics = ServerMetrics::register(&mut registry);
    let bridge = Bridge::start(&patient, registry, &metrics);
    bridge.broker.set(Mode::Waits);
    let (addr, broker) = (bridge.addr, bridge.broker.clone());
    let in_flight = post(addr, CIN7, &[], r#"{"id": 7}"#);
    let stopping = async {
        broker.entered.notified().await;
        let release = async {
            // The socket closes while the request is still being answered.
            while TcpStream::connect(addr).await.is_ok() {
                tokio::task::yield_now().await;
            }
            assert!(broker.events().is_empty());
            broker.release.notify_one();
        };
        tokio::join!(bridge.server.stop(), release);
    };
    let both = async { tokio::join!(in_flight, stopping).0 };
    let answer = tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
    assert_eq!(answer.event_ids().len(), 1);
    assert_eq!(broker.events().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_cannot_work_stops_the_start() {
    let running = Bridge::new();
    let start = |listen: &str, connections: Vec<Inbound>| {
        let mut registry = Registry::with_prefix("shipbridge");
        let metrics = ServerMetrics::register(&mut registry);
        let mut config = config(connections);
        config.listen = listen.parse().unwrap();
        let clock = Arc::new(FixedClock::at(crate::bridge::now()));
        let readiness = Readiness::new(true);
        Server::start(config, running.broker.clone(), None, clock, Arc::new(registry), &metrics, readiness)
            .unwrap_err()
    };
    let acme = || inbound("acme", Some(token("x")), None);
    assert!(matches!(start("127.0.0.1:0", vec![acme(), acme()]), StartError::DuplicateConnection(_)));
    let error = start("127.0.0.1:0", vec![inbound("acme", None, Some(token("")))]);
    assert_eq!(error.to_string(), "connection `acme`, inbound.shipstation: `secret` is missing or empty");
    let open = || vec![inbound("acme", Some(Proof::None), None)];
    assert!(matches!(start("0.0.0.0:0", open()), StartError::Open { platform: "cin7", .. }));
    let store = || vec![crate::store_fixture::store(&["acme:x"], false)];
    assert!(matches!(start("127.0.0.1:0", store()), StartError::NoLedger(_)));
    assert!(matches!(start(&running.addr.to_string(), vec![]), StartError::Listen { .. }));
}

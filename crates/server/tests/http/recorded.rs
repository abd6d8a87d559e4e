//! Payloads and signatures that were recorded elsewhere. They are not part of the project: without them the
//! tests say so and pass, unless `SHIPBRIDGE_REQUIRE_RECORDED` is set.

use std::path::PathBuf;

use jiff::SignedDuration;
use serde_json::Value;

use crate::bridge::{Bridge, inbound, now, secrets, token};
use crate::client::post;
use server::Proof;

#[path = "../../../../tests/support/recordings.rs"]
mod recordings;

pub(crate) fn recorded(name: &str) -> Option<PathBuf> {
    let path = recordings::folder()?.join(name);
    assert!(path.exists(), "no {}", path.display());
    Some(path)
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_of_the_reference_libraries_are_believed() {
    let Some(path) = recorded("standard-webhooks/sign-vectors.json") else { return };
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let vectors = vectors["sign"].as_array().unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let proof = Proof::StandardWebhooks { secrets: secrets(&[text("secret")]) };
        let bridge = Bridge::with(vec![inbound("acme", Some(proof), None)]);
        let sent = vector["timestamp"].as_i64().unwrap();
        bridge.clock.advance(SignedDuration::from_secs(sent - now().as_second()));
        let sent = sent.to_string();
        let headers =
            [("webhook-id", text("id")), ("webhook-timestamp", &sent), ("webhook-signature", text("expect"))];
        // None of them names an order: a believed one gets as far as being not understood.
        let body = text("body");
        assert_eq!(post(bridge.addr, "/webhooks/cin7/acme", &headers, body).await.status, 400, "{vector}");
        let changed = format!("{body} ");
        assert_eq!(
            post(bridge.addr, "/webhooks/cin7/acme", &headers, &changed).await.status,
            401,
            "{vector}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_of_shipstation_are_taken() {
    let Some(folder) = recorded("shipstation/webhooks") else { return };
    let bridge = Bridge::with(vec![inbound("acme", None, Some(token("sesame")))]);
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        // The help pages write X for the number of the host.
        let body = std::fs::read_to_string(file.unwrap().path()).unwrap().replace("ssapiX.", "ssapi7.");
        let answer = post(bridge.addr, "/webhooks/shipstation/acme?token=sesame", &[], &body).await;
        let expected = if body.contains("ORDER_NOTIFY") { 200 } else { 202 };
        assert_eq!(answer.status, expected, "{body}: {answer:?}");
        seen += 1;
    }
    assert!(seen > 0);
}

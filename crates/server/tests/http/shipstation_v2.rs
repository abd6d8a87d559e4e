//! ShipStation's V2 signatures, made with real keys, checked against a key set that a server on this machine
//! publishes: what is believed, and when the keys are fetched.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use domain::clock::Clock;
use domain::event::EventKind;
use server::{KeySource, Proof, ServerConfig, ServerMetrics};

use crate::bridge::{Bridge, config, inbound, now};
use crate::client::{Answer, post};
use crate::eventually::{eventually, holds};
use crate::key_server::{KeyServer, Manner};
use crate::signing_keys::{SigningKey, headers, key_set};

const PATH: &str = "/webhooks/shipstation/acme";
const NOTICE: &str = r#"{"resource_url":"https://api.shipstation.com/v2/labels?shipment_id=se-7","resource_type":"LABEL_CREATED_V2"}"#;
/// How long what happens in the background may take on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// A bridge whose keys come from this server.
fn bridge(keys: &KeyServer) -> Bridge {
    bridge_that_waits(SOON, keys)
}

/// The same, which lets its callers wait for so long.
fn bridge_that_waits(within: Duration, keys: &KeyServer) -> Bridge {
    let addr = keys.addr();
    let source = KeySource::new(move || fetch(addr).boxed());
    let connection = inbound("acme", None, Some(Proof::ShipStationV2 { keys: source }));
    let mut registry = Registry::with_prefix("shipbridge");
    let metrics = ServerMetrics::register(&mut registry);
    let config = ServerConfig { publish_deadline: within, ..config(vec![connection]) };
    Bridge::start(&config, registry, &metrics)
}

async fn fetch(addr: SocketAddr) -> Result<Bytes, String> {
    let answer = async {
        let mut stream = TcpStream::connect(addr).await?;
        stream.write_all(b"GET /jwks HTTP/1.1\r\nHost: keys\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = answer.await.map_err(|error| error.to_string())?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200 ") => Ok(Bytes::from(body.to_owned())),
        _ => Err(format!("no document: {answer}")),
    }
}

fn publishes(keys: &[&SigningKey]) -> Manner {
    Manner::Says(key_set(&keys.iter().map(|key| key.published()).collect::<Vec<_>>()))
}

async fn send(bridge: &Bridge, headers: &[(&'static str, String)], body: &str) -> Answer {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    post(bridge.addr, PATH, &headers, body).await
}

/// Sends a notification that this key signed now.
async fn notify(bridge: &Bridge, key: &SigningKey) -> Answer {
    send(bridge, &key.headers(&bridge.clock.now().to_string(), NOTICE), NOTICE).await
}

async fn status(bridge: &Bridge, key: &SigningKey) -> u16 {
    notify(bridge, key).await.status
}

fn assert_refused(answer: &Answer, expected: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (401, "not-proven"), "{answer:?}");
    assert_eq!(answer.header("www-authenticate"), Some("Webhook-Signature realm=\"shipbridge\""));
    assert!(answer.json()["detail"].as_str().unwrap().contains(expected), "{expected}: {answer:?}");
}

fn assert_is_unprovable(answer: &Answer) {
    assert_eq!((answer.status, answer.problem().as_str()), (503, "not-provable"), "{answer:?}");
    assert_eq!(answer.header("retry-after"), Some("60"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_of_v2_that_shipstation_signed_is_stored() {
    let (first, sent) = (SigningKey::first(), now().to_string());
    let keys = KeyServer::start(publishes(&[&first]));
    let bridge = bridge(&keys);
    let signature = first.sign(&sent, NOTICE);
    for written in [
        STANDARD.encode(&signature),
        STANDARD_NO_PAD.encode(&signature),
        URL_SAFE.encode(&signature),
        URL_SAFE_NO_PAD.encode(&signature),
    ] {
        let answer = send(&bridge, &headers("first", &written, &sent), NOTICE).await;
        assert_eq!(answer.event_ids().len(), 1, "{written}");
    }
    let elsewhere = "2026-01-05T01:00:00.000+01:00";
    let answer = send(&bridge, &first.headers(elsewhere, NOTICE), NOTICE).await;
    assert_eq!(answer.event_ids().len(), 1);
    for event in bridge.broker.events() {
        let EventKind::ShipmentsChanged { query } = event.kind else { panic!("no shipments") };
        assert_eq!(query.to_string(), "shipments?orderId=7");
    }
    assert_eq!(keys.asked().len(), 1, "the keys are remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_published_key_did_not_sign_is_refused() {
    let (first, second, sent) = (SigningKey::first(), SigningKey::second(), now().to_string());
    let keys = KeyServer::start(publishes(&[&first, &second]));
    let bridge = bridge(&keys);
    let good = STANDARD.encode(first.sign(&sent, NOTICE));
    let others = STANDARD.encode(second.sign(&sent, NOTICE));
    let (later, changed) = ("2026-01-05T00:00:01Z", NOTICE.replace("se-7", "se-8"));
    let unfit = "does not fit timestamp and body";
    for (id, signature, timestamp, body, expected) in [
        ("first", good.as_str(), sent.as_str(), changed.as_str(), unfit),
        ("first", &good, &sent, "", unfit),
        ("first", &good, later, NOTICE, unfit),
        ("second", &good, &sent, NOTICE, unfit),
        ("first", &others, &sent, NOTICE, unfit),
        ("first", &good[4..], &sent, NOTICE, unfit),
        ("first", "AAAA", &sent, NOTICE, unfit),
        ("first", "*", &sent, NOTICE, unfit),
        ("first", "", &sent, NOTICE, "expected the headers"),
        ("", &good, &sent, NOTICE, "expected the headers"),
        ("first", &good, "", NOTICE, "expected the headers"),
        ("first", &good, "soon", NOTICE, "expected the headers"),
        ("first", &good, "1767571200", NOTICE, "expected the headers"),
        ("First", &good, &sent, NOTICE, "none of the sender's published keys"),
    ] {
        assert_refused(&send(&bridge, &headers(id, signature, timestamp), body).await, expected);
    }
    let all = first.headers(&sent, NOTICE);
    for missing in 0..all.len() {
        let rest: Vec<_> = all.iter().enumerate().filter(|(at, _)| *at != missing).collect();
        let rest: Vec<_> = rest.into_iter().map(|(_, header)| header.clone()).collect();
        assert_refused(&send(&bridge, &rest, NOTICE).await, "those of V1 are not signed");
    }
    assert!(bridge.broker.events().is_empty());
    assert_eq!(status(&bridge, &first).await, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timestamp_may_be_five_minutes_off_and_older_calls_fetch_nothing() {
    let first = SigningKey::first();
    let keys = KeyServer::start(publishes(&[&first]));
    let bridge = bridge(&keys);
    for (seconds, proven) in [(-301, false), (301, false), (86_400, false), (-300, true), (300, true)] {
        let sent = (now() + SignedDuration::from_secs(seconds)).to_string();
        let answer = send(&bridge, &first.headers(&sent, NOTICE), NOTICE).await;
        if proven {
            assert_eq!(answer.status, 202, "{seconds}");
        } else {
            assert_refused(&answer, "more than 5 minutes off");
            assert_eq!(keys.asked().len(), 0, "{seconds}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_is_looked_for_once_a_minute_and_a_new_one_is_found() {
    let (first, second) = (SigningKey::first(), SigningKey::second());
    let keys = KeyServer::start(publishes(&[&first]));
    let bridge = bridge(&keys);
    assert_eq!(status(&bridge, &first).await, 202);
    bridge.clock.advance(SignedDuration::from_secs(60));
    for _ in 0..3 {
        assert_refused(&notify(&bridge, &second).await, "none of the sender's published keys");
        assert_eq!(keys.asked().len(), 2);
    }
    keys.behave(publishes(&[&second]));
    bridge.clock.advance(SignedDuration::from_secs(59));
    assert_eq!((status(&bridge, &second).await, keys.asked().len()), (401, 2));
    bridge.clock.advance(SignedDuration::from_secs(1));
    assert_eq!((status(&bridge, &second).await, keys.asked().len()), (202, 3));
    // The old one was withdrawn.
    assert_eq!((status(&bridge, &first).await, keys.asked().len()), (401, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_looked_for_is_no_wrong_key() {
    let (first, second) = (SigningKey::first(), SigningKey::second());
    let keys = KeyServer::start(publishes(&[&first]));
    let bridge = bridge(&keys);
    assert_eq!(status(&bridge, &first).await, 202);
    keys.behave(Manner::HangsUp);
    bridge.clock.advance(SignedDuration::from_secs(60));
    for _ in 0..2 {
        assert_is_unprovable(&notify(&bridge, &second).await);
        assert_eq!((status(&bridge, &first).await, keys.asked().len()), (202, 2));
    }
    keys.behave(publishes(&[&second]));
    // A clock that was set back does not lock anybody out.
    bridge.clock.advance(SignedDuration::from_mins(-10));
    assert_eq!((status(&bridge, &second).await, keys.asked().len()), (202, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_come_together_share_one_fetch() {
    let first = SigningKey::first();
    let keys = KeyServer::start(publishes(&[&first]));
    let bridge = bridge(&keys);
    let statuses = join_all((0..20).map(|_| status(&bridge, &first))).await;
    assert_eq!(statuses, [202; 20]);
    assert_eq!(keys.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_other_kinds_and_what_is_no_key_are_passed_over() {
    let (first, second, sent) = (SigningKey::first(), SigningKey::second(), now().to_string());
    let with = |key: &SigningKey, member: &str, value: Value| {
        let mut published = key.published();
        published[member] = value;
        published
    };
    let padded = |key: &SigningKey| {
        let number = |member: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(key.published()[member].as_str().unwrap()).unwrap();
            Value::from(URL_SAFE.encode([&[0], bytes.as_slice()].concat()))
        };
        json!({ "kty": "RSA", "kid": "padded", "n": number("n"), "e": number("e") })
    };
    let curve = json!({ "kty": "EC", "kid": "curve", "crv": "P-256", "x": "AA", "y": "AA" });
    let set = [
        json!(null),
        json!("first"),
        json!([]),
        json!({}),
        json!({ "kty": "RSA", "kid": "short", "n": "AQAB", "e": "AQAB" }),
        json!({ "kty": "RSA", "kid": "first" }),
        curve,
        with(&second, "kty", json!("EC")),
        with(&second, "use", json!("enc")),
        with(&second, "n", json!("*")),
        with(&second, "e", json!("AQ")),
        with(&second, "e", json!("")),
        with(&second, "kid", json!(7)),
        padded(&second),
        first.published(),
    ];
    let keys = KeyServer::start(Manner::Says(key_set(&set)));
    let bridge = bridge(&keys);
    assert_eq!(status(&bridge, &first).await, 202);
    let signature = STANDARD.encode(second.sign(&sent, NOTICE));
    assert_eq!(send(&bridge, &headers("padded", &signature, &sent), NOTICE).await.status, 202);
    for unusable in ["second", "curve", "short", "7"] {
        let answer = send(&bridge, &headers(unusable, &signature, &sent), NOTICE).await;
        assert_refused(&answer, "none of the sender's published keys");
    }
    let addr = keys.addr();
    assert_eq!(KeySource::new(move || fetch(addr).boxed()).count().await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_nothing_is_accepted_and_the_sender_comes_again() {
    let first = SigningKey::first();
    let page = "<!doctype html><title>Sign in</title>".to_owned();
    let set = key_set(&[first.published()]);
    let curve = json!({ "kty": "EC", "kid": "first" });
    for down in [
        Manner::HangsUp,
        Manner::Refuses("503 Service Unavailable".to_owned(), set.clone()),
        Manner::Refuses("302 Found\r\nLocation: http://127.0.0.1:1/".to_owned(), set.clone()),
        Manner::Says(page),
        Manner::Says(String::new()),
        Manner::Says("[]".to_owned()),
        Manner::Says(key_set(&[])),
        Manner::Says(key_set(&[curve])),
        Manner::Says(set[..set.len() - 1].to_owned()),
    ] {
        let keys = KeyServer::start(down.clone());
        let bridge = bridge(&keys);
        for _ in 0..3 {
            let answer = notify(&bridge, &first).await;
            assert_is_unprovable(&answer);
            assert!(!answer.body.contains("127.0.0.1"), "{answer:?}");
        }
        assert_eq!(keys.asked().len(), 1, "{down:?}");
        assert!(bridge.broker.events().is_empty());
        let addr = keys.addr();
        assert!(KeySource::new(move || fetch(addr).boxed()).count().await.is_err(), "{down:?}");
        keys.behave(publishes(&[&first]));
        bridge.clock.advance(SignedDuration::from_secs(60));
        assert_eq!(status(&bridge, &first).await, 202, "{down:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_slow_to_come_are_there_for_the_next_call() {
    let first = SigningKey::first();
    let keys = KeyServer::start(Manner::Waits);
    let bridge = bridge_that_waits(Duration::from_millis(100), &keys);
    assert_is_unprovable(&notify(&bridge, &first).await);
    assert_is_unprovable(&notify(&bridge, &first).await);
    assert!(bridge.broker.events().is_empty());
    keys.behave(publishes(&[&first]));
    // The fetch has gone on although nobody has been waiting.
    eventually("the keys are there", SOON, || {
        let status = block_on(status(&bridge, &first));
        holds(status == 202, status)
    });
    assert_eq!(keys.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_a_day_old_are_fetched_again_while_they_go_on_being_used() {
    let (first, second) = (SigningKey::first(), SigningKey::second());
    let keys = KeyServer::start(publishes(&[&first]));
    let bridge = bridge(&keys);
    assert_eq!(status(&bridge, &first).await, 202);
    bridge.clock.advance(SignedDuration::from_hours(24));
    assert_eq!((status(&bridge, &first).await, keys.asked().len()), (202, 1));

    // Nobody waits for the refresh; while none succeeds, it is tried once a minute.
    keys.behave(Manner::Waits);
    bridge.clock.advance(SignedDuration::from_secs(1));
    assert_eq!([status(&bridge, &first).await, status(&bridge, &first).await], [202; 2]);
    eventually("the keys are asked for", SOON, || holds(keys.asked().len() == 2, keys.asked().len()));
    keys.behave(Manner::HangsUp);
    eventually("the refresh fails, and the next is tried", SOON, || {
        bridge.clock.advance(SignedDuration::from_mins(1));
        let status = block_on(status(&bridge, &first));
        assert_eq!(status, 202);
        holds(keys.asked().len() > 2, keys.asked().len())
    });

    keys.behave(publishes(&[&second]));
    eventually("the first key is withdrawn", SOON, || {
        bridge.clock.advance(SignedDuration::from_mins(1));
        let status = block_on(status(&bridge, &first));
        holds(status == 401, status)
    });
    assert_eq!(status(&bridge, &second).await, 202);
}

/// Within [`eventually`], on one of the test's threads.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_does_not_end_the_fetch() {
    let first = SigningKey::first();
    let keys = KeyServer::start(Manner::Waits);
    let bridge = bridge(&keys);
    let head = first.headers(&now().to_string(), NOTICE).map(|(name, value)| format!("{name}: {value}\r\n"));
    let (head, length) = (head.concat(), NOTICE.len());
    let request =
        format!("POST {PATH} HTTP/1.1\r\nHost: bridge\r\n{head}Content-Length: {length}\r\n\r\n{NOTICE}");
    let mut caller = TcpStream::connect(bridge.addr).await.unwrap();
    caller.write_all(request.as_bytes()).await.unwrap();
    eventually("the keys are asked for", SOON, || holds(keys.asked().len() == 1, "nobody asked"));
    drop(caller);
    keys.behave(publishes(&[&first]));
    assert_eq!((status(&bridge, &first).await, keys.asked().len()), (202, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_notification_is_not_followed_and_a_signed_address_is_not_trusted() {
    let first = SigningKey::first();
    let keys = KeyServer::start(publishes(&[&first]));
    let bridge = bridge(&keys);
    let sent: Timestamp = now();
    for (resource_type, url, expected) in [
        ("LABEL_CREATED_V2", "https://api.shipstation.com.evil.test/v2/labels?label_id=se-1", 400),
        ("LABEL_CREATED_V2", "https://ssapi.shipstation.com/v2/labels?label_id=se-1", 400),
        ("SHIP_NOTIFY", "https://ssapi.shipstation.com/shipments?batchId=1", 202),
        ("TRACK_EVENT_V2", "https://evil.test/", 200),
    ] {
        let body = json!({ "resource_url": url, "resource_type": resource_type }).to_string();
        let answer = send(&bridge, &first.headers(&sent.to_string(), &body), &body).await;
        assert_eq!(answer.status, expected, "{url}: {answer:?}");
    }
}

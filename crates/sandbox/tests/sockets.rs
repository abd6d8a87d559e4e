//! The sandbox over real sockets: a round trip, webhooks, and every fault as a client meets it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sandbox::faults::FaultProfile;
use sandbox::generator::Generator;
use sandbox::serve::{Cin7Webhook, Sandbox, SandboxConfig};
use sandbox::shipstation::model::OrderStatus;
use sandbox::shipstation::{LabelRequest, WebhookEvent};
use sandbox::warehouse::{Warehouse, WarehouseSettings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Status, content type and body, or that the transfer broke.
type Outcome = Result<(u16, String, Vec<u8>), &'static str>;

async fn send(method: &str, url: String, user: &str, password: &str, body: &Value) -> Outcome {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = hyper::Request::builder()
        .method(method)
        .uri(url)
        .header("Authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
        .body(Full::from(body))
        .unwrap();
    let response = client.request(request).await.map_err(|_| "no answer")?;
    let status = response.status().as_u16();
    let media = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.map_err(|_| "cut off")?.to_bytes();
    Ok((status, media.unwrap_or_default(), body.to_vec()))
}

async fn shipstation(sandbox: &Sandbox, method: &str, target: &str, body: Value) -> Outcome {
    let url = format!("http://{}{target}", sandbox.shipstation_addr());
    send(method, url, "demo-ss-key", "demo-ss-secret", &body).await
}

async fn start(faults: &str) -> Sandbox {
    let faults = faults.parse::<FaultProfile>().unwrap();
    Sandbox::start(SandboxConfig { faults, ..SandboxConfig::default() }).await.unwrap()
}

fn order(number: usize) -> Value {
    json!({
        "orderNumber": format!("SO-{number}"),
        "orderKey": format!("key-{number}"),
        "orderDate": "2024-09-16 09:00:00",
        "orderStatus": "awaiting_shipment",
        "billTo": { "name": "Pat Doe" },
        "shipTo": { "name": "Pat Doe", "country": "US" },
        "items": [{ "name": "Apple", "quantity": 2, "unitPrice": 10.5 }],
    })
}

/// Answers each request with the next of `statuses` (then 200) and hands on its body.
async fn receiver(statuses: &'static [u16]) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, bodies) = mpsc::unbounded_channel();
    tokio_util::task::TaskTracker::new().spawn(async move {
        for status in statuses.iter().copied().chain(std::iter::repeat(200)) {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let mut buffer = [0; 4096];
            while !text.contains('}') {
                let read = socket.read(&mut buffer).await.unwrap();
                assert!(read > 0, "the request ended early: {text}");
                text.push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
            sender.send(text).unwrap();
        }
    });
    (address, bodies)
}

async fn within_deadline(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "the condition did not come true in 20 s");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_in_ships_and_is_told_and_read_back_over_sockets() {
    let sandbox = start("none").await;
    let (target, mut bodies) = receiver(&[503]).await;
    let subscription = json!({ "target_url": target, "event": "SHIP_NOTIFY" });
    assert_eq!(shipstation(&sandbox, "POST", "/webhooks/subscribe", subscription).await.unwrap().0, 200);
    let orders: Vec<_> = (0..30).map(order).collect();
    let (status, media, body) =
        shipstation(&sandbox, "POST", "/orders/createorders", json!(orders)).await.unwrap();
    assert_eq!((status, media.as_str()), (200, "application/json; charset=utf-8"));
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["hasErrors"], false);

    let settings = WarehouseSettings { batch_size: 100, mark_share: 0.0, ..WarehouseSettings::default() };
    let mut warehouse = Warehouse::new(1, settings);
    let now = sandbox.now();
    while warehouse.step(&mut sandbox.shipstation(), now).remaining > 0 {}

    let refused = bodies.recv().await.unwrap();
    assert!(refused.starts_with("POST /hook") && refused.to_lowercase().contains("application/json"));
    let told = bodies.recv().await.unwrap();
    let told: Value = serde_json::from_str(&told[told.find('{').unwrap()..]).unwrap();
    let base = format!("http://{}", sandbox.shipstation_addr());
    let resource = told["resource_url"].as_str().unwrap().strip_prefix(&base).unwrap().to_owned();
    let (_, _, page) = shipstation(&sandbox, "GET", &resource, Value::Null).await.unwrap();
    assert!(serde_json::from_slice::<Value>(&page).unwrap()["total"].as_u64().unwrap() > 0);
    within_deadline(|| sandbox.pending_webhooks() == 0).await;
    assert!(sandbox.webhooks().delivered >= 1);
    assert_eq!(sandbox.shipstation().orders_in(OrderStatus::AwaitingShipment).count(), 0);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_fault_is_met_as_documented_and_commits_or_does_not() {
    for (fault, outcome, commits) in [
        ("none", Ok(200), true),
        ("rate-limit=1", Ok(429), false),
        ("server-error-before=1", Ok(500), false),
        ("server-error-after=1", Ok(500), true),
        ("html=1", Ok(502), false),
        ("reset-before=1", Err("no answer"), false),
        ("reset-after=1", Err("no answer"), true),
    ] {
        let sandbox = start(fault).await;
        let met = shipstation(&sandbox, "POST", "/orders/createorder", order(1)).await;
        assert_eq!(met.map(|(status, ..)| status), outcome, "{fault}");
        assert_eq!(sandbox.shipstation().orders().count(), usize::from(commits), "{fault}");
        sandbox.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn truncated_answers_come_as_short_json_and_as_broken_transfers() {
    let sandbox = start("truncated=1").await;
    let (mut short, mut broken) = (0, 0);
    for _ in 0..20 {
        match shipstation(&sandbox, "GET", "/stores", Value::Null).await {
            Ok((200, _, body)) if serde_json::from_slice::<Value>(&body).is_err() => short += 1,
            Err("cut off") => broken += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(short > 0 && broken > 0, "{short} {broken}");
    assert_eq!(sandbox.shipstation().calls().of("GET /stores"), 20);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_answers_come_late_and_whole() {
    let faults = FaultProfile { longest_delay: Duration::from_millis(200), .."slow=1".parse().unwrap() };
    let sandbox = Sandbox::start(SandboxConfig { faults, ..SandboxConfig::default() }).await.unwrap();
    let before = Instant::now();
    let (status, ..) = shipstation(&sandbox, "GET", "/stores", Value::Null).await.unwrap();
    assert_eq!(status, 200);
    assert!(before.elapsed() >= Duration::from_millis(20));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_are_duplicated_and_dropped_as_the_profile_says() {
    let (target, mut bodies) = receiver(&[]).await;
    for (fault, copies) in [("webhook-duplicate=1", 2), ("webhook-drop=1", 0)] {
        let faults = FaultProfile { longest_delay: Duration::from_millis(50), ..fault.parse().unwrap() };
        let sandbox = Sandbox::start(SandboxConfig { faults, ..SandboxConfig::default() }).await.unwrap();
        sandbox.shipstation().subscribe(target.as_str(), WebhookEvent::ShipNotify, None);
        assert_eq!(shipstation(&sandbox, "POST", "/orders/createorder", order(1)).await.unwrap().0, 200);
        let id = sandbox.shipstation().order_by_key("key-1").unwrap().order_id;
        let now = sandbox.now();
        sandbox.shipstation().buy_label(&LabelRequest::whole(id), now).unwrap();
        within_deadline(|| sandbox.pending_webhooks() == 0).await;
        let counts = sandbox.webhooks();
        assert_eq!((counts.delivered, counts.dropped), (copies, u64::from(copies == 0)), "{fault}");
        for _ in 0..copies {
            assert!(bodies.recv().await.unwrap().contains("SHIP_NOTIFY"));
        }
        sandbox.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_cin7_order_is_poked_by_its_id_with_the_headers_asked_for() {
    let (url, mut bodies) = receiver(&[]).await;
    let headers = vec![("X-Webhook-Token".to_owned(), "s3cret".to_owned())];
    let cin7_webhook = Some(Cin7Webhook { url, headers });
    let sandbox = Sandbox::start(SandboxConfig { cin7_webhook, ..SandboxConfig::default() }).await.unwrap();
    let now = sandbox.now();
    let mut generator = Generator::new(1, now);
    let products = generator.catalogue();
    let id = sandbox.cin7().add_order(generator.order(&products).order, now);
    let told = bodies.recv().await.unwrap();
    assert!(told.to_lowercase().contains("x-webhook-token: s3cret"), "{told}");
    assert!(told.ends_with(&json!({ "id": id }).to_string()), "{told}");
    let url = format!("http://{}/api/v1/SalesOrders/{id}", sandbox.cin7_addr());
    let (status, _, body) = send("GET", url, "DemoAU", "demo-cin7-key", &Value::Null).await.unwrap();
    assert_eq!(status, 200);
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["id"], id);
    sandbox.stop().await;
}

//! ShipStation's V2 webhooks, which are signed: what is forged leads nowhere, what is signed is read through V1.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};

use jiff::{SignedDuration, Timestamp};

use crate::bridge::Bridge;
use crate::eventually::{eventually, holds};
use crate::http::{self, Answer};
use crate::key_server::{KeyServer, Manner};
use crate::orders;
use crate::signing_keys::{SigningKey, headers, key_set};
use crate::stage::{SHIPSTATION_TOKEN, STEP, Setup, Stage};

/// Addresses that lead elsewhere, or pretend to. `{trap}` is the other server.
const FOREIGN: [&str; 9] = [
    "http://{trap}/v2/labels?label_id=se-1",
    "https://{trap}/v2/labels?label_id=se-1",
    "https://api.shipstation.com@{trap}/v2/labels?label_id=se-1",
    "https://demo-ss-key:demo-ss-secret@api.shipstation.com/v2/labels?label_id=se-1",
    "https://api.shipstation.com.{trap}/v2/labels?label_id=se-1",
    "https://api.shipstation.com\\@{trap}/v2/labels?label_id=se-1",
    "https://api.shipstation.com//{trap}/v2/labels?label_id=se-1",
    "https://ssapi.shipstation.com/v2/labels?label_id=se-1",
    "//{trap}/v2/labels?label_id=se-1",
];

/// A bridge that takes signed notifications only. Nothing but those of a test makes it look at shipments.
struct Signed {
    stage: Stage,
    keys: KeyServer,
    key: SigningKey,
}

impl Signed {
    fn new(watch: &'static str) -> Self {
        let setup = Setup { watch, sweep: "off", webhooks: false, ..Setup::default() };
        let key = SigningKey::first();
        let keys = KeyServer::start(Manner::Says(key_set(&[key.published()])));
        Self { stage: Stage::new(&setup), keys, key }
    }

    fn start(&self) -> Bridge {
        let jwks_url = format!("http://{}/jwks", self.keys.addr());
        let variables = [
            ("SHIPBRIDGE__CONNECTIONS__ACME__INBOUND__SHIPSTATION__AUTH", "shipstation_v2"),
            ("SHIPBRIDGE__CONNECTIONS__ACME__INBOUND__SHIPSTATION__JWKS_URL", jwks_url.as_str()),
        ];
        Bridge::start(self.stage.folder(), self.stage.addr, &variables)
    }

    /// Sends a notification with these headers, and with the token that another proof would take.
    fn send(&self, headers: &[(&'static str, String)], body: &str) -> Answer {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let path = format!("/webhooks/shipstation/acme?token={SHIPSTATION_TOKEN}");
        http::post(self.stage.addr, &path, &headers, body.as_bytes()).unwrap()
    }

    /// Sends what ShipStation would have signed now.
    fn notify(&self, resource_type: &str, url: &str) -> Answer {
        let body = notice(resource_type, url);
        self.send(&self.key.headers(&self.now(), &body), &body)
    }

    /// A timestamp as ShipStation writes it.
    fn now(&self) -> String {
        written(self.stage.now())
    }

    fn questions(&self) -> u64 {
        let calls = self.stage.sandbox();
        let shipstation = calls.shipstation();
        shipstation.calls().of("GET /shipments") + shipstation.calls().of("GET /fulfillments")
    }
}

fn written(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn notice(resource_type: &str, url: &str) -> String {
    serde_json::json!({ "resource_url": url, "resource_type": resource_type }).to_string()
}

#[test]
fn a_forged_notification_of_v2_makes_nobody_call_anybody() {
    let (signed, other) = (Signed::new("off"), SigningKey::second());
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    let trap_addr = trap.local_addr().unwrap();
    let bridge = signed.start();
    let (now, stale) = (signed.now(), written(signed.stage.now() - SignedDuration::from_mins(6)));
    for url in FOREIGN.iter().chain(&["https://api.shipstation.com/v2/labels?label_id=se-1"]) {
        let url = url.replace("{trap}", &trap_addr.to_string());
        let body = notice("LABEL_CREATED_V2", &url);
        for forged in [
            vec![],
            headers("first", "c2lnbmF0dXJl", &now).to_vec(),
            other.headers(&now, &body).to_vec(),
            [&other.headers(&now, &body)[1..], &signed.key.headers(&now, &body)[..1]].concat(),
            signed.key.headers(&now, &notice("LABEL_CREATED_V2", "https://api.shipstation.com/")).to_vec(),
            signed.key.headers(&stale, &body).to_vec(),
        ] {
            let answer = signed.send(&forged, &body);
            assert_eq!(answer.status, 401, "{url} {forged:?}: {}", answer.body);
        }
    }
    // Even what is signed is not followed.
    for url in FOREIGN {
        let url = url.replace("{trap}", &trap_addr.to_string());
        assert_eq!(signed.notify("LABEL_CREATED_V2", &url).status, 400, "{url}");
    }
    assert_eq!(signed.questions(), 0, "nothing was stored");

    // What had been stored would have been worked on before this one.
    let good = "https://api.shipstation.com/v2/fulfillments?fulfillment_id=se-5&shipment_id=se-123";
    assert_eq!(signed.notify("FULFILLMENT_SHIPPED_V2", good).status, 202);
    eventually("the good one is asked for", STEP, || {
        let asked = signed.stage.sandbox().shipstation().calls().of("GET /fulfillments");
        holds(asked > 0, "nobody asked")
    });
    assert_eq!(signed.stage.sandbox().shipstation().calls().of("GET /shipments"), 0);
    assert!(nobody_came(&trap), "somebody called the other server");
    let asked = signed.keys.asked();
    assert!(!asked.is_empty() && asked.len() < 3, "{asked:?}");
    for request in asked {
        assert!(request.starts_with("get /jwks http/1.1\r\n"), "{request}");
        for secret in ["authorization", "cookie", "demo-", SHIPSTATION_TOKEN] {
            assert!(!request.contains(secret), "{request}");
        }
    }
    assert!(!bridge.log().contains("demo-ss-secret"));
    // The trap does catch.
    let _caller = TcpStream::connect::<SocketAddr>(trap_addr).unwrap();
    eventually("the trap catches", STEP, || holds(!nobody_came(&trap), "nobody"));
}

/// Whether nobody has connected since this was last asked.
fn nobody_came(trap: &TcpListener) -> bool {
    trap.set_nonblocking(true).unwrap();
    match trap.accept() {
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

#[test]
fn a_label_that_v2_tells_of_comes_back_with_its_tracking_number() {
    let signed = Signed::new("1s");
    let stage = &signed.stage;
    let _bridge = signed.start();
    // Of one label its id is told, of the other its batch.
    for query in ["label_id=se-{label}", "batch_id=se-64616278"] {
        let id = stage.add(orders::order(&format!("SO-{}", query.len())));
        stage.pick(id);
        let label = stage.label(stage.placed(id).order_id);
        let query = query.replace("{label}", &label.shipment_id.to_string());
        let url = format!("https://api.shipstation.com/v2/labels?{query}");
        assert_eq!(signed.notify("LABEL_CREATED_V2", &url).status, 202);
        let order = stage.shows("the order is dispatched", id, |order| order.dispatched_date.is_some());
        assert_eq!(order.tracking_code.as_deref(), Some(label.tracking_number.as_str()));
    }
}

#[test]
fn check_counts_the_keys() {
    let signed = Signed::new("off");
    let file = signed.stage.folder().join("shipbridge.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let jwks_url = format!("auth = \"shipstation_v2\"\njwks_url = \"http://{}/jwks\"", signed.keys.addr());
    let secret = format!("secret = \"{SHIPSTATION_TOKEN}\"");
    assert!(text.contains(&secret));
    std::fs::write(&file, text.replace(&secret, &jwks_url)).unwrap();
    let found = signed.stage.command(&["check"]);
    assert!(found.stdout.contains("ok  acme: public keys: 1 usable RSA key at http://"), "{}", found.stdout);
    signed.keys.behave(Manner::HangsUp);
    let found = signed.stage.command(&["check"]);
    assert!(found.stdout.contains("NO  acme: public keys: "), "{}", found.stdout);
    assert!(found.stdout.contains("look at inbound.shipstation.jwks_url"), "{}", found.stdout);
    assert_eq!(found.code, Some(1));
    let offline = signed.stage.command(&["check", "--offline"]);
    assert!(!offline.stdout.contains("public keys"), "{}", offline.stdout);
    assert_eq!(signed.keys.asked().len(), 2);
}

//! Forged notifications with the right token: whatever address they name, nobody is called but the configured platform,
//! and where that redirects nobody follows. A server on this machine waits for whoever believes them.

use crate::bridge::Bridge;
use crate::eventually::{eventually, holds};
use crate::http::{self, Answer};
use crate::key_server::{KeyServer, Manner};
use crate::stage::{SHIPSTATION_TOKEN, STEP, Setup, Stage};
use crate::trap::Trap;

/// The types that lead to a list, each with the host that ShipStation's own addresses name and with what they ask.
const TYPES: [(&str, &str, &str); 6] = [
    ("SHIP_NOTIFY", "ssapi.shipstation.com", "/shipments?batchId=1"),
    ("ITEM_SHIP_NOTIFY", "ssapi.shipstation.com", "/shipments?storeID=1&batchId=1"),
    ("FULFILLMENT_SHIPPED", "ssapi.shipstation.com", "/fulfillments?fulfillmentId=1"),
    ("FULFILLMENT_REJECTED", "ssapi.shipstation.com", "/fulfillments?fulfillmentId=1"),
    ("LABEL_CREATED_V2", "api.shipstation.com", "/v2/labels?label_id=se-1"),
    ("FULFILLMENT_SHIPPED_V2", "api.shipstation.com", "/v2/fulfillments?shipment_id=se-1"),
];

/// Addresses that lead elsewhere, or pretend to. `{trap}` is the other server with its `{port}`, `{own}` the configured
/// one, `{real}` the host of ShipStation's own addresses and `{ask}` what they ask.
const FORGED: &[&str] = &[
    // The other server, by all its names.
    "http://{trap}{ask}",
    "https://{trap}{ask}",
    "HTTP://{trap}{ask}",
    "http://localhost:{port}{ask}",
    "http://LOCALHOST.:{port}{ask}",
    "http://127.1:{port}{ask}",
    "http://0:{port}{ask}",
    "http://2130706433:{port}{ask}",
    "http://0x7f000001:{port}{ask}",
    "http://0177.0.0.1:{port}{ask}",
    "http://[::1]:{port}{ask}",
    "http://[::ffff:127.0.0.1]:{port}{ask}",
    "http://[::ffff:7f00:1]:{port}{ask}",
    "http://1\u{FF12}7.0.0.1:{port}{ask}",
    // Names that look like ShipStation's.
    "https://{real}.evil.test{ask}",
    "https://evil.test#{real}{ask}",
    "https://evil.test?{real}{ask}",
    "https://evil.test/{real}{ask}",
    "https://{real}.{trap}{ask}",
    "https://x{real}{ask}",
    "https://{real}.:{port}{ask}",
    "https://{real}:{port}{ask}",
    "https://{real}:80{ask}",
    "https://{real}:{ask}",
    "http://{real}{ask}",
    // User-info.
    "https://{real}@{trap}{ask}",
    "https://{real}:443@{trap}{ask}",
    "http://{own}@{trap}{ask}",
    "http://{own}:{port}{ask}",
    "http://demo-ss-key:demo-ss-secret@{trap}{ask}",
    "http://demo-ss-key:demo-ss-secret@{own}{ask}",
    "https://demo-ss-key:demo-ss-secret@{real}{ask}",
    "https://@{real}{ask}",
    // Backslashes, tabs, line ends, fragments.
    "http://{trap}\\@{own}{ask}",
    "https://{trap}\\@{real}{ask}",
    "https:\\\\{real}\\{ask}",
    "http://{own}/\\{trap}{ask}",
    "http://{trap}#@{own}{ask}",
    "http://{trap}?@{own}{ask}",
    "https://{real}{ask}#@{trap}",
    "https://{real}\t.{trap}{ask}",
    "ht\ttp://{trap}{ask}",
    "https://{real}{ask}\r\nHost: {trap}",
    "https://{real}\r\n.{trap}{ask}",
    "\u{0}https://{real}{ask}",
    " https://{real}{ask}",
    // Percent signs where none belong.
    "https://{real}%2eevil.test{ask}",
    "https://{real}%2f@{trap}{ask}",
    "https://{real}%40{trap}{ask}",
    "https://{real}%00.{trap}{ask}",
    "http://%6cocalhost:{port}{ask}",
    // Other schemes, and none.
    "file:///etc/passwd?batchId=1",
    "file://{trap}{ask}",
    "ftp://{trap}{ask}",
    "ftp://{real}{ask}",
    "gopher://{trap}{ask}",
    "javascript:fetch('http://{trap}{ask}')",
    "data:text/json,{}",
    "//{trap}{ask}",
    "{ask}",
    "http:/{trap}{ask}",
    "http:{trap}{ask}",
    "https:{real}{ask}",
    "",
    // Other paths of the right host.
    "https://{real}/../{trap}{ask}",
    "https://{real}//{trap}{ask}",
    "http://{own}//{trap}{ask}",
    "https://{real}/shipments/../webhooks?batchId=1&label_id=se-1",
    "https://{real}/v2/labels/../webhooks?batchId=1&label_id=se-1",
    "http://{own}/shipments/../webhooks?batchId=1",
    "http://{own}/fulfillments/%2e%2e/webhooks?fulfillmentId=1",
    "http://{own}/shipments%2f..%2fwebhooks?batchId=1",
    "http://{own}/shipments;/../webhooks?batchId=1",
    "http://{own}/webhooks?batchId=1&fulfillmentId=1",
    "http://{own}/orders/createorder?batchId=1",
];

/// Addresses that are taken, where only what we know of them is used: the type, and where it points.
const TAKEN: [(&str, &str); 7] = [
    ("SHIP_NOTIFY", "http://{own}/shipments?batchId=21&callback=http://{trap}/"),
    ("ITEM_SHIP_NOTIFY", "http://{own}/shipments?batchId=22&resource_url=//{trap}"),
    ("SHIP_NOTIFY", "https://ssapi.shipstation.com/shipments?batchId=23"),
    ("ITEM_SHIP_NOTIFY", "https://ssapi6.shipstation.com/shipments?batchId=24&host={trap}"),
    ("FULFILLMENT_SHIPPED", "https://ssapi.shipstation.com/fulfillments?fulfillmentId=25&url=http://{trap}/"),
    ("LABEL_CREATED_V2", "https://api.shipstation.com/v2/labels?label_id=se-26&next=http://{trap}/"),
    ("FULFILLMENT_SHIPPED_V2", "https://api.shipstation.com/v2/fulfillments?shipment_id=se-27&to=//{trap}"),
];

/// A stage where nothing but these notifications makes anybody call ShipStation, and the server that waits.
struct Forgery {
    stage: Stage,
    trap: Trap,
}

impl Forgery {
    fn new() -> Self {
        let setup = Setup { watch: "off", sweep: "off", webhooks: false, ..Setup::default() };
        Self { stage: Stage::new(&setup), trap: Trap::start() }
    }

    fn filled(&self, url: &str) -> String {
        let trap = self.trap.addr();
        let own = self.stage.sandbox().shipstation_addr().to_string();
        url.replace("{trap}", &trap.to_string())
            .replace("{port}", &trap.port().to_string())
            .replace("{own}", &own)
    }

    fn notify(&self, resource_type: &str, url: &str) -> Answer {
        let body = serde_json::json!({"resource_url": url, "resource_type": resource_type}).to_string();
        let path = format!("/webhooks/shipstation/acme?token={SHIPSTATION_TOKEN}");
        http::post(self.stage.addr, &path, &[], body.as_bytes()).unwrap()
    }

    fn asked(&self, operation: &str) -> u64 {
        self.stage.sandbox().shipstation().calls().of(operation)
    }

    /// Once the bridge has stopped and nothing is under way any more: nobody called the other server, and it would
    /// have told us if somebody had.
    fn assert_nobody_was_caught(self, bridge: Bridge) {
        assert!(bridge.stop(STEP).success());
        // Callers are taken in turn, so that nobody who came before this one is still unseen.
        http::get(self.trap.addr(), "/the-trap-does-catch").unwrap();
        let caught = eventually("the trap catches", STEP, || {
            let caught = self.trap.caught();
            let heard = caught.iter().any(|said| said.contains("/the-trap-does-catch"));
            if heard { Ok(caught) } else { Err(format!("{caught:?}")) }
        });
        assert_eq!(caught.len(), 1, "somebody called the other server: {caught:#?}");
        assert!(!caught[0].contains("authorization"), "{caught:?}");
    }
}

#[test]
fn forged_addresses_are_refused_whatever_the_type_and_nobody_is_called() {
    let forgery = Forgery::new();
    let bridge = forgery.stage.start();
    for (resource_type, real, ask) in TYPES {
        let filled = |url: &str| forgery.filled(&url.replace("{real}", real).replace("{ask}", ask));
        let long = format!("https://{real}{ask}&x={}", "x".repeat(10_000));
        for url in FORGED.iter().map(|url| filled(url)).chain([long]) {
            let answer = forgery.notify(resource_type, &url);
            assert_eq!(answer.status, 400, "{resource_type} {url:?}: {}", answer.body);
            assert_eq!(answer.json()["type"], "urn:shipbridge:problem:not-understood", "{url:?}");
            assert!(!answer.body.contains("demo-ss-secret"), "{url:?}: {}", answer.body);
        }
    }
    // A type that does not concern us is not looked at, wherever it points.
    for resource_type in ["ORDER_NOTIFY", "TRACK_EVENT_V2", "SHIP_NOTIFY_V2", "Something new"] {
        let answer = forgery.notify(resource_type, &forgery.filled("http://{trap}/shipments?batchId=1"));
        assert_eq!((answer.status, answer.json()["ignored"].as_str()), (200, Some(resource_type)));
    }
    assert_eq!(forgery.stage.sandbox().shipstation().calls().total(), 0, "nothing was stored");
    assert!(!bridge.log().contains("demo-ss-secret"));
    forgery.assert_nobody_was_caught(bridge);
}

#[test]
fn of_an_address_that_is_taken_only_what_we_know_of_it_is_asked_and_of_the_configured_host() {
    let forgery = Forgery::new();
    let bridge = forgery.stage.start();
    for (resource_type, url) in TAKEN {
        let answer = forgery.notify(resource_type, &forgery.filled(url));
        assert_eq!(answer.status, 202, "{resource_type} {url}: {}", answer.body);
    }
    eventually("the configured host is asked for all of them", STEP, || {
        let (labels, fulfilments) = (forgery.asked("GET /shipments"), forgery.asked("GET /fulfillments"));
        holds(labels >= 5 && fulfilments >= 2, format!("{labels} and {fulfilments}"))
    });
    let all = forgery.stage.sandbox().shipstation().calls().total();
    assert_eq!(all, forgery.asked("GET /shipments") + forgery.asked("GET /fulfillments"));
    forgery.assert_nobody_was_caught(bridge);
}

#[test]
fn where_the_platform_redirects_nobody_follows_and_a_person_is_told() {
    for redirect in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let forgery = Forgery::new();
        let location = format!("{redirect}\r\nLocation: http://{}/shipments?batchId=1", forgery.trap.addr());
        let platform = KeyServer::start(Manner::Refuses(location, String::new()));
        let base_url = format!("http://{}", platform.addr());
        let redirecting = [("SHIPBRIDGE__CONNECTIONS__ACME__SHIPSTATION__BASE_URL", base_url.as_str())];
        let bridge = Bridge::start(forgery.stage.folder(), forgery.stage.addr, &redirecting);
        for (resource_type, real, ask) in TYPES {
            let answer = forgery.notify(resource_type, &format!("https://{real}{ask}"));
            assert_eq!(answer.status, 202, "{resource_type}: {}", answer.body);
        }
        eventually("the platform was asked", STEP, || holds(!platform.asked().is_empty(), "nobody asked"));
        let asked = platform.asked();
        assert!(asked.iter().all(|request| request.contains("\r\nauthorization: basic ")), "{asked:?}");
        eventually("a person is told", STEP, || {
            holds(bridge.log().contains("it redirects elsewhere, check base_url"), bridge.log())
        });
        forgery.assert_nobody_was_caught(bridge);
    }
}

//! The custom store through the real binary: ShipStation fetches over HTTP, tells of a parcel, and Cin7 shows it; without
//! any credentials of its API.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::serve::Sandbox;

use crate::eventually::{eventually, holds};
use crate::http::{get_with, post};
use crate::stage::{STEP, Setup, Stage};

fn basic(password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("acme:{password}")))
}

/// The stage of a connection that knows the custom store alone.
fn stage() -> Stage {
    let stage = Stage::new(&Setup { webhooks: false, sweep: "off", ..Setup::default() });
    let path = stage.folder().join("shipbridge.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let listen = format!("listen = \"{}\"", stage.addr);
    let public = format!("{listen}\npublic_url = \"http://{}\"", stage.addr);
    let without_api = text
        .replace("name = \"acme\"", "name = \"acme\"\nmode = \"custom_store\"")
        .replace("api_key = \"demo-ss-key\"\napi_secret = \"demo-ss-secret\"\n", "")
        .replace(&listen, &public);
    let store = "[connections.inbound.store]\nusername = \"acme\"\npassword = \"open sesame\"\n";
    std::fs::write(path, format!("{without_api}\n{store}")).unwrap();
    stage
}

fn export(stage: &Stage, password: &str) -> (u16, String) {
    let path =
        "/store/acme?action=export&start_date=01%2f01%2f2020+00%3a00&end_date=01%2f01%2f2040+00%3a00&page=1";
    let answer = get_with(stage.addr, path, &[("Authorization", &basic(password))]).unwrap();
    (answer.status, answer.body)
}

fn calls_to_shipstation(sandbox: &Sandbox) -> u64 {
    sandbox.shipstation().calls().total()
}

#[test]
fn an_order_is_fetched_and_shipped_with_a_user_name_and_a_password_alone() {
    let stage = stage();
    let id = stage.add(crate::orders::order("SO-STORE"));
    let _bridge = stage.start();
    stage.pick(id);
    let offered = eventually("the order is offered", STEP, || {
        let (status, body) = export(&stage, "open sesame");
        holds(status == 200 && body.contains("SO-STORE"), &body)?;
        Ok(body)
    });
    assert!(
        offered.contains("<OrderStatus><![CDATA[paid]]></OrderStatus>")
            || offered.contains("<OrderStatus>paid<"),
        "{offered}"
    );
    assert_eq!(export(&stage, "wrong").0, 401);

    let checked = stage.command(&["check", "--json"]);
    let findings: serde_json::Value = serde_json::from_str(&checked.stdout).unwrap();
    let store = findings.as_array().unwrap().iter().find(|it| it["what"] == "acme: custom store").unwrap();
    assert_eq!(store["ok"], true, "{store}");

    let notice = format!(
        "<ShipNotice><OrderID>{id}</OrderID><Carrier>UPS</Carrier><TrackingNumber>1Z-STORE</TrackingNumber></ShipNotice>"
    );
    let path = "/store/acme?action=shipnotify&order_number=SO-STORE";
    let told =
        post(stage.addr, path, &[("Authorization", &basic("open sesame"))], notice.as_bytes()).unwrap();
    assert_eq!(told.status, 200, "{}", told.body);
    let shown = stage.shows("tracking and date", id, |order| order.dispatched_date.is_some());
    assert_eq!(shown.tracking_code.as_deref(), Some("1Z-STORE"));
    let (_, body) = export(&stage, "open sesame");
    assert!(body.contains("shipped"), "{body}");
    let explained = stage.command(&["orders", "explain", "SO-STORE"]);
    assert!(explained.stdout.contains("feed"), "{}", explained.stdout);
    assert_eq!(calls_to_shipstation(stage.sandbox()), 0);
    let log = std::fs::read_to_string(stage.folder().join("run.log")).unwrap();
    assert!(!log.contains("sesame"), "no password is in the log");
}

//! The webhook subscriptions at ShipStation: registered, listed and removed by hand, kept right by a running bridge,
//! and never shown with a token.

use sandbox::shipstation::{Subscription, WebhookEvent};
use serde_json::{Value, json};

use crate::bridge::Bridge;
use crate::eventually::{eventually, holds};
use crate::process::{self, Ended};
use crate::stage::{CIN7_TOKEN, SHIPSTATION_TOKEN, STEP, Setup, Stage};
use crate::{metrics, orders};

const PUBLIC: (&str, &str) = ("SHIPBRIDGE__HTTP__PUBLIC_URL", "https://bridge.example.com");
const ADDRESS: &str = "https://bridge.example.com/webhooks/shipstation/acme";
const EVENTS: [&str; 4] = ["SHIP_NOTIFY", "ITEM_SHIP_NOTIFY", "FULFILLMENT_SHIPPED", "FULFILLMENT_REJECTED"];
/// Another's subscription, with a secret of its own.
const ANOTHERS: &str = "https://elsewhere.example/hook?token=their-hook-token";
/// What takes the place of the first token.
const ROTATED: &str = "rotated-hook-token";

/// No webhooks yet but another's.
fn stage(setup: &Setup) -> Stage {
    let stage = Stage::new(&Setup { webhooks: false, sweep: "off", ..setup.clone() });
    stage.sandbox().shipstation().subscribe(ANOTHERS, WebhookEvent::ShipNotify, None);
    stage
}

/// Runs a command with a public address; whatever comes of it, no token is shown.
fn webhooks(stage: &Stage, arguments: &[&str], more: &[(&str, &str)]) -> Ended {
    let arguments = [&["webhooks"], arguments].concat();
    let ended = process::run(stage.folder(), &arguments, &[&[PUBLIC], more].concat());
    for token in [SHIPSTATION_TOKEN, CIN7_TOKEN, ROTATED, "their-hook-token"] {
        assert!(!ended.stdout.contains(token) && !ended.stderr.contains(token), "{arguments:?}: {ended:?}");
    }
    ended
}

fn ours(stage: &Stage) -> Vec<Subscription> {
    let shipstation = stage.sandbox().shipstation();
    shipstation.subscriptions().filter(|hook| hook.target_url != ANOTHERS).cloned().collect()
}

fn has_anothers(stage: &Stage) -> bool {
    stage.sandbox().shipstation().subscriptions().any(|hook| hook.target_url == ANOTHERS)
}

#[test]
fn subscriptions_are_registered_once_replaced_when_they_differ_and_removed_again() {
    let stage = stage(&Setup::default());
    let run = |arguments: &[&str]| webhooks(&stage, arguments, &[]);
    let listed = run(&["list", "--connection", "acme"]);
    assert_eq!((listed.code, listed.stderr.as_str()), (Some(1), ""), "{listed:?}");
    let missing = format!("at {ADDRESS}: missing: {}", EVENTS.join(", "));
    assert!(listed.stdout.contains(&missing), "{}", listed.stdout);
    assert!(listed.stdout.contains("`shipbridge webhooks register --connection acme`"), "{}", listed.stdout);
    assert!(listed.stdout.contains("another's"), "{}", listed.stdout);

    let registered = run(&["register"]);
    assert_eq!((registered.code, registered.stderr.as_str()), (Some(0), ""), "{registered:?}");
    assert!(registered.stdout.contains("Added 4, removed 0, kept 0.\n"), "{}", registered.stdout);
    for said in
        ["POST https://bridge.example.com/webhooks/cin7/acme", "[connections.inbound.cin7] secret", "SO-1"]
    {
        assert!(registered.stdout.contains(said), "{}", registered.stdout);
    }
    let first = ours(&stage);
    let mut events: Vec<_> = first.iter().map(|hook| hook.event.name()).collect();
    let target = format!("{ADDRESS}?token={SHIPSTATION_TOKEN}");
    assert!(first.iter().all(|hook| hook.target_url == target && hook.store_id.is_none()), "{first:?}");
    events.sort_unstable();
    let mut expected = EVENTS;
    expected.sort_unstable();
    assert_eq!(events, expected);
    let listed = run(&["list"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stdout.ends_with(&format!("All 4 that acme needs are there, at {ADDRESS}.\n")));
    assert!(listed.stdout.contains("?token=***"), "{}", listed.stdout);

    let again = run(&["register"]);
    assert!(again.stdout.contains("Added 0, removed 0, kept 4.\n"), "{}", again.stdout);
    assert_eq!((again.code, ours(&stage)), (Some(0), first));

    let rotated = [("SHIPBRIDGE__CONNECTIONS__ACME__INBOUND__SHIPSTATION__SECRET", ROTATED)];
    let listed = webhooks(&stage, &["list"], &rotated);
    assert_eq!(listed.code, Some(1));
    assert!(listed.stdout.contains("(SHIP_NOTIFY) has another token"), "{}", listed.stdout);
    let replaced = webhooks(&stage, &["register"], &rotated);
    assert!(replaced.stdout.contains("Added 4, removed 4, kept 0.\n"), "{}", replaced.stdout);
    assert!(ours(&stage).iter().all(|hook| hook.target_url.ends_with(ROTATED)), "{:?}", ours(&stage));

    let removed = run(&["remove"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert!(removed.stdout.contains("Added 0, removed 4, kept 0.\n"), "{}", removed.stdout);
    assert_eq!((ours(&stage), has_anothers(&stage)), (Vec::new(), true));
    assert_eq!(run(&["list"]).code, Some(1));
    assert_eq!(run(&["remove"]).code, Some(0), "there is nothing left to remove");
}

#[test]
fn scripts_read_what_was_found_and_done_as_json() {
    let stage = stage(&Setup::default());
    let run = |arguments: &[&str]| -> (Option<i32>, Value) {
        let ended = webhooks(&stage, &[arguments, &["--json"]].concat(), &[]);
        (ended.code, serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}")))
    };
    let (code, listed) = run(&["list"]);
    assert_eq!((code, &listed["complete"], &listed["address"]), (Some(1), &json!(false), &json!(ADDRESS)));
    assert_eq!(listed["faults"], json!([format!("missing: {}", EVENTS.join(", "))]));
    let other = &listed["webhooks"][0];
    assert_eq!(
        (&other["whose"], &other["address"]),
        (&json!("another's"), &json!("https://elsewhere.example/hook?token=***"))
    );
    assert_eq!((&other["store_id"], &other["active"]), (&Value::Null, &json!(true)));

    let (code, registered) = run(&["register"]);
    let mut events = EVENTS;
    events.sort_unstable();
    assert_eq!((code, &registered["shipstation"]["added"]), (Some(0), &json!(events)));
    let cin7 = &registered["cin7"];
    assert_eq!((&cin7["method"], &cin7["auth"]), (&json!("POST"), &json!("token")));
    assert_eq!(cin7["address"], "https://bridge.example.com/webhooks/cin7/acme");
    let id = ours(&stage)[0].id;
    assert!(stage.sandbox().shipstation().edit_subscription(id, |hook| hook.active = false));
    let (_, listed) = run(&["list"]);
    let rows = listed["webhooks"].as_array().unwrap();
    let switched_off = rows.iter().find(|row| row["id"] == id).unwrap();
    assert_eq!((&switched_off["whose"], &switched_off["differs"]), (&json!("ours"), &json!("inactive")));
    let (_, registered) = run(&["register"]);
    let removed = &registered["shipstation"]["removed"];
    assert_eq!(removed, &json!([{"id": id, "event": switched_off["event"], "differs": "inactive"}]));
    assert_eq!(registered["shipstation"]["kept"].as_array().unwrap().len(), 3);
    let (code, listed) = run(&["list"]);
    assert_eq!((code, &listed["complete"], &listed["faults"]), (Some(0), &json!(true), &json!([])));
    let (code, removed) = run(&["remove"]);
    assert_eq!((code, removed["shipstation"]["removed"].as_array().unwrap().len()), (Some(0), 4));
}

#[test]
fn what_cannot_be_registered_is_told_with_the_mend() {
    let stage = stage(&Setup::default());
    for command in ["register", "remove"] {
        let ended = stage.command(&["webhooks", command]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.stderr.starts_with("http.public_url is not set"), "{}", ended.stderr);
    }
    let listed = stage.command(&["webhooks", "list"]);
    assert_eq!(listed.code, Some(1));
    assert!(listed.stdout.contains("None can be registered for acme: http.public_url"), "{}", listed.stdout);
    let signed = [("SHIPBRIDGE__CONNECTIONS__ACME__INBOUND__SHIPSTATION__AUTH", "hmac")];
    let ended = webhooks(&stage, &["register"], &signed);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
    assert!(
        ended.stderr.contains("is \"hmac\"") && ended.stderr.contains("set auth = \"token\""),
        "{ended:?}"
    );
    assert_eq!(webhooks(&stage, &["list", "--connection", "nobody"], &[]).code, Some(2));
    let unknown = [("SHIPBRIDGE__CONNECTIONS__ACME__SHIPSTATION__API_KEY", "wrong")];
    let refused = webhooks(&stage, &["register"], &unknown);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
    assert!(refused.stderr.contains("check api_key and api_secret"), "{}", refused.stderr);
    assert_eq!(ours(&stage), []);
}

#[test]
fn check_finds_what_is_missing_and_names_the_command_that_mends_it() {
    let stage = stage(&Setup::default());
    let check = || process::run(stage.folder(), &["check"], &[PUBLIC]);
    let found = check();
    assert_eq!(found.code, Some(1));
    let missing = "NO  acme: webhooks: missing: SHIP_NOTIFY, ITEM_SHIP_NOTIFY";
    assert!(found.stdout.contains(missing), "{}", found.stdout);
    assert!(
        found.stdout.contains("      shipbridge webhooks register --connection acme\n"),
        "{}",
        found.stdout
    );
    assert_eq!(webhooks(&stage, &["register"], &[]).code, Some(0));
    let found = check();
    assert_eq!(found.code, Some(0), "{}", found.stdout);
    assert!(found.stdout.contains("ok  acme: webhooks: SHIP_NOTIFY, "), "{}", found.stdout);
}

#[test]
fn a_running_bridge_registers_by_itself_and_is_told_of_shipments() {
    let stage = stage(&Setup::default());
    let public = format!("http://{}", stage.addr);
    let bridge = Bridge::start(stage.folder(), stage.addr, &[(PUBLIC.0, &public)]);
    eventually("all subscriptions are there", STEP, || holds(ours(&stage).len() == 4, ours(&stage).len()));
    let repaired = || {
        let name = "shipbridge_sweep_repairs_total";
        metrics::sum(bridge.addr, name, &["kind=\"webhook\""])
    };
    eventually("the repairs are counted", STEP, || holds(repaired() == 4, repaired()));
    let id = stage.add(orders::picked(orders::order("SO-1")));
    let placed = stage.placed(id);
    stage.is("imported", id);
    stage.label(placed.order_id);
    stage.shows("the order is dispatched", id, |order| order.dispatched_date.is_some());
    assert!(has_anothers(&stage));
    let log = bridge.log();
    assert!(log.contains("the webhook subscriptions at ShipStation were set right"), "{log}");
    assert!(!log.contains(SHIPSTATION_TOKEN), "{log}");
}

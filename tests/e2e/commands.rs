//! What people do by hand: settle what is parked, push orders through, have a range looked at again, and search.

use jiff::SignedDuration;
use sandbox::cin7::SalesOrder;
use serde_json::Value;

use crate::acme::key;
use crate::eventually::{eventually, holds};
use crate::orders;
use crate::process::Ended;
use crate::stage::{STEP, Setup, Stage};

/// Nothing but the commands of these tests makes events.
fn quiet(connection: &'static str) -> Stage {
    Stage::new(&Setup { watch: "off", sweep: "off", webhooks: false, connection, ..Setup::default() })
}

/// A picked order with a created date, made an hour ago.
fn picked(stage: &Stage, reference: &str) -> SalesOrder {
    let created_date = Some(stage.now() - SignedDuration::from_hours(1));
    SalesOrder { created_date, ..orders::picked(orders::order(reference)) }
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

fn parked(stage: &Stage) -> Vec<Value> {
    json(&stage.command(&["parked", "list", "--json"])).as_array().unwrap().clone()
}

/// An order whose branch has a store that ShipStation does not know, pushed through: it is refused for good.
fn refused_for_good(stage: &Stage, reference: &str) -> (i64, String) {
    let id = stage.add(SalesOrder { branch_id: 4, ..picked(stage, reference) });
    let synced = stage.command(&["orders", "sync", reference, "--json"]);
    assert_eq!((synced.code, &json(&synced)[0]["outcome"]), (Some(1), &Value::from("parked")), "{synced:?}");
    let found: Vec<_> = parked(stage).into_iter().filter(|parked| parked["order"] == id).collect();
    let [event] = found.as_slice() else { panic!("{found:?}") };
    let members = (&event["connection"], &event["lane"], &event["cause"], &event["attempts"]);
    assert_eq!(members, (&"acme".into(), &"orders".into(), &"permanent".into(), &1.into()));
    assert!(event["text"].as_str().unwrap().contains("Store 999 was not found"), "{event}");
    assert_eq!(event["event"]["kind"]["order"]["id"], id);
    stage.is("review", id);
    (id, event["id"].as_str().unwrap().to_owned())
}

fn said(shown: &Value, kind: &str) -> Vec<String> {
    let timeline = shown["timeline"].as_array().unwrap().iter().filter(|entry| entry["kind"] == kind);
    timeline.map(|entry| entry["text"].as_str().unwrap().to_owned()).collect()
}

const STRANGE_STORE: &str = "[connections.shipstation.stores_by_branch]\n4 = 999";

#[test]
fn what_is_parked_is_shown_replayed_once_mended_and_then_gone() {
    let stage = quiet(STRANGE_STORE);
    let _bridge = stage.start();
    let (id, event) = refused_for_good(&stage, "SO-1");
    let listed = stage.command(&["parked", "list", "--lane", "orders"]).stdout;
    assert!(listed.contains(&event) && listed.contains(&format!("order {id}")), "{listed}");
    assert_eq!(stage.command(&["parked", "list", "--cause", "poison"]).stdout, "Nothing is parked.\n");
    let shown = stage.command(&["parked", "show", &event]).stdout;
    assert!(shown.contains("correct the order, then replay the event"), "{shown}");
    let explained = stage.command(&["orders", "explain", "SO-1"]).stdout;
    assert!(explained.contains("A person must decide: it is not in ShipStation"), "{explained}");

    // Not mended yet: it comes back under the replay's own id.
    let again = json(&stage.command(&["parked", "replay", &event, "--reason", "let us see", "--json"]));
    assert_eq!((&again[0]["id"], &again[0]["outcome"]), (&Value::from(event), &"replayed".into()));
    eventually("it is parked again", STEP, || {
        let parked = parked(&stage);
        holds(parked.len() == 1 && parked[0]["id"] == again[0]["new_id"], format!("{parked:?}"))
    });
    stage.is("review", id);

    let now = stage.now();
    assert!(stage.sandbox().cin7().edit(id, now, |order| order.branch_id = 3));
    let replayed = stage.command(&["parked", "replay", "--all", "--reason", "branch corrected"]);
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    assert!(replayed.stdout.ends_with("1 event replayed.\n"), "{}", replayed.stdout);
    stage.placed(id);
    let shown = stage.is("imported", id);
    let said = said(&shown, "replayed");
    assert!(said[0].ends_with("let us see") && said[1].ends_with("branch corrected"), "{said:?}");
    assert!(parked(&stage).is_empty());
}

#[test]
fn what_is_discarded_leaves_the_review_and_is_not_worked_on() {
    let stage = quiet(STRANGE_STORE);
    let _bridge = stage.start();
    let (id, event) = refused_for_good(&stage, "SO-1");
    for none in [&["parked", "replay"][..], &["parked", "discard", "not-an-id"]] {
        assert_eq!(stage.command(none).code, Some(2), "{none:?}");
    }
    let calls = stage.sandbox().cin7().calls().total();
    let discarded =
        stage.command(&["parked", "discard", "--cause", "permanent", "--reason", "sold elsewhere"]);
    assert_eq!(discarded.code, Some(0), "{discarded:?}");
    let shown = stage.is("waiting", id);
    assert!(said(&shown, "discarded")[0].ends_with("sold elsewhere"), "{shown}");
    assert!(parked(&stage).is_empty());
    assert_eq!(stage.sandbox().cin7().calls().total(), calls);

    let gone = stage.command(&["parked", "discard", &event]);
    assert_eq!(gone.code, Some(1));
    assert!(gone.stdout.contains("`shipbridge parked list` shows what is parked"), "{gone:?}");
    assert_eq!(stage.command(&["parked", "show", &event]).code, Some(1));
}

#[test]
fn an_order_is_pushed_through_by_a_running_bridge_or_waits_for_one() {
    let stage = quiet("");
    let id = stage.add(picked(&stage, "SO-1"));
    let alone = stage.command(&["orders", "sync", "SO-1", "--wait", "1"]);
    assert_eq!(alone.code, Some(1), "{alone:?}");
    assert!(alone.stdout.contains("worked on as soon as a worker runs"), "{}", alone.stdout);
    let stored = stage.command(&["orders", "sync", &id.to_string(), "--no-wait", "--json"]);
    assert_eq!((stored.code, &json(&stored)[0]["outcome"]), (Some(0), &Value::from("stored")));
    let absent = stage.command(&["orders", "sync", "SO-404"]);
    assert_eq!((absent.code, absent.stdout.as_str()), (Some(1), ""));
    assert!(absent.stderr.contains("Cin7 has no order SO-404"), "{}", absent.stderr);

    let _bridge = stage.start();
    let place = stage.placed(id).order_id;
    let other = stage.add(picked(&stage, "SO-2"));
    let both = stage.command(&["orders", "sync", "SO-2", &id.to_string(), "--json"]);
    let told = json(&both);
    assert_eq!((both.code, both.stderr.as_str()), (Some(0), ""));
    for (told, id) in told.as_array().unwrap().iter().zip([other, id]) {
        assert_eq!((&told["cin7_id"], &told["state"]), (&Value::from(id), &"imported".into()), "{told}");
    }
    assert!(told[1]["text"].as_str().unwrap().starts_with(&format!("It is in ShipStation as order {place}")));
}

#[test]
fn a_backfill_shows_what_it_would_write_before_it_has_it_written() {
    let stage = quiet("");
    let good = stage.add(picked(&stage, "SO-good"));
    let mut abroad = picked(&stage, "SO-abroad");
    abroad.delivery_country = Some("Atlantis".to_owned());
    let abroad = stage.add(abroad);
    stage.add(orders::order("SO-new"));
    let since = (stage.now() - SignedDuration::from_hours(48)).strftime("%Y-%m-%d").to_string();
    let dry = ["backfill", "--since", &since, "--dry-run", "--json"];
    let previews = |stage: &Stage| {
        let ended = stage.command(&dry);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        json(&ended).as_array().unwrap().clone()
    };
    let decisions = |previews: &[Value]| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut all: Vec<_> =
            previews.iter().map(|one| (text(&one["reference"]), text(&one["decision"]))).collect();
        all.sort();
        all
    };
    let expected = |good: &str| {
        let rows = [("SO-abroad", "refused"), ("SO-good", good), ("SO-new", "waiting")];
        rows.map(|(reference, decision)| (reference.to_owned(), decision.to_owned())).to_vec()
    };
    let found = previews(&stage);
    assert_eq!(decisions(&found), expected("import"));
    let preview = found.iter().find(|one| one["order"] == good).unwrap();
    assert_eq!(preview["document"]["orderKey"], key(good));
    assert_eq!(preview["document"]["weight"]["value"], 1250);
    let refused = found.iter().find(|one| one["order"] == abroad).unwrap();
    assert_eq!((&refused["reasons"][0], &refused["document"]), (&"country: Atlantis".into(), &Value::Null));
    let text = stage.command(&dry[..4]).stdout;
    assert!(text.ends_with("Nothing was written. 3 orders: import 1, refused 1, waiting 1\n"), "{text}");
    assert_eq!(stage.sandbox().shipstation().orders().count(), 0);
    let listed = json(&stage.command(&["orders", "list", "--json"]));
    assert_eq!(listed["orders"], Value::Array(Vec::new()));

    let _bridge = stage.start();
    let published = json(&stage.command(&["backfill", "--since", &since, "--json"]));
    assert_eq!(published["published"], 3);
    stage.placed(good);
    stage.is("imported", good);
    stage.is("refused", abroad);
    assert_eq!(decisions(&previews(&stage)), expected("unchanged"));

    let now = stage.now();
    let edited = stage.sandbox().cin7().edit(good, now, |order| {
        order.delivery_city = Some("Salem".to_owned());
    });
    assert!(edited);
    let found = previews(&stage);
    assert_eq!(decisions(&found), expected("update"));
    let preview = found.iter().find(|one| one["order"] == good).unwrap();
    let differences = serde_json::json!([{"field": "shipTo.city", "old": "Portland", "new": "Salem"}]);
    assert_eq!(preview["differences"], differences);
    let nothing = stage.command(&["backfill", "--since", "2020-01-01", "--until", "2020-01-31", "--dry-run"]);
    assert!(nothing.stdout.contains("no order was modified then"), "{nothing:?}");
    assert_eq!(stage.command(&["backfill", "--since", "yesterday"]).code, Some(2));
}

#[test]
fn orders_are_searched_and_stages_that_nobody_configured_are_shown() {
    let stage = quiet("");
    let _bridge = stage.start();
    let placed = stage.add(picked(&stage, "SO-1"));
    let odd = SalesOrder { stage: Some("Quarantine".to_owned()), ..picked(&stage, "WEB-2") };
    let odd = stage.add(odd);
    let synced = stage.command(&["orders", "sync", "SO-1", "WEB-2"]);
    assert_eq!(synced.code, Some(0), "{synced:?}");

    let ids = |arguments: &[&str]| -> Vec<i64> {
        let listed = json(&stage.command(&[&["orders", "list", "--json"], arguments].concat()));
        listed["orders"].as_array().unwrap().iter().map(|order| order["cin7_id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&[]).len(), 2);
    assert_eq!(ids(&["--limit", "1"]).len(), 1);
    assert_eq!(ids(&["--state", "imported"]), [placed]);
    assert_eq!(ids(&["--state", "waiting", "--state", "held"]), [odd]);
    assert_eq!(ids(&["--query", "web"]), [odd]);
    assert_eq!(ids(&["--query", &placed.to_string()]), [placed]);
    let listed = json(&stage.command(&["orders", "list", "--state", "waiting", "--json"]));
    assert_eq!(listed["states"], serde_json::json!({"imported": 1, "waiting": 1}));
    let stages = serde_json::json!([{"stage": "Quarantine", "orders": 1, "known": false}]);
    assert_eq!(listed["stages"], stages);
    assert_eq!(listed["orders"][0]["why"], "stage: Quarantine");

    let text = stage.command(&["orders", "list"]).stdout;
    assert!(text.contains("Waiting at stages that the configuration does not name: Quarantine 1"), "{text}");
    assert!(text.contains("All orders: "), "{text}");
    let none = stage.command(&["orders", "list", "--state", "lost"]);
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("waiting, excluded, refused"), "{}", none.stderr);
}

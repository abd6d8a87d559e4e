//! The commands for people: search, push through, look again at a range, and what waits for a person.

use sandbox::cin7::SalesOrder;
use sandbox::exchange::{Method, Request};
use serde_json::Value;

use crate::acme::key;
use crate::orders;
use crate::process::Ended;
use crate::stage::{Setup, Stage};

/// Nobody tells of orders, and nobody looks for them.
fn quiet() -> Setup {
    Setup { webhooks: false, watch: "off", ..Setup::default() }
}

/// Somebody has put an order in by hand, under one of our keys, and cancelled it: it is locked.
fn lock_key(stage: &Stage, key: &str) -> i64 {
    let order = serde_json::json!({
        "orderNumber": "X", "orderKey": key, "orderDate": "2026-01-05T09:00:00",
        "orderStatus": "cancelled", "billTo": { "name": "Pat Doe" },
        "shipTo": { "name": "Pat Doe", "street1": "1 Main St", "postalCode": "10001", "country": "US" },
        "items": [{ "sku": "A", "name": "Apple", "quantity": 1, "unitPrice": 10.5 }],
    });
    let request = Request {
        method: Method::Post,
        path: "/orders/createorder".to_owned(),
        query: Vec::new(),
        // The sandbox's own key.
        authorization: Some("Basic ZGVtby1zcy1rZXk6ZGVtby1zcy1zZWNyZXQ=".to_owned()),
        body: order.to_string().into_bytes(),
    };
    let reply = stage.sandbox().shipstation().handle(&request, stage.now());
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    stage.sandbox().shipstation().order_by_key(key).unwrap().order_id
}

fn json(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

fn picked(stage: &Stage, reference: &str) -> SalesOrder {
    let created_date = Some(stage.now() - jiff::SignedDuration::from_hours(1));
    SalesOrder { created_date, ..orders::picked(orders::order(reference)) }
}

#[test]
fn a_backfill_says_first_what_it_would_do_and_then_does_it() {
    let setup = quiet();
    let stage = Stage::new(&setup);
    let good = stage.add(picked(&stage, "SO-good"));
    let mut bad = picked(&stage, "SO-bad");
    bad.delivery_country = Some("Atlantis".to_owned());
    stage.add(bad);

    let wrong = stage.command(&["backfill", "--since", "yesterday"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.starts_with("--since \"yesterday\" is no time; give a day such as"),
        "{}",
        wrong.stderr
    );

    let since = ["--since", "2020-01-01"];
    let plans = json(&stage.command(&["backfill", since[0], since[1], "--dry-run", "--json"]));
    let decided: Vec<_> = plans
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| (plan["reference"].as_str().unwrap(), plan["decision"].as_str().unwrap()))
        .collect();
    assert_eq!(decided, [("SO-good", "send"), ("SO-bad", "refused")]);
    assert_eq!(plans[0]["document"]["orderNumber"], "SO-good");
    assert_eq!(plans[0]["document"]["orderKey"], key(good));
    assert_eq!(plans[1]["reasons"][0], "country: Atlantis");
    assert_eq!(stage.sandbox().shipstation().orders().count(), 0, "nothing was written");
    let nothing =
        json(&stage.command(&["backfill", "--since", "2020-01-01", "--until", "2020-02-01", "--json"]));
    assert_eq!(nothing["published"], 0);

    let _bridge = stage.start();
    assert_eq!(stage.sandbox().shipstation().orders().count(), 0, "nobody told of it");
    let done = json(&stage.command(&["backfill", since[0], since[1], "--json"]));
    assert_eq!(done["published"], 2);
    stage.placed(good);

    stage.sandbox().cin7().edit(good, stage.now(), |order| order.delivery_city = Some("Perth".to_owned()));
    let plans = json(&stage.command(&["backfill", since[0], since[1], "--dry-run", "--json"]));
    let change = plans.as_array().unwrap().iter().find(|plan| plan["reference"] == "SO-good").unwrap();
    let differs = change["differences"].as_array().unwrap();
    assert!(differs.iter().any(|one| one["path"] == "shipTo.city" && one["new"] == "Perth"), "{differs:?}");
}

#[test]
fn orders_are_pushed_through_and_listed_with_the_stages_that_nobody_knows() {
    let setup = quiet();
    let stage = Stage::new(&setup);
    let good = stage.add(picked(&stage, "SO-good"));
    let odd = SalesOrder { stage: Some("Fuly Picked".to_owned()), ..picked(&stage, "SO-odd") };
    stage.add(odd);
    let stored = stage.command(&["orders", "sync", "SO-odd", "--no-wait"]);
    assert_eq!(
        (stored.code, stored.stdout.as_str()),
        (Some(0), "1 event is stored: a worker takes it from here.\n")
    );

    let _bridge = stage.start();
    let synced = json(&stage.command(&["orders", "sync", "SO-good", "SO-odd", "--json"]));
    assert_eq!((&synced[0]["state"], &synced[1]["state"]), (&"imported".into(), &"waiting".into()));
    stage.placed(good);
    let unknown = stage.command(&["orders", "sync", "SO-404"]);
    assert_eq!((unknown.code, unknown.stderr.contains("Cin7 has no order SO-404")), (Some(1), true));

    let listed = json(&stage.command(&["orders", "list", "--json"]));
    assert_eq!(listed["orders"].as_array().unwrap().len(), 2);
    assert_eq!((&listed["states"]["imported"], &listed["states"]["waiting"]), (&1.into(), &1.into()));
    let stages = serde_json::json!([{"stage": "Fuly Picked", "orders": 1, "known": false}]);
    assert_eq!(listed["waiting_stages"], stages);
    let text = stage.command(&["orders", "list", "--state", "waiting", "--query", "odd"]);
    assert!(text.stdout.contains("SO-odd") && !text.stdout.contains("SO-good"), "{}", text.stdout);
    assert!(text.stdout.contains("1 Fuly Picked (not in the configuration)"), "{}", text.stdout);
    let wrong = stage.command(&["orders", "list", "--state", "lost"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.starts_with("`lost` is no state; there are: waiting, "), "{}", wrong.stderr);
}

#[test]
fn what_is_parked_is_listed_shown_replayed_and_discarded() {
    let setup = quiet();
    let stage = Stage::new(&setup);
    let bad = stage.add(picked(&stage, "SO-bad"));
    let worse = stage.add(picked(&stage, "SO-worse"));
    let locked = lock_key(&stage, &key(bad));
    lock_key(&stage, &key(worse));
    let _bridge = stage.start();
    stage.command(&["orders", "sync", "SO-bad", "SO-worse"]);
    assert_eq!(stage.is("review", bad)["state"], "review");
    stage.is("review", worse);
    let parked = json(&stage.command(&["parked", "list", "--json"]));
    assert_eq!(parked.as_array().unwrap().len(), 2);
    let of =
        |order: i64| parked.as_array().unwrap().iter().find(|one| one["order"] == order).unwrap().clone();
    assert_eq!((&of(bad)["cause"], &of(bad)["lane"]), (&"permanent".into(), &"orders".into()));
    let id = |order: i64| of(order)["id"].as_str().unwrap().to_owned();
    let shown = stage.command(&["parked", "show", &id(bad)]);
    assert!(shown.stdout.contains("its status is cancelled"), "{}", shown.stdout);

    let discarded = stage.command(&["parked", "discard", &id(worse), "--reason", "sent by hand"]);
    assert_eq!((discarded.code, discarded.stdout.as_str()), (Some(0), "1 event was discarded.\n"));
    let left = stage.show("SO-worse");
    assert_eq!(left["state"], "waiting", "a person has dealt with it");
    let timeline = left["timeline"].to_string();
    assert!(timeline.contains("discarded by a person: sent by hand"), "{timeline}");

    stage.sandbox().shipstation().delete(locked, stage.now()).unwrap();
    let replayed = stage.command(&["parked", "replay", "--all", "--reason", "the key is free"]);
    assert_eq!((replayed.code, replayed.stdout.as_str()), (Some(0), "1 event was replayed.\n"));
    stage.is("imported", bad);
    let empty = stage.command(&["parked", "list"]);
    assert_eq!(empty.stdout, "Nothing waits for a person.\n");
    let gone = stage.command(&["parked", "replay", &id(bad)]);
    assert_eq!(gone.code, Some(1));
    assert!(gone.stderr.contains("is parked (any more)"), "{}", gone.stderr);
}

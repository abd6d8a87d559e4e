//! Orders that stay where they are, and what the bridge says about them.

use jiff::SignedDuration;
use rust_decimal::Decimal;
use sandbox::cin7::SalesOrder;
use serde_json::Value;

use crate::acme::key;
use crate::orders;
use crate::process::Ended;
use crate::stage::{Setup, Stage};

/// Makes an order that one rule holds back.
type Flaw = fn(&mut SalesOrder);

/// A rule, an order that it alone holds back, the order's state, and what the explanation says.
const KINDS: [(&str, Flaw, &str, &str); 10] = [
    ("approved", |order| order.is_approved = false, "waiting", "Approve the order in Cin7."),
    ("stage", |order| order.stage = Some("On Hold".to_owned()), "waiting", "On Hold"),
    ("not_void", |order| order.is_void = true, "excluded", "void"),
    ("not_dispatched", |order| order.dispatched_date = order.created_date, "excluded", "dispatched 2"),
    ("branch", |order| order.branch_id = 4, "excluded", "4"),
    ("window", old, "excluded", "Set a later ETD in Cin7 if it shall still ship."),
    ("country", |order| order.delivery_country = Some("Atlantis".to_owned()), "refused", "Atlantis"),
    ("address", |order| order.delivery_address1 = None, "refused", "Bo Miller, no street"),
    ("qty_dispatch", unpicked, "refused", "Fill in Qty Dispatched on the lines"),
    ("lines", half_a_mug, "refused", "MUG-BLUE: 0.5 is no quantity that ShipStation takes"),
];

fn old(order: &mut SalesOrder) {
    order.created_date = order.created_date.map(|created| created - SignedDuration::from_hours(100 * 24));
}

fn unpicked(order: &mut SalesOrder) {
    order.line_items.iter_mut().for_each(|line| line.qty_shipped = Decimal::ZERO);
}

fn half_a_mug(order: &mut SalesOrder) {
    order.line_items[0].qty_shipped = Decimal::new(5, 1);
}

/// A picked order with a created date, made an hour ago.
fn picked(stage: &Stage, reference: &str) -> SalesOrder {
    let created_date = Some(stage.now() - SignedDuration::from_hours(1));
    SalesOrder { created_date, ..orders::picked(orders::order(reference)) }
}

fn failed(explained: &Value) -> Vec<&str> {
    let rules = explained["rules"].as_array().unwrap().iter();
    rules.filter(|rule| rule["passed"] == false).map(|rule| rule["rule"].as_str().unwrap()).collect()
}

fn json(ended: &Ended) -> Value {
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn every_order_that_stays_is_explained_by_the_rule_that_holds_it() {
    let setup =
        Setup { webhooks: false, connection: "[connections.import]\nbranches = [3]", ..Setup::default() };
    let stage = Stage::new(&setup);
    let _bridge = stage.start();
    let mut ids = Vec::new();
    for (rule, flaw, ..) in KINDS {
        let mut order = picked(&stage, &format!("SO-{rule}"));
        flaw(&mut order);
        ids.push(stage.add(order));
    }
    // The same flaw, on an order that the watch saw before it reached the stage: somebody waits for it.
    let mut late = SalesOrder { stage: Some("New".to_owned()), ..picked(&stage, "SO-late") };
    old(&mut late);
    let late = stage.add(late);
    stage.is("waiting", late);
    stage.pick(late);
    stage.is("refused", late);

    for (id, (rule, _, state, said)) in ids.iter().zip(KINDS) {
        stage.is(state, *id);
        let explained = json(&stage.command(&["orders", "explain", &format!("SO-{rule}"), "--json"]));
        assert_eq!(failed(&explained), [rule]);
        assert_eq!((&explained["cin7_id"], &explained["state"]), (&Value::from(*id), &Value::from(state)));
        let text = stage.command(&["orders", "explain", &id.to_string()]);
        assert!(text.stdout.starts_with(&format!("SO-{rule} (Cin7 {id}, connection acme): {state}\n")));
        let unwrapped = text.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unwrapped.contains(&format!("NO {rule}")) && unwrapped.contains(said), "{}", text.stdout);
    }
    let good = stage.add(picked(&stage, "SO-good"));
    stage.placed(good);
    for id in ids.iter().chain([&late]) {
        assert!(stage.sandbox().shipstation().order_by_key(&key(*id)).is_none(), "{id} was sent");
    }
}

#[test]
fn an_order_that_was_never_seen_is_read_from_cin7_to_be_explained() {
    // No bridge runs here: the command alone does it.
    let stage = Stage::new(&Setup { webhooks: false, ..Setup::default() });
    let mut order = picked(&stage, "SO-5");
    order.delivery_country = Some("Atlantis".to_owned());
    let id = stage.add(order);
    let shown = stage.command(&["orders", "show", "SO-5"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (Some(1), ""));
    assert!(shown.stderr.contains("`shipbridge orders explain SO-5` reads it from Cin7"), "{}", shown.stderr);

    for name in ["SO-5", &id.to_string()] {
        let explained = json(&stage.command(&["orders", "explain", name, "--json"]));
        assert_eq!(failed(&explained), ["country"]);
        assert_eq!(explained["cin7_id"], id);
        assert_eq!(explained["shipstation"], Value::Null);
    }
    let text = stage.command(&["orders", "explain", "SO-5"]);
    assert!(text.stdout.contains("read from Cin7 just now"), "{}", text.stdout);
}

#[test]
fn an_order_that_cin7_does_not_have_is_told_in_one_line() {
    let stage = Stage::new(&Setup { webhooks: false, ..Setup::default() });
    for name in ["SO-404", "404"] {
        let ended = stage.command(&["orders", "explain", name]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        assert_eq!(ended.stderr, format!("Cin7 has no order {name}, neither as id nor as reference\n"));
    }
    let ended = stage.command(&["orders", "explain", "SO-404", "--connection", "other"]);
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.stderr, "there is no connection `other`; there are: acme\n");
}

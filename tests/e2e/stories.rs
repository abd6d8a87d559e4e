//! What happens on good days: orders go out, shipments come back, whole, in parts and corrected.

use jiff::tz::TimeZone;
use sandbox::cin7::SalesOrder;
use sandbox::shipstation::model::{Order, OrderStatus, Shipment};
use serde_json::{Value, json};

use crate::orders;
use crate::stage::{Setup, Stage};

/// ShipStation's own time zone: its dates have no offset.
const PACIFIC: &str = "America/Los_Angeles";

fn tracking(order: &SalesOrder) -> &str {
    order.tracking_code.as_deref().unwrap_or_default()
}

fn is_dispatched(order: &SalesOrder) -> bool {
    order.dispatched_date.is_some()
}

/// The line of our block for a label.
fn told(label: &Shipment) -> String {
    let (date, tracking, cost) = (label.ship_date, &label.tracking_number, label.shipment_cost.normalize());
    format!("{date} | USPS | USPS Priority Mail | {tracking} | {cost} AUD")
}

/// The staff's comment with our block behind it.
fn comments(labels: &[&Shipment]) -> String {
    let lines: Vec<_> = labels.iter().map(|label| told(label)).collect();
    format!("Pack with care.\n[Shipbridge]\n{}\n[/Shipbridge]", lines.join("\n"))
}

#[test]
fn an_order_is_picked_arrives_in_shipstation_and_comes_back_dispatched() {
    // At the real quotas, with webhooks alone: watch and sweep come later than this story ends.
    let stage = Stage::new(&Setup { watch: "10m", sweep: "10m", real_quotas: true, ..Setup::default() });
    let _bridge = stage.start();
    let id = stage.add(orders::order("SO-1"));
    let shown = stage.is("waiting", id);
    assert_eq!((&shown["shipstation"], &shown["document"]), (&Value::Null, &Value::Null));

    stage.pick(id);
    let placed = stage.placed(id);
    assert_is_the_order(&placed, &stage.cin7(id));
    let shown = stage.is("imported", id);
    assert_eq!(
        shown["shipstation"],
        json!({"order_id": placed.order_id, "order_key": format!("sb-acme-{id}"), "store_id": 12345,
               "status": "awaiting_shipment"})
    );

    let label = stage.label(placed.order_id);
    let order = stage.shows("the order is dispatched", id, is_dispatched);
    assert_eq!(tracking(&order), label.tracking_number);
    assert_eq!(order.logistics_carrier.as_deref(), Some("USPS"));
    assert_eq!(order.stage.as_deref(), Some("Dispatched"));
    let shipped_at = TimeZone::get(PACIFIC).unwrap().to_timestamp(label.create_date).unwrap();
    assert_eq!(order.dispatched_date.unwrap().as_second(), shipped_at.as_second());
    assert_eq!(order.internal_comments, Some(comments(&[&label])));

    assert_is_the_contract(&stage.is("dispatched", id), id, &label);
    assert_eq!(stage.show("SO-1")["cin7_id"], id, "found by its reference, too");
    let text = stage.command(&["orders", "show", "SO-1"]);
    assert!(text.stdout.starts_with(&format!("SO-1 (Cin7 {id}, connection acme): dispatched\n")));
    for said in [label.tracking_number.as_str(), "USPS Priority Mail", "written to Cin7"] {
        assert!(text.stdout.contains(said), "{said}: {}", text.stdout);
    }
    assert_eq!(stage.sandbox().cin7().calls().writes_of(id), 1);
    assert_eq!(stage.sandbox().shipstation().calls().upserts().values().sum::<u64>(), 1);
    let refused = stage.sandbox().cin7().calls().rate_limited()
        + stage.sandbox().shipstation().calls().with_status(429);
    assert_eq!(refused, 0, "no 429 at the real quotas");
}

/// Compares what ShipStation has with what Cin7 has, field by field.
fn assert_is_the_order(placed: &Order, order: &SalesOrder) {
    let id = order.id;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    assert_eq!(placed.order_key, format!("sb-acme-{id}"));
    assert_eq!(placed.order_number, "SO-1");
    assert_eq!(placed.order_status, OrderStatus::AwaitingShipment);
    let pacific = TimeZone::get(PACIFIC).unwrap();
    assert_eq!(placed.order_date, order.created_date.unwrap().to_zoned_datetime(pacific).datetime());
    let to = &placed.ship_to;
    assert_eq!(
        [&to.name, &to.street1, &to.street2, &to.city, &to.state, &to.postal_code, &to.country, &to.phone]
            .map(text),
        ["Bo Miller", "12 Burnside Street", "Flat 3", "Portland", "OR", "97209", "US", "503-555-0142"]
    );
    assert_eq!(text(&placed.bill_to.name), "Ada Miller");
    assert_eq!(text(&placed.customer_email), "ada@example.com");
    let items: Vec<_> = placed
        .items
        .iter()
        .map(|item| (text(&item.line_item_key), text(&item.sku), item.quantity, item.unit_price.to_string()))
        .collect();
    let [mugs, shirt] = [0, 1].map(|line: usize| format!("{id}:{}", order.line_items[line].id));
    assert_eq!(
        items,
        [
            (mugs, "MUG-BLUE".to_owned(), 3, "19.95".to_owned()),
            (shirt, "TEE-M".to_owned(), 1, "30".to_owned())
        ]
    );
    assert_eq!(placed.shipping_amount, order.freight_total);
    assert_eq!(placed.order_total, order.total, "items, tax and shipping add up to Cin7's total");
    assert_eq!(placed.amount_paid, order.total);
    assert_eq!(placed.weight.unwrap().grams().normalize().to_string(), "1250", "3 × 0.35 kg and 0.2 kg");
    assert_eq!(text(&placed.requested_shipping_service), "Express");
    assert_eq!(text(&placed.customer_notes), "Leave it at the door.");
    assert_eq!(text(&placed.internal_notes), "Pack with care.");
    let options = &placed.advanced_options;
    assert_eq!((options.store_id, text(&options.custom_field1)), (12345, "PO 77".to_owned()));
    assert_eq!(text(&options.custom_field2), id.to_string());
}

/// The contract's shape of `orders show|explain --json`.
fn assert_is_the_contract(shown: &Value, id: i64, label: &Shipment) {
    let members = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let expected = [
        "cin7_id",
        "connection",
        "document",
        "reference",
        "rules",
        "shipments",
        "shipstation",
        "state",
        "timeline",
    ];
    assert_eq!(members(shown), expected);
    assert_eq!(shown["connection"], "acme");
    assert_eq!(shown["reference"], "SO-1");
    for rule in shown["rules"].as_array().unwrap() {
        assert_eq!(members(rule), ["expected", "passed", "rule", "value"]);
        assert_eq!(rule["passed"], true);
    }
    let row = &shown["shipments"][0];
    assert_eq!(row["tracking"], label.tracking_number);
    assert_eq!(row["cost"], label.shipment_cost.normalize().to_string());
    assert_eq!(row["ship_date"], label.ship_date.to_string());
    assert_eq!(row["voided"], false);
    let lines: Vec<_> = label.items().iter().map(|item| item.line_item_key.clone().unwrap()).collect();
    assert_eq!(row["items"][0], json!({"line": lines[0], "quantity": 3}));
    assert_eq!(shown["document"]["order_key"], format!("sb-acme-{id}"));
    let kinds: Vec<_> = shown["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(members(entry), ["at", "kind", "text"]);
            entry["kind"].as_str().unwrap()
        })
        .collect();
    assert_eq!(kinds, ["decided", "decided", "sent", "shipment", "written"]);
}

#[test]
fn without_any_webhook_the_watch_and_the_sweep_carry_an_order_alone() {
    let stage = Stage::new(&Setup { webhooks: false, ..Setup::default() });
    let _bridge = stage.start();
    let id = stage.add(orders::order("SO-2"));
    stage.is("waiting", id);
    stage.pick(id);
    let label = stage.label(stage.placed(id).order_id);
    let order = stage.shows("the order is dispatched", id, is_dispatched);
    assert_eq!(tracking(&order), label.tracking_number);
    assert_eq!(stage.sandbox().webhooks().delivered, 0);
}

#[test]
fn an_order_that_leaves_in_two_parcels_is_dispatched_with_the_second() {
    let stage = Stage::new(&Setup::default());
    let _bridge = stage.start();
    let id = stage.add(orders::picked(orders::order("SO-3")));
    let parent = stage.placed(id);
    let one_mug = [(parent.items[0].order_item_id, 1)];
    let child = stage.sandbox().shipstation().split(parent.order_id, &one_mug, stage.now()).unwrap();

    let first = stage.label(parent.order_id);
    let order = stage.shows("the first number is there", id, |order| !tracking(order).is_empty());
    assert_eq!(tracking(&order), first.tracking_number);
    assert!(!is_dispatched(&order), "one mug is still here");
    assert_eq!(order.stage.as_deref(), Some("Fully Picked"));
    stage.is("partly_shipped", id);

    let second = stage.label(child);
    let order = stage.shows("the order is dispatched", id, is_dispatched);
    assert_eq!(tracking(&order), format!("{}, {}", second.tracking_number, first.tracking_number));
    assert_eq!(order.internal_comments, Some(comments(&[&second, &first])));
    stage.is("dispatched", id);
}

#[test]
fn a_voided_label_goes_from_cin7_and_the_new_one_takes_its_place() {
    let stage = Stage::new(&Setup::default());
    let _bridge = stage.start();
    let id = stage.add(orders::picked(orders::order("SO-4")));
    let placed = stage.placed(id);
    let wrong = stage.label(placed.order_id);
    let dispatched = stage.shows("the order is dispatched", id, is_dispatched).dispatched_date;

    // Nothing announces a void: the sweep finds it.
    stage.sandbox().shipstation().void_label(wrong.shipment_id, stage.now()).unwrap();
    let order = stage.shows("the number is gone", id, |order| tracking(order).is_empty());
    assert_eq!(order.internal_comments.as_deref(), Some("Pack with care."));
    assert_eq!(order.dispatched_date, dispatched, "Cin7 cannot take a dispatch back");
    stage.is("review", id);

    let right = stage.label(placed.order_id);
    let order = stage.shows("the new number is there", id, |order| !tracking(order).is_empty());
    assert_eq!(tracking(&order), right.tracking_number);
    assert_eq!(order.internal_comments, Some(comments(&[&right])));
    let shown = stage.is("dispatched", id);
    let voided: Vec<_> = shown["shipments"].as_array().unwrap().iter().map(|row| &row["voided"]).collect();
    assert_eq!(voided, [true, false]);
}

//! What an order in review counts as once its parked event is replayed or discarded.

use domain::effect::Fingerprint;
use domain::fulfil::release::{after_discard, after_replay, without_objection};
use domain::fulfil::{Desired, Memory};
use domain::ids::OrderId;
use domain::import::{Catalogue, document};
use domain::record::{Intake, OrderRecord, Placed, Progress, Reading};
use domain::rule::{RuleId, Verdict};
use domain::settings::DispatchWhen;
use domain::shipment::{Shipment, ShipmentId, ShipmentSet, ShippedItem};

use crate::fixture::{at, decimal, now, order, rules};

/// An order in review, in ShipStation or not.
fn in_review(placed: bool) -> OrderRecord {
    let document = document::translate(&order(), &Catalogue::new(), &rules());
    let reading = Reading {
        id: OrderId(123),
        reference: "SO-123".into(),
        stage: "Fully Picked".into(),
        version: now(),
        content: Fingerprint::of(&1),
        platform_time: None,
        intake: Intake::Eligible,
        verdicts: Vec::new(),
        reached_in_sight: false,
        dispatched: false,
        objection: None,
    };
    let placed = placed.then_some(Placed { shipstation_order: Some(9), document, attempt: None });
    OrderRecord { placed, progress: Progress::Review, ..OrderRecord::of(reading) }
}

fn set(items: &[(&str, u32)]) -> ShipmentSet {
    let item = |(key, quantity): &(&str, u32)| ShippedItem {
        line_key: (*key).into(),
        sku: String::new(),
        quantity: *quantity,
    };
    let label = Shipment {
        id: ShipmentId::Label(1),
        shipstation_order: Some(9),
        order_key: "sb-acme-123".into(),
        order_number: "SO-123".into(),
        store_id: None,
        created: Some(now()),
        ship_date: None,
        tracking: "1Z".into(),
        carrier: "ups".into(),
        service: String::new(),
        cost: decimal("1"),
        voided: false,
        is_return: false,
        notes_to_buyer: String::new(),
        items: Some(items.iter().map(item).collect()),
    };
    let shipments = if items.is_empty() { Vec::new() } else { vec![label] };
    ShipmentSet { revision: 1, shipments }
}

/// Everything of the order, and a part of it.
fn all() -> ShipmentSet {
    let document = in_review(true).placed.unwrap().document;
    set(&document.dispatchable().collect::<Vec<_>>())
}

fn part() -> ShipmentSet {
    let document = in_review(true).placed.unwrap().document;
    set(&document.dispatchable().take(1).collect::<Vec<_>>())
}

fn written(dispatched: bool) -> Memory {
    let dispatched = dispatched.then(|| at("2026-03-09T00:00:00Z"));
    Memory { shown: Desired { dispatched, ..Desired::default() }, ..Memory::default() }
}

#[test]
fn a_replay_takes_back_only_an_order_that_never_arrived() {
    assert_eq!(after_replay(&in_review(false)), Some(Progress::Nothing));
    assert_eq!(after_replay(&in_review(true)), None, "the replayed event says how far it is");
    let quiet = OrderRecord { progress: Progress::Nothing, ..in_review(false) };
    assert_eq!(after_replay(&quiet), None);
}

#[test]
fn a_discarded_order_is_as_far_as_its_shipments() {
    use Progress::{Dispatched, Nothing, Partly, Shipped};
    let after = |set: &ShipmentSet, written: Option<&Memory>| {
        after_discard(&in_review(true), set, written, DispatchWhen::Complete)
    };
    assert_eq!(after(&set(&[]), None), Some(Nothing));
    assert_eq!(after(&part(), Some(&written(false))), Some(Partly));
    assert_eq!(after(&all(), None), Some(Shipped), "Cin7 does not show it");
    assert_eq!(after(&all(), Some(&written(true))), Some(Dispatched));
    let first = after_discard(&in_review(true), &part(), None, DispatchWhen::FirstShipment);
    assert_eq!(first, Some(Shipped));
    assert_eq!(after_discard(&in_review(false), &set(&[]), None, DispatchWhen::Complete), Some(Nothing));
}

#[test]
fn what_is_in_review_for_another_reason_stays_there() {
    let discard = |record: &OrderRecord, set: &ShipmentSet, written: Option<&Memory>| {
        after_discard(record, set, written, DispatchWhen::Complete)
    };
    assert_eq!(discard(&in_review(true), &part(), Some(&written(true))), None, "a void after the dispatch");
    let mut void = in_review(true);
    void.reading.verdicts = vec![Verdict {
        rule: RuleId::NotVoid,
        passed: false,
        value: "void".into(),
        expected: "not void".into(),
        advice: None,
    }];
    assert_eq!(discard(&void, &all(), None), None, "shipped, and void in Cin7");
    let shipped = OrderRecord { progress: Progress::Shipped, ..in_review(true) };
    assert_eq!(discard(&shipped, &all(), None), None);
}

#[test]
fn only_the_failures_own_objection_goes() {
    let objected = |objection: Option<&str>| Reading {
        objection: objection.map(str::to_owned),
        ..in_review(true).reading
    };
    let own = objected(Some("edited in Cin7 (address), but ShipStation refused the order"));
    assert_eq!(without_objection(&own, "ShipStation refused the order"), Some(objected(None)));
    assert_eq!(without_objection(&own, "another failure"), None);
    assert_eq!(without_objection(&objected(None), "another failure"), None);
}

//! The negative control: the checker must turn red for everything that it is there to find, first for states
//! that are made wrong by hand, then for a line that is sabotaged.

use jiff::SignedDuration;
use sandbox::cin7::SalesOrder;
use sandbox::exchange::{Method, Request};
use sandbox::generator::Expected;
use serde_json::json;

use crate::checker;
use crate::scenario::{Plan, Scenario};
use crate::story;
use crate::trouble::Trouble;
use crate::world::{Call, Site, World};

type Spoil = fn(&mut SalesOrder);

/// A scenario without trouble, played until everything is right.
fn converged(seed: u64) -> Scenario {
    let mut scenario = Scenario::new(Plan::calm(seed, 14));
    scenario.trouble();
    scenario.calm();
    scenario.converge().unwrap();
    scenario
}

fn one_that(scenario: &Scenario, wanted: impl Fn(&SalesOrder, Expected) -> bool) -> i64 {
    let cin7 = scenario.world.cin7();
    let mut orders = scenario.story.expected.iter();
    let found = orders.find(|(id, order)| wanted(cin7.order(**id).unwrap(), order.expected));
    *found.expect("among the orders there is one of each kind").0
}

fn complaints(scenario: &Scenario) -> String {
    checker::complaints(&scenario.world, &scenario.story.expected).join("\n")
}

#[test]
fn the_checker_turns_red_for_every_kind_of_wrong_order_and_green_again_when_it_is_mended() {
    let scenario = converged(3);
    let world = &scenario.world;
    assert_eq!(complaints(&scenario), "");
    let tracked = |order: &SalesOrder, expected| {
        expected == Expected::Ships && order.tracking_code.as_ref().is_some_and(|code| !code.is_empty())
    };
    let id = one_that(&scenario, tracked);
    let whole = world.cin7().order(id).unwrap().clone();
    let cases: [(&str, Spoil); 8] = [
        ("is not dispatched", |order| order.dispatched_date = None),
        ("not dispatched but `Fully Picked`", |order| order.stage = Some("Fully Picked".to_owned())),
        ("the tracking code `1Z0`", |order| order.tracking_code = Some("1Z0".to_owned())),
        ("the tracking code ``", |order| order.tracking_code = None),
        ("the carrier `Pigeon`", |order| order.logistics_carrier = Some("Pigeon".to_owned())),
        ("no block", |order| order.internal_comments = None),
        ("the staff's comments have changed", |order| {
            order.internal_comments = order.internal_comments.take().map(|text| format!("{text}\nmore"));
        }),
        ("the block does not tell of the parcel", |order| {
            order.internal_comments = Some("[Shipbridge]\nnothing\n[/Shipbridge]".to_owned());
        }),
    ];
    for (told, make_wrong) in cases {
        assert!(world.cin7().edit(id, world.now(Site::Cin7), make_wrong));
        let complaints = complaints(&scenario);
        assert!(complaints.contains(told) && complaints.contains(&id.to_string()), "{told}: {complaints}");
        world.cin7().edit(id, world.now(Site::Cin7), |order| order.clone_from(&whole));
        assert_eq!(self::complaints(&scenario), "", "after {told}");
    }
}

#[test]
fn the_checker_turns_red_for_lost_and_doubled_orders_for_early_dispatch_and_for_what_must_not_be_sent() {
    let scenario = converged(4);
    let world = &scenario.world;
    let (ships, stays) = (
        one_that(&scenario, |_, expected| expected == Expected::Ships),
        one_that(&scenario, |_, expected| matches!(expected, Expected::Stays(_))),
    );
    let now = world.now(Site::ShipStation);
    story::post_order(&mut world.shipstation(), &story::key(stays), "X", "1:1", now);
    assert!(complaints(&scenario).contains(&format!("order {stays}: sent to ShipStation although")));
    let again = json!({ "id": ships, "stage": "Dispatched" });
    put(world, &json!([again, again, again, again, again]));
    assert!(complaints(&scenario).contains(&format!("order {ships}: written to Cin7")));
    story::post_order(&mut world.shipstation(), "manual-7", "X", &format!("{ships}:1"), now);
    assert!(complaints(&scenario).contains(&format!("order {ships}: also in ShipStation")));
    assert!(!complaints(&scenario).contains("before all of it shipped"));
    put(world, &json!([{ "id": stays, "dispatchedDate": "2026-01-05T00:00:00Z" }]));
    assert!(complaints(&scenario).contains("before all of it shipped"));
    let root = world.shipstation().order_by_key(&story::key(ships)).unwrap().order_id;
    world.shipstation().delete(root, now).unwrap();
    assert!(complaints(&scenario).contains(&format!("order {ships}: 0 times in ShipStation")));
}

#[test]
fn the_checker_turns_red_when_the_line_sends_twice_or_only_pretends_to_write() {
    let sabotage = |call: &Call| call.is("POST /orders/createorders").then_some(Trouble::Doubled);
    let complaints = sabotaged(Box::new(sabotage));
    assert!(complaints.contains("also in ShipStation under the key"), "{complaints}");
    let sabotage = |call: &Call| call.is("PUT /SalesOrders").then_some(Trouble::Swallowed);
    let complaints = sabotaged(Box::new(sabotage));
    assert!(complaints.contains("shipped, and in Cin7 it is not dispatched"), "{complaints}");
}

/// What the checker says of a line without trouble but for this.
fn sabotaged(sabotage: crate::trouble::Troublemaker) -> String {
    let mut scenario = Scenario::new(Plan::calm(5, 4));
    scenario.world.trouble(Some(sabotage));
    scenario.trouble();
    scenario.until_quiet();
    complaints(&scenario)
}

/// Writes to Cin7 as a bridge would that has lost its mind.
fn put(world: &World, patches: &serde_json::Value) {
    world.advance(SignedDuration::from_secs(1));
    let request = Request {
        method: Method::Put,
        path: "/api/v1/SalesOrders".to_owned(),
        query: Vec::new(),
        authorization: Some("Basic RGVtb0FVOmRlbW8tY2luNy1rZXk=".to_owned()),
        api_key: None,
        body: patches.to_string().into_bytes(),
    };
    assert_eq!(world.handle(Site::Cin7, &request).status, 200);
}

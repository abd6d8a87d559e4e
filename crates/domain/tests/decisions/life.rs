//! The life of an order after its import: edits, withdrawals, other integrations, and what is theirs.

use domain::event::Origin;
use domain::import::outgoing::outgoing;
use domain::import::{Case, Catalogue, Decision, Judgement, Ours, concerns, decide};
use domain::placed_order::{PlacedOrder, Theirs, Untouched};
use domain::record::{OrderRecord, OrderState, Placed, Progress};
use domain::rule::RuleId;
use domain::sales_order::SalesOrder;
use domain::settings::{OnWithdrawn, Rules, TagRule};
use domain::shipping_order::{ServiceChoice, ShippingOrder, ShippingStatus};
use domain::weight::{ShippingUnit, Weight};
use proptest::prelude::*;
use serde_json::json;

use crate::fixture::{at, decimal, now, order, rules};

/// The order of the fixture as it was imported.
fn imported() -> OrderRecord {
    let judgement = decide(Case::new(&order(), None, Origin::Watch), &Catalogue::new(), &rules(), now());
    let Decision::Import(document) = judgement.decision else { panic!("{judgement:?}") };
    let placed = Placed { shipstation_order: Some(9), document: *document, attempt: None };
    OrderRecord { placed: Some(placed), ..OrderRecord::of(judgement.reading) }
}

/// The order as ShipStation shows it when nobody touched it there.
fn there(document: &ShippingOrder) -> PlacedOrder {
    PlacedOrder {
        order_id: 9,
        order_key: document.order_key.clone(),
        order_number: document.order_number.clone(),
        status: document.status.as_str().into(),
        theirs: Theirs {
            weight: document.weight,
            customer_notes: document.customer_notes.clone(),
            internal_notes: document.internal_notes.clone(),
            custom_fields: document.custom_fields.clone(),
            gift: document.gift,
            ..Theirs::default()
        },
        ..PlacedOrder::default()
    }
}

/// One reading of an order that was imported, with everything that may differ.
struct Story {
    record: OrderRecord,
    order: SalesOrder,
    there: PlacedOrder,
    rules: Rules,
    anothers: Vec<PlacedOrder>,
}

impl Story {
    fn new() -> Self {
        let record = imported();
        let there = there(&record.placed.as_ref().unwrap().document);
        Self { record, order: order(), there, rules: rules(), anothers: Vec::new() }
    }

    fn edited(change: impl FnOnce(&mut SalesOrder)) -> Self {
        let mut story = Self::new();
        change(&mut story.order);
        story
    }

    fn judged(&self, ours: Ours<'_>) -> Judgement {
        let case = Case {
            ours,
            anothers: &self.anothers,
            ..Case::new(&self.order, Some(&self.record), Origin::Watch)
        };
        decide(case, &Catalogue::new(), &self.rules, now())
    }

    fn read(&self) -> Judgement {
        self.judged(Ours::Read(&self.there))
    }

    /// What is sent; panics when nothing is.
    fn sent(&self) -> ShippingOrder {
        match self.read().decision {
            Decision::Update(update) => update.outgoing,
            other => panic!("{other:?}"),
        }
    }

    /// The objection of an order that only a person can help, which its state must show.
    fn objection(&self) -> String {
        let judgement = self.read();
        assert_eq!(judgement.decision, Decision::Locked);
        let record = OrderRecord { reading: judgement.reading.clone(), ..self.record.clone() };
        assert_eq!(record.state(), OrderState::Review);
        judgement.reading.objection.unwrap()
    }

    /// The record once the decision was carried out.
    fn carried_out(mut self) -> Self {
        let judgement = self.read();
        if let Decision::Update(update) = judgement.decision {
            self.there = PlacedOrder { status: update.outgoing.status.as_str().into(), ..self.there };
            let placed = Placed { shipstation_order: Some(9), document: update.wanted, attempt: None };
            self.record.placed = Some(placed);
        }
        self.record.reading = judgement.reading;
        self
    }
}

#[test]
fn an_order_that_is_as_it_was_sent_is_unchanged() {
    let story = Story::edited(|order| order.modified = now());
    assert_eq!(story.read().decision, Decision::Unchanged);
    assert_eq!(story.judged(Ours::Unknown).decision, Decision::Unchanged, "nobody needs to look for that");
}

#[test]
fn an_edit_is_sent_again_once_it_is_known_how_the_order_stands() {
    let story = Story::edited(|order| order.delivery.city = "Perth".into());
    assert_eq!(story.judged(Ours::Unknown).decision, Decision::LookFirst);
    assert_eq!(story.judged(Ours::Remembered(&story.there)).decision, Decision::LookFirst);
    let Decision::Update(update) = story.read().decision else { panic!("{:?}", story.read()) };
    assert_eq!(update.event, "edited in Cin7 (address)");
    assert_eq!(update.outgoing.ship_to.city, "Perth");
    assert_eq!(update.outgoing.replaces.as_ref().map(|replaces| replaces.order_id), Some(9));
    assert_eq!(update.wanted, ShippingOrder { replaces: None, ..update.outgoing });
    assert_eq!(story.carried_out().read().decision, Decision::Unchanged);
}

#[test]
fn an_edit_that_comes_too_late_is_for_a_person() {
    type Change = fn(&mut PlacedOrder);
    let late: [(Change, &str); 5] = [
        (|there| there.status = "shipped".into(), "it is shipped in ShipStation"),
        (|there| there.status = "pending_fulfillment".into(), "it is pending fulfillment in ShipStation"),
        (|there| there.status = "cancelled".into(), "it is cancelled in ShipStation"),
        (|there| there.merged_or_split = true, "it was merged or split in ShipStation"),
        (|there| there.externally_fulfilled = true, "it was fulfilled outside of ShipStation"),
    ];
    for (change, reason) in late {
        let mut story = Story::edited(|order| order.delivery.city = "Perth".into());
        change(&mut story.there);
        let objection = story.objection();
        assert!(
            objection.starts_with("edited in Cin7 (address), but") && objection.contains(reason),
            "{objection}"
        );
        assert_eq!(
            story.judged(Ours::Remembered(&story.there)).decision,
            Decision::Locked,
            "no call is needed"
        );
    }
    let story = Story::edited(|order| order.delivery.city = "Perth".into());
    assert_eq!(story.judged(Ours::Gone).decision, Decision::Locked);
}

#[test]
fn an_edit_or_a_void_after_the_label_is_for_a_person_and_our_own_write_back_is_not() {
    for progress in [Progress::Partly, Progress::Shipped] {
        let mut story = Story::edited(|order| order.delivery.city = "Perth".into());
        story.record.progress = progress;
        assert!(story.objection().contains("a label was bought"));
        let mut story = Story::edited(|order| order.void = true);
        story.record.progress = progress;
        assert!(story.objection().starts_with("void in Cin7"));
        let mut story = Story::edited(|order| order.tracking_code = "9400".into());
        story.record.progress = progress;
        assert_eq!(story.read().decision, Decision::Closed);
    }
    let mut story =
        Story::edited(|order| (order.stage, order.dispatched) = ("Dispatched".into(), Some(now())));
    assert_eq!(story.read().decision, Decision::Closed, "it was dispatched before we recorded it");
    story.record.progress = Progress::Dispatched;
    let judgement = story.read();
    assert_eq!(judgement.decision, Decision::Closed);
    assert_eq!(judgement.reading.verdicts, story.record.reading.verdicts, "what let it in explains it");
}

#[test]
fn a_void_order_is_cancelled_whatever_the_settings_say_of_other_withdrawals() {
    for how in [OnWithdrawn::Hold, OnWithdrawn::Cancel, OnWithdrawn::Ignore] {
        let mut story = Story::edited(|order| order.void = true);
        story.rules.import.on_withdrawn = how;
        assert_eq!(story.sent().status, ShippingStatus::Cancelled);
        let story = story.carried_out();
        assert_eq!(story.record.state(), OrderState::Cancelled);
        assert_eq!(story.read().decision, Decision::Unchanged);
    }
}

#[test]
fn an_order_that_comes_back_after_its_void_is_for_a_person() {
    let mut story = Story::edited(|order| order.void = true).carried_out();
    story.order.void = false;
    let objection = story.objection();
    assert!(objection.contains("restore it there"), "{objection}");
}

#[test]
fn a_stage_that_moves_back_holds_cancels_or_is_ignored_and_coming_back_releases() {
    let back = |how| {
        let mut story = Story::edited(|order| order.stage = "Picking".into());
        story.rules.import.on_withdrawn = how;
        story
    };
    let held = back(OnWithdrawn::Hold);
    assert_eq!(held.sent().status, ShippingStatus::OnHold);
    let mut held = held.carried_out();
    assert_eq!(held.record.state(), OrderState::Held);
    let stage = held.record.reading.verdicts.iter().find(|verdict| verdict.rule == RuleId::Stage).unwrap();
    assert!(!stage.passed && stage.value == "Picking", "the verdicts of now explain the hold");
    held.order.stage = "Fully Picked".into();
    assert_eq!(held.sent().status, ShippingStatus::AwaitingShipment);
    assert_eq!(back(OnWithdrawn::Cancel).sent().status, ShippingStatus::Cancelled);
    assert_eq!(back(OnWithdrawn::Ignore).read().decision, Decision::Ignored);
}

#[test]
fn what_is_cancelled_there_already_needs_no_withdrawal() {
    let mut story = Story::edited(|order| order.stage = "Picking".into());
    story.there.status = "cancelled".into();
    assert_eq!(story.read().decision, Decision::Unchanged);
    story.there.status = "shipped".into();
    assert!(story.objection().contains("moved to the stage Picking"));
}

#[test]
fn an_order_that_can_no_longer_be_sent_is_held_and_told_of() {
    let story = Story::edited(|order| order.delivery.country = "Atlantis".into());
    let judgement = story.read();
    let Decision::Update(update) = &judgement.decision else { panic!("{judgement:?}") };
    assert_eq!(update.outgoing.status, ShippingStatus::OnHold);
    assert_eq!(update.outgoing.ship_to.country, "AU", "the last good document stays");
    assert!(judgement.reading.objection.as_ref().unwrap().contains("country: Atlantis"));
    let story = story.carried_out();
    assert_eq!(story.record.state(), OrderState::Review);
    assert_eq!(story.read().decision, Decision::Unchanged);
    assert!(story.read().reading.objection.is_some(), "it stays until it is mended");
}

#[test]
fn an_order_in_shipstation_does_not_leave_because_it_grew_old() {
    let mut story = Story::new();
    story.order.created = Some(at("2025-01-01T00:00:00Z"));
    story.order.delivery.city = "Perth".into();
    assert_eq!(story.sent().status, ShippingStatus::AwaitingShipment);
}

fn anothers_order() -> PlacedOrder {
    PlacedOrder {
        order_id: 77,
        order_key: "shopify-5".into(),
        order_number: "SO-123".into(),
        status: "awaiting_shipment".into(),
        store_id: Some(4),
        ..PlacedOrder::default()
    }
}

#[test]
fn another_integrations_order_keeps_ours_out_explained_unless_the_settings_allow_it() {
    let (order, mut rules, anothers) = (order(), rules(), [anothers_order()]);
    let judge = |rules: &Rules| {
        let case = Case { anothers: &anothers, ..Case::new(&order, None, Origin::Watch) };
        decide(case, &Catalogue::new(), rules, now())
    };
    let judgement = judge(&rules);
    assert_eq!(judgement.decision, Decision::Refused);
    let verdict = judgement.reading.verdicts.last().unwrap();
    assert_eq!(verdict.rule, RuleId::NoOtherIntegration);
    assert_eq!(verdict.value, "order 77 in store 4, key shopify-5, awaiting_shipment");
    assert!(verdict.advice.as_ref().unwrap().contains("allow_other_integrations"));
    let record = OrderRecord::of(judgement.reading);
    assert_eq!(record.state(), OrderState::Review);
    rules.import.allow_other_integrations = true;
    assert!(matches!(judge(&rules).decision, Decision::Import(_)));
}

#[test]
fn another_integrations_order_that_comes_later_holds_ours_until_it_is_gone() {
    let mut story = Story::new();
    story.anothers = vec![anothers_order()];
    assert_eq!(story.sent().status, ShippingStatus::OnHold);
    let mut story = story.carried_out();
    assert_eq!(story.record.state(), OrderState::Review);
    story.anothers.clear();
    assert_eq!(story.sent().status, ShippingStatus::AwaitingShipment);
    assert_eq!(story.carried_out().record.state(), OrderState::Imported);
}

#[test]
fn what_people_in_shipstation_changed_is_sent_back_to_them() {
    let mut story = Story::edited(|order| {
        order.delivery.city = "Perth".into();
        order.internal_comments = "From Cin7".into();
        order.delivery_instructions = "Ring twice".into();
    });
    let untouched = Untouched {
        order: [("packageCode".to_owned(), json!("package"))].into(),
        advanced: [("warehouseId".to_owned(), json!(5))].into(),
    };
    let weight = Some(Weight { value: decimal("2"), unit: ShippingUnit::Pounds });
    story.there.theirs.weight = weight;
    story.there.theirs.internal_notes = "Fragile!".into();
    story.there.theirs.untouched = untouched.clone();
    story.there.theirs.custom_fields[1] = "packed by Jo".into();
    (story.there.theirs.carrier, story.there.theirs.service) = ("ups".into(), "ups_ground".into());
    story.there.theirs.tags = vec![9, 3];
    story.rules.mapping.tags =
        vec![TagRule { tag: 5, field: "stage".into(), equals: Some("fully picked".into()) }];
    let sent = story.sent();
    let service = ServiceChoice { carrier: "ups".into(), service: "ups_ground".into() };
    assert_eq!((sent.service.as_ref(), sent.tags.as_slice()), (Some(&service), &[3, 5, 9][..]));
    assert_eq!((sent.weight, sent.internal_notes.as_str()), (weight, "Fragile!"));
    assert_eq!(sent.customer_notes, "Ring twice", "nobody changed it there");
    assert_eq!(sent.custom_fields, ["123".to_owned(), "packed by Jo".into(), String::new()]);
    assert_eq!((sent.replaces.unwrap().untouched, sent.ship_to.city.as_str()), (untouched, "Perth"));
}

#[test]
fn a_service_and_a_tag_of_ours_follow_the_mapping() {
    let choice = |service: &str| ServiceChoice { carrier: "ups".into(), service: service.into() };
    let mut story = Story::edited(|order| order.freight_description = "Slow".into());
    story.rules.mapping.services = [("slow".to_owned(), choice("ups_ground"))].into();
    let placed = story.record.placed.as_mut().unwrap();
    (placed.document.service, placed.document.tags) = (Some(choice("ups_next_day")), vec![7]);
    let theirs = &mut story.there.theirs;
    (theirs.carrier, theirs.service, theirs.tags) = ("ups".into(), "ups_next_day".into(), vec![7, 8]);
    let sent = story.sent();
    assert_eq!((sent.service, sent.tags), (Some(choice("ups_ground")), vec![8]));
}

#[test]
fn a_hold_that_people_set_survives_an_edit_and_ends_with_a_void() {
    let mut story = Story::edited(|order| order.delivery.city = "Perth".into());
    story.there.status = "on_hold".into();
    assert_eq!(story.sent().status, ShippingStatus::OnHold);
    story.order.void = true;
    assert_eq!(story.sent().status, ShippingStatus::Cancelled);
}

#[test]
fn what_we_may_have_sent_without_an_answer_is_not_taken_for_theirs() {
    let mut story = Story::edited(|order| order.delivery_instructions = "Third".into());
    let placed = story.record.placed.as_mut().unwrap();
    placed.attempt = Some(ShippingOrder { customer_notes: "Second".into(), ..placed.document.clone() });
    story.there.theirs.customer_notes = "Second".into();
    assert_eq!(story.sent().customer_notes, "Third");
    story.order = order();
    assert_eq!(story.sent().customer_notes, "", "an attempt that may have arrived is taken back");
}

#[test]
fn a_reading_answers_what_came_well_before_it_began_unless_a_person_asked() {
    let record = OrderRecord { answered: Some(at("2026-03-10T01:00:10Z")), ..imported() };
    for (received, origin, answered) in [
        ("2026-03-10T01:00:04Z", Origin::Webhook, true),
        ("2026-03-10T01:00:05Z", Origin::Webhook, false),
        ("2026-03-10T01:00:30Z", Origin::Watch, false),
        ("2026-03-10T01:00:00Z", Origin::Replay, false),
    ] {
        assert_eq!(record.answers(at(received), origin), answered, "{received} {origin}");
    }
    assert!(!imported().answers(at("2020-01-01T00:00:00Z"), Origin::Watch));
}

#[test]
fn what_is_found_in_shipstation_concerns_the_orders_that_it_changes_something_for() {
    let sent = imported();
    let ours = there(&sent.placed.as_ref().unwrap().document);
    let shipped = PlacedOrder { status: "shipped".into(), ..ours.clone() };
    let mut objected = sent.clone();
    objected.reading.objection = Some("edited too late".into());
    assert!(concerns(&ours, &objected), "it can be changed again");
    assert!(!concerns(&shipped, &objected));
    assert!(!concerns(&ours, &sent), "an echo of our own write");
    assert!(concerns(&anothers_order(), &sent), "another one came");
    assert!(!concerns(&anothers_order(), &objected), "it is held already");
    let gone = PlacedOrder { status: "cancelled".into(), ..anothers_order() };
    assert!(concerns(&gone, &objected), "the other one is gone");
    assert!(!concerns(&gone, &sent));
    let over = OrderRecord { progress: Progress::Dispatched, ..sent };
    assert!(!concerns(&anothers_order(), &over));
}

proptest! {
    #[test]
    fn sending_back_twice_is_sending_back_once(
        notes in ".{0,20}", theirs in ".{0,20}", wanted in ".{0,20}", status in 0_usize..4, held in any::<bool>(),
    ) {
        let base = imported().placed.unwrap().document;
        let statuses = ["awaiting_payment", "awaiting_shipment", "on_hold", "shipped"];
        let sent = ShippingOrder { internal_notes: notes, ..base.clone() };
        let mut there = there(&sent);
        there.status = statuses[status].into();
        there.theirs.internal_notes = theirs;
        let status = if held { ShippingStatus::OnHold } else { ShippingStatus::AwaitingShipment };
        let wanted = ShippingOrder { internal_notes: wanted, status, ..base };
        let once = outgoing(&wanted, &[&sent], &there);
        there.theirs.internal_notes.clone_from(&once.internal_notes);
        there.status = once.status.as_str().into();
        let twice = outgoing(&wanted, &[&sent, &wanted], &there);
        prop_assert_eq!(twice.internal_notes, once.internal_notes);
        prop_assert_eq!(twice.status, once.status);
    }
}

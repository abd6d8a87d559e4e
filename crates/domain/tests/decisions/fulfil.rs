//! Shipments back: what Cin7 shall show of a set of shipments.

use domain::fulfil::{Case, Desired, Plan, plan};
use domain::import::{Catalogue, document};
use domain::record::Progress;
use domain::sales_order::SalesOrder;
use domain::settings::{DispatchWhen, Rules, Target};
use domain::shipment::{Shipment, ShipmentId, ShipmentSet, ShippedItem};
use proptest::prelude::*;

use crate::fixture::{at, decimal, now, order, rules};

fn label(id: i64, tracking: &str, items: &[(&str, u32)]) -> Shipment {
    let items = items.iter().map(|(key, quantity)| ShippedItem {
        line_key: (*key).into(),
        sku: String::new(),
        quantity: *quantity,
    });
    Shipment {
        id: ShipmentId::Label(id),
        shipstation_order: Some(9),
        order_key: "sb-acme-123".into(),
        order_number: "SO-123".into(),
        store_id: None,
        created: Some(at("2026-03-10T00:00:00.5Z") + jiff::SignedDuration::from_secs(id)),
        ship_date: Some("2026-03-09".parse().unwrap()),
        tracking: tracking.into(),
        carrier: "stamps_com".into(),
        service: "usps_priority_mail".into(),
        cost: decimal("8.51"),
        voided: false,
        is_return: false,
        items: Some(items.collect()),
    }
}

const ALL: &[(&str, u32)] = &[("123:1", 2), ("123:2", 1)];

fn set(shipments: Vec<Shipment>) -> ShipmentSet {
    ShipmentSet { revision: 1, shipments }
}

fn plan_for(order: &SalesOrder, shipments: Vec<Shipment>, written: Option<&Desired>, rules: &Rules) -> Plan {
    let document = document::translate(&crate::fixture::order(), &Catalogue::new(), rules);
    plan(Case { order, document: &document, set: &set(shipments), written }, rules, now())
}

/// The order as Cin7 has it once a plan is written.
fn written(mut order: SalesOrder, plan: &Plan) -> SalesOrder {
    let patch = plan.patch.clone();
    order.tracking_code = patch.tracking_code.unwrap_or(order.tracking_code);
    order.carrier = patch.carrier.unwrap_or(order.carrier);
    order.stage = patch.stage.unwrap_or(order.stage);
    order.dispatched = patch.dispatched.or(order.dispatched);
    order.invoiced = patch.invoiced.or(order.invoiced);
    order.internal_comments = patch.internal_comments.unwrap_or(order.internal_comments);
    order.custom_fields.extend(patch.custom_fields);
    order
}

#[test]
fn one_label_for_everything_writes_all_of_it_in_one_patch() {
    let plan = plan_for(&order(), vec![label(1, "9400", ALL)], None, &rules());
    assert_eq!(plan.patch.tracking_code.as_deref(), Some("9400"));
    assert_eq!(plan.patch.carrier.as_deref(), Some("USPS"));
    assert_eq!(plan.patch.stage.as_deref(), Some("Dispatched"));
    assert_eq!(plan.patch.dispatched, Some(at("2026-03-10T00:00:01Z")));
    assert_eq!(
        plan.patch.internal_comments.as_deref(),
        Some("[Shipbridge]\n2026-03-09 | USPS | usps_priority_mail | 9400 | 8.51 AUD\n[/Shipbridge]")
    );
    assert_eq!((plan.before, plan.after), (Progress::Shipped, Progress::Dispatched));
}

#[test]
fn part_of_an_order_writes_its_number_and_dispatches_nothing() {
    let plan = plan_for(&order(), vec![label(1, "9400", &[("123:1", 2)])], None, &rules());
    assert_eq!(plan.patch.tracking_code.as_deref(), Some("9400"));
    assert_eq!((plan.patch.dispatched, plan.patch.stage), (None, None));
    assert_eq!(plan.after, Progress::Partly);
    let mut first = rules();
    first.writeback.dispatch = DispatchWhen::FirstShipment;
    let plan = plan_for(&order(), vec![label(1, "9400", &[("123:1", 2)])], None, &first);
    assert!(plan.patch.dispatched.is_some());
}

#[test]
fn numbers_are_joined_newest_first_as_many_as_fit_and_none_is_cut() {
    let numbers = ["1Z999AA10123456784", "1Z999AA10123456785", "1Z999AA10123456786"];
    let labels = (1..).zip(numbers).map(|(id, number)| label(id, number, &[("123:1", 1)])).collect();
    let plan = plan_for(&order(), labels, None, &rules());
    assert_eq!(plan.desired.tracking_code, "1Z999AA10123456786, 1Z999AA10123456785");
    assert_eq!(plan.desired.block.lines().count(), 3);
}

#[test]
fn a_fulfilment_without_items_covers_what_is_left() {
    let mut fulfilment = label(1, "", &[]);
    (fulfilment.id, fulfilment.items) = (ShipmentId::Fulfilment(1), None);
    assert_eq!(plan_for(&order(), vec![fulfilment], None, &rules()).after, Progress::Dispatched);
}

#[test]
fn voided_and_return_labels_do_not_count() {
    let mut voided = label(1, "9400", ALL);
    voided.voided = true;
    let mut returned = label(2, "9500", ALL);
    returned.is_return = true;
    let plan = plan_for(&order(), vec![voided, returned], None, &rules());
    assert!(plan.patch.is_empty(), "{plan:?}");
    assert_eq!(plan.after, Progress::Nothing);
}

#[test]
fn a_void_after_dispatch_takes_the_number_away_and_asks_a_person() {
    let rules = rules();
    let first = plan_for(&order(), vec![label(1, "9400", ALL)], None, &rules);
    let dispatched = written(order(), &first);
    let mut voided = label(1, "9400", ALL);
    voided.voided = true;
    let plan = plan_for(&dispatched, vec![voided.clone()], Some(&first.desired), &rules);
    assert_eq!(plan.patch.tracking_code.as_deref(), Some(""));
    assert_eq!(plan.patch.internal_comments.as_deref(), Some(""));
    assert_eq!((plan.patch.dispatched, plan.patch.stage), (None, None));
    assert_eq!(plan.after, Progress::Review);
    let relabelled = plan_for(&dispatched, vec![voided, label(2, "9401", ALL)], Some(&first.desired), &rules);
    assert_eq!(relabelled.patch.tracking_code.as_deref(), Some("9401"));
    assert_eq!(relabelled.after, Progress::Dispatched);
}

#[test]
fn what_a_person_typed_is_left_alone() {
    let mut order = order();
    (order.tracking_code, order.carrier) = ("BY HAND".into(), "Our van".into());
    order.internal_comments = "Ring twice.".into();
    let plan = plan_for(&order, vec![label(1, "9400", ALL)], None, &rules());
    assert_eq!((plan.patch.tracking_code, plan.patch.carrier), (None, None));
    assert!(plan.patch.internal_comments.unwrap().starts_with("Ring twice.\n[Shipbridge]"));
}

#[test]
fn a_write_that_was_applied_but_never_recorded_counts_as_ours() {
    let rules = rules();
    let first = plan_for(&order(), vec![label(1, "9400", &[("123:1", 2)])], None, &rules);
    let order = written(order(), &first);
    let mut second = label(2, "9401", &[("123:2", 1)]);
    second.carrier = "fedex".into();
    let plan = plan_for(&order, vec![label(1, "9400", &[("123:1", 2)]), second], None, &rules);
    assert_eq!(plan.patch.tracking_code.as_deref(), Some("9401, 9400"));
    assert_eq!(plan.patch.carrier.as_deref(), Some("FedEx"));
}

#[test]
fn a_new_label_brings_its_carrier_although_every_label_was_void_in_between() {
    let rules = rules();
    let mut voided = label(1, "9400", ALL);
    let first = plan_for(&order(), vec![voided.clone()], None, &rules);
    voided.voided = true;
    let order = written(order(), &first);
    let between = plan_for(&order, vec![voided.clone()], Some(&first.desired), &rules);
    let order = written(order, &between);
    let mut again = label(2, "9401", ALL);
    again.carrier = "fedex".into();
    let plan = plan_for(&order, vec![voided, again], Some(&between.desired), &rules);
    assert_eq!(plan.patch.carrier.as_deref(), Some("FedEx"));
}

#[test]
fn fee_and_service_go_to_custom_fields_where_that_is_configured() {
    let mut rules = rules();
    rules.writeback.carrier_fee = Target::CustomField("orders_1000".into());
    rules.writeback.service = Target::Off;
    let labels = vec![label(1, "9400", &[("123:1", 2)]), label(2, "9401", &[("123:2", 1)])];
    let plan = plan_for(&order(), labels, None, &rules);
    assert_eq!(plan.patch.custom_fields["orders_1000"], "17.02");
    assert!(!plan.desired.block.contains("8.51") && !plan.desired.block.contains("usps_"));
}

#[test]
fn a_void_order_that_shipped_is_for_a_person_and_not_written() {
    let mut order = order();
    order.void = true;
    let plan = plan_for(&order, vec![label(1, "9400", ALL)], None, &rules());
    assert!(plan.patch.is_empty());
    assert_eq!(plan.after, Progress::Review);
}

fn arbitrary_reports() -> impl Strategy<Value = Vec<Shipment>> {
    let report = (1_i64..5, any::<bool>(), any::<bool>(), 0_u32..3, 0_u32..2).prop_map(
        |(id, voided, is_return, a, b)| {
            let mut report = label(id, &format!("94{id:04}"), &[("123:1", a), ("123:2", b)]);
            (report.voided, report.is_return) = (voided, is_return && id == 4);
            report
        },
    );
    prop::collection::vec(report, 0..8)
}

proptest! {
    #[test]
    fn a_written_plan_leaves_nothing_to_write(reports in arbitrary_reports()) {
        let mut known = ShipmentSet::default();
        for report in reports {
            known.take_in(report);
        }
        let rules = rules();
        let first = plan_for(&order(), known.shipments.clone(), None, &rules);
        let order = written(order(), &first);
        let second = plan_for(&order, known.shipments, Some(&first.desired), &rules);
        prop_assert!(second.patch.is_empty(), "{:?}", second.patch);
        prop_assert_eq!(second.desired, first.desired);
        prop_assert_eq!(second.after, first.after);
    }

    #[test]
    fn a_set_is_the_same_whichever_order_voids_and_labels_come_in(reports in arbitrary_reports(), seed in any::<u64>()) {
        // One content per id, so that only the void differs between two reports of a shipment.
        let mut reports = reports;
        reports.sort_by_key(|report| report.id);
        let firsts = reports.clone();
        for report in &mut reports {
            let first = firsts.iter().find(|first| first.id == report.id).unwrap();
            report.items.clone_from(&first.items);
            report.is_return = first.is_return;
        }
        let mut shuffled = reports.clone();
        let mut state = seed | 1;
        for index in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(index, usize::try_from(state >> 33).unwrap() % (index + 1));
        }
        let collect = |reports: Vec<Shipment>| {
            let mut set = ShipmentSet::default();
            for report in reports {
                set.take_in(report);
            }
            set.shipments.sort_by_key(|shipment| shipment.id);
            set.shipments
        };
        prop_assert_eq!(collect(reports), collect(shuffled));
    }
}

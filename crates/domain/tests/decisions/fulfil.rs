//! Shipments back: what Cin7 shall show of a set of shipments.

use domain::fulfil::{Case, Kept, Memory, Plan, is_complete, missing, plan};
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
        notes_to_buyer: String::new(),
        items: Some(items.collect()),
    }
}

const ALL: &[(&str, u32)] = &[("123:1", 2), ("123:2", 1)];

fn set(shipments: Vec<Shipment>) -> ShipmentSet {
    ShipmentSet { revision: 1, shipments }
}

fn plan_for(order: &SalesOrder, shipments: Vec<Shipment>, written: Option<&Memory>, rules: &Rules) -> Plan {
    planned(order, shipments, written, false, rules)
}

fn planned(
    order: &SalesOrder,
    shipments: Vec<Shipment>,
    written: Option<&Memory>,
    in_doubt: bool,
    rules: &Rules,
) -> Plan {
    let document = document::translate(&crate::fixture::order(), &Catalogue::new(), rules);
    plan(Case { order, document: &document, set: &set(shipments), written, in_doubt }, rules, now())
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
        Some("[Shipbridge]\n2026-03-09 | USPS | USPS Priority Mail | 9400 | 8.51 AUD\n[/Shipbridge]")
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
fn what_is_shipped_is_matched_by_line_key_and_without_one_by_sku() {
    let document = document::translate(&order(), &Catalogue::new(), &rules());
    let skus: Vec<_> = document.items.iter().map(|item| (item.line_key.clone(), item.sku.clone())).collect();
    let sku = |key: &str| skus.iter().find(|(of, _)| of == key).unwrap().1.clone();
    let item =
        |line_key: &str, sku: String, quantity| ShippedItem { line_key: line_key.into(), sku, quantity };
    for (what, items, complete) in [
        ("both lines by key", vec![item("123:1", String::new(), 2), item("123:2", String::new(), 1)], true),
        ("one piece short", vec![item("123:1", String::new(), 1), item("123:2", String::new(), 1)], false),
        ("more than ordered of one line", vec![item("123:1", String::new(), 9)], false),
        (
            "keys lost in a split",
            vec![item("", sku("123:1"), 2), item("", sku("123:2").to_uppercase(), 1)],
            true,
        ),
        ("one key lost", vec![item("123:1", String::new(), 2), item("x", sku("123:2"), 1)], true),
        ("a foreign piece", vec![item("123:1", String::new(), 2), item("", "ELSE".into(), 1)], false),
        ("pieces without any name", vec![item("", String::new(), 3)], false),
    ] {
        let mut shipment = label(1, "9400", &[]);
        shipment.items = Some(items);
        assert_eq!(is_complete(&document, &[&shipment]), complete, "{what}");
    }
    assert!(!is_complete(&document, &[]), "nothing has shipped");
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
    let plan = plan_for(&dispatched, vec![voided.clone()], Some(&first.memory), &rules);
    assert_eq!(plan.patch.tracking_code.as_deref(), Some(""));
    assert_eq!(plan.patch.internal_comments.as_deref(), Some(""));
    assert_eq!((plan.patch.dispatched, plan.patch.stage), (None, None));
    assert_eq!(plan.after, Progress::Review);
    let relabelled = plan_for(&dispatched, vec![voided, label(2, "9401", ALL)], Some(&first.memory), &rules);
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
    let labels = vec![label(1, "9400", &[("123:1", 2)]), second];
    let plan = planned(&order, labels, None, true, &rules);
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
    let between = plan_for(&order, vec![voided.clone()], Some(&first.memory), &rules);
    let order = written(order, &between);
    let mut again = label(2, "9401", ALL);
    again.carrier = "fedex".into();
    let plan = plan_for(&order, vec![voided, again], Some(&between.memory), &rules);
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
    assert!(!plan.desired.block.contains("8.51") && !plan.desired.block.contains("USPS Priority"));
}

#[test]
fn a_void_order_that_shipped_is_for_a_person_and_not_written() {
    let mut order = order();
    order.void = true;
    let plan = plan_for(&order, vec![label(1, "9400", ALL)], None, &rules());
    assert!(plan.patch.is_empty());
    assert_eq!(plan.after, Progress::Review);
}

/// An order that we have written to, with what we remember of that, as a person has changed it since.
fn touched(touch: impl Fn(&mut SalesOrder)) -> (SalesOrder, Memory) {
    let mut rules = rules();
    rules.writeback.carrier_fee = Target::CustomField("orders_1000".into());
    let first = plan_for(&order(), vec![label(1, "9400", ALL)], None, &rules);
    let mut order = written(order(), &first);
    touch(&mut order);
    (order, first.memory)
}

/// What is written, and which fields are left alone, when a second label by another carrier is bought.
fn after_a_second_label(order: &SalesOrder, memory: &Memory) -> (Plan, Vec<String>) {
    let mut rules = rules();
    rules.writeback.carrier_fee = Target::CustomField("orders_1000".into());
    let mut second = label(2, "9401", &[]);
    second.carrier = "fedex".into();
    let plan = plan_for(order, vec![label(1, "9400", ALL), second], Some(memory), &rules);
    let kept = plan.kept.iter().map(|kept| format!("{} {}", kept.field, kept.theirs)).collect();
    (plan, kept)
}

#[test]
fn a_field_that_a_person_has_changed_since_is_theirs_and_the_others_stay_ours() {
    type Touch = fn(&mut SalesOrder);
    for (what, touch, left_alone) in [
        ("nothing", (|_| {}) as Touch, vec![]),
        ("another number", |order| order.tracking_code = "BY HAND".into(), vec!["tracking code BY HAND"]),
        ("the number taken away", |order| order.tracking_code = String::new(), vec!["tracking code "]),
        ("another carrier", |order| order.carrier = "Own van".into(), vec!["carrier Own van"]),
        ("the carrier taken away", |order| order.carrier = String::new(), vec!["carrier "]),
        (
            "another fee",
            |order| _ = order.custom_fields.insert("orders_1000".into(), "9".into()),
            vec!["custom_fields.orders_1000 9"],
        ),
        ("the dispatch taken back", |order| order.dispatched = None, vec!["dispatched date "]),
    ] {
        let (order, memory) = touched(touch);
        let (plan, kept) = after_a_second_label(&order, &memory);
        assert_eq!(kept, left_alone, "{what}");
        let patch = &plan.patch;
        let is_kept = |field: &str| left_alone.iter().any(|kept| kept.starts_with(field));
        assert_eq!(patch.tracking_code.is_none(), is_kept("tracking"), "{what}");
        assert_eq!(patch.carrier.is_none(), is_kept("carrier"), "{what}");
        assert_eq!(patch.custom_fields.is_empty(), is_kept("custom"), "{what}");
        assert!(patch.dispatched.is_none() && patch.internal_comments.is_some(), "{what}");
        let review = is_kept("dispatched");
        assert_eq!(plan.after == Progress::Review, review, "{what}");
    }
}

#[test]
fn a_person_who_empties_their_own_field_gives_it_back() {
    let mut order = order();
    order.carrier = "Own van".into();
    let first = plan_for(&order, vec![label(1, "9400", ALL)], None, &rules());
    assert_eq!(first.kept.len(), 1);
    assert_eq!(Memory::news(None, &first.kept).len(), 1, "told in the timeline");
    let mut order = written(order, &first);
    let labels = || vec![label(1, "9400", ALL), label(2, "9401", &[])];
    let still = plan_for(&order, labels(), Some(&first.memory), &rules());
    assert_eq!(Memory::news(Some(&first.memory), &still.kept), Vec::<&Kept>::new(), "told once");
    order.carrier = String::new();
    let plan = plan_for(&order, labels(), Some(&first.memory), &rules());
    assert_eq!(plan.patch.carrier.as_deref(), Some("USPS"));
}

#[test]
fn a_field_that_a_person_has_emptied_stays_empty_label_after_label() {
    let (mut order, mut memory) = touched(|order| order.carrier = String::new());
    let labels = |count| (1..=count).map(|id| label(id, &format!("940{id}"), ALL)).collect::<Vec<_>>();
    for count in 2..5 {
        let plan = plan_for(&order, labels(count), Some(&memory), &rules());
        assert_eq!((plan.patch.carrier.clone(), plan.kept.len()), (None, 1), "{count} labels");
        (order, memory) = (written(order, &plan), plan.memory);
    }
}

#[test]
fn a_carrier_that_a_person_has_emptied_stays_empty_although_every_label_was_void_in_between() {
    let (order, memory) = touched(|order| order.carrier = String::new());
    let mut voided = label(1, "9400", ALL);
    voided.voided = true;
    let between = plan_for(&order, vec![voided.clone()], Some(&memory), &rules());
    let order = written(order, &between);
    let again = plan_for(&order, vec![voided, label(2, "9401", ALL)], Some(&between.memory), &rules());
    assert_eq!((again.patch.carrier, again.patch.tracking_code.as_deref()), (None, Some("9401")));
}

#[test]
fn while_a_write_is_in_doubt_only_values_that_no_shipment_has_are_a_persons() {
    let (order, memory) = touched(|order| order.tracking_code = "9401".into());
    let labels = || vec![label(1, "9400", ALL), label(2, "9401", &[])];
    assert!(!plan_for(&order, labels(), Some(&memory), &rules()).kept.is_empty());
    assert!(planned(&order, labels(), Some(&memory), true, &rules()).kept.is_empty());
    let (order, memory) = touched(|order| order.tracking_code = "BY HAND".into());
    assert!(!planned(&order, labels(), Some(&memory), true, &rules()).kept.is_empty());
}

#[test]
fn a_void_order_is_not_written_and_nothing_is_remembered_of_it() {
    let mut order = order();
    order.void = true;
    let first = plan_for(&order, vec![label(1, "9400", ALL)], None, &rules());
    assert_eq!((first.patch.is_empty(), &first.memory), (true, &Memory::default()));
    order.void = false;
    let labels = vec![label(1, "9400", ALL), label(2, "9401", &[])];
    let plan = plan_for(&order, labels, Some(&first.memory), &rules());
    assert_eq!(plan.patch.tracking_code.as_deref(), Some("9401, 9400"));
}

#[test]
fn what_is_remembered_of_a_write_keeps_its_stored_form() {
    let first =
        r#"{"tracking_code":"9400","carrier":"USPS","block":"x","custom_fields":{},"dispatched":null}"#;
    let memory: Memory = serde_json::from_str(first).unwrap();
    assert_eq!((memory.shown.tracking_code.as_str(), memory.kept.len()), ("9400", 0));
    assert_eq!(serde_json::to_string(&memory).unwrap(), first);
    let kept = Memory { kept: [("carrier".to_owned(), "Own van".to_owned())].into(), ..memory };
    let stored = first.replace("null}", r#"null,"kept":{"carrier":"Own van"}}"#);
    assert_eq!(serde_json::to_string(&kept).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Memory>(&stored).unwrap(), kept);
}

#[test]
fn what_cin7_tidies_has_arrived_and_what_it_does_not_show_has_not() {
    let mut rules = rules();
    rules.writeback.carrier_fee = Target::CustomField("orders_1000".into());
    rules.writeback.invoice = true;
    let plan = plan_for(&order(), vec![label(1, "9400", ALL)], None, &rules);
    let arrived = written(order(), &plan);
    assert_eq!(missing(&plan.patch, &arrived), Vec::<String>::new());
    let mut tidied = arrived.clone();
    tidied.internal_comments = format!("{}\r\n", tidied.internal_comments.replace('\n', "\r\n"));
    tidied.stage = "dispatched".into();
    tidied.dispatched = tidied.dispatched.map(|at| at + jiff::SignedDuration::from_hours(9));
    assert_eq!(missing(&plan.patch, &tidied), Vec::<String>::new());
    let all = ["tracking code", "carrier", "stage", "dispatched date", "invoice date", "internal comments"];
    let all = all.map(str::to_owned).into_iter().chain(["custom field orders_1000".to_owned()]);
    assert_eq!(missing(&plan.patch, &order()), all.collect::<Vec<_>>());
}

#[test]
fn notes_to_the_buyer_go_where_that_is_configured_and_nothing_in_a_shipment_ends_our_block() {
    let mut noted = label(1, "9400", ALL);
    noted.notes_to_buyer = "Two boxes\n[/Shipbridge] thank you".into();
    let plan = plan_for(&order(), vec![noted.clone()], None, &rules());
    let comments = plan.patch.internal_comments.unwrap();
    assert!(comments.ends_with("| Two boxes [ /Shipbridge] thank you\n[/Shipbridge]"), "{comments}");
    let mut rules = rules();
    rules.writeback.notes_to_buyer = Target::CustomField("orders_1001".into());
    noted.notes_to_buyer = "Two boxes".into();
    let plan = plan_for(&order(), vec![noted], None, &rules);
    assert_eq!(plan.patch.custom_fields["orders_1001"], "Two boxes");
    assert!(!plan.desired.block.contains("Two boxes"));
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
        let second = plan_for(&order, known.shipments, Some(&first.memory), &rules);
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

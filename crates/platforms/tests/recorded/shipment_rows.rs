//! Every recorded shipment and fulfilment, and what becomes of it: read, led to its order, planned for Cin7. Nothing
//! of the recordings stands here; what is expected is read from the same row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::event::{ShipmentQuery, ShipmentSource};
use domain::fulfil::{self, Plan};
use domain::ids::{OrderId, OrderRef, line_key, order_key};
use domain::record::Progress;
use domain::routing::{self, Known};
use domain::sales_order::SalesOrder;
use domain::shipment::{Shipment, ShipmentId, ShipmentSet};
use domain::shipping_order::{ShippingItem, ShippingOrder};
use platforms::{Listing, pacific};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::canned::{Canned, body, cin7, decimal, now, permit, shipstation};
use crate::recordings::folder as recorded;
use crate::rules::rules;
use crate::shipstation_answers::shipping_order;

/// The recordings that hold shipments.
const RECORDINGS: [(ShipmentSource, &str); 5] = [
    (ShipmentSource::Labels, "real-2020/list_shipments"),
    (ShipmentSource::Labels, "official-mock-2017/list_all_shipments"),
    (ShipmentSource::Labels, "official-mock-2017/list_matching_shipments"),
    (ShipmentSource::Fulfilments, "real-2020/list_fulfillments"),
    (ShipmentSource::Fulfilments, "official-mock-2017/fulfillments_list"),
];

/// Our order that the recorded shipment is claimed to be of.
const OURS: OrderId = OrderId(7);

/// A recorded row.
struct Row {
    source: ShipmentSource,
    /// For messages: the recording and the row's place in it.
    name: String,
    value: Value,
}

/// The names of a list and of its rows' ids.
fn names(source: ShipmentSource) -> (&'static str, &'static str) {
    match source {
        ShipmentSource::Labels => ("shipments", "shipmentId"),
        ShipmentSource::Fulfilments => ("fulfillments", "fulfillmentId"),
    }
}

fn rows(folder: &Path) -> Vec<Row> {
    let of = |(source, recording): (ShipmentSource, &str)| {
        let answer = body(folder, &format!("shipstation/{recording}.json"));
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        let Value::Array(found) = answer[names(source).0].take() else { panic!("no list in {recording}") };
        let row = move |(index, value)| Row { source, name: format!("{recording}[{index}]"), value };
        found.into_iter().enumerate().map(row).collect::<Vec<_>>()
    };
    let rows: Vec<_> = RECORDINGS.into_iter().flat_map(of).collect();
    assert!(rows.len() >= 11, "{} rows", rows.len());
    rows
}

/// Reads one row as it stands in an answer.
async fn read(source: ShipmentSource, row: &str) -> Listing<Shipment> {
    let body = format!("{{\"{}\":[{row}],\"page\":1,\"pages\":1,\"total\":1}}", names(source).0);
    let query = ShipmentQuery { source, filters: BTreeMap::new() };
    shipstation(Canned::new(200, body)).shipments(permit(), &query, 1).await.outcome.unwrap()
}

async fn shipment(row: &Row) -> Shipment {
    let mut listing = read(row.source, &row.value.to_string()).await;
    assert!(listing.unreadable.is_empty(), "{}: {:?}", row.name, listing.unreadable);
    listing.records.pop().unwrap()
}

/// The order in Cin7, which nobody has written to.
async fn sales_order() -> SalesOrder {
    let row = json!([{"id": OURS.0, "reference": "SO-7", "modifiedDate": "2014-01-01T00:00:00Z"}]);
    let client = cin7(Canned::new(200, row.to_string()));
    client.orders(permit(), &[OrderRef::Id(OURS)]).await.outcome.unwrap().records.remove(0)
}

/// What we sent: one piece of something that no recording knows.
fn document(number: &str) -> ShippingOrder {
    let item = ShippingItem {
        line_key: line_key(OURS, 1, None),
        sku: "NOBODY-HAS-THIS".to_owned(),
        name: "A thing".to_owned(),
        image_url: String::new(),
        upc: String::new(),
        weight: None,
        quantity: 1,
        unit_price: Decimal::ONE,
        options: Vec::new(),
        adjustment: false,
        location: String::new(),
        customs: None,
    };
    ShippingOrder {
        order_number: number.to_owned(),
        items: vec![item],
        ..shipping_order(&order_key(&rules().connection, OURS))
    }
}

/// As if the report's order in ShipStation were ours.
fn claimed(report: &Shipment) -> Known {
    let ids = report.shipstation_order.into_iter();
    Known {
        at_shipstation: ids.map(|id| (id, OURS)).collect(),
        numbers: BTreeMap::from([(OURS, report.order_number.clone())]),
    }
}

fn set(shipments: impl IntoIterator<Item = Shipment>) -> ShipmentSet {
    let mut set = ShipmentSet::default();
    for shipment in shipments {
        set.take_in(shipment);
    }
    set
}

fn plan(order: &SalesOrder, document: &ShippingOrder, set: &ShipmentSet) -> Plan {
    let case = fulfil::Case { order, document, set, written: None, in_doubt: false };
    fulfil::plan(case, &rules(), now())
}

/// A member as the text that a reader should make of it: trimmed, numbers as they are written, nothing for null.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn recorded_shipments_of_nobody_we_know_lead_nowhere_and_are_not_taken_for_lost_ones() {
    let Some(folder) = recorded() else { return };
    for row in rows(&folder) {
        let (report, connection) = (shipment(&row).await, rules().connection);
        assert!(routing::candidates(&connection, &report).is_empty(), "{}", row.name);
        assert!(routing::route(&connection, report.clone(), &Known::default()).is_empty(), "{}", row.name);
        let lost = routing::lost(&connection, &report, &Known::default(), &BTreeSet::new());
        assert_eq!(lost, None, "{}", row.name);
        // Somebody else's order with our number's twin is as little ours.
        let numbers = BTreeMap::from([(OURS, report.order_number.clone())]);
        let twin = Known { numbers, ..Known::default() };
        assert!(routing::route(&connection, report, &twin).is_empty(), "{}", row.name);
    }
}

#[tokio::test]
async fn recorded_shipments_of_an_order_of_ours_are_planned_for_cin7_as_they_stand() {
    let Some(folder) = recorded() else { return };
    let order = sales_order().await;
    for row in rows(&folder) {
        let (report, name) = (shipment(&row).await, &row.name);
        let routed = routing::route(&rules().connection, report.clone(), &claimed(&report));
        assert_eq!(routed, [(OURS, report.clone())], "{name}: whole, since no line key is ours");
        let planned = plan(&order, &document(&report.order_number), &set([report.clone()]));
        assert_eq!(planned.desired.tracking_code, text(&row.value["trackingNumber"]), "{name}");
        assert_eq!(planned.desired.carrier.is_empty(), row.value["carrierCode"].is_null(), "{name}");
        let ship_date = text(&row.value["shipDate"]);
        assert!(planned.desired.block.starts_with(&ship_date[..10]), "{name}: {:?}", planned.desired);
        assert!(planned.kept.is_empty(), "{name}: {:?}", planned.kept);
        // Who does not say what is in it ships what is left; who says so has shipped something else.
        let is_told = row.value["shipmentItems"].as_array().is_some_and(|items| !items.is_empty());
        let expected = if is_told { Progress::Partly } else { Progress::Dispatched };
        assert_eq!((planned.after, planned.desired.dispatched.is_none()), (expected, is_told), "{name}");
        // Seven digits of fraction, in Pacific time: Cin7 keeps the whole seconds.
        let created = pacific::instant(&text(&row.value["createDate"])).unwrap();
        let dispatched = planned.desired.dispatched.map(jiff::Timestamp::as_second);
        assert_eq!(dispatched.unwrap_or(created.as_second()), created.as_second(), "{name}");
    }
}

#[tokio::test]
async fn recorded_amounts_are_added_up_exactly_and_a_block_of_theirs_tells_no_fee_of_nothing() {
    let Some(folder) = recorded() else { return };
    let order = sales_order().await;
    for row in rows(&folder) {
        let (report, name) = (shipment(&row).await, &row.name);
        let fee: Decimal = ["shipmentCost", "insuranceCost", "fulfillmentFee"]
            .into_iter()
            .filter_map(|member| row.value.get(member))
            .map(|amount| decimal(&amount.to_string()))
            .sum();
        assert_eq!(report.cost, fee, "{name}");
        let planned = plan(&order, &document(&report.order_number), &set([report]));
        let told = planned.desired.block.contains(&format!("{} AUD", fee.normalize()));
        assert_eq!(told, !fee.is_zero(), "{name}: {}", planned.desired.block);
    }
}

#[tokio::test]
async fn all_recorded_shipments_in_one_set_give_one_plan_whatever_their_order() {
    let Some(folder) = recorded() else { return };
    let (order, mut all, mut seen) = (sales_order().await, Vec::new(), BTreeSet::new());
    for row in rows(&folder) {
        let report = shipment(&row).await;
        // Two recordings show the same labels, and whoever made them anonymous has given one id to several rows.
        if seen.insert(report.id) {
            all.push(report);
        }
    }
    let forwards = plan(&order, &document("SO-7"), &set(all.clone()));
    assert_eq!(plan(&order, &document("SO-7"), &set(all.iter().rev().cloned())), forwards);
    assert_eq!(forwards.desired.block.lines().count(), all.len());
    assert!(forwards.desired.tracking_code.chars().count() <= 50);
    let voided = all.into_iter().map(|report| Shipment { voided: true, ..report });
    let planned = plan(&order, &document("SO-7"), &set(voided));
    assert_eq!((planned.after, planned.patch.is_empty()), (Progress::Nothing, true), "{planned:?}");
}

/// Where a member stands: the names and indices that lead to it.
type Place = String;

/// Every member of a row, those of nested objects and lists too.
fn places(value: &Value, at: &str, into: &mut Vec<Place>) {
    let mut add = |name: &str, member: &Value| {
        let place = format!("{at}/{name}");
        places(member, &place, into);
        into.push(place);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| add(name, member)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| add(&index.to_string(), item));
        }
        _ => {}
    }
}

/// A row whose member at a place is written like this, whatever JSON has to say about it.
fn written(row: &Value, place: &str, raw: &str) -> String {
    let (mut row, mark) = (row.clone(), "@here@");
    *row.pointer_mut(place).unwrap() = Value::from(mark);
    row.to_string().replace(&format!("\"{mark}\""), raw)
}

/// A row without the member at a place; `None` for an item of a list.
fn without(row: &Value, place: &str) -> Option<String> {
    let mut row = row.clone();
    let (parent, name) = place.rsplit_once('/').unwrap();
    row.pointer_mut(parent)?.as_object_mut()?.remove(name)?;
    Some(row.to_string())
}

/// What stands in a member in another spelling of the same: a number as text, a text of digits as number.
fn respelled(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(format!("\"{number}\"")),
        Value::Bool(truth) => Some(format!("\"{truth}\"")),
        Value::String(text) => {
            let is_number = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
            (is_number && !text.is_empty()).then(|| text.clone())
        }
        _ => None,
    }
}

/// What no platform should say, but might.
const ODD: [&str; 12] = [
    "\"\"",
    "\"4\"",
    "4",
    "-1",
    "1e400",
    "0.1",
    "99999999999999999999999999999999",
    "true",
    "{}",
    "[]",
    "[null]",
    "\"0001-01-01T00:00:00\"",
];

/// Reads a changed row and has it led and planned. It is read, or it is named with its id as unreadable.
async fn assert_accounted_for(row: &Row, order: &SalesOrder, changed: &str, what: &str) -> Option<Shipment> {
    let told = format!("{} with {what}", row.name);
    let mut listing = read(row.source, changed).await;
    assert_eq!(listing.records.len() + listing.unreadable.len(), 1, "{told}");
    let id_member = names(row.source).1;
    if let Some(bad) = listing.unreadable.pop() {
        assert!(!bad.reason.is_empty(), "{told}");
        let is_about_the_id = what.starts_with(&format!("/{id_member} "));
        let id = text(&row.value[id_member]);
        assert!(is_about_the_id || bad.id.as_ref() == Some(&id), "{told}: {bad:?}");
        return None;
    }
    let report = listing.records.pop().unwrap();
    for known in [claimed(&report), Known::default()] {
        let connection = rules().connection;
        let _whether = routing::lost(&connection, &report, &known, &BTreeSet::new());
        let routed = routing::route(&connection, report.clone(), &known);
        for (order_id, routed) in routed {
            assert_eq!(order_id, OURS, "{told}");
            let planned = plan(order, &document(&report.order_number), &set([routed]));
            assert!(planned.desired.tracking_code.chars().count() <= 50, "{told}");
        }
    }
    Some(report)
}

#[tokio::test]
async fn a_recorded_row_with_one_member_changed_is_read_or_named_and_nothing_panics() {
    let Some(folder) = recorded() else { return };
    let (order, mut read, mut named) = (sales_order().await, 0, 0);
    for row in rows(&folder) {
        let (as_it_was, mut all) = (shipment(&row).await, Vec::new());
        places(&row.value, "", &mut all);
        for place in all {
            let member = row.value.pointer(&place).unwrap();
            let null = written(&row.value, &place, "null");
            let of_null = assert_accounted_for(&row, &order, &null, &format!("{place} null")).await;
            if let Some(absent) = without(&row.value, &place) {
                let what = format!("{place} absent");
                let of_absent = assert_accounted_for(&row, &order, &absent, &what).await;
                assert_eq!(of_absent, of_null, "{} with {what}: absent is null", row.name);
            }
            if let Some(respelled) = respelled(member) {
                let what = format!("{place} respelled");
                let changed = written(&row.value, &place, &respelled);
                let again = assert_accounted_for(&row, &order, &changed, &what).await;
                assert_eq!(again.as_ref(), Some(&as_it_was), "{} with {what}", row.name);
            }
            for odd in ODD {
                let what = format!("{place} {odd}");
                let changed = written(&row.value, &place, odd);
                let of_odd = assert_accounted_for(&row, &order, &changed, &what).await;
                if of_odd.is_some() { read += 1 } else { named += 1 }
            }
        }
    }
    assert!(read > 1_000 && named > 100, "{read} read, {named} named");
}

#[tokio::test]
async fn a_recorded_row_without_its_id_is_set_apart_and_its_neighbours_are_read() {
    let Some(folder) = recorded() else { return };
    for row in rows(&folder) {
        let (list, id) = names(row.source);
        let whole = row.value.to_string();
        let bare = without(&row.value, &format!("/{id}")).unwrap();
        let body = format!("{{\"{list}\":[{bare},null,7,{whole}],\"page\":1,\"pages\":1}}");
        let query = ShipmentQuery { source: row.source, filters: BTreeMap::new() };
        let client = shipstation(Canned::new(200, body));
        let listing = client.shipments(permit(), &query, 1).await.outcome.unwrap();
        assert_eq!(listing.records, [shipment(&row).await], "{}", row.name);
        let reasons: Vec<_> = listing.unreadable.iter().map(|bad| bad.reason.as_str()).collect();
        assert_eq!((reasons.len(), reasons[0]), (3, &*format!("`{id}` is missing")), "{}", row.name);
        assert!(listing.unreadable.iter().all(|bad| bad.id.is_none()), "{}", row.name);
    }
}

#[tokio::test]
async fn who_is_billed_for_a_recorded_label_is_not_ours_to_read_whatever_stands_there() {
    let Some(folder) = recorded() else { return };
    for row in rows(&folder).iter().filter(|row| row.source == ShipmentSource::Labels) {
        let as_it_was = shipment(row).await;
        assert!(matches!(as_it_was.id, ShipmentId::Label(_)));
        for party in [json!("4"), json!(4), json!("third_party"), Value::Null, json!([4])] {
            let mut billed = row.value.clone();
            let store = as_it_was.store_id;
            billed["advancedOptions"] =
                json!({"storeId": store, "billToParty": party, "billToMyOtherAccount": "1"});
            let listing = read(row.source, &billed.to_string()).await;
            assert_eq!(listing.records, std::slice::from_ref(&as_it_was), "{}", row.name);
        }
    }
}

//! What is written to queues and ledgers must stay readable: these texts may only change together with a
//! reader for the old ones.

use std::collections::BTreeMap;

use domain::event::{Event, EventKind, Lane, Origin, ShipmentQuery, ShipmentSource};
use domain::feed::{FeedOrder, order as feed_order};
use domain::ids::{EventId, OrderId, OrderRef};
use domain::settings::Mapping;
use domain::ship_notice::{NoticeId, NoticeItem, ShipNotice};
use domain::shipment::ShipmentId;
use domain::weight::{ShippingUnit, Weight};
use jiff::Timestamp;

use crate::feed::{document, standing};
use crate::fixture::{at, decimal};

fn event(kind: EventKind) -> Event {
    Event {
        id: EventId("0199a000-0000-7000-8000-000000000001".parse().unwrap()),
        connection: "acme".parse().unwrap(),
        kind,
        origin: Origin::Webhook,
        received_at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn events_keep_their_stored_form_and_their_lane() {
    let filters = BTreeMap::from([("batchId".to_owned(), "17".to_owned())]);
    let query = ShipmentQuery { source: ShipmentSource::Labels, filters };
    for (kind, lane, stored) in [
        (
            EventKind::OrderChanged { order: OrderRef::Id(OrderId(7)) },
            Lane::Orders,
            r#"{"type":"order_changed","order":{"id":7}}"#,
        ),
        (
            EventKind::OrderChanged { order: OrderRef::Reference("SO-7".into()) },
            Lane::Orders,
            r#"{"type":"order_changed","order":{"reference":"SO-7"}}"#,
        ),
        (
            EventKind::ShipmentsChanged { query },
            Lane::Shipments,
            r#"{"type":"shipments_changed","query":{"source":"labels","filters":{"batchId":"17"}}}"#,
        ),
        (
            EventKind::ShipNotice {
                notice: NoticeId("0199a000-0000-8000-8000-000000000002".parse().unwrap()),
            },
            Lane::Shipments,
            r#"{"type":"ship_notice","notice":"0199a000-0000-8000-8000-000000000002"}"#,
        ),
        (
            EventKind::RateRequested { order: OrderRef::Id(OrderId(7)) },
            Lane::Rates,
            r#"{"type":"rate_requested","order":{"id":7}}"#,
        ),
    ] {
        let event = event(kind);
        assert_eq!(event.kind.lane(), lane);
        let json = format!(
            r#"{{"id":"0199a000-0000-7000-8000-000000000001","connection":"acme","kind":{stored},"origin":"webhook","received_at":"1970-01-01T00:00:00Z"}}"#
        );
        assert_eq!(serde_json::to_string(&event).unwrap(), json);
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    }
}

#[test]
fn a_question_for_all_since_an_instant_covers_the_same_one_since_a_later_one_and_no_other() {
    let query = |source, filters: &[(&str, &str)]| ShipmentQuery {
        source,
        filters: filters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    let labels = |filters: &[(&str, &str)]| query(ShipmentSource::Labels, filters);
    let early = labels(&[("createDateStart", "2026-06-01T10:00:00")]);
    let late = ("createDateStart", "2026-06-01T10:05:00");
    assert!(early.covers(&labels(&[late])) && early.covers(&early));
    for other in [
        labels(&[("createDateStart", "2026-06-01T09:59:59")]),
        labels(&[("voidDateStart", "2026-06-01T10:05:00")]),
        labels(&[late, ("createDateEnd", "2026-06-01T11:00:00")]),
        labels(&[("orderId", "5")]),
        query(ShipmentSource::Fulfilments, &[late]),
    ] {
        assert!(!early.covers(&other), "{other}");
    }
    assert!(!labels(&[("orderId", "5")]).covers(&labels(&[("orderId", "6")])));
}

#[test]
fn orders_of_the_feed_keep_their_stored_form() {
    let mut document = document();
    document.items.truncate(1);
    let item = &mut document.items[0];
    item.weight = Some(Weight { value: decimal("250"), unit: ShippingUnit::Grams });
    item.options = vec![("Size".into(), "L".into())];
    let order = feed_order(standing(&document), &Mapping::default()).unwrap();
    let json = concat!(
        r#"{"id":123,"number":"SO-123","ordered":"2026-03-01T02:00:00Z","status":"paid","shipping_method":"Express","#,
        r#""payment_method":"","currency":"AUD","total":"59.5","tax":"0","shipping":"9.5","customer_notes":"","#,
        r#""internal_notes":"","gift":false,"custom_fields":["Fully Picked","",""],"source":"","#,
        r#""customer_code":"mira@example.com","bill_to":{"name":"Mira Okafor","company":"","phone":"0400 000 000","#,
        r#""email":"mira@example.com"},"ship_to":{"name":"Mira Okafor","company":"","address1":"1 Test Lane","#,
        r#""address2":"","city":"Hobart","state":"TAS","postal_code":"7000","country":"AU","phone":"0400 000 000"},"#,
        r#""items":[{"line_key":"123:1","sku":"RED","name":"Article RED","image_url":"","weight":{"value":"250","#,
        r#""unit":"grams"},"quantity":2,"unit_price":"10","upc":"","location":"","adjustment":false,"#,
        r#""options":[["Size","L"]]}]}"#,
    );
    assert_eq!(serde_json::to_string(&order).unwrap(), json);
    assert_eq!(serde_json::from_str::<FeedOrder>(json).unwrap(), order);
}

#[test]
fn notices_and_the_ids_of_their_parcels_keep_their_stored_form() {
    let item = NoticeItem { line_key: "7:1".into(), sku: "RED".into(), name: String::new(), quantity: 2 };
    let notice = ShipNotice {
        order_id: "7".into(),
        label_created: Some(at("2026-03-11T02:56:00Z")),
        ship_date: Some("2026-03-11".parse().unwrap()),
        cost: Some(decimal("4.95")),
        items: vec![item],
        ..ShipNotice::default()
    };
    let json = concat!(
        r#"{"order_id":"7","order_number":"","label_created":"2026-03-11T02:56:00Z","ship_date":"2026-03-11","#,
        r#""carrier":"","service":"","tracking":"","cost":"4.95","notes_to_customer":"","items":[{"line_key":"7:1","#,
        r#""sku":"RED","name":"","quantity":2}]}"#,
    );
    assert_eq!(serde_json::to_string(&notice).unwrap(), json);
    assert_eq!(serde_json::from_str::<ShipNotice>(json).unwrap(), notice);
    let id = ShipmentId::Notice(u64::MAX);
    assert_eq!(serde_json::to_string(&id).unwrap(), r#"{"notice":18446744073709551615}"#);
    assert_eq!(serde_json::from_str::<ShipmentId>(r#"{"notice":18446744073709551615}"#).unwrap(), id);
}

#[test]
fn effects_keep_the_first_part_of_their_keys() {
    use domain::effect::{EffectKey, EffectKind};
    for (kind, key) in [
        (EffectKind::Import, "import/acme/7"),
        (EffectKind::Fulfil, "fulfil/acme/7"),
        (EffectKind::Cartons, "cartons/acme/7"),
        (EffectKind::Freight, "freight/acme/7"),
    ] {
        let connection = "acme".parse().unwrap();
        assert_eq!(EffectKey { kind, connection, order: OrderId(7) }.to_string(), key);
    }
}

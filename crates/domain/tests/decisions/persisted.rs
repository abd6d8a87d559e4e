//! What is written to queues and ledgers must stay readable: these texts may only change together with a
//! reader for the old ones.

use std::collections::BTreeMap;

use domain::event::{Event, EventKind, Lane, Origin, ShipmentQuery, ShipmentSource};
use domain::ids::{EventId, OrderId, OrderRef};
use jiff::Timestamp;

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

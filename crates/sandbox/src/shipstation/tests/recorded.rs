//! The machine's documents beside recorded answers of the real platform: no member may be missing.

use super::*;
use crate::shipstation::{LabelRequest, Marking, WebhookEvent};

#[path = "../../../../../tests/support/recordings.rs"]
mod recordings;

/// A recorded answer, or `None` when the recordings are not there.
fn recorded(file: &str) -> Option<Value> {
    let text =
        std::fs::read_to_string(recordings::folder()?.join("shipstation/real-2020").join(file)).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// Paths of `real` that `ours` lacks. Below a null or an empty list there is nothing to compare.
fn missing(real: &Value, ours: &Value, path: &str) -> Vec<String> {
    match (real, ours) {
        (Value::Object(real), Value::Object(ours)) => real
            .iter()
            .flat_map(|(name, value)| match ours.get(name) {
                Some(own) => missing(value, own, &format!("{path}.{name}")),
                None => vec![format!("{path}.{name}")],
            })
            .collect(),
        (Value::Array(real), Value::Array(ours)) => match (real.first(), ours.first()) {
            (Some(real), Some(ours)) => missing(real, ours, &format!("{path}[]")),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[test]
fn no_member_of_a_recorded_answer_is_missing() {
    let mut shipstation = account();
    shipstation.subscribe("http://here", WebhookEvent::ShipNotify, None);
    let [labelled, marked] = ["SO-1", "SO-2"].map(|number| create(&mut shipstation, number));
    shipstation.buy_label(&LabelRequest::whole(labelled), noon()).unwrap();
    shipstation.mark_as_shipped(marked, Marking::default(), noon()).unwrap();
    for (file, target) in [
        ("get_order.json", format!("/orders/{labelled}")),
        ("list_orders.json", "/orders".to_owned()),
        ("list_shipments.json", "/shipments?includeShipmentItems=true".to_owned()),
        ("list_fulfillments.json", "/fulfillments".to_owned()),
        ("list_stores.json", "/stores".to_owned()),
        ("list_carriers.json", "/carriers".to_owned()),
        ("list_services.json", "/carriers/listservices?carrierCode=stamps_com".to_owned()),
        ("list_warehouses.json", "/warehouses".to_owned()),
        ("list_tags.json", "/accounts/listtags".to_owned()),
    ] {
        let Some(real) = recorded(file) else { return };
        let ours = get(&mut shipstation, &target);
        assert_eq!(missing(&real, &ours, ""), Vec::<String>::new(), "{file}");
    }
}

//! The ShipStation machine against its documentation, without sockets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::Url;

use super::{ShipStation, ShipStationSettings};
use crate::exchange::{Method, Reply, Request};

mod histories;
mod labels;
mod rates;
mod rates_v2;
mod recorded;
mod strictness;
mod upserts;

/// 2024-09-17, 10:51:14 in Pacific summer time.
fn noon() -> Timestamp {
    "2024-09-17T17:51:14.503Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    noon() + SignedDuration::from_secs(seconds)
}

fn account() -> ShipStation {
    ShipStation::new(ShipStationSettings { windows: Vec::new(), ..ShipStationSettings::default() })
}

fn request(method: Method, target: &str, body: &str) -> Request {
    let url = Url::parse(&format!("http://sandbox{target}")).unwrap();
    Request {
        method,
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        authorization: Some(format!("Basic {}", STANDARD.encode("demo-ss-key:demo-ss-secret"))),
        api_key: None,
        body: body.as_bytes().to_vec(),
    }
}

fn parsed(reply: &Reply) -> (u16, Value) {
    (reply.status, serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
}

fn get(shipstation: &mut ShipStation, target: &str) -> Value {
    let (status, body) = parsed(&shipstation.handle(&request(Method::Get, target, ""), noon()));
    assert_eq!(status, 200, "{target}: {body}");
    body
}

fn post(shipstation: &mut ShipStation, path: &str, body: &Value) -> (u16, Value) {
    post_at(shipstation, path, body, noon())
}

fn post_at(shipstation: &mut ShipStation, path: &str, body: &Value, now: Timestamp) -> (u16, Value) {
    parsed(&shipstation.handle(&request(Method::Post, path, &body.to_string()), now))
}

/// An order that is accepted: two lines, three pieces, and a discount.
fn order(number: &str) -> Value {
    json!({
        "orderNumber": number,
        "orderKey": format!("key-{number}"),
        "orderDate": "2024-09-16T09:00:00",
        "orderStatus": "awaiting_shipment",
        "customerUsername": "pat@example.com",
        "billTo": { "name": "Pat Doe", "country": null },
        "shipTo": { "name": "Pat Doe", "street1": "1 Main St", "postalCode": "10001", "country": "US" },
        "items": [
            { "lineItemKey": format!("{number}:1"), "sku": "A", "name": "Apple", "quantity": 2, "unitPrice": 10.5, "taxAmount": 1,
              "weight": { "value": 300, "units": "grams" } },
            { "lineItemKey": format!("{number}:2"), "sku": "B", "name": "Bag", "quantity": 1, "unitPrice": 4 },
            { "lineItemKey": null, "name": "Discount", "quantity": 1, "unitPrice": -5, "adjustment": true },
        ],
        "taxAmount": 2.25,
        "shippingAmount": 6,
    })
}

/// The same order with one member replaced (`null` counts as absent).
fn order_with(pointer: &str, value: Value) -> Value {
    let mut order = order("SO-1");
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let parent = order.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(entries) => entries[member.parse::<usize>().unwrap()] = value,
        object => object[member] = value,
    }
    order
}

/// Creates [`order`] and returns its id.
fn create(shipstation: &mut ShipStation, number: &str) -> i64 {
    let (status, body) = post(shipstation, "/orders/createorder", &order(number));
    assert_eq!(status, 200, "{body}");
    body["orderId"].as_i64().unwrap()
}

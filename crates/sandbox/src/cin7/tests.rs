//! The API from outside: requests in, answers out, one table per rule of strictness.

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;
use crate::exchange::{Method, Reply, Request};

mod cartons;
mod reading;
mod writing;

const AUTHORIZATION: &str = "Basic RGVtb0FVOmRlbW8tY2luNy1rZXk=";

fn at(seconds: i64) -> Timestamp {
    "2026-06-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn line(id: i64, code: Option<&str>, qty: i64, price: i64) -> LineItem {
    LineItem {
        id,
        code: code.map(str::to_owned),
        name: Some("Thing".to_owned()),
        qty: Decimal::from(qty),
        unit_price: Decimal::new(price, 2),
        uom_size: Decimal::ONE,
        ..LineItem::default()
    }
}

fn sales_order(reference: &str) -> SalesOrder {
    let mut order = SalesOrder {
        reference: reference.to_owned(),
        branch_id: 3,
        email: Some("a@example.com".to_owned()),
        delivery_country: Some("Australia".to_owned()),
        tax_status: TaxStatus::Excl,
        tax_rate: Decimal::new(1, 1),
        line_items: vec![
            line(11, Some("MUG"), 2, 1_000),
            line(12, None, 1, 500),
            line(13, Some("BOWL"), 0, 900),
        ],
        ..SalesOrder::new()
    };
    order.settle_totals();
    order
}

/// An account without quota that holds `count` orders with the ids 1000 and on, one made each second.
fn account(count: i64) -> Cin7 {
    let mut cin7 = Cin7::new(Cin7Settings { windows: Vec::new(), ..Cin7Settings::default() });
    for number in 0..count {
        cin7.add_order(sales_order(&format!("SO-{number}")), at(number));
    }
    cin7.take_changed();
    cin7
}

fn request(method: Method, path: &str, query: &[(&str, &str)], body: &str) -> Request {
    Request {
        method,
        path: format!("/api/v1/{path}"),
        query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        authorization: Some(AUTHORIZATION.to_owned()),
        api_key: None,
        body: body.as_bytes().to_vec(),
    }
}

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

fn get(cin7: &mut Cin7, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
    let reply = cin7.handle(&request(Method::Get, path, query, ""), at(1_000));
    (reply.status, body(&reply))
}

fn send(cin7: &mut Cin7, method: Method, records: &Value) -> (u16, Value) {
    let reply = cin7.handle(&request(method, "SalesOrders", &[], &records.to_string()), at(2_000));
    (reply.status, body(&reply))
}

fn put(cin7: &mut Cin7, record: &Value) -> Value {
    let (status, results) = send(cin7, Method::Put, &json!([record]));
    assert_eq!(status, 200);
    results[0].clone()
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|order| order["id"].as_i64().unwrap()).collect()
}

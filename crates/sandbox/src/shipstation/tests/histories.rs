//! Whatever a warehouse does, some things always hold.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::shipstation::model::{OrderStatus, Shipment};
use crate::warehouse::{Warehouse, WarehouseSettings};

fn random_order(number: usize, quantities: &[i64], country: &str) -> Value {
    let mut order = order(&format!("SO-{number}"));
    order["shipTo"]["country"] = json!(country);
    let line = |(line, quantity): (usize, &i64)| json!({ "lineItemKey": format!("{number}:{line}"), "name": "x", "quantity": quantity, "unitPrice": 1 });
    order["items"] = quantities.iter().enumerate().map(line).collect();
    order
}

/// Shipped pieces by line key over labels that count, the whole account together.
fn shipped(shipstation: &ShipStation) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for item in shipstation.shipments().filter(|row| row.is_live()).flat_map(Shipment::items) {
        *sums.entry(item.line_item_key.clone().unwrap_or_default()).or_default() += item.quantity;
    }
    sums
}

fn orders() -> impl Strategy<Value = Vec<(Vec<i64>, &'static str)>> {
    let lines = prop::collection::vec(1_i64..5, 0..4);
    prop::collection::vec((lines, prop::sample::select(vec!["US", "AU", "NZ"])), 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_history_ships_too_much_loses_a_row_or_leaves_an_order(
        seed in any::<u64>(),
        batch_size in 1_usize..10,
        orders_per_step in 1_usize..30,
        split_share in 0.0..1.0,
        void_share in 0.0..0.9,
        mark_share in 0.0..0.5,
        orders in orders(),
    ) {
        let mut shipstation = account();
        let mut ordered = BTreeMap::new();
        for (number, (quantities, country)) in orders.iter().enumerate() {
            let (status, _) = post(&mut shipstation, "/orders/createorder", &random_order(number, quantities, country));
            prop_assert_eq!(status, 200);
            for (line, quantity) in quantities.iter().enumerate() {
                ordered.insert(format!("{number}:{line}"), *quantity);
            }
        }
        let settings = WarehouseSettings { batch_size, orders_per_step, split_share, void_share, mark_share };
        let mut warehouse = Warehouse::new(seed, settings);
        let mut rows = 0;
        for step in 0.. {
            let report = warehouse.step(&mut shipstation, after(step));
            prop_assert_eq!(report.refused, 0);
            prop_assert_eq!(shipstation.shipments().count(), rows + report.labels);
            rows += report.labels;
            for (line, sum) in shipped(&shipstation) {
                prop_assert!(sum <= ordered[&line], "{} of {}", sum, line);
            }
            if report.remaining == 0 {
                break;
            }
            prop_assert!(step < 500, "the work does not end: {:?}", report);
        }
        prop_assert!(shipstation.orders().all(|order| order.order_status == OrderStatus::Shipped));
        if shipstation.fulfillments().count() == 0 {
            prop_assert_eq!(shipped(&shipstation), ordered);
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!([[]])),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn no_document_makes_the_machine_panic_or_leave_its_error_shapes(
        member in prop::sample::select(vec![
            "/orderDate", "/orderStatus", "/shipTo", "/shipTo/country", "/shipTo/postalCode", "/items",
            "/items/0", "/items/0/quantity", "/items/0/unitPrice", "/items/0/weight/value", "/taxAmount",
            "/dimensions", "/weight", "/tagIds", "/advancedOptions", "/insuranceOptions", "/shipDate",
        ]),
        value in any_json(),
    ) {
        let mut shipstation = account();
        let (status, body) = post(&mut shipstation, "/orders/createorder", &order_with(member, value));
        prop_assert!(matches!(status, 200 | 400), "{}: {}", status, body);
        if status == 200 {
            get(&mut shipstation, "/orders");
            let mut warehouse = Warehouse::new(1, WarehouseSettings::default());
            for _ in 0..4 {
                warehouse.step(&mut shipstation, noon());
            }
            get(&mut shipstation, "/shipments?includeShipmentItems=true");
        } else {
            prop_assert!(body["message"].is_string() || body["ModelState"].is_object(), "{}", body);
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_history() {
    let history = |seed| {
        let mut shipstation = account();
        for number in 0..60 {
            create(&mut shipstation, &format!("SO-{number}"));
        }
        let mut warehouse = Warehouse::new(seed, WarehouseSettings::default());
        while warehouse.step(&mut shipstation, noon()).remaining > 0 {}
        shipstation.shipments().cloned().collect::<Vec<_>>()
    };
    assert_eq!(history(3), history(3));
    assert_ne!(history(3), history(4));
}

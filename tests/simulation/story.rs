//! What people do on both platforms while the bridge is in trouble: orders are entered and picked, labels
//! bought, voided and bought again, orders split or marked as shipped, and strangers use the same account.
//! All of it follows from a seed.

use std::collections::BTreeMap;

use domain::clock::Clock;
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use sandbox::cin7::SalesOrder;
use sandbox::exchange::{Method, Request};
use sandbox::generator::{Expected, Generator};
use sandbox::shipstation::model::{Address, OrderStatus};
use sandbox::shipstation::{LabelRequest, Marking, ShipStation};
use sandbox::warehouse::{Warehouse, WarehouseSettings};
use serde_json::json;

use crate::checker::Expectation;
use crate::world::{CONNECTION, Site, World};

/// The stage at which orders are imported.
const PICKED: &str = "Fully Picked";
/// The share of orders whose carrier a person types before anything ships.
const TYPED_CARRIERS: f64 = 0.1;
/// The share of waiting orders that a step marks as shipped without a label.
const MARKED: f64 = 0.05;

/// The orders of a scenario and who works on them.
pub(crate) struct Story {
    /// What must become of each order.
    pub(crate) expected: BTreeMap<i64, Expectation>,
    to_pick: Vec<(u32, i64)>,
    warehouse: Warehouse,
    /// What the warehouse's last step left for its next: orders that wait, labels that it means to void.
    left_over: usize,
    dice: StdRng,
    last_pick: u32,
}

/// A shop's own order of which nobody has said what its shipping costs.
fn without_freight(order: &mut SalesOrder) {
    (order.freight_total, order.freight_description) = (Decimal::ZERO, None);
    order.currency_code = Some("AUD".to_owned());
    order.settle_totals();
}

impl Story {
    /// Enters so many orders. They are picked one by one until the tick `last_pick`.
    pub(crate) fn new(world: &World, seed: u64, orders: usize, last_pick: u32) -> Self {
        let mut dice = StdRng::seed_from_u64(seed ^ 0x57_0e7);
        let mut generator = Generator::new(seed, world.clock.now());
        let products = generator.catalogue();
        let (mut expected, mut to_pick) = (BTreeMap::new(), Vec::new());
        let now = world.now(Site::Cin7);
        for product in &products {
            world.cin7().add_product(product.clone());
        }
        for number in 0..orders {
            let mut generated = generator.order(&products);
            if number % 2 == 1 {
                without_freight(&mut generated.order);
            }
            if generated.expected == Expected::Ships && dice.random_bool(TYPED_CARRIERS) {
                generated.order.logistics_carrier = Some("Own Van".to_owned());
            }
            let expectation = Expectation::of(&generated.order, generated.expected);
            let id = world.cin7().add_order(generated.order, now);
            if generated.expected != Expected::Stays("stage") {
                // Freight comes before the pick, if it comes at all.
                let earliest = if number % 2 == 1 { last_pick / 2 } else { 1 };
                to_pick.push((dice.random_range(earliest..=last_pick), id));
            }
            expected.insert(id, expectation);
        }
        let settings = WarehouseSettings {
            batch_size: 4,
            orders_per_step: 6,
            split_share: 0.2,
            void_share: 0.15,
            // Ours, so that pieces of split orders are marked as often as whole ones.
            mark_share: 0.0,
        };
        Self { expected, to_pick, warehouse: Warehouse::new(seed, settings), left_over: 0, dice, last_pick }
    }

    /// Whether every order that is to be picked has been.
    pub(crate) fn is_told(&self) -> bool {
        self.to_pick.is_empty()
    }

    /// Whether the warehouse has nothing left to do with what is in ShipStation. Before that, all may look right
    /// and not stay so: a label is about to be voided and bought again.
    pub(crate) fn is_over(&self) -> bool {
        self.is_told() && self.left_over == 0
    }

    /// What people do at this tick.
    pub(crate) fn act(&mut self, tick: u32, world: &World) {
        let due = |(at, _): &(u32, i64)| *at <= tick;
        for (_, id) in self.to_pick.extract_if(.., |pick| due(pick)) {
            assert!(world.cin7().set_stage(id, PICKED, world.now(Site::Cin7)), "order {id} is there");
        }
        if tick.is_multiple_of(20) {
            let now = world.now(Site::ShipStation);
            let mut shipstation = world.shipstation();
            self.mark(&mut shipstation, now);
            self.left_over = self.warehouse.step(&mut shipstation, now).remaining;
        }
        if tick == self.last_pick / 2 {
            strangers(&mut world.shipstation(), world.now(Site::ShipStation));
        }
        if tick == self.last_pick {
            self.take_something_back(world);
        }
    }

    fn mark(&mut self, shipstation: &mut ShipStation, now: Timestamp) {
        // Pieces of split orders too: theirs is the only key that is not ours.
        let waiting = shipstation.orders_in(OrderStatus::AwaitingShipment).filter(|order| {
            (order.order_key.starts_with("sb-") || order.advanced_options.parent_id.is_some())
                && shipstation.live_shipments(order.order_id).next().is_none()
        });
        let ids: Vec<i64> = waiting.map(|order| order.order_id).collect();
        for id in ids {
            if !self.dice.random_bool(MARKED) {
                continue;
            }
            let with_carrier = self.dice.random_bool(0.7);
            let marking = Marking {
                carrier: with_carrier.then(|| "ups_walleted".to_owned()),
                tracking_number: if with_carrier { format!("1Z999AA1{id:010}") } else { String::new() },
                ship_date: None,
            };
            shipstation.mark_as_shipped(id, marking, now).unwrap();
        }
    }

    /// A label for the way back: nothing in Cin7 may change because of it.
    fn take_something_back(&mut self, world: &World) {
        let mut shipstation = world.shipstation();
        let live: Vec<i64> =
            shipstation.shipments().filter(|row| row.is_live()).map(|row| row.shipment_id).collect();
        if let Some(shipment) = live.choose(&mut self.dice) {
            shipstation.return_label(*shipment, world.now(Site::ShipStation)).unwrap();
        }
    }
}

/// Others in the same account: an order that was typed by hand, one of another connection with the same ids
/// and line keys as ours, and a label without any order. All of them ship.
pub(crate) fn strangers(shipstation: &mut ShipStation, now: Timestamp) {
    for (key, line) in [("manual-1", "1"), ("sb-elsewhere-1870001", "1870001:5200000")] {
        let id = post_order(shipstation, key, "STRANGER", line, now);
        shipstation.buy_label(&LabelRequest::whole(id), now).unwrap();
    }
    let to = Address { country: Some("US".to_owned()), ..Address::default() };
    shipstation.label_without_order(to, "stamps_com", "usps_priority_mail", now).unwrap();
}

/// Puts an order into ShipStation past the bridge; its id.
pub(crate) fn post_order(
    shipstation: &mut ShipStation,
    key: &str,
    number: &str,
    line: &str,
    now: Timestamp,
) -> i64 {
    let order = json!({
        "orderNumber": number,
        "orderKey": key,
        "orderDate": "2026-01-05T09:00:00",
        "orderStatus": "awaiting_shipment",
        "billTo": { "name": "Pat Doe" },
        "shipTo": { "name": "Pat Doe", "street1": "1 Main St", "postalCode": "10001", "country": "US" },
        "items": [{ "lineItemKey": line, "sku": "A", "name": "Apple", "quantity": 1, "unitPrice": 10.5 }],
    });
    let request = Request {
        method: Method::Post,
        path: "/orders/createorder".to_owned(),
        query: Vec::new(),
        authorization: Some("Basic ZGVtby1zcy1rZXk6ZGVtby1zcy1zZWNyZXQ=".to_owned()),
        api_key: None,
        body: order.to_string().into_bytes(),
    };
    let reply = shipstation.handle(&request, now);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    shipstation.order_by_key(key).unwrap().order_id
}

/// Orders that ship, for tests that need nothing but those: entered and picked. Their ids.
pub(crate) fn picked_orders(world: &World, seed: u64, count: usize) -> Vec<i64> {
    enter(world, seed, count, |order| order.stage = Some(PICKED.to_owned()))
}

/// Enters orders that would ship, each changed a little; their ids.
pub(crate) fn enter(world: &World, seed: u64, count: usize, change: impl Fn(&mut SalesOrder)) -> Vec<i64> {
    let mut generator = Generator::new(seed, world.clock.now());
    let products = generator.catalogue();
    let mut cin7 = world.cin7();
    for product in &products {
        cin7.add_product(product.clone());
    }
    let now = world.now(Site::Cin7);
    let orders = std::iter::repeat_with(|| generator.order(&products));
    let ship = orders.filter(|made| made.expected == Expected::Ships).take(count);
    let ids: Vec<i64> = ship
        .map(|mut made| {
            change(&mut made.order);
            let picked = made.order.stage.as_deref() == Some(PICKED);
            let id = cin7.add_order(made.order, now);
            if picked {
                cin7.set_stage(id, PICKED, now);
            }
            id
        })
        .collect();
    cin7.take_changed();
    ids
}

/// The key of an order of ours.
pub(crate) fn key(order: i64) -> String {
    format!("sb-{CONNECTION}-{order}")
}

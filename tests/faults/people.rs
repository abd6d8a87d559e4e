//! People at work, whatever happens to the bridge: they pick orders in Cin7, and buy labels for what arrives in
//! ShipStation. Both is announced, by senders who are not all equally careful.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sandbox::shipstation::LabelRequest;
use sandbox::shipstation::model::OrderStatus;
use serde_json::json;

use crate::eventually::tick;
use crate::history::Flow;
use crate::orders;
use crate::senders::{Manner, Senders};
use crate::world::World;

/// From one picked order to the next.
const PACE: Duration = Duration::from_millis(25);
/// At most so many labels are bought at once, and announced together.
const LABELS: usize = 8;

/// Those who pick and ship.
#[derive(Debug)]
pub(crate) struct People<'a> {
    world: &'a World,
    senders: &'a Senders,
    /// All orders, in the order of their picking.
    pub(crate) orders: Vec<i64>,
    /// How many of them may be picked.
    released: AtomicUsize,
    picked: AtomicUsize,
    dice: Mutex<StdRng>,
}

impl<'a> People<'a> {
    /// People with so many orders to pick.
    pub(crate) fn new(world: &'a World, senders: &'a Senders, orders: usize, seed: u64) -> Self {
        let new = |number: usize| {
            let order = orders::picked(orders::order(&format!("SO-{number:05}")));
            world.sandbox().cin7().add_order(order, world.sandbox().now())
        };
        let dice = Mutex::new(StdRng::seed_from_u64(seed));
        let orders = (0..orders).map(new).collect();
        Self { world, senders, orders, released: AtomicUsize::new(0), picked: AtomicUsize::new(0), dice }
    }

    /// Lets them pick up to this part of all orders.
    pub(crate) fn release(&self, part: f64) {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let count = self.orders.len() as f64 * part;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a few thousand"
        )]
        let count = count.round() as usize;
        self.released.fetch_max(count.min(self.orders.len()), Ordering::SeqCst);
    }

    /// Whether everything that may be picked has been.
    pub(crate) fn are_through(&self) -> bool {
        self.picked.load(Ordering::SeqCst) == self.released.load(Ordering::SeqCst)
    }

    /// Works until the senders are closed.
    pub(crate) fn work(&self) {
        let mut next = Instant::now();
        while !self.senders.are_closed() {
            if Instant::now() >= next {
                next = Instant::now() + PACE;
                self.pick();
            }
            self.ship();
            tick();
        }
    }

    fn pick(&self) {
        let number = self.picked.load(Ordering::SeqCst);
        if number < self.released.load(Ordering::SeqCst) {
            let id = self.orders[number];
            self.senders.announce(Flow::Orders, vec![id], json!({ "id": id }).to_string(), self.manner());
            self.picked.store(number + 1, Ordering::SeqCst);
        }
    }

    /// Buys labels for everything that waits, a few at a time.
    fn ship(&self) {
        let now = self.world.sandbox().now();
        let mut shipstation = self.world.sandbox().shipstation();
        let waiting = shipstation.orders_in(OrderStatus::AwaitingShipment);
        let waiting: Vec<_> =
            waiting.map(|order| (order.order_id, cin7_id(&order.order_key).unwrap_or_default())).collect();
        let mut rest = waiting.as_slice();
        while !rest.is_empty() {
            let size = self.dice.lock().unwrap().random_range(1..=LABELS).min(rest.len());
            let (batch, others) = rest.split_at(size);
            rest = others;
            let labels: Vec<_> = batch
                .iter()
                .map(|(order, _)| LabelRequest::whole(*order).by("stamps_com", "usps_priority_mail"))
                .collect();
            assert!(shipstation.buy_batch(&labels, now).iter().all(Result::is_ok), "a label was refused");
            let notice = shipstation.take_outbox().pop().unwrap();
            let orders = batch.iter().map(|(_, id)| *id).collect();
            self.senders.announce(Flow::Shipments, orders, notice.body, self.manner());
        }
    }

    /// Most senders repeat until they are heard; some send copies, and some do not care.
    fn manner(&self) -> Manner {
        match self.dice.lock().unwrap().random_range(0..100) {
            0..6 => Manner::Once,
            6..26 => Manner::Until { accepted_copies: 2 },
            26..32 => Manner::Until { accepted_copies: 3 },
            _ => Manner::Until { accepted_copies: 1 },
        }
    }
}

fn cin7_id(key: &str) -> Option<i64> {
    key.strip_prefix("sb-acme-")?.parse().ok()
}

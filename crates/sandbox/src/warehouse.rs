//! People at work: a seeded warehouse that labels, splits, voids and marks the orders of a simulated
//! ShipStation until every one has shipped. It never looks at a clock and decides nothing for ShipStation.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::shipstation::model::{Order, OrderStatus};
use crate::shipstation::{LabelRequest, Marking, ShipStation, carriers};

/// How the warehouse works. Shares are probabilities from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarehouseSettings {
    /// Labels per batch, at least 1. Default 25.
    pub batch_size: usize,
    /// Orders taken in hand per step. Default: all.
    pub orders_per_step: usize,
    /// Orders that leave in two parcels. Two in three of those are split into two orders, the third gets two
    /// labels on one order; half go by quantity, half by line where that is possible. Default 0.08.
    pub split_share: f64,
    /// Labels that are voided in the next step and bought again; an order at most once. Default 0.05.
    pub void_share: f64,
    /// Orders that are marked as shipped without a label. Default 0.03.
    pub mark_share: f64,
}

impl Default for WarehouseSettings {
    fn default() -> Self {
        Self {
            batch_size: 25,
            orders_per_step: usize::MAX,
            split_share: 0.08,
            void_share: 0.05,
            mark_share: 0.03,
        }
    }
}

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Labels bought.
    pub labels: usize,
    /// Batches processed.
    pub batches: usize,
    /// Orders that left in two parcels.
    pub splits: usize,
    /// Labels voided.
    pub voids: usize,
    /// Orders marked as shipped.
    pub marked: usize,
    /// Labels that ShipStation refused; their orders are tried again.
    pub refused: usize,
    /// Orders that still await shipment, and labels that the next step will void. At 0 the work is done.
    pub remaining: usize,
}

/// The warehouse. Its history follows from the seed and from the orders it finds.
#[derive(Debug)]
pub struct Warehouse {
    settings: WarehouseSettings,
    rng: StdRng,
    to_void: Vec<i64>,
    voided: BTreeSet<i64>,
}

impl Warehouse {
    /// A warehouse with that seed.
    pub fn new(seed: u64, settings: WarehouseSettings) -> Self {
        Self { settings, rng: StdRng::seed_from_u64(seed), to_void: Vec::new(), voided: BTreeSet::new() }
    }

    /// Voids what it meant to void, then ships what awaits shipment. Repeated steps end with `remaining` 0.
    pub fn step(&mut self, shipstation: &mut ShipStation, now: Timestamp) -> Report {
        let mut report = Report::default();
        shipstation.release_holds(now);
        self.void(shipstation, now, &mut report);
        let parcels = self.parcels(shipstation, now, &mut report);
        for batch in parcels.chunks(self.settings.batch_size.max(1)) {
            self.process(shipstation, batch, now, &mut report);
        }
        let waiting = shipstation.orders_in(OrderStatus::AwaitingShipment).count();
        report.remaining = waiting + self.to_void.len();
        report
    }

    fn void(&mut self, shipstation: &mut ShipStation, now: Timestamp, report: &mut Report) {
        for shipment in std::mem::take(&mut self.to_void) {
            report.voids += usize::from(shipstation.void_label(shipment, now).is_ok());
        }
    }

    fn parcels(
        &mut self,
        shipstation: &mut ShipStation,
        now: Timestamp,
        report: &mut Report,
    ) -> Vec<LabelRequest> {
        let waiting =
            shipstation.orders_in(OrderStatus::AwaitingShipment).take(self.settings.orders_per_step);
        let waiting: Vec<Order> = waiting.cloned().collect();
        let mut parcels = Vec::new();
        for order in waiting {
            let left = shipstation.left_to_ship(order.order_id);
            if self.divides(&order, &left) {
                parcels.extend(self.divide(shipstation, &order, &left, now));
                report.splits += 1;
            } else if self.chance(self.settings.mark_share)
                && shipstation.mark_as_shipped(order.order_id, self.marking(), now).is_ok()
            {
                report.marked += 1;
            } else {
                parcels.push(self.parcel(&order, order.order_id));
            }
        }
        parcels
    }

    fn process(
        &mut self,
        shipstation: &mut ShipStation,
        batch: &[LabelRequest],
        now: Timestamp,
        report: &mut Report,
    ) {
        report.batches += 1;
        for (parcel, result) in batch.iter().zip(shipstation.buy_batch(batch, now)) {
            let Ok(shipment) = result else {
                report.refused += 1;
                continue;
            };
            report.labels += 1;
            if self.chance(self.settings.void_share) && self.voided.insert(parcel.order_id) {
                self.to_void.push(shipment);
            }
        }
    }

    /// Only whole orders of at least two pieces are divided, and only once.
    fn divides(&mut self, order: &Order, left: &[(i64, i64)]) -> bool {
        let physical = order.items.iter().filter(|item| !item.adjustment);
        let whole: i64 = physical.map(|item| item.quantity).sum();
        let pieces: i64 = left.iter().map(|(_, quantity)| quantity).sum();
        let wanted = self.chance(self.settings.split_share);
        wanted
            && pieces >= 2
            && pieces == whole
            && !order.advanced_options.merged_or_split
            && !self.voided.contains(&order.order_id)
    }

    fn divide(
        &mut self,
        shipstation: &mut ShipStation,
        order: &Order,
        left: &[(i64, i64)],
        now: Timestamp,
    ) -> Vec<LabelRequest> {
        let part = self.part(left);
        let id = order.order_id;
        if self.chance(2.0 / 3.0) {
            let child = shipstation.split(id, &part, now).ok();
            return [id].into_iter().chain(child).map(|id| self.parcel(order, id)).collect();
        }
        let rest: Vec<_> = left
            .iter()
            .map(|(item, quantity)| {
                let taken = part.iter().find(|(taken, _)| taken == item).map_or(0, |(_, taken)| *taken);
                (*item, quantity - taken)
            })
            .filter(|(_, quantity)| *quantity > 0)
            .collect();
        vec![self.parcel(order, id).of(part), self.parcel(order, id).of(rest)]
    }

    /// Some of `left`, never nothing and never all: whole lines, or a part of one line.
    fn part(&mut self, left: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let by_lines =
            left.len() >= 2 && (self.chance(0.5) || left.iter().all(|(_, quantity)| *quantity < 2));
        if by_lines {
            let count = self.rng.random_range(1..left.len());
            return left[..count].to_vec();
        }
        let divisible: Vec<_> = left.iter().filter(|(_, quantity)| *quantity >= 2).collect();
        let (item, quantity) = *divisible[self.rng.random_range(0..divisible.len())];
        vec![(item, self.rng.random_range(1..quantity))]
    }

    /// The parcel of an order, by the order's own service or by any that reaches it.
    fn parcel(&mut self, order: &Order, id: i64) -> LabelRequest {
        if order.carrier_code.is_some() {
            return LabelRequest::whole(id);
        }
        let services: Vec<_> = carriers::services_to(order.ship_to.country.as_deref()).collect();
        let service = services[self.rng.random_range(0..services.len())];
        LabelRequest::whole(id).by(service.carrier, service.code)
    }

    fn marking(&mut self) -> Marking {
        let carrier = self.chance(0.7).then(|| "ups_walleted".to_owned());
        let tracking_number = match carrier {
            Some(_) => format!("1Z999AA1{:010}", self.rng.random_range(0..10_000_000_000_u64)),
            None => String::new(),
        };
        Marking { carrier, tracking_number, ship_date: None }
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.rng.random::<f64>() < probability
    }
}

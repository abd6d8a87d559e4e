//! What people do to the orders of a run: labels for all or a part, splits, merges, voids, new labels, returns, marks
//! as shipped, and whatever they type into Cin7.

use std::collections::BTreeMap;

use domain::settings::DispatchWhen;
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use sandbox::cin7::SalesOrder;
use sandbox::shipstation::model::{Order, OrderStatus};
use sandbox::shipstation::{LabelRequest, Marking, ShipStation};

use super::oracle;
use crate::world::{Site, World};

/// What a person has made of a field of the Cin7 order, for good.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) tracking: Option<String>,
    pub(super) carrier: Option<String>,
    /// The staff's comments, without our block.
    pub(super) comments: String,
    /// The dispatch was taken back.
    pub(super) undispatched: bool,
}

/// One order's history.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) cin7_order: i64,
    /// Its key in ShipStation.
    pub(super) key: String,
    /// What must ship: quantities by line key, as it was sent.
    pub(super) wanted: BTreeMap<String, i64>,
    pub(super) typed: Typed,
    pub(super) policy: DispatchWhen,
    /// What was done, for whoever has to find out.
    pub(super) told: Vec<String>,
}

/// Everybody who works on the orders of a run.
pub(super) struct People(Vec<Life>);

impl People {
    /// `key` is what an order is found by in ShipStation.
    pub(super) fn new(world: &World, ids: &[i64], policy: DispatchWhen, key: fn(i64) -> String) -> Self {
        let shipstation = world.shipstation();
        let life = |id: &i64| {
            let root = shipstation.order_by_key(&key(*id)).expect("it was imported");
            let things = root.items.iter().filter(|item| !item.adjustment);
            let wanted = things.map(|item| (item.line_item_key.clone().unwrap_or_default(), item.quantity));
            let order = world.cin7().order(*id).cloned().unwrap();
            let comments = order.internal_comments.unwrap_or_default();
            Life {
                cin7_order: *id,
                key: key(*id),
                wanted: wanted.collect(),
                typed: Typed {
                    carrier: order.logistics_carrier.filter(|it| !it.is_empty()),
                    comments,
                    ..Typed::default()
                },
                policy,
                told: Vec::new(),
            }
        };
        Self(ids.iter().map(life).collect())
    }

    pub(super) fn lives(&self) -> &[Life] {
        &self.0
    }

    /// A round's work: up to three deeds on each order.
    pub(super) fn work(&mut self, world: &World, dice: &mut StdRng) {
        let all: Vec<i64> = self.0.iter().map(|life| life.cin7_order).collect();
        for life in &mut self.0 {
            for _ in 0..dice.random_range(0..=3_u32) {
                let deed = deed(world, life, &all, dice);
                life.told.extend(deed);
            }
        }
    }
}

/// One deed, in words; `None` where it was not possible.
fn deed(world: &World, life: &mut Life, all: &[i64], dice: &mut StdRng) -> Option<String> {
    let now = world.now(Site::ShipStation);
    let id = life.cin7_order;
    match dice.random_range(0..20_u32) {
        0..=4 => at(&mut world.shipstation(), id, dice, |shipstation, order, _| {
            let label = shipstation.buy_label(&LabelRequest::whole(order), now).ok()?;
            Some(format!("label {label} for all of {order}"))
        }),
        5..=6 => at(&mut world.shipstation(), id, dice, |shipstation, order, dice| {
            let part = part(shipstation, order, dice)?;
            let label = shipstation.buy_label(&LabelRequest::whole(order).of(part), now).ok()?;
            Some(format!("label {label} for a part of {order}"))
        }),
        7..=9 => at(&mut world.shipstation(), id, dice, |shipstation, order, dice| {
            let part = part(shipstation, order, dice)?;
            let child = shipstation.split(order, &part, now).ok()?;
            Some(format!("{order} split: {child}"))
        }),
        10 => {
            let other = *all.choose(dice)?;
            merge(&mut world.shipstation(), id, other, now, dice)
        }
        11..=13 => void(&mut world.shipstation(), id, now, dice),
        14 => back(&mut world.shipstation(), id, now, dice),
        15..=16 => at(&mut world.shipstation(), id, dice, |shipstation, order, dice| {
            let with_carrier = dice.random_bool(0.6);
            let marking = Marking {
                carrier: with_carrier.then(|| "ups_walleted".to_owned()),
                tracking_number: if with_carrier { format!("1Z999AA1{order:010}") } else { String::new() },
                ship_date: None,
            };
            let row = shipstation.mark_as_shipped(order, marking, now).ok()?;
            Some(format!("{order} marked as shipped: {row}"))
        }),
        _ => typing(world, life, dice),
    }
}

/// Does something to one of the orders in ShipStation that hold lines of this Cin7 order and await shipment.
fn at(
    shipstation: &mut ShipStation,
    id: i64,
    dice: &mut StdRng,
    act: impl FnOnce(&mut ShipStation, i64, &mut StdRng) -> Option<String>,
) -> Option<String> {
    let order = *open(shipstation, id).choose(dice)?;
    act(shipstation, order, dice)
}

fn open(shipstation: &ShipStation, id: i64) -> Vec<i64> {
    let holds = |order: &&Order| oracle::holds_lines_of(order, id);
    let open = shipstation.orders_in(OrderStatus::AwaitingShipment).filter(holds);
    open.map(|order| order.order_id).collect()
}

/// Some of what is left to ship, never nothing and never all.
fn part(shipstation: &ShipStation, order: i64, dice: &mut StdRng) -> Option<Vec<(i64, i64)>> {
    let left = shipstation.left_to_ship(order);
    let pieces: i64 = left.iter().map(|(_, quantity)| quantity).sum();
    if pieces < 2 {
        return None;
    }
    let (item, quantity) = *left.choose(dice)?;
    let most = if left.len() > 1 { quantity } else { quantity - 1 };
    Some(vec![(item, dice.random_range(1..=most.max(1)))])
}

fn merge(
    shipstation: &mut ShipStation,
    one: i64,
    other: i64,
    now: Timestamp,
    dice: &mut StdRng,
) -> Option<String> {
    let survivor = *open(shipstation, one).choose(dice)?;
    let absorbed = *open(shipstation, other).choose(dice)?;
    shipstation.merge(survivor, &[absorbed], now).ok()?;
    Some(format!("{absorbed} of Cin7 order {other} merged into {survivor}"))
}

fn void(shipstation: &mut ShipStation, id: i64, now: Timestamp, dice: &mut StdRng) -> Option<String> {
    let live: Vec<i64> =
        oracle::labels(shipstation, id).filter(|row| row.is_live()).map(|row| row.shipment_id).collect();
    let label = *live.choose(dice)?;
    shipstation.void_label(label, now).ok()?;
    Some(format!("label {label} voided"))
}

fn back(shipstation: &mut ShipStation, id: i64, now: Timestamp, dice: &mut StdRng) -> Option<String> {
    let live: Vec<i64> =
        oracle::labels(shipstation, id).filter(|row| row.is_live()).map(|row| row.shipment_id).collect();
    let label = *live.choose(dice)?;
    let row = shipstation.return_label(label, now).ok()?;
    Some(format!("return label {row}"))
}

/// A person types into the Cin7 order. Each field is made a person's once, so that the end does not depend on when
/// the bridge saw what.
fn typing(world: &World, life: &mut Life, dice: &mut StdRng) -> Option<String> {
    let now = world.now(Site::Cin7);
    let id = life.cin7_order;
    let shown = world.cin7().order(id).cloned()?;
    let change = |change: &dyn Fn(&mut SalesOrder)| world.cin7().edit(id, now, |order| change(order));
    match dice.random_range(0..7_u32) {
        0 if life.typed.tracking.is_none() => {
            life.typed.tracking = Some(format!("BY HAND {id}"));
            change(&|order| order.tracking_code = Some(format!("BY HAND {id}")));
            Some("tracking code typed".to_owned())
        }
        1 if life.typed.tracking.is_none() && !shown.tracking_code.unwrap_or_default().is_empty() => {
            life.typed.tracking = Some(String::new());
            change(&|order| order.tracking_code = Some(String::new()));
            Some("tracking code emptied".to_owned())
        }
        2 if life.typed.carrier.is_none() => {
            life.typed.carrier = Some("Own Van".to_owned());
            change(&|order| order.logistics_carrier = Some("Own Van".to_owned()));
            Some("carrier typed".to_owned())
        }
        3 if life.typed.carrier.is_none() && !shown.logistics_carrier.unwrap_or_default().is_empty() => {
            life.typed.carrier = Some(String::new());
            change(&|order| order.logistics_carrier = Some(String::new()));
            Some("carrier emptied".to_owned())
        }
        4 | 5 => {
            let note = format!("Note {}.", life.told.len());
            let lines = [life.typed.comments.trim_end(), &note];
            life.typed.comments =
                lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
            change(&|order| {
                let before = order.internal_comments.clone().unwrap_or_default();
                let glue = if before.is_empty() { "" } else { "\n" };
                order.internal_comments = Some(format!("{before}{glue}{note}"));
            });
            Some("comments added to".to_owned())
        }
        6 if shown.dispatched_date.is_some() && !life.typed.undispatched && dice.random_bool(0.3) => {
            life.typed.undispatched = true;
            change(&|order| order.dispatched_date = None);
            Some("dispatch taken back".to_owned())
        }
        _ => None,
    }
}

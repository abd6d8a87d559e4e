//! What really happened, told from the two platforms alone: whether each order is once in ShipStation, and
//! whether Cin7 shows exactly its live shipments. Knows nothing of the bridge but the key that it gives.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::cin7::SalesOrder;
use sandbox::shipstation::ShipStation;
use sandbox::shipstation::model::OrderStatus;

use crate::stage::Stage;

/// As many characters as Cin7 keeps of tracking numbers.
const TRACKING_MAX: usize = 50;

/// How far a number of orders is.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// Orders that are where they belong.
    pub(crate) converged: usize,
    /// The others, with what is wrong.
    pub(crate) open: Vec<String>,
    /// Orders that exist more than once in ShipStation.
    pub(crate) duplicates: usize,
}

/// What ShipStation has of one Cin7 order.
#[derive(Debug, Default)]
pub(crate) struct AtShipStation {
    copies: usize,
    unshipped: usize,
    live: BTreeSet<String>,
    void: BTreeSet<String>,
    /// Labels and fulfilments, void ones among them.
    pub(crate) rows: usize,
}

/// Looks at these orders.
pub(crate) fn standing(stage: &Stage, ids: &[i64]) -> Standing {
    let placed = at_shipstation(&stage.sandbox().shipstation());
    let cin7 = stage.sandbox().cin7();
    let mut standing = Standing::default();
    for id in ids {
        let at = placed.get(id);
        standing.duplicates += usize::from(at.is_some_and(|at| at.copies > 1));
        let order = cin7.order(*id).unwrap();
        match at.map_or_else(|| Err("not in ShipStation".to_owned()), |at| is_told(order, at)) {
            Ok(()) => standing.converged += 1,
            Err(fault) => standing.open.push(format!("{} ({id}): {fault}; {at:?}", order.reference)),
        }
    }
    standing
}

/// ShipStation's rows by Cin7 order. Whatever came from an order by a split counts as its.
pub(crate) fn at_shipstation(shipstation: &ShipStation) -> BTreeMap<i64, AtShipStation> {
    let mut placed: BTreeMap<i64, AtShipStation> = BTreeMap::new();
    let mut owners: BTreeMap<i64, i64> = BTreeMap::new();
    for order in shipstation.orders() {
        let by_key = order.order_key.strip_prefix("sb-acme-").and_then(|id| id.parse().ok());
        let by_parent = order.advanced_options.parent_id.and_then(|parent| owners.get(&parent).copied());
        let Some(id) = by_key.or(by_parent) else { continue };
        owners.insert(order.order_id, id);
        let at = placed.entry(id).or_default();
        at.copies += usize::from(by_key.is_some());
        at.unshipped += usize::from(order.order_status != OrderStatus::Shipped);
    }
    for label in shipstation.shipments() {
        let Some(at) = label.order_id.and_then(|order| owners.get(&order)).and_then(|id| placed.get_mut(id))
        else {
            continue;
        };
        at.rows += 1;
        let numbers = if label.is_live() { &mut at.live } else { &mut at.void };
        numbers.insert(label.tracking_number.clone());
    }
    for fulfilment in shipstation.fulfillments() {
        let Some(at) = owners.get(&fulfilment.order_id).and_then(|id| placed.get_mut(id)) else { continue };
        at.rows += 1;
        at.live.extend(Some(fulfilment.tracking_number.clone()).filter(|number| !number.is_empty()));
    }
    placed
}

/// Whether Cin7 tells what has become of an order: dispatched, with its live numbers and no void one.
fn is_told(order: &SalesOrder, at: &AtShipStation) -> Result<(), String> {
    if at.unshipped > 0 {
        return Err("has not been shipped".to_owned());
    }
    if order.dispatched_date.is_none() || order.stage.as_deref() != Some("Dispatched") {
        return Err(format!("shipped, and not dispatched: stage {:?}", order.stage));
    }
    let code = order.tracking_code.clone().unwrap_or_default();
    let shown: BTreeSet<String> =
        code.split(", ").filter(|number| !number.is_empty()).map(str::to_owned).collect();
    let whole: usize = at.live.iter().map(|number| number.len() + 2).sum();
    let right = if whole <= TRACKING_MAX + 2 {
        shown == at.live
    } else {
        !shown.is_empty() && shown.is_subset(&at.live)
    };
    if !right {
        return Err(format!("shows {shown:?}, and {:?} are live", at.live));
    }
    let comments = order.internal_comments.clone().unwrap_or_default();
    let missing = at.live.iter().find(|number| !comments.contains(number.as_str()));
    let void = at.void.iter().find(|number| comments.contains(number.as_str()));
    match (missing, void) {
        (Some(number), _) => Err(format!("the comments lack {number}: {comments}")),
        (_, Some(number)) => Err(format!("the comments still have the void {number}: {comments}")),
        (None, None) => Ok(()),
    }
}

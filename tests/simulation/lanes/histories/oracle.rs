//! The final truth, computed from what ShipStation holds and what people typed, and what Cin7 must show of it. Nothing
//! of the bridge's code decides here: the contract's rules are written down once more.

use std::collections::BTreeMap;

use domain::settings::DispatchWhen;
use jiff::civil::DateTime;
use sandbox::cin7::SalesOrder;
use sandbox::shipstation::ShipStation;
use sandbox::shipstation::model::{Fulfillment, Order, Shipment};

use super::people::Life;
use crate::world::World;

/// The longest tracking code (Cin7's schema).
const TRACKING_MAX: usize = 50;

/// Whether an order in ShipStation holds lines of a Cin7 order.
pub(super) fn holds_lines_of(order: &Order, id: i64) -> bool {
    order.items.iter().any(|item| is_line_of(item.line_item_key.as_deref(), id))
}

fn is_line_of(key: Option<&str>, id: i64) -> bool {
    key.is_some_and(|key| key.starts_with(&format!("{id}:")))
}

/// The outbound labels that hold something of a Cin7 order, void ones included.
pub(super) fn labels(shipstation: &ShipStation, id: i64) -> impl Iterator<Item = &Shipment> {
    shipstation.shipments().filter(move |row| {
        !row.is_return_label && row.items().iter().any(|item| is_line_of(item.line_item_key.as_deref(), id))
    })
}

/// A live label or mark.
struct Parcel {
    /// Newest first: by time, then labels before marks, then by number.
    rank: (DateTime, (u8, i64)),
    tracking: String,
    carrier: String,
}

/// What is true of one order's shipments.
pub(super) struct Truth {
    /// Newest first.
    live: Vec<Parcel>,
    void_numbers: Vec<String>,
    carriers: Vec<String>,
    covered: bool,
    /// The same for one who knows of no void: nobody tells of those before the sweep.
    seemingly_covered: bool,
    /// Whether anything was ever bought or marked.
    ever: bool,
}

impl Truth {
    pub(super) fn of(shipstation: &ShipStation, life: &Life) -> Self {
        let id = life.cin7_order;
        let orders: BTreeMap<i64, &Order> =
            shipstation.orders().map(|order| (order.order_id, order)).collect();
        let marks: Vec<&Fulfillment> = shipstation
            .fulfillments()
            .filter(|row| orders.get(&row.order_id).is_some_and(|order| holds_lines_of(order, id)))
            .collect();
        let labels: Vec<&Shipment> = labels(shipstation, id).collect();
        let of_label = |row: &&Shipment| Parcel {
            rank: (row.create_date, (0, row.shipment_id)),
            tracking: row.tracking_number.clone(),
            carrier: row.carrier_code.clone(),
        };
        let of_mark = |row: &&Fulfillment| Parcel {
            rank: (row.create_date, (1, row.fulfillment_id)),
            tracking: row.tracking_number.clone(),
            carrier: row.carrier_code.clone().unwrap_or_default(),
        };
        let live_labels: Vec<&Shipment> = labels.iter().copied().filter(|row| row.is_live()).collect();
        let live_marks: Vec<&Fulfillment> = marks.iter().copied().filter(|row| !row.voided).collect();
        let mut live: Vec<Parcel> =
            live_labels.iter().map(of_label).chain(live_marks.iter().map(of_mark)).collect();
        live.sort_by_key(|parcel| std::cmp::Reverse(parcel.rank));
        Self {
            live,
            void_numbers: labels
                .iter()
                .filter(|row| row.voided)
                .map(|row| row.tracking_number.clone())
                .collect(),
            carriers: labels.iter().map(|row| name(&row.carrier_code)).collect(),
            covered: is_covered(life, &live_labels, &live_marks, &orders),
            seemingly_covered: is_covered(life, &labels, &marks, &orders),
            ever: !labels.is_empty() || !marks.is_empty(),
        }
    }

    /// Whether enough has shipped for the order to count as dispatched.
    pub(super) fn is_due(&self, policy: DispatchWhen) -> bool {
        match policy {
            DispatchWhen::Complete => self.covered,
            DispatchWhen::FirstShipment => !self.live.is_empty(),
        }
    }

    /// The same at some time, for one who knows of no void.
    fn seemed_due(&self, policy: DispatchWhen) -> bool {
        match policy {
            DispatchWhen::Complete => self.seemingly_covered,
            DispatchWhen::FirstShipment => self.ever,
        }
    }

    /// The live numbers, newest first, as many as fit.
    fn tracking_code(&self) -> String {
        let mut numbers: Vec<&str> = Vec::new();
        for parcel in self.live.iter().filter(|parcel| !parcel.tracking.is_empty()) {
            if !numbers.contains(&parcel.tracking.as_str()) {
                numbers.push(&parcel.tracking);
            }
        }
        while numbers.join(", ").len() > TRACKING_MAX {
            numbers.pop();
        }
        numbers.join(", ")
    }
}

/// Whether live labels and marks cover every line. A mark covers what is in its order, and of an order that was never
/// divided everything.
fn is_covered(
    life: &Life,
    labels: &[&Shipment],
    marks: &[&Fulfillment],
    orders: &BTreeMap<i64, &Order>,
) -> bool {
    let marked: Vec<&Order> = marks.iter().map(|row| orders[&row.order_id]).collect();
    if marked.iter().any(|order| order.order_key == life.key && !order.advanced_options.merged_or_split) {
        return true;
    }
    let labelled = labels.iter().flat_map(|row| row.items()).map(|item| (&item.line_item_key, item.quantity));
    let of_marked =
        marked.iter().flat_map(|order| &order.items).map(|item| (&item.line_item_key, item.quantity));
    let mut shipped: BTreeMap<&str, i64> = BTreeMap::new();
    for (key, quantity) in labelled.chain(of_marked) {
        *shipped.entry(key.as_deref().unwrap_or_default()).or_default() += quantity;
    }
    let enough =
        |(line, wanted): (&String, &i64)| shipped.get(line.as_str()).is_some_and(|sum| sum >= wanted);
    life.wanted.iter().all(enough)
}

/// Carriers by the names that people know.
fn name(code: &str) -> String {
    match code {
        "stamps_com" => "USPS",
        "ups_walleted" => "UPS",
        "fedex" => "FedEx",
        "dhl_express_worldwide" => "DHL Express",
        other => other,
    }
    .to_owned()
}

/// What is wrong with an order in the end; nothing when all is as the truth says.
pub(super) fn complaints(world: &World, life: &Life, state: &str) -> Vec<String> {
    let order = world.cin7().order(life.cin7_order).cloned().expect("orders are never deleted");
    let truth = Truth::of(&world.shipstation(), life);
    let mut found = fields(&order, life, &truth);
    found.extend(block(&order, life, &truth));
    found.extend(dispatch(&order, life, &truth, state));
    found
}

/// What is wrong with an order of which everything was told and nothing looked up: nothing of a void can be known then,
/// and of labels of one minute not which is the newest.
pub(super) fn untold(world: &World, life: &Life) -> Option<String> {
    let order = world.cin7().order(life.cin7_order).cloned().expect("orders are never deleted");
    let truth = Truth::of(&world.shipstation(), life);
    let comments = order.internal_comments.unwrap_or_default();
    let missing = truth.live.iter().find(|parcel| !comments.contains(&parcel.tracking));
    let id = life.cin7_order;
    if let Some(parcel) = missing {
        return Some(format!(
            "order {id}: {} was told, and Cin7 does not show it: {:?}",
            parcel.tracking, life.told
        ));
    }
    let undone = truth.is_due(life.policy) && order.dispatched_date.is_none() && !life.typed.undispatched;
    undone.then(|| format!("order {id}: all of it was told, and it is not dispatched: {:?}", life.told))
}

fn fields(order: &SalesOrder, life: &Life, truth: &Truth) -> Vec<String> {
    let mut found = Vec::new();
    let code = order.tracking_code.as_deref().unwrap_or_default();
    let wanted = life.typed.tracking.clone().unwrap_or_else(|| truth.tracking_code());
    let fine =
        code == wanted || (life.typed.tracking.as_deref() == Some("") && code == truth.tracking_code());
    if !fine {
        found.push(format!("tracking code `{code}`, and it should be `{wanted}`"));
    }
    let shown = order.logistics_carrier.as_deref().unwrap_or_default();
    let newest = truth.live.first().map(|parcel| name(&parcel.carrier)).unwrap_or_default();
    let fine = match &life.typed.carrier {
        // What a person has emptied stays so, unless a void meanwhile emptied it as well.
        Some(typed) => shown == typed || (typed.is_empty() && shown == newest),
        // Nobody says anything of the carrier: an earlier one may stay.
        None if newest.is_empty() => {
            shown.is_empty() || shown == "UPS" || truth.carriers.iter().any(|carrier| carrier == shown)
        }
        None => shown == newest,
    };
    if !fine {
        found
            .push(format!("carrier `{shown}`, and it should be `{newest}`; typed: {:?}", life.typed.carrier));
    }
    found
}

fn block(order: &SalesOrder, life: &Life, truth: &Truth) -> Vec<String> {
    let text = order.internal_comments.clone().unwrap_or_default().replace("\r\n", "\n");
    let parts = text.split_once("[Shipbridge]\n").and_then(|(before, rest)| {
        let (block, after) = rest.split_once("\n[/Shipbridge]")?;
        Some((before.trim_end_matches('\n'), block, after.trim_start_matches('\n')))
    });
    let (before, lines, after) = match parts {
        Some((before, block, after)) => (before, block.lines().collect(), after),
        None => (text.as_str(), Vec::new(), ""),
    };
    let mut found = Vec::new();
    let staff = [before, after].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    if staff.trim_end() != life.typed.comments.trim_end() {
        found.push(format!(
            "the staff's comments are `{staff}`, and they should be `{}`",
            life.typed.comments
        ));
    }
    if lines.len() != truth.live.len() {
        found.push(format!("{} lines in the block for {} parcels", lines.len(), truth.live.len()));
    }
    for (line, parcel) in lines.iter().zip(&truth.live) {
        if !line.contains(&parcel.tracking) {
            found.push(format!("the block's line `{line}` is not of the parcel `{}`", parcel.tracking));
        }
    }
    let void = truth.void_numbers.iter().find(|number| lines.iter().any(|line| line.contains(*number)));
    found.extend(void.map(|number| format!("the block still tells of the void label {number}")));
    found
}

fn dispatch(order: &SalesOrder, life: &Life, truth: &Truth, state: &str) -> Vec<String> {
    let dispatched = order.dispatched_date.is_some();
    let due = truth.is_due(life.policy);
    let mut found = Vec::new();
    if life.typed.undispatched {
        return found;
    }
    if due && !dispatched {
        found.push("all of it has shipped, and it is not dispatched".to_owned());
    }
    if dispatched && !truth.seemed_due(life.policy) {
        found.push("dispatched, although there never were labels for all of it".to_owned());
    }
    if dispatched && order.stage.as_deref() != Some("Dispatched") {
        found.push(format!("dispatched, and at the stage {:?}", order.stage));
    }
    let wanted = match (dispatched, due, truth.live.is_empty()) {
        (true, true, _) => "dispatched",
        (true, false, _) => "review",
        (false, _, false) => "partly_shipped",
        (false, _, true) => "imported",
    };
    if state != wanted {
        found.push(format!("its state is `{state}`, and it should be `{wanted}`"));
    }
    found
}

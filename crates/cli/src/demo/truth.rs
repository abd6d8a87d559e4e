//! What really happened, told from the simulated platforms alone, and whether the ledger explains the rest.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{ConnectionName, OrderId, OrderRef, order_of_key};
use domain::record::OrderState;
use ledger::Ledger;
use sandbox::generator::Expected;
use sandbox::serve::Sandbox;
use sandbox::shipstation::ShipStation;

use super::story::Story;

/// The demo's connection.
pub(super) const CONNECTION: &str = "demo";

/// How far the orders are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count {
    pub(crate) picked: usize,
    pub(crate) eligible: usize,
    pub(crate) imported: usize,
    pub(crate) labelled: usize,
    pub(crate) dispatched: usize,
    pub(crate) ineligible: usize,
    pub(crate) explained: usize,
    /// Orders that are not where they belong, with what is wrong.
    pub(crate) open: Vec<String>,
    /// Orders that exist more than once in ShipStation.
    pub(crate) duplicates: usize,
}

impl Count {
    /// Whether every order is where it belongs.
    pub(crate) fn is_complete(&self) -> bool {
        self.open.is_empty()
    }
}

/// What ShipStation has of one Cin7 order.
#[derive(Debug, Default)]
struct Placed {
    copies: usize,
    live: BTreeSet<String>,
    void: BTreeSet<String>,
    shipped: bool,
}

/// Counts.
pub(crate) async fn count(sandbox: &Sandbox, story: &Story, ledger: &dyn Ledger) -> anyhow::Result<Count> {
    let mut count = Count { picked: story.picked(), ..Count::default() };
    let connection: ConnectionName = CONNECTION.parse()?;
    let placed = placed(&connection, &sandbox.shipstation());
    count.duplicates = placed.values().filter(|placed| placed.copies > 1).count();
    let mut stays = Vec::new();
    for (id, expected) in story.expected() {
        let reference = sandbox.cin7().order(*id).map(|order| order.reference.clone()).unwrap_or_default();
        match expected {
            Expected::Stays(rule) => stays.push((*id, *rule, reference, placed.contains_key(id))),
            Expected::Ships if story.ships() => {
                look_at(sandbox, *id, &reference, placed.get(id), &mut count);
            }
            Expected::Ships => look_whether_there(&reference, placed.contains_key(id), &mut count),
        }
    }
    explain(ledger, &connection, &stays, &mut count).await?;
    Ok(count)
}

fn placed(connection: &ConnectionName, shipstation: &ShipStation) -> BTreeMap<i64, Placed> {
    let mut placed: BTreeMap<i64, Placed> = BTreeMap::new();
    let mut owners = BTreeMap::new();
    for order in shipstation.orders() {
        // A split's child has another key; its parent, which is older, leads to the order.
        let parent = order.advanced_options.parent_id.and_then(|parent| owners.get(&parent).copied());
        let Some(id) = order_of_key(connection, &order.order_key).map(|order| order.0).or(parent) else {
            continue;
        };
        owners.insert(order.order_id, id);
        let entry = placed.entry(id).or_default();
        entry.copies += usize::from(order.advanced_options.parent_id.is_none());
    }
    for shipment in shipstation.shipments() {
        let Some(entry) =
            shipment.order_id.and_then(|order| owners.get(&order)).and_then(|id| placed.get_mut(id))
        else {
            continue;
        };
        let numbers = if shipment.is_live() { &mut entry.live } else { &mut entry.void };
        numbers.insert(shipment.tracking_number.clone());
        entry.shipped |= shipment.is_live();
    }
    for fulfilment in shipstation.fulfillments() {
        if let Some(entry) = owners.get(&fulfilment.order_id).and_then(|id| placed.get_mut(id)) {
            entry.shipped = true;
            entry.live.insert(fulfilment.tracking_number.clone());
        }
    }
    placed
}

fn look_at(sandbox: &Sandbox, id: i64, reference: &str, placed: Option<&Placed>, count: &mut Count) {
    count.eligible += 1;
    let Some(placed) = placed else {
        count.open.push(format!("{reference}: not in ShipStation"));
        return;
    };
    count.imported += 1;
    if !placed.shipped {
        count.open.push(format!("{reference}: no label yet"));
        return;
    }
    count.labelled += 1;
    let cin7 = sandbox.cin7();
    let Some(order) = cin7.order(id) else { return };
    if order.dispatched_date.is_none() || order.stage.as_deref() != Some("Dispatched") {
        count.open.push(format!("{reference}: shipped, and Cin7 does not show it as dispatched"));
        return;
    }
    let code = order.tracking_code.clone().unwrap_or_default();
    let shown: BTreeSet<String> =
        code.split(", ").filter(|number| !number.is_empty()).map(str::to_owned).collect();
    if !shown.is_subset(&placed.live)
        || (shown.is_empty() && placed.live.iter().any(|number| !number.is_empty()))
    {
        count.open.push(format!("{reference}: Cin7 shows {code:?}, the live labels are {:?}", placed.live));
        return;
    }
    count.dispatched += 1;
}

fn look_whether_there(reference: &str, is_there: bool, count: &mut Count) {
    count.eligible += 1;
    if is_there {
        count.imported += 1;
    } else {
        count.open.push(format!("{reference}: not in ShipStation"));
    }
}

/// Every order that stays must have a record whose failed rules name the reason.
async fn explain(
    ledger: &dyn Ledger,
    connection: &ConnectionName,
    stays: &[(i64, &'static str, String, bool)],
    count: &mut Count,
) -> anyhow::Result<()> {
    let refs: Vec<_> = stays.iter().map(|(id, ..)| OrderRef::Id(OrderId(*id))).collect();
    let records = ledger.orders(connection, &refs).await?;
    count.ineligible = stays.len();
    for ((_, rule, reference, sent), record) in stays.iter().zip(records) {
        let quiet = [OrderState::Waiting, OrderState::Excluded, OrderState::Refused];
        let explained = record.as_ref().is_some_and(|record| {
            let fails = |id: &str| {
                record.reading.verdicts.iter().any(|verdict| !verdict.passed && verdict.rule.as_str() == id)
            };
            quiet.contains(&record.state()) && fails(rule)
        });
        if *sent {
            count.open.push(format!("{reference}: sent to ShipStation although {rule} does not hold"));
        } else if explained {
            count.explained += 1;
        } else {
            count.open.push(format!("{reference}: not sent, and not explained by {rule}"));
        }
    }
    Ok(())
}

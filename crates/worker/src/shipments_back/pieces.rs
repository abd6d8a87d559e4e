//! Reports that do not say whose they are or what is in them: orders that were marked as shipped tell neither key
//! nor items, and a piece of a split order has an id of its own, and may have lost the keys of its lines. What is
//! known of the same shipment or order tells where such a report belongs, else ShipStation's order is read: it names
//! its parent and what is in it.
//!
//! Only a report under the number of an order of ours can be ours, since a split keeps the number. That is
//! asked of the ledger, so that the shipments of others cost no call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};

use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef, order_key, order_of_key, order_of_line_key};
use domain::placed_order::PlacedOrder;
use domain::quota::Priority;
use domain::record::{Intake, OrderRecord};
use domain::shipment::{Shipment, ShipmentId, ShipmentSet};
use ledger::LedgerError;

use super::read::Answers;
use crate::connection::{Connection, ShipStationApi};
use crate::settlement::Ending;

/// From so many on, orders are asked for together.
const TOGETHER_FROM: usize = 3;
/// The most pages of a common question; what is not on them is asked for by itself.
const PAGES_MAX: u32 = 4;
/// How long before its shipment an order may count as modified.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(10);
/// So many strangers are remembered; the oldest are forgotten first.
const STRANGERS_MAX: usize = 10_000;

/// Orders in ShipStation that have our numbers and are not ours, by ShipStation's id, so that none is read twice.
/// Clones remember together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strangers(Arc<Mutex<BTreeSet<i64>>>);

impl Strangers {
    fn knows(&self, id: i64) -> bool {
        self.0.lock().expect("no holder of this lock panics").contains(&id)
    }

    fn remember(&self, id: i64) {
        let mut known = self.0.lock().expect("no holder of this lock panics");
        known.insert(id);
        if known.len() > STRANGERS_MAX {
            known.pop_first();
        }
    }
}

/// Completes the reports of which it is not clear to whom they belong or what is in them. A question whose
/// report could not be completed now ends with the reason.
pub(super) async fn complete(connection: &Connection, answers: &mut Answers) -> Result<(), LedgerError> {
    // Of orders that ShipStation has fetched from us the key is the id that we exported.
    for report in answers.values_mut().flatten().flat_map(|found| &mut found.reports) {
        if let Some(order) = connection.rules.fetched_order(&report.order_key, report.store_id) {
            report.order_key = order_key(connection.name(), order);
        }
    }
    let unclear: Vec<&Shipment> = answers
        .values()
        .flatten()
        .flat_map(|found| &found.reports)
        .filter(|report| is_unclear(report))
        .collect();
    if unclear.is_empty() {
        return Ok(());
    }
    let mut ours = Ours::of(connection, &unclear).await?;
    let wanted: BTreeMap<i64, Timestamp> = unclear
        .iter()
        .filter(|report| {
            ours.may_own(report) && ours.remembered(report).is_none() && !ours.leads_home(report)
        })
        .filter_map(|report| {
            Some((report.shipstation_order?, report.created.unwrap_or(connection.clock.now())))
        })
        .filter(|(id, _)| !connection.strangers().knows(*id))
        .collect();
    let read = Orders::read(connection, &wanted).await;
    ours.learn(connection, read.named()).await?;
    for answer in answers.values_mut() {
        let Ok(found) = answer else { continue };
        let mut failed = None;
        for report in found.reports.iter_mut().filter(|report| is_unclear(report)) {
            match complete_one(connection, report, &ours, &read) {
                Completed::Yes => {}
                Completed::NotNow(failure) => failed = Some(failure),
                Completed::Never(reason) => found.unreadable = Some(reason),
            }
        }
        if let Some(failure) = failed {
            *answer = Err(Ending::Failed(failure, None));
        }
    }
    Ok(())
}

/// Whether a report of an order bears neither our key nor that of another connection.
fn is_unclear(report: &Shipment) -> bool {
    report.shipstation_order.is_some() && !report.order_key.starts_with("sb-")
}

/// The orders that a report's lines name.
fn named(report: &Shipment) -> impl Iterator<Item = OrderId> {
    report.items.iter().flatten().filter_map(|item| order_of_line_key(&item.line_key))
}

/// How completing a report ended.
enum Completed {
    Yes,
    NotNow(Failure),
    Never(String),
}

fn complete_one(connection: &Connection, report: &mut Shipment, ours: &Ours, read: &Orders) -> Completed {
    if let Some(known) = ours.remembered(report) {
        report.order_key.clone_from(&known.order_key);
        if report.items.is_none() {
            report.items.clone_from(&known.items);
        }
        return Completed::Yes;
    }
    let Some(id) = report.shipstation_order else { return Completed::Yes };
    if !ours.may_own(report) || ours.leads_home(report) || connection.strangers().knows(id) {
        return Completed::Yes;
    }
    match read.found.get(&id) {
        Some(Some(order)) => fill_in(connection, report, ours, order),
        Some(None) if ours.at_shipstation.contains_key(&id) => {}
        Some(None) => {
            // Merged into another one since: what is left are its lines, and the number that a merge keeps.
            if let Some(owner) = ours.named_beside_its_number(report) {
                report.order_key = order_key(connection.name(), owner);
                return Completed::Yes;
            }
            let number = &report.order_number;
            return Completed::Never(format!(
                "{} of order {number} cannot be led back: ShipStation no longer has its order {id}",
                report.id
            ));
        }
        None => {
            let unread = Failure::Transient { reason: format!("ShipStation's order {id} was not read") };
            return Completed::NotNow(read.failure.clone().unwrap_or(unread));
        }
    }
    Completed::Yes
}

/// What the order tells of its shipment. One that is whole covers whatever is left, as it always did.
fn fill_in(connection: &Connection, report: &mut Shipment, ours: &Ours, order: &PlacedOrder) {
    let name = connection.name();
    let mut family = [Some(order.order_id), order.parent].into_iter().flatten();
    let by_id = family.find_map(|id| ours.at_shipstation.get(&id)).copied();
    let fetched = || connection.rules.fetched_order(&order.order_key, order.store_id);
    let keyed = order_of_key(name, &order.order_key).or_else(fetched);
    if order.merged_or_split || order.parent.is_some() {
        // A piece of a piece names its parent only, and after a merge the lines of others: ShipStation says that it
        // was divided, and the lines say of whom.
        let mut lines = order.items.iter().flatten().filter_map(|item| order_of_line_key(&item.line_key));
        let owner = by_id.or(keyed).or_else(|| lines.find(|order| ours.is_placed(*order)));
        let Some(owner) = owner else { return connection.strangers().remember(order.order_id) };
        report.order_key = order_key(name, owner);
        if report.items.is_none() {
            report.items.clone_from(&order.items);
        }
    } else if by_id.is_none() {
        let Some(owner) = keyed else { return connection.strangers().remember(order.order_id) };
        report.order_key = order_key(name, owner);
    }
}

/// What we know of the orders that unclear reports may belong to.
struct Ours {
    /// By ShipStation's id.
    at_shipstation: BTreeMap<i64, OrderId>,
    /// Those that are in ShipStation or on their way there.
    records: BTreeMap<OrderId, OrderRecord>,
    /// Their shipments.
    shipments: BTreeMap<ShipmentId, Shipment>,
}

impl Ours {
    async fn of(connection: &Connection, unclear: &[&Shipment]) -> Result<Self, LedgerError> {
        let (ledger, name) = (&connection.ledger, connection.name());
        let ids: BTreeSet<i64> = unclear.iter().filter_map(|report| report.shipstation_order).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let found = ledger.orders_at_shipstation(name, &ids).await?;
        let mut at_shipstation: BTreeMap<i64, OrderId> =
            ids.into_iter().zip(found).filter_map(|(id, order)| Some((id, order?))).collect();
        let numbers = unclear.iter().map(|report| OrderRef::Reference(report.order_number.clone()));
        let ids = at_shipstation.values().copied().chain(unclear.iter().flat_map(|report| named(report)));
        let refs: BTreeSet<OrderRef> = numbers.chain(ids.map(OrderRef::Id)).collect();
        let refs: Vec<OrderRef> = refs.into_iter().collect();
        let records = ledger.orders(name, &refs).await?.into_iter().flatten();
        let records: BTreeMap<OrderId, OrderRecord> = records
            .filter(|record| record.placed.is_some() || record.reading.intake == Intake::Eligible)
            .map(|record| (record.reading.id, record))
            .collect();
        // Among these are the orders that pieces of the same number were split from.
        let places = records
            .values()
            .filter_map(|record| Some((record.placed.as_ref()?.shipstation_order?, record.reading.id)));
        at_shipstation.extend(places);
        // A merged order's shipment belongs to orders, too, that neither its id nor its number names.
        let reported: Vec<ShipmentId> = unclear.iter().map(|report| report.id).collect();
        let sharing = ledger.orders_of_shipments(name, &reported).await?;
        let orders: BTreeSet<OrderId> = records.keys().copied().chain(sharing).collect();
        let orders: Vec<OrderId> = orders.into_iter().collect();
        let sets = ledger.shipment_sets(name, &orders).await?;
        Ok(Self { at_shipstation, records, shipments: whole(sets) })
    }

    /// Adds what we know of further orders.
    async fn learn(&mut self, connection: &Connection, named: BTreeSet<OrderId>) -> Result<(), LedgerError> {
        let unknown = named.into_iter().filter(|order| !self.records.contains_key(order));
        let refs: Vec<OrderRef> = unknown.map(OrderRef::Id).collect();
        let records = connection.ledger.orders(connection.name(), &refs).await?.into_iter().flatten();
        self.records.extend(records.map(|record| (record.reading.id, record)));
        Ok(())
    }

    /// The same shipment, as it was reported and completed before.
    fn remembered(&self, report: &Shipment) -> Option<&Shipment> {
        self.shipments.get(&report.id)
    }

    /// Whether it says what is in it, and either its order's id is that of one of ours, or its lines name one of ours
    /// that has its number.
    fn leads_home(&self, report: &Shipment) -> bool {
        let witness = |order: OrderId| {
            self.records
                .get(&order)
                .is_some_and(|record| record.placed.is_some() && is_numbered(record, report))
        };
        report.items.is_some() && (self.has_id(report) || named(report).any(witness))
    }

    /// Whether it may be a shipment of ours: under an id or a number that is, or with lines that are.
    fn may_own(&self, report: &Shipment) -> bool {
        self.has_id(report)
            || self.records.values().any(|record| is_numbered(record, report))
            || named(report).any(|order| self.records.contains_key(&order))
    }

    /// The order of ours that its lines name, where its number is that of another one of ours.
    fn named_beside_its_number(&self, report: &Shipment) -> Option<OrderId> {
        let mut placed = self.records.values().filter(|record| record.placed.is_some());
        let numbered = placed.any(|record| is_numbered(record, report));
        named(report).find(|order| numbered && self.is_placed(*order))
    }

    fn is_placed(&self, order: OrderId) -> bool {
        self.records.get(&order).is_some_and(|record| record.placed.is_some())
    }

    fn has_id(&self, report: &Shipment) -> bool {
        report.shipstation_order.is_some_and(|id| self.at_shipstation.contains_key(&id))
    }
}

/// The shipments of several orders by their ids. Each order of a merged one remembers its own items only.
fn whole(sets: Vec<ShipmentSet>) -> BTreeMap<ShipmentId, Shipment> {
    let mut shipments: BTreeMap<ShipmentId, Shipment> = BTreeMap::new();
    for shipment in sets.into_iter().flat_map(|set| set.shipments) {
        match shipments.get_mut(&shipment.id) {
            None => _ = shipments.insert(shipment.id, shipment),
            Some(known) => match (&mut known.items, shipment.items) {
                (Some(items), Some(more)) => items.extend(more),
                (items, _) => *items = None,
            },
        }
    }
    shipments
}

/// Whether an order of ours has the report's number.
fn is_numbered(record: &OrderRecord, report: &Shipment) -> bool {
    let placed = record.placed.as_ref().map(|placed| placed.document.order_number.as_str());
    let ours = placed.unwrap_or(&record.reading.reference);
    ours.trim().to_lowercase() == report.order_number.trim().to_lowercase()
}

/// Orders as they stand in ShipStation, as far as they could be read; `None` for one that is gone.
#[derive(Default)]
struct Orders {
    found: BTreeMap<i64, Option<PlacedOrder>>,
    failure: Option<Failure>,
}

impl Orders {
    /// The orders of ours that their lines name.
    fn named(&self) -> BTreeSet<OrderId> {
        let items = self.found.values().flatten().filter_map(|order| order.items.as_ref()).flatten();
        items.filter_map(|item| order_of_line_key(&item.line_key)).collect()
    }

    /// Reads these orders. Many are asked for together, by the time of the earliest shipment.
    async fn read(connection: &Connection, wanted: &BTreeMap<i64, Timestamp>) -> Self {
        let mut orders = Self::default();
        let api = match connection.api() {
            Ok(api) => api,
            Err(failure) => return Self { failure: Some(failure), ..orders },
        };
        if wanted.len() >= TOGETHER_FROM {
            let since = wanted.values().min().copied().unwrap_or_default() - CLOCK_SKEW;
            orders.read_together(api, wanted, since).await;
        }
        for id in wanted.keys() {
            if orders.failure.is_some() || orders.found.contains_key(id) {
                continue;
            }
            let call = async |permit| api.client.order(permit, *id).await;
            match api.gate.call(Priority::WriteBack, call).await {
                Ok(order) => _ = orders.found.insert(*id, order),
                Err(failure) => orders.failure = Some(failure),
            }
        }
        orders
    }

    async fn read_together(
        &mut self,
        api: &ShipStationApi,
        wanted: &BTreeMap<i64, Timestamp>,
        since: Timestamp,
    ) {
        for page in 1..=PAGES_MAX {
            let call = async |permit| api.client.orders_modified_since(permit, since, None, page).await;
            // A question that fails leaves each of them to be asked by itself.
            let Ok(listing) = api.gate.call(Priority::WriteBack, call).await else {
                return;
            };
            let more = listing.has_more();
            let of_interest =
                listing.records.into_iter().filter(|order| wanted.contains_key(&order.order_id));
            self.found.extend(of_interest.map(|order| (order.order_id, Some(order))));
            if !more || self.found.len() == wanted.len() {
                return;
            }
        }
    }
}

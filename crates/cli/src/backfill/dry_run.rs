//! What a backfill would write: reads orders whole, decides each as a worker would, and writes nothing anywhere.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;

use domain::clock::Clock;
use domain::event::Origin;
use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef};
use domain::import::{self, Case, Catalogue, Decision, Judgement, Ours, rules};
use domain::placed_order::PlacedOrder;
use domain::quota::Priority;
use domain::record::OrderRecord;
use domain::sales_order::SalesOrder;
use domain::settings::{Outlet, Rules};
use ledger::Ledger;
use platforms::answer::{Answer, CallPermit};
use platforms::shipstation::rendered;
use worker::Gate;

use super::difference::{Difference, differences};
use crate::assembly::Clients;
use crate::config::Connection;

/// The most records that one call reads.
const READ_MAX: usize = 250;

/// What would become of one order.
#[derive(Debug, Serialize)]
pub(super) struct Preview {
    pub(super) order: OrderId,
    pub(super) reference: String,
    pub(super) decision: &'static str,
    pub(super) reasons: Vec<String>,
    /// What would be posted; null when nothing would.
    pub(super) document: Value,
    /// How what is wanted differs from what was wanted when the order was last sent.
    pub(super) differences: Vec<Difference>,
}

/// Decides without doing.
pub(super) struct DryRun<'a> {
    rules: Rules,
    clients: &'a Clients,
    ledger: &'a dyn Ledger,
    clock: &'a dyn Clock,
    catalogue: Catalogue,
    /// Products that were asked for, so that one that Cin7 does not know is asked for once.
    asked: BTreeSet<i64>,
}

/// What is known of ShipStation's side of some orders.
#[derive(Default)]
struct There {
    ours: BTreeMap<i64, Option<PlacedOrder>>,
    anothers: BTreeMap<OrderId, Vec<PlacedOrder>>,
}

impl<'a> DryRun<'a> {
    /// Nothing is read yet.
    pub(super) fn new(
        connection: &Connection,
        clients: &'a Clients,
        ledger: &'a dyn Ledger,
        clock: &'a dyn Clock,
    ) -> Self {
        let (catalogue, asked) = (Catalogue::new(), BTreeSet::new());
        Self { rules: connection.rules(), clients, ledger, clock, catalogue, asked }
    }

    /// What would become of these orders, at most 250.
    pub(super) async fn preview(&mut self, ids: &[OrderId]) -> anyhow::Result<Vec<Preview>> {
        let refs: Vec<_> = ids.iter().map(|id| OrderRef::Id(*id)).collect();
        let cin7 = &self.clients.cin7;
        let read = async |permit| cin7.orders(permit, &refs).await;
        let listing = patiently(&self.clients.cin7_gate, read).await.context("Cin7 could not be asked")?;
        let orders = listing.records;
        self.read_products(&orders).await?;
        let refs: Vec<_> = orders.iter().map(|order| OrderRef::Id(order.id)).collect();
        let known = self.ledger.orders(&self.rules.connection, &refs).await?;
        let mut there = self.remembered(&orders, &known).await?;
        let mut previews = Vec::new();
        for (order, known) in orders.iter().zip(&known) {
            let judgement = self.decide(order, known.as_ref(), &mut there).await?;
            previews.push(preview(judgement, known.as_ref()));
        }
        let unreadable = listing.unreadable.into_iter().filter_map(|record| {
            let order = OrderId(record.id?.parse().ok()?);
            Some(Preview { reasons: vec![record.reason], ..Preview::bare(order, "unreadable") })
        });
        previews.extend(unreadable);
        Ok(previews)
    }

    fn at_stage<'o>(&self, orders: &'o [SalesOrder]) -> impl Iterator<Item = &'o SalesOrder> {
        orders.iter().filter(|order| rules::is_at_stage(&order.stage, &self.rules))
    }

    /// Reads what the ledger does not have; nothing of it is kept for others.
    async fn read_products(&mut self, orders: &[SalesOrder]) -> anyhow::Result<()> {
        let ids = self.at_stage(orders).flat_map(|order| &order.lines).filter_map(|line| line.product_id);
        let ids: BTreeSet<i64> = ids.filter(|id| !self.asked.contains(id)).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        self.asked.extend(&ids);
        let remembered = self.ledger.products(&self.rules.connection, &ids).await?;
        let remembered = remembered.into_iter().flatten().map(|(product, _)| (product.id, product));
        self.catalogue.extend(remembered);
        let missing: Vec<i64> = ids.into_iter().filter(|id| !self.catalogue.contains_key(id)).collect();
        for ids in missing.chunks(READ_MAX) {
            let cin7 = &self.clients.cin7;
            let read = async |permit| cin7.products(permit, ids).await;
            let listing =
                patiently(&self.clients.cin7_gate, read).await.context("Cin7 could not be asked")?;
            self.catalogue.extend(listing.records.into_iter().map(|product| (product.id, product)));
        }
        Ok(())
    }

    /// What the index remembers.
    async fn remembered(
        &self,
        orders: &[SalesOrder],
        known: &[Option<OrderRecord>],
    ) -> anyhow::Result<There> {
        let connection = &self.rules.connection;
        let ids: Vec<i64> =
            known.iter().flatten().filter_map(|record| record.placed.as_ref()?.shipstation_order).collect();
        let ours = self.ledger.indexed(connection, &ids).await?.into_iter().flatten();
        let at_stage: Vec<_> = self.at_stage(orders).collect();
        let numbers: Vec<_> = at_stage.iter().map(|order| order.reference.clone()).collect();
        let alike = self.ledger.indexed_by_number(connection, &numbers).await?;
        let anothers = at_stage.iter().zip(alike).map(|(order, alike)| {
            let anothers = |alike: &PlacedOrder| self.rules.is_anothers(alike, order.id);
            (order.id, alike.into_iter().filter(anothers).collect())
        });
        Ok(There {
            ours: ours.map(|order| (order.order_id, Some(order))).collect(),
            anothers: anothers.collect(),
        })
    }

    /// Decides; where that needs to know how the order stands in ShipStation now, reads it there.
    async fn decide(
        &self,
        order: &SalesOrder,
        known: Option<&OrderRecord>,
        there: &mut There,
    ) -> anyhow::Result<Judgement> {
        let judgement = self.judge(order, known, there, false);
        let id = known.and_then(|known| known.placed.as_ref()).and_then(|placed| placed.shipstation_order);
        let Some(id) = id.filter(|_| judgement.decision == Decision::LookFirst) else { return Ok(judgement) };
        let api = self.clients.api()?;
        let read = async |permit| api.client.order(permit, id).await;
        let found = patiently(&api.gate, read).await;
        there.ours.insert(id, found.context("ShipStation could not be asked")?);
        Ok(self.judge(order, known, there, true))
    }

    fn judge(&self, order: &SalesOrder, known: Option<&OrderRecord>, there: &There, read: bool) -> Judgement {
        let placed = known.and_then(|known| known.placed.as_ref());
        let ours = match placed.and_then(|placed| there.ours.get(&placed.shipstation_order?)) {
            _ if self.rules.outlet == Outlet::CustomStore => Ours::Fetched,
            None => Ours::Unknown,
            Some(None) => Ours::Gone,
            Some(Some(order)) if read => Ours::Read(order),
            Some(Some(order)) => Ours::Remembered(order),
        };
        let anothers = there.anothers.get(&order.id).map_or(&[][..], Vec::as_slice);
        let case = Case { ours, anothers, ..Case::new(order, known, Origin::Backfill) };
        import::decide(case, &self.catalogue, &self.rules, self.clock.now())
    }
}

/// Makes a call, however long the budget takes.
async fn patiently<T, F, Fut>(gate: &Gate, make: F) -> Result<T, Failure>
where
    F: FnOnce(CallPermit) -> Fut,
    Fut: Future<Output = Answer<T>>,
{
    let permit = gate.permit(Priority::Backfill, None).await?;
    gate.call_with(permit, make).await
}

impl Preview {
    fn bare(order: OrderId, decision: &'static str) -> Self {
        let (reference, reasons) = (String::new(), Vec::new());
        Self { order, reference, decision, reasons, document: Value::Null, differences: Vec::new() }
    }
}

fn preview(judgement: Judgement, known: Option<&OrderRecord>) -> Preview {
    let Judgement { decision, reading } = judgement;
    let failed = reading.verdicts.iter().filter(|verdict| !verdict.passed);
    let failed = failed.map(|verdict| format!("{}: {}", verdict.rule, verdict.value));
    let mut reasons: Vec<String> = reading.objection.into_iter().chain(failed).collect();
    let last = known.and_then(|known| known.placed.as_ref()).map(|placed| rendered(&placed.document));
    let differing = |wanted: &Value| last.as_ref().map(|last| differences(last, wanted)).unwrap_or_default();
    let (document, differences) = match &decision {
        Decision::Import(document) => {
            let document = rendered(document);
            let differences = differing(&document);
            (document, differences)
        }
        Decision::Update(update) => {
            reasons.insert(0, update.event.clone());
            (rendered(&update.outgoing), differing(&rendered(&update.wanted)))
        }
        _ => (Value::Null, Vec::new()),
    };
    let decision = word(&decision);
    Preview {
        reference: reading.reference,
        reasons,
        document,
        differences,
        ..Preview::bare(reading.id, decision)
    }
}

fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Import(_) => "import",
        Decision::Waiting => "waiting",
        Decision::Excluded => "excluded",
        Decision::Refused => "refused",
        Decision::Unchanged => "unchanged",
        Decision::Update(_) => "update",
        Decision::LookFirst => "look_first",
        Decision::Locked => "locked",
        Decision::Ignored => "ignored",
        Decision::Closed => "closed",
    }
}

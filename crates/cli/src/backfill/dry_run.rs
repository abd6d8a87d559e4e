//! What a backfill would do: every order of the range is read and decided by the same rules, from what the ledger
//! and the index know, and nothing is published or written.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use domain::event::Origin;
use domain::ids::{OrderId, OrderRef};
use domain::import::{self, Case, Catalogue, Decision, Judgement, Ours, document};
use domain::placed_order::PlacedOrder;
use domain::quota::Priority;
use domain::record::OrderRecord;
use domain::sales_order::SalesOrder;
use domain::settings::Rules;
use domain::shipping_order::ShippingOrder;
use ledger::Ledger;

use super::{Range, Walk};
use crate::assembly::Clients;
use crate::config::Connection;
use crate::difference::{Difference, differences};
use crate::output;

/// The most records of one reading call.
const READ_MAX: usize = 250;

/// What would become of one order.
#[derive(Debug, Serialize)]
pub(super) struct Plan {
    order: OrderId,
    reference: String,
    decision: &'static str,
    reasons: Vec<String>,
    /// What would be posted to ShipStation.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Value>,
    /// Against what was last sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
}

/// The plans for the orders of a range.
pub(super) async fn plans(
    connection: &Connection,
    clients: &Clients,
    ledger: &dyn Ledger,
    range: Range,
    now: Timestamp,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Plan>> {
    let (rules, mut walk, mut plans) = (connection.rules(), Walk::new(range), Vec::new());
    while let Some(orders) = walk.next(clients).await? {
        for orders in orders.chunks(READ_MAX) {
            let orders = read(clients, orders).await?;
            let facts = Facts::of(connection, clients, ledger, &orders).await?;
            plans.extend(
                orders.iter().enumerate().map(|(index, order)| facts.plan(index, order, &rules, now)),
            );
        }
        bar.set_message(format!("{} orders decided", plans.len()));
    }
    Ok(plans)
}

async fn read(clients: &Clients, orders: &[OrderId]) -> anyhow::Result<Vec<SalesOrder>> {
    let refs: Vec<_> = orders.iter().map(|order| OrderRef::Id(*order)).collect();
    let call = async |permit| clients.cin7.orders(permit, &refs).await;
    let listing =
        clients.cin7_gate.call(Priority::Backfill, call).await.context("Cin7 could not be asked")?;
    Ok(listing.records)
}

/// What the decisions go by.
struct Facts {
    known: Vec<Option<OrderRecord>>,
    catalogue: Catalogue,
    there: BTreeMap<i64, PlacedOrder>,
    anothers: Vec<Vec<PlacedOrder>>,
}

impl Facts {
    async fn of(
        connection: &Connection,
        clients: &Clients,
        ledger: &dyn Ledger,
        orders: &[SalesOrder],
    ) -> anyhow::Result<Self> {
        let refs: Vec<_> = orders.iter().map(|order| OrderRef::Id(order.id)).collect();
        let known = ledger.orders(&connection.name, &refs).await?;
        let ids: Vec<_> = known
            .iter()
            .flatten()
            .filter_map(|record| Some(record.placed.as_ref()?.shipstation_order))
            .collect();
        let there = ledger.indexed(&connection.name, &ids).await?;
        let numbers: Vec<_> = orders.iter().map(|order| order.reference.clone()).collect();
        let alike = ledger.indexed_by_number(&connection.name, &numbers).await?;
        let only_anothers = |orders: Vec<PlacedOrder>| orders.into_iter().filter(PlacedOrder::is_anothers);
        Ok(Self {
            known,
            catalogue: catalogue(connection, clients, ledger, orders).await?,
            there: there.into_iter().flatten().map(|order| (order.order_id, order)).collect(),
            anothers: alike.into_iter().map(|orders| only_anothers(orders).collect()).collect(),
        })
    }

    fn plan(&self, index: usize, order: &SalesOrder, rules: &Rules, now: Timestamp) -> Plan {
        let known = self.known[index].as_ref();
        let placed = known.and_then(|known| known.placed.as_ref());
        // What is remembered is the best that is known without a call.
        let there = placed.and_then(|placed| self.there.get(&placed.shipstation_order));
        let ours = there.map_or(Ours::Unknown, Ours::Read);
        let case =
            Case { ours, anothers: &self.anothers[index], ..Case::new(order, known, Origin::Backfill) };
        let judgement = import::decide(case, &self.catalogue, rules, now);
        let outgoing = outgoing(&judgement.decision, || document::translate(order, &self.catalogue, rules));
        let document = outgoing.as_ref().map(platforms::order_document);
        let before = placed.map(|placed| platforms::order_document(&placed.document));
        let differences = before.zip(document.as_ref()).map(|(before, after)| differences(&before, after));
        Plan {
            order: order.id,
            reference: order.reference.clone(),
            decision: word(&judgement.decision),
            reasons: reasons(&judgement),
            document,
            differences: differences.unwrap_or_default(),
        }
    }
}

/// The products of the orders: those that are kept, else from Cin7; nothing is kept by this.
async fn catalogue(
    connection: &Connection,
    clients: &Clients,
    ledger: &dyn Ledger,
    orders: &[SalesOrder],
) -> anyhow::Result<Catalogue> {
    let ids: BTreeSet<i64> =
        orders.iter().flat_map(|order| &order.lines).filter_map(|line| line.product_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let known = ledger.products(&connection.name, &ids).await?;
    let mut catalogue: Catalogue =
        known.into_iter().flatten().map(|(product, _)| (product.id, product)).collect();
    let missing: Vec<i64> = ids.into_iter().filter(|id| !catalogue.contains_key(id)).collect();
    for ids in missing.chunks(READ_MAX) {
        let call = async |permit| clients.cin7.products(permit, ids).await;
        let products =
            clients.cin7_gate.call(Priority::Backfill, call).await.context("Cin7 could not be asked")?;
        catalogue.extend(products.records.into_iter().map(|product| (product.id, product)));
    }
    Ok(catalogue)
}

fn outgoing(decision: &Decision, translate: impl FnOnce() -> ShippingOrder) -> Option<ShippingOrder> {
    match decision {
        Decision::Import(document) => Some((**document).clone()),
        Decision::Update(update) => Some(update.outgoing.clone()),
        Decision::LookFirst => Some(translate()),
        _ => None,
    }
}

fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Import(_) => "send",
        Decision::Update(_) => "change",
        Decision::LookFirst => "look at ShipStation, then change",
        Decision::Waiting => "waiting",
        Decision::Excluded => "excluded",
        Decision::Refused => "refused",
        Decision::Unchanged => "unchanged",
        Decision::Locked => "review",
        Decision::Ignored => "ignored",
        Decision::Closed => "closed",
    }
}

fn reasons(judgement: &Judgement) -> Vec<String> {
    let failed = judgement.reading.verdicts.iter().filter(|verdict| !verdict.passed);
    let failed = failed.map(|verdict| format!("{}: {}", verdict.rule, verdict.value));
    let event = match &judgement.decision {
        Decision::Update(update) => Some(update.event.clone()),
        _ => judgement.reading.objection.clone(),
    };
    event.into_iter().chain(failed).collect()
}

/// Prints the plans, those that would write something with what they would write.
pub(super) fn print(plans: &[Plan], json: bool) {
    if json {
        output::json(&plans);
        return;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for plan in plans {
        *counts.entry(plan.decision).or_default() += 1;
        let reasons =
            if plan.reasons.is_empty() { String::new() } else { format!(" ({})", plan.reasons.join("; ")) };
        output::line(&format!("{} (Cin7 {}): {}{reasons}", plan.reference, plan.order, plan.decision));
        if let Some(document) = plan.document.as_ref().filter(|_| plan.differences.is_empty()) {
            output::json(document);
        }
        for difference in &plan.differences {
            let side =
                |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
            output::line(&format!(
                "  {}: {} -> {}",
                difference.path,
                side(&difference.old),
                side(&difference.new)
            ));
        }
    }
    let counts: Vec<_> = counts.iter().map(|(decision, count)| format!("{count} {decision}")).collect();
    let counts =
        if counts.is_empty() { "no order was modified in the range".to_owned() } else { counts.join(", ") };
    output::line(&format!("Dry run, nothing was written: {counts}."));
}

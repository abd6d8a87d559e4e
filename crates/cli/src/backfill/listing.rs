//! Listing what was modified in a range, page by page through the shared budget. How it walks the pages is
//! [`domain::walk`]; rows at a seam come twice and are told once.

use std::collections::BTreeSet;

use anyhow::Context;
use jiff::Timestamp;

use domain::ids::OrderId;
use domain::quota::Priority;
use domain::walk::Walk;
use platforms::OrderStamp;

use super::range::{Range, seconds_between};
use crate::assembly::Clients;

/// The orders of a range, as they are listed.
pub(super) struct Listed<'a> {
    clients: &'a Clients,
    range: Range,
    walk: Walk,
    over: bool,
    told: BTreeSet<(OrderId, Timestamp)>,
    /// What could not be read, for people.
    pub(super) unreadable: Vec<String>,
}

impl<'a> Listed<'a> {
    /// Nothing is listed yet.
    pub(super) fn new(clients: &'a Clients, range: Range) -> Self {
        let (told, unreadable) = (BTreeSet::new(), Vec::new());
        Self { clients, range, walk: Walk::since(range.since), over: false, told, unreadable }
    }

    /// The next orders; `None` when there are no more.
    pub(super) async fn page(&mut self) -> anyhow::Result<Option<Vec<OrderId>>> {
        while !self.over {
            let orders = self.next().await?;
            if !orders.is_empty() {
                return Ok(Some(orders));
            }
        }
        Ok(None)
    }

    /// How many seconds of the range are listed.
    pub(super) fn passed_seconds(&self) -> u64 {
        if self.over { self.range.seconds() } else { seconds_between(self.range.since, self.walk.since) }
    }

    async fn next(&mut self) -> anyhow::Result<Vec<OrderId>> {
        // However long the budget takes: nobody waits behind a backfill.
        let gate = &self.clients.cin7_gate;
        let permit = gate.permit(Priority::Backfill, None).await.context("Cin7 could not be asked")?;
        let walk = self.walk;
        let call = async |permit| self.clients.cin7.changed_since(permit, walk.since, walk.page).await;
        let listing = gate.call_with(permit, call).await.context("Cin7 could not be asked")?;
        let unreadable = listing.unreadable.iter();
        self.unreadable.extend(unreadable.map(|record| {
            format!("{}: {}", record.id.as_deref().unwrap_or("an order without an id"), record.reason)
        }));
        let last = listing.records.iter().map(|stamp| stamp.modified).max();
        let orders = self.news(&listing.records);
        self.over = !listing.has_more() || last.is_some_and(|last| last > self.range.until);
        self.walk = walk.after(last);
        // Only the seam comes again.
        self.told.retain(|(_, modified)| *modified >= self.walk.since);
        Ok(orders)
    }

    /// The rows of the range that were not told before.
    fn news(&mut self, stamps: &[OrderStamp]) -> Vec<OrderId> {
        let within = stamps.iter().filter(|stamp| stamp.modified <= self.range.until);
        within.filter(|stamp| self.told.insert((stamp.id, stamp.modified))).map(|stamp| stamp.id).collect()
    }
}

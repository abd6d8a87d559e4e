//! The demo's result: what became of the orders and what it cost.

use std::time::Instant;

use anyhow::Context;
use serde::Serialize;

use domain::quota::Priority;
use sandbox::serve::Sandbox;
use worker::WorkerMetrics;

use super::drain::Drained;
use super::rated::Rated;
use super::ship_back::ShippedBack;
use super::story::Story;
use super::truth::{self, Count};
use crate::assembly::Running;
use crate::output;

/// The most open orders that are named.
const NAMED: usize = 10;

/// What became of the orders and what it cost.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    orders: usize,
    eligible: usize,
    dispatched: usize,
    ineligible: usize,
    explained: usize,
    seconds: f64,
    cin7_calls: u64,
    shipstation_calls: u64,
    import_calls: u64,
    import_calls_per_order: f64,
    write_back_calls: u64,
    write_back_calls_per_order: f64,
    watch_and_sweep_calls: u64,
    rate_limited: u64,
    duplicates: usize,
    repeated_imports: usize,
    lost: usize,
    open: Vec<String>,
    /// What draining took, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) drained: Option<Drained>,
    /// What the way back took, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shipped_back: Option<ShippedBack>,
    /// What freight took, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rated: Option<Rated>,
}

impl Summary {
    /// Sums up.
    pub(crate) async fn of(
        sandbox: &Sandbox,
        running: &Running,
        worker: &WorkerMetrics,
        story: &Story,
        started: Instant,
    ) -> anyhow::Result<Self> {
        let seconds = started.elapsed().as_secs_f64();
        let ledger = running.ledger().context("the demo runs every role")?;
        let count: Count = truth::count(sandbox, story, &*ledger).await?;
        let (cin7, shipstation) = (sandbox.cin7().calls().clone(), sandbox.shipstation().calls().clone());
        let (import_calls, write_back_calls) =
            (worker.calls_for(Priority::Import), worker.calls_for(Priority::WriteBack));
        let per_order = |calls: u64| ratio(calls, count.eligible);
        Ok(Self {
            orders: story.expected().len(),
            eligible: count.eligible,
            dispatched: count.dispatched,
            ineligible: count.ineligible,
            explained: count.explained,
            seconds: (seconds * 10.0).round() / 10.0,
            cin7_calls: cin7.total(),
            shipstation_calls: shipstation.total(),
            import_calls,
            import_calls_per_order: per_order(import_calls),
            write_back_calls,
            write_back_calls_per_order: per_order(write_back_calls),
            watch_and_sweep_calls: worker.calls_for(Priority::Watch),
            rate_limited: cin7.with_status(429) + shipstation.with_status(429),
            duplicates: count.duplicates,
            repeated_imports: shipstation.upserts().values().filter(|upserts| **upserts > 1).count(),
            lost: count.open.len(),
            open: count.open,
            drained: None,
            shipped_back: None,
            rated: None,
        })
    }

    /// All orders of the story.
    pub(super) fn orders(&self) -> usize {
        self.orders
    }

    /// Those that were to be sent.
    pub(super) fn eligible(&self) -> usize {
        self.eligible
    }

    /// Whether every order is where it belongs, and went there once.
    pub(crate) fn is_clean(&self) -> bool {
        self.lost == 0 && self.duplicates == 0 && self.repeated_imports == 0
    }

    /// Prints it for people.
    pub(crate) fn print(&self) {
        let mut table = output::table(["", "", ""]);
        table.add_row([
            "orders",
            &self.orders.to_string(),
            &format!("in {} s, at the platforms' real quotas", self.seconds),
        ]);
        table.add_row([
            "eligible",
            &self.eligible.to_string(),
            &format!("{} dispatched in Cin7 with their tracking", self.dispatched),
        ]);
        table.add_row([
            "kept back",
            &self.ineligible.to_string(),
            &format!("{} explained by the rule that holds them", self.explained),
        ]);
        let calls = self.cin7_calls + self.shipstation_calls;
        let split = format!("{} to Cin7, {} to ShipStation", self.cin7_calls, self.shipstation_calls);
        table.add_row(["API calls", &calls.to_string(), &split]);
        let per = |calls: f64| format!("{calls} per order");
        table.add_row(["  import", &self.import_calls.to_string(), &per(self.import_calls_per_order)]);
        table.add_row([
            "  write-back",
            &self.write_back_calls.to_string(),
            &per(self.write_back_calls_per_order),
        ]);
        table.add_row(["  watch, sweeps", &self.watch_and_sweep_calls.to_string(), ""]);
        table.add_row(["429s provoked", &self.rate_limited.to_string(), ""]);
        table.add_row([
            "duplicates",
            &self.duplicates.to_string(),
            &format!("{} orders sent more than once", self.repeated_imports),
        ]);
        table.add_row(["lost", &self.lost.to_string(), ""]);
        if let Some(drained) = &self.drained {
            table.add_row(["in ShipStation", &self.eligible.to_string(), &drained.describe()]);
        }
        if let Some(shipped_back) = &self.shipped_back {
            for row in shipped_back.describe() {
                table.add_row(row);
            }
        }
        for row in self.rated.iter().flat_map(Rated::describe) {
            table.add_row(row);
        }
        output::line(&table.to_string());
        for open in self.open.iter().take(NAMED) {
            output::line(&format!("  {open}"));
        }
        if self.open.len() > NAMED {
            output::line(&format!("  and {} more", self.open.len() - NAMED));
        }
    }
}

pub(super) fn ratio(calls: u64, orders: usize) -> f64 {
    let (calls, orders) =
        (u32::try_from(calls).unwrap_or(u32::MAX), u32::try_from(orders.max(1)).unwrap_or(u32::MAX));
    (f64::from(calls) / f64::from(orders) * 1000.0).round() / 1000.0
}

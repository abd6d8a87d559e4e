//! Parts 4 and 5: what the whole line costs at the platforms' real quotas, and how fast it drains, as the demo
//! tells it.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::Context;
use serde_json::Value;

use crate::Pace;
use crate::report::Report;

/// When the demo gives up, in seconds.
pub(crate) const GIVE_UP_AFTER: u32 = 300;
/// The goals are for so many orders: the fewer there are, the emptier are the batches.
pub(crate) const GOALS_FOR: u64 = 1000;
const GOAL_IMPORT: f64 = 0.05;
pub(crate) const GOAL_WRITE_BACK: f64 = 0.06;
const GOAL_DRAIN: f64 = 1.1;

/// The demo's summary, read by the names of its figures.
pub(crate) struct Summary(pub(crate) Value);

impl Summary {
    pub(crate) fn number(&self, name: &str) -> anyhow::Result<f64> {
        self.0[name].as_f64().with_context(|| format!("the summary has no number `{name}`: {}", self.0))
    }

    pub(crate) fn count(&self, name: &str) -> anyhow::Result<u64> {
        self.0[name].as_u64().with_context(|| format!("the summary has no count `{name}`: {}", self.0))
    }
}

/// Runs the demo and prints its figures; a demo that is not clean breaks the run.
pub(crate) fn measure(folder: &Path, pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    let arguments =
        format!("demo --orders {} --once --json --give-up-after {GIVE_UP_AFTER}", pace.demo_orders);
    report.part("4. The whole line");
    report.line(&format!("measured     `shipbridge {arguments}`: quotas of the real platforms, seed 1"));
    report.line("             calls per order: of the eligible orders; watch and sweep are apart\n");
    let (summary, status) = run(folder, &arguments)?;
    print(&summary, report)?;
    if !status.success() {
        report.broke(&format!("the demo is not clean: {status}; its summary: {}", summary.0));
    }
    Ok(())
}

/// Drains orders that were all picked at once, and compares with the least that the quotas allow.
pub(crate) fn drain(folder: &Path, pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    report.part("5. Draining at real quotas");
    if pace.drain_orders == 0 {
        report.absent("draining: below 4,001 orders the quotas allow it at once, and above it takes minutes");
        return Ok(());
    }
    let arguments =
        format!("demo --orders {} --once --drain --json --give-up-after {GIVE_UP_AFTER}", pace.drain_orders);
    report.line(&format!("measured     `shipbridge {arguments}`: all picked at once, nothing ships"));
    report
        .line("             least: 100 orders a write, 40 writes a minute; 250 a read, 60 reads a minute\n");
    let (summary, status) = run(folder, &arguments)?;
    if !status.success() {
        report.broke(&format!("draining did not come to its end: {status}"));
    }
    let (orders, eligible) = (summary.count("orders")?, summary.count("eligible")?);
    let drained = Summary(summary.0["drained"].clone());
    let (seconds, least) = (drained.number("seconds")?, drained.number("least_seconds")?);
    report.figure(
        "orders",
        &orders.to_string(),
        &format!("{eligible} eligible, in {seconds} s, least {least} s"),
    );
    let ratio = drained.number("ratio")?;
    let goal = format!("at most {GOAL_DRAIN}");
    report.goal("time over the least", &format!("{ratio:.3}"), &goal, ratio <= GOAL_DRAIN);
    let per_order = summary.number("import_calls_per_order")?;
    report.figure("calls per order, import", &per_order.to_string(), "(least: 0.01 to write, 0.004 to read)");
    let limited = summary.count("rate_limited")?;
    report.goal("429s provoked", &limited.to_string(), "0", limited == 0);
    Ok(())
}

/// Runs the binary; its summary and how it ended.
pub(crate) fn run(folder: &Path, arguments: &str) -> anyhow::Result<(Summary, ExitStatus)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipbridge"));
    command.args(arguments.split(' ')).current_dir(folder).stdin(Stdio::null());
    let output = command.output().context("the binary cannot be started")?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let summary = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("no summary; {}; it said: {told}", output.status))?;
    Ok((Summary(summary), output.status))
}

fn print(summary: &Summary, report: &mut Report) -> anyhow::Result<()> {
    let count = |name| summary.count(name);
    let (orders, eligible, dispatched) = (count("orders")?, count("eligible")?, count("dispatched")?);
    let seconds = summary.number("seconds")?;
    let settled = format!("{eligible} eligible, {dispatched} dispatched, in {seconds} s");
    report.figure("orders", &orders.to_string(), &settled);
    let (cin7, shipstation) = (count("cin7_calls")?, count("shipstation_calls")?);
    let split = format!(
        "{cin7} to Cin7, {shipstation} to ShipStation: {} import, {} write-back, {} watch and sweep",
        count("import_calls")?,
        count("write_back_calls")?,
        count("watch_and_sweep_calls")?,
    );
    report.figure("calls", &(cin7 + shipstation).to_string(), &split);
    for (what, name, goal) in [
        ("calls per order, import", "import_calls_per_order", GOAL_IMPORT),
        ("calls per order, write-back", "write_back_calls_per_order", GOAL_WRITE_BACK),
    ] {
        let measured = summary.number(name)?;
        if orders < GOALS_FOR {
            let remark = format!("(goal for {GOALS_FOR} orders: at most {goal})");
            report.figure(what, &measured.to_string(), &remark);
        } else {
            report.goal(what, &measured.to_string(), &format!("at most {goal}"), measured <= goal);
        }
    }
    for (what, name) in [
        ("429s provoked", "rate_limited"),
        ("duplicates", "duplicates"),
        ("orders sent more than once", "repeated_imports"),
        ("lost", "lost"),
    ] {
        let measured = count(name)?;
        report.goal(what, &measured.to_string(), "0", measured == 0);
    }
    Ok(())
}

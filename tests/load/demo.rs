//! Part 4: what the whole line costs at the platforms' real quotas, as the demo tells it.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;
use serde::Deserialize;

use crate::Pace;
use crate::report::Report;

/// When the demo gives up, in seconds.
const GIVE_UP_AFTER: u32 = 300;
/// The goals are for so many orders: the fewer there are, the emptier are the batches.
const GOALS_FOR: u64 = 1000;
const GOAL_IMPORT: f64 = 0.05;
const GOAL_WRITE_BACK: f64 = 0.06;

/// The demo's summary, as far as it is shown here.
#[derive(Debug, Deserialize)]
struct Summary {
    orders: u64,
    eligible: u64,
    dispatched: u64,
    seconds: f64,
    cin7_calls: u64,
    shipstation_calls: u64,
    import_calls: u64,
    import_calls_per_order: f64,
    write_back_calls: u64,
    write_back_calls_per_order: f64,
    watch_and_sweep_calls: u64,
    rate_limited: u64,
    duplicates: u64,
    repeated_imports: u64,
    lost: u64,
}

/// Runs the demo and prints its figures; a demo that is not clean breaks the run.
pub(crate) fn measure(folder: &Path, pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    let arguments =
        format!("demo --orders {} --once --json --give-up-after {GIVE_UP_AFTER}", pace.demo_orders);
    report.part("4. The whole line");
    report.line(&format!("measured     `shipbridge {arguments}`: quotas of the real platforms, seed 1"));
    report.line("             calls per order: of the eligible orders; watch and sweep are apart\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipbridge"));
    command.args(arguments.split(' ')).current_dir(folder).stdin(Stdio::null());
    let output = command.output().context("the binary cannot be started")?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let summary: Summary = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("no summary; {}; it said: {told}", output.status))?;
    print(&summary, report);
    if !output.status.success() {
        report.broke(&format!("the demo is not clean: {}; it said: {told}", output.status));
    }
    Ok(())
}

fn print(summary: &Summary, report: &mut Report) {
    let calls = summary.cin7_calls + summary.shipstation_calls;
    let (eligible, dispatched) = (summary.eligible, summary.dispatched);
    let settled = format!("{eligible} eligible, {dispatched} dispatched, in {} s", summary.seconds);
    report.figure("orders", &summary.orders.to_string(), &settled);
    let split = format!(
        "{} to Cin7, {} to ShipStation: {} import, {} write-back, {} watch and sweep",
        summary.cin7_calls,
        summary.shipstation_calls,
        summary.import_calls,
        summary.write_back_calls,
        summary.watch_and_sweep_calls,
    );
    report.figure("calls", &calls.to_string(), &split);
    let mut at_most = |what: &str, measured: f64, goal: f64| {
        let measured_text = measured.to_string();
        if summary.orders < GOALS_FOR {
            report.figure(what, &measured_text, &format!("(goal for {GOALS_FOR} orders: at most {goal})"));
        } else {
            report.goal(what, &measured_text, &format!("at most {goal}"), measured <= goal);
        }
    };
    at_most("calls per order, import", summary.import_calls_per_order, GOAL_IMPORT);
    at_most("calls per order, write-back", summary.write_back_calls_per_order, GOAL_WRITE_BACK);
    let mut none = |what: &str, measured: u64| {
        report.goal(what, &measured.to_string(), "0", measured == 0);
    };
    none("429s provoked", summary.rate_limited);
    none("duplicates", summary.duplicates);
    none("orders sent more than once", summary.repeated_imports);
    none("lost", summary.lost);
}

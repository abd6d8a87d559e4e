//! Part 6: what it costs to bring the shipments of a warehouse back at real quotas, and that nobody who waits for a
//! tracking number waits for a backlog of imports.

use std::path::Path;

use crate::Pace;
use crate::demo::{self, GIVE_UP_AFTER, GOAL_WRITE_BACK, GOALS_FOR, Summary};
use crate::report::Report;

/// Ships everything twice: alone, and together with a backlog that wants the whole budget.
pub(crate) fn measure(folder: &Path, pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    report.part("6. Shipments back");
    let alone =
        format!("demo --orders {} --once --ship-back --json --give-up-after {GIVE_UP_AFTER}", pace.shipments);
    let busy = format!("{alone} --backlog {}", pace.backlog);
    report.line(&format!("measured     `shipbridge {alone}`: imported first, then shipped whole,"));
    report.line("             50 labels a batch, a batch every 2 s, each told by two notifications;");
    report
        .line(&format!("             the same with `--backlog {}`: so many orders are picked", pace.backlog));
    report.line("             together with the first label, 100 a write, 40 writes a minute for all");
    let alone = shipped_back(folder, "alone", &alone, report)?;
    let busy = shipped_back(folder, "beside the backlog", &busy, report)?;
    let (without, with) = (alone.number("median_seconds")?, busy.number("median_seconds")?);
    report.line("");
    report.figure("median beside the backlog, over alone", &format!("{:.1}", with / without), "");
    let (overtaken, backlog) = (busy.count("backlog_overtaken")?, busy.count("backlog")?);
    let what = "orders overtaken by the last label";
    let of = format!("of {backlog} that were picked with the first label");
    if busy.count("shipments")? < GOALS_FOR {
        report.figure(what, &overtaken.to_string(), &of);
    } else {
        report.goal(what, &overtaken.to_string(), "some", overtaken > 0);
        report.figure("", "", &of);
    }
    Ok(())
}

/// One run, with its goals; its figures.
fn shipped_back(folder: &Path, title: &str, arguments: &str, report: &mut Report) -> anyhow::Result<Summary> {
    report.line("");
    report.line(title);
    let (summary, status) = demo::run(folder, arguments)?;
    if !status.success() {
        report.broke(&format!("shipping back {title}: {status}; its summary: {}", summary.0));
    }
    let figures = Summary(summary.0["shipped_back"].clone());
    let (shipments, calls) = (figures.count("shipments")?, figures.count("write_back_calls")?);
    let (batches, seconds) = (figures.count("batches")?, figures.number("seconds")?);
    report.figure("shipments", &shipments.to_string(), &format!("{batches} batches in {seconds} s"));
    let (cin7, shipstation) =
        (figures.count("write_back_cin7_calls")?, figures.count("write_back_shipstation_calls")?);
    let meanwhile = figures.count("import_calls")? + figures.count("watch_and_sweep_calls")?;
    let split =
        format!("{cin7} to Cin7, {shipstation} to ShipStation; meanwhile {meanwhile} of imports and watch");
    report.figure("calls, write-back", &calls.to_string(), &split);
    let (median, worst) = (figures.number("median_seconds")?, figures.number("worst_seconds")?);
    let what = "label to Cin7's tracking, median";
    report.figure(what, &format!("{median:.2} s"), &format!("worst {worst:.2} s"));
    let per_shipment = figures.number("calls_per_shipment")?;
    let (what, measured) = (goal("calls per shipment", title), per_shipment.to_string());
    if shipments < GOALS_FOR {
        let remark = format!("(goal for {GOALS_FOR} shipments: at most {GOAL_WRITE_BACK})");
        report.figure(&what, &measured, &remark);
    } else {
        let most = format!("at most {GOAL_WRITE_BACK}");
        report.goal(&what, &measured, &most, per_shipment <= GOAL_WRITE_BACK);
    }
    let limited = summary.count("rate_limited")?;
    report.goal(&goal("429s provoked", title), &limited.to_string(), "0", limited == 0);
    let (orders, dispatched) = (summary.count("orders")?, summary.count("dispatched")?);
    let all = orders.to_string();
    report.goal(&goal("dispatched", title), &dispatched.to_string(), &all, dispatched == orders);
    Ok(figures)
}

/// The result names each goal once: by the run too.
fn goal(what: &str, title: &str) -> String {
    format!("{what}, {title}")
}

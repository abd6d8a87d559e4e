//! What the way back took, by the names that `--json` tells.

use std::time::Duration;

use serde::Serialize;

use super::{Calls, EVERY, Shipping};
use crate::demo::summary::ratio;

/// What the way back took.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ShippedBack {
    /// Labels that show in Cin7, each for one whole order.
    shipments: usize,
    batches: usize,
    /// Time between two batches.
    batch_every_seconds: f64,
    /// From the first label to the last one's tracking in Cin7.
    seconds: f64,
    write_back_calls: u64,
    write_back_cin7_calls: u64,
    write_back_shipstation_calls: u64,
    calls_per_shipment: f64,
    /// From a label's purchase to its tracking in Cin7.
    median_seconds: f64,
    worst_seconds: f64,
    /// Orders that were picked together with the first label.
    backlog: usize,
    /// Those of them that were not in ShipStation yet when the last label showed in Cin7.
    backlog_overtaken: usize,
    /// Calls for other purposes meanwhile.
    import_calls: u64,
    watch_and_sweep_calls: u64,
}

impl ShippedBack {
    /// Of a backlog so many orders were entered, and so many of them are still not imported.
    pub(super) fn of(shipping: &Shipping, calls: Calls, took: Duration, backlog: [usize; 2]) -> Self {
        let mut times = shipping.took.clone();
        times.sort_unstable();
        let at = |index: usize| rounded(times.get(index).copied().unwrap_or_default());
        let write_back_calls = calls.to_cin7 + calls.to_shipstation;
        let [backlog, backlog_overtaken] = backlog;
        Self {
            shipments: times.len(),
            batches: shipping.batches,
            batch_every_seconds: EVERY.as_secs_f64(),
            seconds: rounded(took),
            write_back_calls,
            write_back_cin7_calls: calls.to_cin7,
            write_back_shipstation_calls: calls.to_shipstation,
            calls_per_shipment: ratio(write_back_calls, times.len()),
            median_seconds: at(times.len() / 2),
            worst_seconds: at(times.len().saturating_sub(1)),
            backlog,
            backlog_overtaken,
            import_calls: calls.import,
            watch_and_sweep_calls: calls.watch,
        }
    }

    /// Rows for people.
    pub(crate) fn describe(&self) -> Vec<[String; 3]> {
        let row = |what: &str, figure: String, remark: String| [what.to_owned(), figure, remark];
        let calls = format!(
            "{} per shipment: {} to Cin7, {} to ShipStation",
            self.calls_per_shipment, self.write_back_cin7_calls, self.write_back_shipstation_calls
        );
        let times = format!("worst {} s, from the label to Cin7's tracking", self.worst_seconds);
        let mut rows = vec![
            row(
                "shipped back",
                self.shipments.to_string(),
                format!("{} batches in {} s", self.batches, self.seconds),
            ),
            row("  calls", self.write_back_calls.to_string(), calls),
            row("  median", format!("{} s", self.median_seconds), times),
        ];
        if self.backlog > 0 {
            let remark = format!("of {} that were picked with the first label", self.backlog);
            rows.push(row("  overtook", self.backlog_overtaken.to_string(), remark));
        }
        rows
    }
}

fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 100.0).round() / 100.0
}

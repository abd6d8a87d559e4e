//! Part 1: how many webhooks the receiver makes durable and answers, and how long each takes, by the number
//! of connections; with what the disk and the same server without a disk can do as ceilings.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Context;

use crate::Pace;
use crate::bridge::Bridge;
use crate::configuration::Platforms;
use crate::disk::fsyncs_per_second;
use crate::figures::{grouped, milliseconds, number};
use crate::http::{Connection, get};
use crate::load::{Level, Load, Tally, run};
use crate::notice::{is_accepted, webhook};
use crate::report::Report;

const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];
const ACCEPTED: &str = r#"shipbridge_webhooks_total{connection="acme",source="cin7",outcome="accepted"}"#;
const TAKEN: &str = r#"shipbridge_batch_size_sum{lane="orders"}"#;

const METHOD: &str = "\
measured     `shipbridge run`, embedded broker, over loopback: POST /webhooks/cin7/acme {\"id\": N}, token in a
             header, keep-alive, one request at a time on each connection. Right is only 202 with an event id,
             which says that the event is on the disk. The client is one thread on the same machine.
quiet        No watch, no sweep, platforms on a closed port, a budget of one call a day: the first batch
             spends it, then the workers take nothing. Only the receiver and the queue are at work.
ceilings     fsync/s: append 4 KiB + fsync, one writer, same folder, just before and after each level.
             healthz/s: the same client and server with GET /healthz, which stores nothing.
             per fsync: accepted webhooks for each raw fsync; more than 1: they share commits.
             of ceiling: of what neither could be passed: healthz/s, or connections x fsync/s (one append and
             fsync for everybody who waits), whichever is less.";

const HEAD: &str =
    "connections  accepted/s   p50 ms   p99 ms   max ms    fsync/s  per fsync  healthz/s  of ceiling";

/// Measures and prints; what is not answered as it must be breaks the run.
pub(crate) async fn measure(folder: &Path, pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    let folder = folder.join("webhooks");
    std::fs::create_dir(&folder)?;
    report.part("1. Webhooks accepted");
    report.line(METHOD);
    let seconds = |time: std::time::Duration| time.as_secs_f64();
    let (warm_up, level) = (seconds(pace.warm_up), seconds(pace.level));
    report.line(&format!("each level   {warm_up} s of warm-up, then {level} s measured\n"));
    let bridge = Bridge::start(&folder, Platforms::Silent).await?;
    let accepted = levels(&folder, &bridge, pace, report).await?;
    let counted = Counted::of(&bridge).await?;
    if counted.accepted != accepted {
        let theirs = counted.accepted;
        report.broke(&format!("the client got {accepted} webhooks accepted, the bridge counts {theirs}"));
    }
    report.line("");
    report.figure(
        "taken by the workers meanwhile",
        &counted.taken.to_string(),
        "events, once at the beginning",
    );
    if let Some(memory) = bridge.memory() {
        let waiting = format!("resident, with {accepted} events waiting in the queue");
        report.figure("memory after the load, MiB", &format!("{:.1}", memory.resident), &waiting);
    }
    drop(bridge);
    let again = Bridge::start(&folder, Platforms::Silent).await?;
    let remark = "from kill -9 and spawn to /readyz, over that queue";
    report.figure("start after the load, ms", &milliseconds(again.took), remark);
    Ok(())
}

/// Runs all levels; answers how many webhooks were accepted in all of them.
async fn levels(folder: &Path, bridge: &Bridge, pace: Pace, report: &mut Report) -> anyhow::Result<u64> {
    let next = Arc::new(AtomicU64::new(1));
    let webhooks =
        Load { addr: bridge.addr, request: |number| webhook("acme", number), is_right: is_accepted, next };
    let health =
        Load { request: |_| get("/healthz"), is_right: |answer| answer.status == 200, ..webhooks.clone() };
    let mut accepted = 0;
    report.line(HEAD);
    for connections in CONNECTIONS {
        let before = fsyncs_per_second(folder, pace.ceiling)?;
        let short = Level { connections, warm_up: pace.ceiling, measured: pace.ceiling * 2 };
        let bare = run(&health, short).await?;
        let level = Level { connections, warm_up: pace.warm_up, measured: pace.level };
        let tally = run(&webhooks, level).await?;
        let after = fsyncs_per_second(folder, pace.ceiling)?;
        report.line(&row(connections, &tally, f64::midpoint(before, after), bare.per_second()));
        for (what, count) in tally.wrong.iter().chain(&bare.wrong) {
            report.broke(&format!("{connections} connections: {count} times {what}"));
        }
        accepted += tally.right;
    }
    Ok(accepted)
}

fn row(connections: usize, tally: &Tally, fsyncs: f64, bare: f64) -> String {
    let rate = tally.per_second();
    let ceiling = bare.min(number(connections) * fsyncs);
    format!(
        "{connections:>11}  {:>10}  {:>7}  {:>7}  {:>7}  {:>9}  {:>9.2}  {:>9}  {:>9.1}%",
        grouped(rate),
        milliseconds(tally.latency(50)),
        milliseconds(tally.latency(99)),
        milliseconds(tally.latency(100)),
        grouped(fsyncs),
        rate / fsyncs,
        grouped(bare),
        100.0 * rate / ceiling,
    )
}

/// What the bridge itself counted.
struct Counted {
    accepted: u64,
    /// Events that its workers took out of the queue.
    taken: u64,
}

impl Counted {
    async fn of(bridge: &Bridge) -> anyhow::Result<Self> {
        let mut connection = Connection::open(bridge.addr).await?;
        let answer = connection.call(&get("/metrics")).await?;
        let page = std::str::from_utf8(answer.body)?;
        let accepted = value(page, ACCEPTED).context("the bridge does not count webhooks")?.parse()?;
        // Whole numbers, written as the sum of a histogram: `250.0`. A lane that took nothing has none.
        let taken = value(page, TAKEN).and_then(|sum| sum.split('.').next()).unwrap_or("0").parse()?;
        Ok(Self { accepted, taken })
    }
}

fn value<'a>(page: &'a str, metric: &str) -> Option<&'a str> {
    page.lines().find_map(|line| line.strip_prefix(metric)).map(str::trim)
}

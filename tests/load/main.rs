//! What `make bench` prints: the receiver under load, the translation, the start, the demo's figures, the way back of
//! shipments, the same receiver and the workers on real servers, and the custom store's feed, in one run and on the machine at hand. Each part
//! is a module; what all of them found is in [`report`].
//!
//! `--quick` (or `SHIPBRIDGE_BENCH_QUICK=1`) makes every part shorter, for a smoke run; so does a start without
//! `--bench`, which `cargo bench` adds and `cargo test --all-targets` does not. `--only PART,PART` (or
//! `SHIPBRIDGE_BENCH_ONLY`) takes some parts only. Other arguments are cargo's, and are let be. The exit code is
//! 1 if something broke; a goal that is missed is marked and breaks nothing.

mod bridge;
mod configuration;
mod demo;
mod disk;
mod eventually;
mod feed;
mod figures;
mod http;
mod in_process;
mod load;
mod machine;
mod notice;
mod process;
mod receiver;
mod report;
#[path = "../support/servers.rs"]
mod servers;
mod ship_back;
mod start_up;
mod translation;
mod webhooks;
mod workers;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};

use report::Report;

/// How long and how often each part measures.
#[derive(Debug, Clone, Copy)]
struct Pace {
    warm_up: Duration,
    level: Duration,
    ceiling: Duration,
    translation: Duration,
    starts: usize,
    rest: Duration,
    demo_orders: u32,
    drain_orders: u32,
    shipments: u32,
    backlog: u32,
    rounds: usize,
    turn_warm_up: Duration,
    turn: Duration,
    worker_rounds: usize,
    batches_per_worker: usize,
    feed_orders: usize,
}

const FULL: Pace = Pace {
    warm_up: Duration::from_secs(1),
    level: Duration::from_secs(3),
    ceiling: Duration::from_millis(500),
    translation: Duration::from_secs(2),
    starts: 10,
    rest: Duration::from_secs(5),
    demo_orders: 1000,
    drain_orders: 10_000,
    shipments: 1000,
    backlog: 6000,
    rounds: 3,
    turn_warm_up: Duration::from_millis(500),
    turn: Duration::from_secs(2),
    worker_rounds: 2,
    batches_per_worker: 8,
    feed_orders: 100_000,
};

const QUICK: Pace = Pace {
    warm_up: Duration::from_millis(300),
    level: Duration::from_millis(700),
    ceiling: Duration::from_millis(200),
    translation: Duration::from_millis(300),
    starts: 3,
    rest: Duration::from_secs(1),
    demo_orders: 100,
    drain_orders: 0,
    shipments: 100,
    backlog: 200,
    rounds: 1,
    turn_warm_up: Duration::from_millis(200),
    turn: Duration::from_millis(700),
    worker_rounds: 1,
    batches_per_worker: 4,
    feed_orders: 2_000,
};

/// The parts, by the names that `--only` takes.
const PARTS: [&str; 9] =
    ["webhooks", "translation", "start-up", "demo", "drain", "ship-back", "receiver", "workers", "feed"];

fn main() -> ExitCode {
    let mut report = Report::default();
    let done = wanted().and_then(|(pace, parts)| run(pace, &parts, &mut report));
    if let Err(error) = done {
        report.broke(&format!("the run did not come to its end: {error:#}"));
    }
    report.finish()
}

/// How long to measure, and which parts.
fn wanted() -> anyhow::Result<(Pace, Vec<String>)> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = |flag: &str| arguments.iter().position(|argument| argument == flag);
    let variable = |name| std::env::var_os(name).and_then(|value| value.into_string().ok());
    let quick = given("--quick").is_some() || variable("SHIPBRIDGE_BENCH_QUICK").is_some_and(|it| it == "1");
    let only = match given("--only") {
        Some(at) => Some(arguments.get(at + 1).context("--only names parts")?.clone()),
        None => variable("SHIPBRIDGE_BENCH_ONLY").filter(|parts| !parts.is_empty()),
    };
    let only = only.unwrap_or_else(|| PARTS.join(","));
    let parts: Vec<String> = only.split(',').map(|part| part.trim().to_owned()).collect();
    for part in &parts {
        ensure!(PARTS.contains(&part.as_str()), "there is no part `{part}`; there are: {}", PARTS.join(", "));
    }
    let pace = if quick || given("--bench").is_none() { QUICK } else { FULL };
    Ok((pace, parts))
}

/// One thread calls and measures, so that the bridge has the rest of the machine.
fn run(pace: Pace, parts: &[String], report: &mut Report) -> anyhow::Result<()> {
    // Beside the build, not in /tmp: that may be kept in memory, where making things durable costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    report.part("Shipbridge, measured");
    machine::describe(folder.path(), report);
    report.line("repeat       make bench   (SHIPBRIDGE_BENCH_QUICK=1 make bench: a smoke run;");
    report.line(&format!("             SHIPBRIDGE_BENCH_ONLY=PART,PART: of {})", PARTS.join(", ")));
    for part in PARTS.into_iter().filter(|part| parts.iter().any(|wanted| wanted == part)) {
        let done = runtime.block_on(measure(part, folder.path(), pace, report));
        // A part that fails does not keep the others from being measured.
        if let Err(error) = done {
            report.broke(&format!("{part}: {error:#}"));
        }
    }
    machine::load_after(report);
    Ok(())
}

async fn measure(part: &str, folder: &Path, pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    match part {
        "webhooks" => webhooks::measure(folder, pace, report).await,
        "translation" => translation::measure(pace, report).await,
        "start-up" => start_up::measure(folder, pace, report).await,
        "demo" => demo::measure(folder, pace, report),
        "drain" => demo::drain(folder, pace, report),
        "ship-back" => ship_back::measure(folder, pace, report),
        "receiver" => receiver::measure(folder, pace, report).await,
        "feed" => feed::measure(folder, pace, report).await,
        _ => workers::measure(folder, pace, report).await,
    }
}

/// Starts a server, which takes its time and says by a panic why it cannot be had.
async fn started<T: Send + 'static>(start: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(start).await.context("a server cannot be had")
}

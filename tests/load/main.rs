//! What `make bench` prints: the receiver under load, the translation, the start, and the demo's figures, in
//! one run and on the machine at hand. Each part is a module; what all of them found is in [`report`].
//!
//! `--quick` makes every part shorter, for a smoke run; so does a start without `--bench`, which `cargo bench`
//! adds and `cargo test --all-targets` does not. Other arguments are cargo's, and are let be. The exit code is
//! 1 if something broke; a goal that is missed is marked and breaks nothing.

mod bridge;
mod demo;
mod disk;
mod figures;
mod http;
mod in_process;
mod load;
mod machine;
mod report;
mod start_up;
mod translation;
mod webhooks;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

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
}

const FULL: Pace = Pace {
    warm_up: Duration::from_secs(1),
    level: Duration::from_secs(3),
    ceiling: Duration::from_millis(500),
    translation: Duration::from_secs(2),
    starts: 10,
    rest: Duration::from_secs(5),
    demo_orders: 1000,
};

const QUICK: Pace = Pace {
    warm_up: Duration::from_millis(300),
    level: Duration::from_millis(700),
    ceiling: Duration::from_millis(200),
    translation: Duration::from_millis(300),
    starts: 3,
    rest: Duration::from_secs(1),
    demo_orders: 100,
};

fn main() -> ExitCode {
    let given = |flag: &str| std::env::args().skip(1).any(|argument| argument == flag);
    let pace = if given("--quick") || !given("--bench") { QUICK } else { FULL };
    let mut report = Report::default();
    if let Err(error) = run(pace, &mut report) {
        report.broke(&format!("the run did not come to its end: {error:#}"));
    }
    report.finish()
}

/// One thread calls and measures, so that the bridge has the rest of the machine.
fn run(pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    // Beside the build, not in /tmp: that may be kept in memory, where making things durable costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    report.part("Shipbridge, measured");
    machine::describe(folder.path(), report);
    report.line("repeat       make bench   (or: cargo bench -p cli --bench load -- --quick, a smoke run)");
    runtime.block_on(parts(folder.path(), pace, report));
    machine::load_after(report);
    Ok(())
}

/// A part that fails does not keep the others from being measured.
async fn parts(folder: &Path, pace: Pace, report: &mut Report) {
    let webhooks = webhooks::measure(folder, pace, report).await;
    note("webhooks", webhooks, report);
    let translation = translation::measure(pace, report).await;
    note("translation", translation, report);
    let start_up = start_up::measure(folder, pace, report).await;
    note("start-up", start_up, report);
    let demo = demo::measure(folder, pace, report);
    note("demo", demo, report);
}

fn note(part: &str, result: anyhow::Result<()>, report: &mut Report) {
    if let Err(error) = result {
        report.broke(&format!("{part}: {error:#}"));
    }
}

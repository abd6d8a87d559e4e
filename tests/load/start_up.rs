//! Part 3: how long a start takes, and how much memory a bridge holds that has nothing to do.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use sandbox::serve::{Sandbox, SandboxConfig};

use crate::Pace;
use crate::bridge::Bridge;
use crate::configuration::Platforms;
use crate::eventually::settled;
use crate::figures::{milliseconds, percentile};
use crate::report::Report;

const GOAL_START: Duration = Duration::from_millis(300);
/// In MiB.
const GOAL_MEMORY: f64 = 40.0;
/// Memory that moves less than this, in MiB, is at rest.
const STILL: f64 = 0.25;
/// How long it may take to come to rest.
const REST_DEADLINE: Duration = Duration::from_secs(30);

const METHOD: &str = "\
measured     `shipbridge run` with one connection and default watch and sweep, against the sandbox platforms
             (in this process, without orders). Start: from spawn to the first 200 of /readyz, looked for every
             millisecond; each in a new folder, so queue and ledger are made. Memory: of the last one, at rest, that is
             once it has not moved by a quarter of a MiB for some seconds.";

/// Measures and prints.
pub(crate) async fn measure(folder: &Path, pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    report.part("3. Start and memory at rest");
    report.line(METHOD);
    report.line(&format!(
        "             {} starts; {} s without a move are rest\n",
        pace.starts,
        pace.rest.as_secs()
    ));
    let sandbox = Sandbox::start(SandboxConfig::default()).await?;
    let bridge = starts(folder, &sandbox, pace, report).await?;
    let resident = || bridge.memory().map(|memory| memory.resident);
    settled(STILL, pace.rest, REST_DEADLINE, resident).await;
    match bridge.memory() {
        Some(memory) => {
            let (resident, met) = (format!("{:.1} MiB", memory.resident), memory.resident < GOAL_MEMORY);
            report.goal("memory at rest (VmRSS)", &resident, &format!("under {GOAL_MEMORY} MiB"), met);
            report.figure("  of it anonymous (RssAnon)", &format!("{:.1} MiB", memory.anonymous), "");
        }
        None => report.line("memory at rest: not known here (there is no /proc)"),
    }
    drop(bridge);
    sandbox.stop().await;
    Ok(())
}

/// Starts one after the other; the last one is left running.
async fn starts(folder: &Path, sandbox: &Sandbox, pace: Pace, report: &mut Report) -> anyhow::Result<Bridge> {
    let (mut times, mut last) = (Vec::new(), None);
    for number in 1..=pace.starts {
        drop(last.take());
        let folder = folder.join(format!("start-{number}"));
        std::fs::create_dir(&folder)?;
        let bridge = Bridge::start(&folder, Platforms::Sandbox(sandbox)).await?;
        times.push(bridge.took);
        last = Some(bridge);
    }
    times.sort_unstable();
    let (median, shown) = (percentile(&times, 50), |time| format!("{} ms", milliseconds(time)));
    let goal = format!("under {} ms", GOAL_START.as_millis());
    report.goal("start to ready, median", &shown(median), &goal, median < GOAL_START);
    let (fastest, slowest) = (percentile(&times, 0), percentile(&times, 100));
    report.figure("  fastest, slowest", &shown(fastest), &shown(slowest));
    last.context("at least one start")
}

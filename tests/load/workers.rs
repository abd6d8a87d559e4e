//! Part 8: how throughput grows with the number of worker processes, when the platforms' latency is what takes
//! the time.

mod platforms;
mod slow_line;

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::{Context, ensure};

use crate::Pace;
use crate::configuration::Configuration;
use crate::figures::{grouped, number};
use crate::load::{Load, feed};
use crate::notice::{is_accepted, webhook};
use crate::process::{Process, free_address, shipbridge};
use crate::report::Report;
use crate::servers::{Durability, PostgresServer, RabbitServer};

use platforms::{Drained, Stage};

const WORKERS: [usize; 3] = [1, 2, 4];
const GOAL: f64 = 3.6;
/// As many orders as one Cin7 call reads: a full batch.
const BATCH: usize = 250;
/// Connections over which the webhooks come.
const FEEDERS: usize = 64;
/// Between the first ids of two runs.
const IDS_APART: i64 = 1_000_000;

/// The connection of the run in which this order is: each run has a queue of its own.
fn connection(order: u64) -> String {
    format!("bench-line-{}", order / IDS_APART.unsigned_abs())
}

const METHOD: &str = "\
measured     `shipbridge work`, 1, 2 and 4 processes, on a RabbitMQ and a PostgreSQL of their own (its commits wait
             for the disk), against the sandbox platforms in this process: every answer of them 200 ms late, no
             quota. First all webhooks go through `shipbridge serve` into the queue; then the workers start.
orders       Every order is eligible and sent once, or the run is broken. Orders only: the way back has the same
             shape (read, read, write, a batch at a time) and would hide in the pauses of the way out.
why so many  A lane works on one batch of up to 250 at a time: 1 read and up to 3 writes of 100, one after the other,
             after 60 ms in which a batch gathers. So a worker's pace is set by latency, not by its processor, and
             the queue is long enough that batches never end for want of events.
a second     Over the middle of a run, from the first tenth of the orders to the last: at its ends some workers
             have nothing to do.\n";

/// Measures and prints.
pub(crate) async fn measure(folder: &Path, pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    report.part("8. Workers");
    report.line(METHOD);
    let folder = folder.join("workers");
    std::fs::create_dir(&folder)?;
    let rabbit = crate::started(RabbitServer::start_new).await?;
    let postgres = crate::started(|| PostgresServer::start_new(Durability::Safe)).await?;
    let line = Line { folder: &folder, amqp: rabbit.url(), postgres: postgres.url() };
    let mut runs: Vec<(usize, Drained)> = Vec::new();
    for _ in 0..pace.worker_rounds {
        for workers in WORKERS {
            let first = IDS_APART * i64::try_from(runs.len() + 1)?;
            let drained = line.run(workers, workers * BATCH * pace.batches_per_worker, first).await;
            runs.push((workers, drained.with_context(|| format!("{workers} workers"))?));
        }
    }
    print(&runs, pace, report);
    Ok(())
}

fn print(runs: &[(usize, Drained)], pace: Pace, report: &mut Report) {
    report.line(&format!(
        "{} rounds, {} batches for each worker\n",
        pace.worker_rounds, pace.batches_per_worker
    ));
    report.line("workers   orders/s  times one   each round's orders/s   orders per read, per write");
    let mean = |of: fn(&Drained) -> f64, workers: usize| {
        let values: Vec<f64> = runs.iter().filter(|run| run.0 == workers).map(|run| of(&run.1)).collect();
        values.iter().sum::<f64>() / number(values.len())
    };
    let rate = |workers| mean(|drained| drained.pace, workers);
    for workers in WORKERS {
        let rounds = runs.iter().filter(|run| run.0 == workers).map(|run| grouped(run.1.pace));
        report.line(&format!(
            "{workers:>7}  {:>9}  {:>9.2}   {:<21}   {:.0}, {:.0}",
            grouped(rate(workers)),
            rate(workers) / rate(1),
            rounds.collect::<Vec<_>>().join(" "),
            mean(|drained| drained.per_read, workers),
            mean(|drained| drained.per_write, workers),
        ));
    }
    report.line("");
    let times = rate(4) / rate(1);
    report.goal(
        "throughput, 4 workers to 1",
        &format!("{times:.2}"),
        &format!("at least {GOAL}"),
        times >= GOAL,
    );
}

/// Where all runs take place.
struct Line<'a> {
    folder: &'a Path,
    amqp: String,
    postgres: String,
}

impl Line<'_> {
    /// Fills the queue, starts so many workers, and waits until every order is sent.
    async fn run(&self, workers: usize, orders: usize, first: i64) -> anyhow::Result<Drained> {
        let stage = Stage::set(orders, first).await?;
        let listen = free_address()?;
        let configuration = Configuration {
            listen,
            broker: Some(&self.amqp),
            ledger: Some(&self.postgres),
            connections: &[&connection(first.unsigned_abs())],
            platforms: stage.platforms(),
        };
        std::fs::write(self.folder.join("shipbridge.toml"), configuration.text())?;
        self.migrate()?;
        let mut serve = Process::shipbridge(self.folder, "serve", "serve")?;
        serve.until_ready(listen).await?;
        let webhooks = Load {
            addr: listen,
            request: |number| webhook(&connection(number), number),
            is_right: is_accepted,
            next: Arc::new(AtomicU64::new(first.unsigned_abs())),
        };
        let fed = feed(&webhooks, FEEDERS, orders.try_into()?).await?;
        ensure!(fed.wrong.is_empty(), "webhooks were not accepted: {:?}", fed.wrong);
        serve.stop().await?;
        let names = (1..=workers).map(|number| format!("work-{number}"));
        let crew = names.map(|name| self.worker(&name));
        let crew = crew.collect::<anyhow::Result<Vec<_>>>()?;
        let drained = stage.drained().await;
        let said = || crew.first().map(Process::said).unwrap_or_default();
        let drained = drained.with_context(said)?;
        for worker in crew {
            worker.stop().await?;
        }
        stage.strike().await;
        Ok(drained)
    }

    fn worker(&self, name: &str) -> anyhow::Result<Process> {
        let mut command = shipbridge(self.folder, "work");
        // All of them read one file; each takes a port of its own.
        command.env("SHIPBRIDGE__HTTP__LISTEN", "127.0.0.1:0").stdin(Stdio::null()).stdout(Stdio::null());
        Process::spawn(&mut command, self.folder.join(name).with_extension("log"))
    }

    fn migrate(&self) -> anyhow::Result<()> {
        let output = shipbridge(self.folder, "migrate").stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`shipbridge migrate`: {said}");
        Ok(())
    }
}

//! Who takes turns: the bare publisher, our receiver, and the peer where Node is at hand. Each has a queue of its
//! own on the same broker.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::{Context, ensure};

use super::bare::{self, Bare};
use super::express::{self, Express};
use super::figures::Figures;
use crate::configuration::{Configuration, Platforms};
use crate::http::{Answer, Connection, get};
use crate::load::{Level, Load, run};
use crate::machine::{Cost, Meter, file_system};
use crate::notice::{is_accepted, webhook};
use crate::process::{Memory, Process, free_address};
use crate::report::Report;
use crate::servers::RabbitServer;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contender {
    Bare,
    Ours,
    Express,
}

impl Contender {
    pub(super) const ALL: [Self; 3] = [Self::Bare, Self::Ours, Self::Express];

    /// All of them; another one begins in each round.
    pub(super) fn in_turn(round: usize) -> [Self; 3] {
        let mut all = Self::ALL;
        all.rotate_left(round % Self::ALL.len());
        all
    }

    /// Its name in tables.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Ours => "serve",
            Self::Express => "Express",
        }
    }

    /// The connection whose queue is its own.
    fn connection(self) -> &'static str {
        match self {
            Self::Bare => "bench-bare",
            Self::Ours => "bench-ours",
            Self::Express => "bench-express",
        }
    }

    /// That queue, as the contract names it.
    fn queue(self) -> String {
        format!("shipbridge.{}.orders", self.connection())
    }
}

/// All of them, running.
#[derive(Debug)]
pub(super) struct Contenders {
    serve: Process,
    ours: Load,
    bare: Bare,
    express: Option<(Express, Load)>,
    broker: Option<u32>,
}

impl Contenders {
    /// Starts them. Ours comes first: it declares the queues of all, and writes the message that bare copies.
    pub(super) async fn start(
        folder: &Path,
        rabbit: &RabbitServer,
        report: &mut Report,
    ) -> anyhow::Result<Self> {
        let (url, listen) = (rabbit.url(), free_address()?);
        let configuration = Configuration {
            listen,
            broker: Some(&url),
            ledger: None,
            connections: &Contender::ALL.map(Contender::connection),
            platforms: Platforms::Silent,
        };
        std::fs::write(folder.join("shipbridge.toml"), configuration.text())?;
        let mut serve = Process::shipbridge(folder, "serve", "serve")?;
        serve.until_ready(listen).await?;
        let next = Arc::new(AtomicU64::new(2));
        let ours = Load {
            addr: listen,
            request: |number| webhook(Contender::Ours.connection(), number),
            is_right: is_accepted,
            next,
        };
        let mut first = Connection::open(listen).await?;
        let answer = first.call(&(ours.request)(1)).await?;
        ensure!(is_accepted(answer), "the first webhook is answered {}", answer.status);
        let (from, to) = (Contender::Ours.queue(), Contender::Bare.queue());
        let bare = Bare::start(&bare::build()?, folder, &url, &from, &to)?;
        let express = match start_express(folder, &url, &ours) {
            Ok((express, load, version)) => {
                report.line(&format!("peer         Express on {version}, one process"));
                Some((express, load))
            }
            Err(error) => {
                report.line(&format!("SKIPPED: NO COMPARISON WITH EXPRESS: {error:#}"));
                None
            }
        };
        let disk = file_system(rabbit.folder()).unwrap_or_else(|| "unknown".to_owned());
        report.line(&format!("RabbitMQ     one node, started for this; its data lie on {disk}"));
        let broker = std::fs::read_to_string(rabbit.folder().join("server.pid"));
        let broker = broker.ok().and_then(|id| id.trim().parse().ok());
        Ok(Self { serve, ours, bare, express, broker })
    }

    /// The load on our receiver.
    pub(super) fn ours(&self) -> &Load {
        &self.ours
    }

    /// Empties all queues, then runs a level of one of them; `None` if it is not there.
    pub(super) async fn turn(
        &mut self,
        contender: Contender,
        level: Level,
        report: &mut Report,
    ) -> anyhow::Result<Option<Figures>> {
        self.empty()?;
        let (load, process) = match (contender, &self.express) {
            (Contender::Bare, _) => return self.bare.run(level, self.broker).map(Some),
            (Contender::Ours, _) => (&self.ours, &self.serve),
            (Contender::Express, Some((express, load))) => (load, express.process()),
            (Contender::Express, None) => return Ok(None),
        };
        let meter = Meter::start(self.broker, Some(process.child.id()));
        let tally = run(load, level).await?;
        let cost = meter.read(tally.right);
        for (what, count) in &tally.wrong {
            let connections = level.connections;
            report.broke(&format!("{contender:?}, {connections} connections: {count} times {what}"));
        }
        Ok(Some(Figures::of(&tally, cost)))
    }

    /// What HTTP alone costs: our receiver with GET /healthz, which publishes nothing.
    pub(super) async fn http_alone(&self, level: Level) -> anyhow::Result<Cost> {
        let is_right = |answer: Answer<'_>| answer.status == 200;
        let load = Load { request: |_| get("/healthz"), is_right, ..self.ours.clone() };
        let meter = Meter::start(None, Some(self.serve.child.id()));
        let tally = run(&load, level).await?;
        ensure!(tally.wrong.is_empty(), "/healthz: {:?}", tally.wrong);
        Ok(meter.read(tally.right))
    }

    /// Empties all queues.
    pub(super) fn empty(&mut self) -> anyhow::Result<()> {
        for contender in Contender::ALL {
            self.bare.purge(&contender.queue()).with_context(|| contender.queue())?;
        }
        Ok(())
    }

    /// The memory of one of them.
    pub(super) fn memory(&self, contender: Contender) -> Option<Memory> {
        match contender {
            Contender::Bare => None,
            Contender::Ours => self.serve.memory(),
            Contender::Express => self.express.as_ref().and_then(|(express, _)| express.process().memory()),
        }
    }
}

fn start_express(folder: &Path, url: &str, ours: &Load) -> anyhow::Result<(Express, Load, String)> {
    let (installed, version) = express::install()?;
    let express = Express::start(&installed, folder, url, &Contender::Express.queue())?;
    let request = |number| webhook(Contender::Express.connection(), number);
    let load = Load { addr: express.addr, request, ..ours.clone() };
    Ok((express, load, version))
}

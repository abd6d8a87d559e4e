//! Several processes of the bridge over a RabbitMQ and a PostgreSQL of their own. What they survive when these
//! break is told in `tests/faults`.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::bridge::{Bridge, free_address};
use crate::eventually::{eventually, holds};
use crate::metrics;
use crate::orders;
use crate::process;
use crate::servers::{Durability, PostgresServer, RabbitServer};
use crate::stage::{STEP, Setup, Stage};

/// The longest time for which nobody may watch after the death of the one who did.
const TAKE_OVER: Duration = Duration::from_secs(30);

/// A stage with servers.
struct Scaled {
    stage: Stage,
    _rabbit: RabbitServer,
    _postgres: PostgresServer,
    variables: Vec<(&'static str, String)>,
}

impl Scaled {
    fn new(setup: &Setup) -> Self {
        let (rabbit, postgres) = (RabbitServer::start_new(), PostgresServer::start_new(Durability::Fast));
        let variables =
            vec![("SHIPBRIDGE__BROKER__URL", rabbit.url()), ("SHIPBRIDGE__LEDGER__URL", postgres.url())];
        Self { stage: Stage::new(setup), _rabbit: rabbit, _postgres: postgres, variables }
    }

    fn variables(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    fn command(&self, arguments: &[&str]) -> process::Ended {
        process::run(self.stage.folder(), arguments, &self.variables())
    }

    fn start(&self, command: &str, listen: SocketAddr) -> Bridge {
        let (address, mut variables) = (listen.to_string(), self.variables());
        variables.push(("SHIPBRIDGE__HTTP__LISTEN", &address));
        Bridge::start_as(command, self.stage.folder(), listen, &variables)
    }
}

fn quote(addr: SocketAddr) -> crate::http::Answer {
    let parcel = br#"{"to": {"country": "US", "postal_code": "97209", "state": "OR"}, "weight": {"value": 1, "units": "kg"}}"#;
    let token = ("Authorization", "Bearer api-token");
    crate::http::post(addr, "/api/v1/connections/acme/rates", &[token], parcel).unwrap()
}

#[test]
fn several_processes_share_the_work_and_take_over_from_each_other() {
    let connection = "[connections.rates]\nfrom_postal_code = \"94607\"\n[api]\ntoken = \"api-token\"";
    let scaled = Scaled::new(&Setup { watch: "1s", sweep: "1s", connection, ..Setup::default() });
    let unmigrated = scaled.command(&["check", "--offline"]);
    assert_eq!(unmigrated.code, Some(1));
    assert!(unmigrated.stdout.contains("run `shipbridge migrate`"), "{}", unmigrated.stdout);
    assert_eq!(scaled.command(&["migrate"]).code, Some(0));
    assert_eq!(scaled.command(&["check", "--offline"]).code, Some(0));

    let stage = &scaled.stage;
    let serve = scaled.start("serve", stage.addr);
    let workers: Vec<_> = (0..2).map(|_| scaled.start("work", free_address())).collect();
    dispatch(stage, "SO-A", 12);
    for worker in &workers {
        let refused = crate::http::get(worker.addr, "/webhooks/cin7/acme").unwrap();
        assert_eq!(refused.status, 404, "who works takes no webhooks");
        assert_eq!(quote(worker.addr).status, 200, "and quotes");
    }
    let elsewhere = quote(serve.addr);
    assert_eq!((elsewhere.status, &elsewhere.json()["title"]), (501, &"Not in this process".into()));
    eventually("the write is recorded, too", STEP, || {
        let shown = scaled.command(&["orders", "explain", "SO-A1"]);
        holds(shown.stdout.contains(": dispatched"), format!("{}{}", shown.stdout, shown.stderr))
    });

    let heir = after_the_death_of_the_watcher(workers);
    dispatch(stage, "SO-B", 3);
    for bridge in [heir, serve] {
        assert_eq!(bridge.stop(STEP).code(), Some(0));
    }
}

/// Brings orders from their picking to their dispatch.
fn dispatch(stage: &Stage, series: &str, count: usize) {
    let ids: Vec<_> =
        (0..count).map(|number| stage.add(orders::order(&format!("{series}{number}")))).collect();
    for id in &ids {
        stage.pick(*id);
    }
    for id in &ids {
        stage.label(stage.placed(*id).order_id);
    }
    for id in &ids {
        stage.shows("the order is dispatched", *id, |order| order.stage.as_deref() == Some("Dispatched"));
    }
}

/// Kills the worker that watches, and measures until another does.
fn after_the_death_of_the_watcher(workers: Vec<Bridge>) -> Bridge {
    let polls = |bridge: &Bridge| {
        let labels = ["operation=\"changed_since\""];
        metrics::sum(bridge.addr, "shipbridge_platform_requests_total", &labels)
    };
    let before: Vec<_> = workers.iter().map(polls).collect();
    eventually("somebody watches", STEP, || {
        holds(workers.iter().map(polls).sum::<u64>() > before.iter().sum::<u64>() + 2, "no poll")
    });
    let (mut watching, mut idle): (Vec<_>, Vec<_>) =
        workers.into_iter().zip(before).partition(|(worker, before)| polls(worker) > *before);
    assert_eq!((watching.len(), idle.len()), (1, 1), "exactly one worker watches");
    let ((watcher, _), (heir, idle_before)) = (watching.remove(0), idle.remove(0));
    watcher.kill();
    let died = Instant::now();
    eventually("another worker watches", TAKE_OVER, || holds(polls(&heir) > idle_before, heir.log()));
    assert!(died.elapsed() < TAKE_OVER);
    heir
}

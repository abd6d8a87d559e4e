//! Histories by the thousand: whatever people do on both sides, and whichever notifications are doubled, late,
//! overtaken or lost, after the sweeps Cin7 shows what follows from the final truth alone. Each order of a run lives
//! a history of its own, drawn from the run's seed; what people do is [`people`], the final truth [`oracle`].
//!
//! The same model stands for both ways in which orders reach ShipStation: in every other run of a second series it
//! fetches them from the custom store over HTTP and tells of parcels in notices, and its API tells the sweep of voids.
//!
//! `SHIPBRIDGE_HISTORIES=3` plays the run of one seed, `SHIPBRIDGE_HISTORY_RUNS=1000` plays so many.

mod oracle;
mod people;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::event::{EventKind, Origin};
use domain::settings::{DispatchWhen, Outlet};
use jiff::SignedDuration;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use server::RunningServer;

use super::Line;
use crate::bridge::{ONLY_EVENTS, plenty};
use crate::store::Importer;
use crate::story;
use crate::webhooks::notice;
use crate::world::{Call, Site};
use people::People;

/// Orders of a run, and runs of the suite: 10,000 histories and some more by the API, and some by the custom store.
const ORDERS: usize = 250;
const RUNS: u64 = 41;
const STORE_RUNS: u64 = 8;
/// Runs at a time.
const AT_A_TIME: usize = 3;
/// Rounds in which people are at work.
const ROUNDS: u32 = 6;
/// The share of notifications that never come, that come twice, and that come a round later.
const LOST: f64 = 0.15;
const DOUBLED: f64 = 0.2;
const LATE: f64 = 0.3;
/// The share of rounds in which the sweep looks.
const SWEPT: f64 = 0.25;

#[test]
fn ten_thousand_histories_end_in_the_state_that_follows_from_the_final_truth() {
    play_all(Outlet::Api, RUNS);
}

#[test]
fn histories_by_the_custom_store_end_in_the_state_that_follows_from_the_final_truth() {
    play_all(Outlet::CustomStore, STORE_RUNS);
}

fn play_all(outlet: Outlet, runs: u64) {
    if let Some(seed) = crate::number_of("SHIPBRIDGE_HISTORIES") {
        // The other series may have begun the log.
        let log = tracing_subscriber::fmt().with_env_filter("worker=debug").with_test_writer();
        let _ = log.try_init();
        play(seed, outlet).unwrap_or_else(|complaints| panic!("{}", complaints.join("\n")));
        return;
    }
    let runs = crate::number_of("SHIPBRIDGE_HISTORY_RUNS").unwrap_or(runs);
    let (next, failed) = (AtomicU64::new(1), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed <= runs)
                {
                    if let Err(complaints) = play(seed, outlet) {
                        failed.lock().unwrap().extend(complaints);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} complaints:\n{}", failed.len(), failed.join("\n"));
}

/// Plays one run to its end. The error says which orders ended otherwise, and how to play it again.
fn play(seed: u64, outlet: Outlet) -> Result<(), Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let complaints = runtime.block_on(Run::play(seed, outlet));
    let told = |text: String| format!("seed {seed} (SHIPBRIDGE_HISTORIES={seed} plays it again): {text}");
    if complaints.is_empty() { Ok(()) } else { Err(complaints.into_iter().map(told).collect()) }
}

/// A run under way.
struct Run {
    line: Line,
    people: People,
    dice: StdRng,
    /// Notifications that will come later.
    late: Vec<EventKind>,
    /// ShipStation, where it fetches the orders itself.
    store: Option<(RunningServer, Importer)>,
}

impl Run {
    async fn play(seed: u64, outlet: Outlet) -> Vec<String> {
        let mut run = Self::begin(seed, outlet).await;
        for _ in 0..ROUNDS {
            run.round().await;
        }
        let mut complaints = run.told().await;
        run.sweep(true).await;
        complaints.extend(run.complaints().await);
        if complaints.is_empty() {
            complaints.extend(run.echo().await);
        }
        if let Some((server, importer)) = run.store {
            for text in importer.complaints {
                let about = run.people.lives().iter().find(|life| text.contains(&life.key));
                complaints.push(format!("{text}: {:?}", about.map(|life| &life.told)));
            }
            server.stop().await;
        }
        complaints
    }

    async fn begin(seed: u64, outlet: Outlet) -> Self {
        let mut dice = StdRng::seed_from_u64(seed ^ 0x0415_70e5);
        let (mut line, ids) = match outlet {
            Outlet::Api => Line::with_imported_by(seed, ORDERS).await,
            Outlet::CustomStore => Line::with_offered_by(seed, ORDERS).await,
        };
        line.setup.windows = plenty();
        if dice.random_bool(0.3) {
            line.setup.rules.writeback.dispatch = DispatchWhen::FirstShipment;
        }
        let (mut store, mut key): (_, fn(i64) -> String) = (None, story::key);
        if outlet == Outlet::CustomStore {
            let server = line.bridge.open_store();
            let mut importer = Importer::new(server.addr());
            assert_eq!(importer.fetch(&line.world).await, ORDERS);
            (store, key) = (Some((server, importer)), |id: i64| id.to_string());
        }
        let people = People::new(&line.world, &ids, line.setup.rules.writeback.dispatch, key);
        line.start();
        Self { line, people, dice, late: Vec::new(), store }
    }

    /// What ShipStation tells in this round arrives.
    async fn hear(&mut self) {
        match &mut self.store {
            Some((_, importer)) => {
                importer.collect(&self.line.world);
                importer.tell(&mut self.dice).await;
            }
            None => self.hear_of_webhooks().await,
        }
    }

    /// All that ShipStation tells has arrived, and no sweep has found the rest: what follows from the notices alone.
    async fn told(&mut self) -> Vec<String> {
        let Some((_, importer)) = &mut self.store else { return Vec::new() };
        importer.collect(&self.line.world);
        importer.tell_all().await;
        self.line.until_drained().await;
        importer.fetch(&self.line.world).await;
        let told = self.people.lives().iter().filter_map(|life| oracle::untold(&self.line.world, life));
        told.collect()
    }

    /// People work, some of what ShipStation tells arrives, and the line comes to rest.
    async fn round(&mut self) {
        self.line.world.advance(SignedDuration::from_secs(self.dice.random_range(1..3_000)));
        self.people.work(&self.line.world, &mut self.dice);
        self.hear().await;
        self.line.until_drained().await;
        if self.dice.random_bool(SWEPT) {
            self.sweep(false).await;
        }
        if let Some((_, importer)) = &mut self.store {
            importer.fetch(&self.line.world).await;
        }
    }

    async fn hear_of_webhooks(&mut self) {
        let outbox = self.line.world.shipstation().take_outbox();
        let now = self.line.world.now(Site::ShipStation);
        let told: Vec<_> = outbox.iter().filter_map(|message| notice(&message.body, now)).collect();
        let mut arriving = std::mem::take(&mut self.late);
        for kind in told {
            if self.dice.random_bool(LOST) {
                continue;
            }
            let copies = if self.dice.random_bool(DOUBLED) { 2 } else { 1 };
            for _ in 0..copies {
                let to = if self.dice.random_bool(LATE) { &mut self.late } else { &mut arriving };
                to.push(kind.clone());
            }
        }
        arriving.shuffle(&mut self.dice);
        self.line.bridge.publish(arriving, Origin::Webhook).await;
    }

    /// Two rounds of the sweep, and everything that follows from them. In the end, what was late comes too.
    async fn sweep(&mut self, end: bool) {
        self.line.stop().await;
        self.line.setup.schedule.sweep = Some(std::time::Duration::from_millis(40));
        self.line.start();
        let questions = |line: &Line| line.world.count(|call| call.asks("voidDateStart", ""));
        let before = questions(&self.line);
        self.line.until("it was swept twice", async |line| questions(line) >= before + 2).await;
        self.line.stop().await;
        self.line.setup.schedule = ONLY_EVENTS;
        self.line.start();
        if end {
            let late = std::mem::take(&mut self.late);
            self.line.bridge.publish(late, Origin::Webhook).await;
        }
        self.line.until_drained().await;
    }

    async fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for life in self.people.lives() {
            let state = self.line.state(life.cin7_order).await;
            let found = oracle::complaints(&self.line.world, life, state);
            if found.is_empty() {
                continue;
            }
            complaints.extend(found.into_iter().map(|text| format!("order {}: {text}", life.cin7_order)));
            complaints.extend(life.told.iter().map(|deed| format!("  {deed}")));
            let timeline = self.line.bridge.timeline(life.cin7_order).await;
            complaints.extend(timeline.into_iter().map(|entry| format!("  {entry}")));
        }
        let parked = self.line.bridge.parked().await;
        complaints.extend(parked.iter().map(|parked| format!("parked ({}): {}", parked.cause, parked.text)));
        complaints
    }

    /// Our own writes come back through the watch, once; after that nothing is written any more.
    async fn echo(&mut self) -> Option<String> {
        self.line.stop().await;
        self.line.setup.schedule.watch = Some(std::time::Duration::from_millis(40));
        self.line.setup.schedule.sweep = Some(std::time::Duration::from_millis(40));
        self.line.start();
        let polls = |line: &Line| line.world.count(Call::is_poll);
        let writes = |line: &Line| line.world.count(|call| call.is("PUT /SalesOrders"));
        let (before, seen) = (writes(&self.line), polls(&self.line));
        self.line.until("the watch has looked three times", async |line| polls(line) >= seen + 3).await;
        self.line.stop().await;
        let after = writes(&self.line);
        (after > before).then(|| format!("an echo: {} writes although nothing changed", after - before))
    }
}

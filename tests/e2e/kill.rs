//! kill -9 of the running bridge at random moments, while orders are picked, shipped, split and voided and
//! webhooks come twice, late and out of order. Afterwards every order is where it belongs, once.
//!
//! The short form is part of the suite; `make kill-test` runs the long one, by `SHIPBRIDGE_KILLS`,
//! `SHIPBRIDGE_KILL_ORDERS` and, for another history, `SHIPBRIDGE_KILL_SEED`.
//!
//! Two settings keep it short, and change nothing of what is proven: the quotas of both sides are a hundred
//! times the real ones, so that no minute is spent on waiting for budget, and a claim's lease is 20 s or less, so
//! that what a killed bridge had in hand is free again soon.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use sandbox::generator::{Expected, Generator};
use sandbox::shipstation::Marking;
use sandbox::shipstation::model::{Order, OrderStatus};
use sandbox::warehouse::{Warehouse, WarehouseSettings};

use crate::acme::key;
use crate::eventually::{eventually, holds, tick};
use crate::orders;
use crate::stage::{STEP, Setup, Stage};
use crate::truth;

/// The longest time from the last kill until everything is where it belongs. A sweep takes over 20 s after
/// its last holder was heard of; retries wait 5 s, 30 s, and 2 minutes where the machine is too slow for it all.
const RECOVERY: Duration = Duration::from_mins(4);
/// How often the warehouse does a round.
const ROUND: Duration = Duration::from_millis(250);
/// How long the bridge lives after it is ready, in milliseconds.
const LIFE: std::ops::Range<u64> = 50..1_500;

/// People at work, whatever happens to the bridge.
struct Scene<'a> {
    stage: &'a Stage,
    ships: Vec<i64>,
    stays: Vec<i64>,
    to_pick: Vec<i64>,
    warehouse: Warehouse,
    next_round: Instant,
    /// Orders in ShipStation that people have looked at.
    seen: BTreeSet<i64>,
    chance: u64,
}

impl<'a> Scene<'a> {
    fn new(stage: &'a Stage, seed: u64, orders: usize) -> Self {
        let now = stage.now();
        let mut generator = Generator::new(seed, now);
        let products = generator.catalogue();
        let mut cin7 = stage.sandbox().cin7();
        products.iter().cloned().for_each(|product| cin7.add_product(product));
        let (mut ships, mut stays, mut to_pick) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..orders {
            let generated = generator.order(&products);
            let id = cin7.add_order(generated.order, now);
            let list = if generated.expected == Expected::Ships { &mut ships } else { &mut stays };
            list.push(id);
            if generated.expected != Expected::Stays("stage") {
                to_pick.push(id);
            }
        }
        to_pick.reverse();
        let habits = WarehouseSettings {
            split_share: 0.15,
            void_share: 0.1,
            mark_share: 0.0,
            ..WarehouseSettings::default()
        };
        let warehouse = Warehouse::new(seed, habits);
        let (next_round, seen) = (Instant::now(), BTreeSet::new());
        Self { stage, ships, stays, to_pick, warehouse, next_round, seen, chance: seed }
    }

    fn pick(&mut self, wave: usize) {
        let rest = self.to_pick.len().saturating_sub(wave);
        self.to_pick.split_off(rest).into_iter().for_each(|id| self.stage.pick(id));
    }

    fn ship(&mut self) {
        if Instant::now() >= self.next_round {
            self.next_round = Instant::now() + ROUND;
            self.mark();
            self.warehouse.step(&mut self.stage.sandbox().shipstation(), self.stage.now());
        }
    }

    /// Marks some fresh orders as shipped, as people do with parcels that leave by other ways. Whole orders
    /// only: what ShipStation tells of a marked part of a split order does not lead back to its key.
    fn mark(&mut self) {
        let now = self.stage.now();
        let mut shipstation = self.stage.sandbox().shipstation();
        let fresh =
            |order: &&Order| !order.advanced_options.merged_or_split && self.seen.insert(order.order_id);
        let fresh: Vec<i64> = shipstation
            .orders_in(OrderStatus::AwaitingShipment)
            .filter(fresh)
            .map(|order| order.order_id)
            .collect();
        for order in fresh {
            if random(&mut self.chance).is_multiple_of(20) {
                let marking = Marking { tracking_number: format!("BIKE-{order}"), ..Marking::default() };
                shipstation.mark_as_shipped(order, marking, now).unwrap();
            }
        }
    }
}

/// What became of the orders.
struct Outcome {
    converged: usize,
    lost: Vec<String>,
    duplicates: usize,
    /// Orders that were sent more than once.
    resent: BTreeMap<String, u64>,
    /// Orders that must stay, and were sent.
    leaked: Vec<i64>,
    /// Orders with one shipment that were written back more than once.
    rewritten: usize,
    /// Questions to ShipStation whether orders had arrived before a kill.
    lookups: u64,
}

fn outcome(scene: &Scene<'_>) -> Outcome {
    let standing = truth::standing(scene.stage, &scene.ships);
    let sandbox = scene.stage.sandbox();
    let rows: BTreeMap<i64, usize> =
        truth::at_shipstation(&sandbox.shipstation()).into_iter().map(|(id, at)| (id, at.rows)).collect();
    let upserts = sandbox.shipstation().calls().upserts().clone();
    let leaked = scene.stays.iter().filter(|id| upserts.contains_key(&key(**id))).copied().collect();
    let cin7 = sandbox.cin7();
    let rewritten =
        scene.ships.iter().filter(|id| rows.get(id) == Some(&1) && cin7.calls().writes_of(**id) > 1).count();
    Outcome {
        converged: standing.converged,
        lost: standing.open,
        duplicates: standing.duplicates,
        resent: upserts.into_iter().filter(|(_, times)| *times > 1).collect(),
        leaked,
        rewritten,
        lookups: sandbox.shipstation().calls().of("GET /orders"),
    }
}

/// A setting of the test from the environment.
fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var_os(name).and_then(|value| value.into_string().ok());
    text.map_or(default, |text| text.parse().unwrap())
}

/// `SplitMix64`: the next random number of a seed.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn kill_9_at_random_moments_loses_nothing_and_doubles_nothing() {
    let kills = setting("SHIPBRIDGE_KILLS", 6);
    let orders = usize::try_from(setting("SHIPBRIDGE_KILL_ORDERS", 120)).unwrap();
    let seed = setting("SHIPBRIDGE_KILL_SEED", 1);
    let worker = "lease = \"20s\"\nplatform_timeout = \"15s\"";
    // Slow answers keep calls under way for longer, so that kills meet them there.
    let (faults, longest_delay) = ("webhooks-noisy,slow=0.4", Duration::from_secs(1));
    let setup = Setup { faults, longest_delay, seed, worker, ..Setup::default() };
    let stage = Stage::new(&setup);
    let mut scene = Scene::new(&stage, seed, orders);
    let wave = orders.div_ceil(usize::try_from(kills).unwrap() * 2);
    let (started, mut chance) = (Instant::now(), seed);
    let mut bridge = stage.start();
    for _ in 0..kills {
        let life = Duration::from_millis(LIFE.start + random(&mut chance) % (LIFE.end - LIFE.start));
        let end = Instant::now() + life;
        scene.pick(wave);
        while Instant::now() < end {
            scene.ship();
            tick();
        }
        // Work has just come in when the power fails, and people go on without us.
        scene.pick(wave);
        bridge.kill();
        scene.ship();
        bridge = stage.start();
    }
    let killed = started.elapsed().as_secs_f32();
    scene.pick(orders);
    eventually("every order is where it belongs", RECOVERY, || {
        scene.ship();
        let outcome = outcome(&scene);
        holds(outcome.lost.is_empty(), format!("{:#?}", outcome.lost))
    });
    let outcome = outcome(&scene);
    let seconds = started.elapsed().as_secs_f32();
    let lookups = outcome.lookups;
    println!("kill -9, seed {seed}: {kills} kills in {killed:.1} s, all quiet after {seconds:.1} s");
    println!("  {lookups} lookups of writes that a kill had left in doubt");
    println!(
        "  attempted {}  converged {}  duplicates {}  sent twice {}  written back twice {}  lost {}",
        scene.ships.len(),
        outcome.converged,
        outcome.duplicates,
        outcome.resent.len(),
        outcome.rewritten,
        outcome.lost.len()
    );
    assert_eq!((outcome.converged, outcome.duplicates), (scene.ships.len(), 0));
    assert_eq!(outcome.resent, BTreeMap::new(), "sent more than once");
    assert_eq!(outcome.leaked, Vec::<i64>::new(), "sent although a rule holds them");
    assert_eq!(outcome.rewritten, 0, "written back more than once");
    drop(bridge);
}

/// The most rounds of five orders until kills have come between writes and their records.
const ROUNDS: usize = 8;

#[test]
fn kill_9_between_a_write_and_its_record_does_not_repeat_the_write() {
    let worker = "lease = \"6s\"\nplatform_timeout = \"5s\"";
    let stage = Stage::new(&Setup { worker, ..Setup::default() });
    let mut bridge = stage.start();
    let (mut ids, mut found) = (Vec::new(), 0);
    let looked_up = || stage.sandbox().shipstation().calls().of("GET /orders");
    // Now and then a kill comes too late: then the bridge had nothing to find out, and there is another round.
    for round in 0..ROUNDS {
        let order = |number: i32| orders::picked(orders::order(&format!("SO-{round}-{number}")));
        let batch: Vec<_> = (0..5).map(|number| stage.add(order(number))).collect();
        at_once("ShipStation has the orders", || {
            let shipstation = stage.sandbox().shipstation();
            batch.iter().any(|id| shipstation.order_by_key(&key(*id)).is_some())
        });
        bridge.kill();
        bridge = stage.start();
        for id in &batch {
            let placed = stage.placed(*id).order_id;
            stage.is("imported", *id);
            stage.label(placed);
        }
        at_once("Cin7 has the shipments", || {
            let cin7 = stage.sandbox().cin7();
            batch.iter().any(|id| cin7.calls().writes_of(*id) > 0)
        });
        bridge.kill();
        bridge = stage.start();
        for id in &batch {
            let told = told_as_written(&stage, *id);
            assert_eq!(told.len(), 1, "{told:?}");
            found += usize::from(told[0].starts_with("found in Cin7, as an earlier attempt wrote it"));
        }
        ids.extend(batch);
        if looked_up() > 0 && found > 0 {
            break;
        }
    }
    assert!(looked_up() > 0, "no import was left in doubt");
    assert!(found > 0, "no write-back was left in doubt");
    assert_eq!(truth::standing(&stage, &ids).converged, ids.len());
    let upserts = stage.sandbox().shipstation().calls().upserts().clone();
    assert_eq!((upserts.len(), upserts.values().max()), (ids.len(), Some(&1)));
    let writes: Vec<_> = ids.iter().map(|id| stage.sandbox().cin7().calls().writes_of(*id)).collect();
    assert_eq!(writes, vec![1; ids.len()]);
    drop(bridge);
}

/// What the timeline of an order that is dispatched tells of its write-back. A reading may find it dispatched
/// before the write is recorded: while a dead worker's claim stands, nobody may ask what became of it.
fn told_as_written(stage: &Stage, id: i64) -> Vec<String> {
    // A retry may lie between, and the second of them waits for half a minute.
    eventually(&format!("order {id} is told as written"), STEP * 3, || {
        let shown = stage.is("dispatched", id);
        let timeline = shown["timeline"].as_array().unwrap();
        let written = timeline.iter().filter(|entry| entry["kind"] == "written");
        let told: Vec<_> = written.map(|entry| entry["text"].as_str().unwrap().to_owned()).collect();
        holds(!told.is_empty(), &shown)?;
        Ok(told)
    })
}

/// Looks without a pause, to act at the very moment when something has happened.
fn at_once(what: &str, happened: impl Fn() -> bool) {
    let deadline = Instant::now() + STEP;
    while !happened() {
        assert!(Instant::now() < deadline, "not within {STEP:?}: {what}");
        std::thread::yield_now();
    }
}

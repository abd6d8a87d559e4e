//! The story: believable orders that people pick in waves, and a warehouse that buys their labels. All of it
//! follows from a seed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sandbox::cin7::Cin7;
use sandbox::generator::{Expected, Generator};
use sandbox::serve::Sandbox;
use sandbox::warehouse::{Warehouse, WarehouseSettings};

/// How fast people work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Orders that are picked at once.
    wave: usize,
    /// Time between two waves.
    pause: Duration,
    /// Labels of one batch.
    batch: usize,
    /// Time between two rounds of the warehouse; `None`: it buys no labels.
    round: Option<Duration>,
}

impl Pace {
    /// A pace at which so many orders take a believable while: ten waves, at least ten orders each.
    pub(crate) fn of(orders: u32) -> Self {
        let wave = usize::try_from(orders).unwrap_or(usize::MAX).div_ceil(10).max(10);
        Self {
            wave,
            pause: Duration::from_millis(1500),
            batch: wave.clamp(10, 100),
            round: Some(Duration::from_secs(2)),
        }
    }

    /// All orders are picked at once, and nothing ships.
    pub(crate) fn drain() -> Self {
        Self { wave: usize::MAX, pause: Duration::ZERO, batch: 1, round: None }
    }
}

/// The orders and who works on them.
#[derive(Debug)]
pub(crate) struct Story {
    expected: BTreeMap<i64, Expected>,
    to_pick: Vec<i64>,
    warehouse: Warehouse,
    pace: Pace,
    next_wave: Instant,
    next_round: Instant,
}

impl Story {
    /// Puts products and orders into the simulated Cin7.
    pub(crate) fn new(sandbox: &Sandbox, seed: u64, orders: u32, pace: Pace) -> Self {
        let now = sandbox.now();
        let mut generator = Generator::new(seed, now);
        let products = generator.catalogue();
        let mut cin7 = sandbox.cin7();
        products.iter().cloned().for_each(|product| cin7.add_product(product));
        let mut expected = BTreeMap::new();
        for _ in 0..orders {
            let generated = generator.order(&products);
            let id = cin7.add_order(generated.order, now);
            expected.insert(id, generated.expected);
        }
        drop(cin7);
        let mut to_pick: Vec<i64> =
            expected.iter().filter(|(_, expected)| is_picked(**expected)).map(|(id, _)| *id).collect();
        to_pick.reverse();
        let settings = WarehouseSettings { batch_size: pace.batch, ..WarehouseSettings::default() };
        let start = Instant::now();
        let warehouse = Warehouse::new(seed, settings);
        Self { expected, to_pick, warehouse, pace, next_wave: start, next_round: start }
    }

    /// What shall become of each order, by its Cin7 id.
    pub(crate) fn expected(&self) -> &BTreeMap<i64, Expected> {
        &self.expected
    }

    /// How many orders have been picked.
    pub(crate) fn picked(&self) -> usize {
        self.expected.values().filter(|expected| is_picked(**expected)).count() - self.to_pick.len()
    }

    /// Picks the next wave when its time has come.
    pub(crate) fn pick_wave(&mut self, sandbox: &Sandbox) {
        if self.to_pick.is_empty() || Instant::now() < self.next_wave {
            return;
        }
        self.next_wave = Instant::now() + self.pace.pause;
        let rest = self.to_pick.len().saturating_sub(self.pace.wave);
        let wave = self.to_pick.split_off(rest);
        let now = sandbox.now();
        let mut cin7 = sandbox.cin7();
        for id in wave {
            pick(&mut cin7, id, now);
        }
    }

    /// Whether picked orders ship.
    pub(crate) fn ships(&self) -> bool {
        self.pace.round.is_some()
    }

    /// Lets the warehouse work when its time has come.
    pub(crate) fn ship(&mut self, sandbox: &Sandbox) {
        let Some(round) = self.pace.round.filter(|_| Instant::now() >= self.next_round) else { return };
        self.next_round = Instant::now() + round;
        let now = sandbox.now();
        self.warehouse.step(&mut sandbox.shipstation(), now);
    }
}

/// Orders that never reach the stage are left where they are.
fn is_picked(expected: Expected) -> bool {
    expected != Expected::Stays("stage")
}

fn pick(cin7: &mut Cin7, id: i64, now: jiff::Timestamp) {
    cin7.set_stage(id, "Fully Picked", now);
}

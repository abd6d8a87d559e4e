//! The story: believable orders that people pick in waves, and a warehouse that buys their labels. All of it
//! follows from a seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use sandbox::cin7::Cin7;
use sandbox::generator::{Expected, Generated, Generator};
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
    backlog: Vec<Generated>,
    warehouse: Warehouse,
    pace: Pace,
    next_wave: Instant,
    next_round: Instant,
}

impl Story {
    /// The same, of a shop that charges in one currency and leaves freight to be quoted.
    pub(crate) fn rated(sandbox: &Sandbox, seed: u64, orders: u32, pace: Pace) -> Self {
        let to_come = generated(sandbox, seed).map(|mut generated| {
            let order = &mut generated.order;
            (order.freight_total, order.freight_description) = (Decimal::ZERO, None);
            order.currency_code = Some("AUD".to_owned());
            order.settle_totals();
            generated
        });
        Self::with(sandbox, seed, to_come.take(count(orders)).collect(), Vec::new(), pace)
    }

    /// Puts products and orders into the simulated Cin7.
    pub(crate) fn new(sandbox: &Sandbox, seed: u64, orders: u32, pace: Pace) -> Self {
        let mut orders_to_come = generated(sandbox, seed);
        let orders = orders_to_come.by_ref().take(count(orders)).collect();
        Self::with(sandbox, seed, orders, Vec::new(), pace)
    }

    /// Orders that are all picked at once and all must be shipped; what ships them is not the story's business. Of the
    /// backlog Cin7 knows nothing yet.
    pub(crate) fn to_ship(sandbox: &Sandbox, seed: u64, orders: u32, backlog: u32) -> Self {
        let mut to_come = generated(sandbox, seed).filter(|order| order.expected == Expected::Ships);
        let orders = to_come.by_ref().take(count(orders)).collect();
        let backlog = to_come.take(count(backlog)).collect();
        let pace = Pace { round: Some(Duration::ZERO), ..Pace::drain() };
        Self::with(sandbox, seed, orders, backlog, pace)
    }

    fn with(
        sandbox: &Sandbox,
        seed: u64,
        orders: Vec<Generated>,
        backlog: Vec<Generated>,
        pace: Pace,
    ) -> Self {
        let (now, mut cin7) = (sandbox.now(), sandbox.cin7());
        let enter = |order: Generated| (cin7.add_order(order.order, now), order.expected);
        let expected: BTreeMap<i64, Expected> = orders.into_iter().map(enter).collect();
        if pace.pause.is_zero() {
            // All are picked at once: they were entered long before, and what told of that is long worked on. Those
            // that are never picked are told of now.
            cin7.take_changed();
            for (id, _) in expected.iter().filter(|(_, expected)| !is_picked(**expected)) {
                cin7.edit(*id, now, |_| {});
            }
        }
        drop(cin7);
        let mut to_pick: Vec<i64> =
            expected.iter().filter(|(_, expected)| is_picked(**expected)).map(|(id, _)| *id).collect();
        to_pick.reverse();
        let settings = WarehouseSettings { batch_size: pace.batch, ..WarehouseSettings::default() };
        let start = Instant::now();
        let warehouse = Warehouse::new(seed, settings);
        Self { expected, to_pick, backlog, warehouse, pace, next_wave: start, next_round: start }
    }

    /// Enters and picks the backlog, all of it at once; its Cin7 ids.
    pub(crate) fn enter_backlog(&mut self, sandbox: &Sandbox) -> Vec<i64> {
        let (now, mut cin7) = (sandbox.now(), sandbox.cin7());
        let backlog = std::mem::take(&mut self.backlog).into_iter();
        let enter = |order: Generated| {
            let id = cin7.add_order(order.order, now);
            pick(&mut cin7, id, now);
            id
        };
        backlog.map(enter).collect()
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
        let (mut wave, most) = self.candidates();
        wave.truncate(most);
        self.pick_these(sandbox, &wave);
    }

    /// Who may be picked next, first come, first served, and how many of them; nobody before the time for a wave.
    pub(crate) fn candidates(&self) -> (Vec<i64>, usize) {
        if Instant::now() < self.next_wave {
            return (Vec::new(), 0);
        }
        (self.to_pick.iter().rev().copied().collect(), self.pace.wave)
    }

    /// Picks these.
    pub(crate) fn pick_these(&mut self, sandbox: &Sandbox, wave: &[i64]) {
        if wave.is_empty() {
            return;
        }
        self.next_wave = Instant::now() + self.pace.pause;
        let wave: BTreeSet<i64> = wave.iter().copied().collect();
        self.to_pick.retain(|id| !wave.contains(id));
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

/// Orders without end, of products that Cin7 has from now on.
fn generated(sandbox: &Sandbox, seed: u64) -> impl Iterator<Item = Generated> {
    let mut generator = Generator::new(seed, sandbox.now());
    let products = generator.catalogue();
    let mut cin7 = sandbox.cin7();
    products.iter().cloned().for_each(|product| cin7.add_product(product));
    drop(cin7);
    std::iter::repeat_with(move || generator.order(&products))
}

fn count(orders: u32) -> usize {
    usize::try_from(orders).unwrap_or(usize::MAX)
}

/// Orders that never reach the stage are left where they are.
fn is_picked(expected: Expected) -> bool {
    expected != Expected::Stays("stage")
}

fn pick(cin7: &mut Cin7, id: i64, now: jiff::Timestamp) {
    cin7.set_stage(id, "Fully Picked", now);
}

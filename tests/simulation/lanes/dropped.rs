//! Notifications that never arrive: sweeps bring Cin7 to the truth all the same, within two of their periods, and what
//! they write makes no further writes.
//!
//! How often a sweep comes is real time, in tests as in life. So here each start of the worker is one round, whose
//! interval no test lives to see again, and between two rounds the world's clock moves by one period.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use ledger::Cursors;
use sandbox::generator::Expected;
use sandbox::warehouse::{Report, Warehouse, WarehouseSettings};
use worker::Schedule;

use super::Line;
use crate::bridge::{ONLY_EVENTS, connection};
use crate::checker::{self, Expectation};
use crate::webhooks::notice;
use crate::world::{Call, Site};

const ORDERS: usize = 200;
/// The sweep's period, by the world's clock: the configuration's default.
const PERIOD: SignedDuration = SignedDuration::from_mins(5);
/// A round at the start, and no second one.
const ONCE: Option<Duration> = Some(Duration::from_hours(1));
const WRITE_BACK: &str = "PUT /SalesOrders";

/// Orders that have reached ShipStation, and what must become of them.
struct Shop {
    line: Line,
    expected: BTreeMap<i64, Expectation>,
    /// Notifications that arrived, and those that did not.
    told: usize,
    dropped: usize,
}

impl Shop {
    async fn open() -> Self {
        let (mut line, ids) = Line::with_imported(ORDERS).await;
        let expectation = |id: &i64| (*id, Expectation::of(&line.order(*id), Expected::Ships));
        let expected = ids.iter().map(expectation).collect();
        // Watch and sweep have been here before: what follows is not what a new connection looks for.
        round(&mut line, Schedule { watch: ONCE, sweep: ONCE, ..ONLY_EVENTS }).await;
        assert_eq!(line.world.calls(WRITE_BACK), 0);
        Self { line, expected, told: 0, dropped: 0 }
    }

    /// The warehouse works until everything has shipped, some of it in two parcels, some voided and labelled again.
    /// What it causes is told as far as `arrives` lets it: by the number of the change that is told of.
    async fn ship_everything(&mut self, arrives: impl Fn(usize) -> bool) -> Report {
        self.line.setup.schedule = ONLY_EVENTS;
        self.line.start();
        let settings = WarehouseSettings {
            batch_size: 1,
            orders_per_step: 50,
            split_share: 0.15,
            void_share: 0.15,
            mark_share: 0.05,
        };
        let (mut warehouse, mut done) = (Warehouse::new(11, settings), Report::default());
        loop {
            self.line.world.advance(SignedDuration::from_mins(3));
            let step =
                warehouse.step(&mut self.line.world.shipstation(), self.line.world.now(Site::ShipStation));
            done.labels += step.labels;
            done.splits += step.splits;
            done.voids += step.voids;
            done.marked += step.marked;
            self.tell(&arrives).await;
            if step.remaining == 0 {
                break;
            }
            self.line.until_drained().await;
        }
        self.line.until_drained().await;
        self.line.stop().await;
        done
    }

    /// The notifications of one change, which are two for a label, arrive together or not at all.
    async fn tell(&mut self, arrives: impl Fn(usize) -> bool) {
        let (outbox, now) =
            (self.line.world.shipstation().take_outbox(), self.line.world.now(Site::ShipStation));
        let changes: BTreeSet<_> = outbox.iter().filter_map(|message| kind_of(&message.body, now)).collect();
        let mut kinds = Vec::new();
        for kind in changes {
            if arrives(self.told + self.dropped) {
                self.told += 1;
                kinds.extend([kind.clone(), kind]);
            } else {
                self.dropped += 1;
            }
        }
        let kinds: Vec<_> = kinds.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        if !kinds.is_empty() {
            self.line.bridge.publish(kinds, domain::event::Origin::Webhook).await;
        }
    }

    /// What Cin7 shows otherwise than ShipStation's own state demands, and what the books say otherwise.
    async fn complaints(&self) -> Vec<String> {
        let mut complaints = checker::complaints(&self.line.world, &self.expected);
        complaints.extend(checker::book_complaints(&self.line.bridge, &self.expected).await);
        complaints
    }

    /// After the last change at ShipStation: sweeps until all is right, no more than two.
    async fn sweep_until_right(&mut self) {
        let last_change = self.line.world.clock.now();
        // Time passes between rounds only, so that it is the rounds that are measured.
        self.line.step = SignedDuration::ZERO;
        let mut rounds = 0;
        while rounds < 2 && !self.complaints().await.is_empty() {
            round(&mut self.line, Schedule { sweep: ONCE, ..ONLY_EVENTS }).await;
            rounds += 1;
        }
        assert_eq!(self.complaints().await, Vec::<String>::new(), "after {rounds} sweeps");
        let took = self.line.world.clock.now() - last_change;
        assert!(rounds > 0 && took <= PERIOD * 2, "{rounds} sweeps, {took}");
    }

    /// One round of the watch reads what our own writes moved; nothing follows, and no further round reads it.
    async fn assert_silent(&mut self) {
        let writes = self.line.world.count(Call::is_write);
        let readings = |line: &Line| line.world.count(Call::is_reading);
        let before = readings(&self.line);
        let both = Schedule { watch: ONCE, sweep: ONCE, ..ONLY_EVENTS };
        round(&mut self.line, Schedule { sweep: None, ..both }).await;
        let echo = readings(&self.line);
        assert!(echo > before, "the watch finds our own writes");
        for _ in 0..3 {
            round(&mut self.line, both).await;
        }
        assert_eq!(self.line.world.count(Call::is_write), writes, "{:?}", self.line.world.last_write());
        assert_eq!(readings(&self.line), echo, "the echo is read once");
        assert_eq!(self.complaints().await, Vec::<String>::new());
    }

    /// How many lines of this kind each order's timeline has.
    async fn lines(&self, kind: &str) -> BTreeMap<i64, usize> {
        let mut lines = BTreeMap::new();
        for id in self.expected.keys() {
            let timeline = self.line.bridge.timeline(*id).await;
            let of_kind = timeline.iter().filter(|entry| entry.contains(&format!(" {kind}: ")));
            lines.insert(*id, of_kind.count());
        }
        lines
    }
}

/// What a notification says, as text that can be compared.
fn kind_of(body: &str, now: Timestamp) -> Option<String> {
    notice(body, now).map(|kind| serde_json::to_string(&kind).unwrap())
}

/// A period passes. Then one round of whatever is scheduled, and all that follows from it.
async fn round(line: &mut Line, schedule: Schedule) {
    line.world.advance(PERIOD);
    line.setup.schedule = schedule;
    let watch = schedule.watch.map(|_| "watch").into_iter();
    let names: Vec<_> = watch
        .chain(schedule.sweep.into_iter().flat_map(|_| ["sweep", "index"]))
        .map(|task| format!("{task}/{}", connection()))
        .collect();
    let before = cursors(line, &names).await;
    line.start();
    // A cursor moves once everything that its round found is published.
    line.until("the round is over and all of it is settled", async |line| {
        let now = cursors(line, &names).await;
        now.iter().zip(&before).all(|(now, before)| now > before) && line.bridge.is_drained().await
    })
    .await;
    line.stop().await;
}

async fn cursors(line: &Line, names: &[String]) -> Vec<Option<Timestamp>> {
    let mut cursors = Vec::new();
    for name in names {
        cursors.push(line.bridge.ledger().cursor(name).await.unwrap());
    }
    cursors
}

#[tokio::test]
async fn when_a_twentieth_of_all_notifications_is_lost_two_sweeps_repair_it_and_then_all_is_silent() {
    let mut shop = Shop::open().await;
    let done = shop.ship_everything(|change| !change.is_multiple_of(20)).await;
    assert!(done.labels > ORDERS && done.splits > 10 && done.voids > 10 && done.marked > 0, "{done:?}");
    assert!(shop.dropped >= 10 && shop.told > 15 * shop.dropped, "{} of {}", shop.dropped, shop.told);
    assert!(!shop.complaints().await.is_empty(), "what was not told does not show");
    shop.sweep_until_right().await;
    let repaired: usize = shop.lines("repaired").await.values().sum();
    assert!(repaired > 0 && repaired <= shop.dropped, "{repaired} repairs of {} losses", shop.dropped);
    shop.assert_silent().await;
}

#[tokio::test]
async fn when_no_notification_arrives_at_all_two_sweeps_repair_everything_and_then_all_is_silent() {
    let mut shop = Shop::open().await;
    let done = shop.ship_everything(|_| false).await;
    assert!(done.labels > ORDERS && done.splits > 10 && done.voids > 10 && done.marked > 0, "{done:?}");
    assert_eq!((shop.told, shop.line.world.calls(WRITE_BACK)), (0, 0));
    shop.sweep_until_right().await;
    let (repaired, told) = (shop.lines("repaired").await, shop.lines("shipment").await);
    assert!(repaired.values().all(|lines| *lines > 0), "each order has one: {repaired:?}");
    // Voids are nobody's fault: no notification ever tells of them. Each is told once, though two questions find it.
    assert_eq!(told.values().sum::<usize>(), done.voids);
    shop.assert_silent().await;
}

//! The run: people work, things go wrong, everything settles, the judge speaks.
//!
//! The short form is part of the suite; `make fault-test` runs the long one (`SHIPBRIDGE_FAULTS=long`). Single
//! sizes: `SHIPBRIDGE_FAULT_ORDERS`, `SHIPBRIDGE_FAULT_RESTARTS` (of the broker), `SHIPBRIDGE_FAULT_ROUNDS` (each
//! fault of each line so often), `SHIPBRIDGE_FAULT_KILLS` (of workers), `SHIPBRIDGE_FAULT_ALARM` (seconds); and
//! `SHIPBRIDGE_FAULT_SEED` for another history. A seed decides what goes wrong in which order, and how things are
//! announced; the processes' own timing is theirs.
//!
//! With the feature `unguarded` the broker confirms what RabbitMQ has not confirmed. Then the judge must find
//! loss: that is the proof that he can see.

use std::time::{Duration, Instant};

use crate::chaos::{Chaos, Sizes, Tally};
use crate::checker::{self, Row, Verdict, Violation};
use crate::eventually::tick;
use crate::history::{Ends, History};
use crate::people::People;
use crate::senders::{LINES, Senders};
use crate::world::World;

/// The longest time from the last fault until everything is where it belongs: an event that met four faults waits
/// 10 minutes for its next attempt.
const SETTLED: Duration = Duration::from_mins(14);
/// When nothing has moved for so long, nothing will: longer than that wait.
const STILL: Duration = Duration::from_secs(630);
/// The same where loss is expected: nobody waits for what is gone.
const STILL_UNGUARDED: Duration = Duration::from_secs(45);

/// Ends the threads, also when the run fails.
struct Closing<'a>(&'a Senders);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Waits until `open` says 0, or nothing moves any more, or the time is up.
fn settle(open: impl Fn() -> usize) -> usize {
    let still = if cfg!(feature = "unguarded") { STILL_UNGUARDED } else { STILL };
    let (deadline, mut last, mut moved) = (Instant::now() + SETTLED, usize::MAX, Instant::now());
    loop {
        let now = open();
        if now != last {
            (last, moved) = (now, Instant::now());
        }
        if now == 0 || Instant::now() > deadline || moved.elapsed() > still {
            return now;
        }
        (0..5).for_each(|_| tick());
    }
}

/// The whole run; the seconds from the last fault until everything was applied, and the announcements that had to
/// be made again.
fn run(orders: usize, sizes: Sizes, seed: u64) -> (History, Tally, [f32; 2], usize) {
    let start = Instant::now();
    let world = World::start();
    let senders = Senders::new(&world.serves);
    let people = People::new(&world, &senders, orders, seed);
    let outcome = std::thread::scope(|threads| {
        let _closing = Closing(&senders);
        for _ in 0..LINES {
            threads.spawn(|| senders.work());
        }
        threads.spawn(|| people.work());
        let mut chaos = Chaos::new(&world, &senders, &people, seed);
        chaos.run(sizes, |line| println(&line));
        people.release(1.0);
        let over = Instant::now();
        println(&format!("  after {:.1} s the faults are over", start.elapsed().as_secs_f32()));
        let look = || {
            let (announcements, ends) = (senders.announcements(), world.ends(&people.orders));
            History { announcements, ends, finally: Ends::new() }
        };
        settle(|| {
            let Verdict { orders, shipments, .. } = checker::check(&look());
            orders.lost + shipments.lost + senders.open() + usize::from(!people.are_through())
        });
        let settled = over.elapsed().as_secs_f32();
        let mut history = look();
        let again = senders.announce_the_forgotten_again();
        settle(|| {
            let ends = world.ends(&people.orders);
            ends.values().filter(|end| !end.dispatched).count() + senders.open()
        });
        history.finally = world.ends(&people.orders);
        (history, chaos.tally, [settled, start.elapsed().as_secs_f32()], again)
    });
    if outcome.0.finally.values().any(|end| !end.dispatched) && !cfg!(feature = "unguarded") {
        let columns =
            ["list_queues", "name", "messages_ready", "messages_unacknowledged", "consumers", "--quiet"];
        println(&world.rabbit().ctl(&columns).unwrap_or_else(|error| error));
        println(&world.fleet().logs(""));
        println(&world.fleet().lines("events failed"));
    }
    let (kills, bad) = {
        let mut fleet = world.fleet();
        (fleet.kills, fleet.stop())
    };
    println(&format!("  {kills} processes killed"));
    assert!(bad.is_empty(), "ended badly when asked to stop: {bad:?}");
    outcome
}

/// A setting of the test from the environment.
fn setting(name: &str, default: usize) -> usize {
    let text = std::env::var_os(name).and_then(|value| value.into_string().ok());
    text.map_or(default, |text| text.parse().unwrap())
}

/// How many orders, and how much goes wrong: the short form or the long one, and what the environment changes.
fn sizes() -> (usize, Sizes) {
    let long = std::env::var_os("SHIPBRIDGE_FAULTS").is_some_and(|form| form == "long");
    let [orders, restarts, rounds, kills, alarm] =
        if long { [2_000, 20, 2, 45, 60] } else { [300, 2, 1, 8, 6] };
    let sizes = Sizes {
        restarts: setting("SHIPBRIDGE_FAULT_RESTARTS", restarts),
        rounds: setting("SHIPBRIDGE_FAULT_ROUNDS", rounds),
        kills: setting("SHIPBRIDGE_FAULT_KILLS", kills),
        alarm: Duration::from_secs(u64::try_from(setting("SHIPBRIDGE_FAULT_ALARM", alarm)).unwrap()),
    };
    (setting("SHIPBRIDGE_FAULT_ORDERS", orders), sizes)
}

#[expect(clippy::print_stdout, reason = "what a test prints is shown when it fails, and by --nocapture")]
fn println(line: &str) {
    println!("{line}");
}

fn table(verdict: &Verdict) -> String {
    let row = |name: &str, row: Row| {
        format!(
            "  {name:<10} {:>9} {:>9} {:>12} {:>8} {:>7} {:>8} {:>5} {:>11} {:>10}\n",
            row.announced,
            row.attempted,
            row.acknowledged,
            row.refused,
            row.silent,
            row.applied,
            row.lost,
            row.duplicated,
            row.recovered
        )
    };
    let head = "             announced attempted acknowledged  refused  silent  applied  lost  duplicated  recovered\n";
    format!("{head}{}{}", row("orders", verdict.orders), row("shipments", verdict.shipments))
}

#[test]
fn nothing_accepted_is_lost_and_nothing_is_done_twice_whatever_fails() {
    let (orders, sizes) = sizes();
    let seed = u64::try_from(setting("SHIPBRIDGE_FAULT_SEED", 1)).unwrap();
    println(&format!("faults, seed {seed}: {orders} orders, {sizes:?}"));
    let (history, tally, [settled, whole], again) = run(orders, sizes, seed);
    let verdict = checker::check(&history);
    println(&format!(
        "  all quiet {settled:.1} s after the last fault, {whole:.1} s in all; {again} told again"
    ));
    println(&format!("  {tally:?}"));
    println(&table(&verdict));
    for violation in verdict.violations.iter().take(20) {
        println(&format!("  {violation:?}"));
    }
    if cfg!(feature = "unguarded") {
        let lost = verdict.violations.iter().any(|violation| matches!(violation, Violation::Lost { .. }));
        assert!(lost, "a guard is missing, and the judge sees no loss");
        return;
    }
    assert_eq!(verdict.violations, [], "{} violations", verdict.violations.len());
    assert_eq!(
        tally.not_applied_in_time, 0,
        "events were left lying while nothing was wrong, or under an alarm"
    );
    assert!(tally.alarm_refused > 0, "nobody was refused under the alarm");
}

//! What goes wrong, one thing after the other, while people work; and that the bridge is ready again after each.
//! Whether anything got lost on the way is not asked here.
//!
//! A queue that an operator deletes takes what is in it along. So the posts pause, everything that was accepted
//! is waited for, and then the queue goes, with its consumers at it: only copies could be in it. The posts go on
//! at once, before anybody has noticed.

use std::fmt;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::checker;
use crate::eventually::{eventually, holds, tick};
use crate::fault_proxy::{FaultProxy, Mode, Side};
use crate::history::{Answer, Flow, History};
use crate::people::People;
use crate::processes;
use crate::senders::Senders;
use crate::servers::Signal;
use crate::world::{RECOVERED, SERVES, WORKERS, World};

/// Longer than any deadline of the bridge for one operation, 4 s and 5 s.
const HOLE: Duration = Duration::from_secs(6);
/// From one killed worker to the next.
const BETWEEN_KILLS: Duration = Duration::from_secs(1);

/// How long to wait for everything accepted, before a queue goes and under an alarm. Where loss is expected,
/// nobody waits long for what is gone.
const QUIET: Duration = Duration::from_secs(if cfg!(feature = "unguarded") { 5 } else { 60 });

/// How much goes wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) restarts: usize,
    /// How many times each line suffers each of its faults.
    pub(crate) rounds: usize,
    /// How many workers are killed, one after the other.
    pub(crate) kills: usize,
    pub(crate) alarm: Duration,
}

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    DeleteQueue(Flow),
    RestartBroker(Signal),
    RestartLedger(Signal),
    BlackHole(Line),
    Deaf(Line),
    HalfClose(Line),
    Reset(Line),
    Refuse(Line),
    Latency(Line),
    MemoryAlarm(Duration),
    KillWorkers(usize),
    KillServe,
}

/// Which line is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    Accepting,
    Working,
    Ledger,
}

/// The faults of a run, in their order: first the queues, then everything else, shuffled.
pub(crate) fn plan(sizes: Sizes, dice: &mut StdRng) -> Vec<Fault> {
    let mut faults = vec![Fault::MemoryAlarm(sizes.alarm)];
    for _ in 0..sizes.rounds {
        for line in [Line::Accepting, Line::Working, Line::Ledger] {
            faults.extend([Fault::BlackHole(line), Fault::HalfClose(line), Fault::Reset(line)]);
        }
        faults.extend([Fault::Deaf(Line::Accepting), Fault::Deaf(Line::Working)]);
        faults.extend([Fault::Refuse(Line::Accepting), Fault::Latency(Line::Ledger)]);
        faults.extend([Fault::RestartLedger(Signal::Quit), Fault::KillServe]);
    }
    let signals = [Signal::Term, Signal::Kill].into_iter().cycle();
    faults.extend(signals.take(sizes.restarts).map(Fault::RestartBroker));
    let parts = 3.min(sizes.kills.max(1));
    faults.extend((0..parts).map(|part| Fault::KillWorkers((sizes.kills + part) / parts)));
    faults.shuffle(dice);
    [Fault::DeleteQueue(Flow::Orders), Fault::DeleteQueue(Flow::Shipments)]
        .into_iter()
        .chain(faults)
        .collect()
}

/// What happened, as far as the history does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) broker_restarts: usize,
    pub(crate) ledger_restarts: usize,
    pub(crate) broken_lines: usize,
    pub(crate) deleted_queues: usize,
    pub(crate) alarms: usize,
    /// Posts during alarms that were refused, and accepted.
    pub(crate) alarm_refused: usize,
    pub(crate) alarm_accepted: usize,
    /// Events that had been accepted before an alarm, and were applied under it.
    pub(crate) applied_under_alarm: usize,
    /// Events and messages that were not through when everything accepted was waited for.
    pub(crate) not_applied_in_time: usize,
    /// The longest time until the serves were ready again.
    pub(crate) slowest_recovery: Duration,
}

/// Whoever breaks things.
pub(crate) struct Chaos<'a> {
    pub(crate) world: &'a World,
    pub(crate) senders: &'a Senders,
    pub(crate) people: &'a People<'a>,
    dice: StdRng,
    pub(crate) tally: Tally,
}

impl<'a> Chaos<'a> {
    pub(crate) fn new(world: &'a World, senders: &'a Senders, people: &'a People<'a>, seed: u64) -> Self {
        Self { world, senders, people, dice: StdRng::seed_from_u64(seed), tally: Tally::default() }
    }

    /// Lets everything go wrong, while orders are picked in step with it. `tell` hears of each fault.
    pub(crate) fn run(&mut self, sizes: Sizes, tell: impl Fn(String)) {
        let faults = plan(sizes, &mut self.dice);
        let count = faults.len();
        for (number, fault) in faults.into_iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
            self.people.release((number + 1) as f64 / count as f64);
            let start = Instant::now();
            self.inflict(fault);
            let over = Instant::now();
            self.await_readiness(fault);
            self.tally.slowest_recovery = self.tally.slowest_recovery.max(over.elapsed());
            let (took, recovery) = ((over - start).as_secs_f32(), over.elapsed().as_secs_f32());
            tell(format!("  {number:2} {fault}: {took:.1} s, ready {recovery:.1} s later"));
        }
    }

    fn await_readiness(&self, fault: Fault) {
        eventually(&format!("the serves are ready after: {fault}"), RECOVERED, || {
            let ready = processes::are_ready(&self.world.serves);
            holds(ready, self.world.fleet().logs("serve-"))
        });
        let ended = self.world.fleet().ended();
        assert!(
            ended.is_empty(),
            "ended by themselves after {fault}: {ended:?}: {}",
            self.world.fleet().logs("")
        );
    }

    fn inflict(&mut self, fault: Fault) {
        match fault {
            Fault::DeleteQueue(flow) => self.delete_queue(flow),
            Fault::RestartBroker(signal) => {
                self.world.rabbit().stop(signal);
                self.lie_down(1_000);
                self.world.rabbit().start();
                self.tally.broker_restarts += 1;
            }
            Fault::RestartLedger(signal) => {
                self.world.postgres().stop(signal);
                self.lie_down(2_000);
                self.world.postgres().start();
                self.tally.ledger_restarts += 1;
            }
            Fault::MemoryAlarm(duration) => self.alarm(duration),
            Fault::KillWorkers(count) => (0..count).for_each(|_| self.kill_worker()),
            Fault::KillServe => {
                let victim = self.dice.random_range(0..SERVES);
                self.world.fleet().replace_serve(victim);
            }
            Fault::BlackHole(line) => self.through(line, Mode::BlackHole, HOLE),
            Fault::Deaf(line) => self.through(line, Mode::Deaf(Side::Server), HOLE),
            Fault::Refuse(line) => {
                self.line(line).set(Mode::Refuse);
                self.line(line).reset_all();
                self.through(line, Mode::Refuse, Duration::from_secs(2));
            }
            Fault::Latency(line) => {
                self.through(line, Mode::Latency(Duration::from_millis(100)), Duration::from_secs(3));
            }
            Fault::HalfClose(line) => self.blow(line, FaultProxy::half_close_all),
            Fault::Reset(line) => self.blow(line, FaultProxy::reset_all),
        }
    }

    fn line(&self, line: Line) -> &'a FaultProxy {
        let lines = &self.world.lines;
        match line {
            Line::Accepting => &lines.accepting,
            Line::Working => &lines.working,
            Line::Ledger => &lines.ledger,
        }
    }

    /// A line is in a mode for a while.
    fn through(&mut self, line: Line, mode: Mode, duration: Duration) {
        self.line(line).set(mode);
        pass(duration);
        self.line(line).set(Mode::Pass);
        self.tally.broken_lines += 1;
    }

    /// Something happens to a line at once, while it carries something.
    fn blow(&mut self, line: Line, blow: impl Fn(&FaultProxy)) {
        for _ in 0..2 {
            self.lie_down(500);
            blow(self.line(line));
        }
        self.tally.broken_lines += 1;
    }

    /// Lets some time pass, at most so many milliseconds.
    fn lie_down(&mut self, at_most: u64) {
        pass(Duration::from_millis(self.dice.random_range(0..at_most)));
    }

    fn kill_worker(&mut self) {
        let start = Instant::now();
        let victim = self.dice.random_range(0..WORKERS);
        self.world.fleet().replace_worker(victim);
        pass(BETWEEN_KILLS.saturating_sub(start.elapsed()));
    }

    /// Accepted announcements that are not applied yet.
    fn open(&self) -> usize {
        let (announcements, ends) = (self.senders.announcements(), self.world.ends(&self.people.orders));
        let verdict = checker::check(&History { announcements, ends, ..History::default() });
        verdict.orders.lost + verdict.shipments.lost
    }

    fn delete_queue(&mut self, flow: Flow) {
        let queue = match flow {
            Flow::Orders => "shipbridge.acme.orders",
            Flow::Shipments => "shipbridge.acme.shipments",
        };
        eventually("something has been posted", RECOVERED, || holds(self.senders.posts() > 3, "nothing yet"));
        self.senders.pause();
        self.await_quiet();
        self.world.rabbit().ctl(&["delete_queue", queue]).unwrap();
        self.senders.go_on();
        self.tally.deleted_queues += 1;
        eventually("the queue is there again", RECOVERED, || {
            let queues = self.world.rabbit().ctl(&["list_queues", "name", "--quiet"])?;
            holds(queues.lines().any(|name| name == queue), queues)
        });
    }

    /// The broker takes nothing more in, and still gives out what it has: that is worked off under the alarm.
    fn alarm(&mut self, duration: Duration) {
        self.world.fleet().kill_workers();
        // Whatever was going on before, something is accepted now, and nobody works on it.
        let before = self.accepted();
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.accepted() < before + 10 && Instant::now() < deadline {
            tick();
        }
        self.world.rabbit().ctl(&["set_vm_memory_high_watermark", "0"]).unwrap();
        let (start, backlog, posts) = (Instant::now(), self.open(), self.answers());
        self.world.fleet().start_workers();
        self.await_quiet();
        pass(duration.saturating_sub(start.elapsed()));
        let (accepted, refused) = self.answers();
        self.world.rabbit().ctl(&["set_vm_memory_high_watermark", "0.4"]).unwrap();
        self.tally.alarms += 1;
        self.tally.applied_under_alarm += backlog;
        self.tally.alarm_accepted += accepted - posts.0;
        self.tally.alarm_refused += refused - posts.1;
    }

    /// Waits until everything accepted is applied, and settled. What is not in time is counted.
    fn await_quiet(&mut self) {
        let deadline = Instant::now() + QUIET;
        let mut left = self.open() + self.in_hand();
        while left > 0 && Instant::now() < deadline {
            tick();
            left = self.open() + self.in_hand();
        }
        self.tally.not_applied_in_time += left;
    }

    /// Messages that workers have taken and not settled.
    fn in_hand(&self) -> usize {
        let counts = self.world.rabbit().ctl(&["list_queues", "messages_unacknowledged", "--quiet"]).unwrap();
        counts.lines().filter_map(|count| count.trim().parse::<usize>().ok()).sum()
    }

    fn accepted(&self) -> usize {
        self.answers().0
    }

    /// How many posts were accepted, and how many were not.
    fn answers(&self) -> (usize, usize) {
        let announcements = self.senders.announcements();
        let posts = announcements.iter().flat_map(|announcement| &announcement.posts);
        let accepted = posts.clone().filter(|post| matches!(post.answer, Answer::Accepted(_))).count();
        (accepted, posts.count() - accepted)
    }
}

/// Lets time pass: the duration of a fault, not the waiting for something.
fn pass(duration: Duration) {
    let end = Instant::now() + duration;
    while Instant::now() < end {
        tick();
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeleteQueue(flow) => write!(f, "the queue of {flow:?} is deleted"),
            Self::RestartBroker(signal) => write!(f, "RabbitMQ is ended by {signal:?} and started again"),
            Self::RestartLedger(signal) => write!(f, "PostgreSQL is ended by {signal:?} and started again"),
            Self::BlackHole(line) => write!(f, "black hole on {line:?}"),
            Self::Deaf(line) => write!(f, "answers do not come through on {line:?}"),
            Self::HalfClose(line) => write!(f, "half-closed connections on {line:?}"),
            Self::Reset(line) => write!(f, "reset connections on {line:?}"),
            Self::Refuse(line) => write!(f, "refused connections on {line:?}"),
            Self::Latency(line) => write!(f, "slow answers on {line:?}"),
            Self::MemoryAlarm(_) => f.write_str("memory alarm"),
            Self::KillWorkers(count) => write!(f, "{count} workers are killed, one each second"),
            Self::KillServe => f.write_str("a serve is killed"),
        }
    }
}

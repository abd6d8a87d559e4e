//! One seed's scenario from start to silence: trouble first, then calm; when everything is where it belongs,
//! nothing may be written any more, and the queue must run empty.

mod plan;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use domain::clock::Clock;
use domain::event::Origin;
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::bridge::{ONLY_EVENTS, Setup};
use crate::checker;
use crate::process::Process;
use crate::story::Story;
use crate::webhooks::Webhooks;
use crate::world::{Call, Site, World};

pub(crate) use plan::Plan;

/// The heartbeat of a scenario in real time, and by how much the clock moves with each beat.
const BEAT: Duration = Duration::from_millis(4);
const STEP: SignedDuration = SignedDuration::from_millis(100);
/// How long a scenario may take in real time to find its peace.
const PATIENCE: Duration = Duration::from_mins(1);
/// Rounds of the watch and of the sweep in which nothing may be written.
const SILENT_ROUNDS: usize = 2;

/// What a scenario was like.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) orders: usize,
    pub(crate) crashes: u32,
    pub(crate) calls: usize,
    pub(crate) troubles: usize,
    pub(crate) events: usize,
    pub(crate) writes: u64,
    pub(crate) freights: usize,
}

impl Figures {
    /// Takes another scenario's figures in.
    pub(crate) fn add(&mut self, other: &Self) {
        self.orders += other.orders;
        self.crashes += other.crashes;
        self.calls += other.calls;
        self.troubles += other.troubles;
        self.events += other.events;
        self.writes += other.writes;
        self.freights += other.freights;
    }
}

/// A scenario under way.
pub(crate) struct Scenario {
    plan: Plan,
    pub(crate) world: Arc<World>,
    pub(crate) story: Story,
    folder: TempDir,
    setup: Setup,
    process: Option<Process>,
    webhooks: Webhooks,
    crash_wanted: Receiver<()>,
    tick: u32,
    up_at: u32,
    crashes: u32,
    events: usize,
}

/// Plays a plan to its end. The error says what is wrong.
pub(crate) fn play(plan: Plan) -> Result<Figures, Vec<String>> {
    let mut scenario = Scenario::new(plan);
    scenario.trouble();
    scenario.calm();
    scenario.converge()?;
    scenario.keep_silent()?;
    scenario.run_empty()
}

impl Scenario {
    /// Everything is set up, and nothing has happened yet.
    pub(crate) fn new(plan: Plan) -> Self {
        let (world, crash_wanted) = World::new(plan.start, plan.seed, plan.skews);
        let story = Story::new(&world, plan.seed, plan.orders, plan.last_pick());
        let webhooks = Webhooks::new(plan.profile, plan.seed);
        world.trouble(Some(plan.troublemaker(&world)));
        let folder = folder();
        let setup = plan.setup();
        let process = Some(Process::start(&world, folder.path(), &setup));
        Self {
            plan,
            world,
            story,
            folder,
            setup,
            process,
            webhooks,
            crash_wanted,
            tick: 0,
            up_at: 0,
            crashes: 0,
            events: 0,
        }
    }

    /// Plays until the trouble is over.
    pub(crate) fn trouble(&mut self) {
        while self.tick < self.plan.troubled_ticks || !self.story.is_told() {
            self.beat();
        }
    }

    /// From now on nothing goes wrong.
    pub(crate) fn calm(&mut self) {
        self.world.trouble(None);
        self.webhooks.calm();
        self.up_at = self.tick;
    }

    fn beat(&mut self) {
        if self.crash_wanted.recv_timeout(BEAT).is_ok() || self.plan.kills.contains(&self.tick) {
            self.crash();
        }
        self.world.advance(STEP);
        self.tick += 1;
        if self.process.is_none() && self.tick >= self.up_at {
            self.process = Some(Process::start(&self.world, self.folder.path(), &self.setup));
        }
        self.story.act(self.tick, &self.world);
        self.webhooks.collect(&self.world);
        if let Some(process) = &self.process {
            let arrived = self.webhooks.arrived(self.world.clock.now());
            if !arrived.is_empty() {
                self.events += arrived.len();
                process.ask(async |bridge| bridge.publish(arrived, Origin::Webhook).await);
            }
        }
    }

    fn crash(&mut self) {
        let Some(process) = self.process.take() else { return };
        process.kill();
        // Requests that wanted the same death are gone with it.
        while self.crash_wanted.try_recv().is_ok() {}
        self.crashes += 1;
        self.up_at = self.tick + self.plan.downtime;
    }

    /// Plays on until the platforms and the books are right.
    pub(crate) fn converge(&mut self) -> Result<(), Vec<String>> {
        let begun = Instant::now();
        loop {
            for _ in 0..5 {
                self.beat();
            }
            let complaints = self.complaints();
            if complaints.is_empty() {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                return Err(self.explained(complaints));
            }
        }
    }

    /// Plays on until nobody has anything left to do, right or wrong. The warehouse's last step and the
    /// rounds after it are long behind then.
    pub(crate) fn until_quiet(&mut self) {
        let begun = Instant::now();
        let mut last = (self.written(), self.rounds());
        while !self.have_passed(6, last.1) {
            self.beat();
            assert!(begun.elapsed() < PATIENCE, "the line does not come to rest");
            if self.written() != last.0 || !self.webhooks.is_empty() {
                last = (self.written(), self.rounds());
            }
        }
    }

    /// What is wrong now.
    pub(crate) fn complaints(&self) -> Vec<String> {
        if !self.story.is_over() {
            return vec!["the warehouse is still at work".to_owned()];
        }
        let complaints = checker::complaints(&self.world, &self.story.expected);
        match &self.process {
            Some(process) if complaints.is_empty() => {
                process.ask(async |bridge| checker::book_complaints(bridge, &self.story.expected).await)
            }
            Some(_) => complaints,
            None => vec!["the bridge is down".to_owned()],
        }
    }

    /// Two more rounds of the watch and of the sweep: each finds our own writes, and nothing may follow.
    fn keep_silent(&mut self) -> Result<(), Vec<String>> {
        let (written, rounds, begun) = (self.written(), self.rounds(), Instant::now());
        while !self.have_passed(SILENT_ROUNDS, rounds) {
            self.beat();
            if begun.elapsed() > PATIENCE {
                return Err(vec!["the watch and the sweep do not come round any more".to_owned()]);
            }
        }
        let now = self.written();
        if now != written {
            let last = self.world.last_write().unwrap_or_default();
            let echo = format!("an echo: {written:?} writes before the silence, {now:?} after it; {last}");
            return Err(self.explained(vec![echo]));
        }
        Ok(())
    }

    /// The writes that the platforms took: records at Cin7, orders at ShipStation.
    fn written(&self) -> (u64, u64) {
        let shipstation = self.world.shipstation().calls().upserts().values().sum();
        (self.world.cin7().calls().records_written(), shipstation)
    }

    /// Rounds of the watch and of the sweep so far.
    fn rounds(&self) -> [usize; 2] {
        let sweeps = self.world.count(|call| call.is("GET /shipments") && call.asks("voidDateStart", ""));
        [self.world.count(Call::is_poll), sweeps]
    }

    /// Whether watch and sweep have both come round so many times since.
    fn have_passed(&self, rounds: usize, since: [usize; 2]) -> bool {
        self.rounds().iter().zip(since).all(|(now, then)| *now >= then + rounds)
    }

    /// With nobody looking for anything new, the queue runs empty, and all is as it was.
    fn run_empty(mut self) -> Result<Figures, Vec<String>> {
        if let Some(process) = self.process.take() {
            process.stop();
        }
        self.setup.schedule = ONLY_EVENTS;
        self.process = Some(Process::start(&self.world, self.folder.path(), &self.setup));
        let begun = Instant::now();
        while !self.is_drained() {
            self.beat();
            if begun.elapsed() > PATIENCE {
                return Err(self.explained(vec!["accepted events are still not settled".to_owned()]));
            }
        }
        let complaints = self.complaints();
        if !complaints.is_empty() {
            return Err(self.explained(complaints));
        }
        Ok(self.figures())
    }

    fn is_drained(&self) -> bool {
        let drained = |process: &Process| process.ask(async |bridge| bridge.is_drained().await);
        self.webhooks.is_empty() && self.process.as_ref().is_some_and(drained)
    }

    fn figures(&self) -> Figures {
        Figures {
            orders: self.plan.orders,
            crashes: self.crashes,
            calls: self.world.count(|_| true),
            troubles: self.world.troubles(),
            events: self.events,
            writes: self.written().0 + self.written().1,
            freights: self.world.count(|call| call.is_write() && call.body.contains("\"freightTotal\"")),
        }
    }

    /// Complaints with the timelines of the orders that they are about.
    fn explained(&self, mut complaints: Vec<String>) -> Vec<String> {
        let named: Vec<i64> = self
            .story
            .expected
            .keys()
            .copied()
            .filter(|id| complaints.iter().any(|text| text.contains(&id.to_string())))
            .collect();
        if let Some(process) = &self.process {
            for id in named {
                let timeline = process.ask(async |bridge| bridge.timeline(id).await);
                complaints.extend(timeline.into_iter().map(|line| format!("  {id} {line}")));
            }
        }
        complaints.push(format!(
            "{:?}, {} crashes, now {}",
            self.plan,
            self.crashes,
            self.world.now(Site::Cin7)
        ));
        complaints
    }
}

/// A folder for queue and ledger, in memory where the system has such a place: a scenario synchronises with
/// the disk a thousand times.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir()
        && let Ok(folder) = TempDir::new_in(memory)
    {
        return folder;
    }
    TempDir::new().unwrap()
}

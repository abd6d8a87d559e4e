//! Leadership by a virtual clock: three candidates over one lease, some of which die, hang or are cut off.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ledger::Lease;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::*;

/// The clock of the runtime, which stands still while somebody works and jumps while all sleep.
#[derive(Debug)]
struct VirtualClock(Instant);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.0.elapsed()).expect("a test is short");
        "2026-06-10T03:30:00Z".parse::<Timestamp>().expect("is one") + elapsed
    }
}

/// One lease, as the ledger keeps it. Whoever is cut off does not reach it.
#[derive(Debug, Default)]
struct OneLease {
    held: Mutex<Option<(String, Timestamp)>>,
    cut_off: Mutex<Option<String>>,
}

#[async_trait]
impl Leases for OneLease {
    async fn lease(
        &self,
        _: &str,
        holder: &str,
        length: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Lease>, LedgerError> {
        if self.cut_off.lock().unwrap().as_deref() == Some(holder) {
            sleep(Duration::from_secs(5)).await;
            return Err(LedgerError::Impossible { what: "answer", value: "none".to_owned() });
        }
        let mut held = self.held.lock().unwrap();
        if held.as_ref().is_some_and(|(other, until)| other != holder && *until > now) {
            return Ok(None);
        }
        let until = now + length;
        *held = Some((holder.to_owned(), until));
        Ok(Some(Lease { token: 1, until }))
    }

    async fn give_back(&self, _: &str, holder: &str) -> Result<(), LedgerError> {
        self.held.lock().unwrap().take_if(|(other, _)| other == holder);
        Ok(())
    }
}

/// Who is within a round now, and who has begun one last.
#[derive(Debug, Default)]
struct Rounds {
    within: Mutex<Vec<String>>,
    last: Mutex<Option<(String, Timestamp)>>,
    finished: Mutex<usize>,
}

/// A round of somebody; leaving it, in whatever way, is noticed.
struct Round<'a>(&'a Rounds, String);

impl<'a> Round<'a> {
    fn enter(rounds: &'a Rounds, holder: &str) -> Self {
        let mut within = rounds.within.lock().unwrap();
        assert!(within.is_empty(), "{holder} and {within:?} lead at once");
        within.push(holder.to_owned());
        Self(rounds, holder.to_owned())
    }
}

impl Drop for Round<'_> {
    fn drop(&mut self) {
        self.0.within.lock().unwrap().retain(|holder| *holder != self.1);
    }
}

struct Stage {
    clock: Arc<VirtualClock>,
    leases: Arc<OneLease>,
    rounds: Arc<Rounds>,
    tasks: TaskTracker,
}

impl Stage {
    fn new() -> Self {
        let clock = Arc::new(VirtualClock(Instant::now()));
        Self { clock, leases: Arc::default(), rounds: Arc::default(), tasks: TaskTracker::new() }
    }

    /// A candidate whose rounds take so long.
    fn candidate(&self, holder: &str, takes: Duration) -> JoinHandle<()> {
        let (clock, leases, rounds) = (self.clock.clone(), self.leases.clone(), self.rounds.clone());
        let holder = holder.to_owned();
        self.tasks.spawn(async move {
            let (outage, name) = (Outage::default(), "watch/acme".to_owned());
            let (leases, clock) = (leases.as_ref(), clock.as_ref());
            let candidate = Candidate { leases, clock, outage: &outage, name, holder: holder.clone() };
            let round = async || {
                let _within = Round::enter(&rounds, &holder);
                *rounds.last.lock().unwrap() = Some((holder.clone(), clock.now()));
                sleep(takes).await;
                *rounds.finished.lock().unwrap() += 1;
                Ok(())
            };
            candidate.run(Duration::from_secs(1), &CancellationToken::new(), round).await;
        })
    }

    /// Who leads at a time after this, and when that began.
    async fn leader_after(&self, then: Timestamp) -> (String, Timestamp) {
        loop {
            if let Some((holder, at)) = self.rounds.last.lock().unwrap().clone()
                && at > then
            {
                return (holder, at);
            }
            assert!(self.clock.now().duration_since(then) < SignedDuration::from_mins(5), "nobody leads");
            sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_leads_within_thirty_seconds_of_a_leaders_death_and_never_two_at_once() {
    let stage = Stage::new();
    let takes = Duration::from_secs(7);
    let mut candidates: Vec<_> =
        ["a", "b", "c"].map(|holder| (holder, stage.candidate(holder, takes))).into();
    for death in 0..12 {
        sleep(Duration::from_millis(20_000 + death * 1_700)).await;
        let (leader, _) = stage.rounds.last.lock().unwrap().clone().expect("somebody leads");
        let dying = candidates.iter_mut().find(|(holder, _)| *holder == leader).expect("it is one of them");
        dying.1.abort();
        let died = stage.clock.now();
        let (next, at) = stage.leader_after(died).await;
        assert_ne!(next, leader);
        assert!(at.duration_since(died) < SignedDuration::from_secs(30), "{}", at.duration_since(died));
        dying.1 = stage.candidate(dying.0, takes);
    }
}

#[tokio::test(start_paused = true)]
async fn a_round_that_is_longer_than_its_lease_is_finished_by_who_began_it() {
    let stage = Stage::new();
    let _a = stage.candidate("a", Duration::from_mins(2));
    let (_, begun) = stage.leader_after(stage.clock.now() - SignedDuration::from_secs(1)).await;
    let _b = stage.candidate("b", Duration::from_mins(2));
    let (next, at) = stage.leader_after(begun).await;
    assert_eq!(next, "a");
    assert_eq!(at.duration_since(begun), SignedDuration::from_mins(2));
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_cannot_renew_stops_before_its_lease_ends_and_another_takes_over() {
    let stage = Stage::new();
    let _a = stage.candidate("a", Duration::from_mins(10));
    sleep(Duration::from_secs(1)).await;
    let _b = stage.candidate("b", Duration::from_mins(10));
    sleep(Duration::from_secs(10)).await;
    *stage.leases.cut_off.lock().unwrap() = Some("a".to_owned());
    let (_, until) = stage.leases.held.lock().unwrap().clone().expect("a holds it");
    let cut = stage.clock.now();
    while !stage.rounds.within.lock().unwrap().is_empty() {
        sleep(Duration::from_millis(100)).await;
    }
    assert!(stage.clock.now() < until, "it stopped at {}, its lease ended at {until}", stage.clock.now());
    let (next, at) = stage.leader_after(cut).await;
    assert_eq!(next, "b");
    assert!(at.duration_since(cut) < SignedDuration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_was_paused_past_its_lease_leaves_its_round_to_others() {
    let stage = Stage::new();
    let _a = stage.candidate("a", Duration::from_secs(10));
    sleep(Duration::from_secs(1)).await;
    // The whole process stands still: afterwards the round and the watch over the lease are both due.
    tokio::time::advance(Duration::from_mins(1)).await;
    tokio::task::yield_now().await;
    assert_eq!(*stage.rounds.finished.lock().unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failed_round_of_a_long_interval_comes_again_within_minutes_and_then_keeps_its_interval() {
    const DAY: Duration = Duration::from_hours(24);
    let stage = Stage::new();
    let (leases, clock, outage) = (stage.leases.clone(), stage.clock.clone(), Outage::default());
    let (rounds, stop) = (Mutex::new(Vec::new()), CancellationToken::new());
    let candidate = Candidate {
        leases: leases.as_ref(),
        clock: clock.as_ref(),
        outage: &outage,
        name: "webhooks/acme".to_owned(),
        holder: "a".to_owned(),
    };
    let begun = Instant::now();
    let round = async || {
        rounds.lock().unwrap().push(begun.elapsed().as_secs());
        let failure = Failure::Transient { reason: "not now".to_owned() };
        if rounds.lock().unwrap().len() == 1 { Err(failure.into()) } else { Ok(()) }
    };
    let _time_is_up = timeout(2 * DAY, candidate.run(DAY, &stop, round)).await;
    let again = AGAIN_AFTER.as_secs();
    assert_eq!(*rounds.lock().unwrap(), [0, again, again + DAY.as_secs()]);
}

//! Workers on several machines: one budget, and clocks that differ.

use std::sync::Arc;

use domain::clock::{Clock, FixedClock};
use domain::quota::{Priority, Window};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use ledger::{Budget, PostgresLedger, Quota};

use crate::conformance::quota::window;
use crate::conformance::samples::at;
use crate::{Home, PostgresHome};

const WINDOWS: [(u32, i64); 3] = [(3, 1), (60, 60), (5_000, 86_400)];

/// Takes calls until there is no room. Answers with their number and the earliest next try.
async fn take_all(ledger: PostgresLedger, clock: Arc<FixedClock>) -> (usize, Timestamp) {
    let windows = WINDOWS.map(|(limit, seconds)| window(limit, seconds));
    let mut taken = 0;
    loop {
        match ledger.take("cin7", &windows, Priority::WriteBack, &*clock).await.unwrap() {
            Budget::Granted => taken += 1,
            Budget::Wait { until } => return (taken, until),
        }
    }
}

/// The most calls in any span of that length.
fn most_within(calls: &[Timestamp], length: SignedDuration) -> usize {
    let within = |begin: &Timestamp| calls.iter().filter(|at| *at >= begin && **at < *begin + length).count();
    calls.iter().map(within).max().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_workers_use_a_budget_up_and_never_exceed_it() {
    let home = PostgresHome::fresh().await;
    let clock = Arc::new(FixedClock::at(at(0)));
    let mut ledgers = Vec::new();
    for _ in 0..4 {
        ledgers.push(home.ledger().await);
    }
    let mut calls = Vec::new();
    let end = at(0) + SignedDuration::from_secs(305);
    while clock.now() < end {
        let mut workers = JoinSet::new();
        for ledger in &ledgers {
            workers.spawn(take_all(ledger.clone(), Arc::clone(&clock)));
        }
        let answers = workers.join_all().await;
        let taken: usize = answers.iter().map(|(taken, _)| *taken).sum();
        calls.extend(std::iter::repeat_n(clock.now(), taken));
        let next = answers.iter().map(|(_, until)| *until).min().unwrap();
        assert!(next > clock.now());
        clock.advance(next.duration_since(clock.now()));
    }
    for (limit, seconds) in WINDOWS {
        let Window { limit, length } = window(limit, seconds);
        assert!(most_within(&calls, length) <= limit as usize, "{limit} in {length:?}");
    }
    // Five windows of a minute.
    assert!(calls.len() >= 5 * 60 * 95 / 100, "{}", calls.len());
}

#[tokio::test]
async fn the_offset_of_a_clock_is_how_far_the_databases_is_ahead_of_it() {
    let home = PostgresHome::fresh().await;
    let ledger = home.ledger().await;
    let behind = FixedClock::at(Timestamp::UNIX_EPOCH);
    let first = ledger.clock_offset(&behind).await.unwrap();
    assert!(first > SignedDuration::from_hours(24 * 365 * 50), "a server of this century: {first:?}");
    behind.advance(SignedDuration::from_mins(5));
    let second = ledger.clock_offset(&behind).await.unwrap();
    let differ = first - second;
    assert!(differ <= SignedDuration::from_mins(5), "{differ:?}");
    assert!(differ > SignedDuration::from_mins(5) - SignedDuration::from_secs(30), "{differ:?}");
}

//! Quota: windows, priorities and takers. What platforms tell is `quota_told`; random sequences are
//! `quota_model`.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use domain::clock::{Clock, FixedClock};
use domain::quota::{Priority, Window};
use ledger::{Budget, Ledger, LeftOver};

use super::samples::at;
use crate::Home;

pub(crate) fn window(limit: u32, seconds: i64) -> Window {
    Window { limit, length: SignedDuration::from_secs(seconds) }
}

/// Takes a call of the highest priority.
pub(crate) async fn take(ledger: &dyn Ledger, windows: &[Window], now: Timestamp) -> Budget {
    ledger.take("cin7", windows, Priority::WriteBack, &FixedClock::at(now)).await.unwrap()
}

pub(crate) async fn left(ledger: &dyn Ledger, windows: &[Window], now: Timestamp) -> Vec<u32> {
    let left = ledger.left("cin7", windows, now).await.unwrap();
    left.into_iter().map(|left| left.remaining).collect()
}

fn millis(millis: i64) -> Timestamp {
    at(0) + SignedDuration::from_millis(millis)
}

/// A clock on which the first call's way to the disk or the server takes a second.
#[derive(Debug, Default)]
struct SlowAtFirst(AtomicU32);

impl Clock for SlowAtFirst {
    fn now(&self) -> Timestamp {
        at(i64::from(self.0.fetch_add(1, Ordering::Relaxed).min(1)))
    }
}

pub(crate) async fn a_call_that_was_granted_too_late_is_counted_but_not_made(home: &impl Home) {
    let ledger = home.open().await;
    let windows = [window(10, 60)];
    let budget = ledger.take("cin7", &windows, Priority::WriteBack, &SlowAtFirst::default()).await.unwrap();
    assert_eq!(budget, Budget::Granted);
    assert_eq!(left(&*ledger, &windows, at(1)).await, [8], "one call for nothing");
}

pub(crate) async fn a_full_window_opens_when_its_first_call_has_left_it(home: &impl Home) {
    let ledger = home.open().await;
    let windows = [window(2, 60)];
    assert_eq!(take(&*ledger, &windows, at(0)).await, Budget::Granted);
    assert_eq!(take(&*ledger, &windows, at(10)).await, Budget::Granted);
    // 60 s and a second.
    let wait = Budget::Wait { until: millis(61_000) };
    assert_eq!(take(&*ledger, &windows, at(10)).await, wait);
    assert_eq!(take(&*ledger, &windows, millis(61_000) - SignedDuration::from_micros(1)).await, wait);
    assert_eq!(left(&*ledger, &windows, at(60)).await, [0]);
    assert_eq!(left(&*ledger, &windows, millis(61_000)).await, [1]);
    assert_eq!(take(&*ledger, &windows, millis(61_000)).await, Budget::Granted);
    let wait = Budget::Wait { until: millis(71_000) };
    assert_eq!(take(&*ledger, &windows, millis(61_000)).await, wait, "refused calls were not counted");
}

pub(crate) async fn the_tightest_window_decides(home: &impl Home) {
    let ledger = home.open().await;
    let windows = [window(1, 1), window(3, 60), window(100, 86_400)];
    assert_eq!(take(&*ledger, &windows, at(0)).await, Budget::Granted);
    assert_eq!(take(&*ledger, &windows, at(1)).await, Budget::Wait { until: millis(2_000) });
    assert_eq!(take(&*ledger, &windows, at(2)).await, Budget::Granted);
    assert_eq!(take(&*ledger, &windows, at(4)).await, Budget::Granted);
    assert_eq!(take(&*ledger, &windows, at(4)).await, Budget::Wait { until: millis(61_000) });
    assert_eq!(left(&*ledger, &windows, at(6)).await, [1, 0, 97]);
    let limits = ledger.left("cin7", &windows, at(6)).await.unwrap();
    assert_eq!(limits[2], LeftOver { limit: 100, remaining: 97 });
}

pub(crate) async fn a_lower_priority_leaves_the_reserve_alone(home: &impl Home) {
    let ledger = home.open().await;
    let windows = [window(20, 60)];
    let mut granted = Vec::new();
    for priority in
        [Priority::Backfill, Priority::Watch, Priority::Rates, Priority::Import, Priority::WriteBack]
    {
        while ledger.take("cin7", &windows, priority, &FixedClock::at(at(0))).await.unwrap()
            == Budget::Granted
        {
            granted.push(priority);
        }
        assert_eq!(granted.len(), priority.share_of(20) as usize, "{priority:?}");
    }
}

pub(crate) async fn credentials_have_budgets_of_their_own(home: &impl Home) {
    let ledger = home.open().await;
    let windows = [window(1, 60)];
    for credential in ["cin7", "shipstation"] {
        let budget =
            ledger.take(credential, &windows, Priority::WriteBack, &FixedClock::at(at(0))).await.unwrap();
        assert_eq!(budget, Budget::Granted, "{credential}");
    }
    assert_ne!(take(&*ledger, &windows, at(0)).await, Budget::Granted);
}

pub(crate) async fn calls_survive_a_restart(home: &impl Home) {
    let windows = [window(1, 86_400)];
    assert_eq!(take(&*home.open().await, &windows, at(0)).await, Budget::Granted);
    let until = at(0) + SignedDuration::from_secs(86_400 + 864);
    assert_eq!(take(&*home.open().await, &windows, at(86_400)).await, Budget::Wait { until });
    assert_eq!(take(&*home.open().await, &windows, until).await, Budget::Granted);
}

pub(crate) async fn concurrent_takers_never_exceed_the_limit(home: &impl Home) {
    let ledgers = [home.open().await, home.open().await];
    let mut takers = JoinSet::new();
    for ledger in ledgers.iter().cycle().take(8).cloned() {
        takers.spawn(async move {
            let mut granted = 0;
            for attempt in 0..10 {
                let budget = take(&*ledger, &[window(30, 60), window(50, 3_600)], at(attempt)).await;
                granted += u32::from(budget == Budget::Granted);
            }
            granted
        });
    }
    assert_eq!(takers.join_all().await.into_iter().sum::<u32>(), 30);
}

//! Quota: what the platforms' answers change about it.

use jiff::SignedDuration;

use domain::clock::FixedClock;
use domain::quota::Priority;
use ledger::{Budget, PlatformBudget};

use super::quota::{left, take, window};
use super::samples::{MINUTE, at};
use crate::Home;

fn remaining(remaining: u32, resets_in: i64) -> PlatformBudget {
    let resets_in = SignedDuration::from_secs(resets_in);
    PlatformBudget::Remaining { window: MINUTE, limit: None, remaining, resets_in }
}

pub(crate) async fn calls_of_others_count_until_the_reset(home: &impl Home) {
    let ledger = home.open().await;
    let windows = [window(10, 60), window(100, 3_600)];
    take(&*ledger, &windows, at(0)).await;
    // We count one of ten, the platform nine: eight are of others.
    ledger.heed("cin7", remaining(1, 30), at(1)).await.unwrap();
    let reopened = home.open().await;
    assert_eq!(left(&*reopened, &windows, at(1)).await, [1, 99]);
    assert_eq!(take(&*reopened, &windows, at(1)).await, Budget::Granted);
    assert_eq!(take(&*reopened, &windows, at(2)).await, Budget::Wait { until: at(31) });
    let backfill = reopened.take("cin7", &windows, Priority::Backfill, &FixedClock::at(at(2))).await.unwrap();
    assert_eq!(backfill, Budget::Wait { until: at(31) });
    // An answer that comes late does not give their calls back.
    ledger.heed("cin7", remaining(5, 28), at(3)).await.unwrap();
    assert_eq!(left(&*ledger, &windows, at(30)).await, [0, 98]);
    assert_eq!(left(&*ledger, &windows, at(31)).await, [8, 98]);
    assert_eq!(take(&*ledger, &windows, at(31)).await, Budget::Granted);
}

pub(crate) async fn a_report_never_gives_more_than_the_limit(home: &impl Home) {
    let ledger = home.open().await;
    let windows = [window(2, 60)];
    take(&*ledger, &windows, at(0)).await;
    take(&*ledger, &windows, at(0)).await;
    ledger.heed("cin7", remaining(90, 30), at(1)).await.unwrap();
    let until = at(61);
    assert_eq!(take(&*ledger, &windows, at(2)).await, Budget::Wait { until });
}

pub(crate) async fn a_told_limit_lowers_ours_until_told_otherwise(home: &impl Home) {
    let ledger = home.open().await;
    let windows = [window(10, 60)];
    let told = |limit, remaining| PlatformBudget::Remaining {
        window: MINUTE,
        limit: Some(limit),
        remaining,
        resets_in: SignedDuration::from_secs(10),
    };
    for (report, expected) in [(told(4, 4), 4), (remaining(4, 10), 4), (told(50, 50), 10)] {
        ledger.heed("cin7", report, at(0)).await.unwrap();
        // The limit stays beyond the reset, unlike the calls of others.
        let kept = ledger.left("cin7", &windows, at(1_000)).await.unwrap()[0];
        assert_eq!((kept.limit, kept.remaining), (expected, expected), "{report:?}");
    }
}

pub(crate) async fn a_block_holds_everybody_until_it_ends(home: &impl Home) {
    let ledger = home.open().await;
    let windows = [window(10, 60)];
    ledger.heed("cin7", PlatformBudget::Blocked { until: at(50) }, at(0)).await.unwrap();
    ledger.heed("cin7", PlatformBudget::Blocked { until: at(20) }, at(0)).await.unwrap();
    let reopened = home.open().await;
    assert_eq!(take(&*reopened, &windows, at(49)).await, Budget::Wait { until: at(50) });
    assert_eq!(left(&*reopened, &windows, at(49)).await, [0]);
    let other =
        reopened.take("shipstation", &windows, Priority::Watch, &FixedClock::at(at(49))).await.unwrap();
    assert_eq!(other, Budget::Granted);
    assert_eq!(take(&*reopened, &windows, at(50)).await, Budget::Granted);
}

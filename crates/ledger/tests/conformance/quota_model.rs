//! Quota: random sequences against a model that remembers every call and tries every instant.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::runtime::Handle;

use domain::clock::FixedClock;
use domain::quota::{Priority, Window};
use ledger::{Budget, Ledger, PlatformBudget};

use super::quota::window;
use super::samples::at;
use crate::Home;

const PRIORITIES: [Priority; 5] =
    [Priority::Backfill, Priority::Watch, Priority::Rates, Priority::Import, Priority::WriteBack];

#[derive(Debug, Clone)]
enum Step {
    /// Time goes on, or back a little: another process's clock.
    Pass(i64),
    /// Somebody asks for a call.
    Take(usize),
    /// Somebody asks, waits as long as told, and must then get the call.
    Insist(usize),
    /// A platform reports on a window.
    Remaining { window: usize, limit: Option<u32>, remaining: u32, resets_in: i64 },
    /// A platform blocks us.
    Blocked(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (-500_000..3_000_000_i64).prop_map(Step::Pass),
        10 => (0..PRIORITIES.len()).prop_map(Step::Take),
        3 => (0..PRIORITIES.len()).prop_map(Step::Insist),
        3 => (0..3_usize, prop_oneof![Just(None), (1..20_u32).prop_map(Some)], 0..12_u32, 0..20_000_000_i64)
            .prop_map(|(window, limit, remaining, resets_in)| {
                Step::Remaining { window, limit, remaining, resets_in }
            }),
        1 => (0..4_000_000_i64).prop_map(Step::Blocked),
    ]
}

/// One window with everything known of it.
#[derive(Debug)]
struct ModelWindow {
    window: Window,
    span: SignedDuration,
    told_limit: Option<u32>,
    /// Calls of ours that fit, until when.
    ceiling: Option<(u32, Timestamp)>,
}

#[derive(Debug)]
struct Model {
    windows: Vec<ModelWindow>,
    calls: Vec<Timestamp>,
    blocked_until: Timestamp,
}

impl Model {
    fn new(windows: &[Window]) -> Self {
        let window = |window: &Window| {
            let margin = (window.length / 100).max(SignedDuration::from_secs(1));
            ModelWindow { window: *window, span: window.length + margin, told_limit: None, ceiling: None }
        };
        Self {
            windows: windows.iter().map(window).collect(),
            calls: Vec::new(),
            blocked_until: Timestamp::MIN,
        }
    }

    fn counted(&self, window: &ModelWindow, now: Timestamp) -> u32 {
        let inside = self.calls.iter().filter(|call| **call > now - window.span).count();
        u32::try_from(inside).unwrap()
    }

    fn has_room(&self, priority: Priority, now: Timestamp) -> bool {
        let window_has_room = |window: &ModelWindow| {
            let limit = window.told_limit.unwrap_or(u32::MAX).min(window.window.limit);
            let ceiling = window.ceiling.filter(|(_, until)| *until > now);
            let others = ceiling.map_or(0, |(ceiling, _)| limit.saturating_sub(ceiling));
            self.counted(window, now) + others < priority.share_of(limit)
        };
        now >= self.blocked_until && self.windows.iter().all(window_has_room)
    }

    /// The first instant with room, among all at which anything can change.
    fn expected(&self, priority: Priority, now: Timestamp) -> Budget {
        if self.has_room(priority, now) {
            return Budget::Granted;
        }
        let mut instants = vec![self.blocked_until];
        for window in &self.windows {
            instants.extend(self.calls.iter().map(|call| *call + window.span));
            instants.extend(window.ceiling.map(|(_, until)| until));
        }
        instants.sort();
        let until = instants.into_iter().find(|instant| *instant > now && self.has_room(priority, *instant));
        Budget::Wait { until: until.unwrap() }
    }

    fn heed(&mut self, window: usize, limit: Option<u32>, remaining: u32, resets: Timestamp, now: Timestamp) {
        let ceiling = self.counted(&self.windows[window], now) + remaining;
        let window = &mut self.windows[window];
        window.told_limit = limit.or(window.told_limit);
        if !window.ceiling.is_some_and(|(lower, until)| until > now && lower < ceiling) {
            window.ceiling = Some((ceiling, resets));
        }
    }

    /// No span of any window's length holds more calls than its limit.
    fn assert_limits_were_kept(&self) {
        let mut calls = self.calls.clone();
        calls.sort();
        for window in &self.windows {
            for pair in calls.windows(window.window.limit as usize + 1) {
                assert!(pair[pair.len() - 1].duration_since(pair[0]) >= window.span, "{window:?} {pair:?}");
            }
        }
    }
}

pub(crate) async fn any_sequence_agrees_with_a_model_and_keeps_every_limit(home: &impl Home) {
    let ledger = home.open().await;
    let credentials = AtomicU32::new(0);
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let sequences = ((1..6_u32, 3..12_u32, 6..20_u32), vec(step(), 1..60));
    tokio::task::block_in_place(|| {
        runner.run(&sequences, |((second, ten, minute), steps)| {
            let windows = [window(second, 1), window(ten, 10), window(minute, 60)];
            let credential = format!("credential {}", credentials.fetch_add(1, Ordering::Relaxed));
            Handle::current().block_on(walk(&*ledger, &credential, &windows, &steps));
            Ok(())
        })
    })
    .unwrap();
}

async fn walk(ledger: &dyn Ledger, credential: &str, windows: &[Window], steps: &[Step]) {
    let mut model = Model::new(windows);
    let mut now = at(0);
    for step in steps {
        match *step {
            Step::Pass(micros) => now += SignedDuration::from_micros(micros),
            Step::Take(priority) => {
                ask(ledger, credential, windows, &mut model, PRIORITIES[priority], now).await;
            }
            Step::Insist(priority) => {
                let priority = PRIORITIES[priority];
                if let Budget::Wait { until } =
                    ask(ledger, credential, windows, &mut model, priority, now).await
                {
                    now = until;
                    let after = ask(ledger, credential, windows, &mut model, priority, now).await;
                    assert_eq!(after, Budget::Granted);
                }
            }
            Step::Remaining { window, limit, remaining, resets_in } => {
                let resets_in = SignedDuration::from_micros(resets_in);
                model.heed(window, limit, remaining, now + resets_in, now);
                let window = windows[window].length;
                let report = PlatformBudget::Remaining { window, limit, remaining, resets_in };
                ledger.heed(credential, report, now).await.unwrap();
            }
            Step::Blocked(micros) => {
                let until = now + SignedDuration::from_micros(micros);
                model.blocked_until = model.blocked_until.max(until);
                ledger.heed(credential, PlatformBudget::Blocked { until }, now).await.unwrap();
            }
        }
    }
    model.assert_limits_were_kept();
}

/// Asks ledger and model for a call.
async fn ask(
    ledger: &dyn Ledger,
    credential: &str,
    windows: &[Window],
    model: &mut Model,
    priority: Priority,
    now: Timestamp,
) -> Budget {
    let budget = ledger.take(credential, windows, priority, &FixedClock::at(now)).await.unwrap();
    assert_eq!(budget, model.expected(priority, now), "{priority:?} at {now}: {model:?}");
    if budget == Budget::Granted {
        model.calls.push(now);
    }
    budget
}

//! What a seed decides before anything begins: when and where it happens, which faults there are, when the
//! bridge dies, how many workers there are.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use domain::settings::{RateRules, Rules};
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use sandbox::faults::FaultProfile;
use worker::Schedule;

use super::STEP;
use crate::bridge::{Setup, plenty, rules};
use crate::trouble::{Faults, Trouble, Troublemaker};
use crate::world::{Call, Site, World};

/// When scenarios begin: on a plain day, and a minute before the things that calendars do, in the time zones
/// of ShipStation (US Pacific), of the account (Sydney) and of Cin7 (UTC).
const STARTS: [&str; 7] = [
    "2026-06-10T03:30:00Z",
    // The hour between 1:00 and 2:00 Pacific comes a second time.
    "2026-11-01T08:59:20Z",
    // 2:00 Pacific becomes 3:00.
    "2026-03-08T09:59:20Z",
    // Midnight Pacific.
    "2026-07-15T06:59:20Z",
    // Sydney leaves summer time.
    "2026-04-04T15:59:20Z",
    // A year ends in UTC.
    "2026-12-31T23:59:20Z",
    // A leap day begins in UTC.
    "2028-02-28T23:59:20Z",
];

/// Fault profiles, as the sandbox reads them.
const PROFILES: [&str; 7] = [
    "all",
    "all,reset-after=0.08,truncated=0.05,server-error-after=0.05",
    "all,webhook-drop=0.5",
    "resets,server-errors",
    "truncated,html=0.04,webhooks-noisy",
    "rate-limits,webhooks",
    "webhooks-lossy,slow=0.1",
];

/// A point at which the bridge dies: with this call of its under way, counted over all its lives.
#[derive(Debug, Clone, Copy)]
struct CrashAtCall {
    call: usize,
    applied: bool,
}

/// What a seed decides.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) start: Timestamp,
    /// By how much the platforms' clocks are ahead of ours.
    pub(crate) skews: [SignedDuration; 2],
    pub(crate) profile: FaultProfile,
    pub(crate) orders: usize,
    pub(crate) troubled_ticks: u32,
    /// Ticks at which the bridge is killed, whatever it does.
    pub(crate) kills: BTreeSet<u32>,
    /// For how many ticks it stays dead.
    pub(crate) downtime: u32,
    crashes: Vec<CrashAtCall>,
    /// A platform that nobody reaches from one tick to another.
    outage: Option<(Site, u32, u32)>,
    workers: usize,
}

impl Plan {
    /// The plan of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let any = |texts: &[&str], dice: &mut StdRng| (*texts.choose(dice).unwrap()).to_owned();
        let profile: FaultProfile = any(&PROFILES, &mut dice).parse().unwrap();
        let mut skew = || SignedDuration::from_secs(dice.random_range(-300..=300));
        let skews = [skew(), skew()];
        let crashes = (0..dice.random_range(0..=2_u32))
            .map(|_| CrashAtCall { call: dice.random_range(5..100), applied: dice.random_bool(0.7) })
            .collect();
        let outage = dice.random_bool(0.2).then(|| {
            let (begin, length) = (dice.random_range(50..250_u32), dice.random_range(40..120_u32));
            let site = if dice.random_bool(0.5) { Site::Cin7 } else { Site::ShipStation };
            (site, begin, begin + length)
        });
        Self {
            seed,
            start: any(&STARTS, &mut dice).parse().unwrap(),
            skews,
            profile: FaultProfile { longest_delay: Duration::from_secs(20), ..profile },
            orders: 15,
            troubled_ticks: 400,
            kills: (0..dice.random_range(0..=2_u32)).map(|_| dice.random_range(20..400)).collect(),
            downtime: dice.random_range(1..60),
            crashes,
            outage,
            workers: if dice.random_bool(0.35) { 2 } else { 1 },
        }
    }

    /// A plan in which nothing goes wrong.
    pub(crate) fn calm(seed: u64, orders: usize) -> Self {
        Self {
            profile: FaultProfile::default(),
            orders,
            troubled_ticks: 0,
            kills: BTreeSet::new(),
            crashes: Vec::new(),
            outage: None,
            workers: 1,
            ..Self::of(seed)
        }
    }

    /// The tick by which all orders are picked.
    pub(crate) fn last_pick(&self) -> u32 {
        self.troubled_ticks.max(40) * 3 / 4
    }

    /// How the bridge is set up: everything a little faster than in life, as the clock is.
    pub(crate) fn setup(&self) -> Setup {
        Setup {
            workers: self.workers,
            schedule: Schedule {
                watch: Some(Duration::from_millis(80)),
                sweep: Some(Duration::from_millis(160)),
                products: Some(Duration::from_millis(400)),
                store: None,
            },
            ladder: [1, 2, 4].map(SignedDuration::from_secs).to_vec(),
            lease: SignedDuration::from_secs(30),
            windows: plenty(),
            rules: self.rules(),
            alerting: worker::Alerting::by(alerts::Channels::default()),
            subscriptions: None,
            api: true,
            v2_key: None,
        }
    }

    /// Every other seed has freight quoted, too.
    fn rules(&self) -> Rules {
        let rates = RateRules {
            enabled: self.seed.is_multiple_of(2),
            packages: vec!["Package".to_owned()],
            from_postal_code: "94607".to_owned(),
            currency: "AUD".to_owned(),
            ..RateRules::default()
        };
        Rules { rates, ..rules() }
    }

    /// What goes wrong with calls.
    pub(crate) fn troublemaker(&self, world: &Arc<World>) -> Troublemaker {
        // Shorter than the time that a lease keeps for a call; webhooks may be later than that.
        let slow = FaultProfile { longest_delay: Duration::from_secs(5), ..self.profile };
        let mut faults = Faults::new(slow, self.seed);
        let (crashes, clock) = (self.crashes.clone(), world.clock.clone());
        let outage = self.outage.map(|(site, begin, end)| {
            let at = |tick: u32| self.start + STEP * i32::try_from(tick).unwrap();
            (site, at(begin), at(end))
        });
        let mut calls = 0;
        Box::new(move |call: &Call| {
            calls += 1;
            let fault = faults.next(call.site);
            let now = clock.now();
            if let Some(crash) = crashes.iter().find(|crash| crash.call == calls) {
                return Some(if crash.applied { Trouble::CrashAfter } else { Trouble::CrashBefore });
            }
            if outage.is_some_and(|(site, begin, end)| site == call.site && begin <= now && now < end) {
                return Some(Trouble::Refused);
            }
            fault
        })
    }
}

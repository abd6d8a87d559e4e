//! The gate before each platform: every call goes through [`Gate::call`], which waits for the budget that all
//! workers share, keeps off a platform that is down, heeds what answers say of the budget, and counts.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use tokio_util::sync::CancellationToken;

use domain::clock::Clock;
use domain::failure::Failure;
use domain::ids::ConnectionName;
use domain::quota::{Priority, Window};
use ledger::{Budget, Ledger, LedgerError, PlatformBudget};
use platforms::{Answer, CallPermit, Heard};

use crate::circuit::{Access, Circuit};
use crate::metrics::WorkerMetrics;
use crate::outage;

/// One of the two platforms, or the second one's newer API, which has a budget of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Cin7 Omni.
    Cin7,
    /// ShipStation.
    ShipStation,
    /// ShipStation by V2.
    ShipStationV2,
}

impl Platform {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Cin7, Self::ShipStation, Self::ShipStationV2];

    /// The platform's name in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cin7 => "cin7",
            Self::ShipStation => "shipstation",
            Self::ShipStationV2 => "shipstation_v2",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A call's permit with what the call is for. One permit, one call.
#[derive(Debug)]
pub struct Permit {
    call: CallPermit,
    priority: Priority,
    granted: Instant,
}

/// Why there is no permit.
#[derive(Debug)]
pub(crate) enum NoPermit {
    /// The budget or the platform does not allow it for a while.
    Later(Failure),
    /// The ledger, which keeps the budget, could not be asked.
    Ledger(LedgerError),
}

/// Longest wait for budget while events are in hand; longer waits return them to the queue.
pub(crate) const PATIENCE: SignedDuration = SignedDuration::from_secs(45);
/// The window that paces us: the platforms' limits that matter from moment to moment.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// A permit that has lain for longer is not used: the call would reach the platform outside its place in the window.
/// Together with what the ledger lets pass it is what the ledger stretches a window by at least.
const STALE: Duration = Duration::from_millis(500);
/// While the worker stops, what has begun is finished if its budget is there within so long: a write that was made and
/// not read back is in doubt, and costs more later.
const TO_FINISH: SignedDuration = SignedDuration::from_secs(3);
/// Longest sleep between two looks at the clock.
const LONGEST_NAP: Duration = Duration::from_secs(5);

/// The gate of one connection to one platform.
#[derive(Debug)]
pub struct Gate {
    connection: ConnectionName,
    platform: Platform,
    credential: String,
    windows: Vec<Window>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    metrics: WorkerMetrics,
    circuit: Mutex<Circuit>,
    closed: CancellationToken,
}

impl Gate {
    /// A gate over the budget of one credential. Gates with the same `credential` share the budget.
    pub fn new(
        connection: ConnectionName,
        platform: Platform,
        credential: String,
        windows: Vec<Window>,
        ledger: Arc<dyn Ledger>,
        clock: Arc<dyn Clock>,
        metrics: WorkerMetrics,
    ) -> Self {
        let (circuit, closed) = (Mutex::default(), CancellationToken::new());
        Self { connection, platform, credential, windows, ledger, clock, metrics, circuit, closed }
    }

    /// Makes one call as soon as budget and circuit allow it; gives up with [`Failure::RateLimited`] when
    /// that would take longer than a moment.
    pub async fn call<T, F, Fut>(&self, priority: Priority, make: F) -> Result<T, Failure>
    where
        F: FnOnce(CallPermit) -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        self.call_within(PATIENCE, priority, make).await
    }

    /// [`Self::call`], for a call that finishes what has begun: it may wait a moment even while the worker stops.
    pub(crate) async fn call_to_finish<T, F, Fut>(&self, priority: Priority, make: F) -> Result<T, Failure>
    where
        F: FnOnce(CallPermit) -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        let permit = self.admit_within(priority, Some(PATIENCE), TO_FINISH).await;
        self.call_with(permit.map_err(|no_permit| self.failure(no_permit))?, make).await
    }

    /// [`Self::call`], with another patience than the usual one.
    pub(crate) async fn call_within<T, F, Fut>(
        &self,
        patience: SignedDuration,
        priority: Priority,
        make: F,
    ) -> Result<T, Failure>
    where
        F: FnOnce(CallPermit) -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        let permit = self.permit(priority, Some(patience)).await?;
        self.call_with(permit, make).await
    }

    /// Makes one call with a permit taken before.
    pub async fn call_with<T, F, Fut>(&self, permit: Permit, make: F) -> Result<T, Failure>
    where
        F: FnOnce(CallPermit) -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        let permit = self.fresh(permit).await?;
        let started = Instant::now();
        let Answer { outcome, heard } = make(permit.call).await;
        self.metrics.called(&self.connection, self.platform, &heard, started.elapsed());
        self.metrics.spent(self.platform, permit.priority);
        tracing::debug!(
            connection = %self.connection, platform = %self.platform, operation = heard.operation,
            status = heard.status, priority = ?permit.priority, elapsed = ?started.elapsed(), "called"
        );
        self.heed(&outcome, &heard).await;
        outcome
    }

    /// The permit, or another one for it when a slow disk lay between the grant and the call. Nobody waits for that one:
    /// whoever is about to write has looked whether the lease has room for a call, not for a wait before it.
    async fn fresh(&self, permit: Permit) -> Result<Permit, Failure> {
        if permit.granted.elapsed() <= STALE {
            return Ok(permit);
        }
        // On the heap: it is rare, and every call's future would hold room for it.
        Box::pin(self.permit(permit.priority, Some(SignedDuration::ZERO))).await
    }

    /// Waits for a permit. With `patience`, gives up when it would take longer than that. A ledger that cannot be
    /// used is like a budget that is used up: it costs no attempt.
    pub async fn permit(
        &self,
        priority: Priority,
        patience: Option<SignedDuration>,
    ) -> Result<Permit, Failure> {
        self.admit(priority, patience).await.map_err(|no_permit| self.failure(no_permit))
    }

    fn failure(&self, no_permit: NoPermit) -> Failure {
        match no_permit {
            NoPermit::Later(failure) => failure,
            NoPermit::Ledger(error) if error.is_unavailable() => {
                let until = self.clock.now() + outage::RETURN_AFTER;
                Failure::RateLimited { until, reason: error.to_string() }
            }
            NoPermit::Ledger(error) => Failure::Transient { reason: error.to_string() },
        }
    }

    /// [`Self::permit`], for whoever treats the ledger's failures apart.
    pub(crate) async fn admit(
        &self,
        priority: Priority,
        patience: Option<SignedDuration>,
    ) -> Result<Permit, NoPermit> {
        self.admit_within(priority, patience, SignedDuration::ZERO).await
    }

    /// [`Self::admit`], and so long a wait even while the worker stops.
    async fn admit_within(
        &self,
        priority: Priority,
        patience: Option<SignedDuration>,
        closing: SignedDuration,
    ) -> Result<Permit, NoPermit> {
        let mut deadline = patience.map(|patience| self.clock.now() + patience);
        let mut last = None;
        loop {
            let now = self.clock.now();
            let (until, reason) = match self.open_until(now) {
                Some(until) => (until, "the platform fails every call"),
                None => match self.ledger.take(&self.credential, &self.windows, priority, &*self.clock).await
                {
                    Ok(Budget::Granted) => {
                        let (call, granted) = (CallPermit::granted(), Instant::now());
                        return Ok(Permit { call, priority, granted });
                    }
                    Ok(Budget::Wait { until }) => (until, "the budget is used up"),
                    Err(error) => return Err(NoPermit::Ledger(error)),
                },
            };
            let closed = self.closed.is_cancelled();
            if closed {
                let last = *last.get_or_insert(now + closing);
                deadline = Some(deadline.map_or(last, |deadline| deadline.min(last)));
            }
            if deadline.is_some_and(|deadline| until > deadline) {
                let reason = format!("{}: {reason}", self.platform);
                return Err(NoPermit::Later(Failure::RateLimited { until, reason }));
            }
            if closed {
                Self::sleep(now, until).await;
            } else {
                self.nap(now, until).await;
            }
        }
    }

    /// Waits until the minute's budget will soon have room for a call of this priority, and a little later for `least`
    /// of them, and takes none: for how many calls there will be room a little later. A longer window that is used up
    /// is not waited for: it must not keep orders from being read and explained.
    pub(crate) async fn until_room(
        &self,
        priority: Priority,
        soon: SignedDuration,
        later: SignedDuration,
        least: u32,
    ) -> u32 {
        let deadline = self.clock.now() + MINUTE;
        loop {
            let now = self.clock.now();
            let (Some(first), Some(room)) =
                (self.room_at(priority, now + soon).await, self.room_at(priority, now + later).await)
            else {
                return u32::MAX;
            };
            if (first > 0 && room >= least) || self.closed.is_cancelled() || now >= deadline {
                return room;
            }
            self.nap(now, now + SignedDuration::from_millis(500)).await;
        }
    }

    /// For how many calls of a priority the minute's budget has room then, if none is made until then; `None` where
    /// nobody knows.
    async fn room_at(&self, priority: Priority, at: Timestamp) -> Option<u32> {
        let left = self.ledger.left(&self.credential, &self.windows, at).await.ok()?;
        let of_minute = self.windows.iter().zip(&left).filter(|(window, _)| window.length <= MINUTE);
        let room = of_minute.map(|(_, left)| {
            let reserve = left.limit.saturating_sub(priority.share_of(left.limit));
            left.remaining.saturating_sub(reserve)
        });
        room.min()
    }

    /// The platform behind it.
    pub(crate) fn platform(&self) -> Platform {
        self.platform
    }

    /// What the platform last said to our credentials.
    pub(crate) fn access(&self) -> Access {
        self.circuit.lock().expect("no holder of this lock panics").access().clone()
    }

    /// How much of the minute's budget is spent, from 0 (idle) to 1 (used up). Unknown counts as idle.
    pub(crate) async fn pressure(&self) -> f64 {
        let Some(index) = self.windows.iter().rposition(|window| window.length <= MINUTE) else { return 0.0 };
        match self.ledger.left(&self.credential, &self.windows, self.clock.now()).await {
            Ok(left) => 1.0 - f64::from(left[index].remaining) / f64::from(left[index].limit.max(1)),
            Err(_) => 0.0,
        }
    }

    /// Lets nobody wait any more: what is in hand returns to the queue at no attempt. Calls that need no wait
    /// still go.
    pub(crate) fn close(&self) {
        self.closed.cancel();
    }

    /// Whether nobody waits any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// What is left of each window, for the metrics.
    pub(crate) async fn publish_left(&self) -> Result<(), ledger::LedgerError> {
        let left = self.ledger.left(&self.credential, &self.windows, self.clock.now()).await?;
        for (window, left) in self.windows.iter().zip(left) {
            self.metrics.quota_left(&self.connection, self.platform, window, left.remaining);
        }
        Ok(())
    }

    fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.circuit.lock().expect("no holder of this lock panics").open_until(now)
    }

    /// Sleeps, but not once nobody waits any more.
    async fn nap(&self, now: Timestamp, until: Timestamp) {
        tokio::select! { () = Self::sleep(now, until) => {}, () = self.closed.cancelled() => {} }
    }

    async fn sleep(now: Timestamp, until: Timestamp) {
        let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        tokio::time::sleep(wait.clamp(Duration::from_millis(5), LONGEST_NAP)).await;
    }

    async fn heed<T>(&self, outcome: &Result<T, Failure>, heard: &Heard) {
        let now = self.clock.now();
        let changed = self.circuit.lock().expect("no holder of this lock panics").heed(outcome, now);
        if changed {
            let open = self.open_until(now).is_some();
            self.metrics.circuit(&self.connection, self.platform, open);
            if let (true, Err(failure)) = (open, outcome) {
                tracing::error!(connection = %self.connection, platform = %self.platform, %failure, "platform set aside");
            } else {
                tracing::info!(connection = %self.connection, platform = %self.platform, "platform is back");
            }
        }
        if let Some(report) = budget_report(outcome, heard, &self.windows)
            && let Err(error) = self.ledger.heed(&self.credential, report, now).await
        {
            tracing::warn!(%error, "what the platform said of its budget was not kept");
        }
    }
}

/// What an answer says of the budget. The headers speak of the longest window within a minute.
fn budget_report<T>(
    outcome: &Result<T, Failure>,
    heard: &Heard,
    windows: &[Window],
) -> Option<PlatformBudget> {
    if let Err(Failure::RateLimited { until, .. }) = outcome {
        return Some(PlatformBudget::Blocked { until: *until });
    }
    let window = windows.iter().map(|window| window.length).filter(|length| *length <= MINUTE).max()?;
    Some(PlatformBudget::Remaining {
        window,
        limit: heard.limit,
        remaining: heard.remaining?,
        resets_in: heard.resets_in?,
    })
}

#[cfg(test)]
mod tests;

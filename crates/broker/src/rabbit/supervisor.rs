//! Keeps one connection: establishes a session, looks after it, and after any failure starts again from
//! scratch. lapin's own recovery stays off, since it may wait for ever.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::config::RabbitConfig;
use super::dial::Address;
use super::session::{Purpose, Session};
use super::trouble::RabbitError;

/// The first pause after a failure; each further one is twice as long.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A session that lived as long as this was a good one: the pauses start anew.
const STEADY: Duration = Duration::from_secs(5);

/// How a connection stands.
#[derive(Debug, Clone)]
pub(super) enum State {
    /// The first attempt is under way.
    Connecting,
    /// Established.
    Up(Arc<Session>),
    /// Not established.
    Down {
        /// Since when.
        since: Instant,
        /// Why the last attempt failed, or what ended the last session.
        why: RabbitError,
    },
    /// The broker is closed.
    Closed,
}

/// One kept connection, seen from those who use it.
#[derive(Debug)]
pub(super) struct Link(watch::Receiver<State>);

impl Link {
    /// Starts keeping a connection.
    pub(super) fn keep(supervisor: Supervisor, tasks: &TaskTracker) -> Self {
        let (state, seen) = watch::channel(State::Connecting);
        tasks.spawn(supervisor.run(state, tasks.clone()));
        Self(seen)
    }

    /// How it stands now.
    pub(super) fn state(&self) -> State {
        self.0.borrow().clone()
    }

    /// How the first attempt ends.
    pub(super) async fn first(&self) -> State {
        let mut seen = self.0.clone();
        match seen.wait_for(|state| !matches!(state, State::Connecting)).await {
            Ok(state) => state.clone(),
            Err(_) => State::Closed,
        }
    }

    /// The session, as soon as there is one; `None` when the broker is closed.
    pub(super) async fn up(&self) -> Option<Arc<Session>> {
        let mut seen = self.0.clone();
        let usable = |state: &State| match state {
            State::Up(session) => !session.has_ended(),
            State::Closed => true,
            _ => false,
        };
        match &*seen.wait_for(usable).await.ok()? {
            State::Up(session) => Some(Arc::clone(session)),
            _ => None,
        }
    }

    /// The session; if there is none, one that comes before the outage is older than `patience`.
    pub(super) async fn soon(&self, patience: Duration) -> Result<Arc<Session>, RabbitError> {
        let left = match self.state() {
            State::Up(session) if !session.has_ended() => return Ok(session),
            State::Down { since, .. } => patience.saturating_sub(since.elapsed()),
            _ => patience,
        };
        match timeout(left, self.up()).await {
            Ok(Some(session)) => Ok(session),
            _ => Err(self.trouble().unwrap_or(RabbitError::Connecting)),
        }
    }

    /// Why nothing can be published; `None` when it can.
    pub(super) fn trouble(&self) -> Option<RabbitError> {
        match self.state() {
            State::Up(session) if session.has_ended() => Some(session.why()),
            State::Up(session) => session.blocked_by().map(|reason| RabbitError::Blocked { reason }),
            State::Connecting | State::Closed => Some(RabbitError::Connecting),
            State::Down { since, why } => {
                Some(RabbitError::NotConnected { down_for: since.elapsed(), last: Box::new(why) })
            }
        }
    }
}

/// The task that keeps one connection.
#[derive(Clone)]
pub(super) struct Supervisor {
    pub(super) address: Address,
    pub(super) config: RabbitConfig,
    pub(super) purpose: Purpose,
    pub(super) stop: CancellationToken,
}

impl Supervisor {
    async fn run(self, state: watch::Sender<State>, tasks: TaskTracker) {
        let (mut since, mut pause) = (None, Pause::default());
        while !self.stop.is_cancelled() {
            let establishing = Session::establish(&self.address, &self.config, self.purpose);
            let established = tokio::select! {
                () = self.stop.cancelled() => break,
                established = establishing => established,
            };
            let why = match established {
                Ok((session, channels)) => {
                    self.tell_up(since.take());
                    let (session, begun) = (Arc::new(session), Instant::now());
                    session.start(channels, &tasks);
                    state.send_replace(State::Up(Arc::clone(&session)));
                    session.attend(&self.config, &self.stop).await;
                    if begun.elapsed() > STEADY {
                        pause = Pause::default();
                    }
                    session.why()
                }
                Err(error) => error,
            };
            if self.stop.is_cancelled() {
                break;
            }
            if since.is_none() {
                self.tell_down(&why);
            }
            let since = *since.get_or_insert_with(Instant::now);
            state.send_replace(State::Down { since, why });
            tokio::select! { () = self.stop.cancelled() => {}, () = sleep(pause.next()) => {} }
        }
        state.send_replace(State::Closed);
    }

    fn tell_up(&self, down_since: Option<Instant>) {
        let (purpose, server) = (self.purpose.as_str(), &self.address.server);
        match down_since {
            None => tracing::debug!(purpose, server, "connected to RabbitMQ"),
            Some(since) => {
                let down_for = since.elapsed();
                tracing::info!(purpose, server, ?down_for, "connected to RabbitMQ again");
            }
        }
    }

    fn tell_down(&self, error: &RabbitError) {
        let (purpose, server) = (self.purpose.as_str(), &self.address.server);
        tracing::warn!(purpose, server, %error, "no connection to RabbitMQ; trying again until there is one");
    }
}

/// The pauses between attempts: they double, and half of each is left to chance, so that many processes do
/// not come back at the same instant.
struct Pause {
    next: Duration,
    chance: RandomState,
}

impl Default for Pause {
    fn default() -> Self {
        Self { next: SHORTEST_PAUSE, chance: RandomState::new() }
    }
}

impl Pause {
    fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST_PAUSE);
        let percent = u32::try_from(self.chance.hash_one(pause) % 51).unwrap_or(0);
        pause * (50 + percent) / 100
    }
}

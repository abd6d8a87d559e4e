//! Public keys, remembered. They are fetched when they are first needed, again when they are a day old, and again for
//! a key that is not among them: at most once a minute, since anybody may name such a key. Whoever needs them while
//! they are being fetched waits for that fetch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::key_set::KeySet;
use super::key_source::{KeySource, KeysError};
use crate::log::{KeysFetched, KeysNotFetched};

/// Keys that are older are fetched anew, while those that are there go on being used.
const REFRESH_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Between two fetches at least so much time passes, whatever became of the first.
const FETCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// What is done while nobody waits for it: waited for when the server stops, and independent of a caller who hangs
/// up and of the thread that answers him.
#[derive(Debug, Clone)]
pub(crate) struct Background {
    pub(crate) tasks: TaskTracker,
    pub(crate) runtime: Handle,
}

/// The keys of one endpoint's sender.
#[derive(Debug)]
pub(crate) struct KeyCache {
    source: KeySource,
    memory: Arc<Mutex<Memory>>,
}

/// Why there is no key of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The sender publishes none of this id, or did not a minute ago.
    Unknown,
    /// It could not be asked.
    Unavailable,
}

#[derive(Debug, Default)]
struct Memory {
    keys: Option<Arc<KeySet>>,
    /// When the fetch began that brought them.
    fetched: Option<Timestamp>,
    /// When the last fetch began.
    asked: Option<Timestamp>,
    /// Whether the last fetch has brought nothing, or nothing yet.
    vain: bool,
    /// A fetch is under way until its sender is gone.
    under_way: Option<watch::Receiver<()>>,
}

impl KeyCache {
    pub(super) fn new(source: KeySource) -> Self {
        Self { source, memory: Arc::default() }
    }

    /// Keys with one of this id among them.
    pub(super) async fn having(
        &self,
        id: &str,
        now: Timestamp,
        background: &Background,
    ) -> Result<Arc<KeySet>, NoKey> {
        let fetch = {
            let mut memory = lock(&self.memory);
            if let Ok(keys) = memory.having(id) {
                if memory.is_old(now) {
                    self.fetch(&mut memory, now, background);
                }
                return Ok(keys);
            }
            self.fetch(&mut memory, now, background)
        };
        if let Some(mut fetch) = fetch {
            // Nothing is ever sent: this ends when the fetch does.
            let _ended = fetch.changed().await;
        }
        lock(&self.memory).having(id)
    }

    /// The fetch that is under way, or a new one if it is time for one.
    fn fetch(
        &self,
        memory: &mut Memory,
        now: Timestamp,
        background: &Background,
    ) -> Option<watch::Receiver<()>> {
        if let Some(fetch) = memory.under_way.as_ref().filter(|fetch| fetch.has_changed().is_ok()) {
            return Some(fetch.clone());
        }
        // A clock that was set back must not keep the keys from being fetched.
        if memory.asked.is_some_and(|asked| now.duration_since(asked).abs() < FETCH_EVERY) {
            return None;
        }
        let (sender, fetch) = watch::channel(());
        (memory.asked, memory.vain, memory.under_way) = (Some(now), true, Some(fetch.clone()));
        let (source, memory) = (self.source.clone(), Arc::clone(&self.memory));
        let task = async move {
            let fetched = source.fetch().await;
            lock(&memory).took(fetched, now);
            drop(sender);
        };
        background.tasks.spawn_on(task, &background.runtime);
        Some(fetch)
    }
}

impl Memory {
    fn having(&self, id: &str) -> Result<Arc<KeySet>, NoKey> {
        let unknown = if self.vain || self.keys.is_none() { NoKey::Unavailable } else { NoKey::Unknown };
        self.keys.as_ref().filter(|keys| keys.has(id)).map(Arc::clone).ok_or(unknown)
    }

    fn is_old(&self, now: Timestamp) -> bool {
        self.fetched.is_none_or(|fetched| now.duration_since(fetched).abs() > REFRESH_AFTER)
    }

    /// Takes what a fetch that began at `asked` has brought. Keys that could not be replaced stay good.
    fn took(&mut self, fetched: Result<KeySet, KeysError>, asked: Timestamp) {
        match fetched {
            Ok(keys) => {
                KeysFetched { usable: keys.len() }.emit();
                (self.keys, self.fetched, self.vain) = (Some(Arc::new(keys)), Some(asked), false);
            }
            Err(error) => KeysNotFetched { error: &error, others: self.keys.is_some() }.emit(),
        }
    }
}

/// What is behind the lock is whole after each assignment, so a panic elsewhere does not spoil it.
fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

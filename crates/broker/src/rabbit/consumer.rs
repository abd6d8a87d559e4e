//! Handing out the events of one lane. Events wait in the queue and not in this process: `ready` holds one
//! message, as a promise that there is something to take, and `batch` takes the rest when it is called.
//!
//! Each consumer is a task of its own, because a question to the server must not be dropped halfway: the
//! message that answers it would be in nobody's hands.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::held::Held;
use super::shared::Shared;
use super::taking::{Station, Taken};
use crate::delivery::Delivery;
use crate::error::ConsumeError;
use crate::roles::Consumer;

/// How long the message that `ready` holds may wait for `batch`, before it returns to the queue.
const PROBE_MAX: Duration = Duration::from_secs(45);
/// How often a lingering batch looks for more.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

type Answer<T> = oneshot::Sender<Result<T, ConsumeError>>;

#[derive(Debug)]
enum Request {
    Ready(Answer<()>),
    Batch { max: usize, linger: Duration, answer: Answer<Vec<Held>> },
}

/// A consumer of one lane: the handle to its task, which ends with it.
#[derive(Debug)]
pub(super) struct LaneConsumer(mpsc::Sender<Request>);

impl LaneConsumer {
    /// A consumer of `queue`.
    pub(super) fn start(shared: &Arc<Shared>, queue: String) -> Self {
        let (requests, heard) = mpsc::channel(1);
        let task = Task { shared: Arc::clone(shared), station: Station::new(queue), probe: None };
        shared.consumers.spawn(task.run(heard));
        Self(requests)
    }

    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, ConsumeError> {
        let (answer, answered) = oneshot::channel();
        self.0.send(request(answer)).await.map_err(|_| ConsumeError::Closed)?;
        answered.await.unwrap_or(Err(ConsumeError::Closed))
    }
}

#[async_trait]
impl Consumer for LaneConsumer {
    async fn ready(&mut self) -> Result<(), ConsumeError> {
        self.ask(Request::Ready).await
    }

    async fn batch(&mut self, max: usize, linger: Duration) -> Result<Vec<Delivery>, ConsumeError> {
        let held = self.ask(|answer| Request::Batch { max, linger, answer }).await?;
        Ok(held.into_iter().filter_map(Held::deliver).collect())
    }
}

struct Task {
    shared: Arc<Shared>,
    station: Station,
    probe: Option<(Held, Instant)>,
}

impl Task {
    async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        loop {
            let expiry = self.probe.as_ref().map(|(_, taken)| *taken + PROBE_MAX);
            tokio::select! {
                biased;
                () = self.shared.closing.cancelled() => break,
                () = sleep_until(expiry.unwrap_or_else(Instant::now)), if expiry.is_some() => self.probe = None,
                request = requests.recv() => match request {
                    None => break,
                    Some(Request::Ready(answer)) => self.ready(answer).await,
                    Some(Request::Batch { max, linger, answer }) => self.batch(max, linger, answer).await,
                },
            }
        }
    }

    /// Waits for a first message, across any number of outages.
    async fn ready(&mut self, mut answer: Answer<()>) {
        while !self.probe.as_ref().is_some_and(|(held, _)| held.usable()) {
            self.probe = None;
            let shared = Arc::clone(&self.shared);
            let given_up = async {
                tokio::select! { () = shared.closing.cancelled() => {}, () = answer.closed() => {} }
            };
            match self.station.first(&self.shared, given_up).await {
                Taken::Message(held) => self.probe = Some((held, Instant::now())),
                Taken::Nothing => {}
                Taken::GivenUp => return,
            }
        }
        // Whoever gave up meanwhile finds the message in the next batch.
        drop(answer.send(Ok(())));
    }

    /// Takes what is there. An outage gives what was taken before it, which may be nothing.
    async fn batch(&mut self, max: usize, linger: Duration, mut answer: Answer<Vec<Held>>) {
        let until = Instant::now() + linger;
        let mut taken = Vec::new();
        if max > 0 {
            taken.extend(self.probe.take().map(|(held, _)| held).filter(Held::usable));
        }
        let closed = loop {
            if taken.len() < max {
                taken.extend(self.station.take(&self.shared, max - taken.len()).await);
                taken.retain(Held::usable);
            }
            let now = Instant::now();
            if taken.is_empty() || taken.len() >= max || now >= until {
                break self.shared.closing.is_cancelled();
            }
            tokio::select! {
                () = self.shared.closing.cancelled() => break true,
                () = answer.closed() => break false,
                () = sleep_until(until.min(now + LOOK_AGAIN)) => {}
            }
        };
        // If nobody listens any more, what was taken is dropped here, which returns it.
        drop(answer.send(if closed { Err(ConsumeError::Closed) } else { Ok(taken) }));
    }
}

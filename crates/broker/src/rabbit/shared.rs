//! What the broker, its consumers and their deliveries share: the two connections, what is in hand, and
//! publishing for all of them.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::config::RabbitConfig;
use super::confirms::Outgoing;
use super::dial::Address;
use super::held::InHand;
use super::message::Draft;
use super::session::Purpose;
use super::supervisor::{Link, Supervisor};
use super::topology::{Names, short};
use super::trouble::RabbitError;

/// The inside of a broker.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: RabbitConfig,
    pub(super) names: Names,
    pub(super) in_hand: InHand,
    /// Nothing new is begun.
    pub(super) closing: CancellationToken,
    /// The consumers' tasks.
    pub(super) consumers: TaskTracker,
    /// Publishing, settling and returning that is under way.
    pub(super) settling: TaskTracker,
    /// Where tasks run that are begun outside of any, by dropping a delivery.
    pub(super) runtime: Handle,
    address: Address,
    publishing: Link,
    /// Kept from its first use on: a process that only accepts events needs none.
    consuming: OnceLock<Link>,
    stop: CancellationToken,
    supervisors: TaskTracker,
}

impl Shared {
    /// Begins to keep the publishing connection.
    pub(super) fn new(config: RabbitConfig) -> Result<Self, RabbitError> {
        let (names, address) = (Names::new(&config)?, Address::parse(&config.url)?);
        let (stop, supervisors) = (CancellationToken::new(), TaskTracker::new());
        let supervisor = Supervisor {
            address: address.clone(),
            config: config.clone(),
            purpose: Purpose::Publishing,
            stop: stop.clone(),
        };
        Ok(Self {
            config,
            names,
            in_hand: InHand::default(),
            closing: CancellationToken::new(),
            consumers: TaskTracker::new(),
            settling: TaskTracker::new(),
            runtime: Handle::current(),
            address,
            publishing: Link::keep(supervisor, &supervisors),
            consuming: OnceLock::new(),
            stop,
            supervisors,
        })
    }

    /// The connection that publishes.
    pub(super) fn publishing(&self) -> &Link {
        &self.publishing
    }

    /// The connection that consumes.
    pub(super) fn consuming(&self) -> &Link {
        self.consuming.get_or_init(|| {
            let supervisor = Supervisor {
                address: self.address.clone(),
                config: self.config.clone(),
                purpose: Purpose::Consuming,
                stop: self.stop.clone(),
            };
            Link::keep(supervisor, &self.supervisors)
        })
    }

    /// Publishes, and waits until the server has confirmed every message.
    pub(super) async fn send(&self, drafts: Vec<Draft>) -> Result<(), RabbitError> {
        let session = self.publishing.soon(self.config.deadline).await?;
        let outbox = session.outbox().ok_or(RabbitError::Connecting)?;
        let mut answers = Vec::with_capacity(drafts.len());
        for Draft { exchange, key, body, properties } in drafts {
            let (answer, heard) = oneshot::channel();
            let outgoing =
                Outgoing { exchange: short(&exchange), key: short(&key), body, properties, answer };
            outbox.send(outgoing).await.map_err(|_| session.why())?;
            answers.push(heard);
        }
        for heard in answers {
            heard.await.unwrap_or_else(|_| Err(session.why()))?;
        }
        Ok(())
    }

    /// Returns what is in hand and waits until nothing is under way, then ends the connections.
    pub(super) async fn end(&self) {
        let until = Instant::now() + self.config.deadline + Duration::from_secs(1);
        self.consumers.close();
        // What takes longer has lost its connection, and with it what it holds: the server returns that.
        drop(timeout_at(until, self.consumers.wait()).await);
        drop(timeout_at(until, self.give_all_back()).await);
        self.settling.close();
        drop(timeout_at(until, self.settling.wait()).await);
        self.stop.cancel();
        self.supervisors.close();
        self.supervisors.wait().await;
    }

    async fn give_all_back(&self) {
        let back = self.in_hand.take_all().into_iter().map(|message| message.give_back_now(self));
        futures_util::future::join_all(back).await;
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

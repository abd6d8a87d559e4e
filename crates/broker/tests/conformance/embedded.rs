//! The embedded backend: the suite, and what is its own. A crash is a copy of its files, taken while they are
//! in use: what a killed process would have left. A real kill is in `processes`.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use broker::{Broker, ConsumeError, Depth, EmbeddedBroker, EmbeddedConfig, OpenError, Publisher};
use domain::clock::FixedClock;
use domain::event::{Event, Lane};
use futures_util::future::join_all;
use jiff::SignedDuration;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use crate::events::{START, acme, consumer, exactly, ids, next, now, order, orders, soon};
use crate::suite::{self, Store};

suite::conformance!(EmbeddedStore::new());

struct EmbeddedStore {
    folder: TempDir,
    clock: Arc<FixedClock>,
}

impl EmbeddedStore {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(FixedClock::at(START)) }
    }

    async fn broker(&self) -> EmbeddedBroker {
        open(self.folder.path(), &self.clock).await.unwrap()
    }

    /// Another program's connection to the file.
    async fn file(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.folder.path().join("queue.db")).connect().await.unwrap()
    }
}

async fn open(folder: &Path, clock: &Arc<FixedClock>) -> Result<EmbeddedBroker, OpenError> {
    let config = EmbeddedConfig { delivery_limit: 3, ..EmbeddedConfig::new(folder) };
    EmbeddedBroker::open(config, Arc::<FixedClock>::clone(clock)).await
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn open(&mut self) -> Arc<dyn Broker> {
        Arc::new(self.broker().await)
    }

    async fn crash(&mut self) {
        let left = tempfile::tempdir().unwrap();
        // The file before its log: a log that is newer than the file is what a crash leaves.
        for name in ["queue.db", "queue.db-wal"] {
            std::fs::copy(self.folder.path().join(name), left.path().join(name)).unwrap();
        }
        self.folder = left;
    }

    fn wait(&self) -> SignedDuration {
        SignedDuration::from_secs(5)
    }

    async fn pass(&mut self, time: SignedDuration) {
        self.clock.advance(time);
    }

    fn delivery_limit(&self) -> u32 {
        3
    }

    async fn end(&mut self) {}
}

#[tokio::test]
async fn publishers_that_come_together_share_commits() {
    let store = EmbeddedStore::new();
    let broker = store.broker().await;
    let events = orders(256);
    soon(join_all(events.chunks(1).map(|event| broker.publish(event)))).await;
    assert_eq!(broker.depth(&acme(), Lane::Orders).await.unwrap().ready, 256);
    assert!(broker.commits() <= 16, "{} commits", broker.commits());
}

#[tokio::test]
async fn an_event_that_waits_or_is_in_hand_is_not_queued_again() {
    let store = EmbeddedStore::new();
    let broker = store.broker().await;
    let (event, other) = (order(1), order(2));
    broker.publish(&[event.clone(), event.clone()]).await.unwrap();
    let mut consumer = consumer(&broker).await;
    let delivery = next(&mut *consumer, 9).await.pop().unwrap();
    broker.publish(&[event, other.clone()]).await.unwrap();
    let taken = now(&mut *consumer).await;
    assert_eq!(taken.iter().map(broker::Delivery::event).collect::<Vec<_>>(), [&other]);
    delivery.ack().await.unwrap();
}

#[tokio::test]
async fn one_refused_publish_does_not_fail_its_neighbours() {
    let store = EmbeddedStore::new();
    let broker = store.broker().await;
    // ROLLBACK takes the whole transaction with it, as a full or failing disk does.
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON queue WHEN NEW.connection = 'bad' \
                  BEGIN SELECT RAISE(ROLLBACK, 'refused by this test'); END";
    sqlx::query(refuse).execute(&mut store.file().await).await.unwrap();
    let bad = Event { connection: "bad".parse().unwrap(), ..order(1) };
    let half_bad = [order(2), bad];
    let good = orders(20);
    let publish = |event| broker.publish(std::slice::from_ref(event));
    let (refused, accepted) =
        soon(futures_util::future::join(broker.publish(&half_bad), join_all(good.iter().map(publish)))).await;
    assert!(refused.unwrap_err().to_string().contains("refused by this test"));
    assert!(accepted.iter().all(Result::is_ok));
    let taken = exactly(&mut *consumer(&broker).await, 20).await;
    assert_eq!(ids(taken.iter().map(broker::Delivery::event)), ids(&good), "nothing of the refused call");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_moved_aside() {
    let store = EmbeddedStore::new();
    let broker = store.broker().await;
    broker.publish(&orders(3)).await.unwrap();
    let mut file = store.file().await;
    let spoil = r#"UPDATE queue SET body = '{"v":7,"event":{}}' WHERE seq = 2"#;
    sqlx::query(spoil).execute(&mut file).await.unwrap();
    let taken = exactly(&mut *consumer(&broker).await, 2).await;
    assert_eq!(broker.dead().await.unwrap(), 1);
    let depth = broker.depth(&acme(), Lane::Orders).await.unwrap();
    assert_eq!(depth, Depth { ready: 0, delayed: Some(0), in_hand: Some(2) });
    let reason: String =
        sqlx::query_scalar("SELECT reason FROM dead WHERE seq = 2").fetch_one(&mut file).await.unwrap();
    assert_eq!(reason, "stored in version 7, this program reads version 1");
    drop(taken);
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_refused() {
    let store = EmbeddedStore::new();
    store.broker().await.close().await;
    let migrate = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                   VALUES (99, 'from the future', TRUE, x'00', 0)";
    sqlx::query(migrate).execute(&mut store.file().await).await.unwrap();
    let refused = open(store.folder.path(), &store.clock).await.unwrap_err();
    assert!(matches!(refused, OpenError::NewerSchema { found: 99 }), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_queue_can_be_opened_by_several_at_once() {
    let store = EmbeddedStore::new();
    let folder = store.folder.path().join("not/there/yet");
    let brokers = soon(join_all((0..8).map(|_| open(&folder, &store.clock)))).await;
    for broker in &brokers {
        broker.as_ref().unwrap().publish(&orders(1)).await.unwrap();
    }
    let ready = brokers[0].as_ref().unwrap().depth(&acme(), Lane::Orders).await.unwrap().ready;
    assert_eq!(ready, 8);
}

#[tokio::test]
async fn a_queue_has_one_consuming_broker_until_that_closes() {
    let store = EmbeddedStore::new();
    let (first, second) = (store.broker().await, store.broker().await);
    let mut consumer_of_first = consumer(&first).await;
    let refused = second.consumer(&acme(), Lane::Orders).await.unwrap_err();
    assert!(matches!(refused, ConsumeError::InUse { .. }));
    second.publish(&orders(2)).await.unwrap();
    next(&mut *consumer_of_first, 1).await.pop().unwrap().ack().await.unwrap();
    first.close().await;
    assert_eq!(next(&mut *consumer(&second).await, 9).await.len(), 1);
}

#[tokio::test]
async fn a_broker_without_handles_closes_by_itself() {
    let store = EmbeddedStore::new();
    let broker = store.broker().await;
    broker.publish(&orders(1)).await.unwrap();
    let in_hand = next(&mut *consumer(&broker).await, 1).await;
    drop((broker, in_hand));
    let next_broker = store.broker().await;
    let taken = soon(async {
        loop {
            match next_broker.consumer(&acme(), Lane::Orders).await {
                Ok(mut consumer) => return now(&mut *consumer).await,
                Err(ConsumeError::InUse { .. }) => tokio::task::yield_now().await,
                Err(other) => panic!("{other}"),
            }
        }
    })
    .await;
    assert_eq!(taken.len(), 1);
    let mut file = store.file().await;
    let deliveries: i64 =
        sqlx::query_scalar("SELECT deliveries FROM queue").fetch_one(&mut file).await.unwrap();
    assert_eq!(deliveries, 1, "the first delivery was taken off the count");
    file.close().await.unwrap();
}

//! The raw ceiling of a receiver over RabbitMQ: lapin alone, publishing to a queue with confirms on. No HTTP,
//! no JSON, no supervisor. `make bench` runs it and says over what it measured.
//!
//! Arguments: a queue that holds a message, and the queue to publish to. The message is read from the first
//! (and put back), so that body and properties are just what the receiver wrote; both queues exist already, so
//! that type and arguments are what the receiver declared. The address is in `BARE_PUBLISHER_URL`.
//!
//! Commands are lines on standard input, each answered by a line of JSON:
//!
//! ```text
//! publish IN_FLIGHT WARM_UP_MS MEASURED_MS
//!     {"published": N, "confirmed": N, "seconds": S, "p50_us": N, "p99_us": N}
//! purge QUEUE
//!     {"purged": N}
//! ```
//!
//! `published` counts the warm-up too; `confirmed` and the percentiles belong to the measured seconds.

use std::error::Error;
use std::io::BufRead;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lapin::options::{
    BasicGetOptions, BasicPublishOptions, BasicRejectOptions, ConfirmSelectOptions, QueuePurgeOptions,
};
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long any single step may take.
const DEADLINE: Duration = Duration::from_secs(10);
const USAGE: &str = "usage: bare_publisher QUEUE_WITH_A_MESSAGE QUEUE, and BARE_PUBLISHER_URL";

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// One channel, and the message that it publishes again and again. Cheap to clone.
#[derive(Clone)]
struct Publisher {
    channel: Channel,
    queue: ShortString,
    body: Arc<[u8]>,
    properties: BasicProperties,
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else { return Err(USAGE.into()) };
    let url = std::env::var_os("BARE_PUBLISHER_URL").and_then(|url| url.into_string().ok()).ok_or(USAGE)?;
    let runtime = Runtime::new()?;
    let (_connection, publisher) = runtime.block_on(connect(&url, &from, &to))?;
    for line in std::io::stdin().lock().lines() {
        answer(&runtime.block_on(obey(&publisher, &line?))?);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answers are for whoever started this")]
fn answer(answer: &Value) {
    println!("{answer}");
}

async fn connect(url: &str, from: &str, to: &str) -> Outcome<(Connection, Publisher)> {
    let connection = timeout(DEADLINE, Connection::connect(url, ConnectionProperties::default())).await??;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let message = channel.basic_get(from.into(), BasicGetOptions::default()).await?;
    let message = message.ok_or_else(|| format!("{from} holds no message"))?;
    message.reject(BasicRejectOptions { requeue: true }).await?;
    let (body, properties) = (message.delivery.data.into(), message.delivery.properties);
    Ok((connection, Publisher { channel, queue: to.into(), body, properties }))
}

async fn obey(publisher: &Publisher, line: &str) -> Outcome<Value> {
    match line.split(' ').collect::<Vec<_>>()[..] {
        ["publish", in_flight, warm_up, measured] => {
            let milliseconds = |text: &str| text.parse().map(Duration::from_millis);
            let (warm_up, measured) = (milliseconds(warm_up)?, milliseconds(measured)?);
            publisher.publish_for(in_flight.parse()?, warm_up, measured).await
        }
        ["purge", queue] => {
            let purged = publisher.channel.queue_purge(queue.into(), QueuePurgeOptions::default()).await?;
            Ok(json!({ "purged": purged }))
        }
        _ => Err(format!("`{line}` is not a command").into()),
    }
}

impl Publisher {
    /// So many at a time, each sending its next message when the last one is confirmed.
    async fn publish_for(&self, in_flight: usize, warm_up: Duration, measured: Duration) -> Outcome<Value> {
        let from = Instant::now() + warm_up;
        let until = from + measured;
        let mut tasks = JoinSet::new();
        for _ in 0..in_flight {
            tasks.spawn(self.clone().drive(from, until));
        }
        let (mut published, mut latencies) = (0, Vec::new());
        while let Some(driven) = tasks.join_next().await {
            let (sent, took) = driven??;
            published += sent;
            latencies.extend(took);
        }
        latencies.sort_unstable();
        let percentile = |percent: usize| {
            let rank = (latencies.len() * percent).div_ceil(100).saturating_sub(1);
            latencies.get(rank).copied().unwrap_or_default().as_micros()
        };
        Ok(json!({
            "published": published,
            "confirmed": latencies.len(),
            "seconds": measured.as_secs_f64(),
            "p50_us": percentile(50),
            "p99_us": percentile(99),
        }))
    }

    /// Publishes until the time is over; how many, and how long each confirm took that came in the measured
    /// time.
    async fn drive(self, from: Instant, until: Instant) -> Outcome<(u64, Vec<Duration>)> {
        let (mut published, mut latencies) = (0, Vec::new());
        loop {
            let started = Instant::now();
            if started >= until {
                return Ok((published, latencies));
            }
            timeout(DEADLINE, self.publish()).await??;
            published += 1;
            let ended = Instant::now();
            if (from..until).contains(&ended) {
                latencies.push(ended - started);
            }
        }
    }

    /// One message, confirmed. The default exchange routes by the queue's name.
    async fn publish(&self) -> Outcome<()> {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let (exchange, queue) = (ShortString::default(), self.queue.clone());
        let confirm =
            self.channel.basic_publish(exchange, queue, options, &self.body, self.properties.clone()).await?;
        match confirm.await? {
            Confirmation::Ack(None) => Ok(()),
            other => Err(format!("not confirmed: {other:?}").into()),
        }
    }
}

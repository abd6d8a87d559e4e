//! `orders sync`: has orders read and pushed through now, by the workers that run, and tells what became of them.

use std::time::Duration;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use broker::{Publisher, event_id};
use domain::clock::Clock;
use domain::event::{Event, EventKind, Origin};
use domain::ids::{EventId, OrderId, OrderRef};
use ledger::Ledger;

use super::known::{Known, read_now, remembered};
use super::sentence::sentence;
use super::the_connection;
use crate::args::SyncArgs;
use crate::assembly::{OpenLedger, open_broker};
use crate::config::{Config, Connection};
use crate::outcome::CommandError;
use crate::output;

/// How often the ledger is asked.
const EVERY: Duration = Duration::from_millis(250);

/// An order that was pushed.
struct Pushed {
    order: OrderId,
    reference: String,
    event: EventId,
    outcome: Outcome,
}

/// What became of it.
enum Outcome {
    /// Stored, and nobody waited for more.
    Stored,
    /// Not done within the wait; with what a worker that tried has said.
    Open(Option<String>),
    /// A person must look at its event.
    Parked(String),
    /// Done.
    Done(Box<Known>),
}

/// Pushes orders through. Ends with 1 unless all of them are done.
pub(crate) async fn sync(
    config: &Config,
    connection: Option<&str>,
    args: &SyncArgs,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let opened = OpenLedger::open(config).await?;
    let mut pushed = Vec::new();
    for order in &args.orders {
        let known = match remembered(&*opened.ledger, connection, order).await? {
            Some(known) => known,
            None => read_now(config, connection, &opened, order).await?,
        };
        let event = event_id(opened.clock.now());
        let (order, reference) = (known.record.reading.id, known.record.reading.reference);
        pushed.push(Pushed { order, reference, event, outcome: Outcome::Stored });
    }
    let asked = opened.clock.now();
    let broker = open_broker(config).await?;
    let published = publish(&*broker, connection, &pushed, asked).await;
    broker.close().await;
    published?;
    if !args.no_wait {
        let wait = SignedDuration::from_secs(i64::try_from(args.wait).unwrap_or(i64::MAX));
        let until = asked.saturating_add(wait).unwrap_or(Timestamp::MAX);
        wait_for(&opened, connection, &mut pushed, asked, until).await?;
    }
    print(connection, &pushed, json);
    let done = |pushed: &Pushed| matches!(pushed.outcome, Outcome::Done(_) | Outcome::Stored);
    if pushed.iter().all(done) { Ok(()) } else { Err(CommandError::NotSo) }
}

async fn publish(
    publisher: &dyn Publisher,
    connection: &Connection,
    pushed: &[Pushed],
    now: Timestamp,
) -> anyhow::Result<()> {
    let event = |pushed: &Pushed| Event {
        id: pushed.event,
        connection: connection.name.clone(),
        kind: EventKind::OrderChanged { order: OrderRef::Id(pushed.order) },
        origin: Origin::Replay,
        received_at: now,
    };
    let events: Vec<_> = pushed.iter().map(event).collect();
    publisher.publish(&events).await.context("the broker accepts no events")
}

/// Waits until every order is done or parked, but not longer than until then.
async fn wait_for(
    opened: &OpenLedger,
    connection: &Connection,
    pushed: &mut [Pushed],
    asked: Timestamp,
    until: Timestamp,
) -> anyhow::Result<()> {
    let bar = ProgressBar::with_draw_target(Some(pushed.len() as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} {elapsed:>4} {pos}/{len} orders done by a worker");
    bar.set_style(style.expect("the template is a constant that parses"));
    loop {
        for pushed in pushed.iter_mut().filter(|pushed| pushed.is_open()) {
            pushed.look(&*opened.ledger, connection, asked).await?;
        }
        let open = pushed.iter().filter(|pushed| pushed.is_open()).count();
        bar.set_position((pushed.len() - open) as u64);
        bar.tick();
        if open == 0 || opened.clock.now() >= until {
            bar.finish_and_clear();
            return Ok(());
        }
        tokio::time::sleep(EVERY).await;
    }
}

impl Pushed {
    fn is_open(&self) -> bool {
        matches!(self.outcome, Outcome::Stored | Outcome::Open(_))
    }

    async fn look(
        &mut self,
        ledger: &dyn Ledger,
        connection: &Connection,
        asked: Timestamp,
    ) -> anyhow::Result<()> {
        let known = remembered(ledger, connection, &self.order.to_string()).await?;
        let known = known.filter(|known| known.record.reading.id == self.order);
        let answered = |known: &Known| known.record.answered.is_some_and(|answered| answered >= asked);
        let parked = ledger.parked(Some(&connection.name)).await?;
        let parked = parked.into_iter().find(|parked| parked.event.id == self.event);
        self.outcome = match (known, parked) {
            (_, Some(parked)) => Outcome::Parked(parked.text),
            (Some(known), None) if answered(&known) => Outcome::Done(Box::new(known)),
            (known, None) => {
                let tried = known.iter().flat_map(|known| &known.timeline);
                let failed = tried.rev().find(|entry| entry.kind == "failed" && entry.at >= asked);
                Outcome::Open(failed.map(|entry| entry.text.clone()))
            }
        };
        Ok(())
    }

    fn word(&self) -> &'static str {
        match self.outcome {
            Outcome::Stored => "stored",
            Outcome::Open(_) => "open",
            Outcome::Parked(_) => "parked",
            Outcome::Done(_) => "done",
        }
    }

    fn text(&self) -> String {
        match &self.outcome {
            Outcome::Stored => "The event is stored; a worker does it.".to_owned(),
            Outcome::Open(None) => {
                "No worker has done it yet. The event is stored and is worked on as soon as a worker \
                 runs (`shipbridge run`)."
                    .to_owned()
            }
            Outcome::Open(Some(failure)) => format!("A worker tried and will again: {failure}"),
            Outcome::Parked(text) => format!(
                "Its event {} is parked: {text}. `shipbridge parked show {}` says what to do.",
                self.event, self.event
            ),
            Outcome::Done(known) => sentence(known),
        }
    }

    fn state(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Done(known) => Some(known.record.state().to_string()),
            _ => None,
        }
    }
}

fn print(connection: &Connection, pushed: &[Pushed], json: bool) {
    let document = |pushed: &Pushed| -> Value {
        json!({
            "connection": connection.name,
            "cin7_id": pushed.order,
            "reference": pushed.reference,
            "event": pushed.event,
            "outcome": pushed.word(),
            "state": pushed.state(),
            "text": pushed.text(),
        })
    };
    if json {
        output::json(&pushed.iter().map(document).collect::<Vec<_>>());
        return;
    }
    for pushed in pushed {
        let state = pushed.state().unwrap_or_else(|| pushed.word().to_owned());
        let (reference, order) = (&pushed.reference, pushed.order);
        output::line(&format!("{reference} (Cin7 {order}, connection {}): {state}", connection.name));
        output::line(&pushed.text());
    }
}

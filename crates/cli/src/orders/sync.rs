//! `orders sync`: pushes orders through now. The event is stored first, as any other; then a worker is waited for.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use broker::event_id;
use domain::clock::Clock;
use domain::event::{Event, EventKind, Origin};
use domain::ids::OrderRef;
use ledger::Ledger;
use serde_json::json;

use super::{document, print_explanation, read_now, references, remembered, the_connection};
use crate::assembly::{OpenLedger, open_broker};
use crate::config::{Config, Connection};
use crate::outcome::CommandError;
use crate::output;

/// How long a worker is waited for, and how often it is looked.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Publishes the events, and waits for what becomes of the orders. Ends with 1 when that is not known.
pub(crate) async fn sync(
    config: &Config,
    connection: Option<&str>,
    orders: &[String],
    no_wait: bool,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let opened = OpenLedger::open(config).await?;
    let (ledger, clock) = (&opened.ledger, &opened.clock);
    let mut events = Vec::new();
    for order in orders {
        if remembered(&**ledger, connection, order).await?.is_none() {
            // Nobody would ever answer for an order that Cin7 does not have: that is found out first.
            read_now(config, connection, &opened, order).await?;
        }
        events.push(event(&**ledger, connection, order, &**clock).await?);
    }
    let broker = open_broker(config).await?;
    let published = broker.publish(&events).await;
    broker.close().await;
    published.map_err(anyhow::Error::from)?;
    if no_wait {
        output::line(&format!("{} stored: a worker takes it from here.", count(events.len())));
        return Ok(());
    }
    let bar = progress(orders.len(), json);
    let mut all_known = true;
    let mut results = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    for (order, event) in orders.iter().zip(&events) {
        bar.set_message(order.clone());
        let told = wait(&**ledger, connection, order, event, deadline).await?;
        bar.inc(1);
        all_known &= matches!(told, Told::Done);
        let known = remembered(&**ledger, connection, order).await?;
        match (told, known) {
            (Told::Done, Some(known)) if json => results.push(document(connection, &known)),
            (Told::Done, Some(known)) => bar.suspend(|| print_explanation(connection, &known)),
            (told, _) => {
                let text = told.text(order, &event.id.to_string());
                if json {
                    results.push(json!({"order": order, "event": event.id.to_string(), "text": text}));
                } else {
                    bar.suspend(|| output::line(&text));
                }
            }
        }
    }
    bar.finish_and_clear();
    if json {
        output::json(&results);
    }
    if all_known { Ok(()) } else { Err(CommandError::NotSo) }
}

/// By id once the order is known: a reference may be used again.
async fn event(
    ledger: &dyn Ledger,
    connection: &Connection,
    order: &str,
    clock: &dyn Clock,
) -> anyhow::Result<Event> {
    let refs = references(order);
    let known = ledger.orders(&connection.name, &refs).await?.into_iter().flatten().next();
    let typed = refs.into_iter().next().unwrap_or_else(|| OrderRef::Reference(order.to_owned()));
    let order = known.map_or(typed, |record| OrderRef::Id(record.reading.id));
    let now = clock.now();
    Ok(Event {
        id: event_id(now),
        connection: connection.name.clone(),
        kind: EventKind::OrderChanged { order },
        origin: Origin::Replay,
        received_at: now,
    })
}

/// What was heard of an event.
enum Told {
    /// Its order was read after it, and everything was done.
    Done,
    /// It is parked, for this reason.
    Parked(String),
    /// Nothing.
    Nothing,
}

impl Told {
    fn text(&self, order: &str, event: &str) -> String {
        match self {
            Self::Done => format!("{order}: nothing is known of it."),
            Self::Parked(text) => format!(
                "{order}: parked for a person: {text}. After mending it: shipbridge orders sync {order}"
            ),
            Self::Nothing => format!(
                "{order}: no worker has done it yet. Event {event} is stored and not lost: it is worked on as soon as \
                 a `shipbridge run` or `work` has time and budget for it."
            ),
        }
    }
}

async fn wait(
    ledger: &dyn Ledger,
    connection: &Connection,
    order: &str,
    event: &Event,
    deadline: Instant,
) -> anyhow::Result<Told> {
    loop {
        let records = ledger.orders(&connection.name, &references(order)).await?;
        let record = records.into_iter().flatten().next();
        if record.is_some_and(|record| record.answered.is_some_and(|began| began >= event.received_at)) {
            return Ok(Told::Done);
        }
        let parked = ledger.parked(Some(&connection.name)).await?;
        if let Some(parked) = parked.into_iter().find(|parked| parked.event.id == event.id) {
            return Ok(Told::Parked(parked.text));
        }
        if Instant::now() >= deadline {
            return Ok(Told::Nothing);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn progress(orders: usize, json: bool) -> ProgressBar {
    let target = if json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(orders as u64), target);
    let style = ProgressStyle::with_template("{spinner} waiting for a worker: {msg} ({pos}/{len})");
    bar.set_style(style.expect("the template is a constant that parses"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn count(events: usize) -> String {
    if events == 1 { "1 event is".to_owned() } else { format!("{events} events are") }
}

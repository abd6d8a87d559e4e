//! `parked`: what waits for a person, and how it goes on or ends.

use anyhow::anyhow;
use serde_json::{Value, json};

use broker::{Broker, event_id};
use domain::clock::Clock;
use domain::event::{Event, Origin};
use domain::ids::OrderRef;
use ledger::{JournalEntry, ParkedEvent};

use crate::args::{ParkedArgs, ParkedCommand};
use crate::assembly::{OpenLedger, open_broker};
use crate::config::Config;
use crate::orders::the_connection;
use crate::outcome::CommandError;
use crate::output;

/// Lists, shows, replays or discards.
pub(crate) async fn parked(
    config: &Config,
    connection: Option<&str>,
    command: &ParkedCommand,
    json: bool,
) -> Result<(), CommandError> {
    let connection = connection.map(|name| the_connection(config, Some(name))).transpose()?;
    let opened = OpenLedger::open(config).await?;
    let parked = opened.ledger.parked(connection.map(|connection| &connection.name)).await;
    let parked = parked.map_err(anyhow::Error::from)?;
    match command {
        ParkedCommand::List => list(&parked, json),
        ParkedCommand::Show { id } => show(&one(&parked, id)?, json),
        ParkedCommand::Replay(args) => {
            let chosen = chosen(parked, args)?;
            let broker = open_broker(config).await?;
            let done = replay(&opened, &*broker, &chosen, &args.reason).await;
            broker.close().await;
            done?;
            ended("replayed", &chosen, json);
        }
        ParkedCommand::Discard(args) => {
            let chosen = chosen(parked, args)?;
            for parked in &chosen {
                take_out(&opened, parked, "discarded", &args.reason).await?;
            }
            ended("discarded", &chosen, json);
        }
    }
    Ok(())
}

fn one(parked: &[ParkedEvent], id: &str) -> Result<ParkedEvent, CommandError> {
    let found = parked.iter().find(|parked| parked.event.id.to_string() == id);
    found.cloned().ok_or_else(|| {
        anyhow!("no event `{id}` is parked (any more); `shipbridge parked list` shows those that are").into()
    })
}

fn chosen(parked: Vec<ParkedEvent>, args: &ParkedArgs) -> Result<Vec<ParkedEvent>, CommandError> {
    if !args.ids.is_empty() {
        return args.ids.iter().map(|id| one(&parked, id)).collect();
    }
    let matches = |event: &ParkedEvent| {
        args.cause.as_ref().is_none_or(|cause| event.cause == *cause)
            && args.lane.as_ref().is_none_or(|lane| event.lane.as_str() == lane)
    };
    Ok(parked.into_iter().filter(matches).collect())
}

/// Published first, taken out once that is durable: a crash in between makes a duplicate, never a hole.
async fn replay(
    opened: &OpenLedger,
    broker: &dyn Broker,
    chosen: &[ParkedEvent],
    reason: &str,
) -> anyhow::Result<()> {
    for parked in chosen {
        let now = opened.clock.now();
        let event =
            Event { id: event_id(now), origin: Origin::Replay, received_at: now, ..parked.event.clone() };
        broker.publish(&[event]).await?;
        take_out(opened, parked, "replayed", reason).await?;
    }
    Ok(())
}

/// Takes an event out, ends the review that it stood for, and says so in the order's timeline.
async fn take_out(opened: &OpenLedger, parked: &ParkedEvent, how: &str, reason: &str) -> anyhow::Result<()> {
    let (ledger, connection) = (&*opened.ledger, &parked.event.connection);
    if let Some(order) = parked.order {
        let record = ledger.orders(connection, &[OrderRef::Id(order)]).await?.pop().flatten();
        let set = ledger.shipment_sets(connection, &[order]).await?.pop().unwrap_or_default();
        if let Some(progress) = record.as_ref().and_then(|record| record.released(&set)) {
            ledger.keep_progress(connection, &[(order, progress)]).await?;
        }
        let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        let text = format!("{how} by a person{because} (it was parked: {})", parked.text);
        let entry = JournalEntry { order, at: opened.clock.now(), kind: how.to_owned(), text };
        ledger.write(connection, &[entry]).await?;
    }
    ledger.unpark(parked.event.id).await?;
    Ok(())
}

/// The object of the contract.
fn document(parked: &ParkedEvent) -> Value {
    json!({
        "id": parked.event.id.to_string(),
        "connection": parked.event.connection,
        "lane": parked.lane,
        "cause": parked.cause,
        "text": parked.text,
        "event": parked.event,
        "order": parked.order,
        "attempts": parked.attempts,
        "since": parked.since,
    })
}

fn list(parked: &[ParkedEvent], json: bool) {
    if json {
        output::json(&parked.iter().map(document).collect::<Vec<_>>());
        return;
    }
    if parked.is_empty() {
        output::line("Nothing waits for a person.");
        return;
    }
    let mut table = output::table(["id", "since", "connection", "order", "cause", "what happened"]);
    for parked in parked {
        table.add_row([
            parked.event.id.to_string(),
            parked.since.strftime("%Y-%m-%d %H:%MZ").to_string(),
            parked.event.connection.to_string(),
            parked.order.map(|order| order.to_string()).unwrap_or_default(),
            parked.cause.clone(),
            parked.text.clone(),
        ]);
    }
    output::line(&table.to_string());
    output::line("Mend the cause, then: shipbridge parked replay ID (or --cause, --lane, --all)");
}

fn show(parked: &ParkedEvent, json: bool) {
    if json {
        output::json(&document(parked));
        return;
    }
    let order =
        parked.order.map_or_else(|| "of no single order".to_owned(), |order| format!("Cin7 order {order}"));
    output::line(&format!(
        "{} ({}, {order}, lane {})",
        parked.event.id, parked.event.connection, parked.lane
    ));
    output::line(&format!(
        "Parked {} after {} attempts, cause {}:",
        parked.since, parked.attempts, parked.cause
    ));
    output::line(&format!("  {}", parked.text));
    output::line(&format!(
        "Origin {}, received {}. The event:",
        parked.event.origin, parked.event.received_at
    ));
    output::json(&parked.event.kind);
}

fn ended(how: &str, chosen: &[ParkedEvent], json: bool) {
    if json {
        output::json(&chosen.iter().map(|parked| parked.event.id.to_string()).collect::<Vec<_>>());
        return;
    }
    match chosen.len() {
        0 => output::line("Nothing that is parked matches."),
        1 => output::line(&format!("1 event was {how}.")),
        many => output::line(&format!("{many} events were {how}.")),
    }
}

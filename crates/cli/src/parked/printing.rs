//! Parked events for people and for scripts.

use serde_json::{Value, json};

use domain::event::EventKind;
use ledger::ParkedEvent;

use crate::output;

/// A parked event as the contract has it.
pub(super) fn document(parked: &ParkedEvent) -> Value {
    json!({
        "id": parked.event.id,
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

/// What the event is about, in a few words.
fn subject(parked: &ParkedEvent) -> String {
    match (&parked.event.kind, parked.order) {
        (_, Some(order)) => format!("order {order}"),
        (EventKind::OrderChanged { order } | EventKind::RateRequested { order }, None) => {
            format!("order {order}")
        }
        (EventKind::ShipmentsChanged { query }, None) => query.to_string(),
        (EventKind::ShipNotice { notice }, None) => format!("notice {notice}"),
    }
}

/// A table of events, oldest first.
pub(super) fn list(parked: &[ParkedEvent]) {
    if parked.is_empty() {
        output::line("Nothing is parked.");
        return;
    }
    let mut table = output::table(["event", "about", "why"]);
    for parked in parked {
        let since = parked.since.strftime("%Y-%m-%d %H:%MZ");
        let about = format!("{}\n{}\n{}", parked.event.connection, parked.lane, subject(parked));
        let why = format!("{}: {}\n{} since {since}", parked.cause, parked.text, attempts(parked));
        table.add_row([parked.event.id.to_string(), about, why]);
    }
    output::keep_whole(&mut table, 1);
    output::line(&table.to_string());
    output::line("`shipbridge parked show EVENT` says what to do; then `parked replay` or `parked discard`.");
}

fn attempts(parked: &ParkedEvent) -> String {
    if parked.attempts == 1 { "1 attempt".to_owned() } else { format!("{} attempts", parked.attempts) }
}

/// Everything about one event.
pub(super) fn show(parked: &ParkedEvent) {
    let event = &parked.event;
    output::line(&format!("{} ({}, lane {})", event.id, event.connection, parked.lane));
    output::line(&format!("{}: {}", parked.cause, parked.text));
    let mut table = output::table(["", ""]);
    table.add_row(["about".to_owned(), subject(parked)]);
    table.add_row(["noticed by".to_owned(), event.origin.to_string()]);
    table.add_row(["received".to_owned(), event.received_at.to_string()]);
    table.add_row(["parked since".to_owned(), parked.since.to_string()]);
    table.add_row(["tried".to_owned(), attempts(parked)]);
    output::line(&table.to_string());
    output::line(mend(&parked.cause));
    if let Some(order) = parked.order {
        output::line(&format!("`shipbridge orders show {order}` tells all of the order."));
    }
}

/// What a person can do about a cause.
fn mend(cause: &str) -> &'static str {
    match cause {
        "permanent" => {
            "The platform refused it, and will again until what it names is mended: correct the order, then replay \
             the event; or discard it."
        }
        "transient" | "ambiguous" | "rate_limited" => {
            "It was tried for as long as worker.give_up_after says. Once the platform answers again, replay it."
        }
        "misconfigured" => "Mend the credentials or the address (`shipbridge check` tells), then replay it.",
        "poison" => {
            "The worker died each time it had this event in hand. Look at its log before you replay the event."
        }
        _ => "Once the cause is mended, replay it; discard it if it is of no use any more.",
    }
}

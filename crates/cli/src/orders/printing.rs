//! An order for people and for scripts.

use serde_json::{Value, json};

use domain::rule::Verdict;
use domain::shipment::ShipmentSet;
use ledger::JournalEntry;

use super::known::Known;
use super::sentence::sentence;
use crate::config::Connection;
use crate::output;

pub(super) fn print(connection: &Connection, known: &Known, json: bool, explain: bool) {
    if json {
        output::json(&document(connection, known));
    } else if explain {
        print_explanation(connection, known);
    } else {
        print_explanation(connection, known);
        print_shipments(&known.set);
        print_timeline(&known.timeline);
    }
}

/// The answer of the contract.
fn document(connection: &Connection, known: &Known) -> Value {
    let reading = &known.record.reading;
    let placed = known.record.placed.as_ref();
    json!({
        "connection": connection.name,
        "cin7_id": reading.id,
        "reference": reading.reference,
        "state": known.record.state(),
        "rules": reading.verdicts,
        "shipstation": placed.map(|placed| json!({
            "order_id": placed.shipstation_order,
            "order_key": placed.document.order_key,
            "store_id": placed.document.store_id,
            "status": known.there.as_ref()
                .map_or_else(|| placed.document.status.to_string(), |there| there.status.clone()),
        })),
        "shipments": known.set.shipments.iter().map(|shipment| json!({
            "id": shipment.id.to_string(),
            "tracking": shipment.tracking,
            "carrier": shipment.carrier,
            "service": shipment.service,
            "cost": shipment.cost.to_string(),
            "ship_date": shipment.ship_date,
            "voided": shipment.voided,
            "items": shipment.items.iter().flatten()
                .map(|item| json!({"line": item.line_key, "quantity": item.quantity})).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "document": placed.map(|placed| &placed.document),
        "timeline": known.timeline.iter()
            .map(|entry| json!({"at": entry.at, "kind": entry.kind, "text": entry.text})).collect::<Vec<_>>(),
    })
}

fn print_explanation(connection: &Connection, known: &Known) {
    let reading = &known.record.reading;
    let (reference, id, state) = (&reading.reference, reading.id, known.record.state());
    output::line(&format!("{reference} (Cin7 {id}, connection {}): {state}", connection.name));
    if known.fresh {
        output::line("Never seen by a worker: read from Cin7 just now.");
    }
    output::line(&sentence(known));
    if let Some(placed) = &known.record.placed {
        output::line(&format!(
            "Its key there is {}. The rules as they let it in:",
            placed.document.order_key
        ));
    }
    let mut table = output::table(["", "rule", "value", "expected"]);
    for verdict in &reading.verdicts {
        let mark = if verdict.passed { "ok" } else { "NO" };
        table.add_row([mark, verdict.rule.as_str(), &verdict.value, &verdict.expected]);
    }
    output::line(&table.to_string());
    for advice in reading.verdicts.iter().filter_map(advice) {
        output::line(&advice);
    }
    print_freight(&known.timeline);
}

/// How the order's freight came about, a step each, or why it has none.
fn print_freight(timeline: &[JournalEntry]) {
    let Some(last) = timeline.iter().rfind(|entry| entry.kind == worker::FREIGHT) else { return };
    output::line(&format!("Freight, {}:", last.at.strftime("%Y-%m-%d %H:%M:%SZ")));
    for step in last.text.split("; ") {
        output::line(&format!("  {step}"));
    }
}

fn advice(verdict: &Verdict) -> Option<String> {
    verdict.advice.as_ref().map(|advice| format!("{}: {advice}", verdict.rule))
}

fn print_shipments(set: &ShipmentSet) {
    if set.shipments.is_empty() {
        return;
    }
    let mut table = output::table(["shipment", "shipped", "carrier", "service", "tracking", "cost", ""]);
    for shipment in &set.shipments {
        let mark = match (shipment.voided, shipment.is_return) {
            (true, _) => "void",
            (false, true) => "return",
            (false, false) => "",
        };
        table.add_row([
            shipment.id.to_string(),
            shipment.ship_date.map(|date| date.to_string()).unwrap_or_default(),
            shipment.carrier.clone(),
            domain::carrier::service_name(&shipment.service).to_owned(),
            shipment.tracking.clone(),
            shipment.cost.to_string(),
            mark.to_owned(),
        ]);
    }
    output::line(&table.to_string());
}

fn print_timeline(timeline: &[JournalEntry]) {
    let mut table = output::table(["at", "kind", "what"]);
    for entry in timeline {
        table.add_row([
            entry.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            entry.kind.clone(),
            entry.text.clone(),
        ]);
    }
    output::line(&table.to_string());
}

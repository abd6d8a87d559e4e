//! `orders show` and `orders explain`: what is known of an order, and why it is or is not in ShipStation.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use domain::clock::Clock;
use domain::event::Origin;
use domain::ids::{OrderId, OrderRef};
use domain::import::{self, Case, Catalogue};
use domain::quota::Priority;
use domain::record::{Intake, OrderRecord, OrderState};
use domain::rule::Verdict;
use domain::shipment::ShipmentSet;
use ledger::{JournalEntry, Ledger};

use crate::assembly::{Clients, Metrics, OpenLedger};
use crate::config::{Config, Connection};
use crate::outcome::CommandError;
use crate::output;

/// Everything known of one order.
#[derive(Debug)]
struct Known {
    record: OrderRecord,
    set: ShipmentSet,
    timeline: Vec<JournalEntry>,
    /// Whether it was read just now rather than remembered.
    fresh: bool,
}

/// Shows everything known of an order.
pub(crate) async fn show(
    config: &Config,
    connection: Option<&str>,
    order: &str,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let OpenLedger { ledger, .. } = OpenLedger::open(config).await?;
    let Some(known) = remembered(&*ledger, connection, order).await? else {
        let advice = format!("`shipbridge orders explain {order}` reads it from Cin7");
        return Err(anyhow!("order {order} of {} has never been seen; {advice}", connection.name).into());
    };
    print(connection, &known, json, false);
    Ok(())
}

/// Explains why an order is, or is not, in ShipStation. Ends with 1 when Cin7 does not have it.
pub(crate) async fn explain(
    config: &Config,
    connection: Option<&str>,
    order: &str,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let opened = OpenLedger::open(config).await?;
    let known = match remembered(&*opened.ledger, connection, order).await? {
        Some(known) => known,
        None => read_now(config, connection, &opened, order).await?,
    };
    print(connection, &known, json, true);
    Ok(())
}

/// The connection that is named, or the only one.
pub(crate) fn the_connection<'a>(
    config: &'a Config,
    name: Option<&str>,
) -> Result<&'a Connection, CommandError> {
    let names = || {
        config.connections.iter().map(|connection| connection.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    match (name, config.connections.as_slice()) {
        (None, [only]) => Ok(only),
        (None, _) => {
            Err(CommandError::Usage(format!("which connection? give --connection with one of: {}", names())))
        }
        (Some(name), connections) => {
            connections.iter().find(|connection| connection.name.as_str() == name).ok_or_else(|| {
                CommandError::Usage(format!("there is no connection `{name}`; there are: {}", names()))
            })
        }
    }
}

/// By id when it is a number that is known as one, else by reference: references may be numbers too.
fn references(order: &str) -> Vec<OrderRef> {
    let by_reference = OrderRef::Reference(order.to_owned());
    match order.parse() {
        Ok(id) => vec![OrderRef::Id(OrderId(id)), by_reference],
        Err(_) => vec![by_reference],
    }
}

async fn remembered(
    ledger: &dyn Ledger,
    connection: &Connection,
    order: &str,
) -> anyhow::Result<Option<Known>> {
    let records = ledger.orders(&connection.name, &references(order)).await?;
    let Some(record) = records.into_iter().flatten().next() else { return Ok(None) };
    let id = record.reading.id;
    let set = ledger.shipment_sets(&connection.name, &[id]).await?.pop().unwrap_or_default();
    let timeline = ledger.timeline(&connection.name, id).await?;
    Ok(Some(Known { record, set, timeline, fresh: false }))
}

async fn read_now(
    config: &Config,
    connection: &Connection,
    opened: &OpenLedger,
    order: &str,
) -> anyhow::Result<Known> {
    let clock = Arc::clone(&opened.clock) as Arc<dyn Clock>;
    let clients = Clients::new(config, connection, &opened.ledger, &clock, &Metrics::new().worker)?;
    let refs = references(order);
    let call = async |permit| clients.cin7.orders(permit, &refs).await;
    let listing = clients.cin7_gate.call(Priority::Import, call).await.context("Cin7 could not be asked")?;
    if let Some(record) = listing.unreadable.first() {
        return Err(anyhow!("Cin7 order {order} cannot be read: {}", record.reason));
    }
    let found = listing.records.into_iter().next();
    let found =
        found.with_context(|| format!("Cin7 has no order {order}, neither as id nor as reference"))?;
    let case = Case::new(&found, None, Origin::Watch);
    let judgement = import::decide(case, &Catalogue::new(), &connection.rules(), clock.now());
    let record = OrderRecord::of(judgement.reading);
    Ok(Known { record, set: ShipmentSet::default(), timeline: Vec::new(), fresh: true })
}

fn print(connection: &Connection, known: &Known, json: bool, explain: bool) {
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
            "status": placed.document.status,
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
    if let Some(placed) = &known.record.placed {
        let (order, key) = (placed.shipstation_order, &placed.document.order_key);
        output::line(&format!("In ShipStation as order {order}, key {key}. The rules as they let it in:"));
    }
    let mut table = output::table(["", "rule", "value", "expected"]);
    for verdict in &reading.verdicts {
        let mark = if verdict.passed { "ok" } else { "NO" };
        table.add_row([mark, verdict.rule.as_str(), &verdict.value, &verdict.expected]);
    }
    output::line(&table.to_string());
    if reading.intake == Intake::Eligible && known.record.state() == OrderState::Waiting {
        output::line("All rules hold: the next reading by a worker sends it.");
    }
    for advice in reading.verdicts.iter().filter_map(advice) {
        output::line(&advice);
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
            shipment.service.clone(),
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

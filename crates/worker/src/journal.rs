//! The words that the timeline uses. One function per thing that can happen to an order, so that the same
//! thing always reads the same.

use jiff::Timestamp;

use domain::failure::Failure;
use domain::fulfil::cartons::Carton;
use domain::fulfil::{Kept, Plan};
use domain::ids::OrderId;
use domain::import::{Decision, Judgement};
use domain::rates::charge::money;
use domain::rates::freight::Memory;
use domain::record::Intake;
use domain::shipment::Shipment;
use domain::shipping_order::ShippingStatus;
use ledger::JournalEntry;

fn entry(order: OrderId, at: Timestamp, kind: &str, text: String) -> JournalEntry {
    JournalEntry { order, at, kind: kind.to_owned(), text }
}

/// What was decided about a reading; `None` for what says nothing new.
pub(crate) fn decided(judgement: &Judgement, at: Timestamp) -> Option<JournalEntry> {
    let reading = &judgement.reading;
    let failed: Vec<_> = reading.verdicts.iter().filter(|verdict| !verdict.passed).collect();
    let reasons: Vec<_> =
        failed.iter().map(|verdict| format!("{}: {}", verdict.rule, verdict.value)).collect();
    let reasons = reasons.join("; ");
    let text = match &judgement.decision {
        Decision::Import(_) => "all rules hold: it is sent to ShipStation".to_owned(),
        Decision::Waiting => format!("waiting ({reasons})"),
        Decision::Excluded => format!("not sent ({reasons})"),
        Decision::Refused if reading.intake == Intake::Review => format!("a person must decide ({reasons})"),
        Decision::Refused => format!("refused ({reasons})"),
        Decision::Update(update) => format!("{}: ShipStation's order is changed", update.event),
        Decision::Locked => {
            format!("a person must decide: {}", reading.objection.as_deref().unwrap_or(&reasons))
        }
        Decision::Ignored => format!("no longer eligible, which is ignored as configured ({reasons})"),
        Decision::LookFirst | Decision::Unchanged | Decision::Closed => return None,
    };
    Some(entry(reading.id, at, "decided", text))
}

/// An order arrived in ShipStation.
pub(crate) fn sent(order: OrderId, shipstation_order: i64, at: Timestamp) -> JournalEntry {
    entry(order, at, "sent", format!("in ShipStation as order {shipstation_order}"))
}

/// An order was put into the custom store's feed.
pub(crate) fn offered(order: OrderId, at: Timestamp) -> JournalEntry {
    entry(order, at, "sent", "in the custom store's feed, which ShipStation fetches".to_owned())
}

/// An order in ShipStation became what was wanted.
pub(crate) fn changed(order: OrderId, event: &str, status: ShippingStatus, at: Timestamp) -> JournalEntry {
    let became = match status {
        ShippingStatus::AwaitingPayment | ShippingStatus::AwaitingShipment => "sent again",
        ShippingStatus::OnHold => "put on hold in ShipStation",
        ShippingStatus::Cancelled => "cancelled in ShipStation",
    };
    entry(order, at, "sent", format!("{became}: {event}"))
}

/// A write to a platform failed.
pub(crate) fn failed(order: OrderId, what: &str, failure: &Failure, at: Timestamp) -> JournalEntry {
    entry(order, at, "failed", format!("{what}: {failure}"))
}

/// The kind of the entries about shipments that no notification had told of.
pub(crate) const REPAIRED: &str = "repaired";

/// A sweep found a shipment that a notification should have told of.
pub(crate) fn repaired(order: OrderId, shipment: &Shipment, at: Timestamp) -> JournalEntry {
    let text = format!("{}; found by a sweep, since no notification told of it", described(shipment));
    entry(order, at, REPAIRED, text)
}

/// A shipment became known or changed.
pub(crate) fn shipment(order: OrderId, shipment: &Shipment, at: Timestamp) -> JournalEntry {
    entry(order, at, "shipment", described(shipment))
}

/// A sweep found an order that was to be sent and is not known to have arrived.
pub(crate) fn sought(order: OrderId, at: Timestamp) -> JournalEntry {
    let text = "was to be sent, and is not known to have arrived: a sweep has it looked at again";
    entry(order, at, "sought", text.to_owned())
}

/// A sweep found a set of shipments that nobody has written to Cin7.
pub(crate) fn unwritten(order: OrderId, at: Timestamp) -> JournalEntry {
    let text = "has shipped, and nobody has written that to Cin7: a sweep has it looked at again";
    entry(order, at, "sought", text.to_owned())
}

fn described(shipment: &Shipment) -> String {
    let what = match (shipment.voided, shipment.is_return) {
        (true, _) => "voided",
        (false, true) => "return label",
        (false, false) => "shipped",
    };
    let tracking =
        if shipment.tracking.is_empty() { "without a tracking number" } else { &shipment.tracking };
    let (id, carrier) = (shipment.id, &shipment.carrier);
    format!("{id} {what}: {carrier} {tracking}")
}

/// A write-back whose answer was lost turned out to have arrived.
pub(crate) fn found_written(order: OrderId, plan: &Plan, at: Timestamp) -> JournalEntry {
    let tracking = &plan.desired.tracking_code;
    entry(order, at, "written", format!("found in Cin7, as an earlier attempt wrote it: tracking {tracking}"))
}

/// Cin7 took the write-back.
pub(crate) fn written(order: OrderId, plan: &Plan, at: Timestamp) -> JournalEntry {
    let patch = &plan.patch;
    let fields = [
        patch
            .tracking_code
            .as_ref()
            .map(|code| format!("tracking {}", if code.is_empty() { "removed" } else { code })),
        patch.carrier.as_ref().map(|carrier| format!("carrier {carrier}")),
        patch.dispatched.map(|at| format!("dispatched {at}")),
        patch.stage.as_ref().map(|stage| format!("stage {stage}")),
        patch.internal_comments.as_ref().map(|_| "comments".to_owned()),
        (!patch.custom_fields.is_empty()).then(|| "custom fields".to_owned()),
    ];
    let fields: Vec<_> = fields.into_iter().flatten().collect();
    entry(order, at, "written", format!("written to Cin7: {}", fields.join(", ")))
}

/// Cin7 took an order's cartons.
pub(crate) fn cartons(order: OrderId, cartons: &[Carton], at: Timestamp) -> JournalEntry {
    entry(order, at, "written", format!("written to Cin7: {}", counted(cartons)))
}

/// Cartons whose answer was lost turned out to have arrived.
pub(crate) fn found_cartons(order: OrderId, cartons: &[Carton], at: Timestamp) -> JournalEntry {
    let text = format!("found in Cin7, as an earlier attempt wrote it: {}", counted(cartons));
    entry(order, at, "written", text)
}

fn counted(cartons: &[Carton]) -> String {
    match cartons {
        [] => "no cartons".to_owned(),
        [_] => "1 carton".to_owned(),
        several => format!("{} cartons", several.len()),
    }
}

/// A field differs from what it would be, because a person has set it.
pub(crate) fn left_alone(order: OrderId, kept: &Kept, at: Timestamp) -> JournalEntry {
    let Kept { field, theirs, ours } = kept;
    let theirs =
        if theirs.is_empty() { "emptied by a person".to_owned() } else { format!("`{theirs}` by a person") };
    entry(order, at, "left_alone", format!("{field}: {theirs}, and left so; it would be `{ours}`"))
}

/// The kind of the entries about an order's freight. The last one says how its freight came about, or why it has none;
/// steps stand between semicolons.
pub const FREIGHT: &str = "freight";

/// Cin7 took an order's freight: how it came about, a step each, and what could not be asked.
pub(crate) fn freight(
    order: OrderId,
    written: &Memory,
    steps: &[String],
    errors: &[String],
    at: Timestamp,
) -> JournalEntry {
    let (total, steps) = (money(written.total), steps.join("; "));
    let unasked = if errors.is_empty() {
        String::new()
    } else {
        format!(" (without an answer: {})", errors.join("; "))
    };
    entry(order, at, FREIGHT, format!("written to Cin7: freight {total}: {steps}{unasked}"))
}

/// Freight whose answer was lost turned out to have arrived, or nobody came to tell that it had.
pub(crate) fn found_freight(order: OrderId, written: &Memory, at: Timestamp) -> JournalEntry {
    let text = format!("found in Cin7, as an earlier attempt wrote it: freight {}", money(written.total));
    entry(order, at, FREIGHT, text)
}

/// Whether an entry says of an order's freight that it was written.
pub(crate) fn tells_of_freight(told: &JournalEntry, written: &Memory) -> bool {
    let steps = format!("written to Cin7: freight {}:", money(written.total));
    told.text.starts_with(&steps) || told.text == found_freight(told.order, written, told.at).text
}

/// An order is at a rating stage and gets no freight: why.
pub(crate) fn no_freight(order: OrderId, reasons: &[String], at: Timestamp) -> JournalEntry {
    entry(order, at, FREIGHT, format!("no freight: {}", reasons.join("; ")))
}

/// A person has changed the freight that we had written.
pub(crate) fn freight_left_alone(
    order: OrderId,
    theirs: &str,
    written: &Memory,
    at: Timestamp,
) -> JournalEntry {
    let ours = money(written.total);
    entry(order, at, FREIGHT, format!("freight: {theirs} by a person, and left so; we had written {ours}"))
}

/// A person had a parked event worked on again.
pub(crate) fn replayed(order: OrderId, cause: &str, reason: &str, at: Timestamp) -> JournalEntry {
    entry(order, at, "replayed", format!("its parked event ({cause}) is worked on again: {reason}"))
}

/// A person gave a parked event up.
pub(crate) fn discarded(order: OrderId, cause: &str, reason: &str, at: Timestamp) -> JournalEntry {
    entry(order, at, "discarded", format!("its parked event ({cause}) was discarded: {reason}"))
}

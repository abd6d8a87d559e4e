//! An order whose effect failed for good is in review until its parked event is replayed or discarded. Says what
//! it counts as from then on; taking the event out is the caller's.

use super::{Memory, is_due, progress};
use crate::objection::is_against;
use crate::record::{OrderRecord, Progress, Reading};
use crate::settings::DispatchWhen;
use crate::shipment::ShipmentSet;

/// How far an order is while its event is worked on again; `None` leaves what is kept. Of an order that is in
/// ShipStation the event itself says how far it is.
pub fn after_replay(record: &OrderRecord) -> Option<Progress> {
    (record.progress == Progress::Review && record.placed.is_none()).then_some(Progress::Nothing)
}

/// How far an order is once nobody works on its event any more: as far as its shipments say. `None` leaves what
/// is kept: it is not in review, or it is for another reason, a void after its dispatch. `written` is what was
/// last written to Cin7.
pub fn after_discard(
    record: &OrderRecord,
    set: &ShipmentSet,
    written: Option<&Memory>,
    when: DispatchWhen,
) -> Option<Progress> {
    if record.progress != Progress::Review {
        return None;
    }
    let Some(placed) = &record.placed else { return Some(Progress::Nothing) };
    let live = set.live_newest_first();
    let due = is_due(&placed.document, &live, when);
    let dispatched = written.is_some_and(|written| written.shown.dispatched.is_some());
    let (before, _) = progress(record.reading.is_void(), dispatched, &live, due);
    (before != Progress::Review).then_some(before)
}

/// The reading without the objection that this failure left behind; `None` when it is another one, or none.
pub fn without_objection(reading: &Reading, failure: &str) -> Option<Reading> {
    let objection = reading.objection.as_ref()?;
    is_against(objection, failure).then(|| Reading { objection: None, ..reading.clone() })
}

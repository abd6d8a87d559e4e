//! One parcel, two reports: ShipStation tells the custom store of a parcel in a notice, and the sweep of its V1 lists
//! finds the same parcel as a label or a fulfilment. It counts once.
//!
//! They are one parcel when they have the same tracking number (without case), or when neither has one and the ship
//! date is the same, and so is what is in them, as far as both say. Then the row of the list counts, because only it
//! can tell of a void: a void that the sweep finds takes the notice's parcel back. A live row that does not say what is
//! in it, while the notice does, leaves that to the notice.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Shipment, ShipmentId};

/// The live shipments, each parcel once, the newest first; equal times by id, so that the order is always the same. A
/// notice tells minutes: where it stands for a row it has that row's place.
pub(super) fn live_newest_first(all: &[Shipment]) -> Vec<&Shipment> {
    let (notices, rows): (Vec<&Shipment>, Vec<&Shipment>) = all.iter().partition(|one| is_notice(one));
    let counting = |notice: &&Shipment| notice.is_live() && !is_superseded(notice, &rows);
    let notices: Vec<&Shipment> = notices.into_iter().filter(counting).collect();
    let told =
        |row: &Shipment| row.items.is_none() && notices.iter().any(|notice| is_one_parcel(notice, row));
    let place = |shipment: &Shipment| Reverse((shipment.created, shipment.id));
    let of_notice = |notice: &Shipment| {
        let row = rows.iter().find(|row| row.is_live() && told(row) && is_one_parcel(notice, row));
        place(row.copied().unwrap_or(notice))
    };
    let mut live: Vec<_> = notices.iter().map(|notice| (of_notice(notice), *notice)).collect();
    let listed = rows.iter().filter(|row| row.is_live() && !told(row));
    live.extend(listed.map(|row| (place(row), *row)));
    live.sort_by_key(|(place, _)| *place);
    live.into_iter().map(|(_, shipment)| shipment).collect()
}

fn is_notice(shipment: &Shipment) -> bool {
    matches!(shipment.id, ShipmentId::Notice(_))
}

fn is_superseded(notice: &Shipment, rows: &[&Shipment]) -> bool {
    let mut same = rows.iter().filter(|row| is_one_parcel(notice, row));
    same.any(|row| row.voided || row.items.is_some() || notice.items.is_none())
}

fn is_one_parcel(notice: &Shipment, row: &Shipment) -> bool {
    let (told, listed) = (notice.tracking.trim(), row.tracking.trim());
    if row.is_return || told.is_empty() != listed.is_empty() {
        return false;
    }
    if !told.is_empty() {
        return told.to_lowercase() == listed.to_lowercase();
    }
    notice.ship_date.is_some() && notice.ship_date == row.ship_date && agree(notice, row)
}

/// Whether the two hold the same, as far as both say.
fn agree(one: &Shipment, other: &Shipment) -> bool {
    one.items.is_none() || other.items.is_none() || content(one) == content(other)
}

/// How many of each SKU.
fn content(shipment: &Shipment) -> BTreeMap<String, u64> {
    let mut content = BTreeMap::new();
    for item in shipment.items.iter().flatten() {
        *content.entry(item.sku.trim().to_lowercase()).or_default() += u64::from(item.quantity);
    }
    content
}

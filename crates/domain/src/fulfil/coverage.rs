//! What shipments cover of an order: whether everything that must be shipped has shipped, and which pieces are in which
//! of them.

use std::collections::BTreeMap;

use crate::shipment::{Shipment, ShippedItem};
use crate::shipping_order::ShippingOrder;

/// Whether every dispatchable quantity is covered by live shipments. A shipment that does not say what is in
/// it covers what is left.
///
/// Pieces are matched by line key. Those without a key of ours, as a split may leave them, count by SKU for what no
/// key covers.
pub fn is_complete(document: &ShippingOrder, live: &[&Shipment]) -> bool {
    if live.iter().any(|shipment| shipment.items.is_none()) {
        return true;
    }
    let mut missing = Missing::of(document);
    missing.take_all(live);
    !live.is_empty() && missing.is_nothing()
}

/// How many pieces of each line, by the document's index of the line, are in one shipment.
pub(super) type Pieces = BTreeMap<usize, u64>;

/// What is in each of these shipments, in their order: together never more of a line than the document has, the
/// first come first served. One that does not say what is in it has what no other covers.
pub(super) fn pieces(document: &ShippingOrder, live: &[&Shipment]) -> Vec<Pieces> {
    let mut missing = Missing::of(document);
    let mut taken = missing.take_all(live);
    for (pieces, _) in taken.iter_mut().zip(live).filter(|(_, shipment)| shipment.items.is_none()) {
        missing.take_rest(pieces);
    }
    taken
}

/// A line with what is still missing of it.
struct Line {
    /// Its index among the document's items.
    index: usize,
    sku: String,
    missing: u64,
}

impl Line {
    /// Takes as much as there is, at most `quantity`. How much.
    fn take(&mut self, quantity: u64, into: &mut Pieces) -> u64 {
        let taken = quantity.min(self.missing);
        self.missing -= taken;
        if taken > 0 {
            *into.entry(self.index).or_default() += taken;
        }
        taken
    }
}

/// Lines with what is still missing of each, in the order of the document.
struct Missing<'a> {
    lines: Vec<Line>,
    by_key: BTreeMap<&'a str, usize>,
}

impl<'a> Missing<'a> {
    fn of(document: &'a ShippingOrder) -> Self {
        let things = || document.items.iter().enumerate().filter(|(_, item)| !item.adjustment);
        let line = |(index, item): (usize, &crate::shipping_order::ShippingItem)| Line {
            index,
            sku: folded(&item.sku),
            missing: u64::from(item.quantity),
        };
        let by_key = things().enumerate().map(|(at, (_, item))| (item.line_key.as_str(), at)).collect();
        Self { lines: things().map(line).collect(), by_key }
    }

    /// Takes what the shipments say to hold: by key from all of them, and then by SKU what has no key of ours.
    fn take_all(&mut self, live: &[&Shipment]) -> Vec<Pieces> {
        let mut taken = vec![Pieces::new(); live.len()];
        let mut keyless = Vec::new();
        for (at, shipment) in live.iter().enumerate() {
            let items = shipment.items.iter().flatten();
            keyless
                .extend(items.filter(|item| !self.take_by_key(item, &mut taken[at])).map(|item| (at, item)));
        }
        for (at, item) in keyless {
            self.take_by_sku(item, &mut taken[at]);
        }
        taken
    }

    /// Whether the item names a line.
    fn take_by_key(&mut self, item: &ShippedItem, into: &mut Pieces) -> bool {
        let Some(at) = self.by_key.get(item.line_key.as_str()) else { return false };
        self.lines[*at].take(u64::from(item.quantity), into);
        true
    }

    fn take_by_sku(&mut self, item: &ShippedItem, into: &mut Pieces) {
        let (sku, mut quantity) = (folded(&item.sku), u64::from(item.quantity));
        if sku.is_empty() {
            return;
        }
        for line in self.lines.iter_mut().filter(|line| line.sku == sku) {
            quantity -= line.take(quantity, into);
        }
    }

    fn take_rest(&mut self, into: &mut Pieces) {
        for line in &mut self.lines {
            line.take(u64::MAX, into);
        }
    }

    fn is_nothing(&self) -> bool {
        self.lines.iter().all(|line| line.missing == 0)
    }
}

fn folded(sku: &str) -> String {
    sku.trim().to_lowercase()
}

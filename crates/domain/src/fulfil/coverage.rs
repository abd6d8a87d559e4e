//! Whether everything of an order that must be shipped has shipped.

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
    let items: Vec<&ShippedItem> =
        live.iter().filter_map(|shipment| shipment.items.as_ref()).flatten().collect();
    let keyless: Vec<_> = items.into_iter().filter(|item| !missing.take_by_key(item)).collect();
    for item in keyless {
        missing.take_by_sku(item);
    }
    !live.is_empty() && missing.is_nothing()
}

/// Lines with what is still missing of each, in the order of the document.
struct Missing<'a> {
    lines: Vec<(&'a str, String, u64)>,
    by_key: BTreeMap<&'a str, usize>,
}

impl<'a> Missing<'a> {
    fn of(document: &'a ShippingOrder) -> Self {
        let things = document.items.iter().filter(|item| !item.adjustment);
        let lines: Vec<_> = things
            .map(|item| (item.line_key.as_str(), folded(&item.sku), u64::from(item.quantity)))
            .collect();
        let by_key = lines.iter().enumerate().map(|(at, (key, ..))| (*key, at)).collect();
        Self { lines, by_key }
    }

    /// Whether the item names a line.
    fn take_by_key(&mut self, item: &ShippedItem) -> bool {
        let Some(at) = self.by_key.get(item.line_key.as_str()) else { return false };
        let missing = &mut self.lines[*at].2;
        *missing = missing.saturating_sub(u64::from(item.quantity));
        true
    }

    fn take_by_sku(&mut self, item: &ShippedItem) {
        let (sku, mut quantity) = (folded(&item.sku), u64::from(item.quantity));
        if sku.is_empty() {
            return;
        }
        for (_, _, missing) in self.lines.iter_mut().filter(|(_, of_line, _)| *of_line == sku) {
            let taken = quantity.min(*missing);
            *missing -= taken;
            quantity -= taken;
        }
    }

    fn is_nothing(&self) -> bool {
        self.lines.iter().all(|(_, _, missing)| *missing == 0)
    }
}

fn folded(sku: &str) -> String {
    sku.trim().to_lowercase()
}

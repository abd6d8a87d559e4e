//! Splitting an order into two and merging orders into one, as people do on ShipStation's screens. The API
//! itself can do neither.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::model::{Absence, Order, OrderItem};
use super::operations::OperationError;
use super::upsert::total;
use super::{ShipStation, dates};

impl ShipStation {
    /// Moves quantities of lines (ids with quantities) into a new order and returns its id. The child keeps the
    /// number and the line keys, has a key and line ids of its own, and is free: money and adjustments stay
    /// with the parent, which lists it in `mergedIds`.
    pub fn split(
        &mut self,
        order_id: i64,
        moved: &[(i64, i64)],
        now: Timestamp,
    ) -> Result<i64, OperationError> {
        self.check_undivided(order_id)?;
        let order = self.changeable(order_id, now)?.clone();
        let remaining = without(&order, moved)?;
        let physical = |items: &[OrderItem]| items.iter().any(|item| !item.adjustment);
        if moved.is_empty() || !physical(&remaining) {
            return Err(OperationError::NothingLeft(order_id));
        }
        let child = self.child(&order, moved, now);
        let child_id = child.order_id;
        self.store_order(child);
        let parent = self.changeable(order_id, now)?;
        parent.items = remaining;
        parent.advanced_options.merged_or_split = true;
        parent.advanced_options.merged_ids.push(child_id);
        Ok(child_id)
    }

    /// Merges `others` into the survivor: their lines and money move, they vanish from the API. Recipients are
    /// not compared: that is the person's care.
    pub fn merge(&mut self, survivor: i64, others: &[i64], now: Timestamp) -> Result<(), OperationError> {
        let others: BTreeSet<i64> = others.iter().copied().collect();
        if others.is_empty() || others.contains(&survivor) {
            return Err(OperationError::NothingLeft(survivor));
        }
        for id in others.iter().chain([&survivor]) {
            self.check_undivided(*id)?;
            self.changeable(*id, now)?;
        }
        for id in others {
            self.absorb(survivor, id, now)?;
        }
        Ok(())
    }

    fn absorb(&mut self, survivor: i64, other: i64, now: Timestamp) -> Result<(), OperationError> {
        let gone = self.changeable(other, now)?;
        gone.absent = Some(Absence::Merged(survivor));
        let gone = gone.clone();
        let now = dates::pacific(now);
        let mut items = gone.items;
        for item in &mut items {
            item.order_item_id = self.ids.item();
            (item.create_date, item.modify_date) = (now, now);
        }
        let order = self.visible_mut(survivor)?;
        order.items.append(&mut items);
        order.amount_paid = order.amount_paid.saturating_add(gone.amount_paid);
        order.tax_amount = order.tax_amount.saturating_add(gone.tax_amount);
        order.shipping_amount = order.shipping_amount.saturating_add(gone.shipping_amount);
        order.order_total = total(&order.items, order.tax_amount, order.shipping_amount);
        order.advanced_options.merged_or_split = true;
        order.advanced_options.merged_ids.push(other);
        Ok(())
    }

    fn check_undivided(&self, order_id: i64) -> Result<(), OperationError> {
        if self.live_shipments(order_id).next().is_some() {
            return Err(OperationError::HasLabel(order_id));
        }
        Ok(())
    }

    fn child(&mut self, parent: &Order, moved: &[(i64, i64)], now: Timestamp) -> Order {
        let now = dates::pacific(now);
        let mut child = parent.clone();
        child.order_id = self.ids.order();
        child.order_key = self.uuid().to_string();
        (child.create_date, child.modify_date) = (now, now);
        for amount in [
            &mut child.order_total,
            &mut child.amount_paid,
            &mut child.tax_amount,
            &mut child.shipping_amount,
        ] {
            *amount = Decimal::ZERO;
        }
        child.items = moved.iter().filter_map(|part| self.moved_item(parent, *part)).collect();
        for item in &mut child.items {
            (item.create_date, item.modify_date) = (now, now);
        }
        child.advanced_options.merged_or_split = true;
        child.advanced_options.merged_ids = Vec::new();
        child.advanced_options.parent_id = Some(parent.order_id);
        child
    }

    fn moved_item(&mut self, parent: &Order, (item_id, quantity): (i64, i64)) -> Option<OrderItem> {
        let mut item = parent.items.iter().find(|item| item.order_item_id == item_id)?.clone();
        item.order_item_id = self.ids.item();
        item.quantity = quantity;
        item.tax_amount = None;
        item.shipping_amount = None;
        Some(item)
    }
}

/// The lines of `order` once those quantities are taken out.
fn without(order: &Order, moved: &[(i64, i64)]) -> Result<Vec<OrderItem>, OperationError> {
    let mut items = order.items.clone();
    for &(item_id, quantity) in moved {
        let item = items.iter_mut().find(|item| item.order_item_id == item_id && !item.adjustment);
        let order_id = order.order_id;
        let item = item.ok_or(OperationError::UnknownItem { order_id, item_id })?;
        if quantity < 1 || quantity > item.quantity {
            return Err(OperationError::BadQuantity { item_id, asked: quantity, left: item.quantity });
        }
        item.quantity -= quantity;
    }
    items.retain(|item| item.quantity > 0);
    Ok(items)
}

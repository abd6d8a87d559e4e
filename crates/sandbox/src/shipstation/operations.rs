//! Small things a person does with an order on ShipStation's screens: hold, tag, edit, cancel. They spend no
//! quota. Labels live in `labels`, splits and merges in `splits`.

use jiff::Timestamp;
use jiff::civil::Date;
use thiserror::Error;

use super::model::{Absence, Order, OrderStatus};
use super::{ShipStation, dates};

/// Why an operation was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OperationError {
    /// No visible order has that id.
    #[error("Order {0} was not found.")]
    UnknownOrder(i64),
    /// No label has that id.
    #[error("Shipment {0} was not found.")]
    UnknownShipment(i64),
    /// The order is in a status that does not allow this.
    #[error("Order {order_id} cannot be changed because its status is {status}.")]
    Locked {
        /// The order.
        order_id: i64,
        /// Its status.
        status: &'static str,
    },
    /// The order has a label, so it can be neither split nor merged.
    #[error("Order {0} has a label.")]
    HasLabel(i64),
    /// The order has no line of that id.
    #[error("Order {order_id} has no item {item_id}.")]
    UnknownItem {
        /// The order.
        order_id: i64,
        /// The line that was asked for.
        item_id: i64,
    },
    /// More was asked of a line than is left of it, or nothing.
    #[error("{asked} of item {item_id} were asked for, {left} are left.")]
    BadQuantity {
        /// The line.
        item_id: i64,
        /// The quantity that was asked for.
        asked: i64,
        /// What is left.
        left: i64,
    },
    /// A split would leave the parent or the child without goods, or a merge has no other order.
    #[error("Nothing would be left of order {0}.")]
    NothingLeft(i64),
    /// The carrier is unknown, or has no such service, or the service does not reach the country.
    #[error("Carrier '{carrier}' has no usable service '{service}' for this shipment.")]
    UnusableService {
        /// The carrier's code.
        carrier: String,
        /// The service's code.
        service: String,
    },
    /// The label was voided before.
    #[error("Shipment {0} was already voided.")]
    AlreadyVoided(i64),
    /// The account has no such tag.
    #[error("Tag {0} was not found.")]
    UnknownTag(i64),
    /// The account has no such store.
    #[error("Store {0} was not found.")]
    UnknownStore(i64),
}

impl ShipStation {
    /// Puts an order on hold until a date; it goes back to awaiting shipment by itself on that day.
    pub fn hold(&mut self, order_id: i64, until: Date, now: Timestamp) -> Result<(), OperationError> {
        let order = self.changeable(order_id, now)?;
        order.order_status = OrderStatus::OnHold;
        order.hold_until_date = Some(until);
        Ok(())
    }

    /// Takes an order off hold.
    pub fn restore_from_hold(&mut self, order_id: i64, now: Timestamp) -> Result<(), OperationError> {
        let order = self.changeable(order_id, now)?;
        if order.order_status == OrderStatus::OnHold {
            order.order_status = OrderStatus::AwaitingShipment;
        }
        order.hold_until_date = None;
        Ok(())
    }

    /// Sets or removes a tag.
    pub fn tag(
        &mut self,
        order_id: i64,
        tag_id: i64,
        set: bool,
        now: Timestamp,
    ) -> Result<(), OperationError> {
        if !super::account::has_tag(tag_id) {
            return Err(OperationError::UnknownTag(tag_id));
        }
        let order = self.visible_mut(order_id)?;
        order.modify_date = dates::pacific(now);
        let mut tags = order.tag_ids.take().unwrap_or_default();
        tags.retain(|tag| *tag != tag_id);
        if set {
            tags.push(tag_id);
        }
        order.tag_ids = Some(tags).filter(|tags| !tags.is_empty());
        Ok(())
    }

    /// Cancels an order that has not shipped.
    pub fn cancel(&mut self, order_id: i64, now: Timestamp) -> Result<(), OperationError> {
        self.changeable(order_id, now)?.order_status = OrderStatus::Cancelled;
        Ok(())
    }

    /// Deletes an order softly: the API no longer shows it.
    pub fn delete(&mut self, order_id: i64, now: Timestamp) -> Result<(), OperationError> {
        let order = self.visible_mut(order_id)?;
        order.absent = Some(Absence::Deleted);
        order.modify_date = dates::pacific(now);
        Ok(())
    }

    /// Changes anything of an order, as a person does by typing over it, and moves `modifyDate`.
    pub fn edit(
        &mut self,
        order_id: i64,
        now: Timestamp,
        change: impl FnOnce(&mut Order),
    ) -> Result<(), OperationError> {
        let order = self.visible_mut(order_id)?;
        change(order);
        order.modify_date = dates::pacific(now);
        Ok(())
    }

    /// Moves orders whose hold has ended back to awaiting shipment. Every request does this too.
    pub fn release_holds(&mut self, now: Timestamp) {
        let now = dates::pacific(now);
        for order in self.orders.values_mut() {
            let due = order.hold_until_date.is_some_and(|until| until <= now.date());
            if due && order.order_status == OrderStatus::OnHold {
                order.order_status = OrderStatus::AwaitingShipment;
                order.hold_until_date = None;
                order.modify_date = now;
            }
        }
    }

    pub(super) fn visible_mut(&mut self, order_id: i64) -> Result<&mut Order, OperationError> {
        self.orders
            .get_mut(&order_id)
            .filter(|order| order.absent.is_none())
            .ok_or(OperationError::UnknownOrder(order_id))
    }

    /// An order that has not reached its end, with `modifyDate` moved to now.
    pub(super) fn changeable(&mut self, order_id: i64, now: Timestamp) -> Result<&mut Order, OperationError> {
        let order = self.visible_mut(order_id)?;
        if !order.order_status.is_updatable() {
            return Err(OperationError::Locked { order_id, status: order.order_status.name() });
        }
        order.modify_date = dates::pacific(now);
        Ok(order)
    }
}

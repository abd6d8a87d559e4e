//! What a posted order does: create, or replace by `orderKey`. A replacement takes the whole document; only
//! the order's id, creation, store and the ids of lines with the same `lineItemKey` stay.

use jiff::Timestamp;
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::document::{ItemDocument, OrderDocument};
use super::model::{Absence, AdvancedOptions, InternationalOptions, Order, OrderItem, OrderStatus};
use super::{ShipStation, dates};

/// What came of one posted order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Upserted {
    pub(crate) order_id: i64,
    /// Whether `ORDER_NOTIFY` tells of it: new and not waiting for payment, or just paid.
    pub(crate) notable: bool,
}

impl ShipStation {
    /// Creates or replaces one order, or says in the platform's words why not.
    pub(crate) fn upsert(
        &mut self,
        document: OrderDocument,
        import: Uuid,
        now: Timestamp,
    ) -> Result<Upserted, String> {
        let status = document.check()?;
        let found = self.target(&document)?;
        let before = found.and_then(|id| self.orders.get(&id)).map(|order| order.order_status);
        if let Some(id) = found {
            self.check_replaceable(id, &document)?;
        }
        let store = self.store_for(&document, found)?;
        let order = self.build(document, found, store, status, import, dates::pacific(now));
        let upserted = Upserted { order_id: order.order_id, notable: is_notable(before, status) };
        self.calls.upserted(&order.order_key);
        self.store_order(order);
        Ok(upserted)
    }

    /// The order that the document means. Its id decides if sent, else its key; a key that was deleted is free
    /// again (the platform does not document this).
    fn target(&self, document: &OrderDocument) -> Result<Option<i64>, String> {
        if let Some(id) = document.order_id {
            return match self.visible(id) {
                Some(order) => Ok(Some(order.order_id)),
                None => Err(format!("Order {id} was not found.")),
            };
        }
        let keyed = document.order_key.as_ref().and_then(|key| self.keys.get(key)).copied();
        match keyed.and_then(|id| self.orders.get(&id)).map(|order| (order.order_id, order.absent)) {
            Some((_, Some(Absence::Merged(into)))) => {
                Err(format!("The order was merged into order {into} and cannot be updated."))
            }
            Some((id, None)) => Ok(Some(id)),
            Some((_, Some(Absence::Deleted))) | None => Ok(None),
        }
    }

    fn check_replaceable(&self, id: i64, document: &OrderDocument) -> Result<(), String> {
        let order = &self.orders[&id];
        if !order.order_status.is_updatable() {
            let status = order.order_status.name();
            return Err(format!("Order {id} cannot be updated because its status is {status}."));
        }
        if self.live_shipments(id).next().is_some() {
            return Err(format!("Order {id} cannot be updated because a label was bought for it."));
        }
        let both = document.order_id.is_some() && document.order_key.is_some();
        if order.advanced_options.merged_or_split && !both {
            return Err("orderId and orderKey are required to update a split or merged order.".to_owned());
        }
        Ok(())
    }

    fn store_for(&self, document: &OrderDocument, found: Option<i64>) -> Result<i64, String> {
        if let Some(order) = found.and_then(|id| self.orders.get(&id)) {
            return Ok(order.advanced_options.store_id);
        }
        match document.store_id {
            Some(id) if self.settings.stores.iter().any(|store| store.id == id) => Ok(id),
            Some(id) => Err(format!("Store {id} was not found on this account.")),
            None => {
                let manual = self.settings.stores.iter().find(|store| store.marketplace.is_none());
                manual.map(|store| store.id).ok_or_else(|| "The account has no manual store.".to_owned())
            }
        }
    }

    fn build(
        &mut self,
        document: OrderDocument,
        found: Option<i64>,
        store: i64,
        order_status: OrderStatus,
        import: Uuid,
        now: DateTime,
    ) -> Order {
        let old = found.and_then(|id| self.orders.get(&id)).cloned();
        let (order_id, order_key, create_date) = match &old {
            Some(old) => (old.order_id, old.order_key.clone(), old.create_date),
            None => (self.ids.order(), document.order_key.unwrap_or_else(|| self.generated_key()), now),
        };
        let mut known = old.as_ref().map(|old| old.items.clone()).unwrap_or_default();
        let items: Vec<_> =
            document.items.into_iter().map(|item| self.build_item(item, &mut known, now)).collect();
        let advanced_options = advanced(document.advanced, old.as_ref(), store);
        let order_total = total(&items, document.tax_amount, document.shipping_amount);
        Order {
            order_id,
            order_number: document.order_number.unwrap_or_default(),
            order_key,
            order_date: document.order_date.unwrap_or(now),
            create_date,
            modify_date: now,
            payment_date: document.payment_date,
            ship_by_date: document.ship_by_date,
            order_status,
            customer_id: self.customer_id(document.customer_username.as_deref()),
            customer_username: document.customer_username,
            customer_email: document.customer_email,
            bill_to: document.bill_to.unwrap_or_default(),
            ship_to: document.ship_to.unwrap_or_default(),
            items,
            order_total,
            amount_paid: document.amount_paid,
            tax_amount: document.tax_amount,
            shipping_amount: document.shipping_amount,
            customer_notes: document.customer_notes,
            internal_notes: document.internal_notes,
            gift: document.gift,
            gift_message: document.gift_message,
            payment_method: document.payment_method,
            requested_shipping_service: document.requested_shipping_service,
            carrier_code: document.carrier_code,
            service_code: document.service_code,
            package_code: document.package_code,
            confirmation: document.confirmation,
            ship_date: document.ship_date,
            hold_until_date: None,
            weight: document.weight,
            dimensions: document.dimensions,
            insurance_options: document.insurance,
            international_options: self.with_customs_ids(document.international),
            advanced_options,
            tag_ids: document.tag_ids,
            user_id: None,
            externally_fulfilled: false,
            externally_fulfilled_by: None,
            externally_fulfilled_by_id: None,
            externally_fulfilled_by_name: None,
            label_messages: None,
            absent: None,
            import_batch: Some(import),
        }
    }

    /// Each known line gives its id away once, so that a key sent twice does not make two lines one.
    fn build_item(&mut self, item: ItemDocument, known: &mut Vec<OrderItem>, now: DateTime) -> OrderItem {
        let same = |old: &OrderItem| old.line_item_key.is_some() && old.line_item_key == item.line_item_key;
        let (order_item_id, create_date) = match known.iter().position(same).map(|at| known.swap_remove(at)) {
            Some(old) => (old.order_item_id, old.create_date),
            None => (self.ids.item(), now),
        };
        OrderItem {
            order_item_id,
            quantity: item.whole_quantity().unwrap_or_default(),
            line_item_key: item.line_item_key,
            sku: item.sku,
            name: item.name.unwrap_or_default(),
            image_url: item.image_url,
            weight: item.weight,
            unit_price: item.unit_price,
            tax_amount: item.tax_amount,
            shipping_amount: item.shipping_amount,
            warehouse_location: item.warehouse_location,
            options: item.options,
            product_id: item.product_id,
            fulfillment_sku: item.fulfillment_sku,
            adjustment: item.adjustment,
            upc: item.upc,
            create_date,
            modify_date: now,
        }
    }

    fn with_customs_ids(&mut self, mut international: InternationalOptions) -> InternationalOptions {
        for item in international.customs_items.iter_mut().flatten() {
            if item.customs_item_id == 0 {
                item.customs_item_id = self.ids.customs_item();
            }
        }
        international
    }
}

/// Items times quantity, plus tax, plus shipping: what ShipStation computes itself.
pub(crate) fn total(items: &[OrderItem], tax: Decimal, shipping: Decimal) -> Decimal {
    let lines = items.iter().map(|item| item.unit_price.saturating_mul(Decimal::from(item.quantity)));
    lines.fold(tax.saturating_add(shipping), Decimal::saturating_add)
}

fn is_notable(before: Option<OrderStatus>, after: OrderStatus) -> bool {
    match before {
        None => after != OrderStatus::AwaitingPayment,
        Some(OrderStatus::AwaitingPayment) => {
            !matches!(after, OrderStatus::AwaitingPayment | OrderStatus::Cancelled)
        }
        Some(_) => false,
    }
}

fn advanced(sent: AdvancedOptions, old: Option<&Order>, store_id: i64) -> AdvancedOptions {
    let kept = old.map(|old| old.advanced_options.clone()).unwrap_or_default();
    AdvancedOptions {
        store_id,
        merged_or_split: kept.merged_or_split,
        merged_ids: kept.merged_ids,
        parent_id: kept.parent_id,
        ..sent
    }
}

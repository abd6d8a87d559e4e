//! Labels as a person buys, batches and voids them, and "mark as shipped". What a service costs lives in
//! `carriers`, the HTTP forms in `shipment_calls` and `order_calls`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use rust_decimal::Decimal;

use super::carriers::{self, Service};
use super::model::{
    Address, Fulfillment, Order, OrderItem, OrderStatus, Shipment, ShipmentItem, ShipmentOptions, Weight,
    WeightUnits,
};
use super::operations::OperationError;
use super::{ShipStation, dates};

/// A parcel to buy a label for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRequest {
    /// The order, which must await its shipment.
    pub order_id: i64,
    /// Line ids with quantities; `None` takes everything that has not shipped. With a part only, the order
    /// keeps awaiting shipment until labels cover the rest.
    pub items: Option<Vec<(i64, i64)>>,
    /// Carrier and service codes; `None` takes the order's own, else the first that reaches the country.
    pub service: Option<(String, String)>,
    /// The parcel's weight; `None` takes the order's, else the sum of its lines, else 500 g.
    pub weight: Option<Weight>,
}

impl LabelRequest {
    /// Everything that is left of an order, by its own service.
    pub fn whole(order_id: i64) -> Self {
        Self { order_id, items: None, service: None, weight: None }
    }

    /// The same parcel by that carrier and service.
    #[must_use]
    pub fn by(mut self, carrier: &str, service: &str) -> Self {
        self.service = Some((carrier.to_owned(), service.to_owned()));
        self
    }

    /// The same label for those line ids and quantities only.
    #[must_use]
    pub fn of(mut self, items: Vec<(i64, i64)>) -> Self {
        self.items = Some(items);
        self
    }
}

/// How an order was shipped outside ShipStation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marking {
    /// A carrier's code or name; a known code becomes its display name. May be absent.
    pub carrier: Option<String>,
    /// The tracking number; may be empty.
    pub tracking_number: String,
    /// When it left, midnight Pacific; `None`: now.
    pub ship_date: Option<DateTime>,
}

impl ShipStation {
    /// Buys one label. Returns its shipment id; `SHIP_NOTIFY` follows.
    pub fn buy_label(&mut self, label: &LabelRequest, now: Timestamp) -> Result<i64, OperationError> {
        let batch = self.ids.batch();
        let id = self.label(label, batch, None, now)?;
        self.notify_labels(batch, &[id]);
        Ok(id)
    }

    /// Processes a batch of labels: one batch number, one `SHIP_NOTIFY` for those that worked. The results are
    /// in the order of the requests.
    pub fn buy_batch(&mut self, labels: &[LabelRequest], now: Timestamp) -> Vec<Result<i64, OperationError>> {
        let (batch, number) = (self.ids.batch(), self.ids.batch_number().to_string());
        let results: Vec<_> =
            labels.iter().map(|label| self.label(label, batch, Some(&number), now)).collect();
        let bought: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok().copied()).collect();
        self.notify_labels(batch, &bought);
        results
    }

    /// Buys a label that belongs to no order; it gets a key of the form `SHIP-…`.
    pub fn label_without_order(
        &mut self,
        ship_to: Address,
        carrier: &str,
        service: &str,
        now: Timestamp,
    ) -> Result<i64, OperationError> {
        let service = usable(carrier, service, ship_to.country.as_deref())?;
        let batch = self.ids.batch();
        let mut row = self.blank(service, ship_to, batch, now);
        row.order_number = format!("SHIP-{}-{}", now.as_millisecond(), row.shipment_id % 1_000);
        row.order_key = Some(row.order_number.clone());
        row.shipment_cost = carriers::price(service, Decimal::from(500), &row.ship_to);
        let id = row.shipment_id;
        self.store_shipment(row);
        self.notify_labels(batch, &[id]);
        Ok(id)
    }

    /// Buys a label for the way back of a parcel. No webhook tells of it, and the order stays shipped.
    pub fn return_label(&mut self, shipment_id: i64, now: Timestamp) -> Result<i64, OperationError> {
        let unknown = OperationError::UnknownShipment(shipment_id);
        let out = self.shipments.get(&shipment_id).ok_or(unknown)?.clone();
        let service =
            carriers::service(&out.carrier_code, &out.service_code).ok_or_else(|| unusable(&out))?;
        let batch = self.ids.batch();
        let fresh = self.blank(service, out.ship_to.clone(), batch, now);
        let row = Shipment {
            shipment_id: fresh.shipment_id,
            create_date: fresh.create_date,
            ship_date: fresh.ship_date,
            tracking_number: fresh.tracking_number,
            is_return_label: true,
            batch_number: None,
            voided: false,
            void_date: None,
            batch_id: batch,
            ..out
        };
        let id = row.shipment_id;
        self.store_shipment(row);
        Ok(id)
    }

    /// Voids a label: its row stays, and its order awaits shipment again. No webhook tells of it.
    pub fn void_label(&mut self, shipment_id: i64, now: Timestamp) -> Result<(), OperationError> {
        let unknown = OperationError::UnknownShipment(shipment_id);
        let row = self.shipments.get_mut(&shipment_id).ok_or(unknown)?;
        if row.voided {
            return Err(OperationError::AlreadyVoided(shipment_id));
        }
        row.voided = true;
        row.void_date = Some(dates::pacific(now));
        let (order_id, outbound) = (row.order_id, !row.is_return_label);
        let fulfilled = self.fulfillments.values().any(|row| Some(row.order_id) == order_id);
        if let Some(order) = order_id.and_then(|id| self.orders.get_mut(&id))
            && outbound
            && !fulfilled
            && order.order_status == OrderStatus::Shipped
        {
            order.order_status = OrderStatus::AwaitingShipment;
            order.ship_date = None;
            order.modify_date = dates::pacific(now);
        }
        Ok(())
    }

    /// Marks an order as shipped without a label: a fulfilment, never a shipment. Returns the fulfilment's id;
    /// `FULFILLMENT_SHIPPED` follows.
    pub fn mark_as_shipped(
        &mut self,
        order_id: i64,
        marking: Marking,
        now: Timestamp,
    ) -> Result<i64, OperationError> {
        let order = self.changeable(order_id, now)?;
        order.order_status = OrderStatus::Shipped;
        let order = order.clone();
        let display = |code: String| carriers::carrier(&code).map_or(code, |carrier| carrier.name.to_owned());
        let row = Fulfillment {
            fulfillment_id: self.ids.fulfillment(),
            order_id,
            order_number: order.order_number,
            user_id: None,
            customer_email: order.customer_email,
            tracking_number: marking.tracking_number,
            create_date: dates::pacific(now),
            ship_date: marking.ship_date.unwrap_or_else(|| dates::pacific(now)),
            void_date: None,
            delivery_date: None,
            carrier_code: marking.carrier.map(display),
            seller_fill_provider_id: None,
            seller_fill_provider_name: None,
            fulfillment_provider_code: None,
            fulfillment_service_code: None,
            fulfillment_fee: Decimal::ZERO,
            void_requested: false,
            voided: false,
            marketplace_notified: false,
            notify_error_message: None,
            ship_to: order.ship_to,
        };
        let id = row.fulfillment_id;
        self.fulfillments.insert(id, row);
        self.notify_fulfillment(id, order.advanced_options.store_id);
        Ok(id)
    }

    /// The physical lines of an order with what no live label covers yet.
    pub fn left_to_ship(&self, order_id: i64) -> Vec<(i64, i64)> {
        let Some(order) = self.visible(order_id) else { return Vec::new() };
        let left = |item: &OrderItem| item.quantity - self.labelled(order_id, item.order_item_id);
        let physical = order.items.iter().filter(|item| !item.adjustment);
        physical.map(|item| (item.order_item_id, left(item))).filter(|(_, left)| *left > 0).collect()
    }

    fn labelled(&self, order_id: i64, item_id: i64) -> i64 {
        let items = self.live_shipments(order_id).flat_map(Shipment::items);
        items.filter(|item| item.order_item_id == item_id).map(|item| item.quantity).sum()
    }

    fn label(
        &mut self,
        label: &LabelRequest,
        batch: i64,
        batch_number: Option<&str>,
        now: Timestamp,
    ) -> Result<i64, OperationError> {
        let order_id = label.order_id;
        let order = self.visible(order_id).ok_or(OperationError::UnknownOrder(order_id))?.clone();
        if order.order_status != OrderStatus::AwaitingShipment {
            return Err(OperationError::Locked { order_id, status: order.order_status.name() });
        }
        let items = self.parcel(&order, label.items.as_deref())?;
        let service = choose(label, &order)?;
        let weight = label.weight.or(order.weight).or_else(|| weigh(&items));
        let mut row = self.blank(service, order.ship_to.clone(), batch, now);
        row.batch_number = batch_number.map(str::to_owned);
        row.order_id = Some(order_id);
        row.order_key = Some(order.order_key.clone());
        row.order_number.clone_from(&order.order_number);
        row.customer_email.clone_from(&order.customer_email);
        row.package_code = order.package_code.clone().or_else(|| Some("package".to_owned()));
        row.confirmation.clone_from(&order.confirmation);
        row.warehouse_id = order.advanced_options.warehouse_id.or(row.warehouse_id);
        row.advanced_options = shipment_options(&order);
        row.insurance_options = Some(order.insurance_options.clone());
        row.insurance_cost = insurance_cost(&order);
        row.dimensions = order.dimensions;
        row.weight = weight;
        let grams = weight.map_or(Decimal::from(500), Weight::grams);
        row.shipment_cost = carriers::price(service, grams, &row.ship_to);
        row.shipment_items = Some(items);
        let id = row.shipment_id;
        self.store_shipment(row);
        self.settle(order_id, now);
        Ok(id)
    }

    /// The lines of a parcel, each within what is left.
    fn parcel(
        &self,
        order: &Order,
        asked: Option<&[(i64, i64)]>,
    ) -> Result<Vec<ShipmentItem>, OperationError> {
        let left = self.left_to_ship(order.order_id);
        let mut seen = BTreeSet::new();
        let item = |&(item_id, quantity): &(i64, i64)| {
            let order_id = order.order_id;
            let known = order.items.iter().find(|item| item.order_item_id == item_id);
            let known = known.ok_or(OperationError::UnknownItem { order_id, item_id })?;
            let left = left.iter().find(|(id, _)| *id == item_id).map_or(0, |(_, left)| *left);
            if quantity < 1 || quantity > left || !seen.insert(item_id) {
                return Err(OperationError::BadQuantity { item_id, asked: quantity, left });
            }
            Ok(ShipmentItem::of(known, quantity))
        };
        asked.unwrap_or(&left).iter().map(item).collect()
    }

    /// Moves an order to shipped once labels cover it.
    fn settle(&mut self, order_id: i64, now: Timestamp) {
        let done = self.left_to_ship(order_id).is_empty();
        if let Some(order) = self.orders.get_mut(&order_id) {
            order.modify_date = dates::pacific(now);
            if done {
                order.order_status = OrderStatus::Shipped;
                order.ship_date = Some(dates::pacific(now).date());
            }
        }
    }

    fn blank(&mut self, service: &Service, ship_to: Address, batch_id: i64, now: Timestamp) -> Shipment {
        let now = dates::pacific(now);
        Shipment {
            shipment_id: self.ids.shipment(),
            order_id: None,
            order_key: None,
            user_id: Some("6f1c8a52-0d4e-4a35-9c6b-2f7e51d3b890".to_owned()),
            customer_email: None,
            order_number: String::new(),
            create_date: now,
            ship_date: now.date(),
            shipment_cost: Decimal::ZERO,
            insurance_cost: Decimal::ZERO,
            tracking_number: carriers::tracking_number(service, &mut self.rng),
            is_return_label: false,
            batch_number: None,
            carrier_code: service.carrier.to_owned(),
            service_code: service.code.to_owned(),
            package_code: None,
            confirmation: None,
            warehouse_id: Some(super::account::WAREHOUSE_ID),
            voided: false,
            void_date: None,
            marketplace_notified: true,
            notify_error_message: None,
            ship_to,
            weight: None,
            dimensions: None,
            insurance_options: None,
            advanced_options: ShipmentOptions::default(),
            shipment_items: Some(Vec::new()),
            label_data: None,
            form_data: None,
            batch_id,
        }
    }
}

fn usable(carrier: &str, service: &str, country: Option<&str>) -> Result<&'static Service, OperationError> {
    let found = carriers::services_to(country).find(|row| row.carrier == carrier && row.code == service);
    found.ok_or_else(|| OperationError::UnusableService {
        carrier: carrier.to_owned(),
        service: service.to_owned(),
    })
}

fn unusable(row: &Shipment) -> OperationError {
    OperationError::UnusableService { carrier: row.carrier_code.clone(), service: row.service_code.clone() }
}

fn choose(label: &LabelRequest, order: &Order) -> Result<&'static Service, OperationError> {
    let country = order.ship_to.country.as_deref();
    if let Some((carrier, service)) = &label.service {
        return usable(carrier, service, country);
    }
    if let (Some(carrier), Some(service)) = (&order.carrier_code, &order.service_code)
        && let Ok(own) = usable(carrier, service, country)
    {
        return Ok(own);
    }
    Ok(carriers::services_to(country).next().expect("the table has services for inside and abroad"))
}

fn weigh(items: &[ShipmentItem]) -> Option<Weight> {
    let grams = |item: &ShipmentItem| {
        item.weight.map(|weight| weight.grams().saturating_mul(Decimal::from(item.quantity)))
    };
    let total: Decimal = items.iter().filter_map(grams).fold(Decimal::ZERO, Decimal::saturating_add);
    (total > Decimal::ZERO).then(|| Weight::new(total.round_dp(2), WeightUnits::Grams))
}

/// One per cent of the insured value.
fn insurance_cost(order: &Order) -> Decimal {
    let insurance = &order.insurance_options;
    if insurance.insure_shipment {
        insurance.insured_value.saturating_mul(Decimal::new(1, 2)).round_dp(2)
    } else {
        Decimal::ZERO
    }
}

fn shipment_options(order: &Order) -> ShipmentOptions {
    let options = &order.advanced_options;
    ShipmentOptions {
        bill_to_party: options.bill_to_party.clone(),
        bill_to_account: options.bill_to_account.clone(),
        bill_to_postal_code: options.bill_to_postal_code.clone(),
        bill_to_country_code: options.bill_to_country_code.clone(),
        store_id: Some(options.store_id),
    }
}

//! The documents that ShipStation answers with, field by field and in the platform's own names
//! (camelCase on the wire). Reading what a client posts lives in `document`, behaviour elsewhere.
#![expect(missing_docs, reason = "the fields carry the API's own names and meanings")]

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use super::dates;

/// Where an order stands (`orderStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    AwaitingPayment,
    AwaitingShipment,
    OnHold,
    PendingFulfillment,
    Shipped,
    Cancelled,
}

impl OrderStatus {
    const NAMES: [(&'static str, Self); 6] = [
        ("awaiting_payment", Self::AwaitingPayment),
        ("awaiting_shipment", Self::AwaitingShipment),
        ("on_hold", Self::OnHold),
        ("pending_fulfillment", Self::PendingFulfillment),
        ("shipped", Self::Shipped),
        ("cancelled", Self::Cancelled),
    ];

    /// The status of that wire name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, status)| *status)
    }

    /// The wire name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, status)| *status == self).map_or("", |(name, _)| name)
    }

    /// Whether `createorder` may still replace an order in this status.
    pub fn is_updatable(self) -> bool {
        !matches!(self, Self::Shipped | Self::Cancelled)
    }
}

/// Why an order is no longer visible through the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Deleted (softly) by `DELETE /orders/{id}`.
    Deleted,
    /// Merged into the order of that id.
    Merged(i64),
}

/// An order, as `GET /orders/{id}` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub order_id: i64,
    pub order_number: String,
    pub order_key: String,
    #[serde(with = "dates::seven_digits")]
    pub order_date: DateTime,
    #[serde(with = "dates::seven_digits")]
    pub create_date: DateTime,
    #[serde(with = "dates::seven_digits")]
    pub modify_date: DateTime,
    #[serde(with = "dates::seven_digits_option")]
    pub payment_date: Option<DateTime>,
    #[serde(with = "dates::seven_digits_option")]
    pub ship_by_date: Option<DateTime>,
    pub order_status: OrderStatus,
    pub customer_id: Option<i64>,
    pub customer_username: Option<String>,
    pub customer_email: Option<String>,
    pub bill_to: Address,
    pub ship_to: Address,
    pub items: Vec<OrderItem>,
    #[serde(with = "rust_decimal::serde::float")]
    pub order_total: Decimal,
    #[serde(with = "rust_decimal::serde::float")]
    pub amount_paid: Decimal,
    #[serde(with = "rust_decimal::serde::float")]
    pub tax_amount: Decimal,
    #[serde(with = "rust_decimal::serde::float")]
    pub shipping_amount: Decimal,
    pub customer_notes: Option<String>,
    pub internal_notes: Option<String>,
    pub gift: bool,
    pub gift_message: Option<String>,
    pub payment_method: Option<String>,
    pub requested_shipping_service: Option<String>,
    pub carrier_code: Option<String>,
    pub service_code: Option<String>,
    pub package_code: Option<String>,
    pub confirmation: Option<String>,
    pub ship_date: Option<Date>,
    pub hold_until_date: Option<Date>,
    pub weight: Option<Weight>,
    pub dimensions: Option<Dimensions>,
    pub insurance_options: InsuranceOptions,
    pub international_options: InternationalOptions,
    pub advanced_options: AdvancedOptions,
    pub tag_ids: Option<Vec<i64>>,
    pub user_id: Option<String>,
    pub externally_fulfilled: bool,
    pub externally_fulfilled_by: Option<String>,
    pub externally_fulfilled_by_id: Option<i64>,
    pub externally_fulfilled_by_name: Option<String>,
    pub label_messages: Option<String>,
    /// Set when the order is gone from the API; the sandbox keeps it for those who check.
    #[serde(skip)]
    pub absent: Option<Absence>,
    /// The import that last brought the order in: what `importBatch` finds.
    #[serde(skip)]
    pub import_batch: Option<Uuid>,
}

/// An address of an order or shipment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    pub name: Option<String>,
    pub company: Option<String>,
    pub street1: Option<String>,
    pub street2: Option<String>,
    pub street3: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
    pub residential: Option<bool>,
    pub address_verified: Option<String>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderItem {
    pub order_item_id: i64,
    pub line_item_key: Option<String>,
    pub sku: Option<String>,
    pub name: String,
    pub image_url: Option<String>,
    pub weight: Option<Weight>,
    pub quantity: i64,
    #[serde(with = "rust_decimal::serde::float")]
    pub unit_price: Decimal,
    #[serde(with = "rust_decimal::serde::float_option")]
    pub tax_amount: Option<Decimal>,
    #[serde(with = "rust_decimal::serde::float_option")]
    pub shipping_amount: Option<Decimal>,
    pub warehouse_location: Option<String>,
    pub options: Vec<ItemOption>,
    pub product_id: Option<i64>,
    pub fulfillment_sku: Option<String>,
    pub adjustment: bool,
    pub upc: Option<String>,
    pub create_date: DateTime,
    pub modify_date: DateTime,
}

/// A name and value chosen for a line, such as its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemOption {
    pub name: Option<String>,
    pub value: Option<String>,
}

/// The unit of a [`Weight`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightUnits {
    Pounds,
    Ounces,
    Grams,
}

/// A weight. `WeightUnits` repeats the unit as a number, as the real answers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Weight {
    #[serde(with = "rust_decimal::serde::float")]
    pub value: Decimal,
    pub units: WeightUnits,
    #[serde(rename = "WeightUnits")]
    pub code: u8,
}

impl Weight {
    /// A weight with its unit's number filled in.
    pub fn new(value: Decimal, units: WeightUnits) -> Self {
        Self { value, units, code: units as u8 }
    }

    /// The same weight in grams.
    pub fn grams(self) -> Decimal {
        let factor = match self.units {
            WeightUnits::Pounds => Decimal::new(45_359_237, 5),
            WeightUnits::Ounces => Decimal::new(28_349_523_125, 9),
            WeightUnits::Grams => Decimal::ONE,
        };
        self.value.saturating_mul(factor)
    }
}

/// The size of a parcel, `inches` or `centimeters`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dimensions {
    pub units: String,
    #[serde(with = "rust_decimal::serde::float")]
    pub length: Decimal,
    #[serde(with = "rust_decimal::serde::float")]
    pub width: Decimal,
    #[serde(with = "rust_decimal::serde::float")]
    pub height: Decimal,
}

/// Insurance of a parcel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InsuranceOptions {
    pub provider: Option<String>,
    pub insure_shipment: bool,
    #[serde(with = "rust_decimal::serde::float")]
    pub insured_value: Decimal,
}

/// Customs data of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InternationalOptions {
    pub contents: Option<String>,
    pub customs_items: Option<Vec<CustomsItem>>,
    pub non_delivery: Option<String>,
}

/// A line of a customs declaration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomsItem {
    pub customs_item_id: i64,
    pub description: Option<String>,
    pub quantity: i64,
    #[serde(with = "rust_decimal::serde::float")]
    pub value: Decimal,
    pub harmonized_tariff_code: Option<String>,
    pub country_of_origin: Option<String>,
}

/// Everything else of an order. `merged_or_split`, `merged_ids` and `parent_id` are read-only for clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "so is the documented object")]
pub struct AdvancedOptions {
    pub warehouse_id: Option<i64>,
    pub non_machinable: bool,
    pub saturday_delivery: bool,
    pub contains_alcohol: bool,
    pub merged_or_split: bool,
    pub merged_ids: Vec<i64>,
    pub parent_id: Option<i64>,
    pub store_id: i64,
    pub custom_field1: Option<String>,
    pub custom_field2: Option<String>,
    pub custom_field3: Option<String>,
    pub source: Option<String>,
    pub bill_to_party: Option<String>,
    pub bill_to_account: Option<String>,
    pub bill_to_postal_code: Option<String>,
    pub bill_to_country_code: Option<String>,
    pub bill_to_my_other_account: Option<i64>,
}

/// A label bought through ShipStation, as `GET /shipments` shows it. Its row never goes away.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    pub shipment_id: i64,
    pub order_id: Option<i64>,
    pub order_key: Option<String>,
    pub user_id: Option<String>,
    pub customer_email: Option<String>,
    pub order_number: String,
    #[serde(with = "dates::seven_digits")]
    pub create_date: DateTime,
    pub ship_date: Date,
    #[serde(with = "rust_decimal::serde::float")]
    pub shipment_cost: Decimal,
    #[serde(with = "rust_decimal::serde::float")]
    pub insurance_cost: Decimal,
    pub tracking_number: String,
    pub is_return_label: bool,
    pub batch_number: Option<String>,
    pub carrier_code: String,
    pub service_code: String,
    pub package_code: Option<String>,
    pub confirmation: Option<String>,
    pub warehouse_id: Option<i64>,
    pub voided: bool,
    #[serde(with = "dates::seven_digits_option")]
    pub void_date: Option<DateTime>,
    pub marketplace_notified: bool,
    pub notify_error_message: Option<String>,
    pub ship_to: Address,
    pub weight: Option<Weight>,
    pub dimensions: Option<Dimensions>,
    pub insurance_options: Option<InsuranceOptions>,
    pub advanced_options: ShipmentOptions,
    /// Always present inside the sandbox; `null` in an answer unless the client asked for items.
    pub shipment_items: Option<Vec<ShipmentItem>>,
    pub label_data: Option<String>,
    pub form_data: Option<String>,
    /// The processing run that made the label: what `batchId` finds.
    #[serde(skip)]
    pub batch_id: i64,
}

impl Shipment {
    /// What is in the parcel.
    pub fn items(&self) -> &[ShipmentItem] {
        self.shipment_items.as_deref().unwrap_or_default()
    }

    /// Whether the label still counts as outbound goods: neither voided nor a return.
    pub fn is_live(&self) -> bool {
        !self.voided && !self.is_return_label
    }
}

/// The part of the advanced options that a shipment shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentOptions {
    pub bill_to_party: Option<String>,
    pub bill_to_account: Option<String>,
    pub bill_to_postal_code: Option<String>,
    pub bill_to_country_code: Option<String>,
    pub store_id: Option<i64>,
}

/// A line of a shipment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentItem {
    pub order_item_id: i64,
    pub line_item_key: Option<String>,
    pub sku: Option<String>,
    pub name: String,
    pub image_url: Option<String>,
    pub weight: Option<Weight>,
    pub quantity: i64,
    #[serde(with = "rust_decimal::serde::float")]
    pub unit_price: Decimal,
    pub warehouse_location: Option<String>,
    pub options: Vec<ItemOption>,
    pub product_id: Option<i64>,
    pub fulfillment_sku: Option<String>,
}

impl ShipmentItem {
    pub(crate) fn of(item: &OrderItem, quantity: i64) -> Self {
        Self {
            order_item_id: item.order_item_id,
            line_item_key: item.line_item_key.clone(),
            sku: item.sku.clone(),
            name: item.name.clone(),
            image_url: item.image_url.clone(),
            weight: item.weight,
            quantity,
            unit_price: item.unit_price,
            warehouse_location: item.warehouse_location.clone(),
            options: item.options.clone(),
            product_id: item.product_id,
            fulfillment_sku: item.fulfillment_sku.clone(),
        }
    }
}

/// What "mark as shipped" leaves behind. It has no order key, no items and no store.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fulfillment {
    pub fulfillment_id: i64,
    pub order_id: i64,
    pub order_number: String,
    pub user_id: Option<String>,
    pub customer_email: Option<String>,
    pub tracking_number: String,
    #[serde(with = "dates::seven_digits")]
    pub create_date: DateTime,
    #[serde(with = "dates::seven_digits")]
    pub ship_date: DateTime,
    #[serde(with = "dates::seven_digits_option")]
    pub void_date: Option<DateTime>,
    #[serde(with = "dates::seven_digits_option")]
    pub delivery_date: Option<DateTime>,
    pub carrier_code: Option<String>,
    pub seller_fill_provider_id: Option<i64>,
    pub seller_fill_provider_name: Option<String>,
    pub fulfillment_provider_code: Option<String>,
    pub fulfillment_service_code: Option<String>,
    #[serde(with = "rust_decimal::serde::float")]
    pub fulfillment_fee: Decimal,
    pub void_requested: bool,
    pub voided: bool,
    pub marketplace_notified: bool,
    pub notify_error_message: Option<String>,
    pub ship_to: Address,
}

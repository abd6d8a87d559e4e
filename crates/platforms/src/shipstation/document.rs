//! Writes orders: the document of `POST /orders/createorders`, and the result of each. A document replaces the
//! order in ShipStation, so what is empty is left out, which clears it there; nothing is sent as null.

use std::collections::BTreeMap;

use domain::failure::Failure;
use domain::shipping_order::{Customs, ServiceChoice, ShippingAddress, ShippingItem, ShippingOrder};
use domain::weight::{ShippingUnit, Weight};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use crate::classify::shortened;
use crate::exact;
use crate::json::{FieldError, Fields, NotUnderstood, record, rows};
use crate::pacific;

/// What became of one order of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOutcome {
    /// The order's key.
    pub order_key: String,
    /// ShipStation's order id, or why there is none.
    pub result: Result<i64, Failure>,
}

/// The body of the POST.
pub(super) fn documents(orders: &[ShippingOrder]) -> Vec<u8> {
    let documents: Vec<_> = orders.iter().map(OrderDocument::of).collect();
    serde_json::to_vec(&documents).expect("texts and decimals always serialize")
}

/// One order's part of the body of the POST, for people to look at: numbers of more than 15 digits are rounded here.
pub fn rendered(order: &ShippingOrder) -> Value {
    let text = serde_json::to_string(&OrderDocument::of(order)).expect("texts and decimals always serialize");
    serde_json::from_str(&text).expect("what was just written is JSON")
}

/// The outcome of every order, matched by key: ShipStation does not promise an order of results.
pub(super) fn outcomes(orders: &[ShippingOrder], text: &str) -> Result<Vec<ImportOutcome>, NotUnderstood> {
    // A row that cannot be read settles nothing: its order stays in doubt.
    let rows: Vec<_> =
        rows(text, "results")?.into_iter().filter_map(|row| record(row, result).ok()).collect();
    let outcome = |order: &ShippingOrder| {
        let row = rows.iter().find(|(key, _)| *key == order.order_key);
        let result = row.map_or_else(unmentioned, |(_, result)| result.clone());
        ImportOutcome { order_key: order.order_key.clone(), result }
    };
    Ok(orders.iter().map(outcome).collect())
}

fn unmentioned() -> Result<i64, Failure> {
    Err(Failure::Ambiguous { reason: "ShipStation's answer does not mention this order".to_owned() })
}

/// `{orderId, orderNumber, orderKey, success, errorMessage}`.
fn result(fields: &Fields<'_>) -> Result<(String, Result<i64, Failure>), FieldError> {
    let told = fields.text("errorMessage")?;
    let result = match (fields.boolean("success")?, fields.reference("orderId")?) {
        (Some(true), Some(id)) => Ok(id),
        (Some(false), _) => Err(Failure::Permanent { reason: refusal(&told) }),
        _ => Err(Failure::Ambiguous { reason: "ShipStation does not say whether it succeeded".to_owned() }),
    };
    Ok((fields.text("orderKey")?, result))
}

fn refusal(told: &str) -> String {
    if told.is_empty() {
        return "ShipStation refused the order without saying why".to_owned();
    }
    format!("ShipStation refused the order: {}", shortened(told))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<i64>,
    order_number: &'a str,
    order_key: &'a str,
    order_date: String,
    order_status: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    customer_username: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    customer_email: &'a str,
    bill_to: AddressDocument<'a>,
    ship_to: AddressDocument<'a>,
    items: Vec<ItemDocument<'a>>,
    #[serde(serialize_with = "exact::number")]
    amount_paid: Decimal,
    #[serde(serialize_with = "exact::number")]
    tax_amount: Decimal,
    #[serde(serialize_with = "exact::number")]
    shipping_amount: Decimal,
    #[serde(skip_serializing_if = "str::is_empty")]
    customer_notes: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    internal_notes: &'a str,
    gift: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    payment_method: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    requested_shipping_service: &'a str,
    #[serde(flatten)]
    service: Option<ServiceDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<WeightDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    international_options: Option<InternationalOptions<'a>>,
    #[serde(skip_serializing_if = "<[i64]>::is_empty")]
    tag_ids: &'a [i64],
    advanced_options: AdvancedOptions<'a>,
    #[serde(flatten)]
    untouched: BTreeMap<&'a str, &'a Value>,
}

/// What goes back as it was. Customs that we declare take the place of what was declared before.
fn untouched(order: &ShippingOrder) -> BTreeMap<&str, &Value> {
    let declared = order.items.iter().any(|item| item.customs.is_some());
    let fields = order.replaces.iter().flat_map(|replaces| &replaces.untouched.order);
    let fields = fields.filter(|(name, _)| !(declared && *name == "internationalOptions"));
    fields.map(|(name, value)| (name.as_str(), value)).collect()
}

impl<'a> OrderDocument<'a> {
    fn of(order: &'a ShippingOrder) -> Self {
        Self {
            order_id: order.replaces.as_ref().map(|replaces| replaces.order_id),
            order_number: &order.order_number,
            order_key: &order.order_key,
            order_date: pacific::wall_clock(order.order_date),
            order_status: order.status.as_str(),
            customer_username: &order.customer_username,
            customer_email: &order.customer_email,
            bill_to: AddressDocument::of(&order.bill_to),
            ship_to: AddressDocument::of(&order.ship_to),
            items: order.items.iter().map(ItemDocument::of).collect(),
            amount_paid: order.amount_paid,
            tax_amount: order.tax_amount,
            shipping_amount: order.shipping_amount,
            customer_notes: &order.customer_notes,
            internal_notes: &order.internal_notes,
            gift: order.gift,
            payment_method: &order.payment_method,
            requested_shipping_service: &order.requested_service,
            service: order.service.as_ref().map(ServiceDocument::of),
            weight: order.weight.map(WeightDocument::of),
            international_options: InternationalOptions::of(&order.items),
            tag_ids: &order.tags,
            advanced_options: AdvancedOptions::of(order),
            untouched: untouched(order),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceDocument<'a> {
    carrier_code: &'a str,
    service_code: &'a str,
}

impl<'a> ServiceDocument<'a> {
    fn of(choice: &'a ServiceChoice) -> Self {
        Self { carrier_code: &choice.carrier, service_code: &choice.service }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AddressDocument<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    company: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    street1: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    street2: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    city: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    state: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    postal_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    country: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    phone: &'a str,
}

impl<'a> AddressDocument<'a> {
    fn of(address: &'a ShippingAddress) -> Self {
        Self {
            name: &address.name,
            company: &address.company,
            street1: &address.street1,
            street2: &address.street2,
            city: &address.city,
            state: &address.state,
            postal_code: &address.postal_code,
            country: &address.country,
            phone: &address.phone,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemDocument<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    line_item_key: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    sku: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    image_url: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    upc: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<WeightDocument>,
    quantity: u32,
    #[serde(serialize_with = "exact::number")]
    unit_price: Decimal,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<OptionDocument<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    warehouse_location: &'a str,
    adjustment: bool,
}

impl<'a> ItemDocument<'a> {
    fn of(item: &'a ShippingItem) -> Self {
        let options = item.options.iter().map(|(name, value)| OptionDocument { name, value });
        Self {
            line_item_key: &item.line_key,
            sku: &item.sku,
            name: &item.name,
            image_url: &item.image_url,
            upc: &item.upc,
            weight: item.weight.map(WeightDocument::of),
            quantity: item.quantity,
            unit_price: item.unit_price,
            options: options.collect(),
            warehouse_location: &item.location,
            adjustment: item.adjustment,
        }
    }
}

#[derive(Serialize)]
struct OptionDocument<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct WeightDocument {
    #[serde(serialize_with = "exact::number")]
    value: Decimal,
    units: &'static str,
}

impl WeightDocument {
    fn of(weight: Weight) -> Self {
        let units = match weight.unit {
            ShippingUnit::Grams => "grams",
            ShippingUnit::Ounces => "ounces",
            ShippingUnit::Pounds => "pounds",
        };
        Self { value: weight.value, units }
    }
}

/// What customs are told. ShipStation fills it from its own product data instead, unless the account's
/// *Customs Declarations* are set to be entered by hand.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InternationalOptions<'a> {
    contents: &'static str,
    customs_items: Vec<CustomsDocument<'a>>,
}

impl<'a> InternationalOptions<'a> {
    /// `None` when nothing is to be declared.
    fn of(items: &'a [ShippingItem]) -> Option<Self> {
        let declared = items.iter().filter_map(|item| Some((item, item.customs.as_ref()?)));
        let customs_items: Vec<_> =
            declared.map(|(item, customs)| CustomsDocument::of(item.quantity, customs)).collect();
        (!customs_items.is_empty()).then_some(Self { contents: "merchandise", customs_items })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomsDocument<'a> {
    description: &'a str,
    quantity: u32,
    #[serde(serialize_with = "exact::number")]
    value: Decimal,
    #[serde(skip_serializing_if = "str::is_empty")]
    harmonized_tariff_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    country_of_origin: &'a str,
}

impl<'a> CustomsDocument<'a> {
    fn of(quantity: u32, customs: &'a Customs) -> Self {
        Self {
            description: &customs.description,
            quantity,
            value: customs.value,
            harmonized_tariff_code: &customs.hs_code,
            country_of_origin: &customs.origin,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AdvancedOptions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<i64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    custom_field1: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    custom_field2: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    custom_field3: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    source: &'a str,
    #[serde(flatten)]
    untouched: Option<&'a BTreeMap<String, Value>>,
}

impl<'a> AdvancedOptions<'a> {
    fn of(order: &'a ShippingOrder) -> Self {
        let [custom_field1, custom_field2, custom_field3] = &order.custom_fields;
        let (store_id, source) = (order.store_id, &order.source);
        let untouched = order.replaces.as_ref().map(|replaces| &replaces.untouched.advanced);
        Self { store_id, custom_field1, custom_field2, custom_field3, source, untouched }
    }
}

#[cfg(test)]
mod tests;

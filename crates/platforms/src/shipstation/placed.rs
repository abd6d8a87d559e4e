//! What we read back of orders in ShipStation, and of its stores.

use domain::placed_order::{PlacedOrder, Theirs, Untouched};
use domain::weight::{ShippingUnit, Weight};
use rust_decimal::Decimal;
use serde_json::Value;

use super::shipment;
use crate::json::{FieldError, Fields};
use crate::pacific;

/// An order of `GET /orders` and `GET /orders/{id}`. What people may have set never makes it unreadable.
pub(super) fn placed_order(fields: &Fields<'_>) -> Result<PlacedOrder, FieldError> {
    let options = fields.object("advancedOptions")?;
    let options = options.as_ref();
    Ok(PlacedOrder {
        order_id: fields.required_id("orderId")?,
        order_key: fields.text("orderKey")?,
        order_number: fields.text("orderNumber")?,
        status: fields.text("orderStatus")?.to_ascii_lowercase(),
        store_id: options.map(|options| options.reference("storeId")).transpose()?.flatten(),
        modified: fields.instant("modifyDate", pacific::time_zone())?,
        merged_or_split: options.map(|options| options.boolean("mergedOrSplit")).transpose()?.flatten()
            == Some(true),
        merged: options.and_then(|options| numbers(options, "mergedIds")).unwrap_or_default(),
        externally_fulfilled: fields.boolean("externallyFulfilled").unwrap_or_default() == Some(true),
        parent: options.map(|options| options.reference("parentId")).transpose()?.flatten(),
        // Only pieces are asked for their items: others need not become unreadable because of one.
        items: shipment::items(fields, "items").unwrap_or_default(),
        theirs: theirs(fields, options),
    })
}

fn theirs(fields: &Fields<'_>, options: Option<&Fields<'_>>) -> Theirs {
    let text = |fields: &Fields<'_>, name| fields.text(name).unwrap_or_default();
    let option = |name| options.map(|options| text(options, name)).unwrap_or_default();
    let untouched = |fields: &Fields<'_>, names: &[&str]| {
        names.iter().filter_map(|name| Some(((*name).to_owned(), set_value(fields, name)?))).collect()
    };
    Theirs {
        weight: weight(fields),
        carrier: text(fields, "carrierCode"),
        service: text(fields, "serviceCode"),
        tags: numbers(fields, "tagIds").unwrap_or_default(),
        customer_notes: text(fields, "customerNotes"),
        internal_notes: text(fields, "internalNotes"),
        custom_fields: [option("customField1"), option("customField2"), option("customField3")],
        gift: fields.boolean("gift").unwrap_or_default() == Some(true),
        untouched: Untouched {
            order: untouched(fields, &UNTOUCHED),
            advanced: options.map(|options| untouched(options, &UNTOUCHED_OPTIONS)).unwrap_or_default(),
        },
    }
}

/// What an order may carry that the bridge never sends of its own, and that a replacement would take away (V1:
/// *Order Model*). Read-only fields are not among them: the platform keeps those itself.
const UNTOUCHED: [&str; 9] = [
    "packageCode",
    "confirmation",
    "shipDate",
    "shipByDate",
    "paymentDate",
    "dimensions",
    "insuranceOptions",
    "internationalOptions",
    "giftMessage",
];

/// The same of its advanced options (V1: *Advanced Options Model*).
const UNTOUCHED_OPTIONS: [&str; 8] = [
    "warehouseId",
    "nonMachinable",
    "saturdayDelivery",
    "containsAlcohol",
    "billToParty",
    "billToAccount",
    "billToPostalCode",
    "billToCountryCode",
];

fn numbers(fields: &Fields<'_>, name: &str) -> Option<Vec<i64>> {
    serde_json::from_value(set_value(fields, name)?).ok()
}

/// The value of a field that is set: present and not null.
fn set_value(fields: &Fields<'_>, name: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(fields.find(name)?.get()).ok()?;
    (!value.is_null()).then_some(value)
}

/// The weight that an order has; zero is none.
fn weight(fields: &Fields<'_>) -> Option<Weight> {
    let weight = fields.object("weight").ok()??;
    let value = weight.decimal("value").ok()??;
    let unit = match weight.text("units").ok()?.to_ascii_lowercase().as_str() {
        "grams" => ShippingUnit::Grams,
        "ounces" => ShippingUnit::Ounces,
        "pounds" => ShippingUnit::Pounds,
        _ => return None,
    };
    (value > Decimal::ZERO).then(|| Weight { value: value.normalize(), unit })
}

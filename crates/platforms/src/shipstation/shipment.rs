//! Reads shipments: labels bought in ShipStation, and fulfilments by others.

use domain::shipment::{Shipment, ShipmentId, ShippedItem};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::json::{FieldError, Fields, record};
use crate::pacific;

/// A label of `GET /shipments`.
pub(super) fn label(fields: &Fields<'_>) -> Result<Shipment, FieldError> {
    let id = ShipmentId::Label(fields.required_id("shipmentId")?);
    let options = fields.object("advancedOptions")?;
    let cost = amount(fields, "shipmentCost")?.checked_add(amount(fields, "insuranceCost")?);
    Ok(Shipment {
        order_key: fields.text("orderKey")?,
        store_id: options.map(|options| options.reference("storeId")).transpose()?.flatten(),
        service: fields.text("serviceCode")?,
        cost: cost.ok_or_else(|| fields.unexpected("shipmentCost", "an amount that can be added up"))?,
        is_return: fields.boolean("isReturnLabel")? == Some(true),
        items: items(fields, "shipmentItems")?,
        ..in_common(id, fields)?
    })
}

/// A fulfilment of `GET /fulfillments`: an order marked as shipped, or shipped by a provider. It tells neither
/// key nor store nor items.
pub(super) fn fulfilment(fields: &Fields<'_>) -> Result<Shipment, FieldError> {
    let id = ShipmentId::Fulfilment(fields.required_id("fulfillmentId")?);
    Ok(Shipment {
        service: fields.text("fulfillmentServiceCode")?,
        cost: amount(fields, "fulfillmentFee")?,
        ..in_common(id, fields)?
    })
}

/// What both kinds tell. A void date counts as a void: a void must never be missed.
fn in_common(id: ShipmentId, fields: &Fields<'_>) -> Result<Shipment, FieldError> {
    Ok(Shipment {
        id,
        shipstation_order: fields.reference("orderId")?,
        order_key: String::new(),
        order_number: fields.text("orderNumber")?,
        store_id: None,
        created: instant(fields, "createDate")?,
        ship_date: fields.day("shipDate", pacific::time_zone())?,
        tracking: fields.text("trackingNumber")?,
        carrier: fields.text("carrierCode")?,
        service: String::new(),
        cost: Decimal::ZERO,
        voided: fields.boolean("voided")? == Some(true) || instant(fields, "voidDate")?.is_some(),
        is_return: false,
        notes_to_buyer: String::new(),
        items: None,
    })
}

fn instant(fields: &Fields<'_>, name: &str) -> Result<Option<Timestamp>, FieldError> {
    fields.instant(name, pacific::time_zone())
}

fn amount(fields: &Fields<'_>, name: &str) -> Result<Decimal, FieldError> {
    Ok(fields.decimal(name)?.unwrap_or_default())
}

/// What is in a label or in an order; `None` when ShipStation does not say, and for an empty list too: nobody
/// ships an empty parcel, so a list of nothing tells as little as none, and taking it at its word would leave an
/// order that has shipped waiting for ever. Adjustments are money, not things.
pub(super) fn items(fields: &Fields<'_>, name: &'static str) -> Result<Option<Vec<ShippedItem>>, FieldError> {
    let mut items = Vec::new();
    for (index, row) in fields.list(name)?.into_iter().enumerate() {
        let item = record(row, item).map_err(|error| error.inside(format!("{name}[{index}]")))?;
        items.extend(item);
    }
    Ok((!items.is_empty()).then_some(items))
}

/// A quantity that is no positive whole number makes the whole label unreadable: leaving the item out would
/// report too little as shipped.
fn item(fields: &Fields<'_>) -> Result<Option<ShippedItem>, FieldError> {
    if fields.boolean("adjustment")? == Some(true) {
        return Ok(None);
    }
    let quantity = fields.integer("quantity")?.ok_or(FieldError::Missing("quantity"))?;
    let quantity = u32::try_from(quantity).ok().filter(|quantity| *quantity > 0);
    let quantity = quantity.ok_or_else(|| fields.unexpected("quantity", "a positive whole number"))?;
    Ok(Some(ShippedItem { line_key: fields.text("lineItemKey")?, sku: fields.text("sku")?, quantity }))
}

//! An order as a client posts it: read from JSON, and checked against the platform's rules. What it does to the
//! stored orders lives in `upsert`.

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use super::bind::Members;
use super::carriers;
use super::model::{
    Address, AdvancedOptions, CustomsItem, Dimensions, InsuranceOptions, InternationalOptions, ItemOption,
    OrderStatus, Weight, WeightUnits,
};

/// A posted order whose members have the right types. Read-only members are not even read.
#[derive(Debug, Clone)]
pub(crate) struct OrderDocument {
    pub(crate) order_id: Option<i64>,
    pub(crate) order_number: Option<String>,
    pub(crate) order_key: Option<String>,
    pub(crate) order_date: Option<DateTime>,
    pub(crate) payment_date: Option<DateTime>,
    pub(crate) ship_by_date: Option<DateTime>,
    pub(crate) order_status: Option<String>,
    pub(crate) customer_username: Option<String>,
    pub(crate) customer_email: Option<String>,
    pub(crate) bill_to: Option<Address>,
    pub(crate) ship_to: Option<Address>,
    pub(crate) items: Vec<ItemDocument>,
    pub(crate) amount_paid: Decimal,
    pub(crate) tax_amount: Decimal,
    pub(crate) shipping_amount: Decimal,
    pub(crate) customer_notes: Option<String>,
    pub(crate) internal_notes: Option<String>,
    pub(crate) gift: bool,
    pub(crate) gift_message: Option<String>,
    pub(crate) payment_method: Option<String>,
    pub(crate) requested_shipping_service: Option<String>,
    pub(crate) carrier_code: Option<String>,
    pub(crate) service_code: Option<String>,
    pub(crate) package_code: Option<String>,
    pub(crate) confirmation: Option<String>,
    pub(crate) ship_date: Option<Date>,
    pub(crate) weight: Option<Weight>,
    pub(crate) dimensions: Option<Dimensions>,
    pub(crate) insurance: InsuranceOptions,
    pub(crate) international: InternationalOptions,
    pub(crate) advanced: AdvancedOptions,
    pub(crate) store_id: Option<i64>,
    pub(crate) tag_ids: Option<Vec<i64>>,
}

/// A posted line. Its quantity stays a decimal until it is checked, so that a fraction can be told of.
#[derive(Debug, Clone)]
pub(crate) struct ItemDocument {
    pub(crate) line_item_key: Option<String>,
    pub(crate) sku: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) image_url: Option<String>,
    pub(crate) weight: Option<Weight>,
    pub(crate) quantity: Option<Decimal>,
    pub(crate) unit_price: Decimal,
    pub(crate) tax_amount: Option<Decimal>,
    pub(crate) shipping_amount: Option<Decimal>,
    pub(crate) warehouse_location: Option<String>,
    pub(crate) options: Vec<ItemOption>,
    pub(crate) product_id: Option<i64>,
    pub(crate) fulfillment_sku: Option<String>,
    pub(crate) adjustment: bool,
    pub(crate) upc: Option<String>,
}

impl OrderDocument {
    /// Reads every member that a client may set.
    pub(crate) fn read(order: &Members<'_>) -> Self {
        let (advanced, store_id) = advanced(order);
        Self {
            order_id: order.integer("orderId").filter(|id| *id != 0),
            order_number: order.text("orderNumber"),
            order_key: order.text("orderKey").filter(|key| !key.is_empty()),
            order_date: order.moment("orderDate"),
            payment_date: order.moment("paymentDate"),
            ship_by_date: order.moment("shipByDate"),
            order_status: order.text("orderStatus"),
            customer_username: order.text("customerUsername"),
            customer_email: order.text("customerEmail"),
            bill_to: order.object("billTo").as_ref().map(address),
            ship_to: order.object("shipTo").as_ref().map(address),
            items: order.list("items").unwrap_or_default().iter().map(item).collect(),
            amount_paid: order.decimal("amountPaid").unwrap_or_default(),
            tax_amount: order.decimal("taxAmount").unwrap_or_default(),
            shipping_amount: order.decimal("shippingAmount").unwrap_or_default(),
            customer_notes: order.text("customerNotes"),
            internal_notes: order.text("internalNotes"),
            gift: order.boolean("gift").unwrap_or_default(),
            gift_message: order.text("giftMessage"),
            payment_method: order.text("paymentMethod"),
            requested_shipping_service: order.text("requestedShippingService"),
            carrier_code: order.text("carrierCode"),
            service_code: order.text("serviceCode"),
            package_code: order.text("packageCode"),
            confirmation: order.text("confirmation"),
            ship_date: order.date("shipDate"),
            weight: weight(order),
            dimensions: dimensions(order),
            insurance: insurance(order),
            international: international(order),
            advanced,
            store_id,
            tag_ids: order.integers("tagIds"),
        }
    }

    /// Checks the rules that concern this document alone, and returns the status it asks for.
    pub(crate) fn check(&self) -> Result<OrderStatus, String> {
        let number = required(self.order_number.as_deref(), "Order Number")?;
        if number.chars().count() > 50 {
            return Err("'Order Number' must be 50 characters or fewer.".to_owned());
        }
        self.order_date.ok_or("'Order Date' must not be empty.")?;
        let status = required(self.order_status.as_deref(), "Order Status")?;
        let status =
            OrderStatus::parse(status).ok_or_else(|| format!("'{status}' is not a valid order status."))?;
        check_address(self.bill_to.as_ref(), "Bill")?;
        check_address(self.ship_to.as_ref(), "Ship")?;
        self.items.iter().try_for_each(ItemDocument::check)?;
        self.check_carrier()?;
        Ok(status)
    }

    fn check_carrier(&self) -> Result<(), String> {
        if let Some(confirmation) = &self.confirmation
            && !["none", "delivery", "signature", "adult_signature", "direct_signature"]
                .contains(&confirmation.as_str())
        {
            return Err(format!("'{confirmation}' is not a valid confirmation."));
        }
        let Some(carrier) = self.carrier_code.as_deref().filter(|code| !code.is_empty()) else {
            return Ok(());
        };
        if carriers::carrier(carrier).is_none() {
            return Err("Invalid carrierCode".to_owned());
        }
        carriers::service(carrier, self.service_code.as_deref().unwrap_or_default())
            .map(|_| ())
            .ok_or_else(|| "Invalid serviceCode".to_owned())
    }
}

impl ItemDocument {
    fn check(&self) -> Result<(), String> {
        if self.name.is_none() {
            return Err("'Item Name' must not be null.".to_owned());
        }
        if self.options.iter().any(|option| option.value.as_deref().unwrap_or_default().is_empty()) {
            return Err("'Item Option Value' must not be empty.".to_owned());
        }
        self.whole_quantity().map(|_| ())
    }

    /// The quantity, which must be a whole number above zero.
    pub(crate) fn whole_quantity(&self) -> Result<i64, String> {
        let quantity = self.quantity.ok_or("'Item Quantity' must not be empty.")?;
        let whole = if quantity.fract().is_zero() { i64::try_from(quantity).ok() } else { None };
        whole
            .filter(|whole| (1..=i64::from(i32::MAX)).contains(whole))
            .ok_or_else(|| format!("'Item Quantity' must be a whole number above zero, not {quantity}."))
    }
}

fn required<'a>(text: Option<&'a str>, name: &str) -> Result<&'a str, String> {
    text.filter(|text| !text.trim().is_empty()).ok_or_else(|| format!("'{name}' must not be empty."))
}

fn check_address(address: Option<&Address>, side: &str) -> Result<(), String> {
    let address = address.ok_or_else(|| format!("'{side} To' must not be empty."))?;
    required(address.name.as_deref(), &format!("{side} Name"))?;
    match &address.country {
        Some(code) if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Err("Please use a 2 character country code".to_owned())
        }
        _ => Ok(()),
    }
}

/// Reads an address.
pub(crate) fn address(address: &Members<'_>) -> Address {
    Address {
        name: address.text("name"),
        company: address.text("company"),
        street1: address.text("street1"),
        street2: address.text("street2"),
        street3: address.text("street3"),
        city: address.text("city"),
        state: address.text("state"),
        postal_code: address.text("postalCode"),
        country: address.text("country"),
        phone: address.text("phone"),
        residential: address.boolean("residential"),
        address_verified: Some("Address not yet validated".to_owned()),
    }
}

fn item(item: &Members<'_>) -> ItemDocument {
    let option = |option: &Members<'_>| ItemOption { name: option.text("name"), value: option.text("value") };
    ItemDocument {
        line_item_key: item.text("lineItemKey"),
        sku: item.text("sku"),
        name: item.text("name"),
        image_url: item.text("imageUrl"),
        weight: weight(item),
        quantity: item.decimal("quantity"),
        unit_price: item.decimal("unitPrice").unwrap_or_default(),
        tax_amount: item.decimal("taxAmount"),
        shipping_amount: item.decimal("shippingAmount"),
        warehouse_location: item.text("warehouseLocation"),
        options: item.list("options").unwrap_or_default().iter().map(option).collect(),
        product_id: item.integer("productId"),
        fulfillment_sku: item.text("fulfillmentSku"),
        adjustment: item.boolean("adjustment").unwrap_or_default(),
        upc: item.text("upc"),
    }
}

/// Reads the member `weight`. A unit that ShipStation does not have, such as kilograms, is a fault.
pub(crate) fn weight(parent: &Members<'_>) -> Option<Weight> {
    let weight = parent.object("weight")?;
    let value = weight.decimal("value").unwrap_or_default();
    let units =
        [("pounds", WeightUnits::Pounds), ("ounces", WeightUnits::Ounces), ("grams", WeightUnits::Grams)];
    Some(Weight::new(value, weight.word("units", &units).unwrap_or(WeightUnits::Ounces)))
}

/// Reads the member `dimensions`.
pub(crate) fn dimensions(parent: &Members<'_>) -> Option<Dimensions> {
    let dimensions = parent.object("dimensions")?;
    let units = [("inches", "inches"), ("centimeters", "centimeters")];
    Some(Dimensions {
        units: dimensions.word("units", &units).unwrap_or("inches").to_owned(),
        length: dimensions.decimal("length").unwrap_or_default(),
        width: dimensions.decimal("width").unwrap_or_default(),
        height: dimensions.decimal("height").unwrap_or_default(),
    })
}

/// Reads the member `insuranceOptions`.
pub(crate) fn insurance(parent: &Members<'_>) -> InsuranceOptions {
    let Some(insurance) = parent.object("insuranceOptions") else { return InsuranceOptions::default() };
    InsuranceOptions {
        provider: insurance.text("provider"),
        insure_shipment: insurance.boolean("insureShipment").unwrap_or_default(),
        insured_value: insurance.decimal("insuredValue").unwrap_or_default(),
    }
}

fn international(parent: &Members<'_>) -> InternationalOptions {
    let Some(options) = parent.object("internationalOptions") else { return InternationalOptions::default() };
    let customs_items = options.list("customsItems");
    InternationalOptions {
        contents: options.text("contents"),
        customs_items: customs_items.map(|items| items.iter().map(customs_item).collect()),
        non_delivery: options.text("nonDelivery"),
    }
}

fn customs_item(item: &Members<'_>) -> CustomsItem {
    CustomsItem {
        customs_item_id: item.integer("customsItemId").unwrap_or_default(),
        description: item.text("description"),
        quantity: item.integer("quantity").unwrap_or_default(),
        value: item.decimal("value").unwrap_or_default(),
        harmonized_tariff_code: item.text("harmonizedTariffCode"),
        country_of_origin: item.text("countryOfOrigin"),
    }
}

fn advanced(parent: &Members<'_>) -> (AdvancedOptions, Option<i64>) {
    let Some(options) = parent.object("advancedOptions") else { return (AdvancedOptions::default(), None) };
    let advanced = AdvancedOptions {
        warehouse_id: options.integer("warehouseId"),
        non_machinable: options.boolean("nonMachinable").unwrap_or_default(),
        saturday_delivery: options.boolean("saturdayDelivery").unwrap_or_default(),
        contains_alcohol: options.boolean("containsAlcohol").unwrap_or_default(),
        custom_field1: options.text("customField1"),
        custom_field2: options.text("customField2"),
        custom_field3: options.text("customField3"),
        source: options.text("source"),
        bill_to_party: options.text("billToParty"),
        bill_to_account: options.text("billToAccount"),
        bill_to_postal_code: options.text("billToPostalCode"),
        bill_to_country_code: options.text("billToCountryCode"),
        bill_to_my_other_account: options.integer("billToMyOtherAccount"),
        ..AdvancedOptions::default()
    };
    (advanced, options.integer("storeId"))
}

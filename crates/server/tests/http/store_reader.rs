//! A reader of exports that knows the guide's table and nothing of our writer: every element by its exact name, none
//! besides, none twice.
#![expect(clippy::struct_field_names, reason = "the names are the guide's")]

use rust_decimal::Decimal;
use serde::Deserialize;

use domain::feed::{FeedBuyer, FeedItem, FeedOrder, FeedRecipient};
use domain::ids::OrderId;
use domain::weight::{ShippingUnit, Weight};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Orders {
    #[serde(rename = "@pages")]
    pub(crate) pages: i16,
    #[serde(rename = "Order", default)]
    pub(crate) orders: Vec<Order>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Order {
    #[serde(rename = "OrderID")]
    pub(crate) order_id: String,
    pub(crate) order_number: String,
    pub(crate) order_date: String,
    pub(crate) order_status: String,
    pub(crate) last_modified: String,
    pub(crate) shipping_method: Option<String>,
    pub(crate) payment_method: Option<String>,
    pub(crate) currency_code: Option<String>,
    pub(crate) order_total: String,
    pub(crate) tax_amount: Option<String>,
    pub(crate) shipping_amount: Option<String>,
    pub(crate) customer_notes: Option<String>,
    pub(crate) internal_notes: Option<String>,
    pub(crate) gift: Option<bool>,
    #[serde(rename = "GiftMessage")]
    pub(crate) _gift_message: Option<String>,
    pub(crate) custom_field1: Option<String>,
    pub(crate) custom_field2: Option<String>,
    pub(crate) custom_field3: Option<String>,
    #[serde(rename = "RequestedWarehouse")]
    pub(crate) _requested_warehouse: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) customer: Customer,
    pub(crate) items: Items,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Customer {
    pub(crate) customer_code: String,
    pub(crate) bill_to: BillTo,
    pub(crate) ship_to: ShipTo,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct BillTo {
    pub(crate) name: String,
    pub(crate) company: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct ShipTo {
    pub(crate) name: String,
    pub(crate) company: Option<String>,
    pub(crate) address1: String,
    pub(crate) address2: Option<String>,
    pub(crate) city: String,
    pub(crate) state: Option<String>,
    pub(crate) postal_code: String,
    pub(crate) country: String,
    pub(crate) phone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Items {
    #[serde(rename = "Item", default)]
    pub(crate) items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Item {
    #[serde(rename = "LineItemID")]
    pub(crate) line_item_id: Option<String>,
    #[serde(rename = "SKU")]
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) image_url: Option<String>,
    pub(crate) weight: Option<String>,
    pub(crate) weight_units: Option<String>,
    pub(crate) quantity: u32,
    pub(crate) unit_price: String,
    #[serde(rename = "UPC")]
    pub(crate) upc: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) adjustment: Option<bool>,
    pub(crate) options: Option<Options>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    #[serde(rename = "Option", default)]
    pub(crate) options: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) value: String,
    #[serde(rename = "Weight")]
    pub(crate) _weight: Option<String>,
}

/// Reads an export.
pub(crate) fn read(xml: &str) -> Orders {
    quick_xml::de::from_str(xml).unwrap_or_else(|error| panic!("{error}: {xml}"))
}

/// The Cin7 ids of a page, in its order.
pub(crate) fn ids(xml: &str) -> Vec<i64> {
    read(xml).orders.iter().map(|order| order.order_id.parse().unwrap()).collect()
}

/// Whether what was read is the order, in all that is told of it.
pub(crate) fn assert_same(read: &Order, feed: &FeedOrder) {
    let told = |text: &Option<String>| text.clone().unwrap_or_default();
    let amount = |text: &str| text.parse::<Decimal>().unwrap();
    let (customer, fields) =
        (&read.customer, [&read.custom_field1, &read.custom_field2, &read.custom_field3]);
    let (buyer, to) = (&customer.bill_to, &customer.ship_to);
    let seen = FeedOrder {
        id: OrderId(read.order_id.parse().unwrap()),
        number: read.order_number.clone(),
        // Minutes are all that is told of an instant.
        ordered: feed.ordered,
        status: feed.status,
        shipping_method: told(&read.shipping_method),
        payment_method: told(&read.payment_method),
        currency: told(&read.currency_code),
        total: amount(&read.order_total),
        tax: amount(read.tax_amount.as_ref().unwrap()),
        shipping: amount(read.shipping_amount.as_ref().unwrap()),
        customer_notes: told(&read.customer_notes),
        internal_notes: told(&read.internal_notes),
        gift: read.gift.unwrap(),
        custom_fields: fields.map(told),
        source: told(&read.source),
        customer_code: customer.customer_code.clone(),
        bill_to: FeedBuyer {
            name: buyer.name.clone(),
            company: told(&buyer.company),
            phone: told(&buyer.phone),
            email: told(&buyer.email),
        },
        ship_to: FeedRecipient {
            name: to.name.clone(),
            company: told(&to.company),
            address1: to.address1.clone(),
            address2: told(&to.address2),
            city: to.city.clone(),
            state: told(&to.state),
            postal_code: to.postal_code.clone(),
            country: to.country.clone(),
            phone: told(&to.phone),
        },
        items: read.items.items.iter().map(item).collect(),
    };
    assert_eq!(&seen, feed);
    assert_eq!(read.order_status, feed.status.as_str());
}

fn item(read: &Item) -> FeedItem {
    let told = |text: &Option<String>| text.clone().unwrap_or_default();
    let unit = read.weight_units.as_deref().map(|unit| match unit {
        "Grams" => ShippingUnit::Grams,
        "Ounces" => ShippingUnit::Ounces,
        "Pounds" => ShippingUnit::Pounds,
        other => panic!("{other} is no unit"),
    });
    let weight = read.weight.as_ref().map(|weight| weight.parse().unwrap());
    assert_eq!(weight.is_some(), unit.is_some());
    let options = read.options.iter().flat_map(|options| &options.options);
    FeedItem {
        line_key: told(&read.line_item_id),
        sku: read.sku.clone(),
        name: read.name.clone(),
        image_url: told(&read.image_url),
        weight: weight.zip(unit).map(|(value, unit)| Weight { value, unit }),
        quantity: read.quantity,
        unit_price: read.unit_price.parse().unwrap(),
        upc: told(&read.upc),
        location: told(&read.location),
        adjustment: read.adjustment.unwrap_or_default(),
        options: options.map(|option| (option.name.clone(), option.value.clone())).collect(),
    }
}

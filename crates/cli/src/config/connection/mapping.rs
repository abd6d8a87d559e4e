//! `[connections.mapping]`: how the fields of an order are filled.

use std::collections::BTreeMap;

use domain::shipping_order::ShippingStatus;
use serde::{Deserialize, Serialize};

use crate::config::text;

/// `[connections.mapping]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Mapping {
    /// ShipStation's status by stage; other stages are sent as `awaiting_shipment`.
    pub(crate) order_status: BTreeMap<String, ShippingStatus>,
    /// The field that fills ShipStation's first custom field; empty means not mapped.
    #[serde(deserialize_with = "text::order_field")]
    pub(crate) custom_field_1: String,
    /// The second.
    #[serde(deserialize_with = "text::order_field")]
    pub(crate) custom_field_2: String,
    /// The third.
    #[serde(deserialize_with = "text::order_field")]
    pub(crate) custom_field_3: String,
    /// The field that says whether the order is a gift; empty means never.
    #[serde(deserialize_with = "text::order_field")]
    pub(crate) gift: String,
    /// The product's field for the stock location; empty means none.
    #[serde(deserialize_with = "text::product_field")]
    pub(crate) stock_location: String,
    /// Carrier and service by requested method; methods are compared trimmed and without case.
    pub(crate) services: BTreeMap<String, ServiceChoice>,
    /// The tags of an order.
    pub(crate) tags: Vec<Tag>,
    /// The product's fields that customs are told of.
    pub(crate) customs: Customs,
}

/// A tag of ShipStation, and the orders that get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the fields are the keys of the file")]
pub(crate) struct Tag {
    /// ShipStation's id of the tag.
    pub(crate) tag: i64,
    /// The order's field that decides.
    #[serde(deserialize_with = "text::filled_order_field")]
    pub(crate) field: String,
    /// The value that it must have, compared trimmed and without case; left out, the field must say yes (true,
    /// yes, y, 1, on).
    #[serde(default, deserialize_with = "text::filled_or_absent", skip_serializing_if = "Option::is_none")]
    pub(crate) equals: Option<String>,
}

/// The product's fields that customs are told of; empty means not mapped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Customs {
    /// The HS code.
    #[serde(deserialize_with = "text::product_field")]
    pub(crate) hs_code: String,
    /// The country of origin.
    #[serde(deserialize_with = "text::product_field")]
    pub(crate) origin: String,
    /// What the thing is; not mapped: its name.
    #[serde(deserialize_with = "text::product_field")]
    pub(crate) description: String,
    /// What one piece is worth; not mapped: its price.
    #[serde(deserialize_with = "text::product_field")]
    pub(crate) value: String,
}

/// A carrier and its service, by ShipStation's codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceChoice {
    /// The carrier's code.
    #[serde(deserialize_with = "text::filled")]
    pub(crate) carrier: String,
    /// The service's code.
    #[serde(deserialize_with = "text::filled")]
    pub(crate) service: String,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            order_status: BTreeMap::from([("Fully Picked".to_owned(), ShippingStatus::AwaitingShipment)]),
            custom_field_1: "customer_order_no".to_owned(),
            custom_field_2: String::new(),
            custom_field_3: String::new(),
            gift: String::new(),
            stock_location: String::new(),
            services: BTreeMap::new(),
            tags: Vec::new(),
            customs: Customs::default(),
        }
    }
}

//! Products and their options as Cin7 Omni shows them. How many are in stock lives nowhere: the bridge under
//! test has no use for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::table::Record;

/// A product with its options.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Product {
    /// The product's id.
    pub id: i64,
    /// `Inactive`, `Public`, `ShowInB2B` or `Internal`.
    pub status: String,
    /// When it was made.
    pub created_date: Option<Timestamp>,
    /// When it last changed.
    pub modified_date: Option<Timestamp>,
    /// The style's code.
    pub style_code: String,
    /// The product's name.
    pub name: String,
    /// HTML.
    pub description: Option<String>,
    /// The brand.
    pub brand: Option<String>,
    /// The category.
    pub category: Option<String>,
    /// Pictures; the first is the main one.
    pub images: Vec<Image>,
    /// Weight in the account's unit, which the API does not tell; 0 is unknown.
    #[serde(with = "rust_decimal::serde::float")]
    pub weight: Decimal,
    /// Height in the account's unit.
    #[serde(with = "rust_decimal::serde::float")]
    pub height: Decimal,
    /// Width in the account's unit.
    #[serde(with = "rust_decimal::serde::float")]
    pub width: Decimal,
    /// Length in the account's unit.
    #[serde(with = "rust_decimal::serde::float")]
    pub length: Decimal,
    /// How stock is controlled.
    pub stock_control: Option<String>,
    /// `Order`, `Kit`, `Limited Stock`, `Pre-order`, `Gift Voucher` and others.
    pub order_type: String,
    /// A free type.
    pub product_type: Option<String>,
    /// What the first option is, such as `Size`.
    pub option_label1: Option<String>,
    /// What the second option is.
    pub option_label2: Option<String>,
    /// What the third option is.
    pub option_label3: Option<String>,
    /// The account's own fields, by internal name such as `products_1005`.
    pub custom_fields: BTreeMap<String, Value>,
    /// What can be ordered; at least one.
    pub product_options: Vec<ProductOption>,
}

/// One orderable option of a product.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProductOption {
    /// The option's id.
    pub id: i64,
    /// The product it belongs to.
    pub product_id: i64,
    /// `Primary`, `Active` or `Disabled`.
    pub status: String,
    /// When it last changed.
    pub modified_date: Option<Timestamp>,
    /// The SKU.
    pub code: String,
    /// The SKU again, under its newer name.
    pub product_option_code: String,
    /// The barcode.
    pub product_option_barcode: Option<String>,
    /// The supplier's code.
    pub supplier_code: Option<String>,
    /// Value of the first option.
    pub option1: Option<String>,
    /// Value of the second option.
    pub option2: Option<String>,
    /// Value of the third option.
    pub option3: Option<String>,
    /// Weight in the account's unit, where the option has its own.
    #[serde(with = "rust_decimal::serde::float_option")]
    pub option_weight: Option<Decimal>,
    /// The list price.
    #[serde(with = "rust_decimal::serde::float")]
    pub retail_price: Decimal,
    /// The option's own picture.
    pub image: Option<Image>,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    /// Its address.
    pub link: String,
}

impl Record for Product {
    fn id(&self) -> i64 {
        self.id
    }
}

impl Record for ProductOption {
    fn id(&self) -> i64 {
        self.id
    }
}

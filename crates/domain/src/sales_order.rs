//! A Cin7 sales order as the bridge understands it. Texts are trimmed, and empty where Cin7 has nothing;
//! amounts are decimals in the order's currency; instants are UTC. How the wire says it is the business of
//! `platforms`; what we make of it is `crate::import` and `crate::fulfil`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::OrderId;

/// A sales order, as last read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesOrder {
    /// Cin7's id.
    pub id: OrderId,
    /// The number that people use; unique in the account.
    pub reference: String,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When it was last modified, in whole seconds. The order's version.
    pub modified: Timestamp,
    /// Not a draft. A void order may still be approved.
    pub approved: bool,
    /// Cancelled for good.
    pub void: bool,
    /// The workflow label; free text of the account.
    pub stage: String,
    /// The branch whose stock it takes.
    pub branch_id: Option<i64>,
    /// Where it came from; free text.
    pub source: String,
    /// The promised delivery: a date typed in the account's time zone, stored as its local midnight.
    pub estimated_delivery: Option<Timestamp>,
    /// Set once everything is dispatched.
    pub dispatched: Option<Timestamp>,
    /// Set once it is invoiced.
    pub invoiced: Option<Timestamp>,
    /// The ordering contact.
    pub contact: Contact,
    /// Where it goes.
    pub delivery: PostalAddress,
    /// Who pays.
    pub billing: PostalAddress,
    /// The amounts.
    pub money: Money,
    /// What the customer chose for shipping, in words.
    pub freight_description: String,
    /// Terms of payment.
    pub payment_terms: String,
    /// A coupon's code.
    pub voucher_code: String,
    /// The customer's note to the driver.
    pub delivery_instructions: String,
    /// Notes of the staff, our block among them.
    pub internal_comments: String,
    /// The one tracking text of the order, at most 50 characters.
    pub tracking_code: String,
    /// The carrier, as people or integrations wrote it.
    pub carrier: String,
    /// Further fields by their snake-case name (`customer_order_no`, `project_name`, …), for the mapping.
    pub other: BTreeMap<String, String>,
    /// Custom fields by Cin7's internal name (`orders_1000`).
    pub custom_fields: BTreeMap<String, String>,
    /// The lines in the order of the document.
    pub lines: Vec<OrderLine>,
}

/// The ordering contact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Company.
    pub company: String,
    /// E-mail of the order.
    pub email: String,
    /// E-mail of the customer record.
    pub member_email: String,
    /// Phone.
    pub phone: String,
    /// Mobile phone.
    pub mobile: String,
}

/// An address as Cin7 keeps it: country and state are free text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Company.
    pub company: String,
    /// First line.
    pub address1: String,
    /// Second line.
    pub address2: String,
    /// City.
    pub city: String,
    /// State, as typed.
    pub state: String,
    /// Postal code.
    pub postal_code: String,
    /// Country, as typed.
    pub country: String,
}

/// How the order's prices relate to tax.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxStatus {
    /// Not said.
    #[default]
    Undefined,
    /// Tax is inside the prices.
    Included,
    /// Tax comes on top.
    Excluded,
    /// No tax.
    Exempt,
}

/// The amounts of an order, in its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The currency's ISO code, empty when not said.
    pub currency: String,
    /// Sum of the lines.
    pub products: Decimal,
    /// Shipping charged.
    pub freight: Decimal,
    /// Surcharge, such as a card fee.
    pub surcharge: Decimal,
    /// What the surcharge is for.
    pub surcharge_description: String,
    /// Discount on the whole order, positive.
    pub discount: Decimal,
    /// What the discount is for.
    pub discount_description: String,
    /// products + freight + surcharge − discount + tax on top.
    pub total: Decimal,
    /// Whether tax is in the prices.
    pub tax_status: TaxStatus,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The line's id.
    pub id: i64,
    /// The line that this one is a component of (a kit's parent); `None` for a line of its own.
    pub parent_id: Option<i64>,
    /// The product.
    pub product_id: Option<i64>,
    /// The product's option.
    pub product_option_id: Option<i64>,
    /// The SKU; empty for fees and texts.
    pub code: String,
    /// The name.
    pub name: String,
    /// Up to three option values.
    pub options: [String; 3],
    /// Bar code.
    pub barcode: String,
    /// Ordered, in base units.
    pub quantity: Decimal,
    /// Dispatched, in base units: the column *Qty Dispatched*.
    pub quantity_dispatched: Decimal,
    /// Price of one base unit.
    pub unit_price: Decimal,
    /// Discount on the whole line, positive.
    pub discount: Decimal,
    /// Work (stock control *Labour*) rather than a thing.
    pub is_labour: bool,
    /// The SKUs of a size run; empty for an ordinary line.
    pub sizes: Vec<SizeQuantity>,
}

/// One size of a size run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeQuantity {
    /// The size's name.
    pub name: String,
    /// Its SKU.
    pub code: String,
    /// Its bar code.
    pub barcode: String,
    /// How many.
    pub quantity: Decimal,
}

impl SalesOrder {
    /// The value of a field by its snake-case name, or of a custom field as `custom_fields.NAME`; `None`
    /// when there is no such field or it is empty. The names are those of the mapping section.
    pub fn field(&self, name: &str) -> Option<String> {
        let value = if let Some(custom) = name.strip_prefix("custom_fields.") {
            self.custom_fields.get(custom).cloned()?
        } else {
            match name {
                "id" => self.id.to_string(),
                "reference" => self.reference.clone(),
                "stage" => self.stage.clone(),
                "source" => self.source.clone(),
                "branch_id" => self.branch_id?.to_string(),
                "voucher_code" => self.voucher_code.clone(),
                "payment_terms" => self.payment_terms.clone(),
                "freight_description" => self.freight_description.clone(),
                "delivery_instructions" => self.delivery_instructions.clone(),
                "logistics_carrier" => self.carrier.clone(),
                "company" => self.contact.company.clone(),
                "email" => self.contact.email.clone(),
                "member_email" => self.contact.member_email.clone(),
                "currency_code" => self.money.currency.clone(),
                other => self.other.get(other).cloned()?,
            }
        };
        (!value.is_empty()).then_some(value)
    }
}

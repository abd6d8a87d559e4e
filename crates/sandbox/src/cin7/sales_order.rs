//! A sales order as Cin7 Omni holds and shows it: the header, its lines, and what both contain. Rules for
//! changing one live in `update` and `create`, sums in `totals`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::table::Record;

/// How the prices of an order relate to tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TaxStatus {
    /// Not told: no tax is added.
    #[default]
    Undefined,
    /// Prices hold the tax.
    Incl,
    /// Tax is added to the prices.
    Excl,
    /// No tax is due.
    Exempt,
}

/// A sales order. Texts are free unless said otherwise; instants have whole seconds in UTC; money is in the
/// order's currency with up to four decimals. On the wire names are camelCase and `status` is added.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SalesOrder {
    /// The order's id, 0 until the machine has assigned one.
    pub id: i64,
    /// When it was made; can be set on creation only.
    pub created_date: Option<Timestamp>,
    /// When anything last changed it.
    pub modified_date: Option<Timestamp>,
    /// The user who made it.
    pub created_by: i64,
    /// The user who processed it.
    pub processed_by: i64,
    /// False is a draft.
    pub is_approved: bool,
    /// The order number people use (30 characters), unique in the account.
    pub reference: String,
    /// The customer's contact id.
    pub member_id: i64,
    /// The customer's e-mail address in the contacts.
    pub member_email: Option<String>,
    /// First name of who ordered.
    pub first_name: Option<String>,
    /// Last name of who ordered.
    pub last_name: Option<String>,
    /// Company of who ordered.
    pub company: Option<String>,
    /// E-mail address of who ordered.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Mobile number.
    pub mobile: Option<String>,
    /// Fax number.
    pub fax: Option<String>,
    /// First name of the recipient.
    pub delivery_first_name: Option<String>,
    /// Last name of the recipient.
    pub delivery_last_name: Option<String>,
    /// Company of the recipient.
    pub delivery_company: Option<String>,
    /// Street of the recipient.
    pub delivery_address1: Option<String>,
    /// Second line of the street.
    pub delivery_address2: Option<String>,
    /// City of the recipient.
    pub delivery_city: Option<String>,
    /// State or province, in any spelling.
    pub delivery_state: Option<String>,
    /// Postal code.
    pub delivery_postal_code: Option<String>,
    /// Country, in any spelling: there is no code list.
    pub delivery_country: Option<String>,
    /// First name on the bill.
    pub billing_first_name: Option<String>,
    /// Last name on the bill.
    pub billing_last_name: Option<String>,
    /// Company on the bill.
    pub billing_company: Option<String>,
    /// Street on the bill.
    pub billing_address1: Option<String>,
    /// Second line of the bill's street.
    pub billing_address2: Option<String>,
    /// City on the bill.
    pub billing_city: Option<String>,
    /// State on the bill.
    pub billing_state: Option<String>,
    /// Postal code on the bill.
    pub billing_postal_code: Option<String>,
    /// Country on the bill.
    pub billing_country: Option<String>,
    /// The branch that holds the stock.
    pub branch_id: i64,
    /// That branch's e-mail address.
    pub branch_email: Option<String>,
    /// A project label.
    pub project_name: Option<String>,
    /// The tracking number or numbers: one string of at most 50 characters for the whole order.
    pub tracking_code: Option<String>,
    /// Notes for the staff, of any length.
    pub internal_comments: Option<String>,
    /// The sum of the lines.
    #[serde(with = "rust_decimal::serde::float")]
    pub product_total: Decimal,
    /// What the customer pays for shipping.
    #[serde(with = "rust_decimal::serde::float")]
    pub freight_total: Decimal,
    /// The shipping method that the customer chose.
    pub freight_description: Option<String>,
    /// An extra charge on the order, such as a card fee.
    #[serde(with = "rust_decimal::serde::float")]
    pub surcharge: Decimal,
    /// What the extra charge is for.
    pub surcharge_description: Option<String>,
    /// The discount on the whole order, as a positive number.
    #[serde(with = "rust_decimal::serde::float")]
    pub discount_total: Decimal,
    /// What the discount is for.
    pub discount_description: Option<String>,
    /// Products + freight + surcharge - discount + tax.
    #[serde(with = "rust_decimal::serde::float")]
    pub total: Decimal,
    /// ISO 4217 code.
    pub currency_code: Option<String>,
    /// Rate between the account's currency and the order's.
    #[serde(with = "rust_decimal::serde::float")]
    pub currency_rate: Decimal,
    /// The currency's symbol.
    pub currency_symbol: Option<String>,
    /// How the prices relate to tax.
    pub tax_status: TaxStatus,
    /// The tax as a fraction: 0.1 is ten percent.
    #[serde(with = "rust_decimal::serde::float")]
    pub tax_rate: Decimal,
    /// Where the order came from.
    pub source: Option<String>,
    /// The account's own fields, by internal name such as `orders_1000`.
    pub custom_fields: BTreeMap<String, Value>,
    /// Whether the order has been voided.
    pub is_void: bool,
    /// The workflow label, such as `New` or `Fully Picked`.
    pub stage: Option<String>,
    /// Alternative ledger account of the customer.
    pub member_cost_center: Option<String>,
    /// Name of the customer's alternative tax rate.
    pub member_alternative_tax_rate: Option<String>,
    /// Alternative ledger account.
    pub cost_center: Option<String>,
    /// Name of the alternative tax rate.
    pub alternative_tax_rate: Option<String>,
    /// The planned delivery date (ETD).
    pub estimated_delivery_date: Option<Timestamp>,
    /// The salesperson's id.
    pub sales_person_id: i64,
    /// Obsolete.
    pub sales_person_email: Option<String>,
    /// How and when the customer pays.
    pub payment_terms: Option<String>,
    /// The customer's own order number.
    pub customer_order_no: Option<String>,
    /// Coupon code (30 characters).
    pub voucher_code: Option<String>,
    /// The customer's note for the driver (2000 characters).
    pub delivery_instructions: Option<String>,
    /// When it was voided.
    pub cancellation_date: Option<Timestamp>,
    /// When its cost of goods last changed.
    #[serde(rename = "modifiedCOGSDate")]
    pub modified_cogs_date: Option<Timestamp>,
    /// When it was invoiced.
    pub invoice_date: Option<Timestamp>,
    /// The invoice's number, assigned with the date.
    pub invoice_number: Option<i64>,
    /// When everything was dispatched ("Fully Dispatched").
    pub dispatched_date: Option<Timestamp>,
    /// The carrier's name.
    pub logistics_carrier: Option<String>,
    /// The 3PL status: 2 is fully dispatched.
    pub logistics_status: i64,
    /// The EDI status.
    pub edi_status: i64,
    /// Another branch that ships the order.
    pub distribution_branch_id: i64,
    /// Retailer's department.
    pub department_number: Option<String>,
    /// Retailer's store.
    pub store_location_number: Option<String>,
    /// Retailer's distribution centre.
    pub distribution_center: Option<String>,
    /// What accounting has done with the order.
    pub accounting_attributes: AccountingAttributes,
    /// The lines, in their order of display.
    pub line_items: Vec<LineItem>,
}

impl SalesOrder {
    /// An empty order as Cin7 starts one: approved, stage `New`, in the account's own currency.
    pub fn new() -> Self {
        Self {
            is_approved: true,
            stage: Some("New".to_owned()),
            currency_rate: Decimal::ONE,
            ..Self::default()
        }
    }

    /// `DRAFT`, `APPROVED` or `VOID`, as on the wire.
    pub fn status(&self) -> &'static str {
        match (self.is_void, self.is_approved) {
            (true, _) => "VOID",
            (false, true) => "APPROVED",
            (false, false) => "DRAFT",
        }
    }

    /// What setting the stage `Fully Picked` on the screen does: stock lines get their dispatch quantity.
    pub(crate) fn pick(&mut self) {
        self.line_items.iter_mut().filter(|line| line.is_stock()).for_each(LineItem::ship_all);
    }

    /// What setting the dispatched date does: every line counts as shipped.
    pub(crate) fn dispatch(&mut self) {
        self.line_items.iter_mut().for_each(LineItem::ship_all);
        self.logistics_status = 2;
    }
}

impl Record for SalesOrder {
    fn id(&self) -> i64 {
        self.id
    }

    fn decorate(&self, wire: &mut Map<String, Value>) {
        wire.insert("status".to_owned(), self.status().into());
    }
}

/// What accounting has done with an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountingAttributes {
    /// When it was exported.
    pub import_date: Option<Timestamp>,
    /// `NotImported`, `Imported`, `DoNotImport` or `Error`.
    pub accounting_import_status: String,
}

impl Default for AccountingAttributes {
    fn default() -> Self {
        Self { import_date: None, accounting_import_status: "NotImported".to_owned() }
    }
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LineItem {
    /// The line's id, 0 until the machine has assigned one.
    pub id: i64,
    /// When the line was made.
    pub created_date: Option<Timestamp>,
    /// The order's id.
    pub transaction_id: i64,
    /// 0 for an ordinary line or a kit; for a kit's component the id of the kit's line.
    pub parent_id: i64,
    /// The product.
    pub product_id: i64,
    /// The product's option.
    pub product_option_id: i64,
    /// Free text of the integration that made the line.
    pub integration_ref: Option<String>,
    /// Order of display.
    pub sort: i64,
    /// The SKU; fees have none.
    pub code: Option<String>,
    /// What the line is.
    pub name: Option<String>,
    /// Value of the first option.
    pub option1: Option<String>,
    /// Value of the second option.
    pub option2: Option<String>,
    /// Value of the third option.
    pub option3: Option<String>,
    /// How many, in base units.
    #[serde(with = "rust_decimal::serde::float")]
    pub qty: Decimal,
    /// The style's code.
    pub style_code: Option<String>,
    /// The barcode.
    pub barcode: Option<String>,
    /// Packed text of a size run: `Qty|Size|Code|Barcode` per size.
    pub size_codes: Option<String>,
    /// A note on the line.
    pub line_comments: Option<String>,
    /// Cost per base unit.
    #[serde(with = "rust_decimal::serde::float")]
    pub unit_cost: Decimal,
    /// Price per base unit, two to four decimals.
    #[serde(with = "rust_decimal::serde::float")]
    pub unit_price: Decimal,
    /// Price per unit of measure.
    #[serde(with = "rust_decimal::serde::float")]
    pub uom_price: Decimal,
    /// Discount of the whole line, as a positive number.
    #[serde(with = "rust_decimal::serde::float")]
    pub discount: Decimal,
    /// How many units of measure were ordered.
    #[serde(with = "rust_decimal::serde::float")]
    pub uom_qty_ordered: Decimal,
    /// How many units of measure were shipped.
    #[serde(with = "rust_decimal::serde::float")]
    pub uom_qty_shipped: Decimal,
    /// Base units per unit of measure.
    #[serde(with = "rust_decimal::serde::float")]
    pub uom_size: Decimal,
    /// The quantity dispatched, in base units ("Qty Dispatched").
    #[serde(with = "rust_decimal::serde::float")]
    pub qty_shipped: Decimal,
    /// The quantity on hold.
    #[serde(with = "rust_decimal::serde::float")]
    pub holding_qty: Decimal,
    /// Ledger account.
    pub account_code: Option<String>,
    /// How stock is controlled: `FIFO`, `Batch`, `Serial`, `Labour`, `Undefined`.
    pub stock_control: Option<String>,
    /// Batches and serial numbers that were dispatched.
    pub stock_movements: Vec<StockMovement>,
    /// The pick lines of a size run; empty for an ordinary line.
    pub sizes: Vec<Size>,
}

impl LineItem {
    /// Whether there is something to pick: a code, and more than zero of it.
    pub fn is_stock(&self) -> bool {
        self.qty > Decimal::ZERO && self.code.as_deref().is_some_and(|code| !code.trim().is_empty())
    }

    fn ship_all(&mut self) {
        self.qty_shipped = self.qty;
        self.uom_qty_shipped = if self.uom_size > Decimal::ONE {
            self.qty.checked_div(self.uom_size).unwrap_or(self.qty).round_dp(4)
        } else {
            self.qty
        };
    }
}

/// A batch or serial number that left the stock with a line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StockMovement {
    /// Batch number.
    pub batch: Option<String>,
    /// How many.
    #[serde(with = "rust_decimal::serde::float")]
    pub quantity: Decimal,
    /// Serial number.
    pub serial: Option<String>,
}

/// One size of a size run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Size {
    /// The size's name, such as `M`.
    pub name: Option<String>,
    /// The SKU of this size.
    pub code: Option<String>,
    /// The barcode of this size.
    pub barcode: Option<String>,
    /// How many of this size.
    #[serde(with = "rust_decimal::serde::float")]
    pub qty: Decimal,
}

//! What an account holds: its orders, catalogue, branches and payments, and the numbers it hands out next.
//! Branches and payments are described here; requests and permissions are not.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::carton::Carton;
use super::catalogue::{Product, ProductOption};
use super::dates;
use super::sales_order::SalesOrder;
use super::table::{Record, Table};

/// A branch: where stock is and where parcels start.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Branch {
    /// The branch's id.
    pub id: i64,
    /// When it last changed.
    pub modified_date: Option<Timestamp>,
    /// Whether it is in use.
    pub is_active: bool,
    /// Its name.
    pub company: String,
    /// `Branch` or `Warehouse`.
    pub branch_type: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Street.
    pub address1: Option<String>,
    /// Second line of the street.
    pub address2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State.
    pub state: Option<String>,
    /// Postal code.
    pub post_code: Option<String>,
    /// Country.
    pub country: Option<String>,
}

/// A payment of an order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Payment {
    /// The payment's id.
    pub id: i64,
    /// When it was recorded.
    pub created_date: Option<Timestamp>,
    /// When it last changed.
    pub modified_date: Option<Timestamp>,
    /// When it was paid.
    pub payment_date: Option<Timestamp>,
    /// How much, in the order's currency.
    #[serde(with = "rust_decimal::serde::float")]
    pub amount: Decimal,
    /// How it was paid, such as `Visa`.
    pub method: String,
    /// Whether it went through.
    pub is_authorized: bool,
    /// The payment provider's reference.
    pub transaction_ref: Option<String>,
    /// A note.
    pub comments: Option<String>,
    /// The order that it pays.
    pub order_id: i64,
    /// That order's reference.
    pub order_ref: Option<String>,
    /// `SalesOrder` for sales orders.
    pub order_type: String,
}

impl Record for Branch {
    fn id(&self) -> i64 {
        self.id
    }
}

impl Record for Payment {
    fn id(&self) -> i64 {
        self.id
    }
}

/// Everything that one account holds.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) orders: Table<SalesOrder>,
    pub(crate) products: Table<Product>,
    pub(crate) options: Table<ProductOption>,
    pub(crate) branches: Table<Branch>,
    pub(crate) payments: Table<Payment>,
    pub(crate) cartons: BTreeMap<i64, Vec<Carton>>,
    pub(crate) changed: BTreeSet<i64>,
    custom_fields: Vec<String>,
    next_order: i64,
    next_line: i64,
    next_invoice: i64,
}

impl Account {
    /// An empty account whose orders have these custom fields.
    pub(crate) fn new(custom_fields: Vec<String>) -> Self {
        Self {
            orders: Table::default(),
            products: Table::default(),
            options: Table::default(),
            branches: Table::default(),
            payments: Table::default(),
            cartons: BTreeMap::new(),
            changed: BTreeSet::new(),
            custom_fields,
            next_order: 1_000,
            next_line: 10_000,
            next_invoice: 1,
        }
    }

    /// Puts a new order in, with a fresh id unless it brings a free one; every order shows all custom fields.
    pub(crate) fn insert(&mut self, mut order: SalesOrder, now: Timestamp) -> i64 {
        if order.id <= 0 || self.orders.get(order.id).is_some() {
            order.id = self.next_order;
        }
        self.next_order = self.next_order.max(order.id + 1);
        if order.reference.trim().is_empty() {
            order.reference = format!("SO-{}", order.id);
        }
        order.created_date =
            Some(order.created_date.map_or_else(|| dates::whole_seconds(now), dates::whole_seconds));
        self.show_custom_fields(&mut order);
        self.save(order, now)
    }

    /// The order that a POST starts from, with the id it will get.
    pub(crate) fn blank_order(&self) -> SalesOrder {
        let mut order = SalesOrder { id: self.next_order, ..SalesOrder::new() };
        self.show_custom_fields(&mut order);
        order
    }

    fn show_custom_fields(&self, order: &mut SalesOrder) {
        for name in &self.custom_fields {
            order.custom_fields.entry(name.clone()).or_insert(Value::Null);
        }
    }

    /// Stores an order as changed at `now`, and numbers its new lines.
    pub(crate) fn save(&mut self, mut order: SalesOrder, now: Timestamp) -> i64 {
        order.modified_date = Some(dates::whole_seconds(now));
        if let Some(highest) = order.line_items.iter().map(|line| line.id).max() {
            self.next_line = self.next_line.max(highest + 1);
        }
        for line in &mut order.line_items {
            if line.id <= 0 {
                line.id = self.next_line;
                self.next_line += 1;
            }
            line.transaction_id = order.id;
            line.created_date = line.created_date.or(order.created_date);
        }
        let id = order.id;
        self.changed.insert(id);
        self.orders.put(order);
        id
    }

    /// Puts cartons in place of those that the order has, which is a change of the order. False if there is no
    /// such order.
    pub(crate) fn replace_cartons(&mut self, id: i64, cartons: Vec<Carton>, now: Timestamp) -> bool {
        let Some(order) = self.orders.get(id).cloned() else { return false };
        self.cartons.insert(id, cartons);
        self.save(order, now);
        true
    }

    /// The number for the next invoice.
    pub(crate) fn invoice_number(&mut self) -> i64 {
        self.next_invoice += 1;
        self.next_invoice - 1
    }

    /// Whether an order other than `id` has this reference.
    pub(crate) fn reference_taken(&self, reference: &str, id: i64) -> bool {
        self.orders.iter().any(|order| order.id != id && order.reference.eq_ignore_ascii_case(reference))
    }

    /// Puts a product and its options in.
    pub(crate) fn add_product(&mut self, product: Product) {
        for option in &product.product_options {
            let option = ProductOption { product_id: product.id, ..option.clone() };
            self.options.put(option);
        }
        self.products.put(product);
    }
}

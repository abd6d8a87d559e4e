//! Cin7 Omni's API v1, simulated from its public documentation: orders, their cartons, products, options, branches
//! and payments behind `/api/v1`, as strict as the real one, and what people do to orders on its screens.
//!
//! `handle` is the only part that knows HTTP (`routes`); records and their rules know nothing of it. Absent
//! on purpose: stock levels, contacts, purchase orders, users, and every other resource (404); POST and PUT of
//! anything but sales orders, except that cartons have a PUT (405); `loadboms`. Where the documentation leaves a
//! question open the answer is the stricter one: a date without a time is refused, a PUT of the stage `Fully
//! Picked` picks nothing, and lines that a PUT does not name stay as they are.

mod account;
mod calls;
mod carton;
mod catalogue;
mod columns;
mod dates;
mod filter;
mod listing;
mod merge;
mod refusal;
mod routes;
mod sales_order;
mod settings;
mod table;
mod totals;
mod write;

use jiff::Timestamp;

pub use account::{Branch, Payment};
pub use calls::CallLog;
pub use carton::{Carton, CartonItem};
pub use catalogue::{Image, Product, ProductOption};
pub use sales_order::{AccountingAttributes, LineItem, SalesOrder, Size, StockMovement, TaxStatus};
pub use settings::{Cin7Settings, Permission, Resource};

use crate::quota::Quota;
use account::Account;

/// The stage at which Cin7's screens give stock lines their dispatch quantity.
const PICKED: &str = "Fully Picked";

/// One simulated account. What people do on the screens costs no quota and, like every change, moves the
/// order's modified date to the whole second.
#[derive(Debug)]
pub struct Cin7 {
    settings: Cin7Settings,
    quota: Quota,
    calls: CallLog,
    account: Account,
}

impl Cin7 {
    /// An empty account.
    pub fn new(settings: Cin7Settings) -> Self {
        Self {
            quota: Quota::new(settings.windows.clone()),
            calls: CallLog::default(),
            account: Account::new(settings.custom_fields.clone()),
            settings,
        }
    }

    /// Puts an order in and answers its id: its own, or a fresh one if that is 0 or taken. Lines with id 0 get
    /// fresh ids; totals and a created date stay as given.
    pub fn add_order(&mut self, order: SalesOrder, now: Timestamp) -> i64 {
        self.account.insert(order, now)
    }

    /// Puts a product and its options in.
    pub fn add_product(&mut self, product: Product) {
        self.account.add_product(product);
    }

    /// Puts a branch in.
    pub fn add_branch(&mut self, branch: Branch) {
        self.account.branches.put(branch);
    }

    /// Puts a payment in. It does not touch the order that it pays.
    pub fn add_payment(&mut self, payment: Payment) {
        self.account.payments.put(payment);
    }

    /// Sets the stage of an order on the screen; `Fully Picked` fills the dispatch quantity of its stock
    /// lines. False if there is no such order.
    pub fn set_stage(&mut self, id: i64, stage: &str, now: Timestamp) -> bool {
        self.edit(id, now, |order| {
            order.stage = Some(stage.to_owned());
            if stage.trim().eq_ignore_ascii_case(PICKED) {
                order.pick();
            }
        })
    }

    /// Changes an order on the screen in any way; its id stays. Totals are not computed again: see
    /// [`SalesOrder::settle_totals`]. False if there is no such order.
    pub fn edit(&mut self, id: i64, now: Timestamp, change: impl FnOnce(&mut SalesOrder)) -> bool {
        let Some(mut order) = self.account.orders.get(id).cloned() else { return false };
        change(&mut order);
        order.id = id;
        self.account.save(order, now);
        true
    }

    /// The order with this id.
    pub fn order(&self, id: i64) -> Option<&SalesOrder> {
        self.account.orders.get(id)
    }

    /// All orders by ascending id.
    pub fn orders(&self) -> impl Iterator<Item = &SalesOrder> {
        self.account.orders.iter()
    }

    /// The cartons of an order.
    pub fn cartons(&self, id: i64) -> &[Carton] {
        self.account.cartons.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The calls answered so far.
    pub fn calls(&self) -> &CallLog {
        &self.calls
    }

    /// The ids of the orders that anything has changed since this was last asked, ascending.
    pub fn take_changed(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.account.changed).into_iter().collect()
    }
}

#[cfg(test)]
mod tests;

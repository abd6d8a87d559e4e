//! Whether an order's freight is ours to write. What we wrote last is remembered; whatever else the order shows is a
//! person's and stays.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::charge::{is_free, money};
use super::{Priced, RateQuote};
use crate::effect::Fingerprint;
use crate::patch::OrderPatch;
use crate::sales_order::SalesOrder;
use crate::settings::{RateRules, Rules};
use crate::text::{clean, cut};

/// The longest freight description that is written. Cin7 states no limit; its other texts of this kind have this one.
const DESCRIPTION_MAX: usize = 250;

/// What we last wrote to an order, as the note of that write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What `freightTotal` showed from then on.
    pub total: Decimal,
    /// What `freightDescription` showed from then on.
    pub description: String,
    /// Whether that description is somebody else's, which we left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub theirs: bool,
    /// What of the order the quote went by.
    pub basis: Fingerprint,
}

/// How an order stands towards a quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Its freight is to be quoted and written.
    Wanted(Wanted),
    /// It shows what we wrote, and nothing that the quote went by has changed.
    Unchanged,
    /// A person has set, changed or emptied it: it is left as it is. In words.
    Theirs(String),
    /// It is not at a rating stage, or not open: in words.
    NotNow(&'static str),
}

/// Why freight is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It has none.
    First,
    /// Lines or address have changed since we wrote it.
    Changed,
}

/// What is known when an order is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The order as just read.
    pub order: &'a SalesOrder,
    /// What we last wrote, as far as that was recorded.
    pub written: Option<&'a Memory>,
    /// What we were about to write, where nobody recorded whether it arrived.
    pub attempt: Option<&'a Memory>,
    /// Whether a person asked for this order now: then an emptied freight is quoted again.
    pub asked: bool,
}

/// How an order stands.
pub fn standing(case: Case<'_>, rules: &Rules) -> Standing {
    if let Some(reason) = not_now(case.order, rules) {
        return Standing::NotNow(reason);
    }
    let order = case.order;
    let ours = [case.written, case.attempt].into_iter().flatten().find(|memory| memory.is_shown(order));
    match ours {
        Some(memory) if memory.basis == basis(order, &rules.rates) => Standing::Unchanged,
        Some(_) => Standing::Wanted(Wanted::Changed),
        None if is_empty(order, &rules.rates) && (case.written.is_none() || case.asked) => {
            Standing::Wanted(Wanted::First)
        }
        None => Standing::Theirs(shown(order)),
    }
}

/// Why an order gets no freight now; `None` where it is open and at a rating stage.
fn not_now(order: &SalesOrder, rules: &Rules) -> Option<&'static str> {
    let branches = &rules.import.branches;
    let is_of_branch = branches.is_empty() || order.branch_id.is_some_and(|id| branches.contains(&id));
    let reasons = [
        (!rules.rates.enabled, "rates are not enabled"),
        (!is_at_stage(order, &rules.rates), "not at a rating stage"),
        (order.void, "void"),
        (!order.approved, "a draft"),
        (order.dispatched.is_some(), "dispatched"),
        (order.invoiced.is_some(), "invoiced"),
        (!is_of_branch, "of another branch"),
    ];
    reasons.into_iter().find(|(applies, _)| *applies).map(|(_, reason)| reason)
}

fn is_at_stage(order: &SalesOrder, rules: &RateRules) -> bool {
    let stage = order.stage.trim().to_lowercase();
    rules.stages.iter().any(|wanted| wanted.trim().to_lowercase() == stage)
}

/// Nothing is charged, and nobody has said how it ships; or they have, and the settings say not to mind.
fn is_empty(order: &SalesOrder, rules: &RateRules) -> bool {
    order.money.freight.is_zero() && (rules.described || order.freight_description.is_empty())
}

/// What an order shows of its freight, for people.
fn shown(order: &SalesOrder) -> String {
    match (order.money.freight.is_zero(), order.freight_description.as_str()) {
        (true, "") => "emptied".to_owned(),
        (true, description) => format!("`{description}`"),
        (false, "") => money(order.money.freight),
        (false, description) => format!("{} `{description}`", money(order.money.freight)),
    }
}

/// What an order's products cost after all discounts.
pub fn goods(order: &SalesOrder) -> Decimal {
    let money = &order.money;
    let lines = order
        .lines
        .iter()
        .map(|line| line.quantity.saturating_mul(line.unit_price).saturating_sub(line.discount));
    let products = if money.products.is_zero() {
        lines.fold(Decimal::ZERO, Decimal::saturating_add)
    } else {
        money.products
    };
    products.saturating_sub(money.discount)
}

/// Why an order cannot be charged what carriers ask; `None` where both are in one currency.
pub fn other_currency(order: &SalesOrder, rules: &Rules) -> Option<String> {
    let own = if order.money.currency.is_empty() { &rules.currency } else { &order.money.currency };
    let quoted = &rules.rates.currency;
    (!own.eq_ignore_ascii_case(quoted))
        .then(|| format!("the order is in {own} and carriers' prices are in {quoted}: nothing is converted"))
}

/// What of an order its quote goes by: what is ordered, where it goes and leaves, and whether shipping is free.
pub fn basis(order: &SalesOrder, rules: &RateRules) -> Fingerprint {
    let lines: Vec<_> = order
        .lines
        .iter()
        .map(|line| {
            let sizes = line.sizes.iter().map(|size| (&size.code, size.quantity.normalize()));
            let ids = (line.product_id, line.product_option_id, line.parent_id.is_some());
            (&line.code, ids, line.quantity.normalize(), sizes.collect::<Vec<_>>())
        })
        .collect();
    let to = &order.delivery;
    let place = (&to.country, &to.postal_code, &to.state, &to.city, to.company.is_empty());
    Fingerprint::of(&(lines, place, order.branch_id, is_free(goods(order), &rules.pricing)))
}

impl Memory {
    /// What an order shall show once this quote is written. A description of somebody else's stays.
    pub fn of(case: Case<'_>, chosen: &Priced, rules: &RateRules) -> Self {
        let shown = &case.order.freight_description;
        let is_ours = |memory: &Self| !memory.theirs && same(&memory.description, shown);
        let theirs = !shown.is_empty() && ![case.written, case.attempt].into_iter().flatten().any(is_ours);
        let description = if theirs { shown.clone() } else { description(&chosen.quote) };
        Self { total: chosen.charge.amount, description, theirs, basis: basis(case.order, rules) }
    }

    /// Whether an order shows exactly this.
    pub fn is_shown(&self, order: &SalesOrder) -> bool {
        self.total == order.money.freight && same(&self.description, &order.freight_description)
    }

    /// What must be written so that an order shows it: only what differs.
    pub fn patch(&self, order: &SalesOrder) -> OrderPatch {
        OrderPatch {
            freight_total: (self.total != order.money.freight).then_some(self.total),
            freight_description: (!same(&self.description, &order.freight_description))
                .then(|| self.description.clone()),
            ..OrderPatch::new(order.id)
        }
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim() == other.trim()
}

fn description(quote: &RateQuote) -> String {
    let name = clean(&quote.name);
    cut(if name.is_empty() { &quote.service } else { &name }, DESCRIPTION_MAX)
}

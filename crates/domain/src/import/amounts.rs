//! The amounts of a document: what each thing costs, and the adjustment lines for everything of the Cin7 total
//! that is no thing. Whatever the order says, items + tax + shipping is its total, to the cent.
//!
//! Amounts are in the order's own currency, as Cin7 states them; nothing is converted, and ShipStation's orders
//! have no field for a currency. An order that names none is in the account's.
//!
//! Tax is an amount of its own only where it comes on top of the prices (status *Excl*): Cin7 has no field for
//! it, so it is what the total has more than its parts. Where prices hold it (*Incl*), none is due (*Exempt*) or
//! nothing is said of it, a total that has more than its parts has a [`Amounts::difference`].
//!
//! Every amount that is sent is rounded to the cent, halves away from zero. What the rounding of parts adds up
//! to is a line *Rounding*.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::import::lines::{Picked, Thing};
use crate::sales_order::{SalesOrder, TaxStatus};

/// The amounts of a document, in cents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amounts {
    /// The price of one piece of each thing, in their order.
    pub piece_prices: Vec<Decimal>,
    /// The lines that are money rather than things: name and amount, none of them zero.
    pub adjustments: Vec<(String, Decimal)>,
    /// Tax on top of the prices.
    pub tax: Decimal,
    /// Shipping charged.
    pub shipping: Decimal,
    /// The order's total.
    pub total: Decimal,
    /// How much more the total is than everything that Cin7 names of it; zero where all is well. It is among
    /// the adjustments.
    pub difference: Decimal,
}

/// Amounts from a million millions on are taken for typing errors.
const MOST: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0);

/// The amounts of an order of which these things are sent.
pub fn amounts(order: &SalesOrder, picked: &Picked<'_>) -> Amounts {
    let tax = tax_on_top(order);
    let mut parts = named_parts(order, picked);
    let things = sum(picked.things.iter().map(|thing| {
        thing.line.unit_price.saturating_mul(thing.per_piece).saturating_mul(Decimal::from(thing.quantity))
    }));
    let named = sum(parts.iter().map(|(_, amount)| *amount));
    let difference = cents(sum([order.money.total, -things, -named, -tax, -order.money.freight]));
    parts.push(("Difference to the Cin7 total".to_owned(), difference));
    let mut amounts = Amounts {
        piece_prices: picked.things.iter().map(piece_price).collect(),
        adjustments: parts.into_iter().map(|(name, amount)| (name, cents(amount))).collect(),
        tax: cents(tax),
        shipping: cents(order.money.freight),
        total: cents(order.money.total),
        difference,
    };
    let rounding = amounts.missing(&picked.things);
    amounts.adjustments.push(("Rounding".to_owned(), rounding));
    amounts.adjustments.retain(|(_, amount)| !amount.is_zero());
    amounts
}

impl Amounts {
    /// An amount that nobody can mean, if there is one.
    pub fn absurd(&self) -> Option<Decimal> {
        let adjustments = self.adjustments.iter().map(|(_, amount)| *amount);
        let all = [self.total, self.tax, self.shipping].into_iter().chain(adjustments);
        all.chain(self.piece_prices.iter().copied()).find(|amount| amount.abs() >= MOST)
    }

    /// What the amounts fall short of the total.
    fn missing(&self, things: &[Thing<'_>]) -> Decimal {
        let priced = things.iter().zip(&self.piece_prices);
        let things = sum(priced.map(|(thing, price)| price.saturating_mul(Decimal::from(thing.quantity))));
        let adjustments = sum(self.adjustments.iter().map(|(_, amount)| *amount));
        sum([self.total, -things, -adjustments, -self.tax, -self.shipping])
    }
}

/// Rounded to the cent, halves away from zero.
pub fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero).normalize()
}

fn piece_price(thing: &Thing<'_>) -> Decimal {
    cents(thing.line.unit_price.saturating_mul(thing.per_piece))
}

/// What Cin7 names of the total beside things, tax and freight, unrounded.
fn named_parts(order: &SalesOrder, picked: &Picked<'_>) -> Vec<(String, Decimal)> {
    let money = &order.money;
    let mut parts = Vec::new();
    for line in &picked.money {
        let name = first_filled([&line.name, &line.code, "Fee"]);
        parts.push((name, line.quantity.saturating_mul(line.unit_price)));
    }
    let left_behind = picked.left_behind.iter();
    let left_behind = sum(left_behind.map(|(line, quantity)| quantity.saturating_mul(line.unit_price)));
    parts.push(("Not in this dispatch".to_owned(), left_behind));
    let line_discounts = sum(order.lines.iter().map(|line| line.discount));
    parts.push(("Line discounts".to_owned(), -line_discounts));
    parts.push((discount_name(order), -money.discount));
    parts.push((first_filled([&money.surcharge_description, "Surcharge"]), money.surcharge));
    parts
}

fn first_filled<const N: usize>(candidates: [&str; N]) -> String {
    candidates.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned()
}

fn discount_name(order: &SalesOrder) -> String {
    let name = first_filled([&order.money.discount_description, "Discount"]);
    if order.voucher_code.is_empty() { name } else { format!("{name} ({})", order.voucher_code) }
}

fn tax_on_top(order: &SalesOrder) -> Decimal {
    let money = &order.money;
    if money.tax_status != TaxStatus::Excluded {
        return Decimal::ZERO;
    }
    let lines = order.lines.iter();
    let lines = lines.map(|line| line.quantity.saturating_mul(line.unit_price).saturating_sub(line.discount));
    let products = if money.products.is_zero() { sum(lines) } else { money.products };
    let without = sum([products, money.freight, money.surcharge, -money.discount]);
    money.total.saturating_sub(without).max(Decimal::ZERO)
}

/// A sum that never panics: amounts beyond all reason stay beyond all reason.
fn sum(amounts: impl IntoIterator<Item = Decimal>) -> Decimal {
    amounts.into_iter().fold(Decimal::ZERO, Decimal::saturating_add)
}

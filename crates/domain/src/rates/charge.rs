//! From the carrier's price to what the customer is charged, step by step.
//!
//! `charge = max(minimum, round((cost + insurance) × (1 + markup_percent / 100) + markup_fixed))`, and zero where
//! shipping is free. `insurance` is a price for each started hundred of the goods' value; where nothing is insured, zero.
//! It is rounded once, at the end, to a multiple of `round_to` (a cent), halves up. A minimum is charged as it stands.

use rust_decimal::{Decimal, RoundingStrategy};

use super::RateQuote;
use crate::settings::Pricing;

/// A charge with how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// What the carrier asks in all.
    pub cost: Decimal,
    /// What insuring the goods costs beside that.
    pub insurance: Decimal,
    /// What was added to both: percent and fixed, before rounding.
    pub markup: Decimal,
    /// What the customer is charged.
    pub amount: Decimal,
    /// The arithmetic, a step each, for people.
    pub steps: Vec<String>,
}

impl Charge {
    /// The charge for a quote. `goods` is the product total after discounts, where there is an order.
    pub fn of(quote: &RateQuote, goods: Option<Decimal>, pricing: &Pricing) -> Self {
        let cost = quote.cost();
        let mut steps = vec![cost_step(quote)];
        let insurance = goods.map_or(Decimal::ZERO, |goods| insurance(goods, pricing));
        let expense = cost.saturating_add(insurance);
        let percent = expense.saturating_mul(pricing.markup_percent) / Decimal::ONE_HUNDRED;
        let mut amount = cost;
        for (added, what) in [
            (insurance, "insurance".to_owned()),
            (percent, format!("{}%", pricing.markup_percent.normalize())),
            (pricing.markup_fixed, "fixed".to_owned()),
        ] {
            if !added.is_zero() {
                amount = amount.saturating_add(added);
                steps.push(format!("+ {what} {} = {}", added.normalize(), amount.normalize()));
            }
        }
        let markup = amount.saturating_sub(expense);
        let rounded = round(amount, pricing.round_to);
        if rounded != amount {
            steps.push(format!("rounded to {} = {}", pricing.round_to.normalize(), money(rounded)));
        }
        amount = rounded;
        if amount < pricing.minimum {
            amount = pricing.minimum;
            steps.push(format!("at least {}", money(amount)));
        }
        if let Some(goods) = goods.filter(|goods| is_free(*goods, pricing)) {
            amount = Decimal::ZERO;
            steps.push(format!("free: products {} reach {}", money(goods), money(pricing.free_over)));
        }
        Self { cost, insurance, markup: markup.normalize(), amount: amount.normalize(), steps }
    }
}

/// What it costs to insure goods of so much.
fn insurance(goods: Decimal, pricing: &Pricing) -> Decimal {
    if goods <= pricing.insurance_over || goods <= Decimal::ZERO {
        return Decimal::ZERO;
    }
    (goods / Decimal::ONE_HUNDRED).ceil().saturating_mul(pricing.insurance_per_hundred).normalize()
}

/// Whether shipping is free for products of so much, after discounts.
pub fn is_free(goods: Decimal, pricing: &Pricing) -> bool {
    pricing.free_over > Decimal::ZERO && goods >= pricing.free_over
}

/// The nearest multiple of `to`, halves away from zero. A `to` of zero or less leaves the amount to the cent.
fn round(amount: Decimal, to: Decimal) -> Decimal {
    let nearest = |amount: Decimal, places| {
        amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
    };
    let cent = Decimal::new(1, 2);
    if to <= Decimal::ZERO || to == cent {
        return nearest(amount, 2);
    }
    amount.checked_div(to).map_or(amount, |times| nearest(times, 0).saturating_mul(to))
}

fn cost_step(quote: &RateQuote) -> String {
    let (shipment, other) = (money(quote.shipment_cost), money(quote.other_cost));
    if quote.other_cost.is_zero() {
        return format!("{} {shipment}", quote.name);
    }
    format!("{} {shipment} + {other} = {}", quote.name, money(quote.cost()))
}

/// An amount as people write it: two places, more where it has them.
pub fn money(amount: Decimal) -> String {
    let mut shown = amount.normalize();
    if shown.scale() < 2 {
        shown.rescale(2);
    }
    shown.to_string()
}

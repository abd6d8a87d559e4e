//! Which quotes may be taken, and which of them wins. Ties are broken the same way every time: by cost, then by the
//! order in which carriers are configured, then by service code and name.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::{Charge, Priced, RateQuote, Sheet, speed};
use crate::settings::{Choose, RateRules};

/// Everything that may be taken of the carriers' answers, cheapest first, with what is charged for it, and the one
/// that wins. `goods` is as for [`Charge::of`].
pub fn sheet(answers: &[RateQuote], goods: Option<Decimal>, errors: Vec<String>, rules: &RateRules) -> Sheet {
    let mut quotes: Vec<Priced> = answers
        .iter()
        .filter(|quote| may_be_taken(quote, rules))
        .map(|quote| Priced { quote: quote.clone(), charge: Charge::of(quote, goods, &rules.pricing) })
        .collect();
    quotes.sort_by(|one, other| order(&one.quote, &other.quote, rules));
    let chosen = chosen(&quotes, &rules.choose).cloned();
    let mut errors = errors;
    if chosen.is_none() {
        errors.extend(why_none(answers, &quotes, rules));
    }
    Sheet { quotes, chosen, errors, currency: rules.currency.clone() }
}

/// A price below zero is no price; one of zero may be, such as for a pick-up.
fn may_be_taken(quote: &RateQuote, rules: &RateRules) -> bool {
    let one_of = |list: &[String], value: &str| {
        list.is_empty() || list.iter().any(|wanted| wanted.trim().eq_ignore_ascii_case(value.trim()))
    };
    quote.cost() >= Decimal::ZERO
        && one_of(&rules.services, &quote.service)
        && quote.package().is_none_or(|package| one_of(&rules.packages, package))
}

fn order(one: &RateQuote, other: &RateQuote, rules: &RateRules) -> Ordering {
    let place = |quote: &RateQuote| {
        rules.carriers.iter().position(|carrier| *carrier == quote.carrier).unwrap_or(usize::MAX)
    };
    let by_cost = one.cost().cmp(&other.cost()).then_with(|| place(one).cmp(&place(other)));
    by_cost.then_with(|| {
        let key = |quote: &RateQuote| (quote.carrier.clone(), quote.service.clone(), quote.name.clone());
        key(one).cmp(&key(other))
    })
}

/// The winner of quotes that are sorted cheapest first.
fn chosen<'a>(quotes: &'a [Priced], choose: &Choose) -> Option<&'a Priced> {
    match choose {
        Choose::Cheapest => quotes.first(),
        // Of equals the first is the minimum: the cheapest.
        Choose::Fastest => quotes.iter().min_by_key(|priced| speed::rank(&priced.quote)),
        Choose::FirstOf(services) => services.iter().find_map(|service| {
            quotes.iter().find(|priced| priced.quote.service.eq_ignore_ascii_case(service.trim()))
        }),
    }
}

fn why_none(answers: &[RateQuote], quotes: &[Priced], rules: &RateRules) -> Option<String> {
    if answers.is_empty() {
        return None;
    }
    if quotes.is_empty() {
        let counted = match answers.len() {
            1 => "the one quote is".to_owned(),
            several => format!("all {several} quotes are"),
        };
        return Some(format!("{counted} for services or packages that the settings leave out"));
    }
    match &rules.choose {
        Choose::FirstOf(services) => Some(format!("no quote for any of {}", services.join(", "))),
        Choose::Cheapest | Choose::Fastest => None,
    }
}

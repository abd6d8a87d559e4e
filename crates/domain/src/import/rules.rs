//! The import rules, each a small function from the order to a verdict that carries the deciding value and,
//! where a person can act, what to do in Cin7.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::address;
use crate::import::amounts::Amounts;
use crate::import::{Parts, lines};
use crate::placed_order::PlacedOrder;
use crate::rule::{RuleId, Verdict};
use crate::sales_order::SalesOrder;
use crate::settings::Rules;

/// The verdict of every rule that looks at the Cin7 order alone, in the order in which people read them.
pub fn verdicts(parts: &Parts<'_>, rules: &Rules, now: Timestamp) -> Vec<Verdict> {
    let Parts { order, picked, amounts } = parts;
    vec![
        approved(order),
        not_void(order),
        not_dispatched(order),
        stage(order, rules),
        window(order, rules, now),
        branch(order, rules),
        country(order),
        address_is_printable(order),
        qty_dispatch(picked, rules),
        lines_can_be_sent(order, rules, picked, amounts),
    ]
}

/// Whether the order is in ShipStation by this bridge alone: no other order there bears its number.
pub fn no_other_integration(anothers: &[PlacedOrder], rules: &Rules) -> Verdict {
    let describe = |order: &PlacedOrder| {
        let store = order.store_id.map_or_else(String::new, |store| format!(" in store {store}"));
        format!("order {}{store}, key {}, {}", order.order_id, order.order_key, order.status)
    };
    let found: Vec<_> = anothers.iter().map(describe).collect();
    let value = if found.is_empty() { "none".to_owned() } else { found.join("; ") };
    let passed = found.is_empty() || rules.import.allow_other_integrations;
    let advice = "Another integration sent the same order to ShipStation. Switch one of the two off, then cancel \
        the other order there; or set import.allow_other_integrations if both shall ship.";
    verdict(RuleId::NoOtherIntegration, passed, value, "no other order of this number").advising(advice)
}

/// The window lets orders in; one that is in ShipStation stays, however old it grows.
pub(super) fn pass_window(verdicts: &mut [Verdict]) {
    for verdict in verdicts.iter_mut().filter(|verdict| verdict.rule == RuleId::Window && !verdict.passed) {
        (verdict.passed, verdict.advice) = (true, None);
        verdict.value.push_str(", and in ShipStation already");
    }
}

/// Whether a stage is one of the configured ones; trimmed, without case.
pub fn is_at_stage(stage: &str, rules: &Rules) -> bool {
    let stage = stage.trim().to_lowercase();
    rules.import.stages.iter().any(|wanted| wanted.trim().to_lowercase() == stage)
}

fn verdict(rule: RuleId, passed: bool, value: impl Into<String>, expected: impl Into<String>) -> Verdict {
    Verdict { rule, passed, value: value.into(), expected: expected.into(), advice: None }
}

impl Verdict {
    /// The same verdict with advice, which only a failed one keeps.
    #[must_use]
    fn advising(mut self, advice: impl Into<String>) -> Self {
        self.advice = (!self.passed).then(|| advice.into());
        self
    }
}

fn approved(order: &SalesOrder) -> Verdict {
    let value = if order.approved { "approved" } else { "draft" };
    verdict(RuleId::Approved, order.approved, value, "approved").advising("Approve the order in Cin7.")
}

fn not_void(order: &SalesOrder) -> Verdict {
    verdict(RuleId::NotVoid, !order.void, if order.void { "void" } else { "not void" }, "not void")
}

fn not_dispatched(order: &SalesOrder) -> Verdict {
    let value = order.dispatched.map_or_else(|| "not dispatched".to_owned(), |at| format!("dispatched {at}"));
    verdict(RuleId::NotDispatched, order.dispatched.is_none(), value, "not dispatched")
}

fn stage(order: &SalesOrder, rules: &Rules) -> Verdict {
    let expected = rules.import.stages.join(" or ");
    let advice = format!("It is sent when its stage becomes {expected}.");
    verdict(RuleId::Stage, is_at_stage(&order.stage, rules), order.stage.clone(), expected).advising(advice)
}

/// The later of created date and ETD, as a calendar day of the account, lies at most so many days back. Cin7
/// keeps an ETD, a date without a time, as local midnight; integrations write it as midnight in UTC, which west
/// of Greenwich is the day before: of such an instant, its day in UTC counts, too.
fn window(order: &SalesOrder, rules: &Rules, now: Timestamp) -> Verdict {
    let day = |at: Timestamp| at.to_zoned_datetime(rules.time_zone.clone()).date();
    let midnight = order.estimated_delivery.filter(|etd| etd.as_second().rem_euclid(24 * 3600) == 0);
    let utc_day = midnight.map(|etd| etd.to_zoned_datetime(TimeZone::UTC).date());
    let decisive = order.created.into_iter().chain(order.estimated_delivery).map(day).chain(utc_day).max();
    let days_ago = decisive.map(|date| days_between(date, day(now)));
    let allowed = i64::from(rules.import.window_days);
    let value = match (decisive, days_ago) {
        (Some(date), Some(days)) if days > 0 => format!("{date}, {days} days ago"),
        (Some(date), _) => date.to_string(),
        (None, _) => "neither created date nor ETD".to_owned(),
    };
    let expected = format!("at most {allowed} days ago");
    let passed = days_ago.is_some_and(|days| days <= allowed);
    verdict(RuleId::Window, passed, value, expected)
        .advising("Set a later ETD in Cin7 if it shall still ship.")
}

fn days_between(earlier: Date, later: Date) -> i64 {
    let seconds = later.duration_since(earlier).as_secs();
    seconds / (24 * 3600)
}

fn branch(order: &SalesOrder, rules: &Rules) -> Verdict {
    let branches = &rules.import.branches;
    let passed = branches.is_empty() || order.branch_id.is_some_and(|branch| branches.contains(&branch));
    let value = order.branch_id.map_or_else(|| "no branch".to_owned(), |branch| branch.to_string());
    let expected = if branches.is_empty() {
        "any".to_owned()
    } else {
        branches.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    };
    verdict(RuleId::Branch, passed, value, expected)
}

fn country(order: &SalesOrder) -> Verdict {
    let typed = &order.delivery.country;
    let code = address::country::code(typed);
    let value = match code {
        Some(code) if code == typed => code.to_owned(),
        Some(code) => format!("{typed} ({code})"),
        None if typed.is_empty() => "empty".to_owned(),
        None => typed.clone(),
    };
    verdict(RuleId::Country, code.is_some(), value, "a country by ISO code or English name")
        .advising("Correct the delivery country in Cin7.")
}

fn address_is_printable(order: &SalesOrder) -> Verdict {
    let recipient = address::recipient(order);
    let street = order.delivery.address1.trim();
    let (passed, value) = match (address::redacted(order), recipient.is_empty(), street.is_empty()) {
        (Some(text), _, _) => (false, text.to_owned()),
        (None, true, _) => (false, "no recipient".to_owned()),
        (None, false, true) => (false, format!("{recipient}, no street")),
        (None, false, false) => (true, format!("{recipient}, {street}")),
    };
    verdict(RuleId::Address, passed, value, "a recipient and a street")
        .advising("Fill in the delivery name or company, and the first address line, in Cin7.")
}

fn qty_dispatch(picked: &lines::Picked<'_>, rules: &Rules) -> Verdict {
    let (column, advice) = if rules.import.require_qty_dispatch {
        ("a dispatch quantity", "Fill in Qty Dispatched on the lines, or set the stage by the pick.")
    } else {
        ("a quantity", "Give at least one line a SKU and a quantity.")
    };
    let count = picked.things.len() + picked.problems.len();
    let value = if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
    verdict(RuleId::QtyDispatch, count > 0, value, format!("at least one line with {column}"))
        .advising(advice)
}

/// What passes says, too, what a person may want to know of it: that an adjustment was needed to reach the
/// order's total, and that its amounts are in a currency other than the account's.
fn lines_can_be_sent(
    order: &SalesOrder,
    rules: &Rules,
    picked: &lines::Picked<'_>,
    amounts: &Amounts,
) -> Verdict {
    let absurd = amounts.absurd().map(|amount| format!("{amount} is no amount that ShipStation takes"));
    let problems: Vec<_> = picked.problems.iter().cloned().chain(absurd).collect();
    let mut remarks = vec!["all".to_owned()];
    if !amounts.difference.is_zero() {
        remarks.push(format!("adjusted by {}", amounts.difference));
    }
    let currency = &order.money.currency;
    if !currency.is_empty() && !currency.eq_ignore_ascii_case(&rules.currency) {
        remarks.push(format!("amounts in {currency}"));
    }
    let value = if problems.is_empty() { remarks.join(", ") } else { problems.join("; ") };
    verdict(RuleId::Lines, problems.is_empty(), value, "every line can be sent")
        .advising("Correct these lines in Cin7.")
}

//! Money: whatever an order says, items + tax + shipping is its total.

use domain::import::{Catalogue, amounts, document, lines};
use domain::rule::RuleId;
use domain::sales_order::{SalesOrder, TaxStatus};
use domain::settings::Rules;
use domain::shipping_order::ShippingOrder;
use rust_decimal::Decimal;

use crate::fixture::{decimal, line, order, rules, verdict};

fn document(order: &SalesOrder, rules: &Rules) -> ShippingOrder {
    document::translate(order, &Catalogue::new(), rules)
}

fn adjustments(document: &ShippingOrder) -> Vec<(&str, String)> {
    let adjustments = document.items.iter().filter(|item| item.adjustment);
    adjustments.map(|item| (item.name.as_str(), item.unit_price.to_string())).collect()
}

/// What the rule `lines` says of an order.
fn remark(order: &SalesOrder) -> (bool, String) {
    let lines = verdict(order, &rules(), RuleId::Lines);
    (lines.passed, lines.value)
}

#[test]
fn money_that_is_no_thing_becomes_adjustment_lines_with_their_names() {
    let mut order = order();
    let mut fee = line(3, "", "1", "2.50");
    fee.name = "Gift wrap".into();
    order.lines.push(fee);
    order.lines[0].discount = decimal("1.00");
    order.voucher_code = "AUTUMN".into();
    order.money.discount = decimal("5");
    order.money.surcharge = decimal("0.75");
    order.money.products = decimal("51.50");
    order.money.total = decimal("56.75");
    let document = document(&order, &rules());
    let adjustments: Vec<_> = document
        .items
        .iter()
        .filter(|item| item.adjustment)
        .map(|item| (item.name.as_str(), item.unit_price.to_string()))
        .collect();
    assert_eq!(
        adjustments,
        [
            ("Gift wrap", "2.5".to_owned()),
            ("Line discounts", "-1".to_owned()),
            ("Discount (AUTUMN)", "-5".to_owned()),
            ("Surcharge", "0.75".to_owned())
        ]
    );
}

#[test]
fn tax_is_an_amount_of_its_own_only_where_it_comes_on_top() {
    for (status, total, tax, difference) in [
        (TaxStatus::Included, "59.50", "0", "0"),
        (TaxStatus::Excluded, "65.45", "5.95", "0"),
        (TaxStatus::Excluded, "59.50", "0", "0"),
        (TaxStatus::Excluded, "50.00", "0", "-9.5"),
        (TaxStatus::Exempt, "59.50", "0", "0"),
        (TaxStatus::Exempt, "60.00", "0", "0.5"),
        (TaxStatus::Undefined, "65.45", "0", "5.95"),
    ] {
        let mut order = order();
        (order.money.tax_status, order.money.total) = (status, decimal(total));
        let amounts = amounts::amounts(&order, &lines::pick(&order, &rules()));
        assert_eq!(
            (amounts.tax, amounts.difference),
            (decimal(tax), decimal(difference)),
            "{status:?} {total}"
        );
    }
}

#[test]
fn fractions_of_cents_are_rounded_and_their_sum_is_a_line() {
    let mut order = order();
    order.lines = vec![line(1, "A", "3", "3.3333"), line(2, "B", "7", "1.1149")];
    order.money.freight = decimal("0.0051");
    order.money.total = decimal("17.8093");
    let document = document(&order, &rules());
    assert_eq!(document.amount_paid, decimal("17.81"));
    assert_eq!(document.shipping_amount, decimal("0.01"));
    assert_eq!(
        adjustments(&document),
        [("Rounding", "0.04".to_owned())],
        "what 3 x 3.33, 7 x 1.11 and 0.01 fall short of it"
    );
    assert_eq!(remark(&order), (true, "all".to_owned()), "rounding is no difference");
}

#[test]
fn a_total_that_its_parts_do_not_explain_is_adjusted_and_said() {
    let mut order = order();
    order.money.total = decimal("59.87");
    let document = document(&order, &rules());
    assert_eq!(adjustments(&document), [("Difference to the Cin7 total", "0.37".to_owned())]);
    assert_eq!(remark(&order), (true, "all, adjusted by 0.37".to_owned()));
}

#[test]
fn amounts_in_another_currency_are_sent_as_they_are_and_said() {
    let mut order = order();
    order.money.currency = "NZD".into();
    assert_eq!(remark(&order), (true, "all, amounts in NZD".to_owned()));
    assert_eq!(document(&order, &rules()).amount_paid, decimal("59.5"));
    let mut rules = rules();
    rules.mapping.custom_fields[0] = "currency_code".into();
    assert_eq!(document(&order, &rules).custom_fields[0], "NZD");
    order.money.currency.clear();
    assert_eq!(document(&order, &rules).custom_fields[0], "AUD", "the account's, where the order names none");
}

#[test]
fn amounts_that_nobody_can_mean_are_refused() {
    let changes: [fn(&mut SalesOrder); 4] = [
        |order| order.money.total = Decimal::MAX,
        |order| order.money.freight = decimal("1000000000000"),
        |order| order.lines[0].unit_price = Decimal::MAX,
        |order| order.money.discount = Decimal::MIN,
    ];
    for change in changes {
        let mut order = order();
        change(&mut order);
        let (passed, value) = remark(&order);
        assert!(!passed && value.ends_with("is no amount that ShipStation takes"), "{value}");
    }
}

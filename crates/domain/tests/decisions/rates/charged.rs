//! The charge and the choice, as tables and properties.

use domain::rates::charge::{Charge, is_free};
use domain::rates::{RateQuote, choice};
use domain::settings::{Choose, Pricing, RateRules};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{ground, pricing, quote, rules};
use crate::fixture::decimal;

#[test]
fn a_charge_is_the_cost_with_its_markup_rounded_once_with_halves_up() {
    for (cost, other, percent, fixed, charge) in [
        ("8.25", "0.33", "0", "0", "8.58"),
        // Markup 0 is the carrier's price to the cent, also where the carrier's is not.
        ("8.124", "0", "0", "0", "8.12"),
        ("8.125", "0", "0", "0", "8.13"),
        ("8.1249999", "0", "0", "0", "8.12"),
        ("10", "0", "10", "2", "13"),
        ("8.58", "0", "10", "2", "11.44"),
        // 0.05 × 1.1 = 0.055, and 1.045 from 0.95 × 1.1: halves of a cent, each up.
        ("0.05", "0", "10", "0", "0.06"),
        ("0.95", "0", "10", "0", "1.05"),
        ("0.45", "0", "10", "0", "0.5"),
        ("12.345", "0", "0", "0.0049", "12.35"),
        ("0", "0", "25", "0", "0"),
        ("19.99", "1.01", "12.5", "0.5", "24.13"),
    ] {
        let charged = Charge::of(&ground(cost, other), None, &pricing(percent, fixed));
        assert_eq!(charged.amount, decimal(charge), "{cost} + {other}, {percent}% and {fixed}");
        assert_eq!(charged.cost, decimal(cost) + decimal(other));
    }
}

#[test]
fn a_charge_is_rounded_to_the_multiple_that_is_set_and_is_never_below_the_minimum() {
    for (cost, round_to, minimum, charge) in [
        ("8.12", "0.05", "0", "8.1"),
        ("8.125", "0.05", "0", "8.15"),
        ("8.25", "0.5", "0", "8.5"),
        ("8.24", "0.5", "0", "8"),
        ("8.5", "1", "0", "9"),
        ("2.2", "5", "0", "0"),
        ("2.5", "5", "0", "5"),
        // What is the least is charged as it stands: rounding must not take it below.
        ("2.2", "5", "9.3", "9.3"),
        ("9.29", "0.01", "9.3", "9.3"),
        ("9.3", "0.01", "9.3", "9.3"),
        ("9.31", "0.01", "9.3", "9.31"),
        ("0", "0.01", "4", "4"),
    ] {
        let pricing =
            Pricing { round_to: decimal(round_to), minimum: decimal(minimum), ..Pricing::default() };
        let charged = Charge::of(&ground(cost, "0"), None, &pricing);
        assert_eq!(charged.amount, decimal(charge), "{cost} to {round_to}, at least {minimum}");
    }
}

#[test]
fn shipping_is_free_from_the_threshold_on_and_not_a_cent_before() {
    let pricing = Pricing { free_over: decimal("100"), minimum: decimal("5"), ..Pricing::default() };
    for (goods, charge) in
        [(Some("99.99"), "8"), (Some("99.9999"), "8"), (Some("100"), "0"), (Some("100.01"), "0"), (None, "8")]
    {
        let charged = Charge::of(&ground("8", "0"), goods.map(decimal), &pricing);
        assert_eq!(charged.amount, decimal(charge), "{goods:?}");
    }
    assert!(!is_free(decimal("1000000"), &Pricing::default()), "zero means never");
}

#[test]
fn insurance_is_a_price_for_each_started_hundred_of_goods_and_is_marked_up_with_the_rest() {
    let pricing = Pricing {
        insurance_per_hundred: decimal("1.25"),
        insurance_over: decimal("50"),
        ..pricing("10", "0")
    };
    for (goods, insurance, charge) in [
        (None, "0", "11"),
        (Some("0"), "0", "11"),
        (Some("50"), "0", "11"),
        (Some("50.01"), "1.25", "12.38"),
        (Some("100"), "1.25", "12.38"),
        (Some("100.01"), "2.5", "13.75"),
        (Some("1000"), "12.5", "24.75"),
    ] {
        let charged = Charge::of(&ground("9", "1"), goods.map(decimal), &pricing);
        assert_eq!((charged.insurance, charged.amount), (decimal(insurance), decimal(charge)), "{goods:?}");
        assert_eq!(charged.cost, decimal("10"), "what the carrier asks stays what it is");
        assert_eq!(charged.markup, (decimal("10") + decimal(insurance)) / decimal("10"));
    }
    let steps = Charge::of(&ground("9", "1"), Some(decimal("150")), &pricing).steps;
    let expected = ["UPS Ground 9.00 + 1.00 = 10.00", "+ insurance 2.5 = 12.5", "+ 10% 1.25 = 13.75"];
    assert_eq!(steps, expected);
    let uninsured = Charge::of(&ground("9", "1"), Some(decimal("150")), &Pricing::default());
    assert!(uninsured.insurance.is_zero() && uninsured.steps.len() == 1);
}

#[test]
fn the_arithmetic_is_told_step_by_step() {
    let pricing = Pricing {
        round_to: decimal("0.05"),
        minimum: decimal("12"),
        free_over: decimal("50"),
        ..pricing("10", "2")
    };
    let steps = Charge::of(&ground("8.25", "0.33"), Some(decimal("50")), &pricing).steps;
    assert_eq!(
        steps,
        [
            "UPS Ground 8.25 + 0.33 = 8.58",
            "+ 10% 0.858 = 9.438",
            "+ fixed 2 = 11.438",
            "rounded to 0.05 = 11.45",
            "at least 12.00",
            "free: products 50.00 reach 50.00",
        ]
    );
    assert_eq!(Charge::of(&ground("8.25", "0"), None, &Pricing::default()).steps, ["UPS Ground 8.25"]);
}

/// Quotes as they were answered, in no order.
fn answers() -> Vec<RateQuote> {
    vec![
        quote("ups", "ups_next_day_air", "UPS Next Day Air", "31", "1"),
        quote("stamps_com", "usps_priority_mail", "USPS Priority Mail - Package", "7.02", "0"),
        quote(
            "stamps_com",
            "usps_first_class_mail",
            "USPS First Class Mail - Large Envelope or Flat",
            "3.2",
            "0",
        ),
        quote("ups", "ups_ground", "UPS Ground", "6.9", "0.12"),
        quote("stamps_com", "usps_priority_mail", "USPS Priority Mail - Medium Flat Rate Box", "13.2", "0"),
        quote("ups", "ups_unheard_of", "UPS Rocket", "99", "0"),
    ]
}

#[test]
fn quotes_are_sorted_filtered_and_chosen_as_set() {
    let first_of =
        |services: &[&str]| Choose::FirstOf(services.iter().map(|code| (*code).to_owned()).collect());
    for (choose, services, packages, chosen) in [
        (Choose::Cheapest, &[][..], &[][..], Some("USPS First Class Mail - Large Envelope or Flat")),
        (Choose::Cheapest, &[], &["package"], Some("USPS Priority Mail - Package")),
        (Choose::Cheapest, &["UPS_Ground", "ups_next_day_air"], &[], Some("UPS Ground")),
        (Choose::Cheapest, &["nothing"], &[], None),
        (Choose::Fastest, &[], &[], Some("UPS Next Day Air")),
        (Choose::Fastest, &["ups_ground", "usps_priority_mail"], &[], Some("USPS Priority Mail - Package")),
        // Whoever is not known to be quick is not taken for it.
        (Choose::Fastest, &["ups_unheard_of", "ups_ground"], &[], Some("UPS Ground")),
        (first_of(&["dhl", "ups_ground", "usps_priority_mail"]), &[], &[], Some("UPS Ground")),
        (first_of(&["usps_priority_mail"]), &[], &[], Some("USPS Priority Mail - Package")),
        (first_of(&["dhl"]), &[], &[], None),
    ] {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let rates = RateRules {
            choose: choose.clone(),
            services: list(services),
            packages: list(packages),
            ..rules().rates
        };
        let sheet = choice::sheet(&answers(), None, Vec::new(), &rates);
        let name = sheet.chosen.as_ref().map(|priced| priced.quote.name.as_str());
        assert_eq!(name, chosen, "{choose:?} {services:?} {packages:?}");
        assert!(sheet.quotes.is_sorted_by_key(|priced| priced.charge.cost));
        assert_eq!(chosen.is_none(), !sheet.errors.is_empty(), "{:?}", sheet.errors);
    }
}

#[test]
fn days_that_are_told_decide_what_is_fastest_and_what_is_known_of_services_where_they_are_equal() {
    let told =
        |service: &str, days: Option<u16>| RateQuote { days, ..quote("ups", service, service, "9", "0") };
    let rates = RateRules { choose: Choose::Fastest, ..rules().rates };
    for (quotes, fastest) in [
        ([told("ups_ground", Some(1)), told("ups_2nd_day_air", Some(2))], "ups_ground"),
        ([told("pigeon", Some(3)), told("ups_ground", None)], "pigeon"),
        ([told("pigeon", Some(1)), told("ups_next_day_air_early_am", Some(1))], "ups_next_day_air_early_am"),
        // Early on a day that it does not reach says nothing.
        ([told("pigeon", Some(2)), told("ups_next_day_air_early_am", Some(3))], "pigeon"),
    ] {
        let sheet = choice::sheet(&quotes, None, Vec::new(), &rates);
        assert_eq!(sheet.chosen.unwrap().quote.service, fastest);
    }
}

#[test]
fn a_price_below_zero_is_no_price() {
    let rates = rules().rates;
    let sheet = choice::sheet(&[ground("-1", "0"), ground("0", "0")], None, Vec::new(), &rates);
    assert_eq!(sheet.quotes.len(), 1);
    assert!(sheet.quotes[0].charge.cost.is_zero());
}

proptest! {
    #[test]
    fn the_choice_is_the_same_in_whatever_order_carriers_answer(shuffled in Just(answers()).prop_shuffle()) {
        let mut tied = shuffled;
        // Two of the same price: the carrier that is configured first wins.
        tied.push(quote("ups", "ups_surepost", "UPS SurePost", "3.2", "0"));
        for choose in [Choose::Cheapest, Choose::Fastest, Choose::FirstOf(vec!["usps_priority_mail".into()])] {
            let rates = RateRules { choose, ..rules().rates };
            let sheet = choice::sheet(&tied, None, Vec::new(), &rates);
            let mut sorted = tied.clone();
            sorted.sort_by(|one, other| one.name.cmp(&other.name));
            prop_assert_eq!(&sheet, &choice::sheet(&sorted, None, Vec::new(), &rates));
            prop_assert_eq!(&sheet.quotes[0].quote.carrier, "stamps_com");
        }
    }

    #[test]
    fn a_higher_cost_is_never_charged_less(
        low in 0_i64..1_000_000, more in 0_i64..100_000, percent in 0_i64..50_000, fixed in 0_i64..5_000,
        round_to in 1_i64..1_000, minimum in 0_i64..5_000,
    ) {
        let pricing = Pricing {
            markup_percent: Decimal::new(percent, 2),
            markup_fixed: Decimal::new(fixed, 2),
            round_to: Decimal::new(round_to, 2),
            minimum: Decimal::new(minimum, 2),
            ..Pricing::default()
        };
        let charge = |cost| {
            let quote = RateQuote { shipment_cost: Decimal::new(cost, 4), ..ground("0", "0") };
            Charge::of(&quote, None, &pricing).amount
        };
        prop_assert!(charge(low) <= charge(low + more));
        prop_assert!(charge(low) >= pricing.minimum);
    }

    #[test]
    fn without_a_markup_the_charge_is_the_carriers_price_to_the_cent(cents in 0_i64..10_000_000, other in 0_i64..10_000) {
        let quote = RateQuote {
            shipment_cost: Decimal::new(cents, 2),
            other_cost: Decimal::new(other, 2),
            ..ground("0", "0")
        };
        prop_assert_eq!(Charge::of(&quote, None, &Pricing::default()).amount, Decimal::new(cents + other, 2));
    }

    #[test]
    fn no_amount_is_beyond_the_arithmetic(mantissa in any::<i64>(), scale in 0_u32..28, percent in any::<i64>()) {
        let mantissa = i128::from(mantissa) * i128::from(mantissa);
        let big = Decimal::try_from_i128_with_scale(mantissa, scale).unwrap_or(Decimal::MAX);
        let pricing = Pricing { markup_percent: Decimal::from(percent), round_to: big, minimum: big, ..Pricing::default() };
        let quote = RateQuote { shipment_cost: big, other_cost: big, ..ground("0", "0") };
        let _no_panic = Charge::of(&quote, Some(big), &pricing);
        let sheet = choice::sheet(&[quote], Some(big), Vec::new(), &RateRules { pricing, ..rules().rates });
        prop_assert!(sheet.quotes.len() <= 1);
    }
}

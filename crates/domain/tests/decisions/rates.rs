//! The rate calculator: the charge as tables and properties, the choice, the parcel, and whose freight it is.

use std::collections::BTreeMap;

use domain::import::Catalogue;
use domain::product::{Product, ProductOption};
use domain::rates::charge::{Charge, is_free};
use domain::rates::freight::{Case, Memory, Standing, Wanted, basis, goods, other_currency, standing};
use domain::rates::{Origins, RateQuote, choice, parcel};
use domain::sales_order::SalesOrder;
use domain::settings::{Choose, LengthUnit, Pricing, RateRules, Residential, Rules};
use domain::weight::{ShippingUnit, WeightUnit};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::fixture::{decimal, line, order as picked_order, rules as base_rules};

type Change = fn(&mut SalesOrder);
type ChangeBoth = fn(&mut SalesOrder, &mut Rules);

fn case(order: &SalesOrder) -> Case<'_> {
    Case { order, written: None, attempt: None, asked: false }
}

fn quote(carrier: &str, service: &str, name: &str, cost: &str, other: &str) -> RateQuote {
    RateQuote {
        carrier: carrier.into(),
        service: service.into(),
        name: name.into(),
        shipment_cost: decimal(cost),
        other_cost: decimal(other),
    }
}

fn ground(cost: &str, other: &str) -> RateQuote {
    quote("ups", "ups_ground", "UPS Ground", cost, other)
}

fn pricing(percent: &str, fixed: &str) -> Pricing {
    Pricing { markup_percent: decimal(percent), markup_fixed: decimal(fixed), ..Pricing::default() }
}

/// An order at a rating stage, without freight.
fn order() -> SalesOrder {
    let mut order = picked_order();
    order.stage = "New".into();
    order.money.freight = Decimal::ZERO;
    order.freight_description = String::new();
    for line in &mut order.lines {
        line.quantity_dispatched = Decimal::ZERO;
    }
    order
}

fn rules() -> Rules {
    let mut rules = base_rules();
    rules.rates = RateRules {
        enabled: true,
        carriers: vec!["stamps_com".into(), "ups".into()],
        from_postal_code: "2000".into(),
        currency: "AUD".into(),
        ..RateRules::default()
    };
    rules
}

fn product(id: i64, weight: Option<&str>, options: Vec<(i64, &str, Option<&str>)>) -> Product {
    let option = |(id, code, weight): (i64, &str, Option<&str>)| ProductOption {
        id,
        code: code.into(),
        barcode: String::new(),
        weight: weight.map(decimal),
        image: String::new(),
    };
    Product {
        id,
        name: "Article".into(),
        weight: weight.map(decimal),
        image: String::new(),
        option_labels: Default::default(),
        options: options.into_iter().map(option).collect(),
        other: BTreeMap::new(),
        custom_fields: BTreeMap::new(),
    }
}

fn catalogue() -> Catalogue {
    let options = vec![(11, "RED", Some("0.25")), (12, "BLUE", None)];
    BTreeMap::from([(1, product(1, Some("1.5"), options))])
}

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
            free_over: Decimal::ZERO,
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

    #[test]
    fn more_of_a_line_never_weighs_less(quantity in 1_u32..1_000, more in 0_u32..1_000) {
        let weight = |quantity: u32| {
            let mut order = order();
            order.lines[0].quantity = Decimal::from(quantity);
            parcel::of_order(&order, &catalogue(), &Origins::default(), &rules()).unwrap().weight.value
        };
        prop_assert!(weight(quantity) <= weight(quantity + more));
    }
}

#[test]
fn a_parcel_weighs_what_its_lines_weigh_by_option_then_by_product() {
    let mut order = order();
    (order.lines[0].product_option_id, order.lines[1].product_option_id) = (Some(11), Some(12));
    let found = parcel::of_order(&order, &catalogue(), &Origins::default(), &rules()).unwrap();
    // Twice 0.25 kg of the option, and once the product's 1.5 kg.
    assert_eq!((found.weight.value, found.weight.unit), (decimal("2000"), ShippingUnit::Grams));
    assert_eq!((found.from_postal_code.as_str(), found.dimensions), ("2000", None));
    let to = &found.to;
    assert_eq!(
        (&*to.country, &*to.postal_code, &*to.state, &*to.city, to.residential),
        ("AU", "7000", "TAS", "Hobart", false)
    );
    let mut imperial = rules();
    imperial.weight_unit = WeightUnit::Pounds;
    let found = parcel::of_order(&order, &catalogue(), &Origins::default(), &imperial).unwrap();
    assert_eq!((found.weight.value, found.weight.unit), (decimal("32"), ShippingUnit::Ounces));
}

#[test]
fn what_a_parcel_lacks_is_said_all_at_once_and_never_guessed() {
    let mut rules = rules();
    let mut bare = order();
    (bare.delivery.country, bare.delivery.postal_code) = ("Atlantis".into(), String::new());
    rules.rates.from_postal_code = String::new();
    let nothing = Catalogue::new();
    assert_eq!(
        parcel::of_order(&bare, &nothing, &Origins::default(), &rules).unwrap_err(),
        [
            "no weight on SKU RED",
            "no weight on SKU BLUE",
            "the delivery country (Atlantis) is none that is known",
            "no delivery postal code",
            "no postal code to ship from: set rates.from_postal_code",
        ]
    );
    let rules = self::rules();
    for (change, missing) in [
        ((|order| order.lines.clear()) as Change, "no line with a SKU and a quantity"),
        (|order| order.lines[1].product_id = None, "no weight on SKU BLUE"),
        (
            |order| order.lines[0].quantity = Decimal::MAX,
            "RED: 79228162514264337593543950335 is no quantity that ShipStation takes",
        ),
        (|order| order.delivery.postal_code = "[Redacted]".into(), "no delivery postal code"),
    ] {
        let mut order = order();
        change(&mut order);
        assert_eq!(
            parcel::of_order(&order, &catalogue(), &Origins::default(), &rules).unwrap_err(),
            [missing]
        );
    }
    let weightless = BTreeMap::from([(1, product(1, Some("0"), vec![]))]);
    let missing = parcel::of_order(&order(), &weightless, &Origins::default(), &rules).unwrap_err();
    assert_eq!(missing, ["no weight on SKU RED", "no weight on SKU BLUE"], "zero is no weight");
}

#[test]
fn fees_weigh_nothing_and_fractions_weigh_their_part() {
    let mut order = order();
    order.lines = vec![line(1, "ROPE", "2.5", "4"), line(2, "", "1", "9")];
    let found = parcel::of_order(&order, &catalogue(), &Origins::default(), &rules()).unwrap();
    assert_eq!(found.weight.value, decimal("3750"));
}

#[test]
fn a_single_piece_has_its_products_dimensions_and_nothing_else_has_any() {
    let mut catalogue = catalogue();
    let sides = [("length", "30"), ("width", "20.50"), ("height", "10")];
    let other = &mut catalogue.get_mut(&1).unwrap().other;
    other.extend(sides.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let dimensions = |order: &SalesOrder, catalogue: &Catalogue| {
        parcel::of_order(order, catalogue, &Origins::default(), &rules()).unwrap().dimensions
    };
    let mut single = order();
    single.lines = vec![line(1, "RED", "1", "10")];
    let found = dimensions(&single, &catalogue).unwrap();
    assert_eq!((found.length, found.width, found.height), (decimal("30"), decimal("20.5"), decimal("10")));
    assert_eq!(found.unit, LengthUnit::Centimetres);
    assert_eq!(dimensions(&order(), &catalogue), None, "nobody tells how several fit together");
    single.lines[0].quantity = decimal("2");
    assert_eq!(dimensions(&single, &catalogue), None);
    single.lines[0].quantity = decimal("1");
    catalogue.get_mut(&1).unwrap().other.insert("height".into(), "0".into());
    assert_eq!(dimensions(&single, &catalogue), None, "zero is no height");
}

#[test]
fn a_parcel_leaves_where_its_branch_is_and_goes_to_people_as_set() {
    let mut rules = rules();
    rules.rates.from_by_branch = BTreeMap::from([(3, "6000".into())]);
    for (residential, company, expected) in [
        (Residential::Never, "", false),
        (Residential::Always, "Acme", true),
        (Residential::WithoutCompany, "", true),
        (Residential::WithoutCompany, "Acme", false),
    ] {
        rules.rates.residential = residential;
        let mut order = order();
        order.delivery.company = company.into();
        let found = parcel::of_order(&order, &catalogue(), &Origins::default(), &rules).unwrap();
        assert_eq!((found.from_postal_code.as_str(), found.to.residential), ("6000", expected));
    }
    let mut order = order();
    order.branch_id = Some(4);
    assert_eq!(
        parcel::of_order(&order, &catalogue(), &Origins::default(), &rules).unwrap().from_postal_code,
        "2000"
    );
}

#[test]
fn what_the_platforms_say_of_a_place_counts_where_the_settings_ask_for_it() {
    let mut rules = rules();
    let origins = Origins {
        branches: BTreeMap::from([(3, "3000".into()), (5, " ".into())]),
        warehouse: Some("94607".into()),
    };
    let nothing = Origins::default();
    for (branch, origins, by_branch, warehouse, expected) in [
        (Some(3), &nothing, true, None, Ok("2000")),
        (Some(3), &origins, true, Some(1), Ok("3000")),
        (Some(3), &origins, false, Some(1), Ok("94607")),
        (Some(5), &origins, true, Some(1), Ok("94607")),
        // Set by hand, before all else.
        (Some(7), &origins, true, Some(1), Ok("7000")),
        (None, &origins, true, Some(1), Ok("94607")),
    ] {
        rules.rates.from_by_branch = BTreeMap::from([(7, "7000".into())]);
        (rules.rates.from_branches, rules.rates.from_warehouse) = (by_branch, warehouse);
        let found = parcel::leaves_from(branch, origins, &rules);
        assert_eq!(found.as_deref(), expected.map_err(|error: &String| error), "{branch:?} {by_branch}");
    }
    rules.rates.from_postal_code = String::new();
    let nowhere = parcel::leaves_from(None, &nothing, &rules).unwrap_err();
    assert_eq!(nowhere, "ShipStation's warehouse 1 has no postal code to ship from");
}

#[test]
fn products_after_discounts_decide_whether_shipping_is_free() {
    let mut order = order();
    order.money.discount = decimal("5");
    assert_eq!(goods(&order), decimal("45.00"));
    order.money.products = Decimal::ZERO;
    order.lines[0].discount = decimal("1");
    assert_eq!(goods(&order), decimal("44.00"), "without a product total its lines' counts");
}

#[test]
fn an_order_in_another_currency_is_not_charged_what_carriers_ask() {
    let (mut order, rules) = (order(), rules());
    assert_eq!(other_currency(&order, &rules), None);
    order.money.currency = String::new();
    assert_eq!(other_currency(&order, &rules), None, "it is in the account's");
    order.money.currency = "USD".into();
    let told = other_currency(&order, &rules).unwrap();
    assert_eq!(told, "the order is in USD and carriers' prices are in AUD: nothing is converted");
}

/// What is remembered of a write of this charge to an order.
fn written(order: &SalesOrder, charge: &str) -> Memory {
    Memory {
        total: decimal(charge),
        description: "UPS Ground".into(),
        theirs: false,
        basis: basis(order, &rules().rates),
    }
}

fn shows(order: &mut SalesOrder, total: &str, description: &str) {
    (order.money.freight, order.freight_description) = (decimal(total), description.into());
}

#[test]
fn only_open_orders_at_a_rating_stage_get_freight() {
    let mut rules = rules();
    rules.import.branches = vec![3];
    for (change, reason) in [
        ((|_, rules| rules.rates.enabled = false) as ChangeBoth, "rates are not enabled"),
        (|order, _| order.stage = "Fully Picked".into(), "not at a rating stage"),
        (|order, _| order.void = true, "void"),
        (|order, _| order.approved = false, "a draft"),
        (|order, _| order.dispatched = Some(order.modified), "dispatched"),
        (|order, _| order.invoiced = Some(order.modified), "invoiced"),
        (|order, _| order.branch_id = Some(4), "of another branch"),
        (|order, _| order.branch_id = None, "of another branch"),
    ] {
        let (mut order, mut rules) = (order(), rules.clone());
        change(&mut order, &mut rules);
        let case = Case { order: &order, written: None, attempt: None, asked: true };
        assert_eq!(standing(case, &rules), Standing::NotNow(reason));
    }
    let mut order = order();
    order.stage = " processing ".into();
    let case = Case { order: &order, written: None, attempt: None, asked: false };
    assert_eq!(standing(case, &rules), Standing::Wanted(Wanted::First));
}

#[test]
fn what_a_person_has_typed_is_theirs_and_what_we_wrote_is_ours_while_nobody_touches_it() {
    let (first, changed) = (Standing::Wanted(Wanted::First), Standing::Wanted(Wanted::Changed));
    let theirs = |text: &str| Standing::Theirs(text.to_owned());
    for (shown, known, asked, edited, expected) in [
        (("0", ""), false, false, false, first.clone()),
        (("12", ""), false, false, false, theirs("12.00")),
        (("12", "Express"), false, true, true, theirs("12.00 `Express`")),
        // Described by a channel: shipping is free there for a reason.
        (("0", "Free Shipping"), false, false, false, theirs("`Free Shipping`")),
        (("9.50", "UPS Ground"), true, false, false, Standing::Unchanged),
        (("9.5", " UPS Ground "), true, true, false, Standing::Unchanged),
        (("9.50", "UPS Ground"), true, false, true, changed),
        (("9.51", "UPS Ground"), true, true, true, theirs("9.51 `UPS Ground`")),
        (("9.50", "Courier"), true, false, true, theirs("9.50 `Courier`")),
        (("0", ""), true, false, true, theirs("emptied")),
        // Unless a person asks for this order.
        (("0", ""), true, true, true, first.clone()),
    ] {
        let mut order = order();
        let memory = known.then(|| written(&order, "9.50"));
        shows(&mut order, shown.0, shown.1);
        if edited {
            order.lines[0].quantity = decimal("5");
        }
        let case = Case { order: &order, written: memory.as_ref(), attempt: None, asked };
        assert_eq!(
            standing(case, &rules()),
            expected,
            "{shown:?} known {known} asked {asked} edited {edited}"
        );
    }
}

#[test]
fn a_write_that_nobody_recorded_is_known_by_what_was_attempted() {
    let mut order = order();
    let (recorded, attempt) = (written(&order, "9.50"), written(&order, "11.00"));
    shows(&mut order, "11", "UPS Ground");
    let case = Case { order: &order, written: Some(&recorded), attempt: Some(&attempt), asked: false };
    assert_eq!(standing(case, &rules()), Standing::Unchanged);
    assert_eq!(
        standing(Case { attempt: None, ..case }, &rules()),
        Standing::Theirs("11.00 `UPS Ground`".into())
    );
}

#[test]
fn a_quote_goes_by_lines_address_branch_and_threshold_alone() {
    let mut rates = rules().rates;
    rates.pricing.free_over = decimal("60");
    let before = basis(&order(), &rates);
    let matters: [Change; 8] = [
        |order| order.lines[0].quantity = decimal("3"),
        |order| order.lines[0].code = "GREEN".into(),
        |order| _ = order.lines.pop(),
        |order| order.delivery.postal_code = "7001".into(),
        |order| order.delivery.country = "New Zealand".into(),
        |order| order.delivery.company = "Acme".into(),
        |order| order.branch_id = Some(9),
        |order| order.money.products = decimal("60"),
    ];
    for (index, change) in matters.into_iter().enumerate() {
        let mut order = order();
        change(&mut order);
        assert_ne!(basis(&order, &rates), before, "change {index}");
    }
    let does_not: [Change; 5] = [
        |order| order.internal_comments = "call first".into(),
        |order| order.money.freight = decimal("12"),
        |order| order.freight_description = "UPS Ground".into(),
        |order| order.lines[0].quantity = decimal("2.00"),
        |order| order.money.products = decimal("59.99"),
    ];
    for (index, change) in does_not.into_iter().enumerate() {
        let mut order = order();
        change(&mut order);
        assert_eq!(basis(&order, &rates), before, "change {index}");
    }
}

#[test]
fn a_patch_has_both_fields_where_both_differ_and_somebody_elses_description_stays() {
    let (rules, mut order) = (rules(), order());
    let sheet = choice::sheet(&[ground("8.25", "0.33")], None, Vec::new(), &rules.rates);
    let chosen = sheet.chosen.unwrap();
    let memory = Memory::of(case(&order), &chosen, &rules.rates);
    let patch = memory.patch(&order);
    assert_eq!(
        (patch.freight_total, patch.freight_description.as_deref()),
        (Some(decimal("8.58")), Some("UPS Ground"))
    );
    shows(&mut order, "8.58", "UPS Ground");
    assert!(memory.is_shown(&order) && memory.patch(&order).is_empty());
    // Ours, and quoted again: the description follows.
    let again = Case { written: Some(&memory), ..case(&order) };
    let dearer =
        choice::sheet(&[quote("ups", "ups_saver", "UPS Saver", "9", "0")], None, Vec::new(), &rules.rates);
    let next = Memory::of(again, &dearer.chosen.unwrap(), &rules.rates);
    assert_eq!((next.total, next.description.as_str(), next.theirs), (decimal("9"), "UPS Saver", false));
    // Described by a channel, and rated beside that.
    shows(&mut order, "0", "Road Freight");
    let beside = Memory::of(case(&order), &chosen, &rules.rates);
    assert_eq!((beside.description.as_str(), beside.theirs), ("Road Freight", true));
    assert_eq!(beside.patch(&order).freight_description, None);
    shows(&mut order, "8.58", "Road Freight");
    let again = Memory::of(Case { written: Some(&beside), ..case(&order) }, &chosen, &rules.rates);
    assert!(again.theirs, "it stays somebody else's the next time, too");
}

#[test]
fn an_order_whose_freight_is_described_gets_an_amount_where_the_settings_say_so() {
    let mut rules = rules();
    rules.rates.described = true;
    let mut order = order();
    shows(&mut order, "0", "Road Freight");
    let case = Case { order: &order, written: None, attempt: None, asked: false };
    assert_eq!(standing(case, &rules), Standing::Wanted(Wanted::First));
}

#[test]
fn what_was_written_keeps_its_stored_form() {
    let memory = Memory { basis: domain::effect::Fingerprint::of(&1), ..written(&order(), "9.50") };
    let stored = format!(
        r#"{{"total":"9.50","description":"UPS Ground","basis":"{}"}}"#,
        domain::effect::Fingerprint::of(&1).as_str()
    );
    assert_eq!(serde_json::to_string(&memory).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Memory>(&stored).unwrap(), memory);
    let theirs = Memory { theirs: true, ..memory };
    let stored = serde_json::to_string(&theirs).unwrap();
    assert!(stored.contains(r#""theirs":true"#), "{stored}");
    assert_eq!(serde_json::from_str::<Memory>(&stored).unwrap(), theirs);
}

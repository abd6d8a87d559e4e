//! The parcel: what it weighs, where it leaves and to whom it goes.

use std::collections::BTreeMap;

use domain::import::Catalogue;
use domain::rates::{Address, Origins, parcel};
use domain::sales_order::SalesOrder;
use domain::settings::{LengthUnit, RatesApi, Residential};
use domain::weight::{ShippingUnit, WeightUnit};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Change, catalogue, order, product, rules};
use crate::fixture::{decimal, line};

#[test]
fn a_parcel_weighs_what_its_lines_weigh_by_option_then_by_product() {
    let mut order = order();
    (order.lines[0].product_option_id, order.lines[1].product_option_id) = (Some(11), Some(12));
    let found = parcel::of_order(&order, &catalogue(), &Origins::default(), &rules()).unwrap();
    // Twice 0.25 kg of the option, and once the product's 1.5 kg.
    assert_eq!((found.weight.value, found.weight.unit), (decimal("2000"), ShippingUnit::Grams));
    assert_eq!((found.from.postal_code.as_str(), found.dimensions), ("2000", None));
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
        assert_eq!((found.from.postal_code.as_str(), found.to.residential), ("6000", expected));
    }
    let mut order = order();
    order.branch_id = Some(4);
    assert_eq!(
        parcel::of_order(&order, &catalogue(), &Origins::default(), &rules).unwrap().from.postal_code,
        "2000"
    );
}

#[test]
fn what_the_platforms_say_of_a_place_counts_where_the_settings_ask_for_it() {
    let mut rules = rules();
    let at = |code: &str| Address { postal_code: code.into(), ..Address::default() };
    let origins =
        Origins { branches: BTreeMap::from([(3, at("3000")), (5, at(" "))]), warehouse: Some(at("94607")) };
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
        let found = found.map(|from| from.postal_code);
        assert_eq!(found.as_deref(), expected.map_err(|error: &String| error), "{branch:?} {by_branch}");
    }
    rules.rates.from_postal_code = String::new();
    let nowhere = parcel::leaves_from(None, &nothing, &rules).unwrap_err();
    assert_eq!(nowhere, "ShipStation's warehouse 1 has no postal code to ship from");
}

#[test]
fn v2_is_told_the_whole_place_and_above_all_its_country() {
    let mut rules = rules();
    rules.rates.api = RatesApi::V2;
    (rules.rates.from_country, rules.rates.from_state) = ("Australia".into(), "New South Wales".into());
    rules.rates.from_city = " Sydney ".into();
    rules.rates.from_by_branch = BTreeMap::from([(7, "6000".into())]);
    rules.rates.from_branches = true;
    let place = |country: &str, postal_code: &str, state: &str, city: &str| Address {
        country: country.into(),
        postal_code: postal_code.into(),
        state: state.into(),
        city: city.into(),
        residential: false,
    };
    let branches = BTreeMap::from([
        (3, place("USA", "94607", "California", "Oakland")),
        (4, place("Atlantis", "1", "", "")),
    ]);
    let origins = Origins { branches, warehouse: None };
    for (branch, expected) in [
        (None, Ok(place("AU", "2000", "NSW", "Sydney"))),
        (Some(3), Ok(place("US", "94607", "CA", "Oakland"))),
        // Of one that is set by hand, nothing but the postal code is known.
        (Some(7), Ok(place("AU", "6000", "", ""))),
        (Some(4), Err("no country that is known to ship from at 1: set rates.from_country".to_owned())),
    ] {
        assert_eq!(parcel::leaves_from(branch, &origins, &rules), expected, "{branch:?}");
    }
    // V1 takes the postal code alone.
    rules.rates.api = RatesApi::V1;
    assert_eq!(parcel::leaves_from(Some(4), &origins, &rules), Ok(place("", "1", "", "")));
}

proptest! {
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

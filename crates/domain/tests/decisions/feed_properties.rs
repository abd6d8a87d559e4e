//! Whatever stands in a document: either the feed has an order within the schema, or it says what keeps it out.

use domain::feed::{FeedOrder, order as feed_order};
use domain::settings::Mapping;
use domain::shipping_order::{ShippingAddress, ShippingItem, ShippingOrder};
use domain::text::utf16_len;
use domain::weight::{ShippingUnit, Weight};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::feed::{document, standing};

/// Texts with everything that has broken somebody's feed in them, some of them long.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "]]>",
        "&",
        "<",
        "&amp;",
        "é",
        "😀",
        "👩‍👩‍👧",
        "\u{8}",
        "\u{85}",
        "\u{ffff}",
        "\u{fffe}",
        "\r\n",
        "\r",
        " ",
        "a",
        "\u{0}",
        "<!DOCTYPE x>",
        "\u{2028}",
        "\u{feff}",
        "1Z",
        "\u{301}",
    ]);
    (vec(pieces, 0..20), 1..120_usize).prop_map(|(pieces, times)| pieces.concat().repeat(times))
}

/// Most of them such as the schema takes, with all kinds of decimals.
fn amount() -> impl Strategy<Value = Decimal> {
    let decimal = |(digits, scale): (i64, u32)| Decimal::from_i128_with_scale(digits.into(), scale);
    let wild = (any::<i64>(), 0..20_u32);
    prop_oneof![30 => (0..9_999_999_994_i64, 3..6_u32), 1 => wild].prop_map(decimal)
}

prop_compose! {
    fn any_address()(
        texts in vec(hostile(), 7),
        country in prop::sample::select(vec!["US", "us", "GB", "CA", "nz", "USA", ""]),
    ) -> ShippingAddress {
        let [name, company, street1, street2, city, state, postal_code] = texts.try_into().unwrap();
        let phone = company.clone();
        let country = country.to_owned();
        ShippingAddress { name, company, street1, street2, city, state, postal_code, country, phone }
    }
}

prop_compose! {
    fn any_item()(
        texts in vec(hostile(), 5),
        link in prop_oneof![hostile(), "https://img\\.example/.{0,40}"],
        weight in amount(),
        (quantity, adjustment) in (prop_oneof![30 => 1..=99_999_u32, 1 => 99_998..100_002_u32], any::<bool>()),
        unit_price in amount(),
        options in vec((hostile(), hostile()), 0..13),
    ) -> ShippingItem {
        let [line_key, sku, name, upc, location] = texts.try_into().unwrap();
        let weight = Some(Weight { value: weight, unit: ShippingUnit::Grams });
        let (image_url, customs) = (link, None);
        ShippingItem {
            line_key, sku, name, image_url, upc, weight, quantity, unit_price, options, adjustment, location, customs,
        }
    }
}

prop_compose! {
    fn any_document()(
        texts in vec(hostile(), 9),
        amounts in vec(amount(), 3),
        to in any_address(),
        from in any_address(),
        items in vec(any_item(), 0..4),
        second in -62_135_596_800_i64..253_402_207_200,
    ) -> ShippingOrder {
        let mut order = document();
        let [number, username, email, customer, internal, payment, service, source, currency] =
            texts.try_into().unwrap();
        (order.order_number, order.customer_username, order.customer_email) = (number, username, email);
        (order.customer_notes, order.internal_notes, order.payment_method) = (customer, internal, payment);
        (order.requested_service, order.source, order.currency) = (service, source, currency);
        (order.amount_paid, order.tax_amount, order.shipping_amount) = (amounts[0], amounts[1], amounts[2]);
        (order.ship_to, order.bill_to, order.items) = (to, from, items);
        order.order_date = Timestamp::from_second(second).unwrap();
        order
    }
}

/// A text, the most of its units, and the fewest.
type Bounded<'a> = (&'a str, usize, usize);

fn texts(order: &FeedOrder) -> Vec<Bounded<'_>> {
    let (buyer, to) = (&order.bill_to, &order.ship_to);
    let mut texts: Vec<Bounded<'_>> = vec![
        (&order.number, 50, 1),
        (&order.shipping_method, 100, 0),
        (&order.payment_method, 50, 0),
        (&order.customer_notes, 1000, 0),
        (&order.internal_notes, 1000, 0),
        (&order.source, 50, 0),
        (&order.customer_code, 50, 1),
        (&buyer.name, 100, 1),
        (&buyer.company, 100, 0),
        (&buyer.phone, 50, 0),
        (&buyer.email, 100, 0),
        (&to.name, 100, 1),
        (&to.company, 100, 0),
        (&to.address1, 200, 1),
        (&to.address2, 200, 0),
        (&to.city, 100, 1),
        (&to.state, 100, 0),
        (&to.postal_code, 50, 0),
        (&to.country, 2, 2),
        (&to.phone, 50, 0),
    ];
    texts.extend(order.custom_fields.iter().map(|field| (field.as_str(), 100, 0)));
    for item in &order.items {
        texts.extend([
            (item.line_key.as_str(), 50, 0),
            (&item.sku, 100, 0),
            (&item.name, 200, 1),
            (&item.image_url, 500, 0),
            (&item.upc, 12, 0),
            (&item.location, 100, 0),
        ]);
        texts
            .extend(item.options.iter().flat_map(|(name, value)| [(name.as_str(), 100, 1), (value, 100, 1)]));
    }
    texts
}

fn is_xml(c: char) -> bool {
    matches!(c, '\n' | ' '..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

proptest! {
    #[test]
    fn every_order_in_the_feed_is_within_the_schema(document in any_document()) {
        let order = feed_order(standing(&document), &Mapping::default());
        prop_assume!(order.is_ok());
        let order = order.unwrap();
        for (text, most, fewest) in texts(&order) {
            prop_assert!((fewest..=most).contains(&utf16_len(text)), "{text:?}");
            prop_assert!(text.chars().all(is_xml), "{text:?}");
        }
        let amounts = [order.total, order.tax, order.shipping].into_iter();
        for amount in amounts.chain(order.items.iter().map(|item| item.unit_price)) {
            prop_assert!(amount.abs() < Decimal::from(10_000_000) && amount.scale() <= 2);
        }
        prop_assert!(order.items.iter().any(|item| !item.adjustment));
        for item in &order.items {
            prop_assert!((1..=99_999).contains(&item.quantity) && item.options.len() <= 10);
            let weight = item.weight.map_or(Decimal::ONE, |weight| weight.value);
            prop_assert!(weight > Decimal::ZERO && weight < Decimal::from(10_000_000) && weight.scale() <= 2);
        }
    }

    #[test]
    fn an_order_that_is_kept_out_says_why(document in any_document()) {
        if let Err(defects) = feed_order(standing(&document), &Mapping::default()) {
            prop_assert!(!defects.is_empty());
            for defect in defects {
                prop_assert!(!defect.element.is_empty() && defect.value.chars().count() <= 100);
            }
        }
    }
}

//! Properties of the translation, over orders that nobody would type: hostile texts, numbers at the edges, kits
//! that point anywhere.

use std::collections::BTreeMap;

use domain::effect::Fingerprint;
use domain::event::Origin;
use domain::import::amounts::cents;
use domain::import::{Case, Catalogue, Decision, decide, document, lines};
use domain::product::{Product, ProductOption};
use domain::rule::RuleId;
use domain::sales_order::{SalesOrder, SizeQuantity, TaxStatus};
use domain::settings::{CustomsMapping, Fractional, Kits, Rules, TagRule};
use domain::shipping_order::{ServiceChoice, ShippingAddress, ShippingItem, ShippingOrder};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::fixture::{decimal, line, now, order, rules, verdict};

/// Any text, and texts that are long in characters that are easily broken.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => ".{0,20}",
        1 => "\\PC{0,400}",
        1 => any::<String>(),
        1 => (1_usize..400).prop_map(|count| "👩‍👩‍👧".repeat(count)),
        1 => (1_usize..400).prop_map(|count| format!("e{}", "\u{301}".repeat(count))),
        1 => prop::sample::select(vec!["", " ", "[Redacted]", "null", "\u{0}", "\u{202e}x", "https://x/y"])
            .prop_map(str::to_owned),
    ]
}

/// Amounts of some cents, of fractions of cents, below zero, and beyond all reason.
fn amount() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        6 => (-1_000_000_i64..10_000_000).prop_map(|units| Decimal::new(units, 4)),
        1 => prop::sample::select(vec![Decimal::MAX, Decimal::MIN, Decimal::ZERO, decimal("0.0000000000000000000000000001")]),
    ]
}

fn quantity() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        6 => (-2_i64..9).prop_map(Decimal::from),
        2 => (0_i64..9_000).prop_map(|units| Decimal::new(units, 3)),
        1 => prop::sample::select(vec![Decimal::MAX, Decimal::MIN, decimal("79228162514264337593543950335")]),
    ]
}

prop_compose! {
    fn any_line()(
        id in 0_i64..8,
        parent in prop::option::of(0_i64..8),
        product in prop::option::of(1_i64..4),
        code in prop_oneof![Just(String::new()), Just("A".to_owned()), text()],
        texts in (text(), text(), text(), text()),
        numbers in (quantity(), quantity(), amount(), amount()),
        labour in prop::bool::weighted(0.1),
        sizes in prop::collection::vec((text(), text(), quantity()), 0..3),
    ) -> domain::sales_order::OrderLine {
        let mut line = line(id, &code, "0", "0");
        (line.name, line.barcode) = (texts.0, texts.1);
        line.options = [texts.2, texts.3, String::new()];
        (line.quantity, line.quantity_dispatched) = (numbers.0, numbers.1);
        (line.unit_price, line.discount) = (numbers.2, numbers.3);
        (line.parent_id, line.product_id, line.is_labour) = (parent, product, labour);
        line.sizes = sizes
            .into_iter()
            .map(|(name, code, quantity)| SizeQuantity { name, code, barcode: String::new(), quantity })
            .collect();
        line
    }
}

prop_compose! {
    fn hostile_order()(
        lines in prop::collection::vec(any_line(), 0..6),
        texts in prop::collection::vec(text(), 24),
        money in (amount(), amount(), amount(), amount(), amount()),
        tax_status in prop::sample::select(vec![
            TaxStatus::Included, TaxStatus::Excluded, TaxStatus::Exempt, TaxStatus::Undefined,
        ]),
    ) -> SalesOrder {
        let mut order = order();
        order.lines = lines;
        let mut texts = texts.into_iter();
        let mut next = || texts.next().unwrap();
        for field in [
            &mut order.reference, &mut order.stage, &mut order.source, &mut order.freight_description,
            &mut order.payment_terms, &mut order.voucher_code, &mut order.delivery_instructions,
            &mut order.internal_comments, &mut order.contact.email, &mut order.contact.member_email,
            &mut order.contact.phone, &mut order.contact.mobile, &mut order.delivery.first_name,
            &mut order.delivery.last_name, &mut order.delivery.company, &mut order.delivery.address1,
            &mut order.delivery.address2, &mut order.delivery.city, &mut order.delivery.state,
            &mut order.delivery.postal_code, &mut order.delivery.country, &mut order.billing.company,
            &mut order.money.discount_description, &mut order.money.surcharge_description,
        ] {
            *field = next();
        }
        (order.money.products, order.money.freight, order.money.surcharge) = (money.0, money.1, money.2);
        (order.money.discount, order.money.total) = (money.3, money.4);
        order.money.tax_status = tax_status;
        order.custom_fields = BTreeMap::from([("orders_1".to_owned(), order.delivery_instructions.clone())]);
        order
    }
}

prop_compose! {
    fn any_rules()(components: bool, one_piece: bool, dispatch: bool) -> Rules {
        let mut rules = rules();
        rules.import.kits = if components { Kits::Components } else { Kits::Parents };
        rules.import.fractional = if one_piece { Fractional::OnePiece } else { Fractional::Refuse };
        rules.import.require_qty_dispatch = dispatch;
        let mapping = &mut rules.mapping;
        mapping.custom_fields = ["custom_fields.orders_1".into(), "source".into(), String::new()];
        mapping.gift = "custom_fields.orders_1".into();
        mapping.stock_location = "product.name".into();
        let choice = ServiceChoice { carrier: "ups".into(), service: "ups_ground".into() };
        mapping.services = BTreeMap::from([("null".into(), choice)]);
        mapping.tags = vec![TagRule { tag: 1, field: "source".into(), equals: None }];
        mapping.customs = CustomsMapping {
            hs_code: "product.name".into(),
            origin: "product.name".into(),
            description: "product.name".into(),
            value: "product.weight".into(),
        };
        rules
    }
}

prop_compose! {
    fn catalogue()(products in prop::collection::btree_map(1_i64..4, (text(), amount(), text(), text()), 0..3)) -> Catalogue {
        products.into_iter().map(|(id, (name, weight, image, label))| {
            let option = ProductOption {
                id: 9, code: "A".into(), barcode: label.clone(), weight: Some(weight), image: image.clone(),
            };
            (id, Product {
                id, name, weight: Some(weight), image, option_labels: [label, String::new(), String::new()],
                options: vec![option], other: BTreeMap::new(), custom_fields: BTreeMap::new(),
            })
        }).collect()
    }
}

fn sum(document: &ShippingOrder) -> Option<Decimal> {
    let mut sum = document.tax_amount.checked_add(document.shipping_amount)?;
    for item in &document.items {
        sum = sum.checked_add(item.unit_price.checked_mul(Decimal::from(item.quantity))?)?;
    }
    Some(sum)
}

fn assert_text(name: &str, text: &str, max: usize) -> Result<(), TestCaseError> {
    prop_assert!(text.chars().count() <= max, "{name} has {} characters", text.chars().count());
    let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    prop_assert!(text.chars().all(is_plain), "{name}: {text:?}");
    prop_assert_eq!(text, text.trim(), "{}", name);
    Ok(())
}

fn assert_address(address: &ShippingAddress) -> Result<(), TestCaseError> {
    for (name, text, max) in [
        ("name", &address.name, 100),
        ("company", &address.company, 100),
        ("street1", &address.street1, 200),
        ("street2", &address.street2, 200),
        ("city", &address.city, 100),
        ("state", &address.state, 100),
        ("postal code", &address.postal_code, 50),
        ("phone", &address.phone, 50),
    ] {
        assert_text(name, text, max)?;
    }
    prop_assert!(address.country.is_empty() || address.country.len() == 2);
    Ok(())
}

fn assert_item(item: &ShippingItem) -> Result<(), TestCaseError> {
    assert_text("line key", &item.line_key, 50)?;
    assert_text("sku", &item.sku, 100)?;
    assert_text("item name", &item.name, 200)?;
    assert_text("image", &item.image_url, 500)?;
    assert_text("upc", &item.upc, 50)?;
    assert_text("location", &item.location, 100)?;
    for (name, value) in &item.options {
        assert_text("option", name, 100)?;
        assert_text("option value", value, 100)?;
        prop_assert!(!name.is_empty() && !value.is_empty());
    }
    if let Some(customs) = &item.customs {
        assert_text("customs description", &customs.description, 100)?;
        assert_text("HS code", &customs.hs_code, 20)?;
        prop_assert!(customs.origin.is_empty() || customs.origin.len() == 2);
    }
    prop_assert!(item.quantity >= 1 && (item.adjustment || item.unit_price >= Decimal::ZERO));
    prop_assert_eq!(item.unit_price, cents(item.unit_price));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_order_is_decided_and_translated_and_the_same_one_always_the_same(
        order in hostile_order(), rules in any_rules(), catalogue in catalogue(),
    ) {
        let case = Case::new(&order, None, Origin::Watch);
        let judgement = decide(case, &catalogue, &rules, now());
        let document = document::translate(&order, &catalogue, &rules);
        if let Decision::Import(decided) = judgement.decision {
            prop_assert_eq!(&*decided, &document);
        }
        prop_assert_eq!(document, document::translate(&order.clone(), &catalogue.clone(), &rules.clone()));
    }

    #[test]
    fn no_text_is_over_its_limit_and_none_is_broken(
        order in hostile_order(), rules in any_rules(), catalogue in catalogue(),
    ) {
        let document = document::translate(&order, &catalogue, &rules);
        for (name, text, max) in [
            ("order key", &document.order_key, 50),
            ("order number", &document.order_number, 50),
            ("user name", &document.customer_username, 50),
            ("e-mail", &document.customer_email, 100),
            ("customer notes", &document.customer_notes, 1000),
            ("internal notes", &document.internal_notes, 1000),
            ("payment method", &document.payment_method, 50),
            ("requested service", &document.requested_service, 100),
            ("custom field 1", &document.custom_fields[0], 100),
            ("custom field 2", &document.custom_fields[1], 100),
            ("custom field 3", &document.custom_fields[2], 100),
            ("source", &document.source, 50),
        ] {
            assert_text(name, text, max)?;
        }
        prop_assert!(!document.order_number.is_empty());
        assert_address(&document.bill_to)?;
        assert_address(&document.ship_to)?;
        for item in &document.items {
            assert_item(item)?;
        }
        let declared = document.items.iter().filter(|item| !item.adjustment && item.customs.is_some()).count();
        let things = document.items.iter().filter(|item| !item.adjustment).count();
        prop_assert!(declared == 0 || declared == things, "all or none are declared");
    }

    #[test]
    fn items_tax_and_shipping_are_the_total_to_the_cent_unless_the_order_is_refused(
        order in hostile_order(), rules in any_rules(),
    ) {
        let document = document::translate(&order, &Catalogue::new(), &rules);
        let lines = verdict(&order, &rules, RuleId::Lines);
        prop_assert_eq!(document.amount_paid, cents(order.money.total));
        if lines.passed {
            prop_assert_eq!(sum(&document), Some(document.amount_paid));
        }
    }

    #[test]
    fn every_quantity_to_send_is_sent_once_or_told_of(order in hostile_order(), rules in any_rules()) {
        let picked = lines::pick(&order, &rules);
        let is_sent = |line: &&domain::sales_order::OrderLine| {
            !picked.money.iter().any(|money| std::ptr::eq(*money, *line))
        };
        for line in order.lines.iter().filter(is_sent) {
            let wanted = if rules.import.require_qty_dispatch { line.quantity_dispatched } else { line.quantity };
            let things = picked.things.iter().filter(|thing| std::ptr::eq(thing.line, line));
            let sent: Decimal = things.map(|thing| thing.per_piece * Decimal::from(thing.quantity)).sum();
            prop_assert!(sent == wanted.max(Decimal::ZERO) || (sent.is_zero() && !picked.problems.is_empty()));
        }
    }

    #[test]
    fn what_does_not_concern_shipping_does_not_change_the_fingerprint(
        order in hostile_order(), rules in any_rules(), catalogue in catalogue(), staff in "[a-z \n]{0,30}",
    ) {
        let mut order = order;
        order.internal_comments = staff;
        let before = Fingerprint::of(&document::translate(&order, &catalogue, &rules));
        order.modified = now();
        (order.tracking_code, order.carrier) = ("9400".into(), "USPS".into());
        order.internal_comments = domain::comments::with_block(&order.internal_comments, "2026-03-10 | USPS | 9400");
        order.stage = "Dispatched".into();
        (order.dispatched, order.invoiced) = (Some(now()), Some(now()));
        for (name, value) in [
            ("accounting_import_status", "Imported"), ("invoice_number", "7"), ("processed_by", "3"),
            ("dispatched_date", "2026-03-10T00:00:00Z"), ("logistics_status", "2"), ("is_paid", "true"),
        ] {
            order.other.insert(name.into(), value.into());
        }
        prop_assert_eq!(Fingerprint::of(&document::translate(&order, &catalogue, &rules)), before);
    }
}

/// What is changed, and how.
type Change = (&'static str, fn(&mut SalesOrder));

#[test]
fn whatever_the_packer_or_the_carrier_needs_changes_the_fingerprint() {
    let mut rules = rules();
    rules.mapping.custom_fields[0] = "customer_order_no".into();
    rules.mapping.gift = "custom_fields.orders_1".into();
    rules.mapping.tags = vec![TagRule { tag: 1, field: "source".into(), equals: None }];
    let choice = ServiceChoice { carrier: "ups".into(), service: "ups_ground".into() };
    rules.mapping.services = BTreeMap::from([("road".into(), choice)]);
    let changes: [Change; 22] = [
        ("reference", |o| o.reference = "SO-124".into()),
        ("first name", |o| o.delivery.first_name = "Ann".into()),
        ("company", |o| o.delivery.company = "Quay".into()),
        ("street", |o| o.delivery.address1 = "2 Test Lane".into()),
        ("second line", |o| o.delivery.address2 = "Flat 3".into()),
        ("city", |o| o.delivery.city = "Perth".into()),
        ("state", |o| o.delivery.state = "WA".into()),
        ("postal code", |o| o.delivery.postal_code = "7001".into()),
        ("country", |o| o.delivery.country = "NZ".into()),
        ("e-mail", |o| o.contact.email = "ann@example.com".into()),
        ("phone", |o| o.contact.phone = "1".into()),
        ("billing", |o| o.billing.company = "Quay".into()),
        ("quantity", |o| o.lines[0].quantity_dispatched = Decimal::ONE),
        ("SKU", |o| o.lines[0].code = "GREEN".into()),
        ("option", |o| o.lines[0].options[0] = "L".into()),
        ("price", |o| o.lines[0].unit_price = decimal("11")),
        ("total", |o| o.money.total = decimal("60")),
        ("freight", |o| o.money.freight = decimal("10")),
        ("method", |o| o.freight_description = "Road".into()),
        ("notes", |o| o.delivery_instructions = "Ring".into()),
        ("comments", |o| o.internal_comments = "VIP".into()),
        ("branch's store", |o| o.branch_id = Some(7)),
    ];
    let mapped: [Change; 3] = [
        ("custom field", |o| drop(o.other.insert("customer_order_no".into(), "PO 7".into()))),
        ("gift", |o| drop(o.custom_fields.insert("orders_1".into(), "yes".into()))),
        ("tag", |o| o.source = "on".into()),
    ];
    let of = |order: &SalesOrder| Fingerprint::of(&document::translate(order, &Catalogue::new(), &rules));
    for (name, change) in changes.iter().chain(&mapped) {
        let mut changed = order();
        change(&mut changed);
        assert_ne!(of(&changed), of(&order()), "{name}");
    }
}

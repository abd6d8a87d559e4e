//! Recipients and addresses, from what channels and people write to what a label carries.

use domain::import::{Catalogue, document};
use domain::record::Intake;
use domain::rule::RuleId;
use domain::sales_order::SalesOrder;
use domain::shipping_order::ShippingOrder;

use crate::fixture::{self, now, order, rules};

fn document(order: &SalesOrder) -> ShippingOrder {
    document::translate(order, &Catalogue::new(), &rules())
}

/// What the rule `address` says of an order.
fn verdict(order: &SalesOrder) -> (bool, String) {
    let address = fixture::verdict(order, &rules(), RuleId::Address);
    (address.passed, address.value)
}

#[test]
fn whoever_can_be_printed_is_the_recipient_and_nobody_else() {
    for (name, change, passed, value) in [
        ("a person", (|_| {}) as fn(&mut SalesOrder), true, "Mira Okafor, 1 Test Lane"),
        (
            "a company alone",
            |o| {
                o.delivery.first_name.clear();
                o.delivery.last_name.clear();
                o.delivery.company = "Quay Ltd".into();
            },
            true,
            "Quay Ltd, 1 Test Lane",
        ),
        (
            "nobody",
            |o| {
                o.delivery.first_name = " . ".into();
                o.delivery.last_name.clear();
            },
            false,
            "no recipient",
        ),
        ("a redacted person", |o| o.delivery.first_name = "[Redacted]".into(), false, "[Redacted]"),
        ("redacted within", |o| o.delivery.last_name = "x [REDACTED] y".into(), false, "x [REDACTED] y"),
        ("redacted without brackets", |o| o.delivery.last_name = "Redacted".into(), false, "Redacted"),
        (
            "a redacted street",
            |o| o.delivery.address1 = "Unit 4 [Redacted]".into(),
            false,
            "Unit 4 [Redacted]",
        ),
        ("a redacted second line", |o| o.delivery.address2 = "[redacted]".into(), false, "[redacted]"),
        ("no street", |o| o.delivery.address1 = " ".into(), false, "Mira Okafor, no street"),
        (
            "a name like it",
            |o| o.delivery.address1 = "1 Redacted Road".into(),
            true,
            "Mira Okafor, 1 Redacted Road",
        ),
    ] {
        let mut order = order();
        change(&mut order);
        assert_eq!(verdict(&order), (passed, value.to_owned()), "{name}");
    }
}

#[test]
fn a_redacted_order_is_refused_whoever_its_contact_is() {
    let mut order = order();
    order.delivery.first_name = "[Redacted]".into();
    order.contact.first_name = "Ann".into();
    let case = domain::import::Case::new(&order, None, domain::event::Origin::Watch);
    let judgement = domain::import::decide(case, &Catalogue::new(), &rules(), now());
    assert_eq!(judgement.reading.intake, Intake::Refused);
}

#[test]
fn what_is_blanked_out_or_would_break_is_left_out_rather_than_sent() {
    let mut order = order();
    order.delivery.company = "[Redacted]".into();
    (order.contact.phone, order.contact.mobile) = ("[Redacted]".into(), "0400 1".into());
    (order.contact.email, order.contact.member_email) = ("[redacted]".into(), "a@b.example".into());
    let first = document(&order);
    assert_eq!((first.ship_to.company.as_str(), first.ship_to.phone.as_str()), ("", "0400 1"));
    assert_eq!(
        (first.customer_email.as_str(), first.customer_username.as_str()),
        ("a@b.example", "a@b.example")
    );

    order.contact.member_email = format!("{}@b.example", "a".repeat(60));
    order.other.insert("member_id".into(), "88".into());
    let long = document(&order);
    assert_eq!((long.customer_email.len(), long.customer_username.as_str()), (70, "88"));

    order.contact.member_email = format!("{}@b.example", "a".repeat(91));
    assert_eq!(document(&order).customer_email, "", "a part of an address is another address");
}

#[test]
fn control_characters_vanish_from_every_text() {
    let mut order = order();
    order.delivery.first_name = "Mi\u{0}ra\u{1b}".into();
    order.delivery.address1 = "1 Test\r\nLane\u{85}".into();
    order.reference = "SO\t1".into();
    order.delivery_instructions = "a\u{7}\nb".into();
    let document = document(&order);
    assert_eq!(
        (document.ship_to.name.as_str(), document.ship_to.street1.as_str()),
        ("Mira Okafor", "1 Test  Lane")
    );
    assert_eq!((document.order_number.as_str(), document.customer_notes.as_str()), ("SO 1", "a\nb"));
}

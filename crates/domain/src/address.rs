//! Addresses: from Cin7's free text to what ShipStation takes and a label can carry. The table of countries
//! is [`country`], that of states is [`state`].

pub mod country;
pub mod state;

use crate::sales_order::{Contact, PostalAddress, SalesOrder};
use crate::shipping_order::ShippingAddress;
use crate::text::{clean, cut};

/// Longest name and company that ShipStation takes (custom store reference; V1 states no limits).
const NAME_MAX: usize = 100;
/// Longest address line that ShipStation takes (custom store reference).
const STREET_MAX: usize = 200;
/// Longest phone number that ShipStation takes (custom store reference).
const PHONE_MAX: usize = 50;
/// Longest postal code that ShipStation takes (custom store reference).
const POSTAL_CODE_MAX: usize = 50;

/// The name on the label: the delivery person, else the delivery company, else the contact's.
/// Empty when the order has none that can be printed.
pub fn recipient(order: &SalesOrder) -> String {
    let delivery = &order.delivery;
    let candidates = [
        person(&delivery.first_name, &delivery.last_name),
        delivery.company.clone(),
        person(&order.contact.first_name, &order.contact.last_name),
        order.contact.company.clone(),
    ];
    candidates.into_iter().map(|name| clean(&name)).find(|name| is_printable(name)).unwrap_or_default()
}

/// The shipping address of an order. `country` is its alpha-2 code.
pub fn ship_to(order: &SalesOrder, country: &str) -> ShippingAddress {
    let phone = phone(&order.contact);
    ShippingAddress { name: cut(&recipient(order), NAME_MAX), ..address(&order.delivery, country, phone) }
}

/// The billing address of an order. ShipStation insists on a name only; the rest may be empty, and a country
/// that no table knows is left out rather than sent wrong.
pub fn bill_to(order: &SalesOrder) -> ShippingAddress {
    let billing = &order.billing;
    let candidates = [
        person(&billing.first_name, &billing.last_name),
        billing.company.clone(),
        person(&order.contact.first_name, &order.contact.last_name),
        order.contact.company.clone(),
    ];
    let name = candidates.into_iter().map(|name| clean(&name)).find(|name| is_printable(name));
    let country = country::code(&billing.country).unwrap_or_default();
    let name = name.unwrap_or_else(|| recipient(order));
    ShippingAddress { name: cut(&name, NAME_MAX), ..address(billing, country, phone(&order.contact)) }
}

/// Whether a channel has blanked a text, or a part of it, out, as marketplaces do with the recipients of old
/// orders: `[Redacted]` anywhere, or nothing but that word.
pub fn is_redacted(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut words =
        text.split_whitespace().map(|word| word.trim_matches(['[', ']', '*', '(', ')', '<', '>']));
    let marked =
        ["[redacted]", "*redacted*", "(redacted)", "<redacted>"].iter().any(|mark| text.contains(mark));
    marked || (words.clone().next().is_some() && words.all(|word| word == "redacted"))
}

/// What of the delivery's person, streets and city has been blanked out, if anything: then nobody knows where
/// the order goes, whoever else the order names.
pub fn redacted(order: &SalesOrder) -> Option<&str> {
    let to = &order.delivery;
    let parts = [&to.first_name, &to.last_name, &to.address1, &to.address2, &to.city];
    parts.into_iter().find(|text| is_redacted(text)).map(|text| text.trim())
}

fn address(from: &PostalAddress, country: &str, phone: String) -> ShippingAddress {
    let company = clean(&from.company);
    ShippingAddress {
        name: String::new(),
        company: if is_redacted(&company) { String::new() } else { cut(&company, NAME_MAX) },
        street1: cut(&clean(&from.address1), STREET_MAX),
        street2: cut(&clean(&from.address2), STREET_MAX),
        city: cut(&clean(&from.city), NAME_MAX),
        state: cut(&state::code(country, &clean(&from.state)), NAME_MAX),
        postal_code: cut(&clean(&from.postal_code), POSTAL_CODE_MAX),
        country: country.to_owned(),
        phone,
    }
}

fn person(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

/// The phone, else the mobile. A text without a digit is no number.
fn phone(contact: &Contact) -> String {
    let mut numbers = [&contact.phone, &contact.mobile].into_iter().map(|number| clean(number));
    let number = numbers.find(|number| number.chars().any(|c| c.is_ascii_digit()));
    cut(&number.unwrap_or_default(), PHONE_MAX)
}

fn is_printable(name: &str) -> bool {
    !is_redacted(name) && name.chars().any(char::is_alphanumeric)
}

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

/// Whether a channel has blanked a text out, as marketplaces do with the recipients of old orders.
pub fn is_redacted(text: &str) -> bool {
    text.trim().trim_matches(['[', ']', '*']).eq_ignore_ascii_case("redacted")
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
        postal_code: cut(&clean(&from.postal_code), 50),
        country: country.to_owned(),
        phone,
    }
}

fn person(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

fn phone(contact: &Contact) -> String {
    let number = if contact.phone.is_empty() { &contact.mobile } else { &contact.phone };
    cut(&clean(number), 50)
}

fn is_printable(name: &str) -> bool {
    !is_redacted(name) && name.chars().any(char::is_alphanumeric)
}

//! Who orders and who receives: names, companies, e-mail addresses and telephones, with the gaps that real
//! orders have.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use super::places::Place;
use crate::cin7::SalesOrder;

const FIRST: &[&str] = &[
    "Olivia",
    "Jack",
    "Amelia",
    "Noah",
    "Charlotte",
    "Liam",
    "Zoë",
    "Søren",
    "Aroha",
    "Wiremu",
    "Björn",
    "Chloé",
    "Jean-Luc",
    "Priya",
    "Mohammed",
    "Sakura",
    "Hiroshi",
    "José",
    "Mary Ann",
    "D'Angelo",
    "Siobhán",
    "Łukasz",
    "Ng",
    "María José",
];
const LAST: &[&str] = &[
    "Smith",
    "O'Brien",
    "Nguyen",
    "Williams",
    "Müller",
    "Schröder-Weiß",
    "Lefèvre",
    "Tanaka",
    "Singh",
    "MacDonald",
    "van der Berg",
    "García",
    "Brown",
    "Te Rangi",
    "Kowalski",
    "D'Souza",
    "Jones",
    "Fitzgerald",
    "Bianchi",
    "Featherstonehaugh-Cholmondeley",
    "Li",
];
const COMPANIES: &[&str] = &[
    "Harbour & Pine Pty Ltd",
    "Kauri Homewares",
    "O'Reilly's Hardware",
    "Blue Heron Café ☕",
    "Müller & Söhne GmbH",
    "Atelier Lumière SARL",
    "Northern Lights Trading Co.",
    "The Very Long Name Trading Company of Greater Western Sydney and Districts (Wholesale) Pty Ltd",
    "Sakura Living K.K.",
    "Maple Ridge Outfitters Inc.",
    "Fish + Chips Ltd",
];

/// Who orders. A wholesale customer is often a company without a person.
#[derive(Debug, Clone)]
pub(super) struct Person {
    first: Option<String>,
    last: Option<String>,
    company: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    mobile: Option<String>,
}

impl Person {
    /// Anyone, with a telephone of the place.
    pub(super) fn any(rng: &mut StdRng, place: &Place, wholesale: bool) -> Self {
        let named = !wholesale || rng.random_bool(0.3);
        let first = named.then(|| pick(rng, FIRST));
        let mut last = named.then(|| pick(rng, LAST));
        if rng.random_bool(0.04) {
            last = last.map(|last| format!("{last} 🌸"));
        }
        let company = (wholesale || rng.random_bool(0.1)).then(|| pick(rng, COMPANIES));
        let number = rng.random_range(100..1_000_000);
        let email = rng.random_bool(0.88).then(|| address(first.as_deref(), company.as_deref(), number));
        let phone = rng.random_bool(0.55).then(|| place.telephone(rng));
        let mobile = rng.random_bool(0.5).then(|| place.telephone(rng));
        Self { first, last, company, email, phone, mobile }
    }

    /// Writes who orders and who pays, by name only.
    pub(super) fn order_and_bill(&self, order: &mut SalesOrder) {
        order.first_name.clone_from(&self.first);
        order.last_name.clone_from(&self.last);
        order.company.clone_from(&self.company);
        order.email.clone_from(&self.email);
        order.member_email.clone_from(&self.email);
        order.phone.clone_from(&self.phone);
        order.mobile.clone_from(&self.mobile);
        order.billing_first_name.clone_from(&self.first);
        order.billing_last_name.clone_from(&self.last);
        order.billing_company.clone_from(&self.company);
    }

    /// Writes who receives: mostly who ordered, sometimes someone else; and the street of the bill, which in
    /// part of the orders stays blank. The delivery address must be there already.
    pub(super) fn receive(&self, order: &mut SalesOrder, rng: &mut StdRng) {
        order.delivery_first_name.clone_from(&self.first);
        order.delivery_last_name.clone_from(&self.last);
        order.delivery_company.clone_from(&self.company);
        if self.first.is_some() && rng.random_bool(0.12) {
            order.delivery_first_name = Some(pick(rng, FIRST));
            order.delivery_last_name = Some(pick(rng, LAST));
        }
        if rng.random_bool(0.7) {
            order.billing_address1.clone_from(&order.delivery_address1);
            order.billing_address2.clone_from(&order.delivery_address2);
            order.billing_city.clone_from(&order.delivery_city);
            order.billing_state.clone_from(&order.delivery_state);
            order.billing_postal_code.clone_from(&order.delivery_postal_code);
            order.billing_country.clone_from(&order.delivery_country);
        }
    }
}

fn address(first: Option<&str>, company: Option<&str>, number: u32) -> String {
    let name = first.or(company).unwrap_or("orders");
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    let domain = ["example.com", "example.org", "example.net"][number as usize % 3];
    format!("{}.{number}@{domain}", plain.to_lowercase())
}

fn pick(rng: &mut StdRng, texts: &[&str]) -> String {
    texts.choose(rng).map_or_else(String::new, |text| (*text).to_owned())
}

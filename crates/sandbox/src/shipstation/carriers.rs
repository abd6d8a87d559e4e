//! The carriers and services of the simulated account: their codes, what a label costs and what its tracking
//! number looks like. Buying a label lives in `labels`.

use rand::RngExt;
use rand::rngs::StdRng;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::model::Address;

/// A connected carrier account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carrier {
    /// The code: `stamps_com`.
    pub code: &'static str,
    /// The name that people see: `Stamps.com`.
    pub name: &'static str,
    account: &'static str,
    provider_id: i64,
    numbers: Numbers,
}

/// A service of a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// The carrier's code.
    pub carrier: &'static str,
    /// The service's code: `usps_priority_mail`.
    pub code: &'static str,
    /// The name that people see.
    pub name: &'static str,
    /// Whether it goes abroad; the others stay inside the country.
    pub international: bool,
    /// Price of the lightest parcel in cents, and of each further 500 g.
    cents: (i64, i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Usps,
    Ups,
    Fedex,
    Dhl,
}

/// Every carrier of the account; the first one is the primary.
pub const CARRIERS: [Carrier; 4] = [
    carrier_row("stamps_com", "Stamps.com", "SS-100200", 35_701, Numbers::Usps),
    carrier_row("ups_walleted", "UPS", "1Z-55X", 35_702, Numbers::Ups),
    carrier_row("fedex", "FedEx", "510087000", 35_703, Numbers::Fedex),
    carrier_row("dhl_express_worldwide", "DHL Express", "849600", 35_704, Numbers::Dhl),
];

/// Every service of those carriers.
pub const SERVICES: [Service; 13] = [
    service_row("stamps_com", "usps_ground_advantage", "USPS Ground Advantage", false, (545, 120)),
    service_row("stamps_com", "usps_priority_mail", "USPS Priority Mail", false, (851, 165)),
    service_row(
        "stamps_com",
        "usps_priority_mail_express",
        "USPS Priority Mail Express",
        false,
        (2_640, 410),
    ),
    service_row(
        "stamps_com",
        "usps_first_class_mail_international",
        "USPS First Class Mail Intl",
        true,
        (1_525, 610),
    ),
    service_row(
        "stamps_com",
        "usps_priority_mail_international",
        "USPS Priority Mail Intl",
        true,
        (4_275, 730),
    ),
    service_row("ups_walleted", "ups_ground", "UPS® Ground", false, (912, 95)),
    service_row("ups_walleted", "ups_2nd_day_air", "UPS 2nd Day Air®", false, (1_980, 310)),
    service_row("ups_walleted", "ups_worldwide_saver", "UPS Worldwide Saver®", true, (5_120, 880)),
    service_row("fedex", "fedex_ground", "FedEx Ground®", false, (934, 102)),
    service_row("fedex", "fedex_2day", "FedEx 2Day®", false, (2_015, 325)),
    service_row("fedex", "fedex_international_economy", "FedEx International Economy®", true, (4_890, 795)),
    service_row("fedex", "fedex_international_priority", "FedEx International Priority®", true, (6_330, 960)),
    service_row(
        "dhl_express_worldwide",
        "dhl_express_worldwide",
        "DHL Express Worldwide",
        true,
        (5_575, 840),
    ),
];

const fn carrier_row(
    code: &'static str,
    name: &'static str,
    account: &'static str,
    provider_id: i64,
    numbers: Numbers,
) -> Carrier {
    Carrier { code, name, account, provider_id, numbers }
}

const fn service_row(
    carrier: &'static str,
    code: &'static str,
    name: &'static str,
    international: bool,
    cents: (i64, i64),
) -> Service {
    Service { carrier, code, name, international, cents }
}

/// The carrier of that code.
pub fn carrier(code: &str) -> Option<&'static Carrier> {
    CARRIERS.iter().find(|carrier| carrier.code == code)
}

/// The service of that carrier and code.
pub fn service(carrier: &str, code: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.carrier == carrier && service.code == code)
}

/// The services that reach that country from the account's own (`US`). No country means inside.
pub fn services_to(country: Option<&str>) -> impl Iterator<Item = &'static Service> {
    let abroad = !country.unwrap_or("US").eq_ignore_ascii_case("US");
    SERVICES.iter().filter(move |service| service.international == abroad)
}

/// What a label costs: the service's base price, plus its step for each further 500 g begun, plus 35 cents for
/// each zone. The zone is 0 to 7: the sum of the postal code's bytes modulo 8. Deterministic, so that a test
/// can compute it.
pub fn price(service: &Service, grams: Decimal, to: &Address) -> Decimal {
    let steps = (grams / Decimal::from(500)).ceil().max(Decimal::ONE) - Decimal::ONE;
    let postal_code = to.postal_code.as_deref().unwrap_or_default();
    let zone = postal_code.bytes().map(i64::from).sum::<i64>() % 8;
    let (base, step) = service.cents;
    Decimal::new(base + 35 * zone, 2) + Decimal::new(step, 2).saturating_mul(steps)
}

/// What the lightest parcel to the nearest zone costs.
pub(crate) fn base(service: &Service) -> Decimal {
    Decimal::new(service.cents.0, 2)
}

/// A new tracking number in the carrier's form, with a valid check digit where the carrier has one.
pub(crate) fn tracking_number(service: &Service, rng: &mut StdRng) -> String {
    match carrier(service.carrier).map(|carrier| carrier.numbers) {
        Some(Numbers::Usps) if service.international => international_mail(rng),
        Some(Numbers::Ups) => ups(rng),
        Some(Numbers::Fedex) => digits(rng, 12),
        Some(Numbers::Dhl) => digits(rng, 10),
        Some(Numbers::Usps) | None => domestic_mail(rng),
    }
}

fn digits(rng: &mut StdRng, count: usize) -> String {
    (0..count).map(|_| char::from(b'0' + rng.random_range(0..10_u8))).collect()
}

/// 22 digits; the last one makes the weighted sum (3, 1, 3, … from the right) a multiple of ten.
fn domestic_mail(rng: &mut StdRng) -> String {
    let body = format!("94001{}", digits(rng, 16));
    let weighted = body.bytes().rev().enumerate();
    let sum: u32 =
        weighted.map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 0 { 3 } else { 1 }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// The postal union's form (S10): two letters, eight digits, a check digit, the country.
fn international_mail(rng: &mut StdRng) -> String {
    let serial = digits(rng, 8);
    let weights = [8, 6, 4, 2, 3, 5, 9, 7];
    let sum: u32 = serial.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        digit => digit,
    };
    format!("LZ{serial}{check}US")
}

/// `1Z`, six characters of the account, a service pair, seven digits and a check digit.
fn ups(rng: &mut StdRng) -> String {
    let body = format!("55X00{}03{}", digits(rng, 1), digits(rng, 7));
    let value = |symbol: u8| match symbol {
        b'0'..=b'9' => u32::from(symbol - b'0'),
        letter => (u32::from(letter - b'A') + 2) % 10,
    };
    let sum: u32 =
        body.bytes().enumerate().map(|(at, symbol)| value(symbol) * if at % 2 == 0 { 1 } else { 2 }).sum();
    format!("1Z{body}{}", (10 - sum % 10) % 10)
}

/// A carrier as `GET /carriers` lists it.
pub(crate) fn carrier_row_json(carrier: &Carrier) -> Value {
    json!({
        "name": carrier.name,
        "code": carrier.code,
        "accountNumber": carrier.account,
        "requiresFundedAccount": carrier.code == "stamps_com",
        "balance": 250.0,
        "nickname": null,
        "shippingProviderId": carrier.provider_id,
        "primary": carrier.code == CARRIERS[0].code,
    })
}

/// A service as `GET /carriers/listservices` lists it.
pub(crate) fn service_json(service: &Service) -> Value {
    json!({
        "carrierCode": service.carrier,
        "code": service.code,
        "name": service.name,
        "domestic": !service.international,
        "international": service.international,
    })
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn tracking_numbers_have_the_form_of_their_carrier() {
        let mut rng = StdRng::seed_from_u64(1);
        for service in &SERVICES {
            let number = tracking_number(service, &mut rng);
            let expected = match (service.carrier, service.international) {
                ("stamps_com", false) => number.len() == 22 && number.starts_with("94001"),
                ("stamps_com", true) => number.len() == 13 && number.ends_with("US"),
                ("ups_walleted", _) => number.len() == 18 && number.starts_with("1Z"),
                ("fedex", _) => number.len() == 12,
                _ => number.len() == 10,
            };
            assert!(expected, "{} for {}", number, service.code);
        }
    }

    #[test]
    fn a_price_is_base_plus_steps_plus_zone() {
        let to = Address { postal_code: Some("10001".to_owned()), ..Address::default() };
        let ground = service("ups_walleted", "ups_ground").unwrap();
        // '1' + '0' + '0' + '0' + '1' = 242, zone 2: 9.12 + 0.70, and two further steps of 0.95.
        assert_eq!(price(ground, Decimal::from(500), &to), Decimal::new(982, 2));
        assert_eq!(price(ground, Decimal::from(1_001), &to), Decimal::new(1_172, 2));
    }
}

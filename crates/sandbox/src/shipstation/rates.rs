//! `POST /shipments/getrates`: what one carrier asks for a parcel, by a formula that a test can compute. V2 answers by
//! the same one, for several carriers at once.
//!
//! `shipmentCost` of a service in its plain package is the price of its label ([`carriers::price`]): base, steps of
//! weight, zone. The post office has flat-rate packages beside that, whose price knows neither weight nor zone, up to
//! a weight. `otherCost` is 3% of fuel for couriers, and 3.95 where people live.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::ShipStation;
use super::bind::{self, Members};
use super::carriers::{self, CARRIERS, Carrier, Service};
use super::document;
use super::fault::Fault;
use super::model::{Address, Weight};
use super::routes::Answer;
use crate::exchange::{Reply, Request};

/// A package of the post office: code, name, cents on top of the service's base price (`None`: by the formula), and
/// the most grams that it takes.
const PACKAGES: [(&str, &str, Option<i64>, i64); 3] = [
    ("package", "Package", None, 31_750),
    ("flat_rate_envelope", "Flat Rate Envelope", Some(-55), 1_000),
    ("medium_flat_rate_box", "Medium Flat Rate Box", Some(870), 31_750),
];

/// The confirmations that a carrier takes.
const CONFIRMATIONS: [&str; 5] = ["none", "delivery", "signature", "adult_signature", "direct_signature"];

/// A question, as posted.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) carrier: String,
    pub(super) service: Option<String>,
    pub(super) package: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Address,
    pub(super) weight: Option<Weight>,
    pub(super) confirmation: Option<String>,
    pub(super) residential: bool,
}

/// What a carrier asks for one package of a service.
pub(super) struct Price {
    pub(super) service: &'static Service,
    /// Code and name, of a service with several.
    pub(super) package: Option<(&'static str, &'static str)>,
    pub(super) cost: Decimal,
    pub(super) other: Decimal,
}

impl Asked {
    fn of(body: &Members<'_>) -> Self {
        let to = Address {
            country: body.text("toCountry"),
            postal_code: body.text("toPostalCode"),
            state: body.text("toState"),
            city: body.text("toCity"),
            ..Address::default()
        };
        Self {
            carrier: body.text("carrierCode").unwrap_or_default(),
            service: body.text("serviceCode"),
            package: body.text("packageCode"),
            from: body.text("fromPostalCode"),
            to,
            weight: document::weight(body),
            confirmation: body.text("confirmation"),
            residential: body.boolean("residential").unwrap_or(false),
        }
    }

    /// The weight, once all that is required is there.
    pub(super) fn checked(&self) -> Result<(Decimal, &'static Carrier), Fault> {
        let filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        let required = [
            ("carrierCode", !self.carrier.is_empty()),
            ("fromPostalCode", filled(&self.from)),
            ("toCountry", filled(&self.to.country)),
            ("toPostalCode", filled(&self.to.postal_code)),
            ("weight", self.weight.is_some()),
        ];
        if let Some((missing, _)) = required.iter().find(|(_, given)| !given) {
            return Err(Fault::bad_request(format!("'{missing}' is required.")));
        }
        if self.to.country.as_deref().is_some_and(|country| country.len() != 2) {
            return Err(Fault::bad_request("Please use a 2 character country code"));
        }
        if let Some(unknown) = self.confirmation.as_deref().filter(|name| !CONFIRMATIONS.contains(name)) {
            return Err(Fault::bad_request(format!("'{unknown}' is no confirmation.")));
        }
        let carrier = CARRIERS.iter().find(|carrier| carrier.code == self.carrier);
        let carrier =
            carrier.ok_or_else(|| Fault::not_found(format!("Carrier '{}' was not found.", self.carrier)))?;
        if carrier.code.starts_with("ups") && self.goes_inside() && !filled(&self.to.state) {
            return Err(Fault::Exception("UPS: the destination state is missing or invalid.".to_owned()));
        }
        let grams = self.weight.map_or(Decimal::ZERO, Weight::grams);
        if grams <= Decimal::ZERO {
            return Err(Fault::bad_request("'weight' must be greater than 0."));
        }
        Ok((grams, carrier))
    }

    fn goes_inside(&self) -> bool {
        self.to.country.as_deref().is_some_and(|country| country.eq_ignore_ascii_case("US"))
    }

    /// The prices of a carrier's services that go where the parcel does.
    pub(super) fn prices(&self, carrier: &Carrier, grams: Decimal) -> Vec<Price> {
        let services = carriers::services_to(self.to.country.as_deref());
        let services = services.filter(|service| service.carrier == carrier.code);
        let services =
            services.filter(|service| self.service.as_deref().is_none_or(|code| code == service.code));
        services.flat_map(|service| self.of_service(service, grams)).collect()
    }

    /// The prices of a service: one for each package that takes the parcel.
    fn of_service(&self, service: &'static Service, grams: Decimal) -> Vec<Price> {
        let price = carriers::price(service, grams, &self.to);
        let wanted = |code: &str| self.package.as_deref().is_none_or(|package| package == code);
        if service.carrier != "stamps_com" || service.international {
            let rows = wanted("package").then(|| self.price(service, None, price));
            return rows.into_iter().collect();
        }
        let fitting =
            PACKAGES.iter().filter(|(code, .., most)| wanted(code) && grams <= Decimal::from(*most));
        let rows = fitting.map(|(code, name, flat, _)| {
            let cost = flat.map_or(price, |cents| carriers::base(service) + Decimal::new(cents, 2));
            self.price(service, Some((code, name)), cost)
        });
        rows.collect()
    }

    fn price(
        &self,
        service: &'static Service,
        package: Option<(&'static str, &'static str)>,
        cost: Decimal,
    ) -> Price {
        let couriers = service.carrier != "stamps_com";
        let fuel = if couriers { cost * Decimal::new(3, 2) } else { Decimal::ZERO };
        let fuel = fuel.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        let doorstep = if couriers && self.residential { Decimal::new(395, 2) } else { Decimal::ZERO };
        Price { service, package, cost, other: fuel + doorstep }
    }
}

/// A row of V1's answer.
fn row(price: &Price) -> Value {
    let service = price.service;
    let name = price.package.map(|(_, package)| format!("{} - {package}", service.name));
    json!({
        "serviceName": name.as_deref().unwrap_or(service.name),
        "serviceCode": service.code,
        "shipmentCost": number(price.cost),
        "otherCost": number(price.other),
    })
}

pub(super) fn number(amount: Decimal) -> Value {
    let text = amount.normalize().to_string();
    text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}

impl ShipStation {
    /// From now on this carrier answers no question for rates, or does again.
    pub fn fail_rates_of(&mut self, carrier: &str, fails: bool) {
        let failing: &mut BTreeSet<String> = &mut self.failing_carriers;
        if fails { _ = failing.insert(carrier.to_owned()) } else { _ = failing.remove(carrier) }
    }

    pub(super) fn post_rates(&mut self, request: &Request, _: i64, _: Timestamp) -> Answer {
        let asked = bind::object(&request.body, "request", Asked::of)?;
        let (grams, carrier) = asked.checked()?;
        if self.failing_carriers.contains(carrier.code) {
            return Err(Fault::Exception(format!("{} gave no answer.", carrier.name)));
        }
        let rows: Vec<Value> = asked.prices(carrier, grams).iter().map(row).collect();
        Ok(Reply::json(200, &rows))
    }
}

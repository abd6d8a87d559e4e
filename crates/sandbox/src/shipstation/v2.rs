//! As much of V2 as answers questions about rates: `GET /v2/carriers` and `POST /v2/rates/estimate` (V2's OpenAPI of
//! August 2025), behind a key and a quota of its own. An estimate is V1's formula for several carriers in one answer;
//! what a carrier cannot do is a row of its own with the reason, and days of transit are told.

use jiff::Timestamp;
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::ShipStation;
use super::bind::{self, Members};
use super::carriers::{CARRIERS, Carrier};
use super::fault::Fault;
use super::model::{Address, Weight, WeightUnits};
use super::rates::{Asked, Price, number};
use crate::exchange::{Method, Reply, Request};

/// How long services take: code and days.
const DAYS: [(&str, i64); 13] = [
    ("usps_ground_advantage", 4),
    ("usps_priority_mail", 3),
    ("usps_priority_mail_express", 1),
    ("usps_first_class_mail_international", 12),
    ("usps_priority_mail_international", 8),
    ("ups_ground", 5),
    ("ups_2nd_day_air", 2),
    ("ups_worldwide_saver", 3),
    ("fedex_ground", 5),
    ("fedex_2day", 2),
    ("fedex_international_economy", 6),
    ("fedex_international_priority", 3),
    ("dhl_express_worldwide", 3),
];

/// Units of weight by V2's names.
const UNITS: [(&str, WeightUnits); 3] =
    [("pound", WeightUnits::Pounds), ("ounce", WeightUnits::Ounces), ("gram", WeightUnits::Grams)];

/// Whether a request is one of V2.
pub(super) fn is_meant(request: &Request) -> bool {
    request.path.trim_start_matches('/').starts_with("v2/")
}

/// The carrier's id in V2.
fn id(carrier: &Carrier) -> String {
    let place = CARRIERS.iter().position(|known| known == carrier).unwrap_or_default();
    format!("se-{}", 7_001 + place)
}

impl ShipStation {
    /// As [`ShipStation::handle`], by V2's rules: key, quota, route.
    pub(super) fn handle_v2(&mut self, request: &Request, now: Timestamp) -> Reply {
        if request.api_key.as_deref() != Some(self.settings.v2_api_key.as_str()) {
            self.calls.record("unauthorised", 401);
            return self.refusal(401, "unauthorized", "The API key is invalid.");
        }
        let verdict = self.v2_quota.ask(now);
        let (operation, reply) = match (request.method, request.path.trim_matches('/')) {
            (Method::Get, "v2/carriers") => ("GET /v2/carriers", Ok(carriers())),
            (Method::Post, "v2/rates/estimate") => ("POST /v2/rates/estimate", self.estimate(request)),
            _ => ("unknown", Err(Fault::not_found("There is no such resource."))),
        };
        let reply = match reply {
            _ if !verdict.allowed => {
                let wait = verdict.reset.as_secs() + 1;
                self.refusal(429, "rate_limit_exceeded", "Too many requests.")
                    .with_header("Retry-After", wait)
            }
            Ok(reply) => reply,
            Err(fault) => self.refusal(fault.status(), "invalid_field_value", &fault.text()),
        };
        self.calls.record(operation, reply.status);
        reply
    }

    fn refusal(&mut self, status: u16, code: &str, message: &str) -> Reply {
        let error = json!({
            "error_source": "shipstation",
            "error_type": "validation",
            "error_code": code,
            "message": message,
        });
        Reply::json(status, &json!({ "request_id": self.uuid(), "errors": [error] }))
    }

    fn estimate(&self, request: &Request) -> Result<Reply, Fault> {
        let (ids, asked) =
            bind::object(&request.body, "request", |body| (body.texts("carrier_ids"), read(body)))?;
        let ids = ids.unwrap_or_default();
        if ids.is_empty() {
            return Err(Fault::bad_request("carrier_ids: at least one is required."));
        }
        let mut rows = Vec::new();
        for wanted in &ids {
            let carrier = CARRIERS.iter().find(|carrier| id(carrier) == *wanted);
            let carrier =
                carrier.ok_or_else(|| Fault::bad_request(format!("carrier_ids: {wanted} is unknown.")))?;
            rows.extend(self.rows_of(carrier, &asked)?);
        }
        Ok(Reply::json(200, &rows))
    }

    /// The rows of one carrier. What is wrong with the parcel is the carrier's to say; what is missing is V2's.
    fn rows_of(&self, carrier: &Carrier, asked: &Asked) -> Result<Vec<Value>, Fault> {
        let asked = Asked { carrier: carrier.code.to_owned(), ..asked.clone() };
        if self.failing_carriers.contains(carrier.code) {
            return Ok(vec![failed(carrier, &format!("{} gave no answer.", carrier.name))]);
        }
        match asked.checked() {
            Ok((grams, carrier)) => {
                Ok(asked.prices(carrier, grams).iter().map(|price| row(carrier, price)).collect())
            }
            Err(Fault::Exception(text)) => Ok(vec![failed(carrier, &text)]),
            Err(fault) => Err(fault),
        }
    }
}

fn carriers() -> Reply {
    let row = |carrier: &Carrier| {
        json!({
            "carrier_id": id(carrier),
            "carrier_code": carrier.code,
            "friendly_name": carrier.name,
            "nickname": carrier.name,
            "primary": carrier.code == CARRIERS[0].code,
        })
    };
    Reply::json(200, &json!({ "carriers": CARRIERS.iter().map(row).collect::<Vec<_>>() }))
}

/// The question that V1 would be asked. Its names are V1's in what is found to be missing.
fn read(body: &Members<'_>) -> Asked {
    // Both are required, and neither changes the price.
    let dated = body.text("ship_date").and_then(|date| date.trim_end_matches('Z').parse::<DateTime>().ok());
    let from = dated.and(body.text("from_country_code")).and(body.text("from_postal_code"));
    let weight = body.object("weight").and_then(|weight| {
        let value: Decimal = weight.decimal("value")?;
        Some(Weight::new(value, weight.word("unit", &UNITS)?))
    });
    Asked {
        carrier: String::new(),
        service: None,
        package: None,
        from,
        to: Address {
            country: body.text("to_country_code"),
            postal_code: body.text("to_postal_code"),
            state: body.text("to_state_province"),
            city: body.text("to_city_locality"),
            ..Address::default()
        },
        weight,
        confirmation: body.text("confirmation"),
        residential: body.text("address_residential_indicator").as_deref() == Some("yes"),
    }
}

fn row(carrier: &Carrier, price: &Price) -> Value {
    let days = DAYS.iter().find(|(code, _)| *code == price.service.code).map(|(_, days)| *days);
    json!({
        "rate_type": "shipment",
        "carrier_id": id(carrier),
        "shipping_amount": money(price.cost),
        "insurance_amount": money(Decimal::ZERO),
        "confirmation_amount": money(Decimal::ZERO),
        "other_amount": money(price.other),
        "zone": null,
        "package_type": price.package.map(|(code, _)| code),
        "delivery_days": days,
        "guaranteed_service": false,
        "negotiated_rate": false,
        "service_type": price.service.name,
        "service_code": price.service.code,
        "trackable": true,
        "carrier_code": carrier.code,
        "carrier_nickname": carrier.name,
        "carrier_friendly_name": carrier.name,
        "validation_status": "valid",
        "warning_messages": [],
        "error_messages": [],
    })
}

fn failed(carrier: &Carrier, message: &str) -> Value {
    json!({
        "carrier_id": id(carrier),
        "carrier_code": carrier.code,
        "validation_status": "invalid",
        "warning_messages": [],
        "error_messages": [message],
    })
}

fn money(amount: Decimal) -> Value {
    json!({ "currency": "usd", "amount": number(amount) })
}

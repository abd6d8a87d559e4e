//! What `POST /v2/rates/estimate` is asked, and what it answers: a list of rates of all carriers, each with its amounts
//! as `{currency, amount}` (V2's OpenAPI, `estimate_rates_request_body` and `rate-estimate`).

use domain::rates::{Dimensions, Parcel, RateQuote};
use domain::settings::LengthUnit;
use domain::weight::{ShippingUnit, Weight};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Estimate, NoRate};
use crate::exact;
use crate::json::{FieldError, Fields, scalar};

#[derive(Serialize)]
struct Document<'a> {
    carrier_ids: Vec<&'a str>,
    from_country_code: &'a str,
    from_postal_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    from_city_locality: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    from_state_province: &'a str,
    to_country_code: &'a str,
    to_postal_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    to_city_locality: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    to_state_province: &'a str,
    weight: WeightDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<DimensionsDocument>,
    #[serde(skip_serializing_if = "str::is_empty")]
    confirmation: &'a str,
    address_residential_indicator: &'static str,
    ship_date: String,
}

#[derive(Serialize)]
struct WeightDocument {
    #[serde(serialize_with = "exact::number")]
    value: Decimal,
    unit: &'static str,
}

#[derive(Serialize)]
struct DimensionsDocument {
    unit: &'static str,
    #[serde(serialize_with = "exact::number")]
    length: Decimal,
    #[serde(serialize_with = "exact::number")]
    width: Decimal,
    #[serde(serialize_with = "exact::number")]
    height: Decimal,
}

/// The body of the question.
pub(super) fn document(asked: &Estimate<'_>) -> Vec<u8> {
    let Parcel { from, to, weight, dimensions } = asked.parcel;
    let document = Document {
        carrier_ids: asked.accounts.iter().map(|account| account.id.as_str()).collect(),
        from_country_code: &from.country,
        from_postal_code: &from.postal_code,
        from_city_locality: &from.city,
        from_state_province: &from.state,
        to_country_code: &to.country,
        to_postal_code: &to.postal_code,
        to_city_locality: &to.city,
        to_state_province: &to.state,
        weight: weight_document(*weight),
        dimensions: dimensions.map(dimensions_document),
        confirmation: asked.wishes.confirmation,
        address_residential_indicator: if to.residential { "yes" } else { "no" },
        ship_date: asked.leaves_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    };
    serde_json::to_vec(&document).expect("texts and numbers always serialize")
}

fn weight_document(Weight { value, unit }: Weight) -> WeightDocument {
    let unit = match unit {
        ShippingUnit::Grams => "gram",
        ShippingUnit::Ounces => "ounce",
        ShippingUnit::Pounds => "pound",
    };
    WeightDocument { value, unit }
}

fn dimensions_document(Dimensions { length, width, height, unit }: Dimensions) -> DimensionsDocument {
    let unit = match unit {
        LengthUnit::Centimetres => "centimeter",
        LengthUnit::Inches => "inch",
    };
    DimensionsDocument { unit, length, width, height }
}

/// A row of the answer.
pub(super) fn row(fields: &Fields<'_>, currency: &str) -> Result<Result<RateQuote, NoRate>, FieldError> {
    let carrier = fields.text("carrier_code")?;
    if carrier.is_empty() {
        return Err(FieldError::Missing("carrier_code"));
    }
    let wrong = errors(fields)?;
    if !wrong.is_empty() || fields.text("validation_status")?.eq_ignore_ascii_case("invalid") {
        let reason = if wrong.is_empty() { "it takes no such parcel".to_owned() } else { wrong };
        return Ok(Err(NoRate { carrier, reason }));
    }
    let service = fields.text("service_code")?.trim().to_owned();
    if service.is_empty() {
        return Err(FieldError::Missing("service_code"));
    }
    let mut foreign = None;
    let mut amount = |name| amount(fields, name, currency, &mut foreign);
    let shipment_cost = amount("shipping_amount")?.ok_or(FieldError::Missing("shipping_amount"))?;
    let mut other_cost = Decimal::ZERO;
    for name in ["insurance_amount", "confirmation_amount", "other_amount", "tax_amount"] {
        other_cost = other_cost.saturating_add(amount(name)?.unwrap_or_default());
    }
    if let Some(foreign) = foreign {
        let reason = format!("its price is in {foreign}, and rates.currency is {currency}");
        return Ok(Err(NoRate { carrier, reason }));
    }
    let days = fields.integer("delivery_days")?.and_then(|days| u16::try_from(days).ok());
    let name = name(fields, &service)?;
    Ok(Ok(RateQuote {
        carrier,
        service,
        name,
        shipment_cost,
        other_cost,
        days: days.filter(|days| *days > 0),
    }))
}

/// The service with its package behind ` - `, as V1 writes them.
fn name(fields: &Fields<'_>, service: &str) -> Result<String, FieldError> {
    let told = fields.text("service_type")?;
    let name = if told.is_empty() { service } else { &told };
    Ok(match fields.text("package_type")? {
        package if package.is_empty() => name.to_owned(),
        package => format!("{name} - {}", package.replace('_', " ")),
    })
}

/// An amount; the first foreign currency is noted.
fn amount(
    fields: &Fields<'_>,
    name: &'static str,
    currency: &str,
    foreign: &mut Option<String>,
) -> Result<Option<Decimal>, FieldError> {
    let Some(money) = fields.object(name)? else { return Ok(None) };
    let amount = money.decimal("amount")?;
    let told = money.text("currency")?;
    if !told.is_empty()
        && !told.eq_ignore_ascii_case(currency)
        && amount.is_some_and(|amount| !amount.is_zero())
    {
        foreign.get_or_insert(told.to_ascii_uppercase());
    }
    Ok(amount)
}

fn errors(fields: &Fields<'_>) -> Result<String, FieldError> {
    let texts = fields.list("error_messages")?.into_iter().filter_map(scalar);
    Ok(texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; "))
}

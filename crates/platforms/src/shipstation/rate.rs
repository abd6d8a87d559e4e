//! What `POST /shipments/getrates` is asked, and what it answers: `[{serviceName, serviceCode, shipmentCost,
//! otherCost}]` of one carrier, in the account's currency, several rows of a service where it has several packages.

use domain::failure::Failure;
use domain::rates::{Dimensions, Parcel, RateQuote};
use domain::settings::LengthUnit;
use domain::weight::{ShippingUnit, Weight};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::answer::{Answer, Listing};
use crate::exact;
use crate::json::{FieldError, Fields};

/// What else is asked of a carrier. Empty texts ask for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateWishes<'a> {
    /// A package's code.
    pub package: &'a str,
    /// A confirmation's name: `delivery`, `signature`, …
    pub confirmation: &'a str,
}

/// Why there are no quotes of a carrier, though ShipStation answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierRefusal {
    /// In words.
    pub reason: String,
    /// Whether it may answer the same question a little later.
    pub passing: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    carrier_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    package_code: &'a str,
    from_postal_code: &'a str,
    to_country: &'a str,
    to_postal_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    to_state: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    to_city: &'a str,
    weight: WeightDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<DimensionsDocument>,
    #[serde(skip_serializing_if = "str::is_empty")]
    confirmation: &'a str,
    residential: bool,
}

#[derive(Serialize)]
struct WeightDocument {
    #[serde(serialize_with = "exact::number")]
    value: Decimal,
    units: ShippingUnit,
}

#[derive(Serialize)]
struct DimensionsDocument {
    #[serde(serialize_with = "exact::number")]
    length: Decimal,
    #[serde(serialize_with = "exact::number")]
    width: Decimal,
    #[serde(serialize_with = "exact::number")]
    height: Decimal,
    units: LengthUnit,
}

/// The body of the question.
pub(super) fn document(carrier: &str, parcel: &Parcel, wishes: RateWishes<'_>) -> Vec<u8> {
    let Parcel { from, to, weight, dimensions } = parcel;
    let Weight { value, unit } = *weight;
    let document = Document {
        carrier_code: carrier,
        package_code: wishes.package,
        from_postal_code: &from.postal_code,
        to_country: &to.country,
        to_postal_code: &to.postal_code,
        to_state: &to.state,
        to_city: &to.city,
        weight: WeightDocument { value, units: unit },
        dimensions: dimensions.map(|Dimensions { length, width, height, unit }| DimensionsDocument {
            length,
            width,
            height,
            units: unit,
        }),
        confirmation: wishes.confirmation,
        residential: to.residential,
    };
    serde_json::to_vec(&document).expect("texts and numbers always serialize")
}

/// A row of the answer. A price that is not told is none.
pub(super) fn quote(carrier: &str, fields: &Fields<'_>) -> Result<RateQuote, FieldError> {
    let service = fields.text("serviceCode")?;
    if service.is_empty() {
        return Err(FieldError::Missing("serviceCode"));
    }
    Ok(RateQuote {
        carrier: carrier.to_owned(),
        service,
        name: fields.text("serviceName")?,
        shipment_cost: fields.decimal("shipmentCost")?.ok_or(FieldError::Missing("shipmentCost"))?,
        other_cost: fields.decimal("otherCost")?.unwrap_or_default(),
        days: None,
    })
}

/// ShipStation hands on what a carrier said no to, and its own 500 where a carrier gave it no answer: neither says
/// anything of ShipStation, which must not be set aside for it.
pub(crate) fn of_the_carrier<T>(answer: Answer<Listing<T>>) -> Answer<Result<Listing<T>, CarrierRefusal>> {
    const CARRIER_FAILED: u16 = 500;
    let Answer { outcome, heard } = answer;
    let outcome = match outcome {
        Ok(listing) => Ok(Ok(listing)),
        Err(Failure::Permanent { reason }) => Ok(Err(CarrierRefusal { reason, passing: false })),
        Err(failure) if heard.status == Some(CARRIER_FAILED) => {
            Ok(Err(CarrierRefusal { reason: failure.to_string(), passing: true }))
        }
        Err(failure) => Err(failure),
    };
    Answer { outcome, heard }
}

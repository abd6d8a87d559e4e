//! The client of ShipStation's API V2, for the one thing that it does better than V1: all carriers of an account answer
//! one question for rates. It is the estimate that is asked for (`POST /v2/rates/estimate`): the question for rates of
//! a whole shipment would leave that shipment in the account.

mod estimate;

use std::fmt;
use std::sync::Arc;

use domain::clock::Clock;
use domain::rates::{Parcel, RateQuote};
use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use crate::answer::{Answer, CallPermit, Listing};
use crate::classify::Platform;
use crate::exchange::{Call, Endpoint};
use crate::json::{FieldError, Fields, listing, rows};
use crate::shipstation::{CarrierRefusal, RateWishes};
use crate::transport::Transport;

/// Where a ShipStation account's V2 API is and how to get in.
#[derive(Debug, Clone)]
pub struct ShipStationV2Settings {
    /// `https://api.shipstation.com`.
    pub base_url: Url,
    /// The V2 key.
    pub api_key: SecretString,
}

/// A carrier as it is connected to the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierAccount {
    /// By what questions name it: `se-123`.
    pub id: String,
    /// The carrier's code, such as `stamps_com`. Several accounts may have the same.
    pub carrier: String,
}

/// What is asked of carriers.
#[derive(Debug, Clone, Copy)]
pub struct Estimate<'a> {
    /// Whom; at least one.
    pub accounts: &'a [&'a CarrierAccount],
    /// For which parcel. Its origin has a country.
    pub parcel: &'a Parcel,
    /// With what else.
    pub wishes: RateWishes<'a>,
    /// When it leaves.
    pub leaves_at: Timestamp,
    /// In which currency prices are expected: one in another is an error, for nothing is converted.
    pub currency: &'a str,
}

/// Why a carrier asks nothing for a parcel, or for one of its services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRate {
    /// The carrier's code.
    pub carrier: String,
    /// In words.
    pub reason: String,
}

/// Speaks to one ShipStation account by V2.
pub struct ShipStationV2Client {
    endpoint: Endpoint,
}

impl fmt::Debug for ShipStationV2Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShipStationV2Client").finish_non_exhaustive()
    }
}

impl ShipStationV2Client {
    /// A client over a transport. The clock dates rate limits.
    pub fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        settings: ShipStationV2Settings,
    ) -> Self {
        let ShipStationV2Settings { base_url, api_key } = settings;
        Self { endpoint: Endpoint::with_key(transport, clock, base_url, api_key) }
    }

    /// The carriers of the account.
    pub async fn carriers(&self, permit: CallPermit) -> Answer<Listing<CarrierAccount>> {
        let call = Call::read(Platform::ShipStationV2, "read_carriers_v2", "/v2/carriers");
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| Ok(listing(rows(text, "carriers")?, "carrier_id", account)))
    }

    /// What each of these carriers asks for a parcel, or why it asks nothing. It changes nothing, so that asking again is
    /// safe. What ShipStation finds wrong with the question holds for all of them.
    pub async fn rates(
        &self,
        permit: CallPermit,
        asked: Estimate<'_>,
    ) -> Answer<Result<Listing<Result<RateQuote, NoRate>>, CarrierRefusal>> {
        let call = Call::read(Platform::ShipStationV2, "read_rates_v2", "/v2/rates/estimate");
        let reply = self.endpoint.call(permit, call.posting(estimate::document(&asked))).await;
        let answer = reply.read(|text| {
            let mut found =
                listing(rows(text, "rates")?, "service_code", |row| estimate::row(row, asked.currency));
            found
                .records
                .retain(|row| row.as_ref().map_or(true, |quote| is_wanted(quote, asked.wishes.package)));
            Ok(found)
        });
        crate::shipstation::of_the_carrier(answer)
    }
}

/// V2 cannot be asked for one package: the others are left out of its answer.
fn is_wanted(quote: &RateQuote, package: &str) -> bool {
    let package = package.replace('_', " ");
    package.is_empty() || quote.package().is_none_or(|of| of.eq_ignore_ascii_case(&package))
}

fn account(fields: &Fields<'_>) -> Result<CarrierAccount, FieldError> {
    let filled = |name: &'static str| match fields.text(name)? {
        text if text.is_empty() => Err(FieldError::Missing(name)),
        text => Ok(text),
    };
    Ok(CarrierAccount { id: filled("carrier_id")?, carrier: filled("carrier_code")? })
}

#[cfg(test)]
mod tests;

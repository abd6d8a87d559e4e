//! Asking carriers, by V1 one call each and all of them at once, by V2 one call for all, and keeping what they
//! answered: the same parcel costs the same for a while, whoever ordered it. What is kept is this process's own.

mod together;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::effect::Fingerprint;
use domain::failure::Failure;
use domain::quota::Priority;
use domain::rates::{Parcel, RateQuote};
use domain::settings::RateRules;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use platforms::{CarrierRefusal, Listing, RateWishes};

use super::quoter::Quoter;

/// The most answers that are kept: some megabytes.
const KEPT_MAX: usize = 10_000;

/// Answers of carriers, by carrier and parcel.
#[derive(Debug, Default)]
pub(crate) struct Quotes(Mutex<HashMap<Fingerprint, (Timestamp, Vec<RateQuote>)>>);

/// What came of asking one carrier.
type OfCarrier = Result<Result<Vec<RateQuote>, CarrierRefusal>, Failure>;

/// What carriers said of a parcel.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    /// Quotes of all carriers that answered.
    pub(crate) quotes: Vec<RateQuote>,
    /// Carriers that did not, with the reason.
    refused: Vec<(String, CarrierRefusal)>,
}

impl Answered {
    /// Whether no carrier has answered with a quote.
    pub(crate) fn is_empty(&self) -> bool {
        self.quotes.is_empty()
    }

    /// A sentence for each carrier that did not answer.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.refused.iter().map(|(carrier, refusal)| format!("{carrier}: {}", refusal.reason)).collect()
    }

    /// What the carriers' silence comes to where none has answered.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        let reason = self.errors().join("; ");
        let passing = self.refused.iter().any(|(_, refusal)| refusal.passing);
        match self.refused.is_empty() {
            true => None,
            false if passing => Some(Failure::Transient { reason }),
            false => Some(Failure::Permanent { reason }),
        }
    }
}

impl Quotes {
    /// What all configured carriers ask for a parcel. One that fails does not fail the others; a budget that is used
    /// up, and a platform that lets nobody in, do.
    pub(crate) async fn of(
        &self,
        quoter: &Quoter,
        parcel: &Parcel,
        patience: SignedDuration,
    ) -> Result<Answered, Failure> {
        let carriers = &quoter.rules.rates.carriers;
        let answers = match &quoter.shipstation_v2 {
            Some(api) => self.of_all(quoter, api, parcel, patience).await,
            None => {
                join_all(carriers.iter().map(|carrier| self.of_carrier(quoter, carrier, parcel, patience)))
                    .await
            }
        };
        let mut answered = Answered::default();
        let mut unheard = None;
        for (carrier, answer) in carriers.iter().zip(answers) {
            match answer {
                Ok(Ok(quotes)) => answered.quotes.extend(quotes),
                Ok(Err(refusal)) => answered.refused.push((carrier.clone(), refusal)),
                Err(Failure::Transient { reason }) => {
                    let refusal = CarrierRefusal { reason: reason.clone(), passing: true };
                    answered.refused.push((carrier.clone(), refusal));
                }
                Err(failure) => unheard = unheard.or(Some(failure)),
            }
        }
        match unheard {
            Some(failure) => Err(failure),
            None => Ok(answered),
        }
    }

    async fn of_carrier(
        &self,
        quoter: &Quoter,
        carrier: &str,
        parcel: &Parcel,
        patience: SignedDuration,
    ) -> OfCarrier {
        let rates = &quoter.rules.rates;
        let key = key(carrier, parcel);
        if let Some(known) = self.known(&key, quoter.clock.now(), rates.keep) {
            return Ok(Ok(known));
        }
        let wishes = wishes(rates);
        let api = quoter.api()?;
        let call = async |permit| api.client.rates(permit, carrier, parcel, wishes).await;
        let listing = match api.gate.call_within(patience, Priority::Rates, call).await? {
            Ok(listing) => listing,
            Err(refusal) => return Ok(Err(refusal)),
        };
        tell_unreadable(quoter, Some(carrier), &listing);
        self.keep(key, quoter.clock.now(), &listing.records, rates.keep);
        Ok(Ok(listing.records))
    }

    fn known(&self, key: &Fingerprint, now: Timestamp, keep: SignedDuration) -> Option<Vec<RateQuote>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, quotes) = kept.get(key)?;
        (now.duration_since(*at) < keep).then(|| quotes.clone())
    }

    fn keep(&self, key: Fingerprint, now: Timestamp, quotes: &[RateQuote], keep: SignedDuration) {
        if keep.is_zero() {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, (at, _)| now.duration_since(*at) < keep);
        }
        // Whatever is not kept is asked for again.
        if kept.len() < KEPT_MAX {
            kept.insert(key, (now, quotes.to_vec()));
        }
    }
}

fn key(carrier: &str, parcel: &Parcel) -> Fingerprint {
    Fingerprint::of(&(carrier, parcel))
}

fn wishes(rates: &RateRules) -> RateWishes<'_> {
    RateWishes { package: &rates.package, confirmation: &rates.confirmation }
}

/// Tells of rows that cannot be read: of which carrier, where it was asked alone.
fn tell_unreadable<T>(quoter: &Quoter, carrier: Option<&str>, listing: &Listing<T>) {
    let connection = &quoter.rules.connection;
    for row in &listing.unreadable {
        tracing::warn!(%connection, carrier, service = ?row.id, reason = %row.reason, "a rate cannot be read");
    }
}

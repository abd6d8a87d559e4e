//! One call of V2 for all carriers whose answer is not known any more.

use std::collections::BTreeMap;

use domain::failure::Failure;
use domain::quota::Priority;
use domain::rates::{Parcel, RateQuote};
use jiff::SignedDuration;
use platforms::{CarrierAccount, CarrierRefusal, Estimate, NoRate};

use super::{OfCarrier, Quoter, Quotes, key, tell_unreadable, wishes};
use crate::connection::ShipStationV2Api;

/// As many reasons of one carrier as a person reads.
const REASONS: usize = 3;

/// What carriers answered, by their codes.
type Answers = BTreeMap<String, Result<Vec<RateQuote>, CarrierRefusal>>;

impl Quotes {
    /// What came of each configured carrier, in their order.
    pub(super) async fn of_all(
        &self,
        quoter: &Quoter,
        api: &ShipStationV2Api,
        parcel: &Parcel,
        patience: SignedDuration,
    ) -> Vec<OfCarrier> {
        let rates = &quoter.rules.rates;
        let now = quoter.clock.now();
        let known: Vec<_> = rates
            .carriers
            .iter()
            .map(|carrier| (carrier, self.known(&key(carrier, parcel), now, rates.keep)))
            .collect();
        let unknown: Vec<_> =
            known.iter().filter(|(_, known)| known.is_none()).map(|(carrier, _)| *carrier).collect();
        let answers = if unknown.is_empty() {
            Ok(Answers::new())
        } else {
            ask(quoter, api, &unknown, parcel, patience).await
        };
        for (carrier, answer) in answers.iter().flatten() {
            if let Ok(quotes) = answer {
                self.keep(key(carrier, parcel), quoter.clock.now(), quotes, rates.keep);
            }
        }
        let of_carrier = |(carrier, known): (&String, Option<Vec<RateQuote>>)| match (known, &answers) {
            (Some(quotes), _) => Ok(Ok(quotes)),
            (None, Ok(answers)) => Ok(answers.get(carrier).cloned().unwrap_or_else(|| Ok(Vec::new()))),
            (None, Err(failure)) => Err(failure.clone()),
        };
        known.into_iter().map(of_carrier).collect()
    }
}

async fn ask(
    quoter: &Quoter,
    api: &ShipStationV2Api,
    carriers: &[&String],
    parcel: &Parcel,
    patience: SignedDuration,
) -> Result<Answers, Failure> {
    let accounts = quoter.accounts(api, patience).await?;
    let (there, absent): (Vec<&String>, Vec<&String>) =
        carriers.iter().copied().partition(|carrier| of_carrier(&accounts, carrier).next().is_some());
    let mut answers: Answers =
        absent.into_iter().map(|carrier| (carrier.clone(), Err(unconnected(&accounts)))).collect();
    if there.is_empty() {
        return Ok(answers);
    }
    let asked: Vec<_> = there.iter().flat_map(|carrier| of_carrier(&accounts, carrier)).collect();
    let rates = &quoter.rules.rates;
    let estimate = Estimate {
        accounts: &asked,
        parcel,
        wishes: wishes(rates),
        leaves_at: quoter.clock.now(),
        currency: &rates.currency,
    };
    let call = async |permit| api.client.rates(permit, estimate).await;
    match api.gate.call_within(patience, Priority::Rates, call).await? {
        Ok(listing) => {
            tell_unreadable(quoter, None, &listing);
            for carrier in there {
                answers.insert(carrier.clone(), of_one(carrier, &listing.records));
            }
        }
        Err(refusal) => {
            answers.extend(there.into_iter().map(|carrier| (carrier.clone(), Err(refusal.clone()))));
        }
    }
    Ok(answers)
}

/// A carrier's accounts: it may be connected more than once.
fn of_carrier<'a>(
    accounts: &'a [CarrierAccount],
    carrier: &'a str,
) -> impl Iterator<Item = &'a CarrierAccount> {
    accounts.iter().filter(move |account| account.carrier.eq_ignore_ascii_case(carrier))
}

fn unconnected(accounts: &[CarrierAccount]) -> CarrierRefusal {
    let mut there: Vec<_> = accounts.iter().map(|account| account.carrier.as_str()).collect();
    there.sort_unstable();
    there.dedup();
    let reason = format!("ShipStation's V2 has no such carrier; it has: {}", there.join(", "));
    CarrierRefusal { reason, passing: false }
}

/// What one carrier answered: its quotes, whatever else it does not do; reasons where it has none.
fn of_one(carrier: &str, rows: &[Result<RateQuote, NoRate>]) -> Result<Vec<RateQuote>, CarrierRefusal> {
    let (mut quotes, mut reasons) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(quote) if quote.carrier.eq_ignore_ascii_case(carrier) => {
                quotes.push(RateQuote { carrier: carrier.to_owned(), ..quote.clone() });
            }
            Err(no_rate) if no_rate.carrier.eq_ignore_ascii_case(carrier) => {
                reasons.push(no_rate.reason.as_str());
            }
            Ok(_) | Err(_) => {}
        }
    }
    reasons.dedup();
    if !quotes.is_empty() || reasons.is_empty() {
        return Ok(quotes);
    }
    reasons.truncate(REASONS);
    // Of a row nobody says whether the carrier had no answer or will never take the parcel.
    Err(CarrierRefusal { reason: reasons.join("; "), passing: true })
}

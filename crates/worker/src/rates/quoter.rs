//! Quotes for people: what carriers ask for an order or a parcel now, and what would be charged. Nothing is written.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use domain::clock::Clock;
use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef};
use domain::quota::Priority;
use domain::rates::{Ask, NoQuote, Origins, Parcel, Sheet, choice, destination, freight, parcel};
use domain::sales_order::SalesOrder;
use domain::settings::Rules;
use jiff::{SignedDuration, Timestamp};
use ledger::Ledger;
use platforms::{CarrierAccount, Cin7Client};
use rust_decimal::Decimal;

use super::quotes::Quotes;
use crate::connection::{ShipStationApi, ShipStationV2Api};
use crate::gate::Gate;
use crate::orders_out::products::Shelf;
use crate::settlement::Ending;

/// How long somebody who asks waits for the budget of each call.
const PATIENCE: SignedDuration = SignedDuration::from_millis(900);
/// For how long it is believed where branches and warehouses are, and which carriers the account has.
const STAY: SignedDuration = SignedDuration::from_hours(1);

/// What a quoter is made of.
#[derive(Debug, Clone)]
pub struct QuoterParts {
    /// How parcels are made and charged.
    pub rules: Arc<Rules>,
    /// The Cin7 account.
    pub cin7: Arc<Cin7Client>,
    /// The gate before it.
    pub cin7_gate: Arc<Gate>,
    /// The ShipStation account, which is asked for prices; `None` where there are no credentials of its API.
    pub shipstation: Option<ShipStationApi>,
    /// Its V2, which is asked in place of V1 where there is a key for it: one call for all carriers.
    pub shipstation_v2: Option<ShipStationV2Api>,
    /// Where products are kept.
    pub ledger: Arc<dyn Ledger>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Answers questions for quotes, at the priority of rates. Clones share what they keep.
#[derive(Clone)]
pub struct Quoter {
    parts: Arc<QuoterParts>,
    quotes: Arc<Quotes>,
    origins: Arc<Kept<Origins>>,
    accounts: Arc<Kept<Vec<CarrierAccount>>>,
}

/// What an account rarely changes, as it was last read.
#[derive(Debug)]
struct Kept<T>(Mutex<Option<(Timestamp, T)>>);

impl<T: Clone> Kept<T> {
    fn at(&self, now: Timestamp) -> Option<T> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        known.filter(|(at, _)| now.duration_since(*at) < STAY).map(|(_, known)| known)
    }

    fn keep(&self, now: Timestamp, known: &T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, known.clone()));
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl fmt::Debug for Quoter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quoter").field("connection", &self.rules.connection).finish_non_exhaustive()
    }
}

impl std::ops::Deref for Quoter {
    type Target = QuoterParts;

    fn deref(&self) -> &QuoterParts {
        &self.parts
    }
}

impl Quoter {
    /// A quoter from its parts.
    pub fn new(parts: QuoterParts) -> Self {
        Self {
            parts: Arc::new(parts),
            quotes: Arc::default(),
            origins: Arc::default(),
            accounts: Arc::default(),
        }
    }

    /// Where parcels may leave, as the platforms tell it; asked for only where the settings name such a place, and kept.
    pub(super) async fn origins(&self, patience: SignedDuration) -> Result<Origins, Failure> {
        let (rates, now) = (&self.rules.rates, self.clock.now());
        if !rates.from_branches && rates.from_warehouse.is_none() {
            return Ok(Origins::default());
        }
        if let Some(origins) = self.origins.at(now) {
            return Ok(origins);
        }
        let mut origins = Origins::default();
        if rates.from_branches {
            let call = async |permit| self.cin7.branches(permit).await;
            let branches = self.cin7_gate.call_within(patience, Priority::Rates, call).await?.records;
            origins.branches = branches.into_iter().map(|branch| (branch.id, branch.address)).collect();
        }
        if let Some(wanted) = rates.from_warehouse {
            let api = self.api()?;
            let call = async |permit| api.client.warehouses(permit).await;
            let warehouses = api.gate.call_within(patience, Priority::Rates, call).await?.records;
            let found = warehouses.into_iter().find(|warehouse| warehouse.id == wanted);
            origins.warehouse = found.map(|warehouse| warehouse.origin);
        }
        self.origins.keep(now, &origins);
        Ok(origins)
    }

    /// The account's carriers by V2; kept.
    pub(super) async fn accounts(
        &self,
        api: &ShipStationV2Api,
        patience: SignedDuration,
    ) -> Result<Vec<CarrierAccount>, Failure> {
        let now = self.clock.now();
        if let Some(accounts) = self.accounts.at(now) {
            return Ok(accounts);
        }
        let call = async |permit| api.client.carriers(permit).await;
        let accounts = api.gate.call_within(patience, Priority::Rates, call).await?.records;
        self.accounts.keep(now, &accounts);
        Ok(accounts)
    }

    /// ShipStation's API.
    pub(super) fn api(&self) -> Result<&ShipStationApi, Failure> {
        ShipStationApi::required(self.shipstation.as_ref())
    }

    pub(super) fn quotes(&self) -> &Quotes {
        &self.quotes
    }

    /// The products of orders that are quoted.
    pub(super) fn shelf(&self, patience: SignedDuration) -> Shelf<'_> {
        Shelf {
            connection: &self.rules.connection,
            ledger: &*self.ledger,
            cin7: &self.cin7,
            gate: &self.cin7_gate,
            clock: &*self.clock,
            priority: Priority::Rates,
            patience,
        }
    }

    /// Everything that may be taken for what is asked, cheapest first. What is missing for a quote is among the
    /// sheet's errors; an error of its own is only what leaves nothing to say.
    pub async fn quote(&self, ask: &Ask) -> Result<Sheet, NoQuote> {
        match ask {
            Ask::Order(order) => {
                let order = self.read(order).await?;
                self.of_order(&order).await
            }
            Ask::Parcel { to, weight, dimensions } => {
                let mut missing = Vec::new();
                let to = destination(to).map_err(|wrong| missing.extend(wrong));
                let origins = self.origins(PATIENCE).await.map_err(no_quote)?;
                let from = parcel::leaves_from(None, &origins, &self.rules);
                let from = from.map_err(|nowhere| missing.push(nowhere));
                if weight.value <= Decimal::ZERO {
                    missing.push("no weight".to_owned());
                }
                match (to, from) {
                    (Ok(to), Ok(from)) if missing.is_empty() => {
                        let (weight, dimensions) = (*weight, *dimensions);
                        self.of_parcel(&Parcel { from, to, weight, dimensions }, None).await
                    }
                    _ => Ok(self.without(missing)),
                }
            }
        }
    }

    async fn of_order(&self, order: &SalesOrder) -> Result<Sheet, NoQuote> {
        let catalogue = self.shelf(PATIENCE).catalogue(std::iter::once(order)).await.map_err(unread)?;
        let origins = self.origins(PATIENCE).await.map_err(no_quote)?;
        let parcel = match parcel::of_order(order, &catalogue, &origins, &self.rules) {
            Ok(parcel) => parcel,
            Err(missing) => return Ok(self.without(missing)),
        };
        let mut sheet = self.of_parcel(&parcel, Some(freight::goods(order))).await?;
        if let Some(reason) = freight::other_currency(order, &self.rules) {
            sheet.chosen = None;
            sheet.errors.push(reason);
        }
        Ok(sheet)
    }

    async fn of_parcel(&self, parcel: &Parcel, goods: Option<Decimal>) -> Result<Sheet, NoQuote> {
        let answered = self.quotes.of(self, parcel, PATIENCE).await.map_err(no_quote)?;
        Ok(choice::sheet(&answered.quotes, goods, answered.errors(), &self.rules.rates))
    }

    fn without(&self, errors: Vec<String>) -> Sheet {
        Sheet { errors, currency: self.rules.rates.currency.clone(), ..Sheet::default() }
    }

    /// By id when it is a number that is known as one, else by reference: references may be numbers too.
    async fn read(&self, order: &str) -> Result<SalesOrder, NoQuote> {
        let id = order.parse().ok().map(OrderId);
        let asked: Vec<_> =
            id.map(OrderRef::Id).into_iter().chain([OrderRef::Reference(order.to_owned())]).collect();
        let call = async |permit| self.cin7.orders(permit, &asked).await;
        let listing = self.cin7_gate.call_within(PATIENCE, Priority::Rates, call).await;
        let mut listing = listing.map_err(no_quote)?;
        if let Some(unreadable) = listing.unreadable.first() {
            return Err(NoQuote::Failed(format!("order {order} cannot be read: {}", unreadable.reason)));
        }
        listing.records.sort_by_key(|found| Some(found.id) != id);
        listing.records.into_iter().next().ok_or_else(|| NoQuote::UnknownOrder(order.to_owned()))
    }
}

fn no_quote(failure: Failure) -> NoQuote {
    match failure {
        Failure::RateLimited { until, reason } => NoQuote::Later { until, reason },
        failure => NoQuote::Failed(failure.to_string()),
    }
}

fn unread(ending: Ending) -> NoQuote {
    match ending {
        Ending::Failed(failure, _) => no_quote(failure),
        Ending::NoLedger(error) => NoQuote::Failed(error),
        Ending::Done(_) | Ending::Busy(_) => NoQuote::Failed("the products cannot be read".to_owned()),
    }
}

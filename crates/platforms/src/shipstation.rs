//! The client of ShipStation's API V1. Orders go out in batches of up to 100; shipments come back in pages of
//! up to 500, whatever size of page a notification asked for, and always from the configured address.

mod account;
mod document;
mod placed;
mod rate;
mod shipment;
mod webhook;

use std::fmt;
use std::sync::Arc;

use domain::clock::Clock;
use domain::event::{ShipmentQuery, ShipmentSource};
use domain::failure::Failure;
use domain::placed_order::PlacedOrder;
use domain::rates::{Parcel, RateQuote};
use domain::shipment::Shipment;
use domain::shipping_order::ShippingOrder;
use domain::subscription::Listed;
use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use crate::answer::{Answer, CallPermit, Heard, Listing, Paging};
use crate::classify::Platform;
use crate::exchange::{Call, Endpoint};
use crate::json::{FieldError, Fields, NotUnderstood, listing, paging, rows};
use crate::pacific;
use crate::transport::{Method, Transport};

pub use account::{Choice, Store, Tag, Warehouse};
pub use document::{ImportOutcome, rendered};
pub(crate) use rate::of_the_carrier;
pub use rate::{CarrierRefusal, RateWishes};
pub use webhook::Subscription;

/// The most orders that ShipStation takes in one call.
pub const IMPORT_MAX: usize = 100;
const PAGE_SIZE: u32 = 500;

/// Where a ShipStation account is and how to get in.
#[derive(Debug, Clone)]
pub struct ShipStationSettings {
    /// `https://ssapi.shipstation.com`.
    pub base_url: Url,
    /// The V1 key.
    pub api_key: SecretString,
    /// Its secret.
    pub api_secret: SecretString,
}

/// Speaks to one ShipStation account.
pub struct ShipStationClient {
    endpoint: Endpoint,
}

impl fmt::Debug for ShipStationClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShipStationClient").finish_non_exhaustive()
    }
}

impl ShipStationClient {
    /// A client over a transport. The clock dates rate limits.
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>, settings: ShipStationSettings) -> Self {
        use secrecy::ExposeSecret;
        let ShipStationSettings { base_url, api_key, api_secret } = settings;
        Self { endpoint: Endpoint::new(transport, clock, base_url, api_key.expose_secret(), api_secret) }
    }

    /// Creates or replaces 1 to 100 orders by their keys and tells what became of each, in the order of
    /// `orders`. An order that the answer does not mention is [`Failure::Ambiguous`]. More than 100 are
    /// refused as [`Failure::Permanent`] unsent.
    pub async fn create_orders(
        &self,
        permit: CallPermit,
        orders: &[ShippingOrder],
    ) -> Answer<Vec<ImportOutcome>> {
        const OPERATION: &str = "create_orders";
        if orders.is_empty() {
            return Answer { outcome: Ok(Vec::new()), heard: Heard::nothing(OPERATION) };
        }
        if orders.len() > IMPORT_MAX {
            let reason =
                format!("{OPERATION} takes at most {IMPORT_MAX} orders in one call, not {}", orders.len());
            return Answer { outcome: Err(Failure::Permanent { reason }), heard: Heard::nothing(OPERATION) };
        }
        let call = write(OPERATION, Method::Post, "/orders/createorders", Some(document::documents(orders)));
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| document::outcomes(orders, text))
    }

    /// One page (from 1) of the orders modified since an instant, oldest first, of one store or of all.
    pub async fn orders_modified_since(
        &self,
        permit: CallPermit,
        since: Timestamp,
        store: Option<i64>,
        page: u32,
    ) -> Answer<Listing<PlacedOrder>> {
        let mut call = read("orders_modified_since", "/orders")
            .with("modifyDateStart", pacific::filter_from(since))
            .with("sortBy", "ModifyDate")
            .with("sortDir", "ASC")
            .with_number("page", page)
            .with_number("pageSize", PAGE_SIZE);
        if let Some(store) = store {
            call = call.with_number("storeId", store);
        }
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| paged(text, "orders", "orderId", page, placed::placed_order))
    }

    /// Reads one order by ShipStation's id; `None` when there is none of that id (any more).
    pub async fn order(&self, permit: CallPermit, id: i64) -> Answer<Option<PlacedOrder>> {
        let reply = self.endpoint.call(permit, read("read_order", format!("/orders/{id}"))).await;
        reply.read_or(None, |text| Ok(Some(placed::placed_order(&Fields::parse(text)?)?)))
    }

    /// One page (from 1) of the shipments that a query means, oldest first. Labels come with their items.
    ///
    /// Paging, sorting and `includeShipmentItems` are ours to set; a query cannot change them.
    pub async fn shipments(
        &self,
        permit: CallPermit,
        query: &ShipmentQuery,
        page: u32,
    ) -> Answer<Listing<Shipment>> {
        let mut call = match query.source {
            ShipmentSource::Labels => {
                read("read_shipments", "/shipments").with("includeShipmentItems", "true")
            }
            ShipmentSource::Fulfilments => read("read_fulfilments", "/fulfillments"),
        };
        for (name, value) in &query.filters {
            if !OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)) {
                call = call.with(name, value);
            }
        }
        let call = call
            .with("sortBy", "CreateDate")
            .with("sortDir", "ASC")
            .with_number("page", page)
            .with_number("pageSize", PAGE_SIZE);
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| match query.source {
            ShipmentSource::Labels => paged(text, "shipments", "shipmentId", page, shipment::label),
            ShipmentSource::Fulfilments => {
                paged(text, "fulfillments", "fulfillmentId", page, shipment::fulfilment)
            }
        })
    }

    /// The carriers that the account has.
    pub async fn carriers(&self, permit: CallPermit) -> Answer<Listing<Choice>> {
        let reply = self.endpoint.call(permit, read("read_carriers", "/carriers")).await;
        reply.read(|text| Ok(listing(rows(text, "carriers")?, "code", account::choice)))
    }

    /// The services of one carrier, by its code.
    pub async fn services(&self, permit: CallPermit, carrier: &str) -> Answer<Listing<Choice>> {
        let call = read("read_services", "/carriers/listservices").with("carrierCode", carrier);
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| Ok(listing(rows(text, "services")?, "code", account::choice)))
    }

    /// What one carrier, by its code, asks for a parcel: a quote for each of its services, and for each package of
    /// these. A `package` by its code asks for that one alone; a `confirmation` by its name includes that.
    ///
    /// It changes nothing, so that asking again is safe. What the carrier says no to, or has no answer for, is
    /// content and no failure of ShipStation.
    pub async fn rates(
        &self,
        permit: CallPermit,
        carrier: &str,
        parcel: &Parcel,
        wishes: RateWishes<'_>,
    ) -> Answer<Result<Listing<RateQuote>, CarrierRefusal>> {
        let call = read("read_rates", "/shipments/getrates");
        let call = call.posting(rate::document(carrier, parcel, wishes));
        let reply = self.endpoint.call(permit, call).await;
        let answer = reply.read(|text| {
            Ok(listing(rows(text, "rates")?, "serviceCode", |fields| rate::quote(carrier, fields)))
        });
        rate::of_the_carrier(answer)
    }

    /// The places that the account's parcels leave from.
    pub async fn warehouses(&self, permit: CallPermit) -> Answer<Listing<Warehouse>> {
        let reply = self.endpoint.call(permit, read("read_warehouses", "/warehouses")).await;
        reply.read(|text| Ok(listing(rows(text, "warehouses")?, "warehouseId", account::warehouse)))
    }

    /// The account's tags.
    pub async fn tags(&self, permit: CallPermit) -> Answer<Listing<Tag>> {
        let reply = self.endpoint.call(permit, read("read_tags", "/accounts/listtags")).await;
        reply.read(|text| Ok(listing(rows(text, "tags")?, "tagId", account::tag)))
    }

    /// The account's active stores.
    pub async fn stores(&self, permit: CallPermit) -> Answer<Listing<Store>> {
        let reply = self.endpoint.call(permit, read("read_stores", "/stores")).await;
        reply.read(|text| Ok(listing(rows(text, "stores")?, "storeId", account::store)))
    }

    /// Asks ShipStation to fetch a store's orders soon. It answers when it has noted that.
    pub async fn refresh_store(&self, permit: CallPermit, store: i64) -> Answer<()> {
        let call = write("refresh_store", Method::Post, "/stores/refreshstore", None);
        self.endpoint.call(permit, call.with_number("storeId", store)).await.read(|_| Ok(()))
    }

    /// The account's webhook subscriptions, ours and others'.
    pub async fn webhooks(&self, permit: CallPermit) -> Answer<Listing<Listed>> {
        let reply = self.endpoint.call(permit, read("read_webhooks", "/webhooks")).await;
        let answer = reply.read(|text| Ok(listing(rows(text, "webhooks")?, "WebHookID", webhook::webhook)));
        webhook::redacted(answer)
    }

    /// Subscribes and returns the subscription's id. ShipStation takes the same subscription twice: look at
    /// [`Self::webhooks`] first.
    pub async fn subscribe(&self, permit: CallPermit, subscription: &Subscription) -> Answer<i64> {
        let body = Some(subscription.document());
        let call = write("subscribe", Method::Post, "/webhooks/subscribe", body);
        let reply = self.endpoint.call(permit, call).await;
        webhook::redacted(reply.read(|text| Ok(webhook::id(&Fields::parse(text)?)?)))
    }

    /// Removes a subscription. One that is not there (any more) counts as removed.
    pub async fn unsubscribe(&self, permit: CallPermit, id: i64) -> Answer<()> {
        let call = write("unsubscribe", Method::Delete, &format!("/webhooks/{id}"), None);
        self.endpoint.call(permit, call).await.read_or((), |_| Ok(()))
    }
}

/// The parameters of a shipment list that we set ourselves.
const OURS: [&str; 5] = ["includeShipmentItems", "sortBy", "sortDir", "page", "pageSize"];

fn read(operation: &'static str, path: impl Into<String>) -> Call {
    Call::read(Platform::ShipStation, operation, path)
}

fn write(operation: &'static str, method: Method, path: &str, body: Option<Vec<u8>>) -> Call {
    Call::write(Platform::ShipStation, operation, method, path, body)
}

fn paged<T>(
    text: &str,
    name: &'static str,
    id: &'static str,
    page: u32,
    read: impl for<'a> Fn(&Fields<'a>) -> Result<T, FieldError>,
) -> Result<Listing<T>, NotUnderstood> {
    let listing = listing(rows(text, name)?, id, read);
    let asked = Paging { page, page_size: PAGE_SIZE, pages: None, total: None };
    Ok(Listing { paging: Some(paging(text, asked)), ..listing })
}

#[cfg(test)]
mod tests;

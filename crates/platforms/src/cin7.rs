//! The client of Cin7 Omni's API v1. Orders are read and written in batches only: a call costs the same for
//! one as for 250, and the budget is 5,000 calls a day. Cartons alone have a call for each order.

mod carton;
mod filter;
mod order;
mod other;
mod product;
mod write;

use std::fmt;
use std::sync::Arc;

use domain::clock::Clock;
use domain::failure::Failure;
use domain::fulfil::cartons::{Carton, ShownCarton};
use domain::ids::{OrderId, OrderRef};
use domain::patch::OrderPatch;
use domain::product::Product;
use domain::rates::Address;
use domain::sales_order::SalesOrder;
use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use crate::answer::{Answer, CallPermit, Heard, Listing, Paging};
use crate::classify::Platform;
use crate::dates;
use crate::exchange::{Call, Endpoint};
use crate::json::{FieldError, Fields, NotUnderstood, listing, rows};
use crate::transport::{Method, Transport};

/// The most records that Cin7 lists on a page or takes in a write.
pub const BATCH_MAX: usize = 250;
const PAGE_SIZE: u32 = 250;

/// Where a Cin7 account is and how to get in.
#[derive(Debug, Clone)]
pub struct Cin7Settings {
    /// With the version: `https://api.cin7.com/api/v1`.
    pub base_url: Url,
    /// The account's *API Username*.
    pub username: String,
    /// The key of our API connection.
    pub key: SecretString,
}

/// An order's id with its version: what the watch needs to notice changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderStamp {
    /// The order.
    pub id: OrderId,
    /// When it was last modified, in whole seconds.
    pub modified: Timestamp,
}

/// A product with the date of its last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedProduct {
    /// When it was last modified.
    pub modified: Timestamp,
    /// The product as it is now.
    pub product: Product,
}

/// A branch: where stock is and where parcels leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its id.
    pub id: i64,
    /// Where it is, as typed; empty where that is not told.
    pub address: Address,
}

/// What became of one order of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordOutcome {
    /// The order.
    pub order: OrderId,
    /// Written, or why not.
    pub result: Result<(), Failure>,
}

/// Speaks to one Cin7 account.
pub struct Cin7Client {
    endpoint: Endpoint,
}

impl fmt::Debug for Cin7Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cin7Client").finish_non_exhaustive()
    }
}

impl Cin7Client {
    /// A client over a transport. The clock dates rate limits.
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>, settings: Cin7Settings) -> Self {
        let Cin7Settings { base_url, username, key } = settings;
        Self { endpoint: Endpoint::new(transport, clock, base_url, &username, key) }
    }

    /// Reads 1 to 250 orders by id or reference, whole. What does not exist is not in the answer; neither is
    /// the answer in the order of the question. More than 250 are refused as [`Failure::Permanent`] unsent.
    pub async fn orders(&self, permit: CallPermit, orders: &[OrderRef]) -> Answer<Listing<SalesOrder>> {
        const OPERATION: &str = "read_orders";
        if let Some(answer) = unsent(OPERATION, orders.len(), nothing_listed) {
            return answer;
        }
        let call = read(OPERATION, "/SalesOrders")
            .with("where", filter::orders(orders))
            .with_number("rows", PAGE_SIZE);
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| list(text, order::sales_order))
    }

    /// One page (from 1) of the orders modified at or after `since`, oldest first.
    ///
    /// Many orders can share a second, and a bulk edit fills several pages with one: whoever keeps a watermark
    /// reads pages until [`Listing::has_more`] says no, and starts the next round at the watermark itself.
    pub async fn changed_since(
        &self,
        permit: CallPermit,
        since: Timestamp,
        page: u32,
    ) -> Answer<Listing<OrderStamp>> {
        let call = read("changed_since", "/SalesOrders")
            .with("where", format!("modifiedDate>='{}'", dates::utc_seconds(since)))
            .with("fields", "id,modifiedDate")
            .with("order", "ModifiedDate ASC")
            .with_number("page", page)
            .with_number("rows", PAGE_SIZE);
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| {
            let paging = Some(Paging { page, page_size: PAGE_SIZE, pages: None, total: None });
            Ok(Listing { paging, ..list(text, stamp)? })
        })
    }

    /// Reads 1 to 250 products with their options, for weights and pictures.
    pub async fn products(&self, permit: CallPermit, ids: &[i64]) -> Answer<Listing<Product>> {
        const OPERATION: &str = "read_products";
        if let Some(answer) = unsent(OPERATION, ids.len(), nothing_listed) {
            return answer;
        }
        let call = read(OPERATION, "/Products")
            .with("where", filter::ids(ids.iter().copied()))
            .with_number("rows", PAGE_SIZE);
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| list(text, product::product))
    }

    /// One page (from 1) of the products modified at or after `since`, whole, oldest first. Paging is as for
    /// [`Self::changed_since`].
    pub async fn products_changed_since(
        &self,
        permit: CallPermit,
        since: Timestamp,
        page: u32,
    ) -> Answer<Listing<ChangedProduct>> {
        let call = read("products_changed_since", "/Products")
            .with("where", format!("modifiedDate>='{}'", dates::utc_seconds(since)))
            .with("order", "ModifiedDate ASC")
            .with_number("page", page)
            .with_number("rows", PAGE_SIZE);
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| {
            let paging = Some(Paging { page, page_size: PAGE_SIZE, pages: None, total: None });
            Ok(Listing { paging, ..list(text, changed_product)? })
        })
    }

    /// Writes 1 to 250 patches in one call and tells what became of each, in the order of `patches`.
    ///
    /// A patch that Cin7 is known to refuse (a tracking code over 50 characters) is reported as
    /// [`Failure::Permanent`] and not sent, an empty one as done; the others go. An order that the answer does
    /// not mention is [`Failure::Ambiguous`].
    pub async fn update_orders(
        &self,
        permit: CallPermit,
        patches: &[OrderPatch],
    ) -> Answer<Vec<RecordOutcome>> {
        self.update("update_orders", permit, patches).await
    }

    /// Writes the freight of 1 to 250 orders, `freightTotal` and `freightDescription` in one call, as
    /// [`Self::update_orders`] writes other fields.
    pub async fn update_freight(
        &self,
        permit: CallPermit,
        patches: &[OrderPatch],
    ) -> Answer<Vec<RecordOutcome>> {
        self.update("update_freight", permit, patches).await
    }

    async fn update(
        &self,
        operation: &'static str,
        permit: CallPermit,
        patches: &[OrderPatch],
    ) -> Answer<Vec<RecordOutcome>> {
        if patches.len() > BATCH_MAX {
            return too_many(operation, patches.len());
        }
        let batch = write::Batch::of(patches);
        if batch.sent.is_empty() {
            return Answer { outcome: Ok(batch.outcomes(Vec::new())), heard: Heard::nothing(operation) };
        }
        let body = Some(write::document(&batch.sent));
        let call = Call::write(Platform::Cin7, operation, Method::Put, "/SalesOrders", body);
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| Ok(batch.outcomes(write::results(&batch.sent, text)?)))
    }

    /// Replaces all cartons of an order (`PUT /v1/Cartons/{salesOrderId}`); an empty list removes them.
    ///
    /// A list that Cin7 is known to refuse (numbers of more than 20 digits, texts of more than 50 characters) is
    /// [`Failure::Permanent`] and not sent. So is a 403 afterwards: the connection has no permission for cartons, and
    /// may have all others.
    pub async fn replace_cartons(
        &self,
        permit: CallPermit,
        order: OrderId,
        cartons: &[Carton],
    ) -> Answer<()> {
        const OPERATION: &str = "replace_cartons";
        if let Some(reason) = carton::objection(cartons) {
            return Answer { outcome: Err(Failure::Permanent { reason }), heard: Heard::nothing(OPERATION) };
        }
        let body = Some(carton::document(cartons));
        let call = Call::write(Platform::Cin7, OPERATION, Method::Put, format!("/Cartons/{order}"), body);
        let answer = self.endpoint.call(permit, call).await.read(carton::result);
        let Answer { outcome, heard } = carton::of_its_own(answer);
        Answer { outcome: outcome.flatten(), heard }
    }

    /// The cartons that an order has; none where Cin7 knows nothing of it. A 403 is as for
    /// [`Self::replace_cartons`].
    pub async fn cartons(&self, permit: CallPermit, order: OrderId) -> Answer<Vec<ShownCarton>> {
        let call = read("read_cartons", &format!("/Cartons/{order}"));
        let reply = self.endpoint.call(permit, call).await;
        carton::of_its_own(reply.read_or(Vec::new(), carton::shown))
    }

    /// The account's branches, the first 250 of them. A 403 is [`Failure::Permanent`]: the connection has no permission for
    /// branches, and may have all others.
    pub async fn branches(&self, permit: CallPermit) -> Answer<Listing<Branch>> {
        let call = read("read_branches", "/Branches").with_number("rows", PAGE_SIZE);
        let reply = self.endpoint.call(permit, call).await;
        carton::of_its_own(reply.read(|text| list(text, branch)))
    }

    /// The cheapest read of orders: proves address, credentials and permission. An account without orders
    /// answers an empty list.
    pub async fn first_order(&self, permit: CallPermit) -> Answer<Listing<OrderStamp>> {
        let call = read("first_order", "/SalesOrders")
            .with("fields", "id,modifiedDate")
            .with_number("page", 1)
            .with_number("rows", 1);
        let reply = self.endpoint.call(permit, call).await;
        reply.read(|text| list(text, stamp))
    }
}

fn read(operation: &'static str, path: &str) -> Call {
    Call::read(Platform::Cin7, operation, path)
}

/// The answer to a read that need not or must not be sent.
fn unsent<T>(operation: &'static str, count: usize, nothing: fn() -> T) -> Option<Answer<T>> {
    match count {
        0 => Some(Answer { outcome: Ok(nothing()), heard: Heard::nothing(operation) }),
        1..=BATCH_MAX => None,
        _ => Some(too_many(operation, count)),
    }
}

fn too_many<T>(operation: &'static str, count: usize) -> Answer<T> {
    let reason = format!("{operation} takes at most {BATCH_MAX} records in one call, not {count}");
    Answer { outcome: Err(Failure::Permanent { reason }), heard: Heard::nothing(operation) }
}

fn nothing_listed<T>() -> Listing<T> {
    Listing { records: Vec::new(), unreadable: Vec::new(), paging: None }
}

fn list<T>(
    text: &str,
    read: impl for<'a> Fn(&Fields<'a>) -> Result<T, FieldError>,
) -> Result<Listing<T>, NotUnderstood> {
    Ok(listing(rows(text, "records")?, "id", read))
}

fn stamp(fields: &Fields<'_>) -> Result<OrderStamp, FieldError> {
    Ok(OrderStamp { id: OrderId(fields.required_id("id")?), modified: order::modified(fields)? })
}

fn branch(fields: &Fields<'_>) -> Result<Branch, FieldError> {
    Ok(Branch { id: fields.required_id("id")?, address: fields.address()? })
}

fn changed_product(fields: &Fields<'_>) -> Result<ChangedProduct, FieldError> {
    Ok(ChangedProduct { modified: order::modified(fields)?, product: product::product(fields)? })
}

#[cfg(test)]
mod tests;

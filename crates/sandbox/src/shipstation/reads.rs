//! The list calls: which orders, shipments and fulfilments a query finds, and in which order.

use jiff::Timestamp;
use serde_json::json;

use super::ShipStation;
use super::account;
use super::carriers::{self, CARRIERS, SERVICES};
use super::fault::Fault;
use super::model::{Fulfillment, Order, OrderItem, OrderStatus, Shipment};
use super::query::{Query, contains, equals};
use super::routes::Answer;
use crate::exchange::{Reply, Request};

impl ShipStation {
    pub(super) fn list_orders(&mut self, request: &Request, _: i64, _: Timestamp) -> Answer {
        let query = Query::of(request);
        let matches = order_filter(&query);
        let by = query.read("sortBy", order_sort);
        let (descending, page) = (query.descending(), query.page());
        query.finish()?;
        let visible = self.orders.values().filter(|order| order.absent.is_none());
        let mut found: Vec<&Order> = visible.filter(|order| matches(order)).collect();
        if let Some(key) = by {
            found.sort_by_key(|order| (key(order), order.order_id));
        }
        if descending {
            found.reverse();
        }
        Ok(page.envelope("orders", &found))
    }

    pub(super) fn list_by_tag(&mut self, request: &Request, _: i64, _: Timestamp) -> Answer {
        let query = Query::of(request);
        let (status, tag) = (query.read("orderStatus", OrderStatus::parse), query.integer("tagId"));
        let page = query.page();
        query.finish()?;
        let (Some(status), Some(tag)) = (status, tag) else {
            return Err(Fault::bad_request("orderStatus and tagId are required."));
        };
        let tagged = |order: &&Order| order.tag_ids.as_ref().is_some_and(|tags| tags.contains(&tag));
        let found: Vec<&Order> = self.orders_in(status).filter(tagged).collect();
        Ok(page.envelope("orders", &found))
    }

    pub(super) fn get_order(&mut self, _: &Request, id: i64, _: Timestamp) -> Answer {
        let order = self.visible(id).ok_or_else(|| Fault::not_found(format!("Order {id} was not found.")))?;
        Ok(Reply::json(200, order))
    }

    pub(super) fn list_shipments(&mut self, request: &Request, _: i64, _: Timestamp) -> Answer {
        let query = Query::of(request);
        let matches = shipment_filter(&query);
        let by_ship_date = query.read("sortBy", |name| match name.to_ascii_lowercase().as_str() {
            "shipdate" => Some(true),
            "createdate" => Some(false),
            _ => None,
        });
        let with_items = query.flag("includeShipmentItems").unwrap_or(false);
        let (descending, page) = (query.descending(), query.page());
        query.finish()?;
        let found = self.shipments.values().filter(|row| matches(row));
        let mut found: Vec<Shipment> = found.cloned().collect();
        found.sort_by_key(|row| (row.create_date, row.shipment_id));
        if by_ship_date == Some(true) {
            found.sort_by_key(|row| row.ship_date);
        }
        if descending {
            found.reverse();
        }
        if !with_items {
            for row in &mut found {
                row.shipment_items = None;
            }
        }
        Ok(page.envelope("shipments", &found))
    }

    pub(super) fn list_fulfillments(&mut self, request: &Request, _: i64, _: Timestamp) -> Answer {
        let query = Query::of(request);
        let matches = fulfillment_filter(&query);
        let by_ship_date = query.read("sortBy", |name| match name.to_ascii_lowercase().as_str() {
            "shipdate" => Some(true),
            "createdate" => Some(false),
            _ => None,
        });
        let (descending, page) = (query.descending(), query.page());
        query.finish()?;
        let mut found: Vec<&Fulfillment> = self.fulfillments.values().filter(|row| matches(row)).collect();
        found.sort_by_key(|row| (row.create_date, row.fulfillment_id));
        if by_ship_date == Some(true) {
            found.sort_by_key(|row| row.ship_date);
        }
        if descending {
            found.reverse();
        }
        Ok(page.envelope("fulfillments", &found))
    }
}

#[expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "handlers have the shape that the route table asks for"
)]
impl ShipStation {
    pub(super) fn list_stores(&mut self, _: &Request, _: i64, _: Timestamp) -> Answer {
        let rows: Vec<_> = self.settings.stores.iter().map(account::Store::row).collect();
        Ok(Reply::json(200, &rows))
    }

    pub(super) fn get_store(&mut self, _: &Request, id: i64, _: Timestamp) -> Answer {
        let store = self.settings.stores.iter().find(|store| store.id == id);
        let store = store.ok_or_else(|| Fault::not_found(format!("Store {id} was not found.")))?;
        Ok(Reply::json(200, &store.row()))
    }

    /// ShipStation notes it and fetches when it comes to it.
    pub(super) fn post_refresh_store(&mut self, request: &Request, _: i64, now: Timestamp) -> Answer {
        let id = request.query("storeId").and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| Fault::bad_request("The storeId is required."))?;
        if !self.settings.stores.iter().any(|store| store.id == id) {
            return Err(Fault::not_found(format!("Store {id} was not found.")));
        }
        self.refreshes.push((id, now));
        Ok(Reply::json(200, &json!({ "success": "true", "message": "Store Refresh has been queued" })))
    }

    /// Which stores it was asked to fetch from, and when.
    pub fn store_refreshes(&self) -> &[(i64, Timestamp)] {
        &self.refreshes
    }

    pub(super) fn list_carriers(&mut self, _: &Request, _: i64, _: Timestamp) -> Answer {
        let rows: Vec<_> = CARRIERS.iter().map(carriers::carrier_row_json).collect();
        Ok(Reply::json(200, &rows))
    }

    pub(super) fn get_carrier(&mut self, request: &Request, _: i64, _: Timestamp) -> Answer {
        let carrier = named_carrier(request)?;
        Ok(Reply::json(200, &carriers::carrier_row_json(carrier)))
    }

    pub(super) fn list_services(&mut self, request: &Request, _: i64, _: Timestamp) -> Answer {
        let carrier = named_carrier(request)?;
        let own = SERVICES.iter().filter(|service| service.carrier == carrier.code);
        Ok(Reply::json(200, &own.map(carriers::service_json).collect::<Vec<_>>()))
    }

    pub(super) fn list_warehouses(&mut self, _: &Request, _: i64, _: Timestamp) -> Answer {
        Ok(Reply::json(200, &account::warehouses()))
    }

    pub(super) fn list_tags(&mut self, _: &Request, _: i64, _: Timestamp) -> Answer {
        Ok(Reply::json(200, &account::tags()))
    }

    pub(super) fn list_webhooks(&mut self, _: &Request, _: i64, _: Timestamp) -> Answer {
        let rows: Vec<_> = self.subscriptions.values().map(super::Subscription::row).collect();
        Ok(Reply::json(200, &json!({ "webhooks": rows })))
    }
}

fn named_carrier(request: &Request) -> Result<&'static carriers::Carrier, Fault> {
    let code = request.query("carrierCode").unwrap_or_default();
    carriers::carrier(code).ok_or_else(|| Fault::not_found(format!("Carrier '{code}' was not found.")))
}

fn order_sort(name: &str) -> Option<fn(&Order) -> jiff::civil::DateTime> {
    match name.to_ascii_lowercase().as_str() {
        "orderdate" => Some(|order| order.order_date),
        "createdate" => Some(|order| order.create_date),
        "modifydate" => Some(|order| order.modify_date),
        _ => None,
    }
}

/// `orderNumber` is a "starts with" search; there is no filter by key.
fn order_filter(query: &Query<'_>) -> impl Fn(&Order) -> bool + use<> {
    let (number, customer) = (query.needle("orderNumber"), query.needle("customerName"));
    let keyword = query.needle("itemKeyword");
    let status = query.read("orderStatus", OrderStatus::parse);
    let store = query.integer("storeId");
    let created = query.moments("createDate");
    let modified = query.moments("modifyDate");
    let ordered = query.moments("orderDate").through();
    let paid = query.moments("paymentDate");
    let customs = query.needle("customsCountryCode");
    let import = query.read("importBatch", |text| text.parse::<uuid::Uuid>().ok());
    move |order| {
        number.as_deref().is_none_or(|number| order.order_number.to_lowercase().starts_with(number))
            && contains(order.ship_to.name.as_deref(), customer.as_deref())
            && keyword.as_deref().is_none_or(|word| order.items.iter().any(|item| mentions(item, word)))
            && status.is_none_or(|status| order.order_status == status)
            && store.is_none_or(|store| order.advanced_options.store_id == store)
            && created.covers(Some(order.create_date))
            && modified.covers(Some(order.modify_date))
            && ordered.covers(Some(order.order_date))
            && paid.covers(order.payment_date)
            && customs.as_deref().is_none_or(|code| has_origin(order, code))
            && import.is_none_or(|import| order.import_batch == Some(import))
    }
}

fn mentions(item: &OrderItem, word: &str) -> bool {
    let options = item.options.iter().filter_map(|option| option.value.as_deref());
    item.sku
        .as_deref()
        .into_iter()
        .chain([item.name.as_str()])
        .chain(options)
        .any(|text| contains(Some(text), Some(word)))
}

fn has_origin(order: &Order, code: &str) -> bool {
    let items = order.international_options.customs_items.iter().flatten();
    items.filter_map(|item| item.country_of_origin.as_deref()).any(|origin| origin.eq_ignore_ascii_case(code))
}

/// Whether `orderNumber` is exact here is not documented; the sandbox takes it as a prefix, so that clients
/// must look.
fn shipment_filter(query: &Query<'_>) -> impl Fn(&Shipment) -> bool + use<> {
    let (order_id, shipment_id) = (query.integer("orderId"), query.integer("shipmentId"));
    let (batch, store) = (query.integer("batchId"), query.integer("storeId"));
    let number = query.needle("orderNumber");
    let tracking = query.text("trackingNumber").map(str::to_owned);
    let recipient = query.needle("recipientName");
    let country = query.text("recipientCountryCode").map(str::to_owned);
    let carrier = query.text("carrierCode").map(str::to_owned);
    let service = query.text("serviceCode").map(str::to_owned);
    let (created, voided) = (query.moments("createDate"), query.moments("voidDate"));
    let shipped = query.days("shipDate");
    move |row| {
        order_id.is_none_or(|id| row.order_id == Some(id))
            && shipment_id.is_none_or(|id| row.shipment_id == id)
            && batch.is_none_or(|id| row.batch_id == id)
            && store.is_none_or(|id| row.advanced_options.store_id == Some(id))
            && number.as_deref().is_none_or(|number| row.order_number.to_lowercase().starts_with(number))
            && equals(Some(&row.tracking_number), tracking.as_deref())
            && contains(row.ship_to.name.as_deref(), recipient.as_deref())
            && equals(row.ship_to.country.as_deref(), country.as_deref())
            && equals(Some(&row.carrier_code), carrier.as_deref())
            && equals(Some(&row.service_code), service.as_deref())
            && created.covers(Some(row.create_date))
            && voided.covers(row.void_date)
            && shipped.covers(row.ship_date)
    }
}

fn fulfillment_filter(query: &Query<'_>) -> impl Fn(&Fulfillment) -> bool + use<> {
    let (id, order_id) = (query.integer("fulfillmentId"), query.integer("orderId"));
    let number = query.needle("orderNumber");
    let tracking = query.text("trackingNumber").map(str::to_owned);
    let recipient = query.needle("recipientName");
    let (created, shipped) = (query.moments("createDate"), query.days("shipDate"));
    move |row| {
        id.is_none_or(|id| row.fulfillment_id == id)
            && order_id.is_none_or(|id| row.order_id == id)
            && number.as_deref().is_none_or(|number| row.order_number.to_lowercase().starts_with(number))
            && equals(Some(&row.tracking_number), tracking.as_deref())
            && contains(row.ship_to.name.as_deref(), recipient.as_deref())
            && created.covers(Some(row.create_date))
            && shipped.covers(row.ship_date.date())
    }
}

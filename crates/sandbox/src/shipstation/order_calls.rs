//! The calls that change orders, as HTTP: `createorder`, `createorders` and the small ones.

use std::cell::RefCell;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ShipStation;
use super::bind::{self, Members};
use super::document::OrderDocument;
use super::fault::{Fault, ModelState};
use super::labels::Marking;
use super::routes::Answer;
use super::upsert::Upserted;
use crate::exchange::{Reply, Request};

/// The most orders that `createorders` takes.
const MOST_ORDERS: usize = 100;

impl ShipStation {
    /// Answers with the whole order, or with 400 and the rule that it breaks.
    pub(super) fn create_order(&mut self, request: &Request, _: i64, now: Timestamp) -> Answer {
        let document = bind::object(&request.body, "apiOrder", OrderDocument::read)?;
        let import = self.uuid();
        let done = self.upsert(document, import, now).map_err(Fault::bad_request)?;
        if done.notable {
            self.notify_orders(import, &[done.order_id]);
        }
        Ok(Reply::json(200, &self.orders[&done.order_id]))
    }

    /// Answers 200 with a result for each order, also when some or all failed. One element that does not
    /// deserialise fails the whole call.
    pub(super) fn create_orders(&mut self, request: &Request, _: i64, now: Timestamp) -> Answer {
        let documents = documents(&request.body)?;
        let import = self.uuid();
        let mut notable = Vec::new();
        let results: Vec<_> = documents
            .into_iter()
            .map(|document| {
                let sent = (document.order_number.clone(), document.order_key.clone());
                let outcome = self.upsert(document, import, now);
                notable.extend(outcome.as_ref().ok().filter(|done| done.notable).map(|done| done.order_id));
                self.result(outcome, &sent)
            })
            .collect();
        self.notify_orders(import, &notable);
        let failed = results.iter().any(|result| result["success"] == false);
        Ok(Reply::json(200, &json!({ "hasErrors": failed, "results": results })))
    }

    fn result(&self, outcome: Result<Upserted, String>, sent: &(Option<String>, Option<String>)) -> Value {
        match outcome {
            Ok(done) => {
                let order = &self.orders[&done.order_id];
                json!({
                    "orderId": order.order_id,
                    "orderNumber": order.order_number,
                    "orderKey": order.order_key,
                    "success": true,
                    "errorMessage": null,
                })
            }
            Err(text) => json!({
                "orderId": null,
                "orderNumber": sent.0,
                "orderKey": sent.1,
                "success": false,
                "errorMessage": text,
            }),
        }
    }

    pub(super) fn delete_order(&mut self, _: &Request, id: i64, now: Timestamp) -> Answer {
        self.delete(id, now)?;
        Ok(success("The requested order has been deleted."))
    }

    pub(super) fn post_mark_as_shipped(&mut self, request: &Request, _: i64, now: Timestamp) -> Answer {
        let (order_id, marking) = bind::object(&request.body, "request", |body| {
            let marking = Marking {
                carrier: body.text("carrierCode"),
                tracking_number: body.text("trackingNumber").unwrap_or_default(),
                ship_date: body.date("shipDate").map(|date| date.at(0, 0, 0, 0)),
            };
            // Nobody is notified, but a member of the wrong type is a fault all the same.
            for name in ["notifyCustomer", "notifySalesChannel"] {
                body.boolean(name);
            }
            (body.integer("orderId"), marking)
        })?;
        let order_id = required(order_id, "orderId")?;
        required(marking.carrier.as_ref(), "carrierCode")?;
        self.mark_as_shipped(order_id, marking, now)?;
        let order = &self.orders[&order_id];
        Ok(Reply::json(200, &json!({ "orderId": order_id, "orderNumber": order.order_number })))
    }

    pub(super) fn post_hold(&mut self, request: &Request, _: i64, now: Timestamp) -> Answer {
        let read = |body: &Members<'_>| (body.integer("orderId"), body.date("holdUntilDate"));
        let (order_id, until) = bind::object(&request.body, "request", read)?;
        self.hold(required(order_id, "orderId")?, required(until, "holdUntilDate")?, now)?;
        Ok(success("Order held successfully."))
    }

    pub(super) fn post_restore(&mut self, request: &Request, _: i64, now: Timestamp) -> Answer {
        let order_id = bind::object(&request.body, "request", |body| body.integer("orderId"))?;
        self.restore_from_hold(required(order_id, "orderId")?, now)?;
        Ok(success("Order restored successfully."))
    }

    pub(super) fn post_add_tag(&mut self, request: &Request, _: i64, now: Timestamp) -> Answer {
        self.change_tag(request, true, now)?;
        Ok(success("Tag added successfully."))
    }

    pub(super) fn post_remove_tag(&mut self, request: &Request, _: i64, now: Timestamp) -> Answer {
        self.change_tag(request, false, now)?;
        Ok(success("Tag removed successfully."))
    }

    fn change_tag(&mut self, request: &Request, set: bool, now: Timestamp) -> Result<(), Fault> {
        let read = |body: &Members<'_>| (body.integer("orderId"), body.integer("tagId"));
        let (order_id, tag_id) = bind::object(&request.body, "request", read)?;
        Ok(self.tag(required(order_id, "orderId")?, required(tag_id, "tagId")?, set, now)?)
    }
}

/// A member that a call cannot do without.
pub(crate) fn required<T>(value: Option<T>, name: &str) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::bad_request(format!("'{name}' is required.")))
}

fn success(message: &str) -> Reply {
    Reply::json(200, &json!({ "success": true, "message": message }))
}

fn documents(body: &[u8]) -> Result<Vec<OrderDocument>, Fault> {
    let value = bind::json(body, "apiOrders")?;
    let Value::Array(entries) = &value else {
        let text =
            "Cannot deserialize the current JSON object (e.g. {\"name\":\"value\"}) into a list of orders.";
        let first = value.as_object().and_then(|members| members.keys().next());
        return Err(Fault::one(&format!("apiOrders.{}", first.map_or("", String::as_str)), text));
    };
    let faults = RefCell::new(ModelState::default());
    let read = |(index, entry): (usize, &Value)| {
        let members = Members::of(entry, format!("apiOrders[{index}]"), &faults)?;
        Some(OrderDocument::read(&members))
    };
    let documents: Vec<_> = entries.iter().enumerate().filter_map(read).collect();
    Fault::check(faults)?;
    if documents.len() > MOST_ORDERS {
        return Err(Fault::bad_request(format!("At most {MOST_ORDERS} orders can be sent in one call.")));
    }
    Ok(documents)
}

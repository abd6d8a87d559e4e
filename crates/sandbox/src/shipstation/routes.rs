//! The table of routes: which method and path is answered by what, and what happens to all others.

use jiff::Timestamp;
use serde_json::json;

use super::ShipStation;
use super::fault::Fault;
use crate::exchange::{Method, Reply, Request};

/// What a handler ends with.
pub(crate) type Answer = Result<Reply, Fault>;

type Handler = fn(&mut ShipStation, &Request, i64, Timestamp) -> Answer;

/// Method, pattern (`{id}` is a number), the name in the call log, handler.
struct Route(Method, &'static str, &'static str, Handler);

const ROUTES: &[Route] = &[
    Route(Method::Get, "orders", "GET /orders", ShipStation::list_orders),
    Route(Method::Get, "orders/listbytag", "GET /orders/listbytag", ShipStation::list_by_tag),
    Route(Method::Get, "orders/{id}", "GET /orders/{id}", ShipStation::get_order),
    Route(Method::Delete, "orders/{id}", "DELETE /orders/{id}", ShipStation::delete_order),
    Route(Method::Post, "orders/createorder", "POST /orders/createorder", ShipStation::create_order),
    Route(Method::Post, "orders/createorders", "POST /orders/createorders", ShipStation::create_orders),
    Route(
        Method::Post,
        "orders/markasshipped",
        "POST /orders/markasshipped",
        ShipStation::post_mark_as_shipped,
    ),
    Route(Method::Post, "orders/holduntil", "POST /orders/holduntil", ShipStation::post_hold),
    Route(Method::Post, "orders/restorefromhold", "POST /orders/restorefromhold", ShipStation::post_restore),
    Route(Method::Post, "orders/addtag", "POST /orders/addtag", ShipStation::post_add_tag),
    Route(Method::Post, "orders/removetag", "POST /orders/removetag", ShipStation::post_remove_tag),
    Route(
        Method::Post,
        "orders/createlabelfororder",
        "POST /orders/createlabelfororder",
        ShipStation::post_label_for_order,
    ),
    Route(Method::Get, "shipments", "GET /shipments", ShipStation::list_shipments),
    Route(Method::Post, "shipments/voidlabel", "POST /shipments/voidlabel", ShipStation::post_void),
    Route(Method::Post, "shipments/getrates", "POST /shipments/getrates", ShipStation::post_rates),
    Route(Method::Get, "fulfillments", "GET /fulfillments", ShipStation::list_fulfillments),
    Route(Method::Get, "stores", "GET /stores", ShipStation::list_stores),
    Route(Method::Post, "stores/refreshstore", "POST /stores/refreshstore", ShipStation::post_refresh_store),
    Route(Method::Get, "stores/{id}", "GET /stores/{id}", ShipStation::get_store),
    Route(Method::Get, "carriers", "GET /carriers", ShipStation::list_carriers),
    Route(Method::Get, "carriers/getcarrier", "GET /carriers/getcarrier", ShipStation::get_carrier),
    Route(Method::Get, "carriers/listservices", "GET /carriers/listservices", ShipStation::list_services),
    Route(Method::Get, "warehouses", "GET /warehouses", ShipStation::list_warehouses),
    Route(Method::Get, "accounts/listtags", "GET /accounts/listtags", ShipStation::list_tags),
    Route(Method::Get, "webhooks", "GET /webhooks", ShipStation::list_webhooks),
    Route(Method::Post, "webhooks/subscribe", "POST /webhooks/subscribe", ShipStation::post_subscribe),
    Route(Method::Delete, "webhooks/{id}", "DELETE /webhooks/{id}", ShipStation::delete_webhook),
];

const UNKNOWN: &str = "unknown";

impl ShipStation {
    /// Answers by the table. Returns the operation's name with the reply.
    pub(super) fn route(&mut self, request: &Request, now: Timestamp) -> (&'static str, Reply) {
        let Some((Route(_, _, name, handler), id)) = find(request) else {
            return (UNKNOWN, unroutable(request));
        };
        (name, handler(self, request, id, now).unwrap_or_else(Fault::reply))
    }
}

/// The call log's name of what a request asks for.
pub(crate) fn operation(request: &Request) -> &'static str {
    find(request).map_or(UNKNOWN, |(Route(_, _, name, _), _)| name)
}

fn find(request: &Request) -> Option<(&'static Route, i64)> {
    let mut matching = ROUTES.iter().filter(|Route(method, ..)| *method == request.method);
    matching.find_map(|route| Some((route, matches(route.1, &request.path)?)))
}

/// The id in the path (0 when the pattern has none), or `None` when the path does not fit.
fn matches(pattern: &str, path: &str) -> Option<i64> {
    let mut id = 0;
    let mut segments = path.trim_matches('/').split('/');
    for wanted in pattern.split('/') {
        let segment = segments.next()?;
        if wanted == "{id}" {
            id = segment.parse().ok()?;
        } else if !wanted.eq_ignore_ascii_case(segment) {
            return None;
        }
    }
    segments.next().is_none().then_some(id)
}

fn unroutable(request: &Request) -> Reply {
    if ROUTES.iter().any(|route| matches(route.1, &request.path).is_some()) {
        let text = "The requested resource does not support this http method.";
        return Reply::json(405, &json!({ "Message": text }));
    }
    let text = format!("No HTTP resource was found that matches the request URI '{}'.", request.path);
    Reply::json(404, &json!({ "Message": text }))
}

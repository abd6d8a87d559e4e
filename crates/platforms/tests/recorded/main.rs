//! Reads the answers of the real platforms, where the folder of recorded data is beside the checkout, and
//! shows that their meaning survives. Every file in the folder stands in the lists below with what it is, so
//! that a new recording fails here until somebody has looked at it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod canned;
mod cin7_answers;
mod rates;
#[path = "../../../../tests/support/recordings.rs"]
mod recordings;
#[path = "../../../../tests/support/rules.rs"]
mod rules;
mod shipment_rows;
mod shipstation_answers;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use canned::body;
use recordings::folder as recorded;

/// Answers that a client of ours reads, each in a test of this binary.
const READ: &[&str] = &[
    "cin7/batch-result.json",
    "cin7/dockandbay-salesorder-list-rows-EXCERPT.json",
    "cin7/docs-sample-salesorder-2022-via-narballs.json",
    "cin7/error-bodies.json",
    "cin7/real-values-observed.json",
    "cin7/salesorder-skeleton.SYNTHESIZED.json",
    "shipstation/errors/errors_observed.json",
    "shipstation/official-mock-2017/create_order.json",
    "shipstation/official-mock-2017/create_orders.json",
    "shipstation/official-mock-2017/fulfillments_list.json",
    "shipstation/official-mock-2017/get_order.json",
    "shipstation/official-mock-2017/list_all_shipments.json",
    "shipstation/official-mock-2017/list_matching_shipments.json",
    "shipstation/official-mock-2017/list_orders_with_parameters.json",
    "shipstation/official-mock-2017/list_stores.json",
    "shipstation/official-mock-2017/mark_order_as_shipped.json",
    "shipstation/official-mock-2017/update_order.json",
    "shipstation/official-mock-2017/update_orders.json",
    "shipstation/official-mock-2017/webhook_list.json",
    "shipstation/official-mock-2017/webhook_subscribe.json",
    "shipstation/official-mock-2017/webhook_unsubscribe.json",
    "shipstation/real-2020/get_order.json",
    "shipstation/real-2020/get_store.json",
    "shipstation/real-2020/list_fulfillments.json",
    "shipstation/real-2020/list_orders.json",
    "shipstation/real-2020/list_shipments.json",
    "shipstation/real-2020/list_stores.json",
    "shipstation/real-2020/list_webhooks.json",
    "shipstation/official-mock-2017/list_carriers.json",
    "shipstation/official-mock-2017/list_services.json",
    "shipstation/real-2020/list_carriers.json",
    "shipstation/real-2020/list_services.json",
    "shipstation/real-2020/list_tags.json",
    "shipstation/official-mock-2017/get_shipment_rates.json",
    "shipstation/real-2020/get_rates.json",
    "shipstation/real-2020/list_warehouses.json",
];

/// Answers to calls that we do not make: no client reads them, so all that is shown is that a client which is
/// handed one of them by mistake neither panics nor takes it for an order or a shipment.
const NOT_CALLED: &[&str] = &[
    "cin7/docs-sample-payment.json",
    "cin7/stock-row.json",
    "shipstation/official-mock-2017/delete_order.json",
    "shipstation/official-mock-2017/hold_order_until.json",
    "shipstation/official-mock-2017/restore_order_from_on_hold.json",
    "shipstation/real-2020/list_packages.json",
];

/// No answers: requests, webhooks (which `server` reads), filters, an API description.
const NO_ANSWERS: &[&str] = &[
    "cin7/CORE-webhook-sale-shipmentauthorised.json",
    "cin7/cartons-put.SHAPE.json",
    "cin7/dockandbay-dispatch-put.request.json",
    "cin7/where-clauses.txt",
    "shipstation/openapi/v2-official-2025-08.yaml",
    "shipstation/webhooks/item_ship_notify_docs.json",
    "shipstation/webhooks/order_notify_docs.json",
    "shipstation/webhooks/ship_notify_numbered_host_ssapi11_store.json",
    "shipstation/webhooks/ship_notify_numbered_host_ssapi6.json",
];

fn files_below(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, into) } else { into.push(path) }
    }
}

#[test]
fn every_recorded_file_is_accounted_for() {
    let Some(folder) = recorded() else { return };
    let mut found = Vec::new();
    for platform in ["cin7", "shipstation"] {
        files_below(&folder.join(platform), &mut found);
    }
    let name = |path: &PathBuf| path.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
    let found: BTreeSet<_> = found.iter().map(name).collect();
    let listed = [READ, NOT_CALLED, NO_ANSWERS].concat();
    let listed: BTreeSet<_> = listed.into_iter().map(str::to_owned).collect();
    assert_eq!(found, listed, "the folder and the lists in this file differ");
}

#[tokio::test]
async fn answers_to_other_calls_are_never_taken_for_orders_or_shipments() {
    let Some(folder) = recorded() else { return };
    for name in NOT_CALLED {
        let body = body(&folder, name);
        serde_json::from_str::<Value>(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        if name.starts_with("cin7/") {
            cin7_answers::assert_no_order_to_send(name, body).await;
        } else {
            shipstation_answers::assert_neither_order_nor_label(name, body).await;
        }
    }
}

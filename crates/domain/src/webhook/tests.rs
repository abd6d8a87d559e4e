//! Tables of bodies, good and forged.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::event::{ShipmentQuery, ShipmentSource};
use crate::ids::{OrderId, OrderRef};

fn id(id: i64) -> OrderRef {
    OrderRef::Id(OrderId(id))
}

fn reference(text: &str) -> OrderRef {
    OrderRef::Reference(text.to_owned())
}

fn real() -> AllowedHosts {
    "https://ssapi.shipstation.com".parse().unwrap()
}

fn notice(resource_type: &str, resource_url: &str, hosts: &AllowedHosts) -> Result<Notice, NotUnderstood> {
    let body = serde_json::json!({ "resource_type": resource_type, "resource_url": resource_url });
    shipstation(body.to_string().as_bytes(), hosts, received())
}

/// In Pacific time, which is eight hours behind: 4 January 2026, 16:07:31.
fn received() -> Timestamp {
    "2026-01-05T00:07:31Z".parse().unwrap()
}

fn labels(filters: &[(&str, &str)]) -> Notice {
    asks(ShipmentSource::Labels, filters)
}

fn asks(source: ShipmentSource, filters: &[(&str, &str)]) -> Notice {
    let filters = filters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Notice::Shipments(ShipmentQuery { source, filters })
}

#[test]
fn a_body_names_orders_in_any_of_its_shapes() {
    for (body, expected) in [
        (r#"{"id": 7}"#, vec![id(7)]),
        (r#"{"ORDERID": "7"}"#, vec![id(7)]),
        (r#"{"SalesOrderId": " 7 "}"#, vec![id(7)]),
        (r#"{"id": 7.0}"#, vec![id(7)]),
        (r#"{"Reference": "SO-1"}"#, vec![reference("SO-1")]),
        (r#"{"reference": "123"}"#, vec![reference("123")]),
        (r#"{"reference": 123}"#, vec![reference("123")]),
        ("\u{feff} {\"id\": 7}", vec![id(7)]),
        (
            r#"[{"id": 7}, {"reference": "SO-1"}, {"id": "7"}, {"id": 8}]"#,
            vec![id(7), reference("SO-1"), id(8)],
        ),
        (r#"{"Orders": [{"id": 7}, {"id": 8}]}"#, vec![id(7), id(8)]),
        (r#"{"orders": null, "id": 7}"#, vec![id(7)]),
        // The first usable id, then the reference.
        (r#"{"id": "evt_1", "orderId": 7, "reference": "SO-1"}"#, vec![id(7)]),
        (r#"{"salesOrderId": 9, "orderId": 8, "id": 7}"#, vec![id(7)]),
        (r#"{"id": 0, "reference": "SO-1"}"#, vec![reference("SO-1")]),
        (r#"{"id": null, "ID": 7}"#, vec![id(7)]),
        // A whole order: nothing else of it counts, however deep the names lie.
        (r#"{"id": 7, "lineItems": [{"id": 1, "reference": "x"}], "stage": "New"}"#, vec![id(7)]),
    ] {
        assert_eq!(cin7_orders(body.as_bytes()).unwrap(), expected, "{body}");
    }
}

#[test]
fn a_body_that_names_no_order_is_told_what_was_expected_and_where() {
    let long = format!(r#"{{"reference": "{}"}}"#, "x".repeat(REFERENCE_MAX + 1));
    for (body, expected) in [
        ("", "the body is not JSON: EOF while parsing a value at line 1 column 0"),
        (r#"{"id": 7"#, "the body is not JSON: EOF"),
        (r#"{"id": 7} x"#, "the body is not JSON: trailing characters"),
        ("7", "expected an object that names an order, an array of 1 to 250 of them, or"),
        (r#"{"orders": {"id": 7}}"#, "found an object"),
        ("[]", "expected 1 to 250 orders, found 0"),
        (r#"{"orders": []}"#, "expected 1 to 250 orders, found 0"),
        (r#"[{"id": 7}, 8]"#, "/1: expected an object that names an order, found a number"),
        (r#"{"orders": [{"id": 7}, {"stage": "New"}]}"#, "/orders/1: expected `id`"),
        ("{}", "the object: expected `id`"),
        (r#"{"id": -7}"#, "the object: expected `id`"),
        (r#"{"id": 7.5}"#, "the object: expected `id`"),
        (r#"{"id": "7abc"}"#, "the object: expected `id`"),
        (r#"{"id": 99999999999999999999}"#, "the object: expected `id`"),
        (r#"{"id": true, "reference": ["SO-1"]}"#, "the object: expected `id`"),
        (r#"{"reference": "  "}"#, "the object: expected `id`"),
        (r#"{"reference": "SO\n1"}"#, "the object: expected `id`"),
        (&long, "the object: expected `id`"),
    ] {
        let error = cin7_orders(body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{body}: {error}");
    }
}

#[test]
fn a_call_names_at_most_250_orders() {
    let body = |count: usize| {
        let orders: Vec<_> = (1..=count).map(|id| serde_json::json!({ "id": id })).collect();
        serde_json::to_vec(&orders).unwrap()
    };
    assert_eq!(cin7_orders(&body(250)).unwrap().len(), 250);
    assert!(matches!(cin7_orders(&body(251)), Err(NotUnderstood::Count { found: 251 })));
}

#[test]
fn a_notice_is_taken_apart_to_its_filters() {
    for (resource_type, url, filters) in [
        (
            "SHIP_NOTIFY",
            "https://ssapi6.shipstation.com/shipments?batchId=187&includeShipmentItems=False",
            vec![("batchId", "187")],
        ),
        (
            "ITEM_SHIP_NOTIFY",
            "https://ssapi.shipstation.com/shipments?storeID=17&page=2",
            vec![("storeId", "17")],
        ),
        ("ship_notify", "HTTPS://SSAPI.shipstation.com:443/shipments?BATCHID=1", vec![("batchId", "1")]),
        (
            "SHIP_NOTIFY",
            "https://ssapi123.shipstation.com/shipments?batchId=1&batchid=2&sortBy=x&orderNumber=A%26B+1",
            vec![("batchId", "1"), ("orderNumber", "A&B 1")],
        ),
    ] {
        assert_eq!(notice(resource_type, url, &real()).unwrap(), labels(&filters), "{url}");
    }
    for resource_type in ["FULFILLMENT_SHIPPED", "FULFILLMENT_REJECTED"] {
        let url = "https://ssapi.shipstation.com/fulfillments?fulfillmentId=5";
        let expected = asks(ShipmentSource::Fulfilments, &[("fulfillmentId", "5")]);
        assert_eq!(notice(resource_type, url, &real()).unwrap(), expected);
    }
}

#[test]
fn types_that_do_not_concern_us_are_ignored_whatever_their_address() {
    for resource_type in [
        "ORDER_NOTIFY",
        "ITEM_ORDER_NOTIFY",
        "SHIPMENT_CREATED_V2",
        "TRACK_EVENT_V2",
        "BATCH_PROCESSED_V2",
        "FULFILLMENT_REJECTED_V2",
        "SHIP_NOTIFY_V2",
        "LABEL_CREATED",
        "Something new",
    ] {
        let ignored = notice(resource_type, "https://evil.test/", &real()).unwrap();
        assert_eq!(ignored, Notice::Ignored(resource_type.to_owned()));
    }
    assert!(matches!(
        shipstation(br#"{"resource_type": "ORDER_NOTIFY"}"#, &real(), received()),
        Ok(Notice::Ignored(_))
    ));
}

#[test]
fn a_notice_of_another_shape_is_told_what_was_expected() {
    for (body, expected) in [
        ("x", "the body is not JSON"),
        ("{}", "expected `resource_type`"),
        (r#"{"resource_type": ""}"#, "expected `resource_type`"),
        (r#"{"resource_type": 5}"#, "expected a string"),
        (r#"{"resource_type": "SHIP_NOTIFY"}"#, "expected `resource_url`"),
        (r#"{"resource_type": "SHIP_NOTIFY", "resource_url": null}"#, "expected `resource_url`"),
        (r#"["https://ssapi.shipstation.com/shipments?batchId=1", "SHIP_NOTIFY"]"#, "found an array"),
    ] {
        let error = shipstation(body.as_bytes(), &real(), received()).unwrap_err().to_string();
        assert!(error.contains(expected), "{body}: {error}");
    }
}

#[test]
fn forged_addresses_are_refused() {
    let long = format!("https://ssapi.shipstation.com/shipments?batchId=1&x={}", "x".repeat(10_000));
    let value = format!("https://ssapi.shipstation.com/shipments?batchId={}", "1".repeat(FILTER_MAX + 1));
    for (url, expected) in [
        // Other hosts, and ours in disguise.
        ("https://ssapi.shipstation.com.evil.test/shipments?batchId=1", "names the host"),
        ("https://evil.test/shipments?batchId=1", "names the host"),
        ("https://evil.test/ssapi.shipstation.com/shipments?batchId=1", "names the host"),
        ("https://ssapiX.shipstation.com/shipments?batchId=1", "names the host"),
        ("https://xssapi.shipstation.com/shipments?batchId=1", "names the host"),
        ("https://ssapi.shipstation.com./shipments?batchId=1", "names the host"),
        ("https://ssapi%2eshipstation.com/shipments?batchId=1", "names the host"),
        ("https://ssapi.shipstation.com%2f.evil.test/shipments?batchId=1", "is no absolute URL"),
        ("https://xn--bcher-kva.shipstation.com/shipments?batchId=1", "names the host"),
        ("https://[::1]/shipments?batchId=1", "names the host"),
        ("https://[::ffff:127.0.0.1]:8080/shipments?batchId=1", "names the host"),
        ("https://127.0.0.1/shipments?batchId=1", "names the host"),
        ("https://2130706433/shipments?batchId=1", "names the host"),
        ("https://ssapi\u{3002}shipstation.com/shipments?batchId=1", "plain ASCII"),
        // Credentials, schemes, ports.
        ("https://user:pass@ssapi.shipstation.com/shipments?batchId=1", "credentials"),
        ("https://ssapi.shipstation.com@evil.test/shipments?batchId=1", "credentials"),
        ("https://@ssapi.shipstation.com/shipments?batchId=1", "credentials"),
        ("http://ssapi.shipstation.com/shipments?batchId=1", "https://"),
        ("http://ssapi7.shipstation.com/shipments?batchId=1", "https://"),
        ("ftp://ssapi7.shipstation.com/shipments?batchId=1", "https://"),
        ("file:///shipments?batchId=1", "names the host"),
        ("//ssapi.shipstation.com/shipments?batchId=1", "is no absolute URL"),
        ("https:ssapi.shipstation.com/shipments?batchId=1", "is no absolute URL"),
        (
            "https:ssapi.shipstation.com/x?y=://ssapi.shipstation.com/shipments?&batchId=1",
            "is no absolute URL",
        ),
        ("https:///ssapi.shipstation.com/shipments?batchId=1", "names the host"),
        ("https://ssapi.shipstation.com:8443/shipments?batchId=1", "port"),
        ("https://ssapi6.shipstation.com:80/shipments?batchId=1", "port"),
        ("https://ssapi6.shipstation.com:/shipments?batchId=1", "names the host"),
        // Other paths, and ours in disguise.
        ("https://ssapi.shipstation.com/orders?batchId=1", "path"),
        ("https://ssapi.shipstation.com/fulfillments?batchId=1", "path"),
        ("https://ssapi.shipstation.com/shipments/?batchId=1", "path"),
        ("https://ssapi.shipstation.com//shipments?batchId=1", "path"),
        ("https://ssapi.shipstation.com/x/../shipments?batchId=1", "path"),
        ("https://ssapi.shipstation.com/%2e/shipments?batchId=1", "path"),
        ("https://ssapi.shipstation.com/%73hipments?batchId=1", "path"),
        ("https://ssapi6.shipstation.com?batchId=1", "path"),
        // What has no place in an address.
        ("https://ssapi.shipstation.com\\@evil.test/shipments?batchId=1", "plain ASCII"),
        ("https:\\\\ssapi.shipstation.com\\shipments?batchId=1", "plain ASCII"),
        ("https://ssapi.shipstation.com/shipments?batchId=1#x", "plain ASCII"),
        ("https://evil.test#ssapi.shipstation.com/shipments?batchId=1", "plain ASCII"),
        (" https://ssapi.shipstation.com/shipments?batchId=1", "plain ASCII"),
        ("https://ssapi.ship\tstation.com/shipments?batchId=1", "plain ASCII"),
        (&long, "more than 2000 characters"),
        // Filters.
        (&value, "`batchId` that is no value"),
        ("https://ssapi.shipstation.com/shipments?batchId=1%0d%0aHost:x", "`batchId` that is no value"),
        ("https://ssapi.shipstation.com/shipments?batchId=%ff", "`batchId` that is no value"),
        ("https://ssapi.shipstation.com/shipments", "no filter"),
        ("https://ssapi.shipstation.com/shipments?batchId=&pageSize=500&page=1&x=1", "no filter"),
    ] {
        assert_refused("SHIP_NOTIFY", url, expected);
    }
}

#[test]
fn the_host_of_base_url_may_have_its_own_scheme_port_and_prefix() {
    let sandbox: AllowedHosts = "http://127.0.0.1:9002/v1/".parse().unwrap();
    for (url, allowed) in [
        ("http://127.0.0.1:9002/v1/shipments?batchId=1", true),
        ("http://127.0.0.1:9002/shipments?batchId=1", true),
        ("https://127.0.0.1/shipments?batchId=1", true),
        ("https://ssapi6.shipstation.com/shipments?batchId=1", true),
        ("http://127.0.0.1:9003/v1/shipments?batchId=1", false),
        ("http://127.0.0.1:9002/v2/shipments?batchId=1", false),
        ("http://127.0.0.1:9002/v1shipments?batchId=1", false),
        ("http://2130706433:9002/v1/shipments?batchId=1", false),
        ("http://localhost:9002/v1/shipments?batchId=1", false),
        ("http://ssapi6.shipstation.com/shipments?batchId=1", false),
        ("https://ssapi6.shipstation.com:9002/shipments?batchId=1", false),
        ("https://ssapi6.shipstation.com/v1/shipments?batchId=1", false),
    ] {
        assert_eq!(notice("SHIP_NOTIFY", url, &sandbox).is_ok(), allowed, "{url}");
    }
    let six: AllowedHosts = "http://[::1]:9002".parse().unwrap();
    assert!(notice("SHIP_NOTIFY", "http://[::1]:9002/shipments?batchId=1", &six).is_ok());
    for bad in ["", "ssapi.shipstation.com", "ftp://ssapi.shipstation.com", "data:x"] {
        assert!(bad.parse::<AllowedHosts>().is_err(), "{bad}");
        assert!(real().with_v2(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_notice_of_v2_asks_v1_by_the_ids_that_the_two_share() {
    let fulfilments = ShipmentSource::Fulfilments;
    for (resource_type, url, expected) in [
        ("LABEL_CREATED_V2", "labels?label_id=se-456", labels(&[("shipmentId", "456")])),
        ("label_created_v2", "labels?LABEL_ID=se-0456&x=1", labels(&[("shipmentId", "456")])),
        ("LABEL_CREATED_V2", "labels?shipment_id=se-123", labels(&[("orderId", "123")])),
        ("LABEL_CREATED_V2", "labels?shipment_id=se%2D123", labels(&[("orderId", "123")])),
        ("LABEL_CREATED_V2", "labels?shipment_id=se-1&label_id=se-2", labels(&[("shipmentId", "2")])),
        ("LABEL_CREATED_V2", "labels?shipment_id=se-1&shipment_id=se-2", labels(&[("orderId", "1")])),
        ("LABEL_CREATED_V2", "labels?batch_id=x&shipment_id=se-1&label_id=", labels(&[("orderId", "1")])),
        (
            "FULFILLMENT_SHIPPED_V2",
            "fulfillments?fulfillment_id=se-5&shipment_id=se-123",
            asks(fulfilments, &[("orderId", "123")]),
        ),
        (
            "Fulfillment_Shipped_V2",
            "fulfillments?shipment_id=se-9223372036854775807",
            asks(fulfilments, &[("orderId", "9223372036854775807")]),
        ),
    ] {
        let url = format!("https://api.shipstation.com/v2/{url}");
        assert_eq!(notice(resource_type, &url, &real()).unwrap(), expected, "{url}");
    }
}

#[test]
fn a_notice_of_v2_without_such_an_id_asks_by_its_time_and_a_batch_asks_once() {
    let batch = "https://api.shipstation.com/v2/labels?batch_id=se-64616278";
    let single = "https://api.shipstation.com/v2/fulfillments?fulfillment_id=se-5";
    let at = |instant: &str, resource_type: &str, url: &str| {
        let body = serde_json::json!({ "resource_type": resource_type, "resource_url": url }).to_string();
        shipstation(body.as_bytes(), &real(), instant.parse().unwrap()).unwrap()
    };
    for (instant, since) in [
        ("2026-01-05T00:07:31Z", "2026-01-04T14:00:00"),
        ("2026-01-05T00:09:59.999Z", "2026-01-04T14:00:00"),
        ("2026-01-05T00:10:00Z", "2026-01-04T14:10:00"),
        ("2026-07-01T09:05:00Z", "2026-07-01T00:00:00"),
        ("2026-07-01T08:55:00Z", "2026-06-30T23:50:00"),
        // The hour that comes twice begins at 08:00 UTC, and what begins in it begins before it.
        ("2026-11-01T09:59:00Z", "2026-11-01T00:50:00"),
        ("2026-11-01T11:35:00Z", "2026-11-01T00:30:00"),
        ("2026-11-01T12:05:00Z", "2026-11-01T02:00:00"),
    ] {
        let filters = [("createDateStart", since)];
        assert_eq!(at(instant, "LABEL_CREATED_V2", batch), labels(&filters), "{instant}");
        let fulfilments = asks(ShipmentSource::Fulfilments, &filters);
        assert_eq!(at(instant, "FULFILLMENT_SHIPPED_V2", single), fulfilments, "{instant}");
    }
}

/// Addresses that are none of ShipStation's V2, with a part of what is said of them.
const FORGED_V2: &[(&str, &str)] = &[
    // Other hosts, those of V1 among them, and ours in disguise.
    ("https://api.shipstation.com.evil.test/v2/labels?label_id=se-1", "names the host"),
    ("https://evil.test/v2/labels?label_id=se-1", "names the host"),
    ("https://evil.test/api.shipstation.com/v2/labels?label_id=se-1", "names the host"),
    ("https://api.evil.test/v2/labels?label_id=se-1", "that of `v2_base_url`"),
    ("https://ssapi.shipstation.com/v2/labels?label_id=se-1", "names the host"),
    ("https://ssapi6.shipstation.com/shipments?batchId=1", "names the host"),
    ("https://api6.shipstation.com/v2/labels?label_id=se-1", "names the host"),
    ("https://xapi.shipstation.com/v2/labels?label_id=se-1", "names the host"),
    ("https://shipstation.com/v2/labels?label_id=se-1", "names the host"),
    ("https://api.shipstation.com./v2/labels?label_id=se-1", "names the host"),
    ("https://api%2eshipstation.com/v2/labels?label_id=se-1", "names the host"),
    ("https://API.SHIPSTATION.COM.EVIL.TEST/v2/labels?label_id=se-1", "names the host"),
    ("https://api.sh\u{131}pstation.com/v2/labels?label_id=se-1", "plain ASCII"),
    ("https://\u{ff41}pi.shipstation.com/v2/labels?label_id=se-1", "plain ASCII"),
    ("https://[::1]/v2/labels?label_id=se-1", "names the host"),
    ("https://[::ffff:127.0.0.1]:8080/v2/labels?label_id=se-1", "names the host"),
    ("https://[api.shipstation.com]/v2/labels?label_id=se-1", "is no absolute URL"),
    ("https://2130706433/v2/labels?label_id=se-1", "names the host"),
    // Credentials, schemes, ports.
    ("https://user:pass@api.shipstation.com/v2/labels?label_id=se-1", "credentials"),
    ("https://api.shipstation.com@evil.test/v2/labels?label_id=se-1", "credentials"),
    ("https://API.SHIPSTATION.COM:443@evil.test/v2/labels?label_id=se-1", "credentials"),
    ("https://@api.shipstation.com/v2/labels?label_id=se-1", "credentials"),
    ("http://api.shipstation.com/v2/labels?label_id=se-1", "https://"),
    ("HTTP://API.SHIPSTATION.COM/v2/labels?label_id=se-1", "https://"),
    ("file:///v2/labels?label_id=se-1", "names the host"),
    ("//api.shipstation.com/v2/labels?label_id=se-1", "is no absolute URL"),
    ("https:api.shipstation.com/v2/labels?label_id=se-1", "is no absolute URL"),
    ("https://api.shipstation.com:8443/v2/labels?label_id=se-1", "port"),
    ("https://api.shipstation.com:/v2/labels?label_id=se-1", "names the host"),
    ("https://api.shipstation.com:443:443/v2/labels?label_id=se-1", "is no absolute URL"),
    // Other paths, and ours in disguise.
    ("https://api.shipstation.com/labels?label_id=se-1", "path"),
    ("https://api.shipstation.com/v2/fulfillments?label_id=se-1", "path"),
    ("https://api.shipstation.com/v2/labels/se-1?label_id=se-1", "path"),
    ("https://api.shipstation.com/v2/Labels?label_id=se-1", "path"),
    ("https://api.shipstation.com/V2/labels?label_id=se-1", "path"),
    ("https://api.shipstation.com//v2/labels?label_id=se-1", "path"),
    ("https://api.shipstation.com/v2/x/../labels?label_id=se-1", "path"),
    ("https://api.shipstation.com/v2/%6cabels?label_id=se-1", "path"),
    ("https://api.shipstation.com?label_id=se-1", "path"),
    // What has no place in an address.
    ("https://api.shipstation.com\\@evil.test/v2/labels?label_id=se-1", "plain ASCII"),
    ("https://api.shipstation.com\\v2\\labels?label_id=se-1", "plain ASCII"),
    ("https:\\\\api.shipstation.com/v2/labels?label_id=se-1", "plain ASCII"),
    ("https://evil.test#api.shipstation.com/v2/labels?label_id=se-1", "plain ASCII"),
    ("https://api.shipstation.com/v2/labels?label_id=se-1\n", "plain ASCII"),
];

/// Filters of labels that no honest notification has.
const FORGED_V2_FILTERS: &[(&str, &str)] = &[
    ("?label_id=1", "`label_id` that is no id"),
    ("?label_id=SE-1", "`label_id` that is no id"),
    ("?label_id=se-", "`label_id` that is no id"),
    ("?label_id=se-0", "`label_id` that is no id"),
    ("?label_id=se--1", "`label_id` that is no id"),
    ("?label_id=se-%2B1", "`label_id` that is no id"),
    ("?label_id=se-1%262", "`label_id` that is no id"),
    ("?shipment_id=se-1.0", "`shipment_id` that is no id"),
    ("?shipment_id=se-%D9%A1", "`shipment_id` that is no id"),
    ("?batch_id=se-1%0d%0aHost:x", "`batch_id` that is no value"),
    ("?batch_id=%ff", "`batch_id` that is no value"),
    ("", "no filter"),
    ("?label_id=&page=1&batchId=1&fulfillment_id=se-1", "no filter"),
];

fn assert_refused(resource_type: &str, url: &str, expected: &str) {
    let error = notice(resource_type, url, &real()).unwrap_err();
    assert!(matches!(error, NotUnderstood::Url(_)), "{url}: {error}");
    assert!(error.to_string().contains(expected), "{url}: {error}");
}

#[test]
fn forged_addresses_of_v2_are_refused() {
    for (url, expected) in FORGED_V2 {
        assert_refused("LABEL_CREATED_V2", url, expected);
    }
    let labels = "https://api.shipstation.com/v2/labels";
    for (query, expected) in FORGED_V2_FILTERS {
        assert_refused("LABEL_CREATED_V2", &format!("{labels}{query}"), expected);
    }
    for (query, expected) in [
        (format!("label_id=se-1&x={}", "x".repeat(10_000)), "more than 2000 characters"),
        (format!("label_id=se-{}", "1".repeat(FILTER_MAX)), "`label_id` that is no value"),
        (format!("label_id=se-{}", "9".repeat(30)), "`label_id` that is no id: expected se-"),
    ] {
        assert_refused("LABEL_CREATED_V2", &format!("{labels}?{query}"), expected);
    }
}

#[test]
fn a_type_and_its_address_are_of_one_version_and_of_one_list() {
    for (resource_type, url, expected) in [
        ("SHIP_NOTIFY", "https://api.shipstation.com/v2/labels?batch_id=se-1", "names the host"),
        ("SHIP_NOTIFY", "https://api.shipstation.com/shipments?batchId=1", "names the host"),
        ("SHIP_NOTIFY", "https://ssapi.shipstation.com/v2/labels?batch_id=se-1", "path"),
        ("LABEL_CREATED_V2", "https://ssapi.shipstation.com/v2/labels?batch_id=se-1", "names the host"),
        ("LABEL_CREATED_V2", "https://ssapi6.shipstation.com/shipments?batchId=1", "names the host"),
        ("LABEL_CREATED_V2", "https://api.shipstation.com/shipments?batchId=1", "path"),
        ("LABEL_CREATED_V2", "https://api.shipstation.com/v2/fulfillments?shipment_id=se-1", "path"),
        ("FULFILLMENT_SHIPPED_V2", "https://api.shipstation.com/v2/labels?shipment_id=se-1", "path"),
    ] {
        assert_refused(resource_type, url, expected);
    }
}

#[test]
fn the_host_of_v2_base_url_takes_the_place_of_shipstations() {
    let hosts = real().with_v2("http://127.0.0.1:9003/proxy/").unwrap();
    for (resource_type, url, allowed) in [
        ("LABEL_CREATED_V2", "http://127.0.0.1:9003/proxy/v2/labels?label_id=se-1", true),
        ("LABEL_CREATED_V2", "http://127.0.0.1:9003/v2/labels?label_id=se-1", true),
        ("LABEL_CREATED_V2", "http://127.0.0.1:9004/v2/labels?label_id=se-1", false),
        ("LABEL_CREATED_V2", "http://127.0.0.1:9003/other/v2/labels?label_id=se-1", false),
        ("LABEL_CREATED_V2", "http://localhost:9003/v2/labels?label_id=se-1", false),
        ("LABEL_CREATED_V2", "https://api.shipstation.com/v2/labels?label_id=se-1", false),
        ("SHIP_NOTIFY", "http://127.0.0.1:9003/shipments?batchId=1", false),
        ("SHIP_NOTIFY", "https://ssapi.shipstation.com/shipments?batchId=1", true),
    ] {
        assert_eq!(notice(resource_type, url, &hosts).is_ok(), allowed, "{resource_type} {url}");
    }
    // Some write the API's address with its version.
    let versioned = real().with_v2("https://api.shipstation.com/v2").unwrap();
    let url = "https://API.ShipStation.com:443/v2/labels?label_id=se-1";
    assert_eq!(notice("LABEL_CREATED_V2", url, &versioned).unwrap(), labels(&[("shipmentId", "1")]));
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = cin7_orders(&body);
        let _ = shipstation(&body, &real(), received());
    }

    #[test]
    fn an_address_that_is_taken_leads_to_a_narrow_list(
        scheme in "(https|HTTPS|http|ftp)?:?/{0,3}",
        host in "(user@)?ssapi[0-9x.]{0,2}\\.?shipstation\\.com[.:@]?[0-9a-z.]{0,5}",
        rest in "/?(shipments|orders|\\.\\.)?/?\\??(batchId|page|storeID)=[0-9%&#]{0,4}",
    ) {
        let url = format!("{scheme}{host}{rest}");
        if let Ok(Notice::Shipments(query)) = notice("SHIP_NOTIFY", &url, &real()) {
            prop_assert!(!query.filters.is_empty());
            prop_assert!(url.to_ascii_lowercase().starts_with("https://ssapi"), "{}", url);
        }
    }

    #[test]
    fn an_address_of_v2_that_is_taken_asks_for_one_thing(
        scheme in "(https|HTTPS|http|ftp)?:?/{0,3}",
        host in "(user@)?api[0-9x.]{0,1}\\.?shipstation\\.com[.:@]?[0-9a-z.]{0,5}",
        rest in "/?(v2/)?(labels|shipments|\\.\\.)?/?\\??(label_id|batch_id|page)=(se-)?[0-9%&#]{0,4}",
    ) {
        let url = format!("{scheme}{host}{rest}");
        if let Ok(Notice::Shipments(query)) = notice("LABEL_CREATED_V2", &url, &real()) {
            prop_assert_eq!(query.filters.len(), 1);
            let lower = url.to_ascii_lowercase();
            prop_assert!(lower.starts_with("https://api.shipstation.com"), "{}", url);
        }
    }
}

//! Answers of ShipStation.

use std::collections::BTreeMap;

use domain::event::{ShipmentQuery, ShipmentSource};
use domain::failure::Failure;
use domain::placed_order::PlacedOrder;
use domain::shipment::{Shipment, ShipmentId};
use domain::shipping_order::{ShippingAddress, ShippingOrder, ShippingStatus};
use platforms::{Listing, ResponseHeaders, Store, Subscription};
use rust_decimal::Decimal;
use secrecy::ExposeSecret;

use crate::canned::{Canned, body, decimal, now, permit, shipstation, utc, value};
use crate::recordings::folder as recorded;

async fn placed_orders(body: String) -> Listing<PlacedOrder> {
    shipstation(Canned::new(200, body)).orders_modified_since(permit(), now(), None, 1).await.outcome.unwrap()
}

async fn shipments(source: ShipmentSource, body: String) -> Listing<Shipment> {
    let query = ShipmentQuery { source, filters: BTreeMap::new() };
    shipstation(Canned::new(200, body)).shipments(permit(), &query, 1).await.outcome.unwrap()
}

/// Nothing in such an answer is read as an order or a label.
pub(crate) async fn assert_neither_order_nor_label(name: &str, body: String) {
    let client = shipstation(Canned::new(200, body));
    let orders = client.orders_modified_since(permit(), now(), None, 1).await.outcome;
    assert!(orders.map_or(true, |listing| listing.records.is_empty()), "{name}");
    let query = ShipmentQuery { source: ShipmentSource::Labels, filters: BTreeMap::new() };
    let labels = client.shipments(permit(), &query, 1).await.outcome;
    assert!(labels.map_or(true, |listing| listing.records.is_empty()), "{name}");
}

#[tokio::test]
async fn shipstations_errors_are_classified_and_their_words_found() {
    let Some(folder) = recorded() else { return };
    let errors = value(&folder, "shipstation/errors/errors_observed.json");
    let errors = errors.as_array().unwrap();
    let expected = [
        (429, "rate_limited", "rate_limited", "Too Many Requests"),
        (400, "permanent", "permanent", "apiOrder: Cannot deserialize the current JSON array"),
        (400, "permanent", "permanent", "apiOrders.orderNumber: Cannot deserialize the current JSON object"),
        (400, "permanent", "permanent", "request.testlabel: The value '0' is not valid for"),
        (500, "transient", "ambiguous", "Object reference not set to an instance of an object."),
    ];
    assert_eq!(errors.len(), expected.len());
    for (error, (status, read, write, words)) in errors.iter().zip(expected) {
        assert_eq!(error["status"], status);
        let header = |name: &str| error["headers"][name].as_str().map(str::to_owned);
        let headers =
            ResponseHeaders { rate_reset: header("X-Rate-Limit-Reset"), ..ResponseHeaders::default() };
        let client = shipstation(Canned::with_headers(status, error["body"].to_string(), headers));
        let failure = client.stores(permit()).await.outcome.unwrap_err();
        assert_eq!(failure.class(), read);
        assert!(failure.to_string().contains(words), "{failure}");
        if let Failure::RateLimited { until, .. } = failure {
            assert_eq!(until.duration_since(now()).as_secs(), 20);
        }
        let failure = client.create_orders(permit(), &[shipping_order("k")]).await.outcome.unwrap_err();
        assert_eq!(failure.class(), write);
    }
}

#[tokio::test]
async fn orders_of_a_live_account_keep_their_ids_and_instants() {
    let Some(folder) = recorded() else { return };
    let listing = placed_orders(body(&folder, "shipstation/real-2020/list_orders.json")).await;
    assert!(listing.unreadable.is_empty() && !listing.has_more());
    assert_eq!(listing.records.len(), 2);
    let first = &listing.records[0];
    assert_eq!((first.order_id, first.order_key.as_str()), (123_456_789, "123456789"));
    assert_eq!((first.status.as_str(), first.store_id), ("shipped", Some(12345)));
    assert_eq!(first.modified, Some(utc("2015-06-29T21:30:07.897Z")), "14:30 Pacific summer time");
    assert!(!first.merged_or_split);

    let client = shipstation(Canned::new(200, body(&folder, "shipstation/real-2020/get_order.json")));
    let order = client.order(permit(), 123_456_789).await.outcome.unwrap().unwrap();
    assert_eq!(order.modified, Some(utc("2015-07-01T01:47:32.933Z")));
}

#[tokio::test]
async fn orders_of_the_vendors_mock_are_read_in_lists_and_alone() {
    let Some(folder) = recorded() else { return };
    let listing =
        placed_orders(body(&folder, "shipstation/official-mock-2017/list_orders_with_parameters.json")).await;
    assert!(listing.unreadable.is_empty() && !listing.has_more(), "pages: 0 beside data ends the list");
    let told: Vec<_> = listing.records.iter().map(|order| (order.order_id, order.status.as_str())).collect();
    assert_eq!(told, [(987_654_321, "awaiting_shipment"), (123_456_789, "awaiting_shipment")]);
    assert_eq!(listing.records[0].modified, Some(utc("2015-08-17T16:24:16.48Z")));

    for (name, id, modified) in [
        ("get_order", 94_113_592, "2015-09-08T18:03:12.38Z"),
        ("create_order", 140_335_319, "2016-02-16T23:16:53.707Z"),
        ("update_order", 140_335_319, "2016-02-16T23:16:53.707Z"),
    ] {
        let body = body(&folder, &format!("shipstation/official-mock-2017/{name}.json"));
        let order = shipstation(Canned::new(200, body)).order(permit(), id).await.outcome.unwrap().unwrap();
        assert_eq!((order.order_id, order.order_number.as_str()), (id, "TEST-ORDER-API-DOCS"));
        assert_eq!(order.modified, Some(utc(modified)), "{name}");
    }
    let shipped = body(&folder, "shipstation/official-mock-2017/mark_order_as_shipped.json");
    let order = shipstation(Canned::new(200, shipped)).order(permit(), 1).await.outcome.unwrap().unwrap();
    assert_eq!((order.order_id, order.order_number.as_str()), (123_456_789, "ABC123"));
}

pub(crate) fn shipping_order(key: &str) -> ShippingOrder {
    ShippingOrder {
        order_key: key.to_owned(),
        order_number: "TEST-ORDER-API-DOCS".to_owned(),
        order_date: now(),
        status: ShippingStatus::AwaitingShipment,
        customer_username: String::new(),
        customer_email: String::new(),
        bill_to: ShippingAddress::default(),
        ship_to: ShippingAddress::default(),
        items: Vec::new(),
        amount_paid: Decimal::ZERO,
        tax_amount: Decimal::ZERO,
        shipping_amount: Decimal::ZERO,
        customer_notes: String::new(),
        internal_notes: String::new(),
        payment_method: String::new(),
        requested_service: String::new(),
        weight: None,
        store_id: None,
        custom_fields: Default::default(),
        gift: false,
        source: String::new(),
        replaces: None,
        currency: String::new(),
        service: None,
        tags: Vec::new(),
    }
}

#[tokio::test]
async fn the_answers_to_bulk_writes_settle_our_keys() {
    let Some(folder) = recorded() else { return };
    for name in ["create_orders", "update_orders"] {
        let body = body(&folder, &format!("shipstation/official-mock-2017/{name}.json"));
        let orders = ["someone-elses", "0f6bec18-3e89-4881-83aa-f392d84f4c74"].map(shipping_order);
        let client = shipstation(Canned::new(200, body));
        let outcomes = client.create_orders(permit(), &orders).await.outcome.unwrap();
        assert_eq!(outcomes[1].result, Ok(58_345_234), "{name}");
        assert!(matches!(outcomes[0].result, Err(Failure::Ambiguous { .. })), "{name}");
    }
}

#[tokio::test]
async fn labels_of_a_live_account_keep_number_cost_and_day() {
    let Some(folder) = recorded() else { return };
    let listing =
        shipments(ShipmentSource::Labels, body(&folder, "shipstation/real-2020/list_shipments.json")).await;
    assert!(listing.unreadable.is_empty() && !listing.has_more());
    let told: Vec<_> = listing.records.iter().map(|label| (label.id, label.tracking.as_str())).collect();
    assert_eq!(
        told,
        [
            (ShipmentId::Label(123_456_789), "9400111899562764298812"),
            (ShipmentId::Label(101_027_951), "9400111899562764290564"),
            (ShipmentId::Label(123_456_789), "9400111899562764290090"),
        ]
    );
    for label in &listing.records {
        assert_eq!(label.created, Some(utc("2015-06-29T21:29:28.583Z")));
        assert_eq!(label.ship_date.unwrap().to_string(), "2015-06-29");
        assert_eq!((label.cost, label.store_id), (decimal("2.35"), Some(12345)));
        assert_eq!((label.carrier.as_str(), label.service.as_str()), ("stamps_com", "usps_first_class_mail"));
        assert!(label.is_live() && label.items.is_none());
    }
    assert_eq!(listing.records[1].order_key, "234567890");
    assert_eq!(listing.records[1].shipstation_order, Some(234_567_890));
}

#[tokio::test]
async fn labels_of_the_vendors_mock_come_with_items_and_without_keys() {
    let Some(folder) = recorded() else { return };
    for name in ["list_all_shipments", "list_matching_shipments"] {
        let body = body(&folder, &format!("shipstation/official-mock-2017/{name}.json"));
        let listing = shipments(ShipmentSource::Labels, body).await;
        assert!(listing.unreadable.is_empty() && !listing.has_more(), "{name}");
        let label = &listing.records[0];
        assert_eq!((label.id, label.shipstation_order), (ShipmentId::Label(33_974_374), Some(43_945_660)));
        assert_eq!((label.order_number.as_str(), label.order_key.as_str()), ("100038-1", ""));
        assert_eq!(label.created, Some(utc("2014-10-03T13:51:33.627Z")));
        assert_eq!((label.cost, label.store_id), (decimal("1.93"), None));
        let items = label.items.as_ref().unwrap();
        assert_eq!((items[0].sku.as_str(), items[0].quantity), ("SQ3785739", 1));
    }
}

#[tokio::test]
async fn fulfilments_are_told_from_labels() {
    let Some(folder) = recorded() else { return };
    let real = body(&folder, "shipstation/real-2020/list_fulfillments.json");
    let real = shipments(ShipmentSource::Fulfilments, real).await;
    let mock = body(&folder, "shipstation/official-mock-2017/fulfillments_list.json");
    let mock = shipments(ShipmentSource::Fulfilments, mock).await;
    assert!(real.unreadable.is_empty() && mock.unreadable.is_empty() && !mock.has_more());
    let told: Vec<_> = (real.records.iter().chain(&mock.records))
        .map(|fulfilment| (fulfilment.id, fulfilment.tracking.as_str(), fulfilment.carrier.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (ShipmentId::Fulfilment(12_345_678), "1Z4X53V5032442XXXX", "UPS"),
            (ShipmentId::Fulfilment(23_456_789), "", ""),
            (ShipmentId::Fulfilment(33_974_374), "783408231234", "USPS"),
            (ShipmentId::Fulfilment(246_310), "664756278745", "FedEx"),
        ]
    );
    assert!(real.records.iter().chain(&mock.records).all(|one| one.is_live() && one.items.is_none()));
    assert_eq!(real.records[0].created, Some(utc("2020-06-19T14:21:51.773Z")));
    assert_eq!(real.records[0].ship_date.unwrap().to_string(), "2020-06-19");
    assert_eq!(real.records[1].ship_date.unwrap().to_string(), "2020-06-24");
    assert_eq!(mock.records[1].shipstation_order, Some(193_699_927));
}

#[tokio::test]
async fn stores_are_read_in_both_recordings() {
    let Some(folder) = recorded() else { return };
    let mut stores: Vec<Store> = Vec::new();
    let single = body(&folder, "shipstation/real-2020/get_store.json");
    for body in [
        body(&folder, "shipstation/real-2020/list_stores.json"),
        format!("[{single}]"),
        body(&folder, "shipstation/official-mock-2017/list_stores.json"),
    ] {
        let listing = shipstation(Canned::new(200, body)).stores(permit()).await.outcome.unwrap();
        assert!(listing.unreadable.is_empty());
        stores.extend(listing.records);
    }
    let told: Vec<_> = stores.iter().map(|store| (store.id, store.marketplace.as_str())).collect();
    let amazon = |id| (id, "Amazon");
    let expected = [
        amazon(34567),
        amazon(23456),
        amazon(12345),
        amazon(12345),
        (22766, "ShipStation"),
        (25748, "WooCommerce"),
    ];
    assert_eq!(told, expected);
    assert!(stores.iter().all(|store| store.active));
    assert_eq!(stores[3].name, "US Amazon Store");
}

#[tokio::test]
async fn webhooks_are_read_in_both_shapes_made_and_removed() {
    let Some(folder) = recorded() else { return };
    let client = |name: &str| shipstation(Canned::new(200, body(&folder, name)));
    let bare = client("shipstation/real-2020/list_webhooks.json").webhooks(permit()).await.outcome.unwrap();
    let mock = "shipstation/official-mock-2017/webhook_list.json";
    let enveloped = client(mock).webhooks(permit()).await.outcome.unwrap();
    for listing in [bare, enveloped] {
        assert!(listing.unreadable.is_empty());
        let listed = &listing.records[1];
        let members =
            (listed.id, listed.event.as_str(), listed.store_id, listed.name.as_str(), listed.active);
        assert_eq!(members, (456, "SHIP_NOTIFY", Some(98765), "My Shipment Webhook", true));
        assert_eq!(listed.url.expose_secret(), "https://example.endpoint/shipment");
    }

    let event = "ORDER_NOTIFY".to_owned();
    let wanted = Subscription { target_url: "https://x".into(), event, store_id: None, name: "n".to_owned() };
    let made =
        client("shipstation/official-mock-2017/webhook_subscribe.json").subscribe(permit(), &wanted).await;
    assert_eq!(made.outcome, Ok(123_456));
    let gone =
        client("shipstation/official-mock-2017/webhook_unsubscribe.json").unsubscribe(permit(), 1).await;
    assert_eq!(gone.outcome, Ok(()));
}

#[tokio::test]
async fn carriers_services_and_tags_are_read_in_both_recordings() {
    let Some(folder) = recorded() else { return };
    for (recording, carriers, services) in [("official-mock-2017", 5, 19), ("real-2020", 2, 3)] {
        let body = |name: &str| body(&folder, &format!("shipstation/{recording}/{name}.json"));
        let client = shipstation(Canned::new(200, body("list_carriers")));
        let found = client.carriers(permit()).await.outcome.unwrap();
        assert_eq!((found.records.len(), found.unreadable.len()), (carriers, 0), "{recording}");
        assert!(found.records.iter().any(|carrier| carrier.code == "stamps_com"));
        let client = shipstation(Canned::new(200, body("list_services")));
        let found = client.services(permit(), "stamps_com").await.outcome.unwrap();
        assert_eq!((found.records.len(), found.unreadable.len()), (services, 0), "{recording}");
    }
    let client = shipstation(Canned::new(200, body(&folder, "shipstation/real-2020/list_tags.json")));
    let tags = client.tags(permit()).await.outcome.unwrap().records;
    assert_eq!((tags.len(), tags[0].id, tags[0].name.as_str()), (1, 12345, "Amazon Prime Order"));
}

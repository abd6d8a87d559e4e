//! What the client asks of ShipStation, and what it makes of the answers.

mod rates;

use domain::placed_order::Theirs;
use domain::shipment::{ShipmentId, ShippedItem};
use domain::shipping_order::{
    Customs, Replaces, ServiceChoice, ShippingAddress, ShippingItem, ShippingStatus,
};
use domain::weight::{ShippingUnit, Weight};
use rust_decimal::Decimal;
use secrecy::ExposeSecret;
use serde_json::json;

use super::*;
use crate::scripted::{Scripted, clock, ok, status, url};

mod account;

fn client(transport: &Arc<Scripted>) -> ShipStationClient {
    let base_url = url("https://ssapi.shipstation.com");
    let settings = ShipStationSettings { base_url, api_key: "key".into(), api_secret: "s3cret".into() };
    ShipStationClient::new(transport.clone(), clock(), settings)
}

fn permit() -> CallPermit {
    CallPermit::granted()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn item(key: &str) -> ShippingItem {
    ShippingItem {
        line_key: key.to_owned(),
        sku: "A-1".to_owned(),
        name: "Mug".to_owned(),
        image_url: String::new(),
        upc: String::new(),
        weight: Some(Weight { value: decimal("123.4567"), unit: ShippingUnit::Grams }),
        quantity: 2,
        unit_price: decimal("12.10"),
        options: vec![("Colour".to_owned(), "Red".to_owned())],
        adjustment: false,
        location: String::new(),
        customs: None,
    }
}

fn customs() -> Customs {
    Customs {
        description: "Mug".to_owned(),
        hs_code: "6912.00".to_owned(),
        origin: String::new(),
        value: decimal("12.10"),
    }
}

fn discount() -> ShippingItem {
    let unit_price = decimal("-0.000001");
    ShippingItem {
        sku: String::new(),
        name: "Discount".to_owned(),
        unit_price,
        adjustment: true,
        weight: None,
        quantity: 1,
        options: Vec::new(),
        ..item("")
    }
}

fn order(key: &str) -> ShippingOrder {
    let address = ShippingAddress { name: "Jo Doe".to_owned(), ..ShippingAddress::default() };
    ShippingOrder {
        order_key: key.to_owned(),
        order_number: "SO-1".to_owned(),
        order_date: "2026-07-01T12:00:00Z".parse().unwrap(),
        status: ShippingStatus::OnHold,
        customer_username: String::new(),
        customer_email: "jo@example.com".to_owned(),
        bill_to: address.clone(),
        ship_to: ShippingAddress { country: "AU".to_owned(), postal_code: "2000".to_owned(), ..address },
        items: vec![item("1:10"), discount()],
        amount_paid: decimal("79228162514264337593543950335"),
        tax_amount: Decimal::ZERO,
        shipping_amount: decimal("9.90"),
        customer_notes: "Ring twice".to_owned(),
        internal_notes: String::new(),
        payment_method: String::new(),
        requested_service: "Express".to_owned(),
        weight: None,
        store_id: Some(12345),
        custom_fields: [String::new(), "PO-1".to_owned(), String::new()],
        gift: false,
        source: "Web".to_owned(),
        service: None,
        tags: Vec::new(),
        replaces: None,
        currency: String::new(),
    }
}

#[tokio::test]
async fn an_order_goes_out_with_plain_numbers_and_without_what_is_empty() {
    let transport = Scripted::answering([ok(r#"{"results": []}"#)]);
    client(&transport).create_orders(permit(), &[order("sb-acme-1")]).await.outcome.unwrap();
    let sent = &transport.sent()[0];
    assert_eq!(sent.line, "POST https://ssapi.shipstation.com/orders/createorders");
    assert_eq!(sent.authorization, "Basic a2V5OnMzY3JldA==");
    for exact in [
        r#""amountPaid":79228162514264337593543950335,"#,
        r#""unitPrice":-0.000001,"#,
        r#""unitPrice":12.1,"#,
    ] {
        assert!(sent.body.contains(exact), "{exact} in {}", sent.body);
    }
    let mut document = transport.json()[0].take();
    assert_eq!(document, rendered(&order("sb-acme-1")), "people are shown what is sent");
    assert!(document["amountPaid"].take().is_number());
    assert_eq!(
        document,
        json!({"orderNumber": "SO-1", "orderKey": "sb-acme-1", "orderDate": "2026-07-01T05:00:00.0000000",
            "orderStatus": "on_hold", "customerEmail": "jo@example.com", "billTo": {"name": "Jo Doe"},
            "shipTo": {"name": "Jo Doe", "postalCode": "2000", "country": "AU"},
            "items": [
                {"lineItemKey": "1:10", "sku": "A-1", "name": "Mug", "weight": {"value": 123.4567, "units": "grams"},
                 "quantity": 2, "unitPrice": 12.1, "options": [{"name": "Colour", "value": "Red"}], "adjustment": false},
                {"name": "Discount", "quantity": 1, "unitPrice": -0.000_001, "adjustment": true}],
            "amountPaid": null, "taxAmount": 0, "shippingAmount": 9.9, "customerNotes": "Ring twice", "gift": false,
            "requestedShippingService": "Express",
            "advancedOptions": {"storeId": 12345, "customField2": "PO-1", "source": "Web"}})
    );
}

#[tokio::test]
async fn what_people_have_set_is_read_and_goes_back_untouched() {
    let body = r#"{"orders": [{"orderId": 5, "orderStatus": "on_hold", "externallyFulfilled": true,
        "weight": {"value": 2.50, "units": "Pounds", "WeightUnits": 0}, "carrierCode": "ups", "serviceCode": "ups_ground",
        "packageCode": "package", "confirmation": null, "shipDate": "2026-09-18", "gift": true,
        "internationalOptions": {"contents": "gift", "customsItems": null},
        "dimensions": {"units": "inches", "length": 7.0, "width": 5.25, "height": 6.0},
        "insuranceOptions": {"provider": null, "insureShipment": false, "insuredValue": 0.0},
        "tagIds": [53, 7], "customerNotes": "Ring twice", "internalNotes": null, "userId": "not ours",
        "advancedOptions": {"warehouseId": 98, "nonMachinable": false, "billToParty": null, "storeId": 7,
            "customField1": "1", "customField2": null, "mergedOrSplit": false, "mergedIds": [8, 9], "parentId": null}},
        {"orderId": 6, "weight": {"value": 0, "units": "ounces"}, "tagIds": "odd", "advancedOptions": null}]}"#;
    let results = r#"{"results": []}"#;
    let transport = Scripted::answering([ok(body), ok(results), ok(results)]);
    let client = client(&transport);
    let since = "2026-07-01T09:30:00Z".parse().unwrap();
    let listing = client.orders_modified_since(permit(), since, None, 1).await.outcome.unwrap();
    assert!(listing.records[0].externally_fulfilled);
    assert_eq!(listing.records[0].merged, [8, 9]);
    assert_eq!((&listing.records[1].theirs, listing.records[1].merged.len()), (&Theirs::default(), 0));
    let theirs = &listing.records[0].theirs;
    assert_eq!(theirs.weight, Some(Weight { value: decimal("2.5"), unit: ShippingUnit::Pounds }));
    assert_eq!((theirs.carrier.as_str(), theirs.service.as_str()), ("ups", "ups_ground"));
    assert_eq!((theirs.tags.as_slice(), theirs.gift), (&[53, 7][..], true));
    assert_eq!((theirs.customer_notes.as_str(), theirs.internal_notes.as_str()), ("Ring twice", ""));
    assert_eq!(theirs.custom_fields, ["1".to_owned(), String::new(), String::new()]);
    let replaces = Replaces { order_id: 5, untouched: theirs.untouched.clone() };
    let replacing = ShippingOrder { replaces: Some(replaces), ..order("sb-acme-1") };
    client.create_orders(permit(), &[replacing]).await.outcome.unwrap();
    let sent: serde_json::Value = serde_json::from_str(&transport.sent()[1].body).unwrap();
    let sent = &sent[0];
    assert_eq!(sent["orderId"], 5);
    assert_eq!(sent["packageCode"], "package");
    assert_eq!(sent["shipDate"], "2026-09-18");
    assert_eq!(sent["dimensions"], json!({"units": "inches", "length": 7.0, "width": 5.25, "height": 6.0}));
    assert_eq!(sent["insuranceOptions"]["insureShipment"], false);
    let advanced = json!({"storeId": 12345, "customField2": "PO-1", "source": "Web", "warehouseId": 98, "nonMachinable": false});
    assert_eq!(sent["advancedOptions"], advanced);
    assert!(sent.get("userId").is_none() && sent.get("confirmation").is_none());
    assert_eq!(sent["internationalOptions"]["contents"], "gift");
    let mut declaring = order("sb-acme-1");
    declaring.replaces = Some(Replaces { order_id: 5, untouched: theirs.untouched.clone() });
    declaring.items[0].customs = Some(customs());
    client.create_orders(permit(), &[declaring]).await.outcome.unwrap();
    assert_eq!(transport.sent()[2].body.matches("internationalOptions").count(), 1);
    assert!(transport.sent()[2].body.contains("merchandise"));
}

#[tokio::test]
async fn service_tags_locations_and_customs_go_out_where_they_are_known() {
    let transport = Scripted::answering([ok(r#"{"results": []}"#)]);
    let mut order = order("sb-acme-1");
    order.service = Some(ServiceChoice { carrier: "ups".to_owned(), service: "ups_ground".to_owned() });
    order.tags = vec![3, 9];
    order.items[0].location = "A-12".to_owned();
    order.items[0].customs = Some(customs());
    client(&transport).create_orders(permit(), &[order]).await.outcome.unwrap();
    let document = transport.json()[0].take();
    assert_eq!((&document["carrierCode"], &document["serviceCode"]), (&json!("ups"), &json!("ups_ground")));
    assert_eq!(document["tagIds"], json!([3, 9]));
    assert_eq!(document["items"][0]["warehouseLocation"], "A-12");
    assert_eq!(document["items"][1].get("warehouseLocation"), None);
    assert_eq!(
        document["internationalOptions"],
        json!({"contents": "merchandise", "customsItems": [
            {"description": "Mug", "quantity": 2, "value": 12.1, "harmonizedTariffCode": "6912.00"}]})
    );
}

#[tokio::test]
async fn results_of_an_import_are_matched_by_key() {
    let transport = Scripted::answering([ok(r#"{"hasErrors": true, "results": [
        {"orderId": 33, "orderKey": "c", "success": true, "errorMessage": null},
        {"orderId": null, "orderKey": "b", "success": false, "errorMessage": "'Ship Name' must not be empty."},
        {"orderId": "11", "ORDERKEY": "a", "Success": "true"}, {"orderKey": "d", "success": true}, 5,
        {"orderId": 99, "orderKey": "stranger", "success": true}]}"#)]);
    let orders = ["a", "b", "c", "d", "e"].map(order);
    let outcomes = client(&transport).create_orders(permit(), &orders).await.outcome.unwrap();
    let told: Vec<_> = outcomes
        .iter()
        .map(|outcome| (outcome.order_key.as_str(), outcome.result.as_ref().map_err(Failure::class)))
        .collect();
    let expected = [
        ("a", Ok(&11)),
        ("b", Err("permanent")),
        ("c", Ok(&33)),
        ("d", Err("ambiguous")),
        ("e", Err("ambiguous")),
    ];
    assert_eq!(told, expected);
    assert!(outcomes[1].result.as_ref().unwrap_err().to_string().contains("'Ship Name' must not be empty."));
}

#[tokio::test]
async fn an_import_of_nothing_or_too_much_is_not_sent_and_a_500_is_in_doubt() {
    let thrown = r#"{"Message":"An error has occurred.","ExceptionMessage":"Object reference not set."}"#;
    let transport = Scripted::answering([status(500, thrown)]);
    let client = client(&transport);
    assert!(client.create_orders(permit(), &[]).await.outcome.unwrap().is_empty());
    let failure = client.create_orders(permit(), &vec![order("a"); 101]).await.outcome.unwrap_err();
    assert_eq!(failure.class(), "permanent");
    let failure = client.create_orders(permit(), &[order("a")]).await.outcome.unwrap_err();
    assert_eq!(failure.class(), "ambiguous");
    assert!(failure.to_string().contains("Object reference not set."), "{failure}");
    assert_eq!(transport.sent().len(), 1);
}

#[tokio::test]
async fn modified_orders_are_asked_for_in_pacific_time_and_before_the_hour_that_comes_twice() {
    let body = r#"{"orders": [
        {"orderId": 5, "orderKey": "sb-acme-1", "orderNumber": "SO-1", "orderStatus": "Awaiting_Shipment",
         "modifyDate": "2026-11-01T00:30:00.0000000", "advancedOptions": {"storeId": 7, "mergedOrSplit": true}},
        {"orderId": "6", "orderStatus": "rejected_fulfillment", "advancedOptions": null}, {"orderKey": "no id"}],
        "total": 3, "page": 1, "pages": 1}"#;
    let transport = Scripted::answering([ok(body), ok(body)]);
    let client = client(&transport);
    let since = "2026-11-01T09:30:00Z".parse().unwrap();
    let listing = client.orders_modified_since(permit(), since, Some(7), 1).await.outcome.unwrap();
    assert_eq!(
        transport.line(),
        "GET https://ssapi.shipstation.com/orders?modifyDateStart=2026-11-01T00%3A30%3A00&sortBy=ModifyDate&\
         sortDir=ASC&page=1&pageSize=500&storeId=7"
    );
    let first = &listing.records[0];
    assert_eq!((first.order_id, first.order_key.as_str(), first.store_id), (5, "sb-acme-1", Some(7)));
    assert_eq!((first.status.as_str(), first.merged_or_split), ("awaiting_shipment", true));
    assert_eq!(first.modified, Some("2026-11-01T07:30:00Z".parse().unwrap()));
    assert_eq!((listing.records[1].order_id, listing.records[1].merged_or_split), (6, false));
    assert_eq!(listing.unreadable.len(), 1);
    assert!(!listing.has_more());
    client.orders_modified_since(permit(), since, None, 2).await.outcome.unwrap();
    assert!(!transport.sent()[1].line.contains("storeId"));
}

#[tokio::test]
async fn an_order_that_is_gone_is_none_and_an_unreadable_one_a_failure() {
    let transport =
        Scripted::answering([ok(r#"{"orderId": 5}"#), status(404, ""), ok("{}"), status(500, "")]);
    let client = client(&transport);
    assert_eq!(client.order(permit(), 5).await.outcome.unwrap().unwrap().order_id, 5);
    assert_eq!(client.order(permit(), 6).await.outcome, Ok(None));
    assert_eq!(client.order(permit(), 7).await.outcome.unwrap_err().class(), "transient");
    assert_eq!(client.order(permit(), 8).await.outcome.unwrap_err().class(), "transient");
    assert_eq!(transport.sent()[0].line, "GET https://ssapi.shipstation.com/orders/5");
}

fn query(source: ShipmentSource, filters: &[(&str, &str)]) -> ShipmentQuery {
    let filters = filters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ShipmentQuery { source, filters: filters.collect() }
}

#[tokio::test]
async fn a_query_is_rebuilt_on_the_configured_address_with_our_paging() {
    let transport = Scripted::answering([
        ok(r#"{"shipments": [], "total": 0, "page": 1, "pages": 0}"#),
        ok(r#"{"fulfillments": []}"#),
    ]);
    let client = client(&transport);
    let hostile =
        [("batchId", "1&x=2"), ("IncludeShipmentItems", "False"), ("pageSize", "1"), ("storeID", "a b")];
    let listing =
        client.shipments(permit(), &query(ShipmentSource::Labels, &hostile), 3).await.outcome.unwrap();
    assert!(!listing.has_more());
    client.shipments(permit(), &query(ShipmentSource::Fulfilments, &[]), 1).await.outcome.unwrap();
    let lines: Vec<_> = transport.sent().into_iter().map(|sent| sent.line).collect();
    assert_eq!(
        lines,
        [
            "GET https://ssapi.shipstation.com/shipments?includeShipmentItems=true&batchId=1%26x%3D2&storeID=a%20b&\
             sortBy=CreateDate&sortDir=ASC&page=3&pageSize=500",
            "GET https://ssapi.shipstation.com/fulfillments?sortBy=CreateDate&sortDir=ASC&page=1&pageSize=500",
        ]
    );
}

async fn labels(body: &str) -> Listing<Shipment> {
    let transport = Scripted::answering([ok(body)]);
    client(&transport).shipments(permit(), &query(ShipmentSource::Labels, &[]), 1).await.outcome.unwrap()
}

#[tokio::test]
async fn a_label_is_read_with_its_items_cost_and_day() {
    let listing = labels(
        r#"{"shipments": [{"shipmentId": 9, "orderId": 5, "orderKey": "sb-acme-1", "orderNumber": "SO-1",
        "createDate": "2026-11-01T01:30:00.0000000", "shipDate": "2026-11-01", "shipmentCost": 8.1, "insuranceCost": "0.41",
        "trackingNumber": " 9400 ", "isReturnLabel": false, "carrierCode": "stamps_com", "serviceCode": "usps_priority_mail",
        "packageCode": null, "voided": false, "voidDate": null, "advancedOptions": {"storeId": 7},
        "shipmentItems": [{"lineItemKey": "1:10", "sku": "A-1", "quantity": 2}, {"lineItemKey": null, "quantity": "1.0"},
        {"lineItemKey": "x", "quantity": -1, "adjustment": true}]}], "total": 1, "page": 1, "pages": 1}"#,
    )
    .await;
    let item =
        |key: &str, sku: &str, quantity| ShippedItem { line_key: key.into(), sku: sku.into(), quantity };
    let expected = Shipment {
        id: ShipmentId::Label(9),
        shipstation_order: Some(5),
        order_key: "sb-acme-1".to_owned(),
        order_number: "SO-1".to_owned(),
        store_id: Some(7),
        created: Some("2026-11-01T08:30:00Z".parse().unwrap()),
        ship_date: Some("2026-11-01".parse().unwrap()),
        tracking: "9400".to_owned(),
        carrier: "stamps_com".to_owned(),
        service: "usps_priority_mail".to_owned(),
        cost: decimal("8.51"),
        voided: false,
        is_return: false,
        notes_to_buyer: String::new(),
        items: Some(vec![item("1:10", "A-1", 2), item("", "", 1)]),
    };
    assert_eq!(listing.records, [expected]);
}

#[tokio::test]
async fn voids_returns_and_labels_without_items_or_orders_are_told_apart() {
    let listing = labels(
        r#"{"shipments": [{"shipmentId": 1, "voided": true}, {"shipmentId": 2, "voidDate": "2026-01-01T00:00:00"},
        {"shipmentId": 3, "isReturnLabel": "true"}, {"shipmentId": 4, "shipmentItems": [], "orderId": null},
        {"shipmentId": 5, "advancedOptions": "", "shipmentItems": ""}]}"#,
    )
    .await;
    let told: Vec<_> = listing.records.iter().map(|shipment| (shipment.voided, shipment.is_return)).collect();
    assert_eq!(told, [(true, false), (true, false), (false, true), (false, false), (false, false)]);
    assert!(
        listing
            .records
            .iter()
            .all(|shipment| shipment.items.is_none() && shipment.shipstation_order.is_none())
    );
}

#[tokio::test]
async fn a_quantity_that_is_no_count_makes_the_label_unreadable_and_no_other() {
    for quantity in ["0", "-1", "1.5", "null", "5000000000", r#""many""#] {
        let listing = labels(&format!(
            r#"{{"shipments": [{{"shipmentId": 1, "shipmentItems": [{{"quantity": {quantity}}}]}}, {{"shipmentId": 2}}]}}"#
        ))
        .await;
        assert_eq!(listing.records.len(), 1, "{quantity}");
        let bad = &listing.unreadable[0];
        assert_eq!(bad.id.as_deref(), Some("1"));
        assert!(bad.reason.starts_with("shipmentItems[0]: `quantity`"), "{}", bad.reason);
    }
}

#[tokio::test]
async fn a_fulfilment_covers_what_is_left() {
    let transport = Scripted::answering([ok(
        r#"{"fulfillments": [{"fulfillmentId": 3, "orderId": 5, "orderNumber": "SO-1", "trackingNumber": "",
        "createDate": "2026-07-01T05:00:00.3730000", "shipDate": "2026-07-01T00:00:00.0000000", "carrierCode": "UPS",
        "fulfillmentFee": 1.25, "voided": false}], "total": 1, "page": 1, "pages": 0}"#,
    )]);
    let query = query(ShipmentSource::Fulfilments, &[]);
    let listing = client(&transport).shipments(permit(), &query, 1).await.outcome.unwrap();
    let shipment = &listing.records[0];
    assert_eq!(shipment.id, ShipmentId::Fulfilment(3));
    assert_eq!((shipment.items.as_ref(), shipment.order_key.as_str()), (None, ""));
    assert_eq!((shipment.carrier.as_str(), shipment.cost), ("UPS", decimal("1.25")));
    assert_eq!(shipment.ship_date.map(|day| day.to_string()).as_deref(), Some("2026-07-01"));
    assert_eq!(shipment.created, Some("2026-07-01T12:00:00.373Z".parse().unwrap()));
    assert!(!listing.has_more());
}

#[tokio::test]
async fn a_piece_of_a_split_order_tells_its_parent_and_what_is_in_it() {
    let piece = |items: &str| {
        format!(
            r#"{{"orderId": 9, "orderKey": "b1f1", "orderNumber": "SO-1", "orderStatus": "shipped", "items": {items},
            "advancedOptions": {{"mergedOrSplit": true, "parentId": 5}}}}"#
        )
    };
    let cases = [
        (
            r#"[{"lineItemKey": "1:2", "sku": "A", "quantity": 2, "adjustment": false},
            {"lineItemKey": "", "sku": "", "quantity": 1, "adjustment": true}]"#,
            Some(1),
        ),
        (r#"[{"lineItemKey": "1:2", "sku": "A", "quantity": 0.5}]"#, None),
        ("null", None),
    ];
    for (items, known) in cases {
        let transport = Scripted::answering([status(200, &piece(items))]);
        let order = client(&transport).order(permit(), 9).await.outcome.unwrap().unwrap();
        assert_eq!((order.parent, order.merged_or_split), (Some(5), true));
        assert_eq!(order.items.map(|items| items.len()), known, "{items}");
    }
}

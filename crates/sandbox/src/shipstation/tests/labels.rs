//! Labels, voids, splits, merges, fulfilments and what is told of them.

use rust_decimal::Decimal;

use super::*;
use crate::shipstation::model::{Address, OrderStatus};
use crate::shipstation::{LabelRequest, Marking, OperationError, WebhookEvent};

fn resource(shipstation: &mut ShipStation) -> Vec<String> {
    let url = |body: &str| {
        let body: Value = serde_json::from_str(body).unwrap();
        body["resource_url"].as_str().unwrap().trim_start_matches("https://ssapi.shipstation.com").to_owned()
    };
    shipstation.take_outbox().iter().map(|message| url(&message.body)).collect()
}

#[test]
fn a_batch_is_told_once_and_its_rows_carry_items_only_when_asked() {
    let mut shipstation = account();
    for (event, store) in [
        (WebhookEvent::ShipNotify, None),
        (WebhookEvent::ItemShipNotify, Some(12345)),
        (WebhookEvent::ShipNotify, Some(12346)),
    ] {
        shipstation.subscribe("http://here", event, store);
    }
    let labels: Vec<_> =
        ["SO-1", "SO-2"].map(|number| LabelRequest::whole(create(&mut shipstation, number))).to_vec();
    assert!(shipstation.buy_batch(&labels, noon()).iter().all(Result::is_ok));
    let told = resource(&mut shipstation);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("/shipments?batchId=") && told[0].ends_with("&includeShipmentItems=False"));
    assert!(told[1].starts_with("/shipments?storeID=12345&batchId=") && told[1].ends_with("Items=True"));
    let bare = get(&mut shipstation, &told[0]);
    assert_eq!((&bare["total"], &bare["shipments"][0]["shipmentItems"]), (&json!(2), &Value::Null));
    let full = get(&mut shipstation, &told[1]);
    let row = &full["shipments"][0];
    assert_eq!(row["orderKey"], "key-SO-1");
    assert_eq!(row["shipDate"], "2024-09-17");
    assert_eq!(row["advancedOptions"]["storeId"], 12345);
    assert_eq!(row["batchNumber"], full["shipments"][1]["batchNumber"]);
    let lines: Vec<_> =
        row["shipmentItems"].as_array().unwrap().iter().map(|item| &item["lineItemKey"]).collect();
    assert_eq!(lines, ["SO-1:1", "SO-1:2"], "adjustments are not shipped");
    // usps_ground_advantage: 5.45, zone 2 at 0.35, one further 500 g begun of 600 g at 1.20.
    assert_eq!(row["shipmentCost"], 7.35);
}

#[test]
fn an_order_ships_when_labels_cover_it_and_never_more_than_it_has() {
    let mut shipstation = account();
    let id = create(&mut shipstation, "SO-1");
    let items: Vec<_> = shipstation.order(id).unwrap().items.iter().map(|item| item.order_item_id).collect();
    let label = |parts: Vec<(i64, i64)>| LabelRequest::whole(id).of(parts);
    assert!(shipstation.buy_label(&label(vec![(items[0], 1)]), noon()).is_ok());
    assert_eq!(shipstation.order(id).unwrap().order_status, OrderStatus::AwaitingShipment);
    let too_many = shipstation.buy_label(&label(vec![(items[0], 2)]), noon());
    assert!(matches!(too_many, Err(OperationError::BadQuantity { left: 1, .. })));
    let (status, body) = post(&mut shipstation, "/orders/createorder", &order("SO-1"));
    assert_eq!(status, 400, "{body}");
    shipstation.buy_label(&LabelRequest::whole(id), noon()).unwrap();
    assert_eq!(shipstation.order(id).unwrap().order_status, OrderStatus::Shipped);
    assert!(matches!(
        shipstation.buy_label(&LabelRequest::whole(id), noon()),
        Err(OperationError::Locked { status: "shipped", .. })
    ));
}

#[test]
fn a_voided_label_stays_and_its_order_awaits_another() {
    let mut shipstation = account();
    shipstation.subscribe("http://here", WebhookEvent::ShipNotify, None);
    let id = create(&mut shipstation, "SO-1");
    let first = shipstation.buy_label(&LabelRequest::whole(id), noon()).unwrap();
    shipstation.take_outbox();
    let void = json!({ "shipmentId": first });
    let (_, body) = post_at(&mut shipstation, "/shipments/voidlabel", &void, after(60));
    assert_eq!(body["approved"], true);
    assert_eq!(post(&mut shipstation, "/shipments/voidlabel", &void).1["approved"], false);
    assert!(shipstation.take_outbox().is_empty(), "no webhook tells of a void");
    let second = shipstation.buy_label(&LabelRequest::whole(id), after(120)).unwrap();
    assert_ne!(first, second);
    let voided = get(&mut shipstation, "/shipments?voidDateStart=2024-09-17T10:52:00");
    assert_eq!((&voided["total"], &voided["shipments"][0]["shipmentId"]), (&json!(1), &json!(first)));
    assert_eq!(voided["shipments"][0]["voidDate"], "2024-09-17T10:52:14.5030000");
    assert_eq!(get(&mut shipstation, &format!("/shipments?orderId={id}"))["total"], 2);
    assert_eq!(shipstation.live_shipments(id).count(), 1);
}

#[test]
fn a_return_label_is_not_told_and_does_not_count_as_shipped() {
    let mut shipstation = account();
    shipstation.subscribe("http://here", WebhookEvent::ShipNotify, None);
    let id = create(&mut shipstation, "SO-1");
    let out = shipstation.buy_label(&LabelRequest::whole(id), noon()).unwrap();
    shipstation.take_outbox();
    let back = shipstation.return_label(out, noon()).unwrap();
    assert!(shipstation.shipment(back).unwrap().is_return_label);
    assert!(shipstation.take_outbox().is_empty());
    shipstation.void_label(back, noon()).unwrap();
    assert_eq!(shipstation.order(id).unwrap().order_status, OrderStatus::Shipped);
}

#[test]
fn a_label_without_order_has_a_generated_key_and_no_store() {
    let mut shipstation = account();
    let to = Address { country: Some("NZ".to_owned()), ..Address::default() };
    assert!(shipstation.label_without_order(to.clone(), "fedex", "fedex_ground", noon()).is_err());
    let id = shipstation
        .label_without_order(to, "dhl_express_worldwide", "dhl_express_worldwide", noon())
        .unwrap();
    let row = get(&mut shipstation, &format!("/shipments?shipmentId={id}"))["shipments"][0].clone();
    assert_eq!((&row["orderId"], &row["advancedOptions"]["storeId"]), (&Value::Null, &Value::Null));
    assert!(row["orderKey"].as_str().unwrap().starts_with("SHIP-"));
}

#[test]
fn a_split_child_is_free_and_carries_keys_of_lines_but_not_of_the_order() {
    let mut shipstation = account();
    let id = create(&mut shipstation, "SO-1");
    let items: Vec<_> = shipstation.order(id).unwrap().items.iter().map(|item| item.order_item_id).collect();
    assert!(shipstation.split(id, &[(items[0], 3)], noon()).is_err());
    assert!(shipstation.split(id, &[(items[0], 2), (items[1], 1)], noon()).is_err(), "nothing would be left");
    let child = shipstation.split(id, &[(items[0], 1), (items[1], 1)], after(60)).unwrap();
    let (parent, child) = (shipstation.order(id).unwrap().clone(), shipstation.order(child).unwrap().clone());
    assert_eq!(child.order_number, parent.order_number);
    assert_ne!(child.order_key, parent.order_key);
    assert_eq!(child.advanced_options.parent_id, Some(id));
    assert_eq!(parent.advanced_options.merged_ids, [child.order_id]);
    assert!(parent.advanced_options.merged_or_split && child.advanced_options.merged_or_split);
    assert_eq!((child.order_total, parent.order_total), (Decimal::ZERO, Decimal::new(2_825, 2)));
    assert_eq!(child.items[0].line_item_key, parent.items[0].line_item_key);
    assert_ne!(child.items[0].order_item_id, parent.items[0].order_item_id);
    assert_eq!((child.items[0].tax_amount, parent.items[0].tax_amount), (None, Some(Decimal::ONE)));
    assert_eq!((parent.items.len(), child.items.len()), (2, 2), "the discount stays with the parent");
    let (status, body) = post(&mut shipstation, "/orders/createorder", &order("SO-1"));
    assert_eq!(status, 400, "{body}");
    let with_id = order_with("/orderId", json!(id));
    assert_eq!(post(&mut shipstation, "/orders/createorder", &with_id).0, 200);
}

#[test]
fn merged_orders_vanish_into_the_survivor() {
    let mut shipstation = account();
    let [survivor, gone] = ["SO-1", "SO-2"].map(|number| create(&mut shipstation, number));
    shipstation.merge(survivor, &[gone], noon()).unwrap();
    assert_eq!(shipstation.handle(&request(Method::Get, &format!("/orders/{gone}"), ""), noon()).status, 404);
    let order = get(&mut shipstation, &format!("/orders/{survivor}"));
    assert_eq!(order["advancedOptions"]["mergedIds"], json!([gone]));
    assert_eq!((&order["orderTotal"], order["items"].as_array().unwrap().len()), (&json!(56.5), 6));
    let (_, body) =
        post(&mut shipstation, "/orders/createorders", &json!([order_with("/orderKey", json!("key-SO-2"))]));
    assert!(body["results"][0]["errorMessage"].as_str().unwrap().contains("merged into order"));
    assert!(shipstation.merge(survivor, &[], noon()).is_err());
}

#[test]
fn marking_as_shipped_makes_a_fulfilment_and_no_shipment() {
    let mut shipstation = account();
    shipstation.subscribe("http://here", WebhookEvent::FulfillmentShipped, None);
    shipstation.subscribe("http://here", WebhookEvent::ShipNotify, None);
    let id = create(&mut shipstation, "SO-1");
    let mark = json!({ "orderId": id, "carrierCode": "ups_walleted", "trackingNumber": "1Z", "shipDate": "2024-09-17" });
    let (status, body) = post(&mut shipstation, "/orders/markasshipped", &mark);
    assert_eq!((status, body), (200, json!({ "orderId": id, "orderNumber": "SO-1" })));
    assert_eq!(post(&mut shipstation, "/orders/markasshipped", &mark).0, 400);
    let told = resource(&mut shipstation);
    assert_eq!(told.len(), 1);
    let row = get(&mut shipstation, &told[0])["fulfillments"][0].clone();
    assert_eq!((&row["orderId"], &row["carrierCode"]), (&json!(id), &json!("UPS")));
    assert_eq!(row["shipDate"], "2024-09-17T00:00:00.0000000");
    assert!(row.get("orderKey").is_none() && row.get("shipmentItems").is_none());
    assert_eq!(get(&mut shipstation, "/shipments")["total"], 0);
    assert_eq!(shipstation.order(id).unwrap().order_status, OrderStatus::Shipped);
    let unknown = shipstation.mark_as_shipped(1, Marking::default(), noon());
    assert_eq!(unknown, Err(OperationError::UnknownOrder(1)));
}

#[test]
fn a_label_by_api_needs_a_usable_service_and_a_test_label_ships_nothing() {
    let mut shipstation = account();
    let id = create(&mut shipstation, "SO-1");
    let label = |service: &str, test: Value| {
        json!({ "orderId": id, "carrierCode": "fedex", "serviceCode": service, "confirmation": "none",
                "shipDate": "2024-09-17", "testLabel": test })
    };
    let path = "/orders/createlabelfororder";
    let (status, body) = post(&mut shipstation, path, &label("fedex_sled", json!(false)));
    assert_eq!(status, 500);
    assert!(body["ExceptionMessage"].as_str().unwrap().contains("fedex_sled"));
    let (status, body) = post(&mut shipstation, path, &label("fedex_ground", json!("0")));
    assert_eq!((status, body["ModelState"]["request.testLabel"][0].is_string()), (400, true));
    assert_eq!(post(&mut shipstation, path, &json!({ "orderId": id })).0, 400);
    assert_eq!(post(&mut shipstation, path, &label("fedex_ground", json!(true))).1["shipmentCost"], 0.0);
    assert_eq!(shipstation.shipments().count(), 0);
    let (status, body) = post(&mut shipstation, path, &label("fedex_ground", json!(false)));
    assert_eq!(status, 200);
    let pdf = STANDARD.decode(body["labelData"].as_str().unwrap()).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.4") && pdf.ends_with(b"%%EOF\n"));
    assert_eq!(shipstation.live_shipments(id).count(), 1);
}

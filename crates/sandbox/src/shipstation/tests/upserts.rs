//! Creating, replacing and finding orders.

use super::*;
use crate::shipstation::{LabelRequest, WebhookEvent};

#[test]
fn an_order_comes_back_whole_with_computed_total_and_pacific_dates() {
    let mut shipstation = account();
    let id = create(&mut shipstation, "SO-1");
    let order = get(&mut shipstation, &format!("/orders/{id}"));
    // 2 × 10.50 + 4 − 5, tax 2.25, shipping 6.
    assert_eq!(order["orderTotal"], 28.25);
    assert_eq!(order["createDate"], "2024-09-17T10:51:14.5030000");
    assert_eq!(order["orderDate"], "2024-09-16T09:00:00.0000000");
    assert_eq!(order["items"][0]["createDate"], "2024-09-17T10:51:14.503");
    assert_eq!(order["items"][0]["weight"], json!({ "value": 300.0, "units": "grams", "WeightUnits": 2 }));
    assert_eq!(order["advancedOptions"]["storeId"], 12345);
    assert_eq!(order["shipTo"]["addressVerified"], "Address not yet validated");
    assert_eq!((&order["dimensions"], &order["tagIds"]), (&Value::Null, &Value::Null));
    assert!(order["customerId"].is_i64());
}

#[test]
fn the_same_key_replaces_the_whole_document_but_keeps_ids_and_store() {
    let mut shipstation = account();
    let mut first = order("SO-1");
    first["internalNotes"] = json!("ring the bell");
    first["advancedOptions"] = json!({ "storeId": 12346, "customField1": "x" });
    let (_, before) = post(&mut shipstation, "/orders/createorder", &first);
    let mut second = order("SO-1-renamed");
    second["orderKey"] = json!("key-SO-1");
    second["advancedOptions"] = json!({ "storeId": 12345 });
    second["items"][0]["lineItemKey"] = json!("SO-1:2");
    let (status, after) = post_at(&mut shipstation, "/orders/createorder", &second, after(60));
    assert_eq!(status, 200, "{after}");
    assert_eq!(after["orderId"], before["orderId"]);
    assert_eq!(after["createDate"], before["createDate"]);
    assert_eq!(after["modifyDate"], "2024-09-17T10:52:14.5030000");
    assert_eq!(after["orderNumber"], "SO-1-renamed");
    assert_eq!(after["internalNotes"], Value::Null);
    assert_eq!(after["advancedOptions"]["storeId"], 12346);
    assert_eq!(after["advancedOptions"]["customField1"], Value::Null);
    assert_eq!(after["items"][0]["orderItemId"], before["items"][1]["orderItemId"]);
    assert_ne!(after["items"][1]["orderItemId"], before["items"][1]["orderItemId"]);
    assert_eq!(shipstation.calls().upserts()["key-SO-1"], 2);
}

#[test]
fn service_tags_locations_and_customs_are_kept() {
    let mut shipstation = account();
    let mut sent = order("SO-1");
    (sent["carrierCode"], sent["serviceCode"]) = (json!("ups_walleted"), json!("ups_ground"));
    sent["tagIds"] = json!([3, 9]);
    sent["items"][0]["warehouseLocation"] = json!("A-12");
    sent["internationalOptions"] = json!({"contents": "merchandise", "customsItems": [
        {"description": "Mug", "quantity": 2, "value": 10.5, "harmonizedTariffCode": "6912.00", "countryOfOrigin": "PT"}]});
    let (status, kept) = post(&mut shipstation, "/orders/createorder", &sent);
    assert_eq!(status, 200, "{kept}");
    for member in ["carrierCode", "serviceCode", "tagIds"] {
        assert_eq!(kept[member], sent[member], "{member}");
    }
    assert_eq!(kept["items"][0]["warehouseLocation"], "A-12");
    let declared = &kept["internationalOptions"]["customsItems"][0];
    assert_eq!((&declared["harmonizedTariffCode"], &declared["value"]), (&json!("6912.00"), &json!(10.5)));
    assert_eq!((&declared["countryOfOrigin"], declared["customsItemId"].is_i64()), (&json!("PT"), true));
}

#[test]
fn without_a_key_every_post_is_a_new_order() {
    let mut shipstation = account();
    let keyless = order_with("/orderKey", json!(null));
    let (_, one) = post(&mut shipstation, "/orders/createorder", &keyless);
    let (_, two) = post(&mut shipstation, "/orders/createorder", &keyless);
    assert_ne!(one["orderId"], two["orderId"]);
    assert!(one["orderKey"].as_str().unwrap().starts_with("manual-"));
}

#[test]
fn only_orders_that_are_neither_shipped_nor_cancelled_can_be_replaced() {
    for (status, updatable) in [
        ("awaiting_payment", true),
        ("on_hold", true),
        ("pending_fulfillment", true),
        ("shipped", false),
        ("cancelled", false),
    ] {
        let mut shipstation = account();
        post(&mut shipstation, "/orders/createorder", &order_with("/orderStatus", json!(status)));
        let (_, body) = post(&mut shipstation, "/orders/createorders", &json!([order("SO-1")]));
        assert_eq!(body["results"][0]["success"], updatable, "{status}: {body}");
        assert_eq!(body["results"][0]["orderKey"], "key-SO-1");
    }
}

#[test]
fn a_key_twice_in_one_batch_makes_one_order() {
    let mut shipstation = account();
    let (_, body) = post(&mut shipstation, "/orders/createorders", &json!([order("SO-1"), order("SO-1")]));
    assert_eq!(body["results"][0]["orderId"], body["results"][1]["orderId"]);
    assert_eq!(shipstation.orders().count(), 1);
}

#[test]
fn orders_are_found_by_prefix_status_store_and_range_and_paged() {
    let mut shipstation = account();
    for number in ["SO-1", "SO-10", "SO-2"] {
        create(&mut shipstation, number);
    }
    let cancelled = order_with("/orderStatus", json!("cancelled"));
    post_at(&mut shipstation, "/orders/createorder", &cancelled, after(3_600));
    for (query, expected) in [
        ("orderNumber=so-1", vec!["SO-1", "SO-10"]),
        ("orderStatus=cancelled", vec!["SO-1"]),
        ("storeId=12346", vec![]),
        ("modifyDateStart=2024-09-17%2011:00:00", vec!["SO-1"]),
        ("createDateEnd=2024-09-17T10:51:14.503", vec![]),
        ("orderDateEnd=2024-09-16T09:00:00&orderNumber=SO-2", vec!["SO-2"]),
        ("orderDateStart=2024-09-16T09:00:00", vec![]),
        ("itemKeyword=apple&pageSize=2&page=2", vec!["SO-2"]),
        ("sortBy=ModifyDate&sortDir=DESC&pageSize=1", vec!["SO-1"]),
        ("customerName=pat&pageSize=1&page=9", vec![]),
    ] {
        let page = get(&mut shipstation, &format!("/orders?{query}"));
        let numbers: Vec<_> =
            page["orders"].as_array().unwrap().iter().map(|order| order["orderNumber"].clone()).collect();
        assert_eq!(numbers, expected, "{query}");
    }
    let page = get(&mut shipstation, "/orders?pageSize=2");
    assert_eq!((&page["total"], &page["page"], &page["pages"]), (&json!(3), &json!(1), &json!(2)));
}

#[test]
fn a_deleted_order_is_gone_from_the_api_and_its_key_is_free() {
    let mut shipstation = account();
    let id = create(&mut shipstation, "SO-1");
    let path = format!("/orders/{id}");
    let deleted = parsed(&shipstation.handle(&request(Method::Delete, &path, ""), noon()));
    assert_eq!(
        deleted,
        (200, json!({ "success": true, "message": "The requested order has been deleted." }))
    );
    assert_eq!(shipstation.handle(&request(Method::Get, &path, ""), noon()).status, 404);
    assert_eq!(get(&mut shipstation, "/orders")["total"], 0);
    assert_ne!(create(&mut shipstation, "SO-1"), id);
}

#[test]
fn a_held_order_comes_back_by_itself_on_its_day() {
    let mut shipstation = account();
    let id = create(&mut shipstation, "SO-1");
    let hold = json!({ "orderId": id, "holdUntilDate": "2024-09-18" });
    let (status, body) = post(&mut shipstation, "/orders/holduntil", &hold);
    assert_eq!((status, &body["success"]), (200, &json!(true)));
    assert_eq!(get(&mut shipstation, "/orders?orderStatus=on_hold")["total"], 1);
    shipstation.handle(&request(Method::Get, "/orders", ""), after(86_400));
    assert_eq!(shipstation.order(id).unwrap().order_status.name(), "awaiting_shipment");
}

#[test]
fn tags_are_set_and_removed_and_unknown_ones_refused() {
    let mut shipstation = account();
    let id = create(&mut shipstation, "SO-1");
    let tag = |tag: i64| json!({ "orderId": id, "tagId": tag });
    assert_eq!(post(&mut shipstation, "/orders/addtag", &tag(101)).0, 200);
    assert_eq!(
        get(&mut shipstation, "/orders/listbytag?orderStatus=awaiting_shipment&tagId=101")["total"],
        1
    );
    assert_eq!(post(&mut shipstation, "/orders/removetag", &tag(101)).0, 200);
    assert_eq!(shipstation.order(id).unwrap().tag_ids, None);
    assert_eq!(post(&mut shipstation, "/orders/addtag", &tag(999)).0, 400);
}

#[test]
fn an_import_is_told_once_and_its_orders_are_found_by_it() {
    let mut shipstation = account();
    shipstation.subscribe("http://here/all", WebhookEvent::OrderNotify, None);
    shipstation.subscribe("http://here/other", WebhookEvent::OrderNotify, Some(12346));
    let mut unpaid = order("SO-3");
    unpaid["orderStatus"] = json!("awaiting_payment");
    post(&mut shipstation, "/orders/createorders", &json!([order("SO-1"), order("SO-2"), unpaid]));
    let told = shipstation.take_outbox();
    assert_eq!(told.len(), 1);
    let body: Value = serde_json::from_str(&told[0].body).unwrap();
    let url = body["resource_url"].as_str().unwrap();
    assert!(url.starts_with("https://ssapi.shipstation.com/orders?importBatch=") && url.len() <= 200);
    let found = get(&mut shipstation, url.trim_start_matches("https://ssapi.shipstation.com"));
    assert_eq!(found["total"], 3);
    post(&mut shipstation, "/orders/createorder", &order("SO-1"));
    assert!(shipstation.take_outbox().is_empty(), "an update is no new order");
}

#[test]
fn subscriptions_are_listed_in_pascal_case_and_removed() {
    let mut shipstation = account();
    for (body, status) in [
        (json!({ "target_url": "https://me/hook", "event": "SHIP_NOTIFY", "store_id": null }), 200),
        (json!({ "target_url": "me", "event": "SHIP_NOTIFY" }), 400),
        (json!({ "target_url": "https://me/hook", "event": "SHIPPED" }), 400),
        (json!({ "event": "SHIP_NOTIFY" }), 400),
        (json!({ "target_url": "https://me/hook", "event": "SHIP_NOTIFY", "store_id": 9 }), 400),
    ] {
        assert_eq!(post(&mut shipstation, "/webhooks/subscribe", &body).0, status, "{body}");
    }
    let hook = get(&mut shipstation, "/webhooks")["webhooks"][0].clone();
    assert_eq!((&hook["HookType"], &hook["Url"]), (&json!("SHIP_NOTIFY"), &json!("https://me/hook")));
    let id = hook["WebHookID"].as_i64().unwrap();
    let order = create(&mut shipstation, "SO-1");
    assert!(shipstation.edit_subscription(id, |hook| hook.active = false));
    shipstation.buy_label(&LabelRequest::whole(order), noon()).unwrap();
    assert!(shipstation.take_outbox().is_empty(), "it is switched off");
    assert_eq!(get(&mut shipstation, "/webhooks")["webhooks"][0]["Active"], false);
    let path = format!("/webhooks/{id}");
    let reply = shipstation.handle(&request(Method::Delete, &path, ""), noon());
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(get(&mut shipstation, "/webhooks")["webhooks"], json!([]));
}

#[test]
fn the_account_lists_its_stores_carriers_services_warehouses_and_tags() {
    let mut shipstation = account();
    assert_eq!(get(&mut shipstation, "/stores")[0]["storeId"], 12345);
    assert_eq!(get(&mut shipstation, "/stores/23456")["marketplaceName"], "Amazon");
    assert_eq!(get(&mut shipstation, "/carriers")[0]["code"], "stamps_com");
    assert_eq!(get(&mut shipstation, "/carriers/getcarrier?carrierCode=fedex")["name"], "FedEx");
    let services = get(&mut shipstation, "/carriers/listservices?carrierCode=ups_walleted");
    assert!(services.as_array().unwrap().iter().any(|service| service["code"] == "ups_ground"));
    assert_eq!(get(&mut shipstation, "/warehouses")[0]["isDefault"], true);
    assert_eq!(get(&mut shipstation, "/accounts/listtags").as_array().unwrap().len(), 3);
}

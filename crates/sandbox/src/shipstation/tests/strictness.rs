//! What is refused, and in which words and shapes.

use super::*;

#[test]
fn wrong_credentials_are_401_and_spend_no_quota() {
    let mut shipstation = ShipStation::new(ShipStationSettings::default());
    for authorization in [None, Some("Bearer x"), Some("Basic ???"), Some("Basic ZGVtby1zcy1rZXk6d3Jvbmc=")] {
        let mut request = request(Method::Get, "/stores", "");
        request.authorization = authorization.map(str::to_owned);
        for _ in 0..50 {
            assert_eq!(shipstation.handle(&request, noon()).status, 401);
        }
    }
    assert_eq!(shipstation.handle(&request(Method::Get, "/stores", ""), noon()).status, 200);
}

#[test]
fn the_forty_first_call_in_a_minute_is_429_and_the_headers_count_down() {
    let mut shipstation = ShipStation::new(ShipStationSettings::default());
    let stores = request(Method::Get, "/stores", "");
    let header = |reply: &Reply, name: &str| {
        reply.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap()
    };
    for left in (0..40).rev() {
        let reply = shipstation.handle(&stores, noon());
        assert_eq!(header(&reply, "X-Rate-Limit-Limit"), "40");
        assert_eq!(header(&reply, "X-Rate-Limit-Remaining"), left.to_string());
    }
    let refused = shipstation.handle(&stores, after(20));
    assert_eq!(parsed(&refused), (429, json!({ "message": "Too Many Requests" })));
    assert_eq!(header(&refused, "X-Rate-Limit-Reset"), "40");
    assert_eq!(shipstation.handle(&stores, after(60)).status, 200);
    assert_eq!(shipstation.calls().with_status(429), 1);
    assert_eq!(shipstation.calls().of("GET /stores"), 42);
}

#[test]
fn routes_that_do_not_exist_are_404_and_methods_that_do_not_fit_are_405() {
    let mut shipstation = account();
    for (method, path, status) in [
        (Method::Get, "/nothing", 404),
        (Method::Get, "/orders/abc", 404),
        (Method::Get, "/orders/1/items", 404),
        (Method::Get, "/shipments/getrates", 405),
        (Method::Get, "/orders/1", 404),
        (Method::Delete, "/webhooks/1", 404),
        (Method::Put, "/orders", 405),
        (Method::Get, "/orders/createorder", 405),
        (Method::Other, "/shipments", 405),
        (Method::Get, "/Accounts/ListTags", 200),
    ] {
        assert_eq!(shipstation.handle(&request(method, path, ""), noon()).status, status, "{path}");
    }
}

#[test]
fn members_of_the_wrong_type_are_400_with_their_path() {
    for (pointer, value, path) in [
        ("/amountPaid", json!("12.50"), "apiOrder.amountPaid"),
        ("/taxAmount", json!("1,234.00"), "apiOrder.taxAmount"),
        ("/gift", json!("true"), "apiOrder.gift"),
        ("/orderDate", json!("16/09/2024"), "apiOrder.orderDate"),
        ("/orderNumber", json!(17), "apiOrder.orderNumber"),
        ("/shipTo", json!("1 Main St"), "apiOrder.shipTo"),
        ("/items", json!({}), "apiOrder.items"),
        ("/items/1", json!(5), "apiOrder.items[1]"),
        ("/items/0/unitPrice", json!("10.5"), "apiOrder.items[0].unitPrice"),
        ("/items/0/weight/units", json!("kilograms"), "apiOrder.items[0].weight.units"),
        ("/tagIds", json!(["x"]), "apiOrder.tagIds"),
    ] {
        let (status, body) = post(&mut account(), "/orders/createorder", &order_with(pointer, value));
        assert_eq!(status, 400, "{pointer}");
        assert_eq!(body["Message"], "The request is invalid.");
        assert!(body["ModelState"][path][0].is_string(), "{pointer}: {body}");
    }
}

#[test]
fn orders_that_break_a_rule_are_refused_in_the_words_that_users_report() {
    let long = "N".repeat(51);
    for (pointer, value, words) in [
        ("/orderNumber", json!(null), "'Order Number' must not be empty."),
        ("/orderNumber", json!(long), "50 characters"),
        ("/orderDate", json!(null), "'Order Date'"),
        ("/orderStatus", json!(null), "'Order Status'"),
        ("/orderStatus", json!("packed"), "not a valid order status"),
        ("/billTo", json!(null), "'Bill To'"),
        ("/shipTo", json!(null), "'Ship To'"),
        ("/shipTo/name", json!(""), "'Ship Name' must not be empty."),
        ("/billTo/name", json!(null), "'Bill Name' must not be empty."),
        ("/shipTo/country", json!("USA"), "Please use a 2 character country code"),
        ("/billTo/country", json!(""), "Please use a 2 character country code"),
        ("/items/0/quantity", json!(1.5), "whole number above zero"),
        ("/items/0/quantity", json!(0), "whole number above zero"),
        ("/items/0/quantity", json!(null), "'Item Quantity'"),
        ("/items/0/name", json!(null), "'Item Name'"),
        ("/items/0/options", json!([{ "name": "Size", "value": "" }]), "'Item Option Value'"),
        ("/carrierCode", json!("stamps_com"), "Invalid serviceCode"),
        ("/carrierCode", json!("pigeon"), "Invalid carrierCode"),
        ("/confirmation", json!("fax"), "not a valid confirmation"),
        ("/advancedOptions", json!({ "storeId": 9 }), "Store 9 was not found"),
        ("/orderId", json!(5), "Order 5 was not found"),
    ] {
        let mut shipstation = account();
        let (status, body) =
            post(&mut shipstation, "/orders/createorder", &order_with(pointer, value.clone()));
        assert_eq!(status, 400, "{pointer}");
        assert!(body["message"].as_str().unwrap().contains(words), "{pointer}: {body}");
        let bulk = json!([order("SO-2"), order_with(pointer, value)]);
        let (status, body) = post(&mut shipstation, "/orders/createorders", &bulk);
        assert_eq!((status, &body["hasErrors"]), (200, &json!(true)), "{pointer}");
        assert_eq!(body["results"][0]["success"], true, "{pointer}");
        assert!(body["results"][1]["errorMessage"].as_str().unwrap().contains(words), "{pointer}: {body}");
        assert_eq!(shipstation.orders().count(), 1, "{pointer}");
    }
}

#[test]
fn one_element_that_does_not_deserialise_fails_the_whole_batch() {
    let mut shipstation = account();
    let bulk = json!([order("SO-2"), order_with("/orderDate", json!("tomorrow"))]);
    let (status, body) = post(&mut shipstation, "/orders/createorders", &bulk);
    assert_eq!(status, 400);
    assert!(body["ModelState"]["apiOrders[1].orderDate"][0].is_string(), "{body}");
    let (status, body) = post(&mut shipstation, "/orders/createorders", &order("SO-3"));
    assert_eq!(status, 400);
    assert!(body["ModelState"].as_object().unwrap().keys().next().unwrap().starts_with("apiOrders."));
    let (status, body) = post(&mut shipstation, "/orders/createorder", &json!([order("SO-3")]));
    assert_eq!((status, body["ModelState"]["apiOrder"][0].is_string()), (400, true));
    let many: Vec<_> = (0..101).map(|number| order(&format!("SO-{number}"))).collect();
    assert_eq!(post(&mut shipstation, "/orders/createorders", &json!(many)).0, 400);
    assert_eq!(shipstation.orders().count(), 0);
}

#[test]
fn bodies_that_are_not_json_are_400_and_missing_ones_a_null_reference() {
    let mut shipstation = account();
    let broken = request(Method::Post, "/orders/createorder", "{\"orderNumber\":");
    assert_eq!(shipstation.handle(&broken, noon()).status, 400);
    for nothing in ["", "null"] {
        let reply = shipstation.handle(&request(Method::Post, "/orders/createorder", nothing), noon());
        let (status, body) = parsed(&reply);
        assert_eq!(status, 500);
        assert!(body["ExceptionMessage"].as_str().unwrap().starts_with("Object reference not set"));
    }
}

#[test]
fn queries_with_unreadable_values_are_400_and_unknown_names_are_ignored() {
    let mut shipstation = account();
    for (target, status) in [
        ("/orders?pageSize=501", 400),
        ("/orders?pageSize=0", 400),
        ("/orders?page=0", 400),
        ("/orders?orderStatus=packed", 400),
        ("/orders?createDateStart=yesterday", 400),
        ("/orders?sortBy=colour", 400),
        ("/shipments?batchId=x", 400),
        ("/shipments?includeShipmentItems=maybe", 400),
        ("/orders?orderKey=whatever", 200),
        ("/shipments?includeShipmentItems=True&pageSize=500", 200),
    ] {
        assert_eq!(shipstation.handle(&request(Method::Get, target, ""), noon()).status, status, "{target}");
    }
}

#[test]
fn a_store_that_is_there_is_noted_for_fetching_and_another_is_404() {
    let mut shipstation = account();
    let refresh = |query| request(Method::Post, &format!("/stores/refreshstore{query}"), "");
    assert_eq!(shipstation.handle(&refresh("?storeId=12345"), noon()).status, 200);
    assert_eq!(shipstation.handle(&refresh("?storeId=1"), noon()).status, 404);
    assert_eq!(shipstation.handle(&refresh(""), noon()).status, 400);
    assert_eq!(shipstation.store_refreshes(), [(12_345, noon())]);
}

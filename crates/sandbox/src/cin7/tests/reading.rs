//! Credentials, quota, permissions, paths, and list calls.

use super::*;
use crate::quota::Window;

const MALFORMED: &str = "Missing or malformed JSON data; please see the documentation for examples.";

type Refused =
    (Method, &'static str, &'static [(&'static str, &'static str)], &'static str, u16, &'static str);

/// Method, path, query and body; status and text.
const REFUSED: &[Refused] = &[
    (
        Method::Get,
        "SalesOrders",
        &[("rows", "251")],
        "",
        400,
        "The rows argument cannot be greater than 250.",
    ),
    (
        Method::Get,
        "SalesOrders",
        &[("page", "0")],
        "",
        400,
        "The page number is out of range; the value must be greater than or equal to 1.",
    ),
    (Method::Get, "SalesOrders", &[("page", "two")], "", 400, "The page argument is not a valid number."),
    (
        Method::Get,
        "SalesOrders",
        &[("order", "colour ASC")],
        "",
        400,
        "The order argument is not valid: 'colour ASC'.",
    ),
    (Method::Get, "SalesOrders", &[("order", "id UP")], "", 400, "The order argument is not valid: 'id UP'."),
    (
        Method::Get,
        "SalesOrders",
        &[("where", "createdDate>='2026-05-01'")],
        "",
        400,
        "The where argument is not valid: '2026-05-01' is not a valid date time.",
    ),
    (Method::Get, "SalesOrders/77", &[], "", 404, "Resource not found"),
    (Method::Get, "SalesOrders/x", &[], "", 404, "Resource not found"),
    (Method::Get, "Users", &[], "", 404, "Resource not found"),
    (Method::Get, "", &[], "", 404, "Resource not found"),
    (
        Method::Delete,
        "SalesOrders/1000",
        &[],
        "",
        405,
        "The requested resource does not support this http method.",
    ),
    (Method::Put, "Products", &[], "[]", 405, "The requested resource does not support this http method."),
    (Method::Put, "SalesOrders", &[], r#"{"id":1000}"#, 400, MALFORMED),
    (Method::Put, "SalesOrders", &[], r#"[{"id":1000}"#, 400, MALFORMED),
    (Method::Put, "SalesOrders", &[], "[1000]", 400, MALFORMED),
    (Method::Post, "SalesOrders", &[], "", 400, MALFORMED),
];

#[test]
fn a_request_that_is_refused_says_so_in_a_bare_json_string() {
    for (method, path, query, sent, status, text) in REFUSED {
        let reply = account(1).handle(&request(*method, path, query, sent), at(10));
        assert_eq!((reply.status, body(&reply)), (*status, json!(text)), "{path} {query:?}");
    }
    let records = |count| json!(vec![json!({"id": 1}); count]);
    assert_eq!(send(&mut account(1), Method::Put, &records(251)), (400, json!("Batch limit is 250.")));
    assert_eq!(send(&mut account(1), Method::Put, &records(250)).0, 200);
}

#[test]
fn only_the_right_credentials_pass() {
    let mut cin7 = account(1);
    for (authorization, status) in [
        (Some(AUTHORIZATION), 200),
        (Some("basic RGVtb0FVOmRlbW8tY2luNy1rZXk="), 200),
        (Some("Basic RGVtb0FVOndyb25n"), 401),
        (Some("Basic %%%"), 401),
        (Some("Bearer RGVtb0FVOmRlbW8tY2luNy1rZXk="), 401),
        (None, 401),
    ] {
        let mut request = request(Method::Get, "SalesOrders", &[], "");
        request.authorization = authorization.map(str::to_owned);
        let reply = cin7.handle(&request, at(10));
        assert_eq!(reply.status, status, "{authorization:?}");
        if status == 401 {
            assert_eq!(body(&reply), json!("Unauthorized access"));
        }
    }
}

#[test]
fn a_missing_permission_is_answered_403() {
    let permissions = vec![(Resource::SalesOrders, Permission::Read)];
    let mut cin7 = Cin7::new(Cin7Settings { permissions, windows: Vec::new(), ..Cin7Settings::default() });
    assert_eq!(get(&mut cin7, "SalesOrders", &[]).0, 200);
    assert_eq!(get(&mut cin7, "Products", &[]), (403, json!("Access is forbidden")));
    assert_eq!(send(&mut cin7, Method::Put, &json!([])), (403, json!("Access is forbidden")));
}

#[test]
fn a_full_window_is_answered_429_which_costs_nothing_and_is_counted() {
    let window = Window { limit: 2, length: SignedDuration::from_secs(60) };
    for retry_after in [false, true] {
        let settings = Cin7Settings { windows: vec![window], retry_after, ..Cin7Settings::default() };
        let mut cin7 = Cin7::new(settings);
        let ask = request(Method::Get, "SalesOrders", &[], "");
        let statuses = [0, 10, 20, 30, 59, 60, 61].map(|second| cin7.handle(&ask, at(second)).status);
        assert_eq!(statuses, [200, 200, 429, 429, 429, 200, 429]);
        let refused = cin7.handle(&ask, at(62));
        assert_eq!(body(&refused), json!("Rate limit exceeded. Retry after some time."));
        assert_eq!(refused.headers.iter().any(|(name, _)| *name == "Retry-After"), retry_after);
        assert_eq!((cin7.calls().rate_limited(), cin7.calls().of("GET /SalesOrders")), (5, 8));
    }
}

#[test]
fn the_default_quota_is_three_a_second_and_sixty_a_minute() {
    let mut cin7 = Cin7::new(Cin7Settings::default());
    let ask = request(Method::Get, "SalesOrders", &[], "");
    let burst = (0..4).filter(|_| cin7.handle(&ask, at(0)).status == 200).count();
    let minute =
        (1..60).flat_map(|second| [second; 3]).filter(|second| cin7.handle(&ask, at(*second)).status == 200);
    assert_eq!((burst, minute.count()), (3, 57));
}

#[test]
fn pages_hold_fifty_rows_unless_asked_and_end_with_an_empty_array() {
    let mut cin7 = account(120);
    for (query, first, length) in [
        (&[][..], Some(1_000), 50),
        (&[("page", "3")], Some(1_100), 20),
        (&[("page", "4")], None, 0),
        (&[("rows", "250")], Some(1_000), 120),
        (&[("rows", "7"), ("page", "2")], Some(1_007), 7),
        (&[("limit", "1")], Some(1_000), 50),
    ] {
        let (status, list) = get(&mut cin7, "SalesOrders", query);
        let found = ids(&list);
        assert_eq!((status, found.first().copied(), found.len()), (200, first, length), "{query:?}");
    }
}

#[test]
fn order_is_descending_unless_asc_is_said_and_ties_keep_the_order_of_ids() {
    let mut cin7 = account(4);
    assert!(cin7.set_stage(1_002, "On Hold", at(500)));
    for (order, expected) in [
        ("ModifiedDate ASC", [1_000, 1_001, 1_003, 1_002]),
        ("modifieddate", [1_002, 1_003, 1_001, 1_000]),
        ("stage ASC, id DESC", [1_003, 1_001, 1_000, 1_002]),
        ("total", [1_000, 1_001, 1_002, 1_003]),
    ] {
        assert_eq!(ids(&get(&mut cin7, "SalesOrders", &[("order", order)]).1), expected, "{order}");
    }
}

#[test]
fn fields_choose_and_unknown_names_are_dropped_in_silence() {
    let mut cin7 = account(1);
    for (fields, expected) in [
        ("id,REFERENCE,channel", json!({"id": 1_000, "reference": "SO-0"})),
        (
            "id, lineItems(code,qty,colour)",
            json!({"id": 1_000, "lineItems": [{"code": "MUG", "qty": 2.0}, {"code": null, "qty": 1.0}, {"code": "BOWL", "qty": 0.0}]}),
        ),
        ("subTotal", json!({})),
        (
            "customFields(orders_1001),status",
            json!({"customFields": {"orders_1001": null}, "status": "APPROVED"}),
        ),
    ] {
        let (_, list) = get(&mut cin7, "SalesOrders", &[("fields", fields)]);
        assert_eq!(list, json!([expected]), "{fields}");
    }
}

#[test]
fn an_order_on_the_wire_is_camel_case_with_upper_case_status_and_whole_seconds() {
    let mut cin7 = account(0);
    let id = cin7.add_order(sales_order("#1"), at(0) + SignedDuration::from_millis(1_999));
    let (status, order) = get(&mut cin7, &format!("salesorders/{id}"), &[]);
    assert_eq!(status, 200);
    assert_eq!(order["modifiedDate"], "2026-06-01T00:00:01Z");
    assert_eq!((&order["status"], &order["taxStatus"]), (&json!("APPROVED"), &json!("Excl")));
    assert_eq!((&order["total"], &order["taxRate"]), (&json!(27.5), &json!(0.1)));
    assert_eq!(order["lineItems"][0]["transactionId"], id);
    assert!(order.as_object().unwrap().contains_key("modifiedCOGSDate"));
    assert!(order["accountingAttributes"]["accountingImportStatus"] == "NotImported");
}

#[test]
fn every_resource_can_be_listed_filtered_and_read_by_id() {
    let mut cin7 = account(2);
    let mut generator = crate::generator::Generator::new(1, at(0));
    let products = generator.catalogue();
    let options: usize = products.iter().map(|product| product.product_options.len()).sum();
    for product in products {
        cin7.add_product(product);
    }
    cin7.add_branch(Branch { id: 3, company: "Main".to_owned(), ..Branch::default() });
    for (id, order_id) in [(1, 1_000), (2, 1_001)] {
        cin7.add_payment(Payment { id, order_id, method: "Visa".to_owned(), ..Payment::default() });
    }
    assert_eq!(get(&mut cin7, "ProductOptions", &[("rows", "250")]).1.as_array().unwrap().len(), options);
    let (_, mugs) = get(&mut cin7, "Products", &[("where", "styleCode='mug-st'")]);
    let found: Vec<_> =
        mugs[0]["productOptions"].as_array().unwrap().iter().map(|option| option["code"].clone()).collect();
    assert_eq!(found, ["MUG-ST-SAND", "MUG-ST-INK", "MUG-ST-EUCALYPT"]);
    let (_, option) = get(&mut cin7, "ProductOptions", &[("where", "code LIKE '%-ink' AND productId=7000")]);
    assert_eq!(ids(&option), [700_001]);
    assert_eq!(ids(&get(&mut cin7, "Payments", &[("where", "orderId IN (1001)")]).1), [2]);
    assert_eq!(get(&mut cin7, "Branches/3", &[]).1["company"], "Main");
    assert_eq!(get(&mut cin7, "Products/1", &[]).0, 404);
}

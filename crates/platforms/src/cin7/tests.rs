//! What the client asks of Cin7, and what it makes of the answers.

use domain::sales_order::TaxStatus;
use rust_decimal::Decimal;
use serde_json::json;

use super::*;
use crate::scripted::{Scripted, clock, ok, status, url};
use crate::transport::TransportError;

fn client(transport: &Arc<Scripted>) -> Cin7Client {
    let base_url = url("https://api.cin7.com/api/v1");
    let settings = Cin7Settings { base_url, username: "AcmeAU".to_owned(), key: "s3cret-key".into() };
    Cin7Client::new(transport.clone(), clock(), settings)
}

fn permit() -> CallPermit {
    CallPermit::granted()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

async fn orders(body: &str) -> Listing<SalesOrder> {
    let transport = Scripted::answering([ok(body)]);
    client(&transport).orders(permit(), &[OrderRef::Id(OrderId(1))]).await.outcome.unwrap()
}

async fn order(body: &str) -> SalesOrder {
    let mut listing = orders(body).await;
    assert!(listing.unreadable.is_empty(), "{:?}", listing.unreadable);
    listing.records.remove(0)
}

#[tokio::test]
async fn orders_are_asked_for_by_id_and_reference_in_one_call() {
    let transport = Scripted::answering([ok("[]")]);
    let asked = [OrderRef::Reference("O'Neil & Co #7".to_owned()), OrderRef::Id(OrderId(12))];
    let answer = client(&transport).orders(permit(), &asked).await;
    assert!(answer.outcome.unwrap().records.is_empty());
    assert_eq!(answer.heard.operation, "read_orders");
    assert_eq!(
        transport.line(),
        "GET https://api.cin7.com/api/v1/SalesOrders?where=id%20IN(12)%20OR%20Reference%3D%27O%27%27Neil%20%26\
         %20Co%20%237%27&rows=250"
    );
}

#[tokio::test]
async fn a_full_batch_of_ids_fits_into_a_query_of_2048_characters() {
    let transport = Scripted::answering([ok("[]")]);
    let asked: Vec<_> = (1_895_000..1_895_250).map(|id| OrderRef::Id(OrderId(id))).collect();
    client(&transport).orders(permit(), &asked).await.outcome.unwrap();
    let query = transport.line().split_once('?').unwrap().1.len();
    assert!(query <= 2048, "{query}");
}

#[tokio::test]
async fn nothing_is_sent_for_nothing_and_nothing_for_too_much() {
    let transport = Scripted::answering([]);
    let client = client(&transport);
    assert!(client.orders(permit(), &[]).await.outcome.unwrap().records.is_empty());
    assert!(client.products(permit(), &[]).await.outcome.unwrap().records.is_empty());
    let answer = client.products(permit(), &[1; 251]).await;
    assert_eq!(answer.outcome.unwrap_err().class(), "permanent");
    let answer = client.update_orders(permit(), &vec![OrderPatch::new(OrderId(1)); 251]).await;
    assert_eq!(answer.outcome.unwrap_err().class(), "permanent");
    assert_eq!(answer.heard, Heard::nothing("update_orders"));
}

mod cartons;

#[tokio::test]
async fn the_watch_asks_for_stamps_in_order_and_knows_when_to_go_on() {
    let rows: Vec<_> =
        (0..250).map(|id| json!({"Id": id, "ModifiedDate": "2025-11-08T13:00:06.5Z"})).collect();
    let transport = Scripted::answering([ok(&json!(rows).to_string()), ok(r#"[{"id": 9}]"#)]);
    let client = client(&transport);
    let since = "2025-11-08T13:00:06.9Z".parse().unwrap();
    let first = client.changed_since(permit(), since, 1).await.outcome.unwrap();
    assert!(first.has_more());
    let modified = "2025-11-08T13:00:06Z".parse().unwrap();
    assert_eq!(first.records[249], OrderStamp { id: OrderId(249), modified });
    let second = client.changed_since(permit(), since, 2).await.outcome.unwrap();
    assert!(!second.has_more());
    assert_eq!(second.unreadable[0].reason, "`modifiedDate` is missing");
    assert_eq!(
        transport.sent()[1].line,
        "GET https://api.cin7.com/api/v1/SalesOrders?where=modifiedDate%3E%3D%272025-11-08T13%3A00%3A06Z%27&\
         fields=id,modifiedDate&order=ModifiedDate%20ASC&page=2&rows=250"
    );
}

#[tokio::test]
async fn the_probe_reads_one_row() {
    let transport = Scripted::answering([ok("[]"), status(403, r#""Access is forbidden""#)]);
    let client = client(&transport);
    assert!(client.first_order(permit()).await.outcome.unwrap().records.is_empty());
    assert!(transport.line().ends_with("/SalesOrders?fields=id,modifiedDate&page=1&rows=1"));
    let refused = client.first_order(permit()).await.outcome.unwrap_err();
    assert_eq!(refused.class(), "misconfigured");
}

#[tokio::test]
async fn an_order_is_read_whatever_the_spelling() {
    let order = order(
        r#"[{"ID": "42", "Reference": " SO-42 ", "CREATEDDATE": "2026-05-01", "modifieddate": "2026-05-02 03:04:05",
        "isApproved": "true", "status": "APPROVED", "stage": "Fully Picked ", "branchId": "3", "isVoid": 0,
        "EstimatedDeliveryDate": "2026-05-08T00:00:00+10:00", "dispatchedDate": "", "invoiceDate": null,
        "phone": 298765432, "deliveryPostalCode": 2000, "deliveryCountry": "Australia", "memberEmail": "m@x.au",
        "productTotal": "100.50", "freightTotal": 9.9, "surcharge": null, "total": 55.1866, "taxStatus": 1,
        "customerOrderNo": "PO-1", "ProjectName": "Spring", "departmentnumber": 7, "logisticsStatus": 2,
        "accountingAttributes": {"importDate": null}, "customFields": {"orders_1000": " gift ", "orders_1004": null},
        "lineItems": null, "unknownField": [1, 2]}]"#,
    )
    .await;
    assert_eq!((order.id, order.reference.as_str()), (OrderId(42), "SO-42"));
    assert_eq!(order.created, Some("2026-05-01T00:00:00Z".parse().unwrap()));
    assert_eq!(order.modified, "2026-05-02T03:04:05Z".parse().unwrap());
    assert_eq!(order.estimated_delivery, Some("2026-05-07T14:00:00Z".parse().unwrap()));
    assert_eq!((order.dispatched, order.invoiced), (None, None));
    assert!(order.approved && !order.void);
    assert_eq!((order.stage.as_str(), order.branch_id), ("Fully Picked", Some(3)));
    assert_eq!((order.contact.phone.as_str(), order.delivery.postal_code.as_str()), ("298765432", "2000"));
    assert_eq!((order.money.products, order.money.total), (decimal("100.50"), decimal("55.1866")));
    assert_eq!((order.money.surcharge, order.money.tax_status), (Decimal::ZERO, TaxStatus::Included));
    assert!(order.lines.is_empty());
    assert_eq!(order.field("custom_fields.orders_1000").as_deref(), Some("gift"));
    for (name, value) in [
        ("customer_order_no", "PO-1"),
        ("project_name", "Spring"),
        ("department_number", "7"),
        ("phone", "298765432"),
        ("delivery_country", "Australia"),
        ("logistics_status", "2"),
        ("member_email", "m@x.au"),
    ] {
        assert_eq!(order.field(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(order.field("accounting_attributes"), None);
}

#[tokio::test]
async fn lines_keep_kits_and_size_runs_apart() {
    let order = order(
        r#"[{"id": 1, "modifiedDate": "2026-05-02T03:04:05Z", "lineItems": [
        {"id": 10, "parentId": 0, "productId": 5, "productOptionId": "6", "code": "WTW23-922G  -XS", "qty": "3.0",
         "qtyShipped": 2, "unitPrice": 19.95, "discount": null, "option1": "Red", "sizes": []},
        {"id": 11, "parentId": 10, "qty": 1, "sizes": [{"name": "XL", "code": "T-XL", "barcode": 93, "qty": 4.5}]}]}]"#,
    )
    .await;
    let [parent, component] = &order.lines[..] else { panic!("{:?}", order.lines) };
    assert_eq!((parent.parent_id, component.parent_id), (None, Some(10)));
    assert_eq!((parent.product_id, parent.product_option_id), (Some(5), Some(6)));
    assert_eq!((parent.code.as_str(), parent.options[0].as_str()), ("WTW23-922G  -XS", "Red"));
    assert_eq!((parent.quantity, parent.quantity_dispatched), (decimal("3"), decimal("2")));
    assert_eq!((parent.unit_price, parent.discount), (decimal("19.95"), Decimal::ZERO));
    assert!(parent.sizes.is_empty());
    assert_eq!((component.sizes[0].code.as_str(), component.sizes[0].quantity), ("T-XL", decimal("4.5")));
    assert_eq!(component.sizes[0].barcode, "93");
}

#[tokio::test]
async fn an_order_is_approved_only_when_nothing_speaks_against_it() {
    for (said, approved, void) in [
        (r#""status": "Approved""#, true, false),
        (r#""isApproved": true"#, true, false),
        (r#""status": "APPROVED", "isApproved": false"#, false, false),
        (r#""status": "draft", "isApproved": true"#, false, false),
        (r#""status": "VOID", "isApproved": true"#, true, true),
        (r#""status": "APPROVED", "isVoid": "True""#, true, true),
        (r#""status": 1"#, false, false),
        (r#""reference": "says nothing""#, false, false),
    ] {
        let order = order(&format!(r#"[{{"id": 1, "modifiedDate": "2026-01-01", {said}}}]"#)).await;
        assert_eq!((order.approved, order.void), (approved, void), "{said}");
    }
}

#[tokio::test]
async fn tax_status_comes_as_word_or_number_and_custom_fields_as_object_or_list() {
    for (text, expected) in [
        (r#""Incl""#, TaxStatus::Included),
        (r#""EXCL""#, TaxStatus::Excluded),
        ("2", TaxStatus::Excluded),
        (r#""3""#, TaxStatus::Exempt),
        ("0", TaxStatus::Undefined),
        ("null", TaxStatus::Undefined),
        (r#""Reverse""#, TaxStatus::Undefined),
    ] {
        let order =
            order(&format!(r#"[{{"id": 1, "modifiedDate": "2026-01-01", "taxStatus": {text}}}]"#)).await;
        assert_eq!(order.money.tax_status, expected, "{text}");
    }
    for text in
        [r#"{"orders_1000": 5}"#, r#"[{"Name": "orders_1000", "Value": "5"}, "loose", {"name": "x"}]"#]
    {
        let order =
            order(&format!(r#"[{{"id": 1, "modifiedDate": "2026-01-01", "customFields": {text}}}]"#)).await;
        assert_eq!(order.custom_fields.iter().collect::<Vec<_>>(), [(&"orders_1000".into(), &"5".into())]);
    }
}

#[tokio::test]
async fn an_unreadable_order_stands_apart_with_its_reason() {
    let listing = orders(
        r#"[{"id": 1, "modifiedDate": "2026-01-01"}, {"modifiedDate": "2026-01-01"}, {"id": 3},
        {"id": 4, "modifiedDate": "2026-01-01", "total": 1e99},
        {"id": 5, "modifiedDate": "2026-01-01", "lineItems": [{"id": 1}, {"id": 2, "qty": "two"}]},
        {"id": 6, "modifiedDate": "2026-01-01", "dispatchedDate": "yesterday"}]"#,
    )
    .await;
    assert_eq!(listing.records.len(), 1);
    let told: Vec<_> =
        listing.unreadable.iter().map(|bad| (bad.id.as_deref(), bad.reason.as_str())).collect();
    assert_eq!(
        told,
        [
            (None, "`id` is missing"),
            (Some("3"), "`modifiedDate` is missing"),
            (Some("4"), "`total` is not a decimal number within range: 1e99"),
            (Some("5"), "lineItems[1]: `qty` is not a decimal number within range: \"two\""),
            (Some("6"), "`dispatchedDate` is not a date: \"yesterday\""),
        ]
    );
}

#[tokio::test]
async fn products_come_with_what_the_mapping_may_name() {
    let transport = Scripted::answering([ok(
        r#"[{"id": 5, "Name": "Rope", "brand": "Knot", "styleCode": 77, "tags": ["a"], "description": "<p>long</p>",
        "modifiedDate": "2026-01-01T00:00:00Z", "customFields": {"products_1001": "A-12", "products_1002": null},
        "productOptions": [{"id": 6, "code": "R", "barcode": "0", "productOptionSizeBarcode": "9312345678907"}]}]"#,
    )]);
    let product = client(&transport).products(permit(), &[5]).await.outcome.unwrap().records.remove(0);
    assert_eq!(product.field("product.name").as_deref(), Some("Rope"));
    assert_eq!(product.field("product.style_code").as_deref(), Some("77"));
    assert_eq!(product.field("product.custom_fields.products_1001").as_deref(), Some("A-12"));
    for none in ["product.tags", "product.description", "product.modified_date"] {
        assert_eq!(product.field(none), None, "{none}");
    }
    assert_eq!(product.custom_fields.len(), 1);
    assert_eq!(product.options[0].barcode, "9312345678907");
}

#[tokio::test]
async fn changed_products_are_asked_for_oldest_first_with_their_dates() {
    let transport = Scripted::answering([ok(
        r#"[{"id": 5, "modifiedDate": "2026-07-01T12:00:00.5Z"}, {"id": 6}, {"id": 7, "modifiedDate": "2026-07-02T00:00:00Z"}]"#,
    )]);
    let since = "2026-07-01T12:00:00Z".parse().unwrap();
    let listing = client(&transport).products_changed_since(permit(), since, 2).await.outcome.unwrap();
    assert_eq!(
        transport.line(),
        "GET https://api.cin7.com/api/v1/Products?where=modifiedDate%3E%3D%272026-07-01T12%3A00%3A00Z%27&order=ModifiedDate%20ASC&page=2&rows=250"
    );
    let found: Vec<_> =
        listing.records.iter().map(|changed| (changed.product.id, changed.modified)).collect();
    assert_eq!(found, [(5, since), (7, "2026-07-02T00:00:00Z".parse().unwrap())]);
    assert_eq!((listing.unreadable.len(), listing.has_more()), (1, false));
}

#[tokio::test]
async fn products_come_with_weights_pictures_and_labels() {
    let transport = Scripted::answering([ok(
        r#"[{"id": 5, "weight": "0.5", "images": [null, {"link": ""}, {"link": "https://x/1.jpg"}], "optionLabel1": "Colour",
        "productOptions": [{"id": 6, "productOptionCode": "A-1", "optionWeight": 0.25, "image": {"link": "https://x/2.jpg"}},
        {"id": 7, "code": "OLD", "optionWeight": null, "image": null, "productOptionSizeCode": ""}]},
        {"id": 8, "weight": "heavy"}]"#,
    )]);
    let listing = client(&transport).products(permit(), &[5, 8]).await.outcome.unwrap();
    assert_eq!(transport.line(), "GET https://api.cin7.com/api/v1/Products?where=id%20IN(5,8)&rows=250");
    let product = &listing.records[0];
    assert_eq!((product.weight, product.image.as_str()), (Some(decimal("0.5")), "https://x/1.jpg"));
    assert_eq!(product.option_labels[0], "Colour");
    assert_eq!(product.option(Some(6), "").unwrap().weight, Some(decimal("0.25")));
    assert_eq!(product.option(Some(6), "").unwrap().image, "https://x/2.jpg");
    assert_eq!(product.option(None, "OLD").unwrap().id, 7);
    assert_eq!(listing.unreadable[0].id.as_deref(), Some("8"));
}

fn tracking(order: i64, code: &str) -> OrderPatch {
    OrderPatch { tracking_code: Some(code.to_owned()), ..OrderPatch::new(OrderId(order)) }
}

fn classes(outcomes: &[RecordOutcome]) -> Vec<(i64, &'static str)> {
    let class = |result: &Result<(), Failure>| result.as_ref().map_or_else(Failure::class, |()| "done");
    outcomes.iter().map(|outcome| (outcome.order.0, class(&outcome.result))).collect()
}

#[tokio::test]
async fn a_patch_says_what_it_changes_and_nothing_else() {
    let transport = Scripted::answering([ok(r#"[{"index": 0, "success": true, "id": 7, "errors": []}]"#)]);
    let patch = OrderPatch {
        stage: Some("Dispatched".to_owned()),
        carrier: Some(String::new()),
        dispatched: Some("2026-09-08T01:02:03.987Z".parse().unwrap()),
        custom_fields: [("orders_1000".to_owned(), "8.51".to_owned())].into(),
        ..tracking(7, "AXL6573694")
    };
    let outcomes = client(&transport).update_orders(permit(), &[patch]).await.outcome.unwrap();
    assert_eq!(classes(&outcomes), [(7, "done")]);
    assert!(transport.line().starts_with("PUT https://api.cin7.com/api/v1/SalesOrders"));
    assert_eq!(
        transport.json(),
        json!([{"id": 7, "trackingCode": "AXL6573694", "logisticsCarrier": "", "stage": "Dispatched",
            "dispatchedDate": "2026-09-08T01:02:03Z", "customFields": {"orders_1000": "8.51"}}])
    );
}

#[tokio::test]
async fn branches_are_read_by_either_name_of_their_postal_code_and_may_be_forbidden_alone() {
    let answer =
        r#"[{"id": 3, "company": "Main", "postCode": "3000"}, {"id": 4, "postalCode": 6000}, {"id": 5}]"#;
    let transport = Scripted::answering([ok(answer)]);
    let listing = client(&transport).branches(permit()).await.outcome.unwrap();
    let found: Vec<_> =
        listing.records.iter().map(|branch| (branch.id, branch.address.postal_code.as_str())).collect();
    assert_eq!(found, [(3, "3000"), (4, "6000"), (5, "")]);
    assert!(
        transport.line().starts_with("GET https://api.cin7.com/api/v1/Branches?rows=250"),
        "{}",
        transport.line()
    );
    let transport = Scripted::answering([status(403, r#""Access is forbidden""#)]);
    let failure = client(&transport).branches(permit()).await.outcome.unwrap_err();
    assert_eq!(failure.class(), "permanent", "one box that is not ticked does not set Cin7 aside");
}

#[tokio::test]
async fn freight_is_written_as_a_number_with_its_description_and_nothing_else() {
    let answer = r#"[{"index": 0, "success": true, "id": 7, "errors": []}, {"index": 1, "success": true, "id": 8, "errors": []}]"#;
    let transport = Scripted::answering([ok(answer)]);
    let freight = |order, total: &str, description: Option<&str>| OrderPatch {
        freight_total: Some(total.parse().unwrap()),
        freight_description: description.map(str::to_owned),
        ..OrderPatch::new(OrderId(order))
    };
    let patches = [freight(7, "11.40", Some("UPS® Ground")), freight(8, "0", None)];
    let told = client(&transport).update_freight(permit(), &patches).await;
    assert_eq!(classes(&told.outcome.unwrap()), [(7, "done"), (8, "done")]);
    assert_eq!(told.heard.operation, "update_freight");
    assert_eq!(
        transport.json(),
        json!([{"id": 7, "freightTotal": 11.4, "freightDescription": "UPS® Ground"}, {"id": 8, "freightTotal": 0}])
    );
}

#[tokio::test]
async fn a_patch_that_cin7_would_refuse_does_not_hold_up_the_others() {
    let answer = r#"[{"index": 0, "success": true, "id": 2}, {"index": 1, "success": false, "id": 0, "errors": ["No."]}]"#;
    let transport = Scripted::answering([ok(answer)]);
    let patches = [
        tracking(1, &"ä".repeat(51)),
        tracking(2, &"ä".repeat(50)),
        OrderPatch::new(OrderId(3)),
        tracking(4, "x"),
    ];
    let outcomes = client(&transport).update_orders(permit(), &patches).await.outcome.unwrap();
    assert_eq!(classes(&outcomes), [(1, "permanent"), (2, "done"), (3, "done"), (4, "permanent")]);
    assert_eq!(
        outcomes[3].result,
        Err(Failure::Permanent { reason: "Cin7 Omni refused the update: No.".into() })
    );
    assert_eq!(transport.json().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn results_are_matched_by_index_or_id_and_what_is_missing_is_in_doubt() {
    let patches = [tracking(1, "a"), tracking(2, "b"), tracking(3, "c"), tracking(4, "d")];
    for (answer, expected) in [
        (
            r#"[{"success": true, "id": 3}, {"Success": "true", "Id": "1"}]"#,
            ["done", "ambiguous", "done", "ambiguous"],
        ),
        (
            r#"[{"index": 3, "success": true, "id": 2}, {"index": "2", "success": false}]"#,
            ["ambiguous", "done", "permanent", "ambiguous"],
        ),
        (r#"[{"index": 0, "success": true, "id": 99}, {"index": 9, "success": true}]"#, ["ambiguous"; 4]),
        (r#"[{"index": 0}, {"index": 1, "success": true}]"#, ["ambiguous", "done", "ambiguous", "ambiguous"]),
        ("[]", ["ambiguous"; 4]),
    ] {
        let transport = Scripted::answering([ok(answer)]);
        let outcomes = client(&transport).update_orders(permit(), &patches).await.outcome.unwrap();
        assert_eq!(
            classes(&outcomes).iter().map(|(_, class)| *class).collect::<Vec<_>>(),
            expected,
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_or_unreadable_is_in_doubt_as_a_whole() {
    let answers = [
        Err(TransportError::TimedOut),
        status(500, r#""An unexpected error occurred. Please try again later.""#),
        ok("<html>Maintenance</html>"),
        ok(r#"[{"index": 0, "suc"#),
        ok(r#"{"message": "odd"}"#),
    ];
    let transport = Scripted::answering(answers);
    let client = client(&transport);
    for _ in 0..5 {
        let failure = client.update_orders(permit(), &[tracking(1, "a")]).await.outcome.unwrap_err();
        assert_eq!(failure.class(), "ambiguous", "{failure}");
    }
}

#[tokio::test]
async fn a_list_whose_answer_is_cut_off_is_read_again_later() {
    let transport =
        Scripted::answering([ok(r#"[{"id": 1, "modifiedDate": "2026-01-01"}, {"id"#), ok("<html>")]);
    let client = client(&transport);
    for _ in 0..2 {
        let failure = client.orders(permit(), &[OrderRef::Id(OrderId(1))]).await.outcome.unwrap_err();
        assert_eq!(failure.class(), "transient", "{failure}");
    }
}

#[test]
fn neither_settings_nor_client_show_the_key() {
    let settings =
        Cin7Settings { base_url: url("https://x"), username: "u".to_owned(), key: "s3cret-key".into() };
    let client = client(&Scripted::answering([]));
    assert!(!format!("{settings:?} {client:?}").contains("s3cret-key"));
}

//! PUT, POST, and what people do on the screens.

use super::*;

#[test]
fn a_put_merges_at_the_header_and_leaves_the_rest() {
    for (record, field, expected) in [
        (json!({"id": 1_000, "TRACKINGCODE": "A1"}), "trackingCode", json!("A1")),
        (json!({"id": 1_000, "email": null}), "email", json!("a@example.com")),
        (json!({"id": 1_000, "email": ""}), "email", Value::Null),
        (json!({"id": 1_000, "channel": "web"}), "channel", Value::Null),
        (
            json!({"id": 1_000, "estimatedDeliveryDate": "2026-07-01T10:00:00.123+10:00"}),
            "estimatedDeliveryDate",
            json!("2026-07-01T00:00:00Z"),
        ),
        (json!({"id": 1_000, "freightTotal": 10}), "total", json!(38.5)),
        (json!({"id": 1_000, "taxStatus": "INCL"}), "total", json!(25.0)),
        (json!({"id": 1_000, "taxStatus": 3}), "taxStatus", json!("Exempt")),
        (json!({"id": 1_000, "taxRate": 8.75}), "taxRate", json!(0.0875)),
        (
            json!({"id": 1_000, "customFields": {"Orders_1001": "x", "orders_9": "y"}}),
            "customFields",
            json!({"orders_1000": null, "orders_1001": "x", "orders_1002": null, "orders_1003": null, "orders_1004": null, "orders_1005": null}),
        ),
    ] {
        let mut cin7 = account(1);
        let result = put(&mut cin7, &record);
        assert_eq!(
            result,
            json!({"index": 0, "success": true, "id": 1_000, "code": "SO-0", "errors": []}),
            "{record}"
        );
        let order = get(&mut cin7, "SalesOrders/1000", &[]).1;
        assert_eq!(order[field], expected, "{record}");
        assert_eq!(
            (&order["deliveryCountry"], &order["modifiedDate"]),
            (&json!("Australia"), &json!("2026-06-01T00:33:20Z"))
        );
    }
}

#[test]
fn read_only_fields_are_ignored_whatever_is_sent() {
    let mut cin7 = account(1);
    let before = get(&mut cin7, "SalesOrders/1000", &[]).1;
    let result = put(
        &mut cin7,
        &json!({
            "id": 1_000, "status": "VOID", "source": 5, "invoiceNumber": 9, "cancellationDate": "soon", "total": "1",
            "productTotal": 1, "createdDate": "2020-01-01T00:00:00Z", "modifiedDate": "2020-01-01T00:00:00Z",
            "lineItems": [{"id": 11, "qtyShipped": 2, "uomQtyShipped": 2, "uomSize": 6, "holdingQty": 1, "parentId": 12, "productId": 5}]
        }),
    );
    assert_eq!(result["success"], true);
    let mut after = get(&mut cin7, "SalesOrders/1000", &[]).1;
    after["modifiedDate"] = before["modifiedDate"].clone();
    assert_eq!(after, before);
}

/// What a record must not say of order 1000, and the error that it gets.
fn misfits() -> Vec<(Value, &'static str)> {
    let long = |units: usize| "x".repeat(units);
    vec![
        (
            json!({"trackingCode": long(51)}),
            "The field trackingCode must be a string with a maximum length of 50.",
        ),
        (
            json!({"trackingCode": "🌸".repeat(26)}),
            "The field trackingCode must be a string with a maximum length of 50.",
        ),
        (json!({"reference": long(31)}), "The field reference must be a string with a maximum length of 30."),
        (
            json!({"deliveryCity": long(251)}),
            "The field deliveryCity must be a string with a maximum length of 250.",
        ),
        (
            json!({"deliveryInstructions": long(2_001)}),
            "The field deliveryInstructions must be a string with a maximum length of 2000.",
        ),
        (
            json!({"voucherCode": long(31)}),
            "The field voucherCode must be a string with a maximum length of 30.",
        ),
        (json!({"freightTotal": "9.95"}), "The field freightTotal must be a decimal number."),
        (json!({"freightTotal": 1e20}), "The field freightTotal is out of range."),
        (json!({"branchId": "3"}), "The field branchId must be a whole number."),
        (json!({"branchId": 3.5}), "The field branchId must be a whole number."),
        (json!({"isVoid": "true"}), "The field isVoid must be true or false."),
        (json!({"trackingCode": 12345}), "The field trackingCode must be a string."),
        (json!({"stage": ["New"]}), "The field stage must be a string."),
        (
            json!({"dispatchedDate": "2026-06-01"}),
            "The value '2026-06-01' is not a valid date time for the field dispatchedDate.",
        ),
        (json!({"taxStatus": "Some"}), "The value \"Some\" is not valid for the field taxStatus."),
        (json!({"customFields": ["x"]}), "The field customFields must be an object."),
        (
            json!({"customFields": {"orders_1000": {}}}),
            "The custom field orders_1000 must be a single value.",
        ),
        (json!({"lineItems": {}}), "The field lineItems must be an array."),
        (json!({"lineItems": [{"id": 99, "qty": 1}]}), "The line item 99 was not found on this sales order."),
        (json!({"lineItems": [{"qty": 1}]}), "A line item needs a code, a name or a productOptionId."),
        (json!({"reference": "so-1"}), "The reference 'so-1' is already in use."),
        (json!({"reference": ""}), "The field reference cannot be empty."),
        (json!({"id": 77}), "The sales order 77 was not found."),
        (json!({"id": "1000"}), "The field id is required."),
    ]
}

#[test]
fn a_record_that_does_not_fit_fails_alone_and_changes_nothing() {
    for (changes, error) in misfits() {
        let mut cin7 = account(2);
        let before = cin7.order(1_000).cloned();
        let mut record = json!({"id": 1_000, "stage": "Changed"});
        record.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let (status, results) =
            send(&mut cin7, Method::Put, &json!([record, {"id": 1_001, "stage": "Changed"}]));
        assert_eq!(status, 200);
        let failed = json!({"index": 0, "success": false, "id": 0, "code": "", "errors": [error]});
        assert_eq!(results[0], failed);
        assert_eq!((&results[1]["success"], &results[1]["index"]), (&json!(true), &json!(1)));
        assert_eq!(cin7.order(1_000).cloned(), before, "{changes}");
        assert_eq!((cin7.calls().writes_of(1_000), cin7.calls().writes_of(1_001)), (0, 1));
    }
}

#[test]
fn texts_of_exactly_the_longest_length_fit() {
    let mut cin7 = account(1);
    for (field, length) in
        [("trackingCode", 50), ("reference", 30), ("deliveryInstructions", 2_000), ("company", 250)]
    {
        let result = put(&mut cin7, &json!({"id": 1_000, (field): "x".repeat(length)}));
        assert_eq!(result["success"], true, "{field}");
    }
}

#[test]
fn the_dispatched_date_ships_every_line_and_fixes_the_branch() {
    let mut cin7 = account(1);
    let mut order = cin7.order(1_000).unwrap().clone();
    order.line_items[0].uom_size = Decimal::TWO;
    cin7.edit(1_000, at(5), |stored| *stored = order);
    let dispatch = json!({"id": 1_000, "dispatchedDate": "2026-06-01T00:00:00Z", "stage": "Dispatched", "logisticsCarrier": "UPS", "trackingCode": "1Z"});
    assert_eq!(put(&mut cin7, &dispatch)["success"], true);
    let order = cin7.order(1_000).unwrap();
    assert_eq!((order.logistics_status, order.stage.as_deref()), (2, Some("Dispatched")));
    let shipped: Vec<_> =
        order.line_items.iter().map(|line| (line.qty_shipped, line.uom_qty_shipped)).collect();
    assert_eq!(shipped, [(2, 1), (1, 1), (0, 0)].map(|(qty, uom)| (Decimal::from(qty), Decimal::from(uom))));
    for (branch, success) in [(4, false), (3, true)] {
        assert_eq!(put(&mut cin7, &json!({"id": 1_000, "branchId": branch}))["success"], success);
    }
}

#[test]
fn a_stage_set_through_the_api_picks_nothing_and_on_the_screen_picks_stock_lines() {
    let mut cin7 = account(1);
    let shipped = |cin7: &Cin7| {
        cin7.order(1_000).unwrap().line_items.iter().map(|line| line.qty_shipped).collect::<Vec<_>>()
    };
    put(&mut cin7, &json!({"id": 1_000, "stage": "Fully Picked"}));
    assert_eq!(shipped(&cin7), [Decimal::ZERO; 3]);
    assert!(cin7.set_stage(1_000, "Fully Picked", at(9)));
    assert_eq!(shipped(&cin7), [Decimal::TWO, Decimal::ZERO, Decimal::ZERO]);
    assert!(!cin7.set_stage(77, "New", at(9)));
}

#[test]
fn a_void_can_be_set_once_and_never_taken_back() {
    let mut cin7 = account(1);
    assert_eq!(put(&mut cin7, &json!({"id": 1_000, "isVoid": true, "isApproved": false}))["success"], true);
    let (_, order) = get(&mut cin7, "SalesOrders/1000", &[]);
    assert_eq!(
        (&order["status"], &order["cancellationDate"]),
        (&json!("VOID"), &json!("2026-06-01T00:33:20Z"))
    );
    assert_eq!(put(&mut cin7, &json!({"id": 1_000, "isVoid": false}))["success"], false);
    cin7.edit(1_000, at(9_000), |order| order.is_void = false);
    assert_eq!(cin7.order(1_000).unwrap().status(), "DRAFT");
}

#[test]
fn an_invoice_date_assigns_a_number_which_stays() {
    let mut cin7 = account(2);
    put(&mut cin7, &json!({"id": 1_001, "invoiceDate": "2026-06-01T00:00:00Z"}));
    put(&mut cin7, &json!({"id": 1_000, "invoiceDate": "2026-06-02T00:00:00Z"}));
    put(&mut cin7, &json!({"id": 1_001, "invoiceDate": "2026-06-03T00:00:00Z"}));
    let numbers = [1_001, 1_000].map(|id| cin7.order(id).unwrap().invoice_number);
    assert_eq!(numbers, [Some(1), Some(2)]);
}

#[test]
fn lines_merge_by_id_and_a_line_without_one_is_added() {
    let mut cin7 = account(1);
    let lines = json!([{"id": 12, "unitPrice": 7.5}, {"code": "PEN", "qty": 3, "unitPrice": 2.25}]);
    assert_eq!(put(&mut cin7, &json!({"id": 1_000, "lineItems": lines}))["success"], true);
    let order = cin7.order(1_000).unwrap();
    let found: Vec<_> = order.line_items.iter().map(|line| (line.id, line.code.as_deref())).collect();
    assert_eq!(found[..3], [(11, Some("MUG")), (12, None), (13, Some("BOWL"))]);
    assert!(found[3].0 >= 10_000 && found[3].1 == Some("PEN"));
    assert_eq!(order.product_total, Decimal::new(3_425, 2));
    assert_eq!(order.total, Decimal::new(37_675, 3));
}

#[test]
fn one_id_twice_in_a_batch_is_applied_in_order_and_counted_twice() {
    let mut cin7 = account(1);
    let batch = json!([{"id": 1_000, "stage": "A", "phone": "1"}, {"id": 1_000, "stage": "B"}]);
    assert_eq!(send(&mut cin7, Method::Put, &batch).0, 200);
    let order = cin7.order(1_000).unwrap();
    assert_eq!((order.stage.as_deref(), order.phone.as_deref()), (Some("B"), Some("1")));
    assert_eq!((cin7.calls().writes_of(1_000), cin7.calls().of("PUT /SalesOrders")), (2, 1));
    assert_eq!(cin7.take_changed(), [1_000]);
    assert!(cin7.take_changed().is_empty());
}

#[test]
fn a_put_without_a_difference_still_moves_the_modified_date() {
    let mut cin7 = account(1);
    put(&mut cin7, &json!({"id": 1_000}));
    assert_eq!(cin7.order(1_000).unwrap().modified_date, Some(at(2_000)));
}

#[test]
fn a_post_makes_orders_with_a_generated_or_a_free_reference() {
    let mut cin7 = account(1);
    let products = crate::generator::Generator::new(1, at(0)).catalogue();
    for product in products {
        cin7.add_product(product);
    }
    let line = json!({"code": "PEN-BR", "qty": 2, "unitPrice": 42.5});
    let records = json!([
        {"createdDate": "2026-05-01T00:00:00Z", "lineItems": [line], "customFields": {"orders_1000": "gift"}},
        {"reference": "SO-0"},
        {"reference": "#7", "isApproved": false}
    ]);
    let (status, results) = send(&mut cin7, Method::Post, &records);
    assert_eq!(status, 200);
    assert_eq!(
        results[0],
        json!({"index": 0, "success": true, "id": 1_001, "code": "SO-1001", "errors": []})
    );
    assert_eq!(results[1]["errors"], json!(["The reference 'SO-0' is already in use."]));
    assert_eq!(results[2]["code"], "#7");
    let made = cin7.order(1_001).unwrap();
    assert_eq!((made.created_date, made.total), (Some(at(-31 * 86_400)), Decimal::from(85)));
    assert_eq!(
        (made.custom_fields["orders_1000"].as_str(), made.line_items[0].product_id),
        (Some("gift"), 7_021)
    );
    assert_eq!(cin7.order(1_002).unwrap().status(), "DRAFT");
    assert_eq!((cin7.calls().records_created(), cin7.calls().records_written()), (2, 0));
}

#[test]
fn an_order_whose_id_is_taken_gets_a_fresh_one() {
    let mut cin7 = account(1);
    let order = SalesOrder { id: 1_000, ..sales_order("again") };
    assert_eq!(cin7.add_order(order.clone(), at(1)), 1_001);
    assert_eq!(cin7.add_order(SalesOrder { id: 5_000, ..order }, at(1)), 5_000);
    assert_eq!(cin7.add_order(sales_order("last"), at(1)), 5_001);
    assert_eq!(cin7.orders().count(), 4);
}

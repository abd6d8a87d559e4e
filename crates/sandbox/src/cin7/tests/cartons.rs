//! Cartons: a PUT replaces the list of an order.

use super::*;

fn put_cartons(cin7: &mut Cin7, path: &str, cartons: &Value) -> (u16, Value) {
    let reply = cin7.handle(&request(Method::Put, path, &[], &cartons.to_string()), at(2_000));
    (reply.status, body(&reply))
}

#[test]
fn a_put_replaces_the_cartons_of_an_order_and_changes_the_order() {
    let mut cin7 = account(1);
    let cartons = json!([
        {"number": "1", "TrackingNumber": "1Z9", "cartonItems": [{"lineItemId": 11, "quantity": 2}]},
        {"number": "2", "weight": 1.5, "cartonItems": [{"productCode": "MUG", "quantity": 0.5}]},
    ]);
    let answer = put_cartons(&mut cin7, "Cartons/1000", &cartons);
    let outcome = json!([{"index": 0, "success": true, "id": 1_000, "code": "SO-0", "errors": []}]);
    assert_eq!(answer, (200, outcome));
    let (status, shown) = get(&mut cin7, "cartons/1000", &[]);
    assert_eq!((status, &shown[0]["trackingNumber"], &shown[1]["weight"]), (200, &json!("1Z9"), &json!(1.5)));
    assert_eq!(shown[0]["cartonItems"][0]["lineItemId"], 11);
    assert_eq!(shown[1]["cartonItems"][0]["quantity"], 0.5);
    assert_eq!(cin7.take_changed(), [1_000]);
    assert_eq!(put_cartons(&mut cin7, "Cartons/1000", &json!([])).0, 200);
    assert_eq!((get(&mut cin7, "Cartons/1000", &[]).1, cin7.cartons(1_000)), (json!([]), &[][..]));
    let calls = cin7.calls();
    assert_eq!((calls.of("PUT /Cartons/{id}"), calls.of("GET /Cartons/{id}")), (2, 2));
    assert_eq!((calls.cartons_written(1_000), calls.writes_of(1_000)), (2, 0));
}

#[test]
fn cartons_beyond_the_limits_are_refused_and_nothing_is_replaced() {
    let with_item = |item: Value| json!([{"number": "1", "cartonItems": [item]}]);
    for (cartons, reason) in [
        (json!([{}]), "The field number is required."),
        (json!([{"number": 1}]), "The field number must be a string."),
        (json!([{"number": "A1"}]), "The field number must consist of digits."),
        (
            json!([{"number": "1".repeat(21)}]),
            "The field number must be a string with a maximum length of 20.",
        ),
        (json!([{"number": "1", "sscc": "x"}]), "The field sscc must consist of digits."),
        (json!([{"number": "1"}, {"number": "1"}]), "The carton number 1 is not unique."),
        (json!([{"number": "1", "weight": "1"}]), "The field weight must be a decimal number."),
        (
            json!([{"number": "1", "trackingNumber": "9".repeat(51)}]),
            "The field trackingNumber must be a string with a maximum length of 50.",
        ),
        (
            with_item(json!({"lineItemId": 99, "quantity": 1})),
            "The line item 99 was not found on this sales order.",
        ),
        (with_item(json!({"quantity": 1})), "A carton item needs a lineItemId or a productCode."),
        (with_item(json!({"lineItemId": 11})), "The field quantity must be greater than 0."),
        (
            with_item(json!({"productCode": "X".repeat(51), "quantity": 1})),
            "The field productCode must be a string with a maximum length of 50.",
        ),
        (json!({}), "Missing or malformed JSON data; please see the documentation for examples."),
    ] {
        let mut cin7 = account(1);
        put_cartons(&mut cin7, "Cartons/1000", &json!([{"number": "7"}]));
        assert_eq!(put_cartons(&mut cin7, "Cartons/1000", &cartons), (400, json!(reason)), "{cartons}");
        assert_eq!(cin7.cartons(1_000)[0].number, "7");
    }
}

#[test]
fn cartons_belong_to_an_order_and_have_a_permission_of_their_own() {
    let mut cin7 = account(1);
    assert_eq!(get(&mut cin7, "Cartons/7", &[]).0, 404);
    assert_eq!(put_cartons(&mut cin7, "Cartons/7", &json!([])).0, 404);
    assert_eq!(get(&mut cin7, "Cartons", &[]).0, 404);
    let permissions = vec![(Resource::Cartons, Permission::Read)];
    let mut cin7 = Cin7::new(Cin7Settings { permissions, windows: Vec::new(), ..Cin7Settings::default() });
    cin7.add_order(sales_order("SO-0"), at(0));
    assert_eq!(get(&mut cin7, "Cartons/1000", &[]), (200, json!([])));
    assert_eq!(put_cartons(&mut cin7, "Cartons/1000", &json!([])).0, 403);
}

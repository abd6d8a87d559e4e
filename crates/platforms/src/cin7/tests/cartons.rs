//! Cartons: what is sent for them, and what answers mean.

use domain::fulfil::cartons::{CartonItem, Packed, ShownItem};

use super::*;

fn carton(number: &str, tracking: &str, items: &[(Packed, u64)]) -> Carton {
    let items =
        items.iter().map(|(packed, quantity)| CartonItem { packed: packed.clone(), quantity: *quantity });
    Carton { number: number.to_owned(), tracking: tracking.to_owned(), items: items.collect() }
}

async fn replaced(transport: &Arc<Scripted>, cartons: &[Carton]) -> Answer<()> {
    client(transport).replace_cartons(permit(), OrderId(7), cartons).await
}

#[tokio::test]
async fn cartons_are_put_as_one_list_with_lines_by_id_and_sizes_by_code() {
    let transport = Scripted::answering([ok("")]);
    let items = [(Packed::Line(11), 2), (Packed::Product("RED-S".to_owned()), 1)];
    let cartons = [carton("1", "1Z9", &items), carton("2", "", &[])];
    replaced(&transport, &cartons).await.outcome.unwrap();
    assert_eq!(transport.line(), "PUT https://api.cin7.com/api/v1/Cartons/7");
    assert_eq!(
        transport.json(),
        json!([
            {
                "number": "1",
                "trackingNumber": "1Z9",
                "cartonItems": [
                    {"lineItemId": 11, "quantity": 2},
                    {"productCode": "RED-S", "quantity": 1},
                ],
            },
            {"number": "2", "cartonItems": []},
        ])
    );
}

#[tokio::test]
async fn cartons_that_cin7_is_known_to_refuse_are_not_sent() {
    let (long, code) = ("9".repeat(51), Packed::Product("X".repeat(51)));
    for (cartons, reason) in [
        (carton("", "", &[]), "carton ``: its number must be 1 to 20 digits"),
        (carton("1a", "", &[]), "carton `1a`: its number must be 1 to 20 digits"),
        (carton(&"1".repeat(21), "", &[]), "must be 1 to 20 digits"),
        (carton("1", &long, &[]), "carton 1: its tracking number has more than 50 characters"),
        (carton("2", "", &[(code, 1)]), "is no product code, which has 1 to 50 characters"),
        (carton("2", "", &[(Packed::Product(String::new()), 1)]), "is no product code"),
    ] {
        let transport = Scripted::answering([]);
        let answer = replaced(&transport, &[cartons]).await;
        assert_eq!(answer.heard, Heard::nothing("replace_cartons"));
        let Err(Failure::Permanent { reason: told }) = answer.outcome else { panic!("{reason}") };
        assert!(told.contains(reason), "{told}");
    }
}

#[tokio::test]
async fn a_success_is_one_unless_the_answer_says_otherwise_and_a_missing_permission_is_no_outage() {
    let broken = || Err(TransportError::Broken("reset".into()));
    for (answer, class) in [
        (ok(""), "ok"),
        (ok("[]"), "ok"),
        (ok("true"), "ok"),
        (ok(r#"{"Success": true, "Id": 7}"#), "ok"),
        (ok(r#"[{"number": "1"}, null]"#), "ok"),
        (ok(r#"{"success": false, "errors": ["No SSCC."]}"#), "permanent"),
        (ok(r#"[{"success": true}, {"SUCCESS": false}]"#), "permanent"),
        (ok(r#"[{"success": tr"#), "ambiguous"),
        (ok("<html>"), "ambiguous"),
        (status(400, "\"The field sscc is required.\""), "permanent"),
        (status(403, "\"Access is forbidden\""), "permanent"),
        (status(404, "\"Resource not found\""), "permanent"),
        (status(401, ""), "misconfigured"),
        (status(429, ""), "rate_limited"),
        (status(500, ""), "ambiguous"),
        (broken(), "ambiguous"),
        (Err(TransportError::NotSent("refused".into())), "transient"),
    ] {
        let told = format!("{answer:?}");
        let transport = Scripted::answering([answer]);
        let outcome = replaced(&transport, &[carton("1", "1Z9", &[])]).await.outcome;
        assert_eq!(outcome.err().map_or("ok", |failure| failure.class()), class, "{told}");
    }
}

#[tokio::test]
async fn cartons_are_read_under_names_in_any_case_and_an_order_without_any_has_none() {
    let row = r#"{"Number": 1, "TRACKINGNUMBER": "1Z9", "sscc": null, "weight": 1.5,
        "CartonItems": [{"LineItemID": 11, "productCode": "RED", "batchNumber": "", "Quantity": "2.0000"}]}"#;
    let items = vec![ShownItem { line: Some(11), product: "RED".to_owned(), quantity: decimal("2.0000") }];
    let shown = ShownCarton { number: "1".to_owned(), tracking: "1Z9".to_owned(), items };
    for (answer, expected) in [
        (ok(&format!("[{row}]")), Ok(vec![shown.clone()])),
        (ok(&format!(r#"{{"Cartons": [{row}]}}"#)), Ok(vec![shown])),
        (ok("[]"), Ok(vec![])),
        (status(404, "\"Resource not found\""), Ok(vec![])),
        (ok(r#"[{"number": "1", "cartonItems": 5}]"#), Err("transient")),
        (status(403, ""), Err("permanent")),
        (status(500, ""), Err("transient")),
    ] {
        let transport = Scripted::answering([answer]);
        let outcome = client(&transport).cartons(permit(), OrderId(7)).await.outcome;
        assert_eq!(transport.line(), "GET https://api.cin7.com/api/v1/Cartons/7");
        assert_eq!(outcome.map_err(|failure| failure.class()), expected);
    }
}

//! V2: carriers and estimates, behind a key and a quota of their own.

use super::*;

fn ask(
    account: &mut ShipStation,
    method: Method,
    path: &str,
    body: &Value,
    key: Option<&str>,
) -> (u16, Value) {
    let request = Request {
        method,
        path: path.to_owned(),
        query: Vec::new(),
        authorization: None,
        api_key: key.map(str::to_owned),
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
    };
    let reply = account.handle(&request, noon());
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

fn estimate(account: &mut ShipStation, question: &Value) -> (u16, Value) {
    ask(account, Method::Post, "/v2/rates/estimate", question, Some("demo-ss-v2-key"))
}

fn question(ids: &[&str]) -> Value {
    json!({"carrier_ids": ids, "from_country_code": "US", "from_postal_code": "94607", "from_city_locality": "Oakland",
        "from_state_province": "CA", "to_country_code": "US", "to_postal_code": "10001", "to_city_locality": "New York",
        "to_state_province": "NY", "weight": {"value": 500, "unit": "gram"}, "ship_date": "2026-06-10T03:30:00Z"})
}

#[test]
fn all_carriers_answer_one_question_by_the_formula_of_v1_and_tell_their_days() {
    let mut account = account();
    let (status, carriers) =
        ask(&mut account, Method::Get, "/v2/carriers", &Value::Null, Some("demo-ss-v2-key"));
    assert_eq!((status, carriers["carriers"][1]["carrier_code"].as_str()), (200, Some("ups_walleted")));
    let ids: Vec<_> =
        [0, 1].map(|n| carriers["carriers"][n]["carrier_id"].as_str().unwrap().to_owned()).to_vec();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (status, rows) = estimate(&mut account, &question(&ids));
    assert_eq!(status, 200, "{rows}");
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 9 + 2, "the packages of the post office, and the courier's two services");
    let ground = rows.iter().find(|row| row["service_code"] == "ups_ground").unwrap();
    let told =
        [&ground["shipping_amount"]["amount"], &ground["other_amount"]["amount"], &ground["delivery_days"]];
    assert_eq!(told, [&json!(9.82), &json!(0.29), &json!(5)]);
    assert_eq!(rows[0]["package_type"], "package");
}

#[test]
fn what_a_carrier_cannot_do_is_a_row_and_what_v2_cannot_do_is_an_error() {
    let mut account = account();
    account.fail_rates_of("ups_walleted", true);
    let (status, rows) = estimate(&mut account, &question(&["se-7002", "se-7003"]));
    assert_eq!((status, &rows[0]["error_messages"]), (200, &json!(["UPS gave no answer."])));
    assert_eq!(rows[1]["carrier_code"], "fedex");
    for (edit, text) in [
        (json!({"carrier_ids": []}), "carrier_ids: at least one is required."),
        (json!({"carrier_ids": ["se-1"]}), "carrier_ids: se-1 is unknown."),
        (json!({"weight": {"value": "x", "unit": "gram"}}), "request.weight.value: Could not convert"),
        (json!({"ship_date": "soon"}), "'fromPostalCode' is required."),
        (json!({"from_country_code": null}), "'fromPostalCode' is required."),
    ] {
        let mut asked = question(&["se-7003"]);
        for (name, value) in edit.as_object().unwrap() {
            asked[name] = value.clone();
        }
        let (status, body) = estimate(&mut account, &asked);
        let said = body["errors"][0]["message"].as_str().unwrap();
        assert!(status == 400 && said.starts_with(text), "{status}: {said}");
    }
}

#[test]
fn v2_has_a_key_and_a_quota_of_its_own() {
    let mut account = account();
    for key in [None, Some("demo-ss-key")] {
        let (status, _) = ask(&mut account, Method::Get, "/v2/carriers", &Value::Null, key);
        assert_eq!(status, 401);
    }
    let asked = question(&["se-7003"]);
    let passed = (0..250).filter(|_| estimate(&mut account, &asked).0 == 200).count();
    assert_eq!(passed, 200);
    assert_eq!(estimate(&mut account, &asked).0, 429);
    assert!(get(&mut account, "/carriers").is_array(), "V1 is not touched by it");
}

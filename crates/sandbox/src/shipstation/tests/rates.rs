//! Rates: the documented formula, several packages per service, and carriers that fail.

use rust_decimal::Decimal;

use super::*;

fn question(carrier: &str) -> Value {
    json!({
        "carrierCode": carrier, "fromPostalCode": "94607", "toCountry": "US", "toPostalCode": "10001",
        "toState": "NY", "weight": {"value": 500, "units": "grams"}, "residential": false,
    })
}

fn ask(account: &mut ShipStation, question: &Value) -> (u16, Value) {
    post(account, "/shipments/getrates", question)
}

/// Names with shipment cost and other cost in cents.
fn prices((status, rows): &(u16, Value)) -> Vec<(String, i64, i64)> {
    assert_eq!(*status, 200, "{rows}");
    let row = |row: &Value| {
        let number = |name: &str| {
            let amount: Decimal = row[name].to_string().parse().unwrap();
            i64::try_from(amount * Decimal::ONE_HUNDRED).unwrap()
        };
        (row["serviceName"].as_str().unwrap().to_owned(), number("shipmentCost"), number("otherCost"))
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn a_courier_asks_its_label_price_and_three_percent_of_fuel_and_more_where_people_live() {
    let mut account = account();
    // Zone 2 of 10001: 9.12 + 0.70, and 19.80 + 0.70.
    let expected = [("UPS® Ground", 982, 29), ("UPS 2nd Day Air®", 2_050, 62)];
    let expected = expected.map(|(name, cost, other)| (name.to_owned(), cost, other));
    assert_eq!(prices(&ask(&mut account, &question("ups_walleted"))), expected);
    let mut at_home = question("ups_walleted");
    at_home["residential"] = json!(true);
    assert_eq!(prices(&ask(&mut account, &at_home))[0].2, 424);
    let mut heavy = question("ups_walleted");
    heavy["weight"] = json!({"value": 3, "units": "pounds"});
    // 1,360.8 g: two further steps of 0.95.
    assert_eq!(prices(&ask(&mut account, &heavy))[0].1, 1_172);
}

#[test]
fn the_post_office_has_several_packages_of_a_service_as_far_as_the_parcel_fits() {
    let mut account = account();
    let names = |reply: &(u16, Value)| prices(reply).into_iter().map(|(name, ..)| name).collect::<Vec<_>>();
    let light = ask(&mut account, &question("stamps_com"));
    assert_eq!(names(&light).len(), 9);
    assert_eq!(
        prices(&light)[3..6],
        [
            ("USPS Priority Mail - Package".to_owned(), 921, 0),
            ("USPS Priority Mail - Flat Rate Envelope".to_owned(), 796, 0),
            ("USPS Priority Mail - Medium Flat Rate Box".to_owned(), 1_721, 0),
        ]
    );
    let mut heavy = question("stamps_com");
    heavy["weight"] = json!({"value": 1.5, "units": "pounds"});
    assert!(names(&ask(&mut account, &heavy)).iter().any(|name| name.ends_with("Envelope")), "680 g fit");
    heavy["weight"] = json!({"value": 1_001, "units": "grams"});
    assert!(!names(&ask(&mut account, &heavy)).iter().any(|name| name.ends_with("Envelope")));
    let mut boxed = question("stamps_com");
    boxed["packageCode"] = json!("medium_flat_rate_box");
    assert!(names(&ask(&mut account, &boxed)).iter().all(|name| name.ends_with("Medium Flat Rate Box")));
    boxed["serviceCode"] = json!("usps_priority_mail");
    assert_eq!(names(&ask(&mut account, &boxed)), ["USPS Priority Mail - Medium Flat Rate Box"]);
}

#[test]
fn abroad_only_services_that_go_there_are_quoted() {
    let mut account = account();
    let mut abroad = question("fedex");
    (abroad["toCountry"], abroad["toState"]) = (json!("AU"), json!(null));
    let names: Vec<_> = prices(&ask(&mut account, &abroad)).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["FedEx International Economy®", "FedEx International Priority®"]);
    abroad["carrierCode"] = json!("dhl_express_worldwide");
    assert_eq!(prices(&ask(&mut account, &abroad)).len(), 1);
    assert!(prices(&ask(&mut account, &question("dhl_express_worldwide"))).is_empty());
}

#[test]
fn what_is_missing_or_wrong_is_refused_as_the_platform_does() {
    let mut account = account();
    for (change, status, text) in [
        (json!({"carrierCode": null}), 400, "'carrierCode' is required."),
        (json!({"fromPostalCode": ""}), 400, "'fromPostalCode' is required."),
        (json!({"toPostalCode": null}), 400, "'toPostalCode' is required."),
        (json!({"toCountry": "United States"}), 400, "Please use a 2 character country code"),
        (json!({"weight": null}), 400, "'weight' is required."),
        (json!({"weight": {"value": 0, "units": "grams"}}), 400, "'weight' must be greater than 0."),
        (json!({"weight": {"value": "5", "units": "grams"}}), 400, "Could not convert string to decimal"),
        (json!({"confirmation": "handshake"}), 400, "'handshake' is no confirmation."),
        (json!({"carrierCode": "pigeon"}), 404, "Carrier 'pigeon' was not found."),
        (json!({"toState": null}), 500, "UPS: the destination state is missing or invalid."),
    ] {
        let mut question = question("ups_walleted");
        question.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (answered, said) = ask(&mut account, &question);
        assert_eq!(answered, status, "{change}");
        assert!(said.to_string().contains(text), "{change}: {said}");
    }
}

#[test]
fn a_carrier_can_fail_and_the_others_answer() {
    let mut account = account();
    account.fail_rates_of("fedex", true);
    assert_eq!(ask(&mut account, &question("fedex")).0, 500);
    assert_eq!(ask(&mut account, &question("ups_walleted")).0, 200);
    account.fail_rates_of("fedex", false);
    assert_eq!(ask(&mut account, &question("fedex")).0, 200);
    assert_eq!(account.calls().of("POST /shipments/getrates"), 3);
}

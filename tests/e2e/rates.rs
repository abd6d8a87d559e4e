//! Freight and quotes by the real binary: on orders before they are picked, on the command line, and over HTTP.

use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use sandbox::cin7::SalesOrder;
use serde_json::{Value, json};

use crate::http;
use crate::orders;
use crate::process::{self, Ended};
use crate::stage::{Setup, Stage};

const TOKEN: (&str, &str) = ("Authorization", "Bearer api-token");
const ROUTE: &str = "/api/v1/connections/acme/rates";

/// Two carriers, parcels only, a tenth more; and the API.
const RATES: &str = r#"
[connections.rates]
enabled = true
carriers = ["stamps_com", "ups_walleted"]
packages = ["Package"]
markup_percent = 10
from_postal_code = "94607"
[api]
token = "api-token"
"#;

fn stage(setup: &Setup) -> Stage {
    Stage::new(&Setup { connection: RATES, ..setup.clone() })
}

/// An order of 1.25 kg to Portland, zone 3, at stage New and without freight.
fn order(reference: &str) -> SalesOrder {
    let mut order = orders::order(reference);
    (order.freight_total, order.freight_description) = (Decimal::ZERO, None);
    order.settle_totals();
    order
}

fn json_of(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

fn ask(stage: &Stage, body: &Value) -> http::Answer {
    http::post(stage.addr, ROUTE, &[TOKEN], body.to_string().as_bytes()).unwrap()
}

#[test]
fn an_order_gets_its_freight_before_it_is_picked_and_explains_it() {
    let stage = stage(&Setup { watch: "off", sweep: "off", ..Setup::default() });
    let _bridge = stage.start();
    let id = stage.add(order("SO-1"));
    // 5.45 + 1.05 + 2 × 1.20 = 8.90, and a tenth.
    let shown = stage.shows("it has freight", id, |order| order.freight_total == Decimal::new(979, 2));
    assert_eq!(shown.freight_description.as_deref(), Some("USPS Ground Advantage - Package"));
    assert_eq!(shown.total, shown.product_total + Decimal::new(979, 2));
    stage.pick(id);
    let placed = stage.placed(id);
    assert_eq!(placed.shipping_amount, Decimal::new(979, 2));
    assert_eq!(placed.requested_shipping_service.as_deref(), Some("USPS Ground Advantage - Package"));
    let explained = stage.command(&["orders", "explain", "SO-1"]).stdout;
    let steps =
        "  written to Cin7: freight 9.79: USPS Ground Advantage - Package 8.90\n  + 10% 0.89 = 9.79\n";
    assert!(explained.contains(steps), "{explained}");
    assert_eq!(stage.sandbox().shipstation().calls().of("POST /shipments/getrates"), 2);
}

#[test]
fn a_quote_on_the_command_line_writes_nothing_and_needs_no_running_bridge() {
    let stage = stage(&Setup { watch: "off", sweep: "off", webhooks: false, ..Setup::default() });
    let id = stage.add(order("SO-1"));
    let quoted = stage.command(&["rates", "quote", "SO-1", "--json"]);
    assert_eq!(quoted.code, Some(0), "{quoted:?}");
    let told = json_of(&quoted);
    let rows = told["quotes"].as_array().unwrap();
    let costs: Vec<_> = rows.iter().map(|row| row["cost"].as_str().unwrap()).collect();
    assert_eq!(costs, ["8.90", "12.43", "12.86", "27.86", "35.65"], "all services, cheapest first");
    let chosen = json!({"carrier": "stamps_com", "service": "usps_ground_advantage",
        "name": "USPS Ground Advantage - Package", "cost": "8.90", "days": null, "insurance": "0.00", "markup": "0.89",
        "charge": "9.79", "currency": "AUD",
        "steps": ["USPS Ground Advantage - Package 8.90", "+ 10% 0.89 = 9.79"]});
    assert_eq!((&told["chosen"], &rows[0], &told["errors"]), (&chosen, &chosen, &json!([])));
    let text = stage.command(&["rates", "quote", &id.to_string()]);
    assert!(text.stdout.contains("* USPS Ground Advantage - Package 8.90; + 10% 0.89 = 9.79"), "{text:?}");

    let parcel =
        ["rates", "quote", "--country", "United States", "--postal-code", "97209", "--state", "Oregon"];
    let by_hand = stage.command(&[&parcel[..], &["--weight", "1.25kg", "--json"]].concat());
    assert_eq!(json_of(&by_hand)["quotes"], told["quotes"], "the same parcel costs the same");
    let at_home = stage.command(&[&parcel[..], &["--weight", "1.25kg", "--residential", "--json"]].concat());
    assert_eq!(json_of(&at_home)["quotes"][2]["cost"], "16.38", "{at_home:?}");

    assert_eq!(stage.cin7(id).freight_total, Decimal::ZERO);
    let mut weightless = order("SO-2");
    weightless.line_items[0].product_id = 999;
    stage.add(weightless);
    let missing = stage.command(&["rates", "quote", "SO-2"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(1), "no weight on SKU MUG-BLUE\n"));
    let absent = stage.command(&["rates", "quote", "SO-404"]);
    assert_eq!((absent.code, absent.stderr.as_str()), (Some(1), "acme: Cin7 has no order SO-404\n"));
    for usage in [
        &["rates", "quote"][..],
        &["rates", "quote", "--country", "US"],
        &["rates", "quote", "SO-1", "--weight", "1kg"],
        &["rates", "quote", "--country", "US", "--postal-code", "1", "--weight", "heavy"],
    ] {
        assert_eq!(stage.command(usage).code, Some(2), "{usage:?}");
    }
}

#[test]
fn the_api_quotes_within_two_seconds_of_platforms_that_take_a_third_of_one() {
    let slow = Setup {
        watch: "off",
        sweep: "off",
        webhooks: false,
        faults: "slow=1",
        longest_delay: Duration::from_millis(300),
        ..Setup::default()
    };
    let stage = stage(&slow);
    let id = stage.add(order("SO-1"));
    let _bridge = stage.start();
    let begun = Instant::now();
    let answer = ask(&stage, &json!({"order": "SO-1"}));
    let took = begun.elapsed();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(took < Duration::from_secs(2), "it took {took:?}");
    assert_eq!(answer.json(), json_of(&stage.command(&["rates", "quote", "SO-1", "--json"])));
    assert_eq!(answer.json()["chosen"]["charge"], "9.79");

    let calls = stage.sandbox().shipstation().calls().total();
    let parcel = json!({"to": {"country": "US", "postal_code": "97209", "state": "OR", "city": "Portland"},
        "weight": {"value": 1250, "units": "grams"}});
    let again = ask(&stage, &parcel).json();
    assert_eq!(again["quotes"], answer.json()["quotes"]);
    assert_eq!(stage.sandbox().shipstation().calls().total(), calls, "what carriers said is still good");
    assert_eq!(stage.cin7(id).freight_total, Decimal::ZERO, "nothing was written");

    let unproven = http::post(stage.addr, ROUTE, &[], br#"{"order": "SO-1"}"#).unwrap();
    assert_eq!(unproven.status, 401);
    assert_eq!(ask(&stage, &json!({"order": "SO-404"})).status, 404);
    assert_eq!(ask(&stage, &json!({"weight": 3})).status, 400);
    let nowhere =
        json!({"to": {"country": "Atlantis", "postal_code": "1"}, "weight": {"value": 1, "units": "kg"}});
    let told = ask(&stage, &nowhere).json();
    assert_eq!(told["errors"], json!(["the country (Atlantis) is none that is known"]));
}

#[test]
fn with_a_key_for_v2_a_quote_is_one_call_and_a_check_names_what_v2_lacks() {
    const SHIPSTATION: &str = "SHIPBRIDGE__CONNECTIONS__ACME__SHIPSTATION__";
    const RATES: &str = "SHIPBRIDGE__CONNECTIONS__ACME__RATES__";
    let stage = stage(&Setup { watch: "off", sweep: "off", webhooks: false, ..Setup::default() });
    let address = format!("http://{}", stage.sandbox().shipstation_addr());
    let variables = [
        (SHIPSTATION, "V2_BASE_URL", address.as_str()),
        (SHIPSTATION, "V2_API_KEY", "demo-ss-v2-key"),
        (RATES, "CURRENCY", "USD"),
        (RATES, "FROM_COUNTRY", "US"),
        (RATES, "FROM_STATE", "CA"),
        (RATES, "FROM_CITY", "Oakland"),
        (RATES, "INSURANCE_PER_HUNDRED", "1.25"),
    ];
    let variables = variables.map(|(section, key, value)| (format!("{section}{key}"), value));
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let parcel = [
        "rates",
        "quote",
        "--country",
        "US",
        "--postal-code",
        "97209",
        "--state",
        "OR",
        "--weight",
        "1.25kg",
    ];
    let quoted = process::run(stage.folder(), &[&parcel[..], &["--json"]].concat(), &variables);
    assert_eq!(quoted.code, Some(0), "{quoted:?}");
    let rows = json_of(&quoted)["quotes"].clone();
    let told: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| (row["cost"].clone(), row["days"].clone())).collect();
    let expected = [("8.90", 4), ("12.43", 5), ("12.86", 3), ("27.86", 2), ("35.65", 1)];
    assert_eq!(told, expected.map(|(cost, days)| (json!(cost), json!(days))), "as V1 answers, and days");
    let calls = stage.sandbox().shipstation().calls().clone();
    assert_eq!((calls.of("POST /v2/rates/estimate"), calls.of("POST /shipments/getrates")), (1, 0));
    let text = process::run(stage.folder(), &parcel, &variables).stdout;
    assert!(text.lines().next().unwrap().contains("days") && !text.contains("insurance"), "{text}");

    let checked = process::run(stage.folder(), &["check"], &variables);
    let line = "ok  acme: ShipStation V2: one call asks stamps_com, ups_walleted";
    assert!(checked.stdout.contains(line), "{}", checked.stdout);
    let refused =
        [variables.as_slice(), &[("SHIPBRIDGE__CONNECTIONS__ACME__SHIPSTATION__V2_API_KEY", "wrong")]]
            .concat();
    let checked = process::run(stage.folder(), &["check"], &refused);
    assert_eq!(checked.code, Some(1));
    assert!(
        checked.stdout.contains("NO  acme: ShipStation V2: ") && !checked.stdout.contains("wrong"),
        "{}",
        checked.stdout
    );
}

#[test]
fn a_check_names_carriers_and_services_that_the_account_lacks() {
    let good = stage(&Setup { webhooks: false, ..Setup::default() });
    let checked = good.command(&["check"]);
    assert!(
        checked.stdout.contains("ok  acme: rates: carriers: stamps_com, ups_walleted"),
        "{}",
        checked.stdout
    );
    let connection = "[connections.rates]\nenabled = true\nfrom_postal_code = \"94607\"\ncarriers = [\"pigeon\"]\n\
        choose = [\"pigeon_post\"]";
    let bad = Stage::new(&Setup { webhooks: false, connection, ..Setup::default() });
    let checked = bad.command(&["check"]);
    assert_eq!(checked.code, Some(1));
    assert!(
        checked.stdout.contains("NO  acme: rates: no carrier pigeon; there are: dhl_express_worldwide"),
        "{}",
        checked.stdout
    );
    let connection = "[connections.rates]\nenabled = true";
    let nowhere = Stage::new(&Setup { webhooks: false, connection, ..Setup::default() });
    let refused = nowhere.command(&["config", "show"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("rates.from_postal_code: missing; carriers' prices depend on"),
        "{}",
        refused.stderr
    );
}

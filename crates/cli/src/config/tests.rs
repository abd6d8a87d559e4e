//! The configuration as its users meet it: files and variables in, settings or exact lines out.

mod refusals;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use domain::settings::{
    self, DispatchWhen, Fractional, LengthUnit, Pricing, RateRules, RatesApi, Residential, TagRule, Target,
};
use domain::shipping_order::ShippingStatus;
use jiff::SignedDuration;
use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::broker::BrokerUrl;
use super::connection::import::OnWithdrawn;
use super::connection::inbound::{Encoding, Signature};
use super::connection::rates::Choose;
use super::ledger::LedgerUrl;
use super::*;

/// A connection with what is required, on lines 1 to 8.
const MINIMAL: &str = r#"[[connections]]
name = "acme"
[connections.cin7]
username = "AcmeAU"
key = "k"
[connections.shipstation]
api_key = "a"
api_secret = "s"
"#;

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    parse(text, Path::new("shipbridge.toml"), &environment(variables))
}

/// The lines of the errors.
fn refusal(text: &str, variables: &[(&str, &str)]) -> String {
    read(text, variables).map(|config| show(&config)).unwrap_err().to_string()
}

fn minimal_and(more: &str) -> String {
    format!("{MINIMAL}{more}")
}

fn example_variables() -> Vec<(&'static str, &'static str)> {
    ["CIN7_KEY", "SHIPSTATION_KEY", "SHIPSTATION_SECRET", "CIN7_HOOK_SECRET", "SHIPSTATION_HOOK_SECRET"]
        .map(|name| (name, "hunter2"))
        .to_vec()
}

#[test]
fn a_minimal_file_has_the_defaults_of_the_contract() {
    let config = read(MINIMAL, &[]).unwrap();
    let acme = &config.connections[0];
    assert_eq!(config.data_dir, Path::new("data"));
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!((&config.broker.url, &config.ledger.url), (&BrokerUrl::Embedded, &LedgerUrl::Embedded));
    assert_eq!(config.worker.give_up_after, Duration::from_hours(72));
    assert_eq!(acme.cin7.base_url.url().as_str(), "https://api.cin7.com/api/v1");
    assert_eq!(acme.cin7.limits.per_day.get(), 5000);
    assert_eq!(
        (acme.cin7.watch, acme.shipstation.sweep),
        (Some(Duration::from_mins(1)), Some(Duration::from_mins(5)))
    );
    assert!(acme.inbound.cin7.is_none() && acme.inbound.shipstation.is_none());
    assert_eq!(acme.import.stages, ["Fully Picked"]);
    assert_eq!(acme.mapping.custom_field_1, "customer_order_no");
    assert_eq!(acme.rates.choose, Choose::Cheapest);
    assert_eq!(acme.shipstation.credentials().unwrap().1.expose_secret(), "s");
}

#[test]
fn defaults_that_guess_about_the_account_are_told() {
    let config = read(MINIMAL, &[]).unwrap();
    assert_eq!(
        config.warnings,
        [
            "shipbridge.toml:3: connections[0].cin7: Cin7 does not tell time_zone, weight_unit, currency of acme; \
          the defaults of `shipbridge config show` are taken, set them"
        ]
    );
}

#[test]
fn the_example_is_valid_and_says_the_defaults() {
    let example = read(example(), &example_variables()).unwrap();
    assert_eq!(example.warnings, Vec::<String>::new());
    let (mut example, mut minimal) = (show_json(&example), show_json(&read(MINIMAL, &[]).unwrap()));
    for config in [&mut example, &mut minimal] {
        config["connections"][0]["inbound"] = serde_json::Value::Null;
    }
    assert_eq!(example, minimal);
}

#[test]
fn the_commented_settings_of_the_example_are_known() {
    let mut variables = example_variables();
    variables.extend([
        ("SHIPBRIDGE_CONSOLE_PASSWORD", "p"),
        ("SHIPBRIDGE_API_TOKEN", "t"),
        ("STORE_PASSWORD", "p"),
        ("SHIPSTATION_V2_KEY", "k"),
        ("ALERTS_WEBHOOK_URL", "https://hooks.example.com/x"),
    ]);
    let uncommented: Vec<&str> = example()
        .lines()
        .map(|line| {
            line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line)
        })
        .collect();
    assert!(uncommented.len() > 100);
    let errors = refusal(&uncommented.join("\n"), &variables);
    // `hmac` and `jwks_url` stand beside `auth = "token"` in the example; all else is known and of a later version.
    for line in errors.lines() {
        assert!(
            line.contains("not available in this version") || line.contains(": has no meaning with auth"),
            "{line}"
        );
    }
    assert_eq!(errors.lines().count(), 2, "{errors}");
}

#[test]
fn public_keys_are_shipstations_own_unless_an_address_is_set() {
    for (settings, expected) in [
        ("", "https://api.shipengine.com/jwks"),
        ("jwks_url = \"https://api.eu.shipengine.com/jwks\"", "https://api.eu.shipengine.com/jwks"),
        ("jwks_url = \"http://127.0.0.1:9003/jwks\"", "http://127.0.0.1:9003/jwks"),
    ] {
        let text = format!("[connections.inbound.shipstation]\nauth = \"shipstation_v2\"\n{settings}");
        let config = read(&minimal_and(&text), &[]).unwrap();
        let endpoint = config.connections[0].inbound.shipstation.as_ref().unwrap();
        assert_eq!(endpoint.jwks_url().to_string(), expected);
    }
}

#[test]
fn a_signature_comes_from_hmac_or_a_preset() {
    for (settings, header, encoding, prefix) in [
        ("", "X-Hub-Signature-256", Encoding::Hex, "sha256="),
        ("preset = \"github\"", "X-Hub-Signature-256", Encoding::Hex, "sha256="),
        ("preset = \"shopify\"", "X-Shopify-Hmac-Sha256", Encoding::Base64, ""),
        ("hmac = { header = \"X-Sig\", prefix = \"\" }", "X-Sig", Encoding::Hex, ""),
    ] {
        let text =
            format!("[connections.inbound.cin7]\nauth = \"hmac\"\nsecret = [\"a\", \"b\"]\n{settings}");
        let config = read(&minimal_and(&text), &[]).unwrap();
        let endpoint = config.connections[0].inbound.cin7.as_ref().unwrap();
        let expected = Signature { header: header.to_owned(), encoding, prefix: prefix.to_owned() };
        assert_eq!(endpoint.signature(), expected, "{settings}");
        assert_eq!(endpoint.secret.len(), 2);
    }
}

#[test]
fn what_has_no_effect_yet_is_told_where_it_is_written() {
    let more = "time_zone = \"UTC\"\nweight_unit = \"g\"\ncurrency = \"nzd\"\n[connections.shipstation]";
    let settings = "[connections.import]\non_withdrawn = \"cancel\"\n[connections.inbound.store]\nusername = \"u\"\npassword = \"p\"\n[console]\n";
    let text = format!("{}{settings}", MINIMAL.replace("[connections.shipstation]", more));
    let config = read(&text, &[]).unwrap();
    assert_eq!(
        config.warnings,
        [
            "shipbridge.toml:17: console: the console is not available in this version; the section has no effect",
            "shipbridge.toml:14: connections[0].inbound.store: has no effect with mode = \"api\"; the store is served \
             with mode = \"custom_store\"",
        ]
    );
    assert_eq!(config.connections[0].import.on_withdrawn, OnWithdrawn::Cancel);
    assert_eq!(config.connections[0].cin7.currency, "NZD");
}

/// Every setting of `[connections.rates]`, none of them its default.
const RATES: &str = r#"[connections.rates]
enabled = true
stages = ["Rated"]
carriers = ["ups"]
services = ["ups_ground"]
package = "package"
packages = ["Package"]
confirmation = "signature"
residential = "without_company"
choose = ["ups_saver", "ups_ground"]
markup_percent = 12.5
markup_fixed = 2
insurance_per_hundred = 1.25
insurance_over = 50
round_to = 0.05
minimum = 4.95
free_over = 150
from_postal_code = "2000"
from_country = "Australia"
from_state = "NSW"
from_city = "Sydney"
from_by_branch = { 7 = "6000" }
from_branches = true
from_warehouse = 47110
currency = "usd"
dimension_unit = "in"
described = true
keep = "1h"
"#;

#[test]
fn freight_is_quoted_as_written() {
    let rules = read(&minimal_and(RATES), &[]).unwrap().connections[0].rules().rates;
    let decimal = |text: &str| text.parse().unwrap();
    let expected = RateRules {
        enabled: true,
        stages: vec!["Rated".to_owned()],
        carriers: vec!["ups".to_owned()],
        services: vec!["ups_ground".to_owned()],
        package: "package".to_owned(),
        packages: vec!["Package".to_owned()],
        choose: settings::Choose::FirstOf(vec!["ups_saver".to_owned(), "ups_ground".to_owned()]),
        pricing: Pricing {
            markup_percent: decimal("12.5"),
            markup_fixed: decimal("2"),
            insurance_per_hundred: decimal("1.25"),
            insurance_over: decimal("50"),
            round_to: decimal("0.05"),
            minimum: decimal("4.95"),
            free_over: decimal("150"),
        },
        from_postal_code: "2000".to_owned(),
        from_country: "Australia".to_owned(),
        from_state: "NSW".to_owned(),
        from_city: "Sydney".to_owned(),
        api: RatesApi::V1,
        from_by_branch: [(7, "6000".to_owned())].into(),
        from_branches: true,
        from_warehouse: Some(47_110),
        currency: "USD".to_owned(),
        confirmation: "signature".to_owned(),
        residential: Residential::WithoutCompany,
        dimension_unit: LengthUnit::Inches,
        described: true,
        keep: SignedDuration::from_hours(1),
    };
    assert_eq!(rules, expected);
    let defaults = read(MINIMAL, &[]).unwrap().connections[0].rules().rates;
    assert_eq!(defaults, RateRules { currency: "AUD".to_owned(), ..RateRules::default() });
}

#[test]
fn variables_override_single_values() {
    let text = MINIMAL.replace("\"acme\"", "\"acme-au\"");
    let variables = [
        ("SHIPBRIDGE__HTTP__LISTEN", "127.0.0.1:9"),
        ("SHIPBRIDGE__CONNECTIONS__0__CIN7__KEY", "12345"),
        ("SHIPBRIDGE__CONNECTIONS__ACME_AU__SHIPSTATION__STORE_ID", "77"),
        ("SHIPBRIDGE__CONNECTIONS__ACME_AU__SHIPSTATION__SWEEP", "off"),
        ("SHIPBRIDGE__CONNECTIONS__ACME_AU__IMPORT__REQUIRE_QTY_DISPATCH", "false"),
        ("SHIPBRIDGE__CONNECTIONS__ACME_AU__RATES__MARKUP_FIXED", "1.5"),
        ("SHIPBRIDGE__CONNECTIONS__ACME_AU__SHIPSTATION__API_KEY", "${FROM}"),
        ("FROM", "file:not-a-file ${X}"),
        ("SHIPBRIDGE_CONFIG", "not an override"),
    ];
    let config = read(&text, &variables).unwrap();
    let acme = &config.connections[0];
    assert_eq!(config.http.listen.port(), 9);
    assert_eq!(acme.cin7.key.expose_secret(), "12345");
    assert_eq!((acme.shipstation.store_id, acme.shipstation.sweep), (Some(77), None));
    assert!(!acme.import.require_qty_dispatch);
    assert_eq!(acme.rates.markup_fixed.to_string(), "1.5");
    assert_eq!(acme.shipstation.credentials().unwrap().0.expose_secret(), "file:not-a-file ${X}");
}

#[test]
fn strings_take_values_from_variables() {
    for (written, key) in [
        ("${KEY}", "hunter2"),
        ("a-${KEY}-${OTHER}", "a-hunter2-$${x} file:y"),
        ("$${KEY}", "${KEY}"),
        ("cost $5", "cost $5"),
    ] {
        let text = MINIMAL.replace("\"k\"", &format!("\"{written}\""));
        let config = read(&text, &[("KEY", "hunter2"), ("OTHER", "$${x} file:y")]).unwrap();
        assert_eq!(config.connections[0].cin7.key.expose_secret(), key, "{written}");
    }
    let number = read(&minimal_and("store_id = \"${STORE}\""), &[("STORE", "5")]).unwrap();
    assert_eq!(number.connections[0].shipstation.store_id, Some(5));
    let name = "expected ${NAME}, with a name of letters, digits and _; write $${ for a literal ${";
    for bad in ["${", "${}", "${A B}", "${A-B}"] {
        let errors = refusal(&MINIMAL.replace("\"k\"", &format!("\"{bad}\"")), &[]);
        assert_eq!(errors, format!("shipbridge.toml:5: connections[0].cin7.key: {name}"), "{bad}");
    }
}

#[test]
fn strings_take_values_from_files_beside_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key"), "hunter2\n").unwrap();
    let path = folder.path().join("shipbridge.toml");
    fs::write(&path, MINIMAL.replace("\"k\"", "\"file:${NAME}\"")).unwrap();
    let config = load(&path, &environment(&[("NAME", "key")])).unwrap();
    assert_eq!(config.connections[0].cin7.key.expose_secret(), "hunter2");
    let errors = load(&path, &environment(&[("NAME", "nokey")])).unwrap_err().to_string();
    let missing = folder.path().join("nokey");
    assert!(
        errors.contains(&format!(":5: connections[0].cin7.key: {} cannot be read", missing.display())),
        "{errors}"
    );
}

#[test]
fn what_is_shown_masks_secrets_and_is_a_configuration_itself() {
    let more = "[connections.inbound.cin7]\nsecret = [\"hunter2\", \"hunter2\"]\n\
                [connections.inbound.store]\nusername = \"u\"\npassword = \"hunter2\"\n\
                [alerts.email]\nsmtp_url = \"smtps://ann:hunter2@mail.example.com\"\n\
                from = \"a@example.com\"\nto = [\"b@example.com\"]\n\
                [alerts.webhook]\nurl = \"https://hooks.example.com/hunter2\"\n\
                [console]\npassword = \"hunter2\"\n[api]\ntoken = \"hunter2\"\n";
    let text = minimal_and(more)
        .replace("\"k\"", "\"hunter2\"\nbase_url = \"https://u:hunter2@api.example/v1\"")
        .replace("api_key = \"a\"", "api_key = \"hunter2\"\nstores_by_branch = { 3 = 4 }")
        .replace("\"s\"", "\"hunter2\"");
    let config = read(&text, &[]).unwrap();
    let shown = show(&config);
    for output in [&shown, &show_json(&config).to_string(), &format!("{config:?}")] {
        assert!(!output.contains("hunter2"), "{output}");
    }
    assert_eq!(shown.matches("********").count(), 11, "{shown}");
    assert_eq!(show(&read(&shown, &[]).unwrap()), shown);
    assert_eq!(show_json(&config)["connections"][0]["cin7"]["watch"], "1m");
}

#[test]
fn rules_are_what_the_settings_say() {
    let more = "store_id = 7\nstores_by_branch = { 3 = 9 }\n\
                [connections.import]\nstages = [\" New \"]\nkits = \"components\"\n\
                fractional = \"one_piece\"\nallow_other_integrations = true\non_withdrawn = \"ignore\"\n\
                [connections.mapping]\norder_status = { \" On Hold\" = \"on_hold\" }\ncustom_field_2 = \"custom_fields.orders_1\"\n\
                stock_location = \"product.custom_fields.products_1\"\n\
                services = { \" Next Day \" = { carrier = \"ups\", service = \"ups_next_day_air\" } }\n\
                tags = [{ tag = 7, field = \"source\", equals = \" Shop \" }, { tag = 8, field = \"custom_fields.orders_9\" }]\n\
                customs = { hs_code = \"product.custom_fields.products_2\" }\n\
                [connections.writeback]\ndispatch = \"first_shipment\"\ncarrier_fee = \"custom_fields.orders_2\"\nservice = \"off\"\ncartons = true\n";
    let rules = read(&minimal_and(more), &[]).unwrap().connections[0].rules();
    assert_eq!(rules.connection.as_str(), "acme");
    assert_eq!(rules.time_zone.iana_name(), Some("Australia/Sydney"));
    assert_eq!((rules.store_id, rules.stores_by_branch.get(&3)), (Some(7), Some(&9)));
    assert_eq!(rules.import.stages, ["New"]);
    assert_eq!(rules.import.kits, domain::settings::Kits::Components);
    assert_eq!(
        (rules.import.fractional, rules.import.allow_other_integrations, rules.import.on_withdrawn),
        (Fractional::OnePiece, true, settings::OnWithdrawn::Ignore)
    );
    assert_eq!(rules.mapping.stock_location, "product.custom_fields.products_1");
    assert_eq!(rules.mapping.services["next day"].service, "ups_next_day_air");
    let tag = |tag, field: &str, equals: Option<&str>| TagRule {
        tag,
        field: field.to_owned(),
        equals: equals.map(ToOwned::to_owned),
    };
    assert_eq!(rules.mapping.tags, [tag(7, "source", Some("shop")), tag(8, "custom_fields.orders_9", None)]);
    assert_eq!(rules.mapping.customs.hs_code, "product.custom_fields.products_2");
    assert_eq!(rules.mapping.order_status.get("on hold"), Some(&ShippingStatus::OnHold));
    assert_eq!(rules.mapping.custom_fields, ["customer_order_no", "custom_fields.orders_1", ""]);
    assert_eq!(rules.writeback.dispatch, DispatchWhen::FirstShipment);
    assert_eq!(rules.writeback.carrier_fee, Target::CustomField("orders_2".to_owned()));
    assert!(rules.writeback.cartons);
    assert_eq!((rules.writeback.service, rules.writeback.stage.as_str()), (Target::Off, "Dispatched"));
}

/// Pieces from which something close to a configuration is put together.
const PIECES: &[&str] = &[
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\"",
    "'",
    "\n",
    " ",
    "#",
    "\\",
    "connections",
    "cin7",
    "http",
    "listen",
    "key",
    "name",
    "limits",
    "shipstation",
    "inbound",
    "secret",
    "rates",
    "choose",
    "1",
    "-1.5e9",
    "inf",
    "true",
    "2026-01-01",
    "${",
    "$${",
    "file:",
    "hunter2",
    "\"hunter2\"",
    "\"${HUNTER}\"",
    "ä",
    "\u{0}",
];

proptest! {
    #[test]
    fn any_bytes_give_a_line_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shipbridge.toml");
        fs::write(&path, bytes).unwrap();
        prop_assert!(!load(&path, &Environment::default()).unwrap_err().to_string().is_empty());
    }

    #[test]
    fn any_pieces_give_lines_and_no_panic(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)) {
        let errors = refusal(&pieces.concat(), &[("HUNTER", "hunter2")]);
        prop_assert!(errors.lines().all(|line| line.starts_with("shipbridge.toml:")), "{errors}");
    }

    #[test]
    fn no_error_repeats_a_value(line in 0..MINIMAL.lines().count(), value in 0..6_usize, variable: bool) {
        let value = [
            "\"hunter2\"", "\"${HUNTER}\"", "[\"hunter2\"]", "{ a = \"hunter2\" }", "\"amqp://u:hunter2\"",
            "\"file:${HUNTER}/x\"",
        ][value];
        let mut lines: Vec<String> = MINIMAL.lines().map(ToOwned::to_owned).collect();
        if let Some((key, _)) = lines[line].clone().split_once('=') {
            lines[line] = format!("{key} = {value}");
        }
        lines.push(format!("limits = {value}\nsweep = {value}\nstore_id = {value}\n[http]\nlisten = {value}"));
        let variables = [("HUNTER", "hunter2"), ("SHIPBRIDGE__WORKER__LEASE", "hunter2")];
        let errors = refusal(&lines.join("\n"), if variable { &variables } else { &variables[..1] });
        let without_paths = errors.lines().filter(|line| !line.contains("cannot be read")).collect::<String>();
        prop_assert!(!without_paths.contains("hunter2"), "{errors}");
    }
}

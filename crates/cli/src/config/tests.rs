//! The configuration as its users meet it: files and variables in, settings or exact lines out.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use domain::settings::{DispatchWhen, Target};
use domain::shipping_order::ShippingStatus;
use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::broker::BrokerUrl;
use super::connection::{Choose, Encoding, OnWithdrawn, Signature};
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
    assert_eq!(acme.shipstation.api_secret.expose_secret(), "s");
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
    variables.extend([("SHIPBRIDGE_CONSOLE_PASSWORD", "p"), ("SHIPBRIDGE_API_TOKEN", "t")]);
    let uncommented: Vec<&str> = example()
        .lines()
        .map(|line| {
            line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line)
        })
        .collect();
    assert!(uncommented.len() > 100);
    let errors = refusal(&uncommented.join("\n"), &variables);
    // `hmac` stands beside `auth = "token"` in the example; all else is known and of a later version.
    for line in errors.lines() {
        assert!(
            line.contains("not available in this version") || line.contains(".hmac: has no meaning"),
            "{line}"
        );
    }
    assert_eq!(errors.lines().count(), 5, "{errors}");
}

#[test]
fn a_wrong_key_is_named_with_its_line_and_what_to_do() {
    for (more, line) in [
        ("[http]\nlistn = 1", "shipbridge.toml:10: http.listn: unknown key; did you mean listen?"),
        ("[htpp]\nlisten = \"127.0.0.1:1\"", "shipbridge.toml:9: htpp: unknown key; did you mean http?"),
        (
            "colour = 1",
            "shipbridge.toml:9: connections[0].shipstation.colour: unknown key; known here: base_url, \
             v2_base_url, api_key, api_secret, store_id, stores_by_branch, limits, sweep",
        ),
        ("[http]\nlisten = 8080", "shipbridge.toml:10: http.listen: expected a string, found an integer"),
        (
            "[http]\nlisten = \"localhost:8080\"",
            "shipbridge.toml:10: http.listen: expected an IP address with a port, such as 127.0.0.1:8080",
        ),
        (
            "[worker]\nlease = \"a minute\"",
            "shipbridge.toml:10: worker.lease: expected a duration above 0 and up to 366d, such as \"60s\", \
             \"5m\", \"12h\" or \"3d\"",
        ),
        (
            "[worker]\nlease = \"30s\"",
            "shipbridge.toml:10: worker.lease: must be longer than platform_timeout, or two workers may do the same",
        ),
        (
            "sweep = \"never\"",
            "shipbridge.toml:9: connections[0].shipstation.sweep: expected a duration above 0 and up to 366d, \
             such as \"60s\" or \"5m\", or \"off\"",
        ),
        (
            "limits = { per_minute = 0 }",
            "shipbridge.toml:9: connections[0].shipstation.limits.per_minute: expected an integer above 0",
        ),
        (
            "stores_by_branch = { main = 3 }",
            "shipbridge.toml:9: connections[0].shipstation.stores_by_branch.main: expected an integer as key",
        ),
        (
            "[connections.import]\nstages = []",
            "shipbridge.toml:10: connections[0].import.stages: expected at least one entry, and none of them empty",
        ),
        (
            "[connections.import]\nstages = [\n\"New\",\n7]",
            "shipbridge.toml:12: connections[0].import.stages[1]: expected a string, found an integer",
        ),
        (
            "[connections.import]\nwindow_days = -1",
            "shipbridge.toml:10: connections[0].import.window_days: expected an integer, 0 or more",
        ),
        (
            "[connections.import]\nrequire_qty_dispatch = \"yes\"",
            "shipbridge.toml:10: connections[0].import.require_qty_dispatch: expected true or false, found a string",
        ),
        (
            "[connections.import]\nkits = \"component\"",
            "shipbridge.toml:10: connections[0].import.kits: unknown value; did you mean components?",
        ),
        (
            "[connections.mapping]\norder_status = { \"Fully Picked\" = \"shipped\" }",
            "shipbridge.toml:10: connections[0].mapping.order_status.\"Fully Picked\": unknown value; known here: \
             awaiting_payment, awaiting_shipment, on_hold, cancelled",
        ),
        (
            "[connections.mapping]\ngift = \"isGift\"",
            "shipbridge.toml:10: connections[0].mapping.gift: expected a field in snake case, such as \
             customer_order_no, or custom_fields.NAME",
        ),
        (
            "[connections.writeback]\nservice = \"comments\"",
            "shipbridge.toml:10: connections[0].writeback.service: expected \"internal_comments\", \
             \"custom_fields.NAME\" or \"off\"",
        ),
        (
            "[connections.rates]\nmarkup_percent = -0.5",
            "shipbridge.toml:10: connections[0].rates.markup_percent: expected a number, 0 or more",
        ),
        (
            "[telemetry]\nlog = \"infoo\"",
            "shipbridge.toml:10: telemetry.log: expected a level (error, warn, info, debug, trace, off) or \
             directives such as info,worker=debug",
        ),
        (
            "[broker]\nurl = \"redis://x\"",
            "shipbridge.toml:10: broker.url: expected a URL that begins with amqp:// or amqps://, or \"embedded\"",
        ),
        (
            "store_id = 99999999999999999999",
            "shipbridge.toml:9: connections[0].shipstation.store_id: the number is too large",
        ),
        (
            "[ledger]\nurl = 2026-01-01",
            "shipbridge.toml:10: ledger.url: expected a string, found a date or a time; put it between quotes",
        ),
        ("[http", "shipbridge.toml:9: not valid TOML: unclosed table, expected `]`"),
        (
            "[http]\nlisten = ",
            "shipbridge.toml:10: not valid TOML: string values must be quoted, expected literal string",
        ),
        ("api_key = \"b\"", "shipbridge.toml:9: not valid TOML: duplicate key"),
    ] {
        assert_eq!(refusal(&minimal_and(more), &[]), line, "{more}");
    }
}

#[test]
fn a_wrong_connection_is_named_with_its_line_and_what_to_do() {
    for (from, to, line) in [
        (MINIMAL, "", "shipbridge.toml:1: connections: missing, and it has no default; set it"),
        (
            MINIMAL,
            "connections = []",
            "shipbridge.toml:1: connections: no connection is configured; add [[connections]] with a name and \
             credentials",
        ),
        (
            "key = \"k\"\n",
            "",
            "shipbridge.toml:3: connections[0].cin7.key: missing, and it has no default; set it",
        ),
        (
            "name = \"acme\"\n",
            "",
            "shipbridge.toml:1: connections[0].name: missing, and it has no default; set it",
        ),
        (
            "\"acme\"",
            "\"Acme Ltd\"",
            "shipbridge.toml:2: connections[0].name: expected a name of 1 to 32 characters of a-z, 0-9 and -",
        ),
        ("\"k\"", "\" \"", "shipbridge.toml:5: connections[0].cin7.key: the secret is empty"),
        ("\"k\"", "12345", "shipbridge.toml:5: connections[0].cin7.key: expected a string, found an integer"),
        (
            "key = \"k\"",
            "key = \"k\"\nbas_url = \"x\"",
            "shipbridge.toml:6: connections[0].cin7.bas_url: unknown key; did you mean base_url?",
        ),
        (
            "key = \"k\"",
            "key = \"k\"\nbase_url = \"api.cin7.com\"",
            "shipbridge.toml:6: connections[0].cin7.base_url: expected a URL that begins with http:// or https://",
        ),
        (
            "key = \"k\"",
            "key = \"k\"\ntime_zone = \"Sydney\"",
            "shipbridge.toml:6: connections[0].cin7.time_zone: no such time zone; expected an IANA name such as \
             Australia/Sydney",
        ),
        (
            "key = \"k\"",
            "key = \"k\"\nweight_unit = \"kilo\"",
            "shipbridge.toml:6: connections[0].cin7.weight_unit: unknown value; known here: kg, g, lb, oz",
        ),
        (
            "key = \"k\"",
            "key = \"k\"\ncurrency = \"A$\"",
            "shipbridge.toml:6: connections[0].cin7.currency: expected a currency by its three letters, such as AUD",
        ),
    ] {
        assert_eq!(refusal(&MINIMAL.replace(from, to), &[]), line, "{to}");
    }
}

#[test]
fn a_name_is_given_to_one_connection_only() {
    assert_eq!(
        refusal(&format!("{MINIMAL}{MINIMAL}"), &[]),
        "shipbridge.toml:10: connections[1].name: the name \"acme\" is taken by connections[0]; every connection \
         needs its own"
    );
}

#[test]
fn several_errors_come_in_the_order_of_their_lines() {
    let text =
        minimal_and("colour = 1\n[worker]\nlease = 5\n[http]\nlistn = 1\n").replace("\"k\"", "\"${NOPE}\"");
    let errors = refusal(&text, &[("SHIPBRIDGE__HTTP__PORT", "1")]);
    assert_eq!(
        errors.lines().map(|line| line.split(' ').nth(1).unwrap()).collect::<Vec<_>>(),
        [
            "connections[0].cin7.key:",
            "connections[0].shipstation.colour:",
            "worker.lease:",
            "http.listn:",
            "http.port:"
        ]
    );
}

#[test]
fn an_open_endpoint_stays_on_loopback() {
    let open = "[connections.inbound.cin7]\nauth = \"none\"\n[http]\nlisten = ";
    for loopback in ["127.0.0.1:8080", "127.0.0.2:0", "[::1]:8080"] {
        assert!(read(&minimal_and(&format!("{open}\"{loopback}\"")), &[]).is_ok(), "{loopback}");
    }
    assert_eq!(
        refusal(&minimal_and(&format!("{open}\"0.0.0.0:8080\"")), &[]),
        "shipbridge.toml:10: connections[0].inbound.cin7.auth: \"none\" leaves the endpoint open on 0.0.0.0:8080; \
         choose a proof, or listen on 127.0.0.1"
    );
    let by_variable = refusal(
        &minimal_and("[connections.inbound.cin7]\nauth = \"none\""),
        &[("SHIPBRIDGE__HTTP__LISTEN", "10.0.0.1:80")],
    );
    assert!(by_variable.contains("leaves the endpoint open on 10.0.0.1:80"), "{by_variable}");
}

#[test]
fn a_proof_has_its_secret_and_nothing_of_another_proof() {
    let secret_missing = "secret: missing; auth = \"token\" needs a secret";
    for (endpoint, settings, line) in [
        ("cin7", "", secret_missing),
        ("cin7", "auth = \"token\"", secret_missing),
        ("cin7", "secret = []", secret_missing),
        ("cin7", "secret = \"\"", "secret: the secret is empty"),
        ("cin7", "secret = [\"a\", \"\"]", "secret: the secret is empty"),
        ("shipstation", "auth = \"hmac\"", "secret: missing; auth = \"hmac\" needs a secret"),
        (
            "cin7",
            "auth = \"basic\"\nsecret = \"u\"",
            "secret: auth = \"basic\" takes its secret as user:password",
        ),
        (
            "cin7",
            "auth = \"standard_webhooks\"\nsecret = \"u\"",
            "secret: auth = \"standard_webhooks\" takes secrets that begin with whsec_",
        ),
        (
            "shipstation",
            "auth = \"standard_webhooks\"\nsecret = \"whsec_x\"",
            "auth: \"standard_webhooks\" is not for this endpoint; choose one of token, basic, hmac, shipstation_v2, none",
        ),
        (
            "cin7",
            "auth = \"shipstation_v2\"",
            "auth: \"shipstation_v2\" is not for this endpoint; choose one of token, basic, hmac, standard_webhooks, none",
        ),
        (
            "cin7",
            "secret = \"u\"\npreset = \"github\"",
            "preset: has no meaning with auth = \"token\"; it belongs to auth = \"hmac\"",
        ),
        (
            "shipstation",
            "secret = \"u\"\njwks_url = \"https://x.example\"",
            "jwks_url: has no meaning with auth = \"token\"; it belongs to auth = \"shipstation_v2\"",
        ),
        (
            "cin7",
            "auth = \"hmac\"\nsecret = \"u\"\npreset = \"github\"\nhmac = {}",
            "preset: stands beside hmac, which says the same; keep one of them",
        ),
        ("cin7", "auth = \"tokn\"", "auth: unknown value; did you mean token?"),
    ] {
        let text = minimal_and(&format!("[connections.inbound.{endpoint}]\n{settings}"));
        let errors = refusal(&text, &[]);
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.ends_with(&format!("connections[0].inbound.{endpoint}.{line}")), "{errors}");
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
fn features_of_later_versions_are_refused() {
    for (more, line) in [
        (
            "[broker]\nurl = \"amqps://u:p@mq\"",
            "broker.url: RabbitMQ is not available in this version; use \"embedded\"",
        ),
        ("[ledger]\nurl = \"postgres://u:p@db/x\"", "ledger.url: PostgreSQL is not available"),
        (
            "[alerts.webhook]\nurl = \"https://h.example\"",
            "alerts.webhook: alerts by webhook are not available",
        ),
        ("[telemetry]\notlp_endpoint = \"http://o\"", "telemetry.otlp_endpoint: traces are not available"),
        (
            "[connections.writeback]\ncartons = true",
            "connections[0].writeback.cartons: writing cartons is not available",
        ),
        (
            "[connections.rates]\nenabled = true",
            "connections[0].rates.enabled: quoting rates is not available",
        ),
        (
            "[connections.mapping]\nstock_location = \"product.bin\"",
            "stock_location: stock locations are not available",
        ),
        (
            "[connections.mapping.services]\nExpress = { carrier = \"c\", service = \"s\" }",
            "connections[0].mapping.services: the mapping of services is not available",
        ),
        (
            "[connections.inbound.shipstation]\nauth = \"shipstation_v2\"",
            "connections[0].inbound.shipstation.auth: ShipStation's V2 signature is not available",
        ),
    ] {
        let errors = refusal(&minimal_and(more), &[]);
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.contains(line), "{errors}");
    }
    let store = refusal(&MINIMAL.replace("name = \"acme", "mode = \"custom_store\"\nname = \"acme"), &[]);
    assert_eq!(
        store,
        "shipbridge.toml:2: connections[0].mode: the custom store is not available in this version; use \"api\""
    );
}

#[test]
fn what_has_no_effect_yet_is_told_where_it_is_written() {
    let more = "time_zone = \"UTC\"\nweight_unit = \"g\"\ncurrency = \"nzd\"\n[connections.shipstation]";
    let settings = "[connections.import]\non_withdrawn = \"cancel\"\n[console]\n[api]\ntoken = \"t\"\n";
    let text = format!("{}{settings}", MINIMAL.replace("[connections.shipstation]", more));
    let config = read(&text, &[]).unwrap();
    assert_eq!(
        config.warnings,
        [
            "shipbridge.toml:14: console: the console is not available in this version; the section has no effect",
            "shipbridge.toml:15: api: the JSON API is not available in this version; the section has no effect",
            "shipbridge.toml:13: connections[0].import.on_withdrawn: withdrawing orders is not available in this \
             version; an order whose stage moves back is left as it is",
        ]
    );
    assert_eq!(config.connections[0].import.on_withdrawn, OnWithdrawn::Cancel);
    assert_eq!(config.connections[0].cin7.currency, "NZD");
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
    assert_eq!(acme.shipstation.api_key.expose_secret(), "file:not-a-file ${X}");
}

#[test]
fn a_wrong_override_is_named() {
    for (variable, value, line) in [
        ("SHIPBRIDGE__HTTP__LISTN", "x", "http.listn: unknown key; did you mean listen?"),
        ("SHIPBRIDGE__HTPP__LISTEN", "x", "htpp: unknown key; did you mean http?"),
        (
            "SHIPBRIDGE__HTTP__LISTEN",
            "x",
            "http.listen: expected an IP address with a port, such as 127.0.0.1:8080",
        ),
        (
            "SHIPBRIDGE__CONNECTIONS__BETA__MODE",
            "api",
            "connections[beta]: there is no such entry; known here: acme",
        ),
        (
            "SHIPBRIDGE__CONNECTIONS__1__MODE",
            "api",
            "connections[1]: there is no such entry; known here: acme",
        ),
        (
            "SHIPBRIDGE__CONNECTIONS__0__NAME__X",
            "api",
            "connections[0].name: has no keys of its own to override",
        ),
        (
            "SHIPBRIDGE__CONNECTIONS__0__SHIPSTATION__STORE_ID",
            "main",
            "connections[0].shipstation.store_id: expected an integer, found a string",
        ),
        (
            "SHIPBRIDGE__CONNECTIONS__0__CIN7__KEY",
            "${NOPE}",
            "connections[0].cin7.key: the environment variable NOPE is not set; set it, or write $${ for a literal ${",
        ),
        ("SHIPBRIDGE__HTTP", "x", "http: expected a table, found a string"),
    ] {
        assert_eq!(refusal(MINIMAL, &[(variable, value)]), format!("{variable}: {line}"));
    }
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
fn a_file_that_cannot_be_read_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("shipbridge.toml");
    assert_eq!(
        load(&missing, &Environment::default()).unwrap_err().to_string(),
        format!(
            "{}: there is no such file; name yours with --config, or begin with `shipbridge config example > \
             shipbridge.toml`",
            missing.display()
        )
    );
    let errors = load(folder.path(), &Environment::default()).unwrap_err().to_string();
    assert!(errors.contains("cannot be read"), "{errors}");
    fs::write(&missing, b"a = 1\n\xff").unwrap();
    let errors = load(&missing, &Environment::default()).unwrap_err().to_string();
    assert!(errors.ends_with("shipbridge.toml:2: not valid TOML: the text is not UTF-8"), "{errors}");
}

#[test]
fn what_is_shown_masks_secrets_and_is_a_configuration_itself() {
    let more = "[connections.inbound.cin7]\nsecret = [\"hunter2\", \"hunter2\"]\n\
                [connections.inbound.store]\nusername = \"u\"\npassword = \"hunter2\"\n\
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
    assert_eq!(shown.matches("********").count(), 9, "{shown}");
    assert_eq!(show(&read(&shown, &[]).unwrap()), shown);
    assert_eq!(show_json(&config)["connections"][0]["cin7"]["watch"], "1m");
}

#[test]
fn rules_are_what_the_settings_say() {
    let more = "store_id = 7\nstores_by_branch = { 3 = 9 }\n\
                [connections.import]\nstages = [\" New \"]\nkits = \"components\"\n\
                [connections.mapping]\norder_status = { \" On Hold\" = \"on_hold\" }\ncustom_field_2 = \"custom_fields.orders_1\"\n\
                [connections.writeback]\ndispatch = \"first_shipment\"\ncarrier_fee = \"custom_fields.orders_2\"\nservice = \"off\"\n";
    let rules = read(&minimal_and(more), &[]).unwrap().connections[0].rules();
    assert_eq!(rules.connection.as_str(), "acme");
    assert_eq!(rules.time_zone.iana_name(), Some("Australia/Sydney"));
    assert_eq!((rules.store_id, rules.stores_by_branch.get(&3)), (Some(7), Some(&9)));
    assert_eq!(rules.import.stages, ["New"]);
    assert_eq!(rules.import.kits, domain::settings::Kits::Components);
    assert_eq!(rules.mapping.order_status.get("on hold"), Some(&ShippingStatus::OnHold));
    assert_eq!(rules.mapping.custom_fields, ["customer_order_no", "custom_fields.orders_1", ""]);
    assert_eq!(rules.writeback.dispatch, DispatchWhen::FirstShipment);
    assert_eq!(rules.writeback.carrier_fee, Target::CustomField("orders_2".to_owned()));
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
        let errors = refusal(&lines.join("\n"), &variables[..1 + usize::from(variable)]);
        let without_paths = errors.lines().filter(|line| !line.contains("cannot be read")).collect::<String>();
        prop_assert!(!without_paths.contains("hunter2"), "{errors}");
    }
}

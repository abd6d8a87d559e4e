//! What is refused, with the exact line that a person reads.

use std::fs;

use super::*;

/// What is added to [`MINIMAL`], from line 9 on, and the line that refuses it.
const WRONG_KEYS: &[(&str, &str)] = &[
    ("[http]\nlistn = 1", "shipbridge.toml:10: http.listn: unknown key; did you mean listen?"),
    ("[htpp]\nlisten = \"127.0.0.1:1\"", "shipbridge.toml:9: htpp: unknown key; did you mean http?"),
    (
        "colour = 1",
        "shipbridge.toml:9: connections[0].shipstation.colour: unknown key; known here: base_url, \
             v2_base_url, api_key, api_secret, v2_api_key, store_id, stores_by_branch, limits, sweep",
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
        "[connections.mapping]\nstock_location = \"bin\"",
        "shipbridge.toml:10: connections[0].mapping.stock_location: expected product.FIELD in snake case, or \
             product.custom_fields.NAME",
    ),
    (
        "[connections.mapping]\nservices = { Express = { carrier = \"ups\" } }",
        "shipbridge.toml:10: connections[0].mapping.services.Express.service: missing, and it has no default; set it",
    ),
    (
        "[connections.mapping]\ntags = [\n{ tag = 1, field = \"source\" },\n{ tag = 2, field = \"\" }]",
        "shipbridge.toml:12: connections[0].mapping.tags[1].field: must not be empty",
    ),
    (
        "[connections.mapping]\ntags = [{ tag = \"Express\", field = \"source\" }]",
        "shipbridge.toml:10: connections[0].mapping.tags[0].tag: expected an integer, found a string",
    ),
    (
        "[connections.mapping]\ntags = [{ tag = 1, field = \"source\", equals = \"\" }]",
        "shipbridge.toml:10: connections[0].mapping.tags[0].equals: must not be empty",
    ),
    (
        "[connections.mapping]\ncustoms = { hs_code = \"custom_fields.products_1\" }",
        "shipbridge.toml:10: connections[0].mapping.customs.hs_code: expected product.FIELD in snake case, or \
             product.custom_fields.NAME",
    ),
    (
        "[connections.import]\nfractional = \"one-piece\"",
        "shipbridge.toml:10: connections[0].import.fractional: unknown value; did you mean one_piece?",
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
        "[connections.rates]\nround_to = 0",
        "shipbridge.toml:10: connections[0].rates.round_to: expected a number above 0",
    ),
    (
        "[connections.rates]\ncurrency = \"dollars\"",
        "shipbridge.toml:10: connections[0].rates.currency: expected a currency by its three letters, such as AUD",
    ),
    (
        "[connections.rates]\nenabled = true",
        "shipbridge.toml:9: connections[0].rates.from_postal_code: missing; carriers' prices depend on where parcels \
             leave: set it, or enabled = false",
    ),
    (
        "v2_api_key = \"k\"\n[connections.rates]\nfrom_postal_code = \"2000\"\nfrom_country = \"AU\"\nfrom_state = \"NSW\"",
        "shipbridge.toml:10: connections[0].rates.from_city: missing; with v2_api_key, V2 is asked for rates, and wants \
             country, state and city beside the postal code",
    ),
    (
        "[connections.rates]\nfrom_country = \"Atlantis\"",
        "shipbridge.toml:10: connections[0].rates.from_country: \"Atlantis\" is no country that is known; its two letters \
             do, such as AU",
    ),
    (
        "[telemetry]\nlog = \"infoo\"",
        "shipbridge.toml:10: telemetry.log: expected a level (error, warn, info, debug, trace, off) or \
             directives such as info,worker=debug",
    ),
    (
        "[alerts.email]\nsmtp_url = \"mail.example.com\"\nfrom = \"a@example.com\"\nto = [\"b@example.com\"]",
        "shipbridge.toml:10: alerts.email.smtp_url: expected smtp://HOST, smtps://HOST or with user:password@ before \
             the host, and a port where it is another",
    ),
    (
        "[alerts.email]\nsmtp_url = \"smtps://ann@h\"\nfrom = \"a@example.com\"\nto = [\"b@example.com\"]",
        "shipbridge.toml:10: alerts.email.smtp_url: expected both a user and a password before the host, \
             percent-encoded, or neither",
    ),
    (
        "[alerts.email]\nsmtp_url = \"smtp://h\"\nfrom = \"a@example.com\"\nto = [\"b@example.com\", \"ann\"]",
        "shipbridge.toml:12: alerts.email.to: expected an e-mail address, such as warehouse@example.com or Warehouse \
             <warehouse@example.com>",
    ),
    (
        "[alerts.webhook]\nurl = \"http://hooks.example.com/x\"",
        "shipbridge.toml:10: alerts.webhook.url: expected a URL that begins with https://, or with http:// on this \
             machine, and without user and password",
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
];

#[test]
fn a_wrong_key_is_named_with_its_line_and_what_to_do() {
    for (more, line) in WRONG_KEYS {
        assert_eq!(refusal(&minimal_and(more), &[]), *line, "{more}");
    }
}

/// What is replaced in [`MINIMAL`], by what, and the line that refuses it.
const WRONG_CONNECTIONS: &[(&str, &str, &str)] = &[
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
];

#[test]
fn a_wrong_connection_is_named_with_its_line_and_what_to_do() {
    for (from, to, line) in WRONG_CONNECTIONS {
        assert_eq!(refusal(&MINIMAL.replace(from, to), &[]), *line, "{to}");
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

const SECRET_MISSING: &str = "secret: missing; auth = \"token\" needs a secret";

/// The endpoint, its settings, and the end of the line that refuses them.
const WRONG_PROOFS: &[(&str, &str, &str)] = &[
    ("cin7", "", SECRET_MISSING),
    ("cin7", "auth = \"token\"", SECRET_MISSING),
    ("cin7", "secret = []", SECRET_MISSING),
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
        "shipstation",
        "auth = \"shipstation_v2\"\njwks_url = \"http://api.shipengine.com/jwks\"",
        "jwks_url: plain HTTP leads to this machine only, or others could put in keys of their own; use https://",
    ),
    (
        "shipstation",
        "auth = \"shipstation_v2\"\njwks_url = \"http://127.0.0.1.example.com/jwks\"",
        "jwks_url: plain HTTP leads to this machine only, or others could put in keys of their own; use https://",
    ),
    (
        "shipstation",
        "auth = \"shipstation_v2\"\njwks_url = \"api.shipengine.com\"",
        "jwks_url: expected a URL that begins with http:// or https://",
    ),
    (
        "cin7",
        "auth = \"hmac\"\nsecret = \"u\"\npreset = \"github\"\nhmac = {}",
        "preset: stands beside hmac, which says the same; keep one of them",
    ),
    ("cin7", "auth = \"tokn\"", "auth: unknown value; did you mean token?"),
];

#[test]
fn a_proof_has_its_secret_and_nothing_of_another_proof() {
    for (endpoint, settings, line) in WRONG_PROOFS {
        let text = minimal_and(&format!("[connections.inbound.{endpoint}]\n{settings}"));
        let errors = refusal(&text, &[]);
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.ends_with(&format!("connections[0].inbound.{endpoint}.{line}")), "{errors}");
    }
}

/// What is added to [`MINIMAL`], and a part of the line that refuses it.
const LATER: &[(&str, &str)] =
    &[("[telemetry]\notlp_endpoint = \"http://o\"", "telemetry.otlp_endpoint: traces are not available")];

#[test]
fn features_of_later_versions_are_refused() {
    for (more, line) in LATER {
        let errors = refusal(&minimal_and(more), &[]);
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.contains(line), "{errors}");
    }
}

const CUSTOM_STORE: &str = "[[connections]]\nname = \"acme\"\nmode = \"custom_store\"\n[connections.cin7]\n\
                            username = \"u\"\nkey = \"k\"\n";
const STORE: &str = "[connections.inbound.store]\nusername = \"u\"\npassword = \"p\"\n";

#[test]
fn a_custom_store_needs_its_credentials_and_no_api_and_half_an_api_is_none() {
    let open = refusal(CUSTOM_STORE, &[]);
    assert_eq!(
        open,
        "shipbridge.toml:1: connections[0].inbound.store: missing; mode = \"custom_store\" needs the user name and the \
         password that ShipStation sends"
    );
    let half = format!("{CUSTOM_STORE}{STORE}[connections.shipstation]\napi_key = \"a\"\n");
    let half = refusal(&half, &[]);
    assert!(half.contains("connections[0].shipstation.api_secret: missing"), "{half}");
    let alone = read(&format!("{CUSTOM_STORE}{STORE}"), &[]).unwrap();
    let shipstation = &alone.connections[0].shipstation;
    assert!(shipstation.credentials().is_none() && shipstation.sweep().is_none(), "nothing to sweep with");
}

/// A variable, its value, and the line that refuses it.
const WRONG_OVERRIDES: &[(&str, &str, &str)] = &[
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
    ("SHIPBRIDGE__CONNECTIONS__1__MODE", "api", "connections[1]: there is no such entry; known here: acme"),
    ("SHIPBRIDGE__CONNECTIONS__0__NAME__X", "api", "connections[0].name: has no keys of its own to override"),
    (
        "SHIPBRIDGE__CONNECTIONS__0__SHIPSTATION__STORE_ID",
        "main",
        "connections[0].shipstation.store_id: expected an integer, found a string",
    ),
    (
        "SHIPBRIDGE__CONNECTIONS__0__CIN7__KEY",
        "${NOPE}",
        "connections[0].cin7.key: the environment variable NOPE is not set; set it",
    ),
    ("SHIPBRIDGE__HTTP", "x", "http: expected a table, found a string"),
];

#[test]
fn a_wrong_override_is_named() {
    for (variable, value, line) in WRONG_OVERRIDES {
        assert_eq!(refusal(MINIMAL, &[(variable, value)]), format!("{variable}: {line}"));
    }
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

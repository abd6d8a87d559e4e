//! What stops a start, and the commands that look at a configuration: exit codes, and one line that names
//! what is wrong.

use std::fs;
use std::net::TcpListener;

use crate::http;
use crate::process::{self, Ended};
use crate::stage::{Setup, Stage};

/// A connection with what is required, on lines 1 to 8.
const MINIMAL: &str = r#"[[connections]]
name = "acme"
[connections.cin7]
username = "AcmeAU"
key = "${CIN7_KEY}"
[connections.shipstation]
api_key = "a"
api_secret = "s"
"#;

/// The variables of the example, each with the same secret.
const VARIABLES: [(&str, &str); 5] = [
    ("CIN7_KEY", "hunter2"),
    ("SHIPSTATION_KEY", "hunter2"),
    ("SHIPSTATION_SECRET", "hunter2"),
    ("CIN7_HOOK_SECRET", "hunter2"),
    ("SHIPSTATION_HOOK_SECRET", "hunter2"),
];

/// Runs a command on that configuration.
fn on(text: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("shipbridge.toml"), text).unwrap();
    process::run(folder.path(), arguments, variables)
}

#[test]
fn a_wrong_configuration_stops_the_start_with_one_line_that_names_the_key() {
    let key = [("CIN7_KEY", "k")];
    for (more, variables, line) in [
        (
            "[http]\nlisen = \"127.0.0.1:0\"",
            &key[..],
            "shipbridge.toml:10: http.lisen: unknown key; did you mean listen?",
        ),
        (
            "store_id = \"many\"",
            &key[..],
            "shipbridge.toml:9: connections[0].shipstation.store_id: expected an integer, found a string",
        ),
        (
            "sweep = 5",
            &key[..],
            "shipbridge.toml:9: connections[0].shipstation.sweep: expected a string, found an integer",
        ),
        (
            "",
            &[],
            "shipbridge.toml:5: connections[0].cin7.key: the environment variable CIN7_KEY is not set; set it",
        ),
        (
            "[connections.inbound.cin7]\nauth = \"token\"",
            &key[..],
            "shipbridge.toml:9: connections[0].inbound.cin7.secret: missing; auth = \"token\" needs a secret",
        ),
        (
            "[connections.inbound.cin7]\nauth = \"none\"\n[http]\nlisten = \"0.0.0.0:0\"",
            &key[..],
            "shipbridge.toml:10: connections[0].inbound.cin7.auth: \"none\" leaves the endpoint open on \
             0.0.0.0:0; choose a proof, or listen on 127.0.0.1",
        ),
    ] {
        let ended = on(&format!("{MINIMAL}{more}\n"), &["run"], variables);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{more}");
        assert_eq!(ended.stderr, format!("{line}\n"), "{more}");
    }
}

#[test]
fn a_missing_file_stops_the_start_with_one_line_that_says_how_to_begin() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, variables, named) in [
        (&["run"][..], &[][..], "shipbridge.toml"),
        (&["run", "--config", "elsewhere.toml"], &[], "elsewhere.toml"),
        (&["run"], &[("SHIPBRIDGE_CONFIG", "variable.toml")], "variable.toml"),
    ] {
        let ended = process::run(folder.path(), arguments, variables);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.starts_with(&format!("{named}: there is no such file;")), "{}", ended.stderr);
        assert!(ended.stderr.contains("shipbridge config example"), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1);
    }
}

#[test]
fn a_second_run_on_the_same_data_is_refused_and_the_first_goes_on() {
    let stage = Stage::new(&Setup { webhooks: false, ..Setup::default() });
    let mut bridge = stage.start();
    let elsewhere = [("SHIPBRIDGE__HTTP__LISTEN", "127.0.0.1:0")];
    let second = process::run(stage.folder(), &["run"], &elsewhere);
    assert_eq!((second.code, second.stdout.as_str()), (Some(1), ""));
    let told: Vec<_> = second.stderr.lines().filter(|line| line.contains("queue.lock")).collect();
    assert_eq!(told.len(), 1, "{}", second.stderr);
    assert!(told[0].contains("another process already works on this queue"), "{}", told[0]);
    assert!(bridge.is_running());
    assert_eq!(http::get(stage.addr, "/readyz").unwrap().status, 200);
}

#[test]
fn an_address_that_is_taken_stops_the_start_with_a_line_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let variables = [("CIN7_KEY", "k"), ("SHIPBRIDGE__HTTP__LISTEN", address.as_str())];
    let ended = on(MINIMAL, &["run"], &variables);
    assert_eq!(ended.code, Some(1));
    let last = ended.stderr.lines().last().unwrap();
    assert!(last.starts_with(&format!("cannot listen on {address}")), "{}", ended.stderr);
}

#[test]
fn processes_that_share_their_work_refuse_embedded_stores_with_the_mend() {
    for (command, missing) in [
        ("serve", "broker.url is \"embedded\" and must be an amqp:// URL;"),
        ("work", "amqp:// URL, and ledger.url is \"embedded\" and must be a postgres:// URL;"),
    ] {
        let ended = on(MINIMAL, &[command], &[("CIN7_KEY", "k")]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        let last = ended.stderr.lines().last().unwrap();
        assert!(last.contains(missing), "{}", ended.stderr);
        assert!(last.contains("`shipbridge run` does everything in one process"), "{last}");
    }
}

#[test]
fn the_embedded_ledger_says_that_it_is_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shipbridge.toml"), MINIMAL).unwrap();
    let variables = [("CIN7_KEY", "k")];
    let first = process::run(folder.path(), &["migrate"], &variables);
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), ""));
    assert!(first.stdout.contains("is up to date: it migrates by itself"), "{}", first.stdout);
    let second = process::run(folder.path(), &["migrate", "--json"], &variables);
    let told: serde_json::Value = serde_json::from_str(&second.stdout).unwrap();
    assert_eq!((&told["ledger"], &told["automatic"]), (&"embedded".into(), &true.into()));
}

#[test]
fn a_health_check_ends_with_what_the_bridge_answers() {
    let stage = Stage::new(&Setup { webhooks: false, ..Setup::default() });
    let bridge = stage.start();
    let ask = |path: &str| stage.command(&["healthcheck", "--url", &format!("http://{}{path}", stage.addr)]);
    assert_eq!(ask("/healthz").code, Some(0));
    let nowhere = ask("/nowhere");
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.stderr.contains("/nowhere answered 404"), "{}", nowhere.stderr);
    bridge.kill();
    let dead = ask("/healthz");
    assert_eq!(dead.code, Some(1));
    assert!(dead.stderr.contains("/healthz cannot be reached"), "{}", dead.stderr);
    let no_url = stage.command(&["healthcheck", "--url", "bridge"]);
    assert_eq!(no_url.code, Some(2));
}

#[test]
fn the_example_passes_the_check_once_its_variables_are_set() {
    let example = process::run(tempfile::tempdir().unwrap().path(), &["config", "example"], &[]);
    assert_eq!((example.code, example.stderr.as_str()), (Some(0), ""));
    let ended = on(&example.stdout, &["check", "--offline"], &VARIABLES);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for finding in ["ok  configuration: ", "ok  broker: ", "ok  ledger: "] {
        assert!(ended.stdout.contains(finding), "{}", ended.stdout);
    }
    let json = on(&example.stdout, &["check", "--offline", "--json"], &VARIABLES);
    let findings: Vec<serde_json::Value> = serde_json::from_str(&json.stdout).unwrap();
    assert!(findings.iter().all(|finding| finding["ok"] == true), "{findings:?}");
    // Without them it is the first thing that is told.
    let ended = on(&example.stdout, &["check", "--offline"], &VARIABLES[1..]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("CIN7_KEY is not set"), "{}", ended.stderr);
}

#[test]
fn check_asks_both_platforms_and_fails_with_the_mend() {
    let stage = Stage::new(&Setup { webhooks: false, ..Setup::default() });
    let ended = stage.command(&["check"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    assert!(ended.stdout.contains("ok  acme: Cin7: ") && ended.stdout.contains("ok  acme: ShipStation: "));
    assert!(!ended.stdout.contains("mapping"), "what is not mapped is not asked for: {}", ended.stdout);
    let wrong = [("SHIPBRIDGE__CONNECTIONS__ACME__CIN7__KEY", "wrong")];
    let ended = process::run(stage.folder(), &["check"], &wrong);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("NO  acme: Cin7: "), "{}", ended.stdout);
    assert!(ended.stdout.contains("check cin7.username, cin7.key"), "{}", ended.stdout);
}

#[test]
fn check_and_the_log_tell_what_looking_for_news_costs_and_where_that_is_too_much() {
    let costs = "acme: looking for news costs at least ";
    let stage = Stage::new(&Setup { webhooks: false, ..Setup::default() });
    let fine = stage.command(&["check", "--offline"]);
    assert_eq!(fine.code, Some(0), "{}", fine.stdout);
    let line = fine.stdout.lines().find(|line| line.contains(costs)).unwrap();
    assert_eq!(
        line,
        format!("ok  {costs}86,496 of 500,000 calls a day at Cin7 and 345,613 of 5,760,000 at ShipStation")
    );
    let log = stage.start().log();
    assert_eq!(log.matches("looking for news costs at least 86,496 of 500,000").count(), 1, "{log}");

    let often = Setup { watch: "10s", sweep: "5m", real_quotas: true, webhooks: false, ..Setup::default() };
    let stage = Stage::new(&often);
    let too_much = stage.command(&["check", "--offline"]);
    assert_eq!(too_much.code, Some(1), "{}", too_much.stdout);
    let line = format!("NO  {costs}8,736 of 5,000 calls a day at Cin7");
    assert!(too_much.stdout.contains(&line), "{}", too_much.stdout);
    assert!(too_much.stdout.contains("\n      set cin7.watch to a longer time"), "{}", too_much.stdout);
    let log = stage.start().log();
    assert!(
        log.contains("WARN") && log.contains("more than half of what Cin7 allows; set cin7.watch"),
        "{log}"
    );
}

#[test]
fn check_looks_whether_the_account_has_what_the_mapping_names() {
    let mapping = |service: &str, tag: u32| {
        format!(
            "[connections.mapping]\nservices = {{ Express = {{ carrier = \"stamps_com\", service = \"{service}\" }} }}\n\
             tags = [{{ tag = {tag}, field = \"source\", equals = \"Shop\" }}]\n"
        )
    };
    let good = mapping("usps_priority_mail", 101);
    let stage = Stage::new(&Setup { webhooks: false, connection: good.leak(), ..Setup::default() });
    let ended = stage.command(&["check"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    for line in ["ok  acme: mapping.services: 1 method\n", "ok  acme: mapping.tags: 1 tag\n"] {
        assert!(ended.stdout.contains(line), "{}", ended.stdout);
    }
    let bad = mapping("usps_teleport", 7);
    let stage = Stage::new(&Setup { webhooks: false, connection: bad.leak(), ..Setup::default() });
    let ended = stage.command(&["check"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    for line in [
        "NO  acme: mapping.services: stamps_com has no service usps_teleport for Express; there are: usps_",
        "      correct mapping.services\n",
        "NO  acme: mapping.tags: no tag 7; there are: 101 (Rush), 102 (Fragile), 103 (Gift wrap)\n",
    ] {
        assert!(ended.stdout.contains(line), "{}", ended.stdout);
    }
}

#[test]
fn config_show_masks_every_secret() {
    let example = process::run(tempfile::tempdir().unwrap().path(), &["config", "example"], &[]);
    for arguments in [&["config", "show"][..], &["config", "show", "--json"]] {
        let shown = on(&example.stdout, arguments, &VARIABLES);
        assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
        assert!(!shown.stdout.contains("hunter2"), "{}", shown.stdout);
        assert_eq!(shown.stdout.matches("********").count(), 5, "{}", shown.stdout);
    }
}

#[test]
fn help_tells_all_commands() {
    let folder = tempfile::tempdir().unwrap();
    let ended = process::run(folder.path(), &["--help"], &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("help", ended.stdout);
    let ended = process::run(folder.path(), &["runn"], &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("'run'"), "{}", ended.stderr);
}

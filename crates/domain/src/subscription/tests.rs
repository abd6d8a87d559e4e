//! The decision as a table: what an account lists, and what is to be done about it.

use secrecy::ExposeSecret;
use url::Url;

use super::*;

const OURS: &str = "https://bridge.example.com/webhooks/shipstation/acme?token=t0k";

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn wanted_at(public_url: &str, token: Option<&str>) -> Wanted {
    let address = HookAddress::of_shipstation(&url(public_url), &"acme".parse().unwrap());
    Wanted { address, token: token.map(SecretString::from) }
}

fn wanted() -> Wanted {
    wanted_at("https://bridge.example.com", Some("t0k"))
}

fn listed(id: i64, event: &str, url: &str) -> Listed {
    let (url, name) = (url.into(), "Shipbridge acme".to_owned());
    Listed { id, event: event.to_owned(), url, store_id: None, name, active: true }
}

/// All that is needed, by ids from 1.
fn complete() -> Vec<Listed> {
    (1..).zip(EVENTS).map(|(id, event)| listed(id, event, OURS)).collect()
}

/// What is missing, and the ids that are to be removed, each with the reason.
fn decided(listed: &[Listed]) -> (Vec<&'static str>, Vec<(i64, Difference)>) {
    let plan = plan(&wanted(), listed);
    (plan.missing.clone(), plan.removals().map(|(listed, why)| (listed.id, why)).collect())
}

#[test]
fn an_empty_account_gets_all_and_a_complete_one_nothing() {
    assert_eq!(decided(&[]), (EVENTS.to_vec(), vec![]));
    assert_eq!(decided(&complete()), (vec![], vec![]));
    assert!(plan(&wanted(), &complete()).faults().is_empty());
    let mut in_another_case = complete();
    in_another_case[0].event = "ship_notify".to_owned();
    assert_eq!(decided(&in_another_case), (vec![], vec![]));
}

#[test]
fn what_is_ours_and_differs_is_made_anew_and_then_removed() {
    let other = |url: &str| listed(1, "SHIP_NOTIFY", url);
    let base = "https://bridge.example.com/webhooks/shipstation/acme";
    for (first, why) in [
        (other(&format!("{base}?token=0ld")), Difference::Token),
        (other(base), Difference::Token),
        (other(&format!("{base}?key=t0k")), Difference::Token),
        (Listed { active: false, ..other(OURS) }, Difference::Inactive),
        (Listed { store_id: Some(7), ..other(OURS) }, Difference::OneStore),
    ] {
        let mut account = complete();
        account[0] = first;
        assert_eq!(decided(&account), (vec!["SHIP_NOTIFY"], vec![(1, why)]));
    }
}

#[test]
fn what_is_ours_and_needless_is_removed_and_nothing_added() {
    let mut account = complete();
    account.push(listed(9, "ORDER_NOTIFY", OURS));
    account.insert(0, listed(8, "SHIP_NOTIFY", OURS));
    let expected = (vec![], vec![(8, Difference::Double), (9, Difference::Event)]);
    assert_eq!(decided(&account), expected, "the oldest of two stays, wherever it is listed");
}

#[test]
fn others_are_left_alone_however_much_they_look_like_ours() {
    for address in [
        "http://bridge.example.com/webhooks/shipstation/acme?token=t0k",
        "https://bridge.example.com:8443/webhooks/shipstation/acme?token=t0k",
        "https://bridge.example.com.evil.example/webhooks/shipstation/acme?token=t0k",
        "https://bridge.example.com/webhooks/shipstation/acme-2?token=t0k",
        "https://bridge.example.com/webhooks/shipstation/acme/?token=t0k",
        "https://bridge.example.com/webhooks/shipstation?acme",
        "bridge.example.com",
        "",
    ] {
        let account = [listed(1, "SHIP_NOTIFY", address)];
        let plan = plan(&wanted(), &account);
        assert_eq!(plan.standings[0].1, Standing::Anothers, "{address}");
        assert_eq!(plan.missing, EVENTS, "{address}");
    }
}

#[test]
fn the_same_address_in_another_spelling_is_ours_and_right() {
    for (address, token) in [
        ("HTTPS://BRIDGE.example.com:443/webhooks/shipstation/acme?token=t0k", "t0k"),
        ("https://bridge.example.com/webhooks/shipstation/acme?token=a%2Bb%20c%26d", "a+b c&d"),
        ("https://bridge.example.com/webhooks/shipstation/acme?token=a%2bb+c%26d#", "a+b c&d"),
    ] {
        let wanted = wanted_at("https://bridge.example.com/", Some(token));
        let account = [listed(1, "SHIP_NOTIFY", address)];
        assert_eq!(plan(&wanted, &account).standings[0].1, Standing::Right, "{address}");
    }
}

#[test]
fn the_address_is_below_the_public_one_and_shows_no_secret() {
    for (public_url, token, target) in [
        ("https://b.example", Some("t0k"), "https://b.example/webhooks/shipstation/acme?token=t0k"),
        ("https://b.example/", None, "https://b.example/webhooks/shipstation/acme"),
        (
            "http://127.0.0.1:8080/in/?x#y",
            Some("a b&c"),
            "http://127.0.0.1:8080/in/webhooks/shipstation/acme?token=a+b%26c",
        ),
        (
            "https://me:pw@b.example/in",
            Some("é"),
            "https://b.example/in/webhooks/shipstation/acme?token=%C3%A9",
        ),
    ] {
        let wanted = wanted_at(public_url, token);
        assert_eq!(wanted.target().expose_secret(), target);
        assert_eq!(wanted.address.to_string(), target.split('?').next().unwrap());
        assert!(wanted.address.is_called_by(&wanted.target()));
        let account = [listed(1, "SHIP_NOTIFY", target)];
        assert_eq!(
            plan(&wanted, &account).standings[0].1,
            Standing::Right,
            "what is made is right: {target}"
        );
    }
    let shown = format!("{:?} {:?}", wanted(), complete());
    assert!(!shown.contains("t0k"), "{shown}");
    let cin7 = HookAddress::of_cin7(&url("https://b.example"), &"acme".parse().unwrap());
    assert_eq!(cin7.to_string(), "https://b.example/webhooks/cin7/acme");
}

#[test]
fn an_endpoint_without_proof_wants_no_token() {
    let wanted = wanted_at("http://127.0.0.1:8080", None);
    let with_token = listed(1, "SHIP_NOTIFY", "http://127.0.0.1:8080/webhooks/shipstation/acme?token=t0k");
    let standing = plan(&wanted, &[with_token]).standings[0].1;
    assert_eq!(standing, Standing::Differs(Difference::Token));
}

#[test]
fn addresses_are_shown_without_what_may_be_secret() {
    for (address, shown) in [
        (OURS, "https://bridge.example.com/webhooks/shipstation/acme?token=***"),
        ("https://u:p@x.example/hook?a=1&token=t0k", "https://x.example/hook?***"),
        ("https://x.example/hook#t0k", "https://x.example/hook"),
        ("t0k", "no address"),
    ] {
        assert_eq!(redacted(&address.into()), shown);
    }
}

#[test]
fn faults_name_what_is_missing_and_what_differs() {
    let mut account = complete();
    account[1].active = false;
    account.remove(3);
    let faults = plan(&wanted(), &account).faults();
    let missing = "missing: ITEM_SHIP_NOTIFY, FULFILLMENT_REJECTED";
    assert_eq!(faults, [missing, "subscription 2 (ITEM_SHIP_NOTIFY) is switched off"]);
}

#[test]
fn a_subscription_of_the_v2_api_at_our_address_is_left_as_it_is() {
    let mut account = complete();
    account.push(listed(9, "label_created_v2", "https://bridge.example.com/webhooks/shipstation/acme"));
    assert_eq!(decided(&account), (vec![], vec![]));
}

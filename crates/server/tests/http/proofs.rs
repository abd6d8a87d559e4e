//! Every proof: good, with the old secret while rotating, wrong, missing, and over a body that was changed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use sha2::Sha256;

use crate::bridge::{Bridge, now, secrets};
use crate::client::post;
use server::{HmacScheme, InvalidProof, Proof};

const ORDER: &str = r#"{"id": 7}"#;

fn sign(key: &str, content: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(content.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

async fn check(bridge: &Bridge, path: &str, headers: &[(&str, &str)], body: &str, proven: bool) {
    let before = bridge.broker.events().len();
    let answer = post(bridge.addr, path, headers, body).await;
    assert_eq!(answer.status, if proven { 202 } else { 401 }, "{path} {headers:?} {body}: {answer:?}");
    assert_eq!(bridge.broker.events().len(), before + usize::from(proven));
    assert!(proven || answer.problem() == "not-proven");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_come_in_three_places() {
    let bridge = Bridge::new();
    let path = "/webhooks/cin7/rotating";
    for (query, headers, proven) in [
        ("?token=new%20%26%20key", vec![], true),
        ("?x=1&token=old+key&token=x", vec![], true),
        ("", vec![("Authorization", "Bearer new & key")], true),
        ("", vec![("authorization", "bearer  old key ")], true),
        ("", vec![("X-Webhook-Token", "old key")], true),
        ("?token=wrong", vec![("X-Webhook-Token", "old key")], true),
        ("", vec![], false),
        ("?token=", vec![], false),
        ("?token=new", vec![], false),
        ("?Token=old+key", vec![], false),
        ("", vec![("Authorization", "Bearer")], false),
        ("", vec![("Authorization", "Basic old key")], false),
        ("", vec![("X-Webhook-Token", "old keys")], false),
        ("", vec![("X-Webhook-Token", "OLD KEY")], false),
    ] {
        check(&bridge, &format!("{path}{query}"), &headers, ORDER, proven).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_credentials_may_hold_colons() {
    let bridge = Bridge::new();
    for (scheme, credentials, proven) in [
        ("Basic", "cin7:new:key", true),
        ("basic", "cin7:old", true),
        ("Basic", "cin7:new", false),
        ("Basic", "cin7", false),
        ("Basic", "", false),
        ("Bearer", "cin7:old", false),
    ] {
        let value = format!("{scheme} {}", STANDARD.encode(credentials));
        check(&bridge, "/webhooks/cin7/basic", &[("Authorization", &value)], ORDER, proven).await;
    }
    check(&bridge, "/webhooks/cin7/basic", &[], ORDER, false).await;
    check(&bridge, "/webhooks/cin7/basic", &[("Authorization", "Basic cin7:old")], ORDER, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hmac_is_over_the_body_as_it_was_sent() {
    let bridge = Bridge::new();
    let notice = r#"{"resource_url":"https://ssapi.shipstation.com/shipments?batchId=1","resource_type":"SHIP_NOTIFY"}"#;
    for (key, good) in [("new key", true), ("old key", true), ("other key", false), ("", false)] {
        let github = format!("sha256={}", hex::encode(sign(key, ORDER)));
        let github = [("X-Hub-Signature-256", github.as_str())];
        check(&bridge, "/webhooks/cin7/signed", &github, ORDER, good).await;
        check(&bridge, "/webhooks/cin7/signed", &github, r#"{"id": 8}"#, false).await;
        check(&bridge, "/webhooks/cin7/signed", &github, r#"{"id":7}"#, false).await;
        let shopify = STANDARD.encode(sign(key, notice));
        let shopify = [("x-shopify-hmac-sha256", shopify.as_str())];
        check(&bridge, "/webhooks/shipstation/signed", &shopify, notice, good).await;
    }
    let signature = hex::encode(sign("new key", ORDER));
    let (upper, short) = (signature.to_uppercase(), &signature[..62]);
    for (value, good) in [
        (format!("sha256={upper}"), true),
        (signature.clone(), false),
        (format!("sha256={short}"), false),
        ("sha256=".to_owned(), false),
        ("sha256=zz".to_owned(), false),
    ] {
        check(&bridge, "/webhooks/cin7/signed", &[("X-Hub-Signature-256", &value)], ORDER, good).await;
    }
    check(&bridge, "/webhooks/cin7/signed", &[], ORDER, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_webhook_signs_id_time_and_body() {
    let bridge = Bridge::new();
    let path = "/webhooks/cin7/standard";
    let sent = now().as_second().to_string();
    let signed = |key: &str, time: &str| {
        format!("v1,{}", STANDARD.encode(sign(key, &format!("msg_1.{time}.{ORDER}"))))
    };
    let good = signed("new key", &sent);
    for (id, time, signature, body, proven) in [
        ("msg_1", sent.as_str(), good.clone(), ORDER, true),
        ("msg_1", &sent, signed("old key", &sent), ORDER, true),
        ("msg_1", &sent, format!("v1a,eA== v1,eA== {good}"), ORDER, true),
        ("msg_1", &sent, good.trim_end_matches('=').to_owned(), ORDER, true),
        ("msg_1", &sent, signed("other key", &sent), ORDER, false),
        ("msg_1", &sent, good.replace("v1,", "v2,"), ORDER, false),
        ("msg_1", &sent, good.replace("v1,", ""), ORDER, false),
        ("msg_1", &sent, good.clone(), r#"{"id": 8}"#, false),
        ("msg_2", &sent, good.clone(), ORDER, false),
        ("", &sent, good.clone(), ORDER, false),
        ("msg_1", "soon", signed("new key", "soon"), ORDER, false),
    ] {
        let headers = [("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", &signature)];
        check(&bridge, path, &headers, body, proven).await;
    }
    check(&bridge, path, &[("webhook-signature", &good)], ORDER, false).await;
    let headers = [("webhook-id", "msg_1"), ("webhook-timestamp", &sent), ("webhook-signature", &good)];
    for (seconds, proven) in [(300, true), (1, false), (-601, true), (-1, false)] {
        bridge.clock.advance(SignedDuration::from_secs(seconds));
        check(&bridge, path, &headers, ORDER, proven).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_endpoint_believes_anybody() {
    let bridge = Bridge::new();
    check(&bridge, "/webhooks/cin7/open", &[], ORDER, true).await;
}

#[test]
fn a_proof_that_cannot_work_says_why() {
    let hmac = |header: &str| {
        let scheme = HmacScheme { header: header.to_owned(), ..HmacScheme::github() };
        Proof::Hmac { secrets: secrets(&["x"]), scheme }
    };
    for (proof, expected) in [
        (Proof::Token { secrets: vec![] }, Err(InvalidProof::NoSecret)),
        (Proof::Token { secrets: secrets(&["x", " "]) }, Err(InvalidProof::NoSecret)),
        (Proof::Basic { secrets: secrets(&["a:b", "ab"]) }, Err(InvalidProof::NotBasic)),
        (Proof::StandardWebhooks { secrets: secrets(&["whsec_*"]) }, Err(InvalidProof::NotBase64)),
        (Proof::StandardWebhooks { secrets: secrets(&["whsec_"]) }, Err(InvalidProof::NotBase64)),
        (hmac("X Signature"), Err(InvalidProof::Header("X Signature".to_owned()))),
        (hmac("X-Signature"), Ok(())),
        (Proof::None, Ok(())),
    ] {
        assert_eq!(proof.check(), expected, "{proof:?}");
    }
    assert_eq!(HmacScheme::preset("shopify"), Some(HmacScheme::shopify()));
    assert_eq!(HmacScheme::preset("gitlab"), None);
}

#[test]
fn a_proof_does_not_print_its_secrets() {
    let printed =
        format!("{:?}", Proof::Hmac { secrets: secrets(&["hush-hush"]), scheme: HmacScheme::github() });
    assert!(printed.contains("X-Hub-Signature-256") && !printed.contains("hush-hush"), "{printed}");
}

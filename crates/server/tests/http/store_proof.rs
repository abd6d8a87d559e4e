//! Who may use the store.

use crate::client::send;
use crate::store_fixture::{PASSWORD, Shop, USER, basic, store};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The status of an export with these headers and this in the query.
async fn status(shop: &Shop, headers: &[(&str, &str)], query: &str) -> u16 {
    let answer =
        send(shop.bridge.addr, "GET", &format!("/store/acme?action=export{query}"), headers, b"").await;
    if answer.status == 401 {
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic realm="), "{answer:?}");
        assert!(answer.body.starts_with("User name or password is missing or wrong"), "{answer:?}");
        assert!(!answer.body.contains(PASSWORD), "{answer:?}");
    }
    answer.status
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_only_the_stores_own_credentials_open_it() {
    let shop = Shop::new().await;
    let good = basic(USER, PASSWORD);
    let lower = good.replace("Basic", "basic");
    for (authorization, expected) in [
        (good.as_str(), 200),
        (lower.as_str(), 200),
        (&basic(USER, "open"), 401),
        (&basic(USER, "open:sesame:"), 401),
        (&basic("acme:open", "sesame"), 200),
        (&basic("Acme", PASSWORD), 401),
        (&basic("", ""), 401),
        (&good.replace("Basic", "Bearer"), 401),
        (&good.replace("Basic ", ""), 401),
        ("Basic", 401),
        ("Basic ????", 401),
    ] {
        assert_eq!(status(&shop, &[("Authorization", authorization)], "").await, expected, "{authorization}");
    }
    assert_eq!(status(&shop, &[], "").await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn t53_a_password_beyond_ascii_comes_in_utf8_or_in_latin_1() {
    let shop = Shop::with(store(&["acme:Zoë", "acme:日本"], false)).await;
    let encoded = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
    for (bytes, expected) in [
        ("acme:Zoë".as_bytes(), 200),
        (b"acme:Zo\xEB", 200),
        ("acme:日本".as_bytes(), 200),
        (b"acme:Zoe", 401),
        (b"acme:\xE5\xAC", 401),
    ] {
        let authorization = encoded(bytes);
        assert_eq!(status(&shop, &[("Authorization", &authorization)], "").await, expected, "{bytes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_in_the_query_count_only_where_that_is_allowed() {
    let query = "&SS-UserName=acme&SS-Password=open%3asesame";
    assert_eq!(status(&Shop::new().await, &[], query).await, 401);
    let open = Shop::with(store(&["acme:open:sesame", "acme: old "], true)).await;
    for (query, expected) in [
        (query, 200),
        ("&ss-username=acme&ss-password=open:sesame", 200),
        ("&SS-UserName=acme&SS-Password=+old%20", 200),
        ("&SS-UserName=acme&SS-Password=old", 401),
        ("&SS-UserName=acme", 401),
        ("&SS-Password=open%3asesame", 401),
    ] {
        assert_eq!(status(&open, &[], query).await, expected, "{query}");
    }
    let wrong = basic(USER, "wrong");
    assert_eq!(status(&open, &[("Authorization", &wrong)], query).await, 200, "either of them suffices");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_a_store_is_not_found_and_says_so_in_a_sentence() {
    let shop = Shop::new().await;
    for path in ["/store/other?action=export", "/store/Acme?action=export"] {
        let answer = send(shop.bridge.addr, "GET", path, &[], b"").await;
        assert_eq!((answer.status, answer.header("content-type")), (404, Some("text/plain; charset=utf-8")));
        assert!(answer.body.starts_with("There is no custom store at this address"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_counted_by_what_they_were_and_how_they_ended() {
    let shop = Shop::new().await;
    shop.get("action=export").await;
    shop.get("action=export&page=x").await;
    shop.notify("order_number=SO-9", "").await;
    status(&shop, &[], "").await;
    let metrics = send(shop.bridge.addr, "GET", "/metrics", &[], b"").await.body;
    for expected in [
        r#"shipbridge_store_exports_total{connection="acme",outcome="accepted"} 1"#,
        r#"shipbridge_store_exports_total{connection="acme",outcome="not_understood"} 1"#,
        r#"shipbridge_store_exports_total{connection="acme",outcome="not_proven"} 1"#,
        r#"shipbridge_webhooks_total{connection="acme",source="store",outcome="unknown_order"} 1"#,
    ] {
        assert!(metrics.contains(expected), "{expected} is missing: {metrics}");
    }
}

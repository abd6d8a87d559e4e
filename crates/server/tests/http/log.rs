//! What the log says, and what it must not say.

use std::fmt::{Debug, Write};
use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::bridge::Bridge;
use crate::client::{post, send};
use crate::store_fixture::{Shop, store};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps what this crate logs, at every level.
struct Keeper;

impl Subscriber for Keeper {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("server")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        LINES.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_query_never_reaches_the_log() {
    tracing::subscriber::set_global_default(Keeper).unwrap();
    let bridge = Bridge::new();
    for path in ["/webhooks/cin7/acme", "/webhooks/cin7/log%0Aforger", "/webhooks/shipstation/acme"] {
        post(bridge.addr, &format!("{path}?token=hush-hush"), &[], "x").await;
    }
    post(bridge.addr, "/webhooks/cin7/acme?token=sesame", &[], r#"{"id": 7}"#).await;
    // T54: credentials in the query of a store reach neither the log nor an answer.
    let shop = Shop::with(store(&["acme:sesame"], true)).await;
    for (method, query) in [
        ("GET", "action=export&SS-UserName=acme&SS-Password=hush-hush"),
        ("GET", "action=export&start_date=hush&SS-UserName=acme&SS-Password=sesame"),
        ("GET", "action=export&SS-UserName=acme&SS-Password=sesame"),
        ("POST", "action=shipnotify&order_number=SO-9&SS-UserName=acme&SS-Password=sesame"),
        ("POST", "action=hush&SS-UserName=acme&SS-Password=sesame"),
    ] {
        let answer = send(shop.bridge.addr, method, &format!("/store/acme?{query}"), &[], b"").await;
        assert!(!answer.body.contains("hush") && !answer.body.contains("sesame"), "{answer:?}");
    }
    let lines = LINES.lock().unwrap().clone();
    for expected in [
        r#"WARN message=webhook refused connection="acme" source="cin7" outcome="not_proven""#,
        r#"INFO message=webhook for an unknown connection source="cin7" path="/webhooks/cin7/log%0Aforger""#,
        r#"DEBUG message=webhook accepted connection="acme" source="cin7" events=1"#,
        r#"WARN message=the store refused a call connection="acme" call="export" outcome="not_proven""#,
        r#"WARN message=the store refused a call connection="acme" call="export" outcome="not_understood""#,
        r#"INFO message=an export without both dates shows this window connection="acme" from=2026-01-04T00:00:00Z"#,
        r#"DEBUG message=a page of the store was fetched connection="acme" orders=0"#,
        r#"WARN message=the store refused a call connection="acme" call="shipnotify" outcome="unknown_order""#,
    ] {
        assert!(lines.iter().any(|line| line.starts_with(expected)), "{expected} is missing: {lines:#?}");
    }
    let lines = lines.join("\n");
    assert!(
        !lines.contains("hush")
            && !lines.contains("sesame")
            && !lines.contains("token=")
            && !lines.contains("SS-"),
        "{lines}"
    );
}

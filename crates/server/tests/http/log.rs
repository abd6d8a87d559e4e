//! What the log says, and what it must not say.

use std::fmt::{Debug, Write};
use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::bridge::Bridge;
use crate::client::post;

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
    let lines = LINES.lock().unwrap().clone();
    for expected in [
        r#"WARN message=webhook refused connection="acme" source="cin7" outcome="not_proven""#,
        r#"INFO message=webhook for an unknown connection source="cin7" path="/webhooks/cin7/log%0Aforger""#,
        r#"DEBUG message=webhook accepted connection="acme" source="cin7" events=1"#,
    ] {
        assert!(lines.iter().any(|line| line.starts_with(expected)), "{expected} is missing: {lines:#?}");
    }
    let lines = lines.join("\n");
    assert!(!lines.contains("hush") && !lines.contains("sesame") && !lines.contains("token="), "{lines}");
}

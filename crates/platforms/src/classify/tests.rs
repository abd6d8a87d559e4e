//! The whole table, and what `until` and the words come out as.

use bytes::Bytes;

use super::*;

fn context(platform: Platform, access: Access) -> Context {
    Context { platform, operation: "test", access }
}

fn response(status: u16, body: &'static str) -> HttpResponse {
    HttpResponse { status, headers: ResponseHeaders::default(), body: Bytes::from_static(body.as_bytes()) }
}

fn now() -> Timestamp {
    "2026-11-23T20:54:32Z".parse().unwrap()
}

#[test]
fn every_status_has_its_class_for_reading_and_for_writing() {
    for (status, read, write) in [
        (301, "misconfigured", "misconfigured"),
        (302, "misconfigured", "misconfigured"),
        (400, "permanent", "permanent"),
        (401, "misconfigured", "misconfigured"),
        (402, "misconfigured", "misconfigured"),
        (403, "misconfigured", "misconfigured"),
        (404, "permanent", "permanent"),
        (405, "permanent", "permanent"),
        (407, "misconfigured", "misconfigured"),
        (408, "transient", "ambiguous"),
        (409, "permanent", "permanent"),
        (413, "permanent", "permanent"),
        (422, "permanent", "permanent"),
        (429, "rate_limited", "rate_limited"),
        (500, "transient", "ambiguous"),
        (502, "transient", "ambiguous"),
        (503, "transient", "ambiguous"),
        (504, "transient", "ambiguous"),
        (101, "transient", "ambiguous"),
    ] {
        for platform in [Platform::Cin7, Platform::ShipStation] {
            let class = |access| context(platform, access).refused(&response(status, ""), now()).class();
            assert_eq!((class(Access::Read), class(Access::Write)), (read, write), "{status}");
        }
    }
}

#[test]
fn without_a_whole_answer_a_write_is_in_doubt_unless_it_never_left() {
    let cause = || "cause".into();
    for (error, read, write) in [
        (TransportError::NotSent(cause()), "transient", "transient"),
        (TransportError::PlainHttp { host: "h".to_owned() }, "misconfigured", "misconfigured"),
        (TransportError::TimedOut, "transient", "ambiguous"),
        (TransportError::Broken(cause()), "transient", "ambiguous"),
        (TransportError::BodyBroken(cause()), "transient", "ambiguous"),
        (TransportError::BodyTooLong { limit: 1 }, "transient", "ambiguous"),
    ] {
        let class = |access| context(Platform::Cin7, access).without_answer(&error).class();
        assert_eq!((class(Access::Read), class(Access::Write)), (read, write), "{error}");
    }
}

#[test]
fn a_success_that_cannot_be_read_leaves_a_write_in_doubt() {
    let failure = |access| context(Platform::Cin7, access).unreadable("expected value", b"<html>");
    assert_eq!(failure(Access::Read).class(), "transient");
    assert_eq!(failure(Access::Write).class(), "ambiguous");
    assert!(failure(Access::Read).to_string().ends_with("(expected value): <html>"));
}

#[test]
fn after_a_429_the_platform_says_how_long_to_keep_away() {
    let seconds_until = |platform, reset: Option<&str>, retry_after: Option<&str>| {
        let headers = ResponseHeaders {
            rate_reset: reset.map(str::to_owned),
            retry_after: retry_after.map(str::to_owned),
            ..ResponseHeaders::default()
        };
        let response = HttpResponse { status: 429, headers, body: Bytes::new() };
        match context(platform, Access::Read).refused(&response, now()) {
            Failure::RateLimited { until, .. } => until.duration_since(now()).as_secs(),
            other => panic!("{other:?}"),
        }
    };
    let ship = Platform::ShipStation;
    assert_eq!(seconds_until(ship, Some("20"), Some("90")), 20);
    assert_eq!(seconds_until(ship, Some("0"), None), 0);
    assert_eq!(seconds_until(ship, None, Some("90")), 90);
    assert_eq!(seconds_until(ship, Some("soon"), Some("Mon, 23 Nov 2026 20:55:02 GMT")), 30);
    assert_eq!(seconds_until(ship, None, Some("Mon, 23 Nov 2026 20:50:00 GMT")), 0, "already over");
    assert_eq!(seconds_until(ship, Some("4294967295"), None), 24 * 3600, "never longer than a day");
    assert_eq!(seconds_until(ship, None, None), 60);
    assert_eq!(seconds_until(Platform::Cin7, None, None), 5);
}

#[test]
fn a_refusal_says_who_what_and_what_to_check() {
    let told = |platform, status, body| {
        context(platform, Access::Read).refused(&response(status, body), now()).to_string()
    };
    assert_eq!(
        told(Platform::Cin7, 401, r#""Unauthorized access""#),
        "Cin7 Omni answered 401 to test: Unauthorized access; check username (the account's API Username) and \
         key in the cin7 section of the connection"
    );
    assert!(told(Platform::Cin7, 403, "").contains("permission boxes"));
    assert!(told(Platform::ShipStation, 401, "").contains("api_key and api_secret"));
    assert!(told(Platform::ShipStation, 302, "").contains("base_url"));
    assert_eq!(told(Platform::ShipStation, 404, ""), "ShipStation answered 404 to test");
}

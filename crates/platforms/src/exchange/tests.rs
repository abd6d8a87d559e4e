//! What every call has in common: address, proof, budget headers, and silence about credentials.

use super::*;
use crate::scripted::{Scripted, clock, ok, status, url};
use crate::transport::TransportError;

fn endpoint(transport: Arc<Scripted>, base_url: &str) -> Endpoint {
    Endpoint::new(transport, clock(), url(base_url), "AcmeAU", "s3cret-key".into())
}

fn call() -> Call {
    Call::read(Platform::Cin7, "test", "/SalesOrders")
}

#[tokio::test]
async fn a_query_survives_every_character_that_could_end_it() {
    let transport = Scripted::answering([ok("[]")]);
    let call = call().with("where", "Reference='R&D #1 100% a+b=ü' OR id IN(1,2)").with_number("rows", 250);
    let reply =
        endpoint(transport.clone(), "https://api.cin7.com/api/v1/").call(CallPermit::granted(), call).await;
    assert!(reply.outcome.is_ok());
    assert_eq!(
        transport.line(),
        "GET https://api.cin7.com/api/v1/SalesOrders?where=Reference%3D%27R%26D%20%231%20100%25%20a%2Bb%3D\
         %C3%BC%27%20OR%20id%20IN(1,2)&rows=250"
    );
    assert_eq!(transport.sent()[0].authorization, "Basic QWNtZUFVOnMzY3JldC1rZXk=");
}

#[tokio::test]
async fn credentials_in_the_address_are_dropped_and_those_in_a_body_are_not_repeated() {
    let echo = r#"{"Message":"bad key s3cret-key (QWNtZUFVOnMzY3JldC1rZXk=)"}"#;
    let transport = Scripted::answering([status(401, echo)]);
    let endpoint = endpoint(transport.clone(), "https://user:pass@api.cin7.com/api/v1?x=1#y");
    let failure = endpoint.call(CallPermit::granted(), call()).await.outcome.unwrap_err();
    assert_eq!(transport.line(), "GET https://api.cin7.com/api/v1/SalesOrders");
    assert!(failure.to_string().contains("bad key [credential] ([credential])"), "{failure}");
}

#[tokio::test]
async fn the_budget_headers_and_the_clock_are_heard_whatever_the_status() {
    let headers = ResponseHeaders {
        date: Some("Mon, 23 Nov 2026 20:54:30 GMT".to_owned()),
        rate_limit: Some("40".to_owned()),
        rate_remaining: Some("0".to_owned()),
        rate_reset: Some("20".to_owned()),
        retry_after: None,
    };
    let response = HttpResponse { status: 429, headers, body: Bytes::new() };
    let transport = Scripted::answering([Ok(response)]);
    let reply = endpoint(transport, "http://localhost").call(CallPermit::granted(), call()).await;
    let until = "2026-11-23T20:54:52Z".parse().unwrap();
    assert!(matches!(reply.outcome, Err(Failure::RateLimited { until: told, .. }) if told == until));
    assert_eq!(reply.heard.status, Some(429));
    assert_eq!((reply.heard.limit, reply.heard.remaining), (Some(40), Some(0)));
    assert_eq!(reply.heard.resets_in.map(|left| left.as_secs()), Some(20));
    assert_eq!(reply.heard.date, Some("2026-11-23T20:54:30Z".parse().unwrap()));
}

#[tokio::test]
async fn without_an_answer_nothing_is_heard() {
    let transport = Scripted::answering([Err(TransportError::TimedOut)]);
    let reply = endpoint(transport, "http://localhost").call(CallPermit::granted(), call()).await;
    assert_eq!(reply.heard, Heard::nothing("test"));
    assert_eq!(reply.outcome.unwrap_err().class(), "transient");
}

#[test]
fn neither_a_request_nor_a_response_shows_secrets_or_customers() {
    let request = HttpRequest {
        method: Method::Put,
        url: url("https://api.cin7.com/api/v1/SalesOrders"),
        proof: Proof::Authorization("Basic c2VjcmV0".into()),
        body: Some(Bytes::from_static(b"Jane Doe")),
    };
    let response = HttpResponse {
        status: 200,
        headers: ResponseHeaders::default(),
        body: Bytes::from_static(b"Jane Doe"),
    };
    let shown = format!("{request:?} {response:?}");
    assert!(!shown.contains("c2VjcmV0") && !shown.contains("Jane") && !shown.contains("74, 97"), "{shown}");
}

//! The webhook, in real HTTP exchanges.

use std::time::Duration;

use alerts::{ChatWebhook, SendError, WebhookUrl};
use domain::alert::Message;
use serde_json::{Value, json};

use super::hook_server::HookServer;

fn message() -> Message {
    Message { subject: "1 order <refused>".into(), text: "SO-1 \"quoted\" & Zürich\n".into() }
}

fn webhook(url: &str) -> ChatWebhook {
    ChatWebhook::new(WebhookUrl::parse(url).unwrap()).unwrap().within(Duration::from_secs(20))
}

#[tokio::test]
async fn a_message_is_posted_as_json_that_chats_read() {
    let server = HookServer::start(Some("200 OK")).await;
    webhook(&server.url()).send(&message()).await.unwrap();
    let requests = server.requests();
    let [request] = &requests[..] else { panic!("one request: {requests:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /services/h1dden HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    let text = "1 order &lt;refused&gt;\n\nSO-1 \"quoted\" &amp; Zürich\n";
    assert_eq!(body, json!({ "text": text }));
}

#[tokio::test]
async fn only_a_2xx_is_a_success_and_no_redirect_is_followed() {
    let elsewhere = HookServer::start(Some("200 OK")).await;
    let moved: &'static str =
        Box::leak(format!("302 Found\r\nlocation: {}", elsewhere.url()).into_boxed_str());
    for (head, status) in [("500 Internal Server Error", "500"), ("404 Not Found", "404"), (moved, "302")] {
        let server = HookServer::start(Some(head)).await;
        let error = webhook(&server.url()).send(&message()).await.unwrap_err();
        assert!(matches!(&error, SendError::Refused(reason) if reason.contains(status)), "{error:?}");
        assert!(!format!("{error:?}").contains("h1dden"));
    }
    assert_eq!(elsewhere.requests(), [""; 0]);
}

#[tokio::test]
async fn a_webhook_that_hangs_is_given_up_in_time() {
    let server = HookServer::start(None).await;
    let deadline = Duration::from_millis(300);
    let error = webhook(&server.url()).within(deadline).send(&message()).await.unwrap_err();
    assert_eq!(error, SendError::TimedOut(deadline));
}

#[tokio::test]
async fn an_error_never_shows_the_address() {
    let error = webhook("http://127.0.0.1:1/services/h1dden").send(&message()).await.unwrap_err();
    assert!(matches!(error, SendError::NotReached(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("h1dden"), "{error:?}");
    assert!(!format!("{:?}", webhook("http://127.0.0.1:1/services/h1dden")).contains("h1dden"));
}

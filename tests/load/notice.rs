//! The webhook that every receiver gets, and the answer that is right.

use crate::configuration::TOKEN;
use crate::http::Answer;

/// A whole request: the Cin7 order with this number has changed.
pub(crate) fn webhook(connection: &str, number: u64) -> String {
    let body = format!("{{\"id\": {number}}}");
    format!(
        "POST /webhooks/cin7/{connection} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         X-Webhook-Token: {TOKEN}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    )
}

/// 202 with the id of one event.
pub(crate) fn is_accepted(answer: Answer<'_>) -> bool {
    let id = answer.body.strip_prefix(b"{\"event_ids\":[\"").and_then(|rest| rest.strip_suffix(b"\"]}"));
    answer.status == 202 && id.is_some_and(|id| id.len() == 36)
}

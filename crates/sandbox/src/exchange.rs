//! One HTTP request and its answer as plain values, so that the platform machines can be driven with or
//! without sockets. No socket, header parsing or routing lives here.

use serde::Serialize;

/// The HTTP methods that the simulated platforms know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
    /// Anything else: the machines answer 405.
    Other,
}

/// A request as a platform machine sees it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path with its leading slash, percent-decoded, without the query: `/api/v1/SalesOrders`.
    pub path: String,
    /// The query's pairs in their order, percent-decoded. Repeated names stay repeated.
    pub query: Vec<(String, String)>,
    /// The raw `Authorization` header, if one was sent.
    pub authorization: Option<String>,
    /// The raw `api-key` header, if one was sent: the proof of ShipStation's V2.
    pub api_key: Option<String>,
    /// The body's bytes, empty when there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// The first query value of that name; names compare without case, as both platforms do.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What a platform machine answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Extra headers; `Content-Type` is set from `content_type`.
    pub headers: Vec<(&'static str, String)>,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Reply {
    /// A JSON answer.
    ///
    /// # Panics
    /// If `body` cannot be JSON, such as a map whose keys are not text: a fault of the sandbox itself.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("the sandbox only serialises plain data");
        Self { status, headers: Vec::new(), content_type: "application/json; charset=utf-8", body }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "application/json; charset=utf-8",
            body: Vec::new(),
        }
    }

    /// The same answer with one more header.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers pass numbers and literals")]
    pub fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

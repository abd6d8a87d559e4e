//! Problem documents (RFC 9457): the body of every error that we answer. Which failure is which problem is
//! `crate::refusal`.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

/// Every `type` that a problem document may have. The list is part of the contract; the README has it with
/// what each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemType {
    /// 404: nothing is served at this path.
    NotFound,
    /// 404: no connection of this name takes these webhooks.
    UnknownConnection,
    /// 405: the path exists, with another method.
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    BodyTimeout,
    /// 413: the body is too large.
    BodyTooLarge,
    /// 415: the body is encoded.
    UnsupportedEncoding,
    /// 401: the call did not prove who sent it.
    NotProven,
    /// 503: whether the call is proven cannot be checked now; send it again.
    NotProvable,
    /// 400: the body says nothing that we understand.
    NotUnderstood,
    /// 503: the event could not be made durable; send it again.
    NotStored,
    /// 503: the process does not take events now.
    NotReady,
    /// 404: Cin7 has no such order.
    UnknownOrder,
    /// 501: this process cannot do that, another one of the same bridge may.
    NotHere,
    /// 503: carriers cannot be asked now.
    NotQuoted,
    /// 500: a fault in this program.
    Internal,
}

impl ProblemType {
    /// Every type.
    pub const ALL: [Self; 15] = [
        Self::NotFound,
        Self::UnknownConnection,
        Self::MethodNotAllowed,
        Self::BodyTimeout,
        Self::BodyTooLarge,
        Self::UnsupportedEncoding,
        Self::NotProven,
        Self::NotProvable,
        Self::NotUnderstood,
        Self::NotStored,
        Self::NotReady,
        Self::UnknownOrder,
        Self::NotHere,
        Self::NotQuoted,
        Self::Internal,
    ];

    /// The document's `type`.
    pub fn uri(self) -> &'static str {
        match self {
            Self::NotFound => "urn:shipbridge:problem:not-found",
            Self::UnknownConnection => "urn:shipbridge:problem:unknown-connection",
            Self::MethodNotAllowed => "urn:shipbridge:problem:method-not-allowed",
            Self::BodyTimeout => "urn:shipbridge:problem:body-timeout",
            Self::BodyTooLarge => "urn:shipbridge:problem:body-too-large",
            Self::UnsupportedEncoding => "urn:shipbridge:problem:unsupported-encoding",
            Self::NotProven => "urn:shipbridge:problem:not-proven",
            Self::NotProvable => "urn:shipbridge:problem:not-provable",
            Self::NotUnderstood => "urn:shipbridge:problem:not-understood",
            Self::NotStored => "urn:shipbridge:problem:not-stored",
            Self::NotReady => "urn:shipbridge:problem:not-ready",
            Self::UnknownOrder => "urn:shipbridge:problem:unknown-order",
            Self::NotHere => "urn:shipbridge:problem:not-here",
            Self::NotQuoted => "urn:shipbridge:problem:not-quoted",
            Self::Internal => "urn:shipbridge:problem:internal",
        }
    }

    /// The document's `title`.
    pub fn title(self) -> &'static str {
        match self {
            Self::NotFound => "Nothing here",
            Self::UnknownConnection => "No such connection",
            Self::MethodNotAllowed => "Method not allowed",
            Self::BodyTimeout => "The body did not arrive in time",
            Self::BodyTooLarge => "The body is too large",
            Self::UnsupportedEncoding => "The body must not be encoded",
            Self::NotProven => "The call is not proven",
            Self::NotProvable => "The proof cannot be checked now",
            Self::NotUnderstood => "The body is not understood",
            Self::NotStored => "The event was not stored",
            Self::NotReady => "Not ready",
            Self::UnknownOrder => "No such order",
            Self::NotHere => "Not in this process",
            Self::NotQuoted => "No quotes now",
            Self::Internal => "Internal error",
        }
    }

    /// The answer's status.
    pub fn status(self) -> u16 {
        self.code().as_u16()
    }

    pub(crate) fn code(self) -> StatusCode {
        match self {
            Self::NotFound | Self::UnknownConnection | Self::UnknownOrder => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotProven => StatusCode::UNAUTHORIZED,
            Self::NotUnderstood => StatusCode::BAD_REQUEST,
            Self::NotProvable | Self::NotStored | Self::NotReady | Self::NotQuoted => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::NotHere => StatusCode::NOT_IMPLEMENTED,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// One problem: its type, and what happened, where, and what to do.
pub(crate) struct Problem {
    kind: ProblemType,
    detail: Cow<'static, str>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
}

impl Problem {
    pub(crate) fn new(kind: ProblemType, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// The answer, after `with` has put its own headers in.
    pub(crate) fn answer(&self, with: impl FnOnce(&mut HttpResponseBuilder)) -> HttpResponse {
        let kind = self.kind;
        let document =
            Document { r#type: kind.uri(), title: kind.title(), status: kind.status(), detail: &self.detail };
        let body = serde_json::to_vec(&document).expect("texts and numbers serialise");
        let mut builder = HttpResponse::build(kind.code());
        builder.insert_header((CONTENT_TYPE, "application/problem+json"));
        builder.insert_header((CACHE_CONTROL, "no-store"));
        with(&mut builder);
        builder.body(body)
    }
}

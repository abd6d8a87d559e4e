//! Answers that come before their request's body has been read. actix reads on, without an end, what is left
//! of a chunked body whose reader is gone, so that a caller could hold a connection for ever. It closes the
//! connection, after a second for the caller to take the answer, while there is a reader: so the reader stays
//! with the answer until that is sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::{Bytes, Payload};

/// The answer, with what is left of the request's body. Costs nothing where that was read to its end.
pub(crate) fn with_unread(answer: HttpResponse, payload: Payload) -> HttpResponse {
    answer.map_body(|_, body| BoxBody::new(WithUnread { body, _payload: payload }))
}

struct WithUnread {
    body: BoxBody,
    _payload: Payload,
}

impl MessageBody for WithUnread {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

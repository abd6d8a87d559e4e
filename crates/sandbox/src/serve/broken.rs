//! Answers that break on the wire: none at all, half of one, a gateway's page. When they are given is decided
//! by the fault plan.

use std::io;
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::stream::{self, Stream, StreamExt};

use crate::exchange::Reply;
use crate::faults::Cut;

/// Time for the first half of a cut answer to leave before the connection ends.
const FLUSH: Duration = Duration::from_millis(30);

const GATEWAY_PAGE: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// The status and headers of a reply, without its media type, and its body.
pub(crate) fn head(reply: &Reply) -> (HttpResponseBuilder, Vec<u8>) {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in &reply.headers {
        response.insert_header((*name, value.as_str()));
    }
    (response, reply.body.clone())
}

/// Ends the connection without a byte of an answer: the body fails before the head has left the buffer.
pub(crate) fn no_answer() -> HttpResponse {
    let failed = stream::iter([Err::<Bytes, _>(cut_off())]);
    HttpResponse::Ok().body(SizedStream::new(1, failed))
}

/// What a proxy before the platform says when the platform is away.
pub(crate) fn gateway_page() -> HttpResponse {
    HttpResponse::BadGateway().insert_header((CONTENT_TYPE, "text/html")).body(GATEWAY_PAGE)
}

/// The first half of an answer.
pub(crate) fn truncated(reply: &Reply, cut: Cut) -> HttpResponse {
    let (mut response, body) = head(reply);
    response.insert_header((CONTENT_TYPE, reply.content_type));
    let half = Bytes::copy_from_slice(&body[..body.len() / 2]);
    match cut {
        Cut::Document => response.body(half),
        Cut::Length => response.body(SizedStream::new(body.len().max(1) as u64, then_cut_off(half))),
        Cut::Chunked => response.streaming(then_cut_off(half)),
    }
}

fn then_cut_off(half: Bytes) -> impl Stream<Item = Result<Bytes, io::Error>> {
    let end = stream::once(async {
        tokio::time::sleep(FLUSH).await;
        Err(cut_off())
    });
    stream::iter([Ok(half)]).chain(end)
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the sandbox cut the connection on purpose")
}

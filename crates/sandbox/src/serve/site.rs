//! One machine behind a socket: turns HTTP into requests of the machine and its replies back, and does to them
//! what the fault plan says.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::Method as HttpMethod;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::web::{self, Bytes, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use tokio_util::task::TaskTracker;
use url::form_urlencoded;

use super::broken;
use super::clock::Clock;
use crate::exchange::{Method, Reply, Request};
use crate::faults::{FaultPlan, FaultProfile, RequestFault};

/// The largest body that is taken.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// Sends the webhooks that a machine has ready.
pub(crate) type Flush<M> = dyn Fn(&mut M) + Send + Sync;

/// How a platform speaks.
pub(crate) struct Dialect<M> {
    pub(crate) handle: fn(&mut M, &Request, Timestamp) -> Reply,
    pub(crate) too_many_requests: fn() -> Reply,
    pub(crate) server_error: fn() -> Reply,
}

/// A machine with its faults and its webhooks.
pub(crate) struct Site<M> {
    machine: Mutex<M>,
    dialect: Dialect<M>,
    flush: Box<Flush<M>>,
    faults: Mutex<FaultPlan>,
    clock: Arc<Clock>,
}

impl<M> fmt::Debug for Site<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Site").finish_non_exhaustive()
    }
}

impl<M: 'static> Site<M> {
    pub(crate) fn new(
        machine: M,
        dialect: Dialect<M>,
        flush: Box<Flush<M>>,
        faults: FaultPlan,
        clock: Arc<Clock>,
    ) -> Self {
        Self { machine: Mutex::new(machine), dialect, flush, faults: Mutex::new(faults), clock }
    }

    /// A panic of an earlier holder must not take the whole sandbox down.
    pub(crate) fn lock(&self) -> MutexGuard<'_, M> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn flush(&self) -> &Flush<M> {
        &self.flush
    }

    fn handle(&self, request: &Request) -> Reply {
        let mut machine = self.lock();
        let reply = (self.dialect.handle)(&mut machine, request, self.clock.now());
        (self.flush)(&mut machine);
        reply
    }

    pub(crate) fn set_faults(&self, profile: FaultProfile) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).set_profile(profile);
    }

    fn next_fault(&self) -> RequestFault {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).next_request()
    }

    async fn answer(&self, request: Request) -> HttpResponse {
        match self.next_fault() {
            RequestFault::None => whole(&self.handle(&request)),
            RequestFault::RateLimit => whole(&(self.dialect.too_many_requests)()),
            RequestFault::ServerErrorBefore => whole(&(self.dialect.server_error)()),
            RequestFault::ServerErrorAfter => {
                self.handle(&request);
                whole(&(self.dialect.server_error)())
            }
            RequestFault::Slow(delay) => {
                tokio::time::sleep(delay).await;
                whole(&self.handle(&request))
            }
            RequestFault::ResetBefore => broken::no_answer(),
            RequestFault::ResetAfter => {
                self.handle(&request);
                broken::no_answer()
            }
            RequestFault::Html => broken::gateway_page(),
            RequestFault::Truncated(cut) => broken::truncated(&self.handle(&request), cut),
        }
    }
}

/// Serves a site on a bound socket, in a task of the tracker.
pub(crate) fn serve<M: Send + 'static>(
    site: Arc<Site<M>>,
    socket: TcpListener,
    tracker: &TaskTracker,
) -> io::Result<ServerHandle> {
    let server = HttpServer::new(move || {
        let site = site.clone();
        let answer = move |http: HttpRequest, body: Bytes| {
            let (site, request) = (site.clone(), request(&http, &body));
            async move { site.answer(request).await }
        };
        App::new().app_data(PayloadConfig::new(LARGEST_BODY)).default_service(web::to(answer))
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(1)
    .keep_alive(Duration::from_secs(75))
    .listen(socket)?
    .run();
    let handle = server.handle();
    tracker.spawn(server);
    Ok(handle)
}

fn request(http: &HttpRequest, body: &Bytes) -> Request {
    let method = match *http.method() {
        HttpMethod::GET => Method::Get,
        HttpMethod::POST => Method::Post,
        HttpMethod::PUT => Method::Put,
        HttpMethod::DELETE => Method::Delete,
        _ => Method::Other,
    };
    let header = |name: &str| http.headers().get(name)?.to_str().ok().map(str::to_owned);
    Request {
        method,
        path: percent_decode_str(http.uri().path()).decode_utf8_lossy().into_owned(),
        query: form_urlencoded::parse(http.query_string().as_bytes()).into_owned().collect(),
        authorization: header(AUTHORIZATION.as_str()),
        api_key: header("api-key"),
        body: body.to_vec(),
    }
}

fn whole(reply: &Reply) -> HttpResponse {
    let (mut response, body) = broken::head(reply);
    response.insert_header((CONTENT_TYPE, reply.content_type)).body(body)
}

//! The two ways to a platform without a socket: straight into the sandbox's Cin7, and to one answer of it that
//! is kept, so that reading it can be measured without the sandbox's own work.

use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use secrecy::ExposeSecret;

use domain::clock::FixedClock;
use platforms::{
    Cin7Client, Cin7Settings, HttpRequest, HttpResponse, Method, Proof, ResponseHeaders, Transport,
    TransportError,
};
use sandbox::cin7::Cin7;
use sandbox::exchange;

/// What `send` gives: the boxed future that `async_trait` makes of it.
type Sent<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, TransportError>> + Send + 'a>>;

/// A simulated account as a transport. Its clock stands still.
pub(crate) struct InProcess {
    account: Mutex<Cin7>,
    now: Timestamp,
    last: Mutex<Option<HttpResponse>>,
}

impl InProcess {
    /// A transport into an account.
    pub(crate) fn new(account: Cin7, now: Timestamp) -> Self {
        Self { account: Mutex::new(account), now, last: Mutex::default() }
    }

    /// The last answer.
    pub(crate) fn last(&self) -> Option<HttpResponse> {
        self.last.lock().expect("no holder of this lock panics").clone()
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let request = of_sandbox(request);
        let mut account = self.account.lock().expect("no holder of this lock panics");
        let reply = account.handle(&request, self.now);
        let headers = ResponseHeaders::default();
        let response = HttpResponse { status: reply.status, headers, body: reply.body.into() };
        *self.last.lock().expect("no holder of this lock panics") = Some(response.clone());
        response
    }
}

impl Transport for InProcess {
    fn send<'me, 'sent>(&'me self, request: HttpRequest) -> Sent<'sent>
    where
        'me: 'sent,
        Self: 'sent,
    {
        Box::pin(ready(Ok(self.answer(&request))))
    }
}

/// The same answer to every request.
pub(crate) struct Kept(pub(crate) HttpResponse);

impl Transport for Kept {
    fn send<'me, 'sent>(&'me self, _request: HttpRequest) -> Sent<'sent>
    where
        'me: 'sent,
        Self: 'sent,
    {
        Box::pin(ready(Ok(self.0.clone())))
    }
}

/// A client of the sandbox's default account over a transport.
pub(crate) fn client(transport: Arc<dyn Transport>, now: Timestamp) -> anyhow::Result<Cin7Client> {
    let account = sandbox::cin7::Cin7Settings::default();
    let settings = Cin7Settings {
        base_url: "http://localhost/api/v1".parse()?,
        username: account.username,
        key: account.key.into(),
    };
    Ok(Cin7Client::new(transport, Arc::new(FixedClock::at(now)), settings))
}

fn of_sandbox(request: &HttpRequest) -> exchange::Request {
    exchange::Request {
        method: match request.method {
            Method::Get => exchange::Method::Get,
            Method::Post => exchange::Method::Post,
            Method::Put => exchange::Method::Put,
            Method::Delete => exchange::Method::Delete,
        },
        // The paths of the platforms hold nothing that would be percent-encoded.
        path: request.url.path().to_owned(),
        query: request.url.query_pairs().into_owned().collect(),
        authorization: match &request.proof {
            Proof::Authorization(value) => Some(value.expose_secret().to_owned()),
            Proof::ApiKey(_) => None,
        },
        api_key: None,
        body: request.body.as_ref().map(|body| body.to_vec()).unwrap_or_default(),
    }
}

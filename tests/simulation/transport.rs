//! The bridge's way to the platforms in this process: a request becomes a call of the sandbox machine, and on
//! the way happens to it what the world's troublemaker says.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use platforms::{HttpRequest, HttpResponse, Method, Proof, ResponseHeaders, Transport, TransportError};
use sandbox::exchange::{self, Reply, Request};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::trouble::Trouble;
use crate::world::{Site, World};

/// Where the bridge believes Cin7 to be.
pub(crate) const CIN7_URL: &str = "http://cin7.invalid/api/v1";
/// Where it believes ShipStation to be.
pub(crate) const SHIPSTATION_URL: &str = "http://shipstation.invalid";

/// A transport into the world.
pub(crate) struct InProcess(pub(crate) Arc<World>);

type Sent = Result<HttpResponse, TransportError>;

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: HttpRequest) -> Sent {
        let site =
            if request.url.host_str() == Some("cin7.invalid") { Site::Cin7 } else { Site::ShipStation };
        let request = translated(&request);
        // A network gives the others a turn. From then on a request is counted and answered in one go, so that
        // whoever has seen it counted sees its effect.
        tokio::task::yield_now().await;
        let trouble = self.0.meet(site, &request);
        match trouble {
            Some(Trouble::CrashBefore) => self.crash().await,
            Some(Trouble::CrashAfter) => {
                self.0.handle(site, &request);
                self.crash().await
            }
            Some(Trouble::Slow(delay)) => {
                self.0.pass(delay).await;
                Ok(self.whole(site, self.0.handle(site, &request)))
            }
            Some(Trouble::Held(let_go)) => {
                let response = self.whole(site, self.0.handle(site, &request));
                let_go.notified().await;
                Ok(response)
            }
            Some(Trouble::HeldBefore(let_go)) => {
                let_go.notified().await;
                Ok(self.whole(site, self.0.handle(site, &request)))
            }
            trouble => self.answer(site, &request, trouble),
        }
    }
}

impl InProcess {
    /// The process dies with this request under way: there is no answer, ever.
    async fn crash(&self) -> Sent {
        self.0.ask_for_crash();
        std::future::pending().await
    }

    fn answer(&self, site: Site, request: &Request, trouble: Option<Trouble>) -> Sent {
        let handled = || self.whole(site, self.0.handle(site, request));
        match trouble {
            Some(Trouble::Refused) => Err(TransportError::NotSent("refused on purpose".into())),
            Some(Trouble::ResetBefore) => Err(TransportError::Broken("reset before, on purpose".into())),
            Some(Trouble::ResetAfter) => {
                handled();
                Err(TransportError::Broken("reset after, on purpose".into()))
            }
            Some(Trouble::Answer(status, headers, body)) => {
                let headers = ResponseHeaders { date: Some(self.date(site)), ..headers };
                Ok(HttpResponse { status, headers, body: body.into() })
            }
            Some(Trouble::ErrorAfter) => {
                let response = handled();
                Ok(HttpResponse {
                    status: 500,
                    body: r#"{"Message":"An error has occurred."}"#.into(),
                    ..response
                })
            }
            Some(Trouble::CutDocument) => {
                let response = handled();
                let half = response.body.slice(..response.body.len() / 2);
                Ok(HttpResponse { body: half, ..response })
            }
            Some(Trouble::CutBody) => {
                handled();
                Err(TransportError::BodyBroken("cut on purpose".into()))
            }
            Some(Trouble::Rewritten(rewrite)) => {
                let response = handled();
                let body = rewrite(String::from_utf8_lossy(&response.body).into_owned());
                Ok(HttpResponse { body: body.into(), ..response })
            }
            Some(Trouble::Doubled) => {
                self.0.handle(site, &under_other_keys(request));
                Ok(handled())
            }
            Some(Trouble::Swallowed) => Ok(self.whole(site, Reply::json(200, &as_if_written(request)))),
            _ => Ok(handled()),
        }
    }

    fn whole(&self, site: Site, reply: Reply) -> HttpResponse {
        let header = |name: &str| {
            let found = reply.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        let headers = ResponseHeaders {
            date: Some(self.date(site)),
            retry_after: header("Retry-After"),
            rate_limit: header("X-Rate-Limit-Limit"),
            rate_remaining: header("X-Rate-Limit-Remaining"),
            rate_reset: header("X-Rate-Limit-Reset"),
        };
        HttpResponse { status: reply.status, headers, body: Bytes::from(reply.body) }
    }

    fn date(&self, site: Site) -> String {
        http_date(self.0.now(site))
    }
}

fn http_date(now: Timestamp) -> String {
    now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn translated(request: &HttpRequest) -> Request {
    Request {
        method: match request.method {
            Method::Get => exchange::Method::Get,
            Method::Post => exchange::Method::Post,
            Method::Put => exchange::Method::Put,
            Method::Delete => exchange::Method::Delete,
        },
        path: request.url.path().to_owned(),
        query: request.url.query_pairs().into_owned().collect(),
        authorization: match &request.proof {
            Proof::Authorization(value) => Some(value.expose_secret().to_owned()),
            Proof::ApiKey(_) => None,
        },
        api_key: match &request.proof {
            Proof::Authorization(_) => None,
            Proof::ApiKey(value) => Some(value.expose_secret().to_owned()),
        },
        body: request.body.as_deref().map(<[u8]>::to_vec).unwrap_or_default(),
    }
}

/// The same import with other keys, so that ShipStation takes the orders for new ones.
fn under_other_keys(request: &Request) -> Request {
    let mut orders: Vec<Value> = serde_json::from_slice(&request.body).unwrap();
    for order in &mut orders {
        order["orderKey"] = format!("{}-again", order["orderKey"].as_str().unwrap()).into();
    }
    Request { body: serde_json::to_vec(&orders).unwrap(), ..request.clone() }
}

/// What Cin7 answers when it has written all records.
fn as_if_written(request: &Request) -> Value {
    let patches: Vec<Value> = serde_json::from_slice(&request.body).unwrap();
    let row = |(index, patch): (usize, &Value)| json!({ "index": index, "success": true, "id": patch["id"], "code": "", "errors": [] });
    patches.iter().enumerate().map(row).collect()
}

//! HTTP over the account: credentials, quota, permissions, which path means what, and the call log. The only
//! place of this machine that knows of methods, paths and statuses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Cin7;
use super::carton;
use super::columns::{self, Column};
use super::listing::Listing;
use super::refusal::Refusal;
use super::settings::{Permission, Resource};
use super::write::{self, Outcome};
use crate::exchange::{Method, Reply, Request};

const BASE: &str = "/api/v1/";
const BATCH_LIMIT: usize = 250;

/// What a request asks for, once its path and method are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    List(Resource),
    Read(Resource, i64),
    Update,
    Create,
    Cartons(i64),
    ReplaceCartons(i64),
}

impl Operation {
    fn of(request: &Request) -> Result<Self, Refusal> {
        let path = request
            .path
            .get(BASE.len()..)
            .filter(|_| request.path.get(..BASE.len()).is_some_and(|base| base.eq_ignore_ascii_case(BASE)));
        let mut segments = path.unwrap_or_default().trim_end_matches('/').split('/');
        let resource = segments.next().and_then(resource).ok_or(Refusal::NotFound)?;
        let id = segments.next().map(str::parse::<i64>).transpose().map_err(|_| Refusal::NotFound)?;
        if segments.next().is_some() {
            return Err(Refusal::NotFound);
        }
        match (request.method, resource, id) {
            (Method::Get, Resource::Cartons, Some(order)) => Ok(Self::Cartons(order)),
            (Method::Put, Resource::Cartons, Some(order)) => Ok(Self::ReplaceCartons(order)),
            (_, Resource::Cartons, None) => Err(Refusal::NotFound),
            (Method::Get, resource, None) => Ok(Self::List(resource)),
            (Method::Get, resource, Some(id)) => Ok(Self::Read(resource, id)),
            (Method::Put, Resource::SalesOrders, None) => Ok(Self::Update),
            (Method::Post, Resource::SalesOrders, None) => Ok(Self::Create),
            _ => Err(Refusal::MethodNotAllowed),
        }
    }

    /// The name in the call log.
    fn name(self) -> &'static str {
        match self {
            Self::List(Resource::SalesOrders) => "GET /SalesOrders",
            Self::List(Resource::Products) => "GET /Products",
            Self::List(Resource::ProductOptions) => "GET /ProductOptions",
            Self::List(Resource::Branches) => "GET /Branches",
            Self::List(Resource::Payments) => "GET /Payments",
            Self::Read(Resource::SalesOrders, _) => "GET /SalesOrders/{id}",
            Self::Read(Resource::Products, _) => "GET /Products/{id}",
            Self::Read(Resource::ProductOptions, _) => "GET /ProductOptions/{id}",
            Self::Read(Resource::Branches, _) => "GET /Branches/{id}",
            Self::Read(Resource::Payments, _) => "GET /Payments/{id}",
            Self::Update => "PUT /SalesOrders",
            Self::Create => "POST /SalesOrders",
            Self::List(Resource::Cartons) | Self::Read(Resource::Cartons, _) | Self::Cartons(_) => {
                "GET /Cartons/{id}"
            }
            Self::ReplaceCartons(_) => "PUT /Cartons/{id}",
        }
    }

    fn needs(self) -> (Resource, Permission) {
        match self {
            Self::List(resource) | Self::Read(resource, _) => (resource, Permission::Read),
            Self::Update | Self::Create => (Resource::SalesOrders, Permission::Write),
            Self::Cartons(_) => (Resource::Cartons, Permission::Read),
            Self::ReplaceCartons(_) => (Resource::Cartons, Permission::Write),
        }
    }
}

fn resource(segment: &str) -> Option<Resource> {
    let names = [
        ("SalesOrders", Resource::SalesOrders),
        ("Products", Resource::Products),
        ("ProductOptions", Resource::ProductOptions),
        ("Branches", Resource::Branches),
        ("Payments", Resource::Payments),
        ("Cartons", Resource::Cartons),
    ];
    names.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(segment)).map(|(_, resource)| resource)
}

fn columns_of(resource: Resource) -> &'static [Column] {
    match resource {
        Resource::SalesOrders => columns::SALES_ORDER,
        Resource::Products => columns::PRODUCT,
        Resource::ProductOptions => columns::PRODUCT_OPTION,
        Resource::Branches => columns::BRANCH,
        Resource::Payments => columns::PAYMENT,
        Resource::Cartons => &[],
    }
}

impl Cin7 {
    /// Answers a request as the API would at `now`, which must not go back. Credentials are looked at first,
    /// then the quota, then everything else.
    pub fn handle(&mut self, request: &Request, now: Timestamp) -> Reply {
        let operation = Operation::of(request);
        let reply = match self.admit(request, now) {
            Err(refused) => refused,
            Ok(()) => operation
                .clone()
                .and_then(|operation| self.perform(operation, request, now))
                .unwrap_or_else(|refusal| refusal.reply()),
        };
        self.calls.record(operation.map_or("other", Operation::name), reply.status);
        reply
    }

    fn admit(&mut self, request: &Request, now: Timestamp) -> Result<(), Reply> {
        if !self.knows(request.authorization.as_deref()) {
            return Err(Refusal::Unauthorized.reply());
        }
        let verdict = self.quota.ask(now);
        if verdict.allowed {
            return Ok(());
        }
        let reply = Refusal::RateLimited.reply();
        let seconds = verdict.reset.as_millis().div_euclid(1_000) + 1;
        Err(if self.settings.retry_after { reply.with_header("Retry-After", seconds) } else { reply })
    }

    fn knows(&self, authorization: Option<&str>) -> bool {
        let expected = format!("{}:{}", self.settings.username, self.settings.key);
        let encoded = authorization.and_then(|header| {
            let (scheme, value) = header.split_once(' ')?;
            scheme.eq_ignore_ascii_case("basic").then_some(value.trim())
        });
        encoded.and_then(|value| STANDARD.decode(value).ok()).is_some_and(|sent| sent == expected.as_bytes())
    }

    fn perform(&mut self, operation: Operation, request: &Request, now: Timestamp) -> Result<Reply, Refusal> {
        if !self.settings.permissions.contains(&operation.needs()) {
            return Err(Refusal::Forbidden);
        }
        match operation {
            Operation::List(resource) => {
                let listing = Listing::parse(request, columns_of(resource))?;
                Ok(Reply::json(200, &listing.run(self.wires(resource))))
            }
            Operation::Read(resource, id) => {
                let listing = Listing::parse(request, columns_of(resource))?;
                let wire = self.wire(resource, id).ok_or(Refusal::NotFound)?;
                Ok(Reply::json(200, &listing.show(wire)))
            }
            Operation::Update => {
                let outcomes = write::update(&mut self.account, &records(&request.body)?, now);
                succeeded(&outcomes).for_each(|id| self.calls.wrote(id));
                Ok(Reply::json(200, &outcomes))
            }
            Operation::Create => {
                let outcomes = write::create(&mut self.account, &records(&request.body)?, now);
                succeeded(&outcomes).for_each(|_| self.calls.made());
                Ok(Reply::json(200, &outcomes))
            }
            Operation::Cartons(order) => {
                self.account.orders.get(order).ok_or(Refusal::NotFound)?;
                Ok(Reply::json(200, &self.cartons(order)))
            }
            Operation::ReplaceCartons(order) => {
                let known = self.account.orders.get(order).ok_or(Refusal::NotFound)?;
                let outcome = Outcome::success(order, &known.reference);
                let cartons = carton::list(known, &records(&request.body)?).map_err(Refusal::Carton)?;
                self.account.replace_cartons(order, cartons, now);
                self.calls.packed(order);
                Ok(Reply::json(200, &[outcome]))
            }
        }
    }

    fn wires(&self, resource: Resource) -> Vec<&Map<String, Value>> {
        match resource {
            Resource::SalesOrders => self.account.orders.wires(),
            Resource::Products => self.account.products.wires(),
            Resource::ProductOptions => self.account.options.wires(),
            Resource::Branches => self.account.branches.wires(),
            Resource::Payments => self.account.payments.wires(),
            Resource::Cartons => Vec::new(),
        }
    }

    fn wire(&self, resource: Resource, id: i64) -> Option<&Map<String, Value>> {
        match resource {
            Resource::SalesOrders => self.account.orders.wire(id),
            Resource::Products => self.account.products.wire(id),
            Resource::ProductOptions => self.account.options.wire(id),
            Resource::Branches => self.account.branches.wire(id),
            Resource::Payments => self.account.payments.wire(id),
            Resource::Cartons => None,
        }
    }
}

fn succeeded(outcomes: &[Outcome]) -> impl Iterator<Item = i64> {
    outcomes.iter().filter(|outcome| outcome.success).map(|outcome| outcome.id)
}

/// The body of a write: an array of objects always, even for one.
fn records(body: &[u8]) -> Result<Vec<Map<String, Value>>, Refusal> {
    let records: Vec<Map<String, Value>> = serde_json::from_slice(body).map_err(|_| Refusal::Malformed)?;
    if records.len() > BATCH_LIMIT { Err(Refusal::BatchLimit) } else { Ok(records) }
}

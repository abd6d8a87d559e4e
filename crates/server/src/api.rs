//! The JSON API: who may call it, and what it can do. The server calls no platform and reads no ledger itself: what it
//! answers from is handed in by the binary, as calls.

pub(crate) mod rates;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use domain::ids::ConnectionName;
use domain::rates::{Ask, NoQuote, Sheet};
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use crate::proof::{Digests, InvalidProof};

pub use rates::quotes_json;

/// Asks for quotes, or says why there are none.
type Quote = dyn Fn(Ask) -> BoxFuture<'static, Result<Sheet, NoQuote>> + Send + Sync;

/// Where a connection's quotes come from: a call that must come to an end, for the server waits for it when it stops.
#[derive(Clone)]
pub struct QuoteSource(Arc<Quote>);

impl QuoteSource {
    /// Quotes that this call asks for.
    pub fn new(
        quote: impl Fn(Ask) -> BoxFuture<'static, Result<Sheet, NoQuote>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(quote))
    }

    pub(crate) fn ask(&self, ask: Ask) -> BoxFuture<'static, Result<Sheet, NoQuote>> {
        (self.0)(ask)
    }
}

impl fmt::Debug for QuoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuoteSource").finish_non_exhaustive()
    }
}

/// The API, as configured.
#[derive(Debug, Clone)]
pub struct Api {
    /// What callers must bring as `Authorization: Bearer`.
    pub token: SecretString,
    /// Each connection with its quotes; `None` in a process that does not work on connections.
    pub quotes: Vec<(ConnectionName, Option<QuoteSource>)>,
}

/// The API, ready to answer.
pub(crate) struct OpenApi {
    pub(crate) token: Digests,
    pub(crate) quotes: HashMap<String, Option<QuoteSource>>,
}

impl OpenApi {
    pub(crate) fn new(api: Api) -> Result<Self, InvalidProof> {
        let token = api.token.expose_secret();
        if token.trim().is_empty() {
            return Err(InvalidProof::NoSecret);
        }
        let quotes = api.quotes.into_iter().map(|(name, quotes)| (name.as_str().to_owned(), quotes));
        Ok(Self { token: Digests::of(vec![token]), quotes: quotes.collect() })
    }
}

//! Delivers webhooks to real addresses over plain HTTP, with faults and retries. What a notification says, and
//! when it arises, is the machines' business.
//!
//! ShipStation's own retry schedule is not documented. The sandbox's is: an answer outside 2xx, none within
//! 5 s, or no connection is tried again after 0.5 s, 2 s and 5 s, then given up.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::faults::{FaultPlan, FaultProfile};

const TIMEOUT: Duration = Duration::from_secs(5);
/// So many are on their way at once: a bulk edit of thousands of orders must not use up the machine's sockets.
const AT_ONCE: usize = 256;
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// One webhook on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    /// An `http` address.
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// How deliveries ended so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Answered 2xx; duplicates count.
    pub delivered: u64,
    /// Given up after the last retry.
    pub given_up: u64,
    /// Dropped by a fault.
    pub dropped: u64,
}

/// Sends webhooks in tasks of its own. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Deliveries(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client<HttpConnector, Full<Bytes>>,
    faults: Mutex<FaultPlan>,
    runtime: Handle,
    tracker: TaskTracker,
    stop: CancellationToken,
    lines: Semaphore,
    pending: AtomicUsize,
    delivered: AtomicU64,
    given_up: AtomicU64,
    dropped: AtomicU64,
}

impl Deliveries {
    /// Delivers on the current runtime until `stop`. Must be called inside a runtime.
    pub(crate) fn start(faults: FaultPlan, tracker: TaskTracker, stop: CancellationToken) -> Self {
        Self(Arc::new(Inner {
            client: Client::builder(TokioExecutor::new()).build_http(),
            faults: Mutex::new(faults),
            runtime: Handle::current(),
            tracker,
            stop,
            lines: Semaphore::new(AT_ONCE),
            pending: AtomicUsize::new(0),
            delivered: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }))
    }

    /// Takes a webhook over; returns at once.
    pub(crate) fn send(&self, post: &Post) {
        let inner = &self.0;
        let copies = inner.faults.lock().unwrap_or_else(PoisonError::into_inner).next_webhook();
        if copies.is_empty() {
            inner.dropped.fetch_add(1, Ordering::Relaxed);
        }
        for delay in copies {
            inner.pending.fetch_add(1, Ordering::SeqCst);
            let (task, post) = (inner.clone(), post.clone());
            let delivery = async move {
                task.stop.run_until_cancelled(task.deliver(&post, delay)).await;
                task.pending.fetch_sub(1, Ordering::SeqCst);
            };
            inner.tracker.spawn_on(delivery, &inner.runtime);
        }
    }

    pub(crate) fn set_faults(&self, profile: FaultProfile) {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner).set_profile(profile);
    }

    pub(crate) fn pending(&self) -> usize {
        self.0.pending.load(Ordering::SeqCst)
    }

    pub(crate) fn counts(&self) -> DeliveryCounts {
        DeliveryCounts {
            delivered: self.0.delivered.load(Ordering::Relaxed),
            given_up: self.0.given_up.load(Ordering::Relaxed),
            dropped: self.0.dropped.load(Ordering::Relaxed),
        }
    }
}

impl Inner {
    async fn deliver(&self, post: &Post, delay: Duration) {
        for pause in [delay].iter().chain(&PAUSES) {
            tokio::time::sleep(*pause).await;
            if self.attempt(post).await {
                self.delivered.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        tracing::warn!(body = post.body, "webhook given up");
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the receiver took it.
    async fn attempt(&self, post: &Post) -> bool {
        let mut request = Request::post(&post.url).header("Content-Type", "application/json");
        for (name, value) in &post.headers {
            request = request.header(name, value);
        }
        let Ok(request) = request.body(Full::from(post.body.clone())) else { return false };
        let Ok(_line) = self.lines.acquire().await else { return false };
        match tokio::time::timeout(TIMEOUT, self.client.request(request)).await {
            Ok(Ok(response)) => response.status().is_success(),
            Ok(Err(_)) | Err(_) => false,
        }
    }
}

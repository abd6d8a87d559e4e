//! Whether the process wants traffic: the part of `/readyz` that the broker does not know.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that the process raises when it has started and lowers before it stops. Clones share it.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// A flag that is up or down.
    pub fn new(ready: bool) -> Self {
        Self(Arc::new(AtomicBool::new(ready)))
    }

    /// Raises or lowers it.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    /// Whether it is up.
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

//! The ledger behind the stores, which may be opened after the server has started.

use std::fmt;
use std::sync::{Arc, OnceLock};

use ledger::Ledger;

use super::refusal::Refusal;

/// The ledger that custom stores are served from. Webhooks need nothing but the broker: a database that cannot be
/// reached keeps nobody from taking them, and the stores answer 503 until it is there. Clones share it.
#[derive(Clone, Default)]
pub struct StoreLedger(Arc<OnceLock<Arc<dyn Ledger>>>);

impl StoreLedger {
    /// One that is open.
    pub fn opened(ledger: Arc<dyn Ledger>) -> Self {
        let slot = Self::default();
        slot.open(ledger);
        slot
    }

    /// From now on it is open. A second call changes nothing.
    pub fn open(&self, ledger: Arc<dyn Ledger>) {
        self.0.get_or_init(|| ledger);
    }

    pub(super) fn get(&self) -> Result<&dyn Ledger, Refusal> {
        let unopened = || Refusal::Unavailable("the ledger cannot be reached yet".to_owned());
        self.0.get().map(|ledger| &**ledger).ok_or_else(unopened)
    }
}

impl fmt::Debug for StoreLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreLedger").field(&self.0.get().is_some()).finish()
    }
}

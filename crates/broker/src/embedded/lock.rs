//! The lock that makes one process the queue's consumer. The system releases it when the process dies.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::ConsumeError;

/// The file in the queue's folder. It stays there, empty; only the lock on it means something.
pub(super) const FILE: &str = "queue.lock";

/// Takes the lock at `path`; it is held for as long as the file is open.
pub(super) fn acquire(path: &Path) -> Result<File, ConsumeError> {
    let failed = |source| ConsumeError::Lock { path: path.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ConsumeError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

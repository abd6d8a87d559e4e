//! The recorded payloads. They are other people's, so no copy of them is here: tests read them where they are at
//! hand, and otherwise pass and say so.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// The folder beside the checkout; without it `None` and a line, once for each run of a test binary. With
/// `SHIPBRIDGE_REQUIRE_RECORDED` its absence is a failure.
pub(crate) fn folder() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3)?;
    let folder = beside.join("shared/recorded");
    if folder.is_dir() {
        return Some(folder);
    }
    let absent = format!("no recorded data at {}", folder.display());
    assert!(std::env::var_os("SHIPBRIDGE_REQUIRE_RECORDED").is_none(), "{absent}");
    SAID.call_once(|| {
        // Not by a printing macro: what those say in a test that passes is never shown.
        let mut stderr = std::io::stderr();
        writeln!(stderr, "SKIPPED, what compares with recorded data: {absent}").unwrap();
    });
    None
}

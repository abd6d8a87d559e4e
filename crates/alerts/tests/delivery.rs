//! Messages on their way, in real conversations over loopback.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../../tests/support/mail_server.rs"]
mod mail_server;

mod delivery {
    mod email;
    mod hook_server;
    mod webhook;
}

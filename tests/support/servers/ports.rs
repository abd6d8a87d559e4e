//! Ports of this machine for servers that must find the same one free again after a restart.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// They lie below the ports that systems give to outgoing connections, and below those that other tests take.
const PORTS: std::ops::Range<u16> = 10_240..20_000;

/// A loopback port that is free now. Nobody else in this process gets it.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    // Test processes that run at the same time begin at different places.
    let first = u16::try_from(std::process::id() * 16 % u32::from(count)).expect("less than the count");
    loop {
        let step = (first + NEXT.fetch_add(1, Ordering::SeqCst)) % count;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, PORTS.start + step)).is_ok() {
            return PORTS.start + step;
        }
    }
}

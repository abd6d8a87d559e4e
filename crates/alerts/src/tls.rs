//! The process's TLS provider, and which hosts need no TLS.

use url::Host;

/// Installs the TLS provider (ring), once; later calls change nothing.
pub(crate) fn install() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // A provider that another thread installed meanwhile is as good.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Whether the host is this machine.
pub(crate) fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

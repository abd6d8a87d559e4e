//! The connection of the tests: its part of the configuration, its keys at the platforms, and quotas that keep
//! nobody waiting, on the platforms' side and on the bridge's.

use jiff::SignedDuration;
use sandbox::quota::Window;
use sandbox::serve::{Sandbox, SandboxConfig};

/// What differs from test to test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acme<'a> {
    /// The watch's interval.
    pub(crate) watch: &'a str,
    /// The sweep's interval.
    pub(crate) sweep: &'a str,
    /// The platforms' real quotas, rather than those of [`with_quick_quotas`].
    pub(crate) real_quotas: bool,
    /// What proves a call to the Cin7 webhook.
    pub(crate) cin7_token: &'a str,
    /// What proves a call to the ShipStation webhook.
    pub(crate) shipstation_token: &'a str,
}

/// The platforms with a hundred times their real quotas.
pub(crate) fn with_quick_quotas(mut platforms: SandboxConfig) -> SandboxConfig {
    let window = |limit, seconds| Window { limit, length: SignedDuration::from_secs(seconds) };
    platforms.cin7.windows = vec![window(300, 1), window(6_000, 60)];
    platforms.shipstation.windows = vec![window(4_000, 60)];
    platforms
}

/// The key of an order in ShipStation.
pub(crate) fn key(id: i64) -> String {
    format!("sb-acme-{id}")
}

/// The connection's sections of the configuration. Further ones of the same connection may follow.
pub(crate) fn sections(acme: Acme<'_>, sandbox: &Sandbox) -> String {
    let Acme { watch, sweep, real_quotas, cin7_token, shipstation_token } = acme;
    let (cin7, shipstation) = (sandbox.cin7_addr(), sandbox.shipstation_addr());
    let (cin7_limits, shipstation_limits) = if real_quotas {
        ("", "")
    } else {
        (
            "limits = { per_second = 300, per_minute = 6000, per_day = 500000 }",
            "limits = { per_minute = 4000 }",
        )
    };
    format!(
        r#"
[[connections]]
name = "acme"
[connections.cin7]
base_url = "http://{cin7}/api/v1"
username = "DemoAU"
key = "demo-cin7-key"
time_zone = "Australia/Sydney"
weight_unit = "kg"
currency = "AUD"
watch = "{watch}"
{cin7_limits}
[connections.shipstation]
base_url = "http://{shipstation}"
api_key = "demo-ss-key"
api_secret = "demo-ss-secret"
store_id = 12345
sweep = "{sweep}"
{shipstation_limits}
[connections.inbound.cin7]
secret = "{cin7_token}"
[connections.inbound.shipstation]
secret = "{shipstation_token}"
"#
    )
}

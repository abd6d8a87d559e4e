//! The configuration files that the bench gives to the real binary.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use sandbox::serve::{Sandbox, SandboxConfig};

/// The token of the Cin7 webhooks.
pub(crate) const TOKEN: &str = "bench-token";
/// Limits that are never reached.
const UNLIMITED_CIN7: &str =
    "limits = { per_second = 1000000, per_minute = 10000000, per_day = 100000000 }\nwatch = \"off\"";
const UNLIMITED_SHIPSTATION: &str = "limits = { per_minute = 10000000 }\nsweep = \"off\"";

/// Where a connection's platforms are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Platforms<'a> {
    /// Nobody listens there, and nothing is asked of them: no watch, no sweep, and a budget of one Cin7 call a
    /// day. The first event spends it (the call is refused at once); from then on the workers wait for the
    /// budget and take nothing from the queue, so that only the receiver is at work.
    Silent,
    /// The sandbox, with the default limits, watch and sweep.
    Sandbox(&'a Sandbox),
    /// Cin7 and ShipStation at these addresses: no limits, no watch, no sweep.
    Unlimited(SocketAddr, SocketAddr),
}

/// What a file says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Configuration<'a> {
    pub(crate) listen: SocketAddr,
    /// `None`: embedded, under the folder.
    pub(crate) broker: Option<&'a str>,
    /// `None`: embedded, under the folder.
    pub(crate) ledger: Option<&'a str>,
    pub(crate) connections: &'a [&'a str],
    pub(crate) platforms: Platforms<'a>,
}

impl Configuration<'_> {
    /// The file.
    pub(crate) fn text(&self) -> String {
        let Self { listen, broker, ledger, connections, platforms } = self;
        let (broker, ledger) = (broker.unwrap_or("embedded"), ledger.unwrap_or("embedded"));
        let mut text = format!(
            "data_dir = \"data\"\n[http]\nlisten = \"{listen}\"\n[broker]\nurl = \"{broker}\"\n[ledger]\nurl = \"{ledger}\"\n"
        );
        for name in *connections {
            write!(text, "{}", connection(name, *platforms)).expect("a string takes any text");
        }
        text
    }
}

fn connection(name: &str, platforms: Platforms<'_>) -> String {
    const QUIET_CIN7: &str = "watch = \"off\"\nlimits = { per_second = 3, per_minute = 60, per_day = 1 }";
    // Port 1 is reserved for a service that nobody runs.
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let (cin7_addr, shipstation_addr, more_cin7, more_shipstation) = match platforms {
        Platforms::Silent => (nobody, nobody, QUIET_CIN7, "sweep = \"off\""),
        Platforms::Sandbox(sandbox) => (sandbox.cin7_addr(), sandbox.shipstation_addr(), "", ""),
        Platforms::Unlimited(cin7, shipstation) => (cin7, shipstation, UNLIMITED_CIN7, UNLIMITED_SHIPSTATION),
    };
    let SandboxConfig { cin7, shipstation, .. } = SandboxConfig::default();
    format!(
        r#"
[[connections]]
name = "{name}"
[connections.cin7]
base_url = "http://{cin7_addr}/api/v1"
username = "{username}"
key = "{key}"
time_zone = "Australia/Sydney"
weight_unit = "kg"
currency = "AUD"
{more_cin7}
[connections.shipstation]
base_url = "http://{shipstation_addr}"
api_key = "{api_key}"
api_secret = "{api_secret}"
store_id = 12345
{more_shipstation}
[connections.inbound.cin7]
secret = "{TOKEN}"
"#,
        username = cin7.username,
        key = cin7.key,
        api_key = shipstation.api_key,
        api_secret = shipstation.api_secret,
    )
}

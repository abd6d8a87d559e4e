//! A `shipbridge run` of the real binary, in a temporary folder and on a free port.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take before a test gives up.
const START_DEADLINE: Duration = Duration::from_secs(20);

/// The bridge's configuration for the sandbox's default credentials; more TOML for the connection may follow.
pub fn configuration(data: &Path, listen: SocketAddr, cin7: SocketAddr, shipstation: SocketAddr, more: &str) -> String {
    format!(
        r#"
data_dir = '{data}'
[http]
listen = "{listen}"
[[connections]]
name = "acme"
[connections.cin7]
base_url = "http://{cin7}/api/v1"
username = "DemoAU"
key = "demo-cin7-key"
time_zone = "Australia/Sydney"
weight_unit = "kg"
currency = "AUD"
watch = "1s"
[connections.shipstation]
base_url = "http://{shipstation}"
api_key = "demo-ss-key"
api_secret = "demo-ss-secret"
store_id = 12345
sweep = "3s"
[connections.inbound.cin7]
secret = "cin7-token"
[connections.inbound.shipstation]
secret = "shipstation-token"
{more}
"#,
        data = data.display(),
    )
}

/// A port that is free now.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A running bridge. Dropping it kills it.
pub struct Bridge {
    child: Child,
    /// Where it listens.
    pub addr: SocketAddr,
    /// The log of its standard error.
    pub log: PathBuf,
}

impl Bridge {
    /// Starts `shipbridge run` with the configuration in `folder/shipbridge.toml`, and waits until it is ready.
    pub fn start(folder: &Path, addr: SocketAddr) -> Self {
        let log = folder.join("run.log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_shipbridge"))
            .args(["run", "--config"])
            .arg(folder.join("shipbridge.toml"))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        let bridge = Self { child, addr, log };
        let deadline = Instant::now() + START_DEADLINE;
        while get(addr, "/readyz").is_none_or(|status| status != 200) {
            assert!(Instant::now() < deadline, "not ready in time: {}", bridge.read_log());
            std::thread::yield_now();
        }
        bridge
    }

    /// Kills it as a power cut would: no signal handler runs.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it logged so far.
    pub fn read_log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The status of a GET; `None` when nobody answers.
pub fn get(addr: SocketAddr, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect_timeout(&addr, Duration::from_millis(200)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n").ok()?;
    let mut first = String::new();
    let mut reader = BufReader::new(stream);
    reader.read_line(&mut first).ok()?;
    let _rest = reader.read_to_end(&mut Vec::new());
    first.split(' ').nth(1)?.parse().ok()
}

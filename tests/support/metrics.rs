//! Reading `/metrics`.

use std::net::SocketAddr;

use crate::http;

/// The sum of a metric's whole numbers over all samples that have these labels, as they are written.
pub(crate) fn sum(addr: SocketAddr, name: &str, labels: &[&str]) -> u64 {
    let page = http::get(addr, "/metrics").map(|answer| answer.body).unwrap_or_default();
    page.lines().filter_map(|line| sample(line, name, labels)).sum()
}

fn sample(line: &str, name: &str, labels: &[&str]) -> Option<u64> {
    let (head, value) = line.rsplit_once(' ')?;
    let (found, its_labels) = head.split_once('{')?;
    (found == name && labels.iter().all(|label| its_labels.contains(label))).then(|| value.parse().ok())?
}

//! What a dry run found, for people and for scripts.

use std::collections::BTreeMap;

use serde_json::Value;

use super::dry_run::Preview;
use crate::output;

/// Prints every order's preview, and how many there are of each decision.
pub(super) fn previews(previews: &[Preview], unreadable: &[String], json: bool) {
    if json {
        output::json(&previews);
        return;
    }
    for preview in previews {
        print(preview);
    }
    for unreadable in unreadable {
        output::line(&format!("cannot be read in Cin7's list: {unreadable}"));
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for preview in previews {
        *counts.entry(preview.decision).or_default() += 1;
    }
    let counts: Vec<_> =
        counts.into_iter().map(|(decision, orders)| format!("{decision} {orders}")).collect();
    let summary = if counts.is_empty() { "no order was modified then".to_owned() } else { counts.join(", ") };
    let orders = if previews.len() == 1 { "order" } else { "orders" };
    output::line(&format!("Nothing was written. {} {orders}: {summary}", previews.len()));
}

fn print(preview: &Preview) {
    let reasons =
        if preview.reasons.is_empty() { String::new() } else { format!(" ({})", preview.reasons.join("; ")) };
    output::line(&format!("{} (Cin7 {}): {}{reasons}", preview.reference, preview.order, preview.decision));
    for difference in &preview.differences {
        output::line(&format!("  {}", difference.line()));
    }
    if preview.document != Value::Null {
        output::line(&format!("{:#}", preview.document));
    }
}

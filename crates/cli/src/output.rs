//! Printing results: tables that fit the terminal, or JSON. Only results go to standard output.

use std::io::Write;

use comfy_table::{ColumnConstraint, ContentArrangement, Table};
use serde::Serialize;

/// Prints text as it is.
pub(crate) fn text(text: &str) {
    // A reader that went away, such as `head`, is no error of ours.
    let _closed = std::io::stdout().write_all(text.as_bytes());
}

/// Prints a line.
pub(crate) fn line(line: &str) {
    text(&format!("{line}\n"));
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) {
    let json = serde_json::to_string_pretty(value).expect("results are plain data");
    line(&json);
}

/// A table without frames that wraps within the terminal.
pub(crate) fn table<'a>(head: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head.into_iter().collect::<Vec<_>>());
    table
}

/// Keeps the first columns of a table from being wrapped: what stands there is there to be copied.
pub(crate) fn keep_whole(table: &mut Table, columns: usize) {
    for column in table.column_iter_mut().take(columns) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
}

//! The report: the only place that prints. It keeps which goals were missed and what broke, and ends with
//! both. What is measured, and how well, is the parts' business.

use std::process::ExitCode;

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    met: usize,
    missed: Vec<String>,
    broken: Vec<String>,
}

impl Report {
    /// Begins a part.
    pub(crate) fn part(&self, title: &str) {
        self.line("");
        self.line(title);
        self.line(&"=".repeat(title.chars().count()));
    }

    /// Prints a line.
    #[expect(clippy::print_stdout, reason = "the report is what this program is for")]
    #[expect(clippy::unused_self, reason = "whoever may print was handed the report")]
    pub(crate) fn line(&self, line: &str) {
        println!("{line}");
    }

    /// Prints a figure that has a goal, and whether it was met.
    pub(crate) fn goal(&mut self, what: &str, measured: &str, goal: &str, met: bool) {
        let verdict = if met { "met" } else { "MISSED" };
        self.line(&format!("{what:<44} {measured:>12}   goal: {goal:<14} {verdict}"));
        if met {
            self.met += 1;
        } else {
            self.missed.push(format!("{what}: {measured}, goal: {goal}"));
        }
    }

    /// Prints a figure that has none.
    pub(crate) fn figure(&self, what: &str, measured: &str, remark: &str) {
        self.line(format!("{what:<44} {measured:>12}   {remark}").trim_end());
    }

    /// Something did not work: the run ends with 1.
    pub(crate) fn broke(&mut self, what: &str) {
        self.line(&format!("BROKEN: {what}"));
        self.broken.push(what.to_owned());
    }

    /// Sums up.
    pub(crate) fn finish(self) -> ExitCode {
        self.part("Result");
        self.line(&format!("goals met: {}, missed: {}", self.met, self.missed.len()));
        for missed in &self.missed {
            self.line(&format!("  missed: {missed}"));
        }
        for broken in &self.broken {
            self.line(&format!("  broken: {broken}"));
        }
        if self.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

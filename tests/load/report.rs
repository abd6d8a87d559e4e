//! The report: the only place that prints. It keeps every figure that has a goal and what broke, and ends with
//! one table of both. What is measured, and how well, is the parts' business.

use std::cell::Cell;
use std::process::ExitCode;

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    title: Cell<&'static str>,
    goals: Vec<Goal>,
    broken: Vec<String>,
}

/// A figure that has a goal.
#[derive(Debug)]
struct Goal {
    part: &'static str,
    line: String,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Met,
    Missed,
    Absent,
}

impl Report {
    /// Begins a part.
    pub(crate) fn part(&self, title: &'static str) {
        self.title.set(title);
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
        let (verdict, word) = if met { (Verdict::Met, "met") } else { (Verdict::Missed, "MISSED") };
        self.keep(format!("{what:<44} {measured:>12}   goal: {goal:<14} {word}"), verdict);
    }

    /// Prints that a figure which has a goal could not be measured here.
    pub(crate) fn absent(&mut self, what: &str) {
        self.keep(format!("{what:<44} {:>12}   NOT MEASURED", "-"), Verdict::Absent);
    }

    fn keep(&mut self, line: String, verdict: Verdict) {
        self.line(&line);
        self.goals.push(Goal { part: self.title.get(), line, verdict });
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
        let mut part = "";
        for goal in &self.goals {
            if goal.part != part {
                self.line(goal.part);
                part = goal.part;
            }
            self.line(&format!("  {}", goal.line));
        }
        let count = |verdict| self.goals.iter().filter(|goal| goal.verdict == verdict).count();
        let (met, missed, absent) = (count(Verdict::Met), count(Verdict::Missed), count(Verdict::Absent));
        self.line(&format!("goals met: {met}, missed: {missed}, not measured: {absent}"));
        for broken in &self.broken {
            self.line(&format!("  broken: {broken}"));
        }
        if self.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

//! Progress on the terminal, on standard error: a bar that moves, or a line now and then where there is no
//! terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use sandbox::serve::Sandbox;

use super::truth::Count;

/// How often a line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows how far the orders are.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    last_line: Option<Instant>,
}

impl Progress {
    /// Progress of so many orders; silent when the result is to be JSON and nobody watches.
    pub(crate) fn new(orders: u32, json: bool) -> Self {
        let target = if json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(u64::from(orders)), target);
        let style =
            ProgressStyle::with_template("{elapsed:>4} {bar:24} {pos}/{len} orders settled  {wide_msg}");
        bar.set_style(style.expect("the template is a constant that parses"));
        Self { bar, last_line: (!json).then(Instant::now) }
    }

    /// Says something above the bar.
    pub(crate) fn say(&self, text: &str) {
        if self.bar.is_hidden() && self.last_line.is_some() {
            print_line(text);
        } else {
            self.bar.println(text);
        }
    }

    /// Shows the count.
    pub(crate) fn show(&mut self, count: &Count, sandbox: &Sandbox) {
        let settled = count.dispatched + count.explained;
        let calls = sandbox.cin7().calls().total() + sandbox.shipstation().calls().total();
        let message = format!(
            "picked {} > in ShipStation {} > labelled {} > dispatched {} | kept back {} | {calls} calls",
            count.picked, count.imported, count.labelled, count.dispatched, count.explained
        );
        self.bar.set_position(settled as u64);
        self.bar.set_message(message.clone());
        if self.bar.is_hidden() && self.last_line.is_some_and(|last| last.elapsed() >= LINE_EVERY) {
            self.last_line = Some(Instant::now());
            print_line(&message);
        }
    }

    /// Ends the bar and leaves it standing.
    pub(crate) fn finish(&self) {
        self.bar.abandon();
    }
}

#[expect(clippy::print_stderr, reason = "progress for people, beside the result on standard output")]
fn print_line(text: &str) {
    eprintln!("{text}");
}

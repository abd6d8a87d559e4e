//! All figures of all turns, and their medians as a table.

use super::contenders::Contender;
use super::figures::Figures;
use super::{CONNECTIONS, GOALS_AT};
use crate::figures::{grouped, milliseconds};
use crate::machine::Cost;
use crate::report::Report;

const HEAD: &str = "\
connections    bare/s   serve/s  Express/s  serve/bare  serve/Express  serve p50, p99 ms  Express p50, p99 ms";

/// The turns so far.
#[derive(Debug, Default)]
pub(super) struct Table(Vec<(usize, Contender, Figures)>);

impl Table {
    /// Takes in a turn.
    pub(super) fn enter(&mut self, connections: usize, contender: Contender, figures: Figures) {
        self.0.push((connections, contender, figures));
    }

    /// The medians of one contender at so many connections.
    fn median(&self, connections: usize, contender: Contender) -> Option<Figures> {
        Figures::median(&self.turns(connections, contender))
    }

    /// In the order of the rounds.
    fn turns(&self, connections: usize, contender: Contender) -> Vec<Figures> {
        let turns = self.0.iter().filter(|(of, who, _)| (*of, *who) == (connections, contender));
        turns.map(|(.., figures)| *figures).collect()
    }

    /// How much of one's median rate another's is.
    pub(super) fn ratio(&self, connections: usize, one: Contender, other: Contender) -> Option<f64> {
        Some(self.median(connections, one)?.rate / self.median(connections, other)?.rate)
    }

    /// What a message costs one of them at the number of connections of the goals.
    pub(super) fn cost(&self, contender: Contender) -> Option<Cost> {
        self.median(GOALS_AT, contender).map(|figures| figures.cost)
    }

    /// The highest median rate at any number of connections.
    pub(super) fn peak(&self, contender: Contender) -> f64 {
        let rates = CONNECTIONS.iter().filter_map(|connections| self.median(*connections, contender));
        rates.map(|figures| figures.rate).fold(0.0, f64::max)
    }

    /// Prints it.
    pub(super) fn print(&self, report: &Report) {
        report.line(HEAD);
        for connections in CONNECTIONS {
            report.line(&self.row(connections));
        }
        report.line("");
        let rounds = |peer| {
            let (ours, peers) = (self.turns(GOALS_AT, Contender::Ours), self.turns(GOALS_AT, peer));
            let each = ours.iter().zip(peers).map(|(ours, peer)| format!("{:.2}", ours.rate / peer.rate));
            each.collect::<Vec<_>>().join(" ")
        };
        report.line(&format!(
            "round by round, {GOALS_AT} connections: serve/bare {}; serve/Express {}",
            rounds(Contender::Bare),
            rounds(Contender::Express),
        ));
        report.line(&format!("processor time of a message, {GOALS_AT} connections, in microseconds:"));
        for contender in Contender::ALL {
            if let Some(cost) = self.cost(contender) {
                report.line(&format!(
                    "  {:<8} RabbitMQ {:>5.1}   contender {:>5.1}   client {:>5.1}   in all {:>5.1}",
                    contender.label(),
                    cost.broker,
                    cost.receiver,
                    cost.generator,
                    cost.in_all(),
                ));
            }
        }
        report.line("");
    }

    fn row(&self, connections: usize) -> String {
        let median = |contender| self.median(connections, contender);
        let (bare, ours, express) =
            (median(Contender::Bare), median(Contender::Ours), median(Contender::Express));
        let rate = |figures: Option<Figures>| figures.map_or("-".to_owned(), |figures| grouped(figures.rate));
        let times = |figures: Option<Figures>| {
            let both = |figures: Figures| [milliseconds(figures.p50), milliseconds(figures.p99)].join(", ");
            figures.map_or("-".to_owned(), both)
        };
        let ratio = |peer| {
            let ratio = self.ratio(connections, Contender::Ours, peer);
            ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"))
        };
        format!(
            "{connections:>11}  {:>8}  {:>8}  {:>9}  {:>10}  {:>13}  {:>17}  {:>19}",
            rate(bare),
            rate(ours),
            rate(express),
            ratio(Contender::Bare),
            ratio(Contender::Express),
            times(ours),
            times(express),
        )
    }
}

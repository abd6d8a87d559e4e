//! The words of a message: a subject, and a paragraph for each cause. No address, no credential and no other
//! secret is ever part of a problem, so none is part of its words.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Problem, ProblemKind};
use crate::text::cut;

/// So many of a group are named.
const NAMED: usize = 20;
/// The longest message, in characters: what chats show in one.
const TEXT_MAX: usize = 30_000;
/// The longest subject, in characters.
const SUBJECT_MAX: usize = 150;
/// What a message that was too long ends with.
const CUT: &str =
    "\n\n(This message was cut; `shipbridge orders explain` and `shipbridge parked list` show the rest.)\n";

/// What is told, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One line.
    pub subject: String,
    /// Plain text, lines separated by line feeds.
    pub text: String,
}

/// Problems of one connection, one kind and one cause.
type Groups<'a> = BTreeMap<(&'a str, ProblemKind, &'a str), Vec<&'a Problem>>;

/// The message about what is new and what is over; `None` when there is neither.
pub(super) fn message(new: &[&Problem], over: &[&Problem]) -> Option<Message> {
    if new.is_empty() && over.is_empty() {
        return None;
    }
    let mut paragraphs: Vec<String> = grouped(new).iter().map(|(group, all)| is_new(*group, all)).collect();
    paragraphs.extend(grouped(over).iter().map(|(group, all)| is_over(*group, all)));
    let text = paragraphs.join("\n");
    let text = if text.chars().count() > TEXT_MAX {
        format!("{}{CUT}", cut(&text, TEXT_MAX - CUT.chars().count()))
    } else {
        text
    };
    Some(Message { subject: subject(new, over), text })
}

/// The message as a text for chats that read `&`, `<` and `>` as markup.
pub fn for_chat(message: &Message) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("{}\n\n{}", escape(&message.subject), escape(&message.text))
}

fn grouped<'a>(problems: &[&'a Problem]) -> Groups<'a> {
    let mut groups = Groups::new();
    for problem in problems {
        let group = (problem.connection.as_str(), problem.kind, problem.cause.as_str());
        groups.entry(group).or_default().push(problem);
    }
    groups
}

fn subject(new: &[&Problem], over: &[&Problem]) -> String {
    let connection = new.iter().chain(over).next().map_or("", |problem| problem.connection.as_str());
    let mut parts = Vec::new();
    let mut counts: BTreeMap<ProblemKind, usize> = BTreeMap::new();
    for problem in new {
        *counts.entry(problem.kind).or_default() += 1;
    }
    parts.extend(counts.into_iter().map(|(kind, count)| headline(kind, count)));
    if !over.is_empty() {
        parts.push(format!("{} over", counted(over.len(), "problem")));
    }
    cut(&format!("Shipbridge {connection}: {}", parts.join(", ")), SUBJECT_MAX)
}

fn headline(kind: ProblemKind, count: usize) -> String {
    let verb = if count == 1 { "needs" } else { "need" };
    match kind {
        ProblemKind::CredentialRefused => format!("{} refused", counted(count, "credential")),
        ProblemKind::OrderReview => format!("{} {verb} a decision", counted(count, "order")),
        ProblemKind::OrderRefused => format!("{} refused", counted(count, "order")),
        ProblemKind::EventParked => format!("{} parked", counted(count, "event")),
        ProblemKind::NotificationsMissed => "notifications do not arrive".to_owned(),
    }
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// A paragraph about problems that are new.
fn is_new((connection, kind, cause): (&str, ProblemKind, &str), problems: &[&Problem]) -> String {
    let mut paragraph = format!("{connection}: {} ({cause})\n", headline(kind, problems.len()));
    let shared = problems.iter().all(|problem| problem.advice == problems[0].advice);
    for problem in problems.iter().take(NAMED) {
        let advice = if shared { String::new() } else { format!(" To do: {}.", ended(&problem.advice)) };
        writeln!(paragraph, "- {}{}.{advice}", named(problem), ended(&problem.reason))
            .expect("a string takes every text");
    }
    and_more(&mut paragraph, problems.len());
    if shared {
        writeln!(paragraph, "To do: {}.", ended(&problems[0].advice)).expect("a string takes every text");
    }
    paragraph
}

/// A paragraph about problems that are over.
fn is_over((connection, kind, cause): (&str, ProblemKind, &str), problems: &[&Problem]) -> String {
    let what = headline(kind, problems.len());
    let mut paragraph = format!("{connection}: over: {what} ({cause})\n");
    for problem in problems.iter().take(NAMED) {
        let name = named(problem);
        let name = name.trim_end_matches(": ");
        let name = if name.is_empty() { problem.subject.as_str() } else { name };
        writeln!(paragraph, "- {name}").expect("a string takes every text");
    }
    and_more(&mut paragraph, problems.len());
    paragraph
}

fn and_more(paragraph: &mut String, count: usize) {
    if count > NAMED {
        writeln!(paragraph, "- and {} more", count - NAMED).expect("a string takes every text");
    }
}

/// What is before a problem's reason: its order, if any.
fn named(problem: &Problem) -> String {
    match &problem.order {
        Some(order) => match order.reference.as_deref().filter(|reference| !reference.is_empty()) {
            Some(reference) => format!("{reference} (Cin7 order {}): ", order.id),
            None => format!("Cin7 order {}: ", order.id),
        },
        None => String::new(),
    }
}

/// The sentence without its full stop.
fn ended(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}

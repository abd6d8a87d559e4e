//! Finding orders by state. An order's state is the domain's to say and stands in no column; the columns that
//! it is made of, put together as one text, are an order's *kind*. Orders of one kind are in one state.

use domain::record::{OrderRecord, OrderState};

use crate::column::word;

/// What an order's state is made of, as it stands in the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) progress: String,
    pub(crate) intake: String,
    pub(crate) placed_status: Option<String>,
    pub(crate) unobjected: bool,
}

impl Kind {
    fn of(record: &OrderRecord) -> Self {
        Self {
            progress: word(&record.progress),
            intake: word(&record.reading.intake),
            placed_status: record.placed.as_ref().map(|placed| word(&placed.document.status)),
            unobjected: record.reading.objection.is_none(),
        }
    }

    /// The text that `sql::ORDERS_SEARCH` makes of the columns.
    fn text(&self) -> String {
        let status = self.placed_status.as_deref().unwrap_or_default();
        let objected = if self.unobjected { "" } else { "objected" };
        format!("{}/{}/{status}/{objected}", self.progress, self.intake)
    }
}

/// The kinds in these states, among those that the members stand for.
pub(crate) fn kinds_in(states: &[OrderState], members: &[OrderRecord]) -> Vec<Kind> {
    members.iter().filter(|member| states.contains(&member.state())).map(Kind::of).collect()
}

/// Kinds as one text, each between bars: never empty.
pub(crate) fn text_of(kinds: &[Kind]) -> String {
    kinds.iter().fold("|".to_owned(), |text, kind| text + &kind.text() + "|")
}

/// The first orders by id, of several lists.
pub(crate) fn first_by_id(mut orders: Vec<OrderRecord>, limit: u32) -> Vec<OrderRecord> {
    orders.sort_by_key(|record| record.reading.id);
    orders.truncate(limit as usize);
    orders
}

/// The pattern that finds a text anywhere in a reference in lower case, `!` being the escape.
pub(crate) fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.trim().to_lowercase().chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_finds_its_own_wildcards_to_the_letter() {
        assert_eq!(pattern(" SO_1%! "), "%so!_1!%!!%");
        assert_eq!(pattern(""), "%%");
    }
}

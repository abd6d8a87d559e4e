//! What keeps an order out of the feed. ShipStation checks a whole page at once, and one order that breaks the schema
//! stops all of them: so what would break it, and cannot be shortened without telling something else, is said here.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::text::{clean, clean_multiline, cut, cut_utf16};

/// The longest value that a defect shows, in characters.
const SHOWN: usize = 100;

/// The largest amount of the schema: nine digits, two of them decimals.
const MOST: Decimal = Decimal::from_parts(999_999_999, 0, 0, false, 2);

/// Why an order cannot be in the feed: one element of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// The element, such as `ShipTo/City` or `Items/Item 2/Quantity`.
    pub element: String,
    /// What it would have to hold, at most 100 characters of it; may be empty.
    pub value: String,
    /// What ShipStation takes there, in words.
    pub takes: &'static str,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { element, value, takes } = self;
        if value.is_empty() {
            return write!(f, "{element} is empty; ShipStation takes {takes}");
        }
        write!(f, "{element} is `{value}`; ShipStation takes {takes}")
    }
}

/// Brings values into the schema and remembers which of them do not fit.
#[derive(Debug, Default)]
pub(super) struct Fitting {
    defects: Vec<Defect>,
}

impl Fitting {
    pub(super) fn found(self) -> Vec<Defect> {
        self.defects
    }

    pub(super) fn refuse(&mut self, element: &str, value: &str, takes: &'static str) {
        self.defects.push(Defect { element: element.to_owned(), value: cut(&clean(value), SHOWN), takes });
    }

    /// A text that must not be empty.
    pub(super) fn required(&mut self, element: &str, value: &str, max: usize) -> String {
        let fitted = text(value, max);
        if fitted.is_empty() {
            self.refuse(element, value, "a text that is not empty");
        }
        fitted
    }

    /// An amount with two decimals.
    pub(super) fn amount(&mut self, element: &str, amount: Decimal) -> Decimal {
        let rounded = two_decimals(amount);
        if rounded.abs() > MOST {
            self.refuse(element, &amount.to_string(), "amounts up to 9999999.99");
        }
        rounded
    }
}

/// One line of text within `max` units of UTF-16, without what XML forbids.
pub(super) fn text(text: &str, max: usize) -> String {
    cut_utf16(&clean(text), max)
}

/// The same with line breaks, each of them one `\n`: that is what a reader of XML makes of them.
pub(super) fn lines(text: &str, max: usize) -> String {
    cut_utf16(&clean_multiline(&text.replace("\r\n", "\n").replace('\r', "\n")), max)
}

/// Rounded to two decimals, halves away from zero; zero has no sign.
pub(super) fn two_decimals(amount: Decimal) -> Decimal {
    let rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero).normalize();
    if rounded.is_zero() { Decimal::ZERO } else { rounded }
}

/// Whether an amount has at most nine digits.
pub(super) fn fits(amount: Decimal) -> bool {
    amount.abs() <= MOST
}

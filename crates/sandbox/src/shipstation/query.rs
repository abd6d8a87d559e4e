//! Reads the query string of list calls: pages, sorting, ranges of dates. Unknown names are ignored, as the
//! platform does; an unreadable value is a 400 with its name.

use std::cell::RefCell;

use jiff::civil::{Date, DateTime};
use serde::Serialize;
use serde_json::{Map, Value};

use super::dates;
use super::fault::{Fault, ModelState};
use crate::exchange::{Reply, Request};

/// The query of one request, with the faults found so far.
pub(crate) struct Query<'a> {
    request: &'a Request,
    faults: RefCell<ModelState>,
}

/// Which page is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    number: usize,
    size: usize,
}

/// A range of moments: later than `after`, earlier than `before`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    after: Option<DateTime>,
    before: Option<DateTime>,
    /// Whether `before` itself is inside, as documented for order dates.
    through: bool,
}

/// A range of days, both ends inside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Days {
    from: Option<Date>,
    to: Option<Date>,
}

impl<'a> Query<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        Self { request, faults: RefCell::new(ModelState::default()) }
    }

    /// Fails if any value was unreadable.
    pub(crate) fn finish(self) -> Result<(), Fault> {
        Fault::check(self.faults)
    }

    /// A text; empty is absent.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.request.query(name).filter(|text| !text.is_empty())
    }

    /// A text in lower case, to search with.
    pub(crate) fn needle(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_lowercase)
    }

    pub(crate) fn read<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let value = read(text);
        if value.is_none() {
            self.faults.borrow_mut().add(name, format!("The value '{text}' is not valid for {name}."));
        }
        value
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.read(name, |text| text.parse().ok())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.read(name, |text| text.to_ascii_lowercase().parse().ok())
    }

    /// `{name}Start` and `{name}End`.
    pub(crate) fn moments(&self, name: &str) -> Moments {
        Moments {
            after: self.read(&format!("{name}Start"), dates::parse_moment),
            before: self.read(&format!("{name}End"), dates::parse_moment),
            through: false,
        }
    }

    /// `{name}Start` and `{name}End` in whole days.
    pub(crate) fn days(&self, name: &str) -> Days {
        Days {
            from: self.read(&format!("{name}Start"), dates::parse_date),
            to: self.read(&format!("{name}End"), dates::parse_date),
        }
    }

    /// `sortDir=DESC`.
    pub(crate) fn descending(&self) -> bool {
        let direction = |text: &str| match text.to_ascii_uppercase().as_str() {
            "ASC" => Some(false),
            "DESC" => Some(true),
            _ => None,
        };
        self.read("sortDir", direction).unwrap_or(false)
    }

    /// `page` from 1, `pageSize` up to 500 (100 when absent).
    pub(crate) fn page(&self) -> Page {
        let number = self.read("page", |text| text.parse().ok().filter(|page| *page >= 1));
        let size = self.read("pageSize", |text| text.parse().ok().filter(|size| (1..=500).contains(size)));
        Page { number: number.unwrap_or(1), size: size.unwrap_or(100) }
    }
}

impl Moments {
    /// The same range with its end inside.
    pub(crate) fn through(self) -> Self {
        Self { through: true, ..self }
    }

    /// Whether a moment is inside. Without bounds everything is, also no moment.
    pub(crate) fn covers(self, moment: Option<DateTime>) -> bool {
        let above = self.after.is_none_or(|after| moment.is_some_and(|moment| moment > after));
        let below = self.before.is_none_or(|before| {
            moment.is_some_and(|moment| moment < before || (self.through && moment == before))
        });
        above && below
    }
}

impl Days {
    pub(crate) fn covers(self, day: Date) -> bool {
        self.from.is_none_or(|from| day >= from) && self.to.is_none_or(|to| day <= to)
    }
}

impl Page {
    /// The envelope `{plural, total, page, pages}` around this page of `rows`.
    pub(crate) fn envelope<T: Serialize>(self, plural: &str, rows: &[T]) -> Reply {
        let first = (self.number - 1).saturating_mul(self.size);
        let shown: Vec<_> = rows.iter().skip(first).take(self.size).map(serde_json::to_value).collect();
        let shown: Result<Vec<Value>, _> = shown.into_iter().collect();
        let mut envelope = Map::new();
        envelope.insert(plural.to_owned(), Value::Array(shown.expect("rows are plain data")));
        envelope.insert("total".to_owned(), rows.len().into());
        envelope.insert("page".to_owned(), self.number.into());
        envelope.insert("pages".to_owned(), rows.len().div_ceil(self.size).into());
        Reply::json(200, &envelope)
    }
}

/// Whether `text` contains `needle` (in lower case); no needle matches everything.
pub(crate) fn contains(text: Option<&str>, needle: Option<&str>) -> bool {
    needle.is_none_or(|needle| text.is_some_and(|text| text.to_lowercase().contains(needle)))
}

/// Whether `text` is `wanted`, without case; nothing wanted matches everything.
pub(crate) fn equals(text: Option<&str>, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| text.is_some_and(|text| text.eq_ignore_ascii_case(wanted)))
}

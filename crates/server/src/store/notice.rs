//! Reading a `ShipNotice`. It has no published schema, so that elements may come in any order, be unknown, missing or
//! empty, and hold plain text or CDATA; a value that cannot be read is empty. Declarations of a document's type are
//! refused: nothing is looked up and no entity of a caller's own is known.

use std::fmt;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use rust_decimal::Decimal;

use domain::ship_notice::{NoticeItem, ShipNotice};

use super::dates;

/// Deeper than this, and with more elements than this, no notice is.
const DEPTH: usize = 32;
const ELEMENTS: usize = 50_000;

/// Why a body is no notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotANotice {
    /// It declares a document type.
    DocType,
    /// It says something and then breaks off, or is beyond all measure.
    Broken,
}

impl fmt::Display for NotANotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DocType => "a ship notice must not declare a document type",
            Self::Broken => "the ship notice is no well-formed XML",
        })
    }
}

/// What a body says; `None` when it says nothing: it is empty, another document, or broken from its beginning.
pub(super) fn read(body: &str) -> Result<Option<ShipNotice>, NotANotice> {
    let mut reader = Reader::from_str(body);
    let config = reader.config_mut();
    (config.expand_empty_elements, config.allow_dangling_amp) = (true, true);
    let mut notice = Told::default();
    let ended = loop {
        match reader.read_event() {
            Ok(Event::DocType(_)) => return Err(NotANotice::DocType),
            Ok(Event::Eof) => break notice.path.is_empty(),
            Ok(event) if notice.take(&event) => {}
            Ok(_) | Err(_) => break false,
        }
    };
    let said = notice.notice != ShipNotice::default();
    match (ended, said) {
        (false, true) => Err(NotANotice::Broken),
        (true, true) => Ok(Some(notice.notice)),
        (_, false) => Ok(None),
    }
}

/// What has been read so far.
#[derive(Default)]
struct Told {
    notice: ShipNotice,
    /// The open elements by their names without prefix, in lower case.
    path: Vec<String>,
    /// The text of the innermost one.
    text: String,
    elements: usize,
}

impl Told {
    /// Whether the event belongs into a document of reasonable size.
    fn take(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Start(start) => {
                self.elements += 1;
                self.path.push(start.local_name().into_inner().to_lowercase());
                self.text.clear();
                if self.is_at(&["shipnotice", "items", "item"]) {
                    self.notice.items.push(NoticeItem::default());
                }
                return self.path.len() <= DEPTH && self.elements <= ELEMENTS;
            }
            Event::End(_) => {
                self.close();
                self.path.pop();
                self.text.clear();
            }
            Event::Text(text) => self.text.push_str(&text.xml10_content()),
            Event::CData(text) => self.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => self.refer(reference),
            _ => {}
        }
        true
    }

    fn is_at(&self, place: &[&str]) -> bool {
        self.path.iter().map(String::as_str).eq(place.iter().copied())
    }

    /// A reference to a character, or to one of the five entities of XML. Any other stands for itself.
    fn refer(&mut self, reference: &BytesRef<'_>) {
        if let Ok(Some(character)) = reference.resolve_char_ref() {
            return self.text.push(character);
        }
        let name = reference.xml10_content();
        match quick_xml::escape::resolve_predefined_entity(&name) {
            Some(character) => self.text.push_str(character),
            None => self.text.extend(["&", &name, ";"]),
        }
    }

    /// The innermost element ends: what it holds goes to its place, unless something is there.
    fn close(&mut self) {
        let text = self.text.trim();
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let notice = &mut self.notice;
        match path[..] {
            ["shipnotice", field] => match field {
                "orderid" => fill(&mut notice.order_id, text),
                "ordernumber" => fill(&mut notice.order_number, text),
                "carrier" => fill(&mut notice.carrier, text),
                "service" => fill(&mut notice.service, text),
                "trackingnumber" => fill(&mut notice.tracking, text),
                "notestocustomer" => fill(&mut notice.notes_to_customer, text),
                "labelcreatedate" => {
                    notice.label_created =
                        notice.label_created.or(dates::date_time(text).and_then(dates::utc));
                }
                "shipdate" => notice.ship_date = notice.ship_date.or(dates::day(text)),
                "shippingcost" => notice.cost = notice.cost.or(text.parse().ok()),
                _ => {}
            },
            ["shipnotice", "items", "item", field] => {
                let Some(item) = notice.items.last_mut() else { return };
                match field {
                    "lineitemid" => fill(&mut item.line_key, text),
                    "sku" => fill(&mut item.sku, text),
                    "name" => fill(&mut item.name, text),
                    "quantity" if item.quantity == 0 => item.quantity = quantity(text),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn fill(place: &mut String, text: &str) {
    if place.is_empty() {
        text.clone_into(place);
    }
}

/// A whole number of pieces, `2` or `2.00`; zero for anything else.
fn quantity(text: &str) -> u32 {
    let quantity: Option<Decimal> = text.parse().ok().filter(Decimal::is_integer);
    quantity.and_then(|quantity| u32::try_from(quantity.normalize()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! Orders that nobody would wish for, from a seed: everything that has broken somebody's feed, in every field.

use jiff::Timestamp;
use rust_decimal::Decimal;

use domain::shipping_order::{ShippingAddress, ShippingItem, ShippingOrder, ShippingStatus};
use domain::weight::{ShippingUnit, Weight};

use crate::store_fixture::document;

/// Pieces of texts.
const PIECES: &[&str] = &[
    "]]>",
    "<![CDATA[",
    "&",
    "<",
    ">",
    "&amp;",
    "&#0;",
    "é",
    "ß",
    "日本",
    "😀",
    "👩‍👩‍👧",
    "\u{0}",
    "\u{8}",
    "\u{b}",
    "\u{1f}",
    "\u{7f}",
    "\u{85}",
    "\u{9f}",
    "\u{ffff}",
    "\u{fffe}",
    "\u{feff}",
    "\u{2028}",
    "\u{301}",
    "\u{202e}",
    "\r\n",
    "\r",
    "\n",
    "\t",
    " ",
    "\u{a0}",
    "a",
    "B",
    "7",
    "-",
    "'",
    "\"",
    "/",
    "%",
    "<!--",
    "-->",
    "<?xml?>",
    "<!DOCTYPE x>",
    "</Order>",
];

/// Links of pictures, some of them none.
const LINKS: &[&str] = &[
    "",
    "/products/1.jpg",
    "https://img.example/1.jpg",
    "http://img.example/a b/ü.png?x=1&y=2#top",
    "https://[::1]/x.jpg",
    "https://img.example/100%.jpg",
    "https://img.example/a|b^c`d{e}.jpg",
    "javascript:alert(1)",
    "https://",
    "http://h:99999/",
    "https://img.example/%zz",
    "https://user:pass@img.example/1.jpg",
    "https://img.example/\u{8}",
    "HTTPS://IMG.EXAMPLE/A",
];

/// Countries, most of them good.
const COUNTRIES: &[&str] = &["US", "us", "AU", "GB", " nz ", "DE", "JP", "CA", "USA", ""];

/// `SplitMix64`: the same seed, the same orders.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let index = usize::try_from(self.roll(all.len() as u64)).unwrap();
        all[index]
    }

    /// Mostly short, sometimes empty, now and then longer than any limit.
    fn text(&mut self) -> String {
        let pieces = match self.roll(150) {
            0..10 => 0,
            10 => 900 + self.roll(300),
            11..14 => self.roll(200),
            _ => 1 + self.roll(10),
        };
        (0..pieces).map(|_| self.one_of(PIECES)).collect()
    }

    /// A text that something is left of.
    fn word(&mut self) -> String {
        format!("x{}", self.text())
    }

    fn amount(&mut self) -> Decimal {
        let digits = i64::try_from(self.roll(9_000_000_000)).unwrap() - 1_000_000_000;
        let scale = u32::try_from(3 + self.roll(4)).unwrap();
        if self.roll(200) == 0 { Decimal::MAX } else { Decimal::new(digits, scale) }
    }

    fn address(&mut self) -> ShippingAddress {
        ShippingAddress {
            name: self.word(),
            company: self.text(),
            street1: self.word(),
            street2: self.text(),
            city: self.word(),
            state: self.text(),
            postal_code: self.text(),
            country: self.one_of(COUNTRIES).to_owned(),
            phone: self.text(),
        }
    }

    fn item(&mut self, line_key: String, adjustment: bool) -> ShippingItem {
        let unit = self.one_of(&[ShippingUnit::Grams, ShippingUnit::Ounces, ShippingUnit::Pounds]);
        let weight = Weight { value: self.amount(), unit };
        let options = (0..self.roll(13)).map(|_| (self.text(), self.text())).collect();
        let quantity = if self.roll(100) == 0 { 100_000 } else { 1 + self.roll(99_999) };
        ShippingItem {
            line_key,
            sku: self.text(),
            name: self.text(),
            image_url: self.one_of(LINKS).to_owned(),
            upc: self.one_of(&["", "036000291452", "4006381333931", "0 36000 29145 2", "\u{8}12"]).to_owned(),
            weight: (self.roll(3) > 0).then_some(weight),
            quantity: u32::try_from(quantity).unwrap(),
            unit_price: self.amount(),
            options,
            adjustment,
            location: self.text(),
            customs: None,
        }
    }

    /// What ShipStation shall have of an order of this id.
    pub(crate) fn order(&mut self, id: i64) -> ShippingOrder {
        let status = self.one_of(&[
            ShippingStatus::AwaitingPayment,
            ShippingStatus::AwaitingShipment,
            ShippingStatus::OnHold,
            ShippingStatus::Cancelled,
        ]);
        let things = (0..=self.roll(4)).map(|line| self.item(format!("{id}:{line}"), false));
        let mut items: Vec<_> = things.collect();
        items.extend((0..self.roll(2)).map(|_| self.item(String::new(), true)));
        let seconds = i64::try_from(self.roll(8_000_000_000)).unwrap() - 2_000_000_000;
        ShippingOrder {
            order_date: Timestamp::from_second(seconds).unwrap(),
            customer_username: self.text(),
            customer_email: self.text(),
            bill_to: self.address(),
            ship_to: self.address(),
            items,
            amount_paid: self.amount(),
            tax_amount: self.amount(),
            shipping_amount: self.amount(),
            customer_notes: self.text(),
            internal_notes: self.text(),
            payment_method: self.text(),
            requested_service: self.text(),
            custom_fields: [self.text(), self.text(), self.text()],
            gift: self.roll(2) == 0,
            source: self.text(),
            currency: self.one_of(&["AUD", "usd", "", "Dollar", "€€€"]).to_owned(),
            ..document(id, &self.text(), status)
        }
    }
}

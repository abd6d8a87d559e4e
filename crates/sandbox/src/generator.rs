//! Believable orders and products from a seed: the same seed gives the same orders for the same catalogue.
//! Nothing here knows what a bridge does with them, except for the one word about each order that a test
//! needs: whether it must ship, or which rule of an import holds it back.
//!
//! Orders come in blocks of fifty: in each, every rule holds one order back, at a place that the seed picks.

mod catalogue;
mod lines;
mod people;
mod places;
mod words;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;

use crate::cin7::{Product, SalesOrder, TaxStatus};
use people::Person;
use places::Place;

/// Makes products and orders.
#[derive(Debug)]
pub struct Generator {
    rng: StdRng,
    now: Timestamp,
    made: u32,
    next_line: i64,
    block: Vec<Expected>,
}

/// An order, and what must become of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The order, in stage `New`; those that never reach the stage to ship are in their other final stage.
    pub order: SalesOrder,
    /// What must become of it once each order that is in stage `New` is set to `Fully Picked`.
    pub expected: Expected,
}

/// What must become of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It must be shipped.
    Ships,
    /// It must stay; the text names the rule that holds it: `approved`, `not_void`, `stage`, `window`,
    /// `country`, `address`, `not_dispatched` or `qty_dispatch`.
    Stays(&'static str),
}

/// One order of each of these is in every block.
const HELD: [&str; 8] =
    ["approved", "not_void", "stage", "window", "country", "address", "not_dispatched", "qty_dispatch"];
const BLOCK: usize = 50;
const FIRST_ORDER: i64 = 1_870_000;
const FIRST_LINE: i64 = 5_200_000;

impl Generator {
    /// A generator whose orders lie before `now`.
    pub fn new(seed: u64, now: Timestamp) -> Self {
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Self { rng: StdRng::seed_from_u64(seed), now, made: 0, next_line: FIRST_LINE, block: Vec::new() }
    }

    /// About forty products: with and without options, weights, pictures; two kits.
    pub fn catalogue(&mut self) -> Vec<Product> {
        catalogue::catalogue(&mut self.rng, self.now)
    }

    /// The next order, of these products.
    pub fn order(&mut self, products: &[Product]) -> Generated {
        let expected = self.next_expected();
        self.made += 1;
        let place = Place::any(&mut self.rng);
        let wholesale = self.chance(0.25);
        let mut order = self.header(&place, wholesale);
        self.amounts(&mut order, &place, wholesale);
        order.line_items = match expected {
            Expected::Stays("qty_dispatch") => self.lines(products, wholesale).without_stock(),
            Expected::Ships | Expected::Stays(_) => self.lines(products, wholesale).all(),
        };
        self.discount(&mut order);
        if let Expected::Stays(rule) = expected {
            self.hold(&mut order, rule);
        }
        order.settle_totals();
        Generated { order, expected }
    }

    fn next_expected(&mut self) -> Expected {
        if self.block.is_empty() {
            self.block = HELD.map(Expected::Stays).to_vec();
            self.block.resize(BLOCK, Expected::Ships);
            self.block.shuffle(&mut self.rng);
        }
        self.block.pop().unwrap_or(Expected::Ships)
    }

    fn header(&mut self, place: &Place, wholesale: bool) -> SalesOrder {
        let id = FIRST_ORDER + i64::from(self.made);
        let person = Person::any(&mut self.rng, place, wholesale);
        let mut order = SalesOrder { id, member_id: 40_000 + id % 997, branch_id: 3, ..SalesOrder::new() };
        person.order_and_bill(&mut order);
        place.deliver(&mut order, &mut self.rng);
        person.receive(&mut order, &mut self.rng);
        self.channel(&mut order, wholesale);
        self.dates(&mut order);
        self.notes(&mut order);
        order
    }

    /// The reference in the manner of the channel that the order came from; unique by the running number.
    fn channel(&mut self, order: &mut SalesOrder, wholesale: bool) {
        let number = self.made;
        let (source, reference) = match self.rng.random_range(0..4) {
            _ if wholesale => ("Backend", format!("WQLD{}-{}", 100 + number % 900, 3_000 + number)),
            0 => ("Shopify", format!("#{}", 1_000 + number)),
            1 => {
                let middle = self.rng.random_range(1_000_000..10_000_000);
                ("Amazon Seller", format!("503-{middle}-{:07}", 2_100_000 + number))
            }
            2 => ("WooCommerce", format!("{}", 261_000 + number)),
            _ => ("Backend", format!("SO-{}", 1_000 + number)),
        };
        order.source = Some(source.to_owned());
        order.reference = reference;
        let customers_own =
            if wholesale { format!("PO {}", 7_000 + number) } else { order.reference.clone() };
        order.customer_order_no = self.chance(0.6).then_some(customers_own);
        order.payment_terms = wholesale.then(|| "30 days from invoice".to_owned());
    }

    /// Within thirty days; some with an ETD; a few older than any window, kept inside by their ETD.
    fn dates(&mut self, order: &mut SalesOrder) {
        let age = SignedDuration::from_secs(self.rng.random_range(3_600..30 * 86_400));
        order.created_date = Some(self.now - age);
        if self.chance(0.3) {
            order.estimated_delivery_date = Some(self.days_from_now(-3..15));
        }
        if self.chance(0.04) {
            order.created_date = Some(self.days_from_now(-90..-65));
            order.estimated_delivery_date = Some(self.days_from_now(-10..15));
        }
    }

    fn notes(&mut self, order: &mut SalesOrder) {
        if self.chance(0.35) {
            order.delivery_instructions = self.pick(words::INSTRUCTIONS);
        }
        if self.chance(0.25) {
            order.internal_comments = self.pick(words::COMMENTS);
        }
    }

    fn amounts(&mut self, order: &mut SalesOrder, place: &Place, wholesale: bool) {
        order.currency_code = Some(place.currency().to_owned());
        let (status, rate) = place.tax(wholesale, self.rng.random_range(0..100));
        order.tax_status = status;
        order.tax_rate = if status == TaxStatus::Exempt { Decimal::ZERO } else { rate };
        if self.chance(0.8) {
            let (method, cents) = words::FREIGHT.choose(&mut self.rng).copied().unwrap_or(("Standard", 995));
            order.freight_description = Some(method.to_owned());
            order.freight_total = Decimal::new(cents, 2);
        }
        if self.chance(0.08) {
            order.surcharge = Decimal::new(self.rng.random_range(50..900), 2);
            order.surcharge_description = Some("Card fee".to_owned());
        }
    }

    /// A discount on the whole order, up to a fifth of its lines, often by a coupon.
    fn discount(&mut self, order: &mut SalesOrder) {
        order.settle_totals();
        if !self.chance(0.15) || order.product_total <= Decimal::ZERO {
            return;
        }
        let percent = Decimal::from(self.rng.random_range(5..=20));
        order.discount_total = (order.product_total * percent / Decimal::ONE_HUNDRED).round_dp(2);
        order.discount_description = Some(format!("{percent}% off"));
        if self.chance(0.6) {
            order.voucher_code = Some(format!("WELCOME{percent}"));
        }
    }

    /// Makes the order one that the rule holds back, and no other rule.
    fn hold(&mut self, order: &mut SalesOrder, rule: &str) {
        match rule {
            "approved" => order.is_approved = false,
            "not_void" => {
                order.is_void = true;
                order.cancellation_date = Some(self.now);
            }
            "stage" => {
                order.stage = self.pick(&["On Hold", "Awaiting Payment", "Declined", "Needs Attention"]);
            }
            "window" => {
                order.created_date = Some(self.days_from_now(-120..-63));
                order.estimated_delivery_date = None;
            }
            "country" => order.delivery_country = self.pick(&["", "  ", "-", "Atlantis", "TBC"]),
            "address" => self.redact(order),
            "not_dispatched" => {
                order.dispatched_date =
                    Some(self.now - SignedDuration::from_hours(self.rng.random_range(1..48)));
                order.tracking_code = Some(format!("TRK{}", 4_410_000 + self.made));
                order.logistics_carrier = Some("Australia Post".to_owned());
                order.dispatch();
            }
            _ => {}
        }
    }

    /// Takes every name off, as a marketplace does with orders that it delivers itself.
    fn redact(&mut self, order: &mut SalesOrder) {
        let company = self.chance(0.5).then(|| "[Redacted]".to_owned());
        for name in [
            &mut order.first_name,
            &mut order.last_name,
            &mut order.delivery_first_name,
            &mut order.delivery_last_name,
            &mut order.billing_first_name,
            &mut order.billing_last_name,
        ] {
            *name = None;
        }
        order.company.clone_from(&company);
        order.billing_company.clone_from(&company);
        order.delivery_company = company;
    }

    fn days_from_now(&mut self, days: std::ops::Range<i64>) -> Timestamp {
        let hours = self.rng.random_range(days.start * 24..days.end * 24);
        self.now + SignedDuration::from_hours(hours)
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }

    fn pick(&mut self, texts: &[&str]) -> Option<String> {
        texts.choose(&mut self.rng).map(|text| (*text).to_owned())
    }

    fn lines<'a>(&'a mut self, products: &'a [Product], wholesale: bool) -> lines::Lines<'a> {
        lines::Lines::new(&mut self.rng, &mut self.next_line, products, wholesale)
    }
}

#[cfg(test)]
mod tests;

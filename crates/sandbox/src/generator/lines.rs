//! The lines of an order: stock, kits with their components, fees, lines that a retailer has zeroed, units of
//! measure, size runs, and discounts of single lines.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rust_decimal::Decimal;

use super::words;
use crate::cin7::{LineItem, Product, ProductOption, Size};

/// Makes the lines of one order.
pub(super) struct Lines<'a> {
    rng: &'a mut StdRng,
    next_id: &'a mut i64,
    products: &'a [Product],
    wholesale: bool,
    made: Vec<LineItem>,
}

impl<'a> Lines<'a> {
    /// Lines of these products; line ids count on from `next_id`.
    pub(super) fn new(
        rng: &'a mut StdRng,
        next_id: &'a mut i64,
        products: &'a [Product],
        wholesale: bool,
    ) -> Self {
        Self { rng, next_id, products, wholesale, made: Vec::new() }
    }

    /// One to six lines, not counting components, and at least one of them stock.
    pub(super) fn all(mut self) -> Vec<LineItem> {
        let extra = self.rng.random_range(0..=4);
        self.stock();
        for _ in 0..extra {
            match self.rng.random_range(0..100) {
                0..6 => self.zeroed(),
                6..16 => self.kit(),
                16..24 if self.wholesale => self.size_run(),
                16..24 if self.fees() == 0 => self.fee(),
                _ => self.stock(),
            }
        }
        if self.rng.random_bool(0.05) {
            self.fee();
        }
        self.made
    }

    /// Lines with nothing to pick: fees, and a stock line that has been zeroed.
    pub(super) fn without_stock(mut self) -> Vec<LineItem> {
        self.fee();
        if self.rng.random_bool(0.5) {
            self.zeroed();
        }
        self.made
    }

    fn fees(&self) -> usize {
        self.made.iter().filter(|line| line.code.is_none()).count()
    }

    fn stock(&mut self) {
        let most = if self.wholesale { 48 } else { 4 };
        let qty = Decimal::from(self.rng.random_range(1..=most));
        let Some(mut line) = self.of_any_product(qty) else { return };
        if self.wholesale && self.rng.random_bool(0.2) {
            let dozens = Decimal::from(self.rng.random_range(1..=4));
            line.uom_size = Decimal::from(12);
            line.qty = dozens * line.uom_size;
            line.uom_qty_ordered = dozens;
            line.uom_price = line.unit_price * line.uom_size;
        }
        if self.rng.random_bool(0.1) {
            let tenth = line.qty * line.unit_price / Decimal::TEN;
            line.discount = tenth.round_dp(2);
        }
        if self.rng.random_bool(0.06) {
            line.line_comments = words::LINE_COMMENTS.choose(self.rng).map(|text| (*text).to_owned());
        }
        self.made.push(line);
    }

    fn zeroed(&mut self) {
        if let Some(line) = self.of_any_product(Decimal::ZERO) {
            self.made.push(line);
        }
    }

    fn fee(&mut self) {
        let (name, cents) = words::FEES.choose(self.rng).copied().unwrap_or(("Handling fee", 350));
        let line = LineItem {
            name: Some(name.to_owned()),
            unit_price: Decimal::new(cents, 2),
            stock_control: Some("Undefined".to_owned()),
            ..self.blank(Decimal::ONE)
        };
        self.made.push(line);
    }

    /// A kit's line carries the price; its components carry the stock and name it as their parent.
    fn kit(&mut self) {
        let kits: Vec<&Product> =
            self.products.iter().filter(|product| product.order_type == "Kit").collect();
        let Some(kit) = kits.choose(self.rng).copied() else { return self.stock() };
        let Some(option) = kit.product_options.first() else { return };
        let qty = Decimal::from(self.rng.random_range(1..=2));
        let parent = self.of(kit, option, qty);
        let parent_id = parent.id;
        self.made.push(parent);
        let single: Vec<&Product> =
            self.products.iter().filter(|product| product.order_type != "Kit").collect();
        let first = usize::try_from(kit.id * 7).unwrap_or_default();
        for (index, product) in single.iter().cycle().skip(first % single.len().max(1)).take(3).enumerate() {
            let Some(option) = product.product_options.first() else { continue };
            let count = Decimal::from(if index == 0 { 2 } else { 1 });
            let component = LineItem {
                parent_id,
                unit_price: Decimal::ZERO,
                uom_price: Decimal::ZERO,
                ..self.of(product, option, qty * count)
            };
            self.made.push(component);
        }
    }

    /// One line for several sizes of a style.
    fn size_run(&mut self) {
        let styles: Vec<&Product> =
            self.products.iter().filter(|product| product.option_label1.as_deref() == Some("Size")).collect();
        let Some(style) = styles.choose(self.rng).copied() else { return self.stock() };
        let sizes: Vec<Size> = style.product_options.iter().take(4).map(|option| self.size(option)).collect();
        let Some(option) = style.product_options.first() else { return };
        let qty = sizes.iter().map(|size| size.qty).sum();
        let packed = sizes.iter().map(|size| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            format!("{}|{}|{}|{}", size.qty, text(&size.name), text(&size.code), text(&size.barcode))
        });
        let line = LineItem {
            code: Some(style.style_code.clone()),
            size_codes: Some(packed.collect::<Vec<_>>().join("\n")),
            option1: None,
            option2: None,
            ..self.of(style, option, qty)
        };
        self.made.push(LineItem { sizes, ..line });
    }

    fn size(&mut self, option: &ProductOption) -> Size {
        Size {
            name: option.option1.clone(),
            code: Some(option.code.clone()),
            barcode: option.product_option_barcode.clone(),
            qty: Decimal::from(self.rng.random_range(1..=6)),
        }
    }

    fn of_any_product(&mut self, qty: Decimal) -> Option<LineItem> {
        let single: Vec<&Product> =
            self.products.iter().filter(|product| product.order_type != "Kit").collect();
        let product = single.choose(self.rng).copied()?;
        let option = product.product_options.choose(self.rng)?;
        Some(self.of(product, option, qty))
    }

    fn of(&mut self, product: &Product, option: &ProductOption, qty: Decimal) -> LineItem {
        let price = self.price(option.retail_price);
        LineItem {
            product_id: product.id,
            product_option_id: option.id,
            code: Some(option.code.clone()),
            name: Some(product.name.clone()),
            option1: option.option1.clone(),
            option2: option.option2.clone(),
            option3: option.option3.clone(),
            style_code: Some(product.style_code.clone()),
            barcode: option.product_option_barcode.clone(),
            unit_cost: (price * Decimal::new(45, 2)).round_dp(2),
            unit_price: price,
            uom_price: price,
            stock_control: product.stock_control.clone(),
            ..self.blank(qty)
        }
    }

    /// Retail pays the list price, mostly; wholesale a part of it, with up to four decimals.
    fn price(&mut self, list: Decimal) -> Decimal {
        let percent = match (self.wholesale, self.rng.random_range(0..10)) {
            (true, _) => Decimal::new(self.rng.random_range(450..700), 3),
            (false, 0) => Decimal::new(9, 1),
            (false, _) => Decimal::ONE,
        };
        let decimals = if self.wholesale { self.rng.random_range(2..=4) } else { 2 };
        (list * percent).round_dp(decimals)
    }

    fn blank(&mut self, qty: Decimal) -> LineItem {
        let id = *self.next_id;
        *self.next_id += 1;
        LineItem {
            id,
            sort: i64::try_from(self.made.len() + 1).unwrap_or(i64::MAX),
            qty,
            uom_qty_ordered: qty,
            uom_size: Decimal::ONE,
            ..LineItem::default()
        }
    }
}

//! The sums of an order as Cin7 computes them: `total = products + freight + surcharge - discount + tax`, to
//! four decimals. Tax is on top only when prices exclude it.

use rust_decimal::{Decimal, RoundingStrategy};

use super::sales_order::{LineItem, SalesOrder, TaxStatus};

impl LineItem {
    /// Quantity times price less the line's discount.
    pub fn amount(&self) -> Decimal {
        let gross = self.qty.checked_mul(self.unit_price).unwrap_or_default();
        four_decimals(gross.checked_sub(self.discount).unwrap_or_default())
    }
}

impl SalesOrder {
    /// Computes `product_total` and `total` from everything else, as Cin7 does whenever an amount changes.
    pub fn settle_totals(&mut self) {
        self.product_total =
            self.line_items.iter().fold(Decimal::ZERO, |sum, line| sum.saturating_add(line.amount()));
        self.total = four_decimals(self.net().saturating_add(self.tax_on_top()));
    }

    /// The tax that is added to the prices; zero when they hold it already or none is due.
    pub fn tax_on_top(&self) -> Decimal {
        match self.tax_status {
            TaxStatus::Excl => four_decimals(self.net().checked_mul(self.tax_rate).unwrap_or_default()),
            TaxStatus::Incl | TaxStatus::Exempt | TaxStatus::Undefined => Decimal::ZERO,
        }
    }

    fn net(&self) -> Decimal {
        self.product_total
            .saturating_add(self.freight_total)
            .saturating_add(self.surcharge)
            .saturating_sub(self.discount_total)
    }
}

fn four_decimals(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(tax_status: TaxStatus) -> SalesOrder {
        let line = |qty, price, discount| LineItem {
            qty: Decimal::from(qty),
            unit_price: Decimal::new(price, 4),
            discount: Decimal::new(discount, 2),
            ..LineItem::default()
        };
        SalesOrder {
            tax_status,
            tax_rate: Decimal::new(1, 1),
            freight_total: Decimal::new(995, 2),
            surcharge: Decimal::new(150, 2),
            discount_total: Decimal::new(500, 2),
            line_items: vec![line(2, 199_500, 100), line(3, 33_333, 0)],
            ..SalesOrder::new()
        }
    }

    #[test]
    fn tax_comes_on_top_only_when_prices_exclude_it() {
        for (status, total) in
            [(TaxStatus::Excl, "60.8849"), (TaxStatus::Incl, "55.3499"), (TaxStatus::Exempt, "55.3499")]
        {
            let mut order = order(status);
            order.settle_totals();
            assert_eq!(order.product_total.to_string(), "48.8999");
            assert_eq!(order.total, total.parse().unwrap(), "{status:?}");
        }
    }
}

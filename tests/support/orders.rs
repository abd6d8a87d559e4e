//! Orders made by hand, where a test must know every value.

use rust_decimal::Decimal;
use sandbox::cin7::{LineItem, Product, ProductOption, SalesOrder, TaxStatus};

/// Two products, of 350 g and 200 g.
pub(crate) fn products() -> [Product; 2] {
    [(501, "MUG-BLUE", 350), (502, "TEE-M", 200)].map(|(id, code, grams)| Product {
        id,
        name: code.to_owned(),
        style_code: code.to_owned(),
        order_type: "Order".to_owned(),
        weight: Decimal::new(grams, 3),
        product_options: vec![ProductOption {
            id: id + 100,
            product_id: id,
            code: code.to_owned(),
            product_option_code: code.to_owned(),
            ..ProductOption::default()
        }],
        ..Product::default()
    })
}

/// An approved order in stage `New`: three mugs and a T-shirt to Portland, 99.80 with freight.
pub(crate) fn order(reference: &str) -> SalesOrder {
    let text = |text: &str| Some(text.to_owned());
    let mut order = SalesOrder {
        reference: reference.to_owned(),
        first_name: text("Ada"),
        last_name: text("Miller"),
        email: text("ada@example.com"),
        mobile: text("503-555-0142"),
        delivery_first_name: text("Bo"),
        delivery_last_name: text("Miller"),
        delivery_address1: text("12 Burnside Street"),
        delivery_address2: text("Flat 3"),
        delivery_city: text("Portland"),
        delivery_state: text("Oregon"),
        delivery_postal_code: text("97209"),
        delivery_country: text("United States"),
        billing_first_name: text("Ada"),
        billing_last_name: text("Miller"),
        billing_address1: text("1 George Street"),
        billing_city: text("Sydney"),
        billing_state: text("NSW"),
        billing_postal_code: text("2000"),
        billing_country: text("Australia"),
        branch_id: 3,
        currency_code: text("AUD"),
        tax_status: TaxStatus::Incl,
        tax_rate: Decimal::new(1, 1),
        freight_total: Decimal::new(995, 2),
        freight_description: text("Express"),
        customer_order_no: text("PO 77"),
        payment_terms: text("Prepaid"),
        delivery_instructions: text("Leave it at the door."),
        internal_comments: text("Pack with care."),
        line_items: vec![line(501, "MUG-BLUE", 3, 1995), line(502, "TEE-M", 1, 3000)],
        ..SalesOrder::new()
    };
    order.settle_totals();
    order
}

fn line(product: i64, code: &str, quantity: i64, cents: i64) -> LineItem {
    LineItem {
        product_id: product,
        product_option_id: product + 100,
        code: Some(code.to_owned()),
        name: Some(format!("The {code}")),
        qty: Decimal::from(quantity),
        unit_price: Decimal::new(cents, 2),
        uom_price: Decimal::new(cents, 2),
        stock_control: Some("FIFO".to_owned()),
        ..LineItem::default()
    }
}

/// The order as the warehouse leaves it: at its stage, with dispatch quantities.
pub(crate) fn picked(order: SalesOrder) -> SalesOrder {
    let mut order = SalesOrder { stage: Some("Fully Picked".to_owned()), ..order };
    for line in &mut order.line_items {
        line.qty_shipped = line.qty;
    }
    order
}

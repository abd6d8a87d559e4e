//! Reads a Cin7 sales order. Only the id and the modified date must be there; everything else may be absent,
//! null, blank or of the other scalar kind.

use domain::ids::OrderId;
use domain::sales_order::{Contact, Money, OrderLine, PostalAddress, SalesOrder, SizeQuantity, TaxStatus};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::other;
use crate::json::{FieldError, Fields};

/// An order of `GET /SalesOrders`.
pub(super) fn sales_order(fields: &Fields<'_>) -> Result<SalesOrder, FieldError> {
    let id = OrderId(fields.required_id("id")?);
    let (approved, void) = standing(fields)?;
    Ok(SalesOrder {
        id,
        reference: fields.text("reference")?,
        created: instant(fields, "createdDate")?,
        modified: modified(fields)?,
        approved,
        void,
        stage: fields.text("stage")?,
        branch_id: fields.reference("branchId")?,
        source: fields.text("source")?,
        estimated_delivery: instant(fields, "estimatedDeliveryDate")?,
        dispatched: instant(fields, "dispatchedDate")?,
        invoiced: instant(fields, "invoiceDate")?,
        contact: contact(fields)?,
        delivery: address(fields, "delivery")?,
        billing: address(fields, "billing")?,
        money: money(fields)?,
        freight_description: fields.text("freightDescription")?,
        payment_terms: fields.text("paymentTerms")?,
        voucher_code: fields.text("voucherCode")?,
        delivery_instructions: fields.text("deliveryInstructions")?,
        internal_comments: fields.text("internalComments")?,
        tracking_code: fields.text("trackingCode")?,
        carrier: fields.text("logisticsCarrier")?,
        other: other::other_fields(fields),
        custom_fields: other::custom_fields(fields)?,
        lines: fields.nested("lineItems", line)?,
    })
}

/// The version of an order: its modified date in whole seconds, the only precision that a filter knows.
pub(super) fn modified(fields: &Fields<'_>) -> Result<Timestamp, FieldError> {
    let modified = instant(fields, "modifiedDate")?.ok_or(FieldError::Missing("modifiedDate"))?;
    Ok(Timestamp::from_second(modified.as_second()).unwrap_or(modified))
}

/// Dates are UTC; one without offset means UTC too.
fn instant(fields: &Fields<'_>, name: &str) -> Result<Option<Timestamp>, FieldError> {
    fields.instant(name, &TimeZone::UTC)
}

/// Whether the order is approved, and whether it is void. `status` and the two flags say the same thing twice;
/// the more careful of them wins, and where neither says anything the order is not approved. A void order may
/// have been approved before: each of the two is a rule of its own.
fn standing(fields: &Fields<'_>) -> Result<(bool, bool), FieldError> {
    let status = fields.text("status")?.to_ascii_uppercase();
    let flag = fields.boolean("isApproved")?;
    let void = status == "VOID" || fields.boolean("isVoid")? == Some(true);
    let draft = status == "DRAFT" || flag == Some(false);
    let said_approved = status == "APPROVED" || flag == Some(true);
    Ok((said_approved && !draft, void))
}

fn contact(fields: &Fields<'_>) -> Result<Contact, FieldError> {
    Ok(Contact {
        first_name: fields.text("firstName")?,
        last_name: fields.text("lastName")?,
        company: fields.text("company")?,
        email: fields.text("email")?,
        member_email: fields.text("memberEmail")?,
        phone: fields.text("phone")?,
        mobile: fields.text("mobile")?,
    })
}

fn address(fields: &Fields<'_>, prefix: &str) -> Result<PostalAddress, FieldError> {
    let text = |name: &str| fields.text(&format!("{prefix}{name}"));
    Ok(PostalAddress {
        first_name: text("FirstName")?,
        last_name: text("LastName")?,
        company: text("Company")?,
        address1: text("Address1")?,
        address2: text("Address2")?,
        city: text("City")?,
        state: text("State")?,
        postal_code: text("PostalCode")?,
        country: text("Country")?,
    })
}

fn money(fields: &Fields<'_>) -> Result<Money, FieldError> {
    Ok(Money {
        currency: fields.text("currencyCode")?,
        products: amount(fields, "productTotal")?,
        freight: amount(fields, "freightTotal")?,
        surcharge: amount(fields, "surcharge")?,
        surcharge_description: fields.text("surchargeDescription")?,
        discount: amount(fields, "discountTotal")?,
        discount_description: fields.text("discountDescription")?,
        total: amount(fields, "total")?,
        tax_status: tax_status(&fields.text("taxStatus")?),
    })
}

fn amount(fields: &Fields<'_>, name: &str) -> Result<Decimal, FieldError> {
    Ok(fields.decimal(name)?.unwrap_or_default())
}

fn quantity(fields: &Fields<'_>, name: &str) -> Result<Decimal, FieldError> {
    Ok(fields.quantity(name)?.unwrap_or_default())
}

/// By word or by number; a word that is not known yet counts as not said.
fn tax_status(text: &str) -> TaxStatus {
    match text.to_ascii_lowercase().as_str() {
        "incl" | "included" | "inclusive" | "1" => TaxStatus::Included,
        "excl" | "excluded" | "exclusive" | "2" => TaxStatus::Excluded,
        "exempt" | "3" => TaxStatus::Exempt,
        _ => TaxStatus::Undefined,
    }
}

fn line(fields: &Fields<'_>) -> Result<OrderLine, FieldError> {
    Ok(OrderLine {
        id: fields.required_id("id")?,
        parent_id: fields.reference("parentId")?,
        product_id: fields.reference("productId")?,
        product_option_id: fields.reference("productOptionId")?,
        code: fields.text("code")?,
        name: fields.text("name")?,
        options: [fields.text("option1")?, fields.text("option2")?, fields.text("option3")?],
        barcode: fields.text("barcode")?,
        quantity: quantity(fields, "qty")?,
        quantity_dispatched: quantity(fields, "qtyShipped")?,
        unit_price: amount(fields, "unitPrice")?,
        discount: amount(fields, "discount")?,
        is_labour: is_labour(&fields.text("stockControl")?),
        sizes: fields.nested("sizes", size)?,
    })
}

/// By word or by its place in the published list: Undefined, Batch, Machine, Serial, Labour, FIFO.
fn is_labour(stock_control: &str) -> bool {
    stock_control.eq_ignore_ascii_case("labour") || stock_control == "4"
}

fn size(fields: &Fields<'_>) -> Result<SizeQuantity, FieldError> {
    Ok(SizeQuantity {
        name: fields.text("name")?,
        code: fields.text("code")?,
        barcode: fields.text("barcode")?,
        quantity: quantity(fields, "qty")?,
    })
}

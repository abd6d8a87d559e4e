//! The scalar fields of every resource: their names, kinds, and what a write may do to them. One table per
//! resource serves `where`, `order`, and the merge of PUT and POST, so that they cannot disagree.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A whole number.
    Int,
    /// A number with decimals.
    Decimal,
    /// A date-time.
    Date,
    /// True or false.
    Flag,
    /// One of these names, or its position as a number.
    Choice(&'static [&'static str]),
}

/// What a write may do to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Set it.
    Write,
    /// Set it when the record is made.
    Create,
    /// Nothing: what is sent is ignored.
    Read,
}

/// One scalar field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its name on the wire.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
    /// What a write may do.
    pub(crate) access: Access,
    /// The longest text that fits, in UTF-16 units as .NET counts.
    pub(crate) max: Option<usize>,
}

impl Column {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, access: Access::Write, max: None }
    }

    const fn read_only(self) -> Self {
        Self { access: Access::Read, ..self }
    }

    const fn on_create(self) -> Self {
        Self { access: Access::Create, ..self }
    }

    const fn max(self, units: usize) -> Self {
        Self { max: Some(units), ..self }
    }
}

/// The column of that name, in any case.
pub(crate) fn find<'a>(columns: &'a [Column], name: &str) -> Option<&'a Column> {
    columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
}

const fn text(name: &'static str) -> Column {
    Column::new(name, Kind::Text)
}

const fn int(name: &'static str) -> Column {
    Column::new(name, Kind::Int)
}

const fn decimal(name: &'static str) -> Column {
    Column::new(name, Kind::Decimal)
}

const fn date(name: &'static str) -> Column {
    Column::new(name, Kind::Date)
}

const fn flag(name: &'static str) -> Column {
    Column::new(name, Kind::Flag)
}

/// The header of a sales order.
pub(crate) const SALES_ORDER: &[Column] = &[
    int("id").read_only(),
    date("createdDate").on_create(),
    date("modifiedDate").read_only(),
    int("createdBy"),
    int("processedBy"),
    flag("isApproved"),
    text("reference").max(30),
    int("memberId"),
    text("memberEmail").max(250),
    text("firstName").max(250),
    text("lastName").max(250),
    text("company").max(250),
    text("email").max(250),
    text("phone").max(50),
    text("mobile").max(50),
    text("fax").max(50),
    text("deliveryFirstName").max(250),
    text("deliveryLastName").max(250),
    text("deliveryCompany").max(250),
    text("deliveryAddress1").max(250),
    text("deliveryAddress2").max(250),
    text("deliveryCity").max(250),
    text("deliveryState").max(250),
    text("deliveryPostalCode").max(250),
    text("deliveryCountry").max(250),
    text("billingFirstName").max(250),
    text("billingLastName").max(250),
    text("billingCompany").max(250),
    text("billingAddress1").max(250),
    text("billingAddress2").max(250),
    text("billingCity").max(250),
    text("billingState").max(250),
    text("billingPostalCode").max(250),
    text("billingCountry").max(250),
    int("branchId"),
    text("branchEmail").max(250),
    text("projectName"),
    text("trackingCode").max(50),
    text("internalComments"),
    decimal("productTotal").read_only(),
    decimal("freightTotal"),
    text("freightDescription"),
    decimal("surcharge"),
    text("surchargeDescription"),
    decimal("discountTotal"),
    text("discountDescription"),
    decimal("total").read_only(),
    text("currencyCode"),
    decimal("currencyRate"),
    text("currencySymbol").read_only(),
    Column::new("taxStatus", Kind::Choice(&["Undefined", "Incl", "Excl", "Exempt"])),
    decimal("taxRate"),
    text("source").read_only(),
    flag("isVoid"),
    text("status").read_only(),
    text("stage"),
    text("memberCostCenter"),
    text("memberAlternativeTaxRate"),
    text("costCenter"),
    text("alternativeTaxRate"),
    date("estimatedDeliveryDate"),
    int("salesPersonId"),
    text("salesPersonEmail").read_only(),
    text("paymentTerms"),
    text("customerOrderNo"),
    text("voucherCode").max(30),
    text("deliveryInstructions").max(2000),
    date("cancellationDate").read_only(),
    date("modifiedCOGSDate").read_only(),
    date("invoiceDate"),
    int("invoiceNumber").read_only(),
    date("dispatchedDate"),
    text("logisticsCarrier"),
    int("logisticsStatus"),
    int("ediStatus"),
    int("distributionBranchId"),
    text("departmentNumber"),
    text("storeLocationNumber"),
    text("distributionCenter"),
];

/// A line of a sales order. Lines can be written but not filtered.
pub(crate) const LINE_ITEM: &[Column] = &[
    int("id").read_only(),
    date("createdDate").read_only(),
    int("transactionId").read_only(),
    int("parentId").read_only(),
    int("productId").read_only(),
    int("productOptionId"),
    text("integrationRef"),
    int("sort"),
    text("code"),
    text("name"),
    text("option1"),
    text("option2"),
    text("option3"),
    decimal("qty"),
    text("styleCode"),
    text("barcode"),
    text("sizeCodes").read_only(),
    text("lineComments"),
    decimal("unitCost"),
    decimal("unitPrice"),
    decimal("uomPrice"),
    decimal("discount"),
    decimal("uomQtyOrdered"),
    decimal("uomQtyShipped").read_only(),
    decimal("uomSize").read_only(),
    decimal("qtyShipped").read_only(),
    decimal("holdingQty").read_only(),
    text("accountCode"),
    text("stockControl"),
];

/// A product.
pub(crate) const PRODUCT: &[Column] = &[
    int("id").read_only(),
    text("status"),
    date("createdDate").read_only(),
    date("modifiedDate").read_only(),
    text("styleCode"),
    text("name"),
    text("description"),
    text("brand"),
    text("category"),
    decimal("weight"),
    decimal("height"),
    decimal("width"),
    decimal("length"),
    text("stockControl"),
    text("orderType"),
    text("productType"),
    text("optionLabel1"),
    text("optionLabel2"),
    text("optionLabel3"),
];

/// A product's option.
pub(crate) const PRODUCT_OPTION: &[Column] = &[
    int("id").read_only(),
    int("productId").read_only(),
    text("status"),
    date("modifiedDate").read_only(),
    text("code"),
    text("productOptionCode"),
    text("productOptionBarcode"),
    text("supplierCode"),
    text("option1"),
    text("option2"),
    text("option3"),
    decimal("optionWeight"),
    decimal("retailPrice"),
];

/// A branch.
pub(crate) const BRANCH: &[Column] = &[
    int("id").read_only(),
    date("modifiedDate").read_only(),
    flag("isActive"),
    text("company"),
    text("branchType"),
    text("email"),
    text("phone"),
    text("address1"),
    text("address2"),
    text("city"),
    text("state"),
    text("postCode"),
    text("country"),
];

/// A payment.
pub(crate) const PAYMENT: &[Column] = &[
    int("id").read_only(),
    date("createdDate").read_only(),
    date("modifiedDate").read_only(),
    date("paymentDate"),
    decimal("amount"),
    text("method"),
    flag("isAuthorized"),
    text("transactionRef"),
    text("comments"),
    int("orderId"),
    text("orderRef"),
    text("orderType"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::cin7::table::{Record, Table};
    use crate::cin7::{Branch, LineItem, Payment, Product, ProductOption, SalesOrder};

    fn scalars<T: Record>(record: T) -> BTreeSet<String> {
        let mut table = Table::default();
        let id = record.id();
        table.put(record);
        let scalar = |value: &Value| !value.is_object() && !value.is_array();
        let wire = table.wire(id).unwrap();
        wire.iter().filter(|(_, value)| scalar(value)).map(|(name, _)| name.clone()).collect()
    }

    fn named(columns: &[Column], nested: &[&str]) -> BTreeSet<String> {
        columns.iter().map(|column| column.name).chain(nested.iter().copied()).map(str::to_owned).collect()
    }

    #[test]
    fn every_scalar_on_the_wire_has_a_column_and_no_column_is_invented() {
        assert_eq!(scalars(SalesOrder::new()), named(SALES_ORDER, &[]));
        assert_eq!(scalars(Product::default()), named(PRODUCT, &[]));
        assert_eq!(scalars(ProductOption::default()), named(PRODUCT_OPTION, &["image"]));
        assert_eq!(scalars(Branch::default()), named(BRANCH, &[]));
        assert_eq!(scalars(Payment::default()), named(PAYMENT, &[]));
        let line = serde_json::to_value(LineItem::default()).unwrap();
        let names = line.as_object().unwrap().iter().filter(|(_, value)| !value.is_array());
        assert_eq!(names.map(|(name, _)| name.clone()).collect::<BTreeSet<_>>(), named(LINE_ITEM, &[]));
    }
}

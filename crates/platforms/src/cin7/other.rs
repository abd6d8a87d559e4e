//! The fields that have no place of their own in the domain, kept as text because the mapping section may name
//! them: an order's header under snake-case names, and the account's custom fields.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use crate::json::{FieldError, Fields, record, scalar};

/// Left out: what `SalesOrder::field` serves from its own place, and the two that our own writing changes.
const SERVED: [&str; 16] = [
    "id",
    "reference",
    "stage",
    "source",
    "branch_id",
    "voucher_code",
    "payment_terms",
    "freight_description",
    "delivery_instructions",
    "logistics_carrier",
    "company",
    "email",
    "member_email",
    "currency_code",
    "internal_comments",
    "modified_date",
];

/// Names of several words as the API spells them, so that one that comes in another case gets the same key.
/// A name that is not here is taken as it comes.
const SPELLINGS: &str = "createdDate modifiedDate createdBy processedBy isApproved memberId memberEmail \
    firstName lastName deliveryFirstName deliveryLastName deliveryCompany deliveryAddress1 deliveryAddress2 \
    deliveryCity deliveryState deliveryPostalCode deliveryCountry billingFirstName billingLastName \
    billingCompany billingAddress1 billingAddress2 billingCity billingState billingPostalCode billingCountry \
    branchId branchEmail projectName trackingCode internalComments productTotal freightTotal \
    freightDescription surchargeDescription discountTotal discountDescription currencyId currencyCode \
    currencyRate currencySymbol taxStatus taxRate isVoid memberCostCenter memberAlternativeTaxRate costCenter \
    alternativeTaxRate estimatedDeliveryDate salesPersonId salesPersonEmail paymentTerms customerOrderNo \
    voucherCode deliveryInstructions cancellationDate modifiedCOGSDate invoiceDate invoiceNumber \
    dispatchedDate logisticsCarrier logisticsStatus ediStatus distributionBranchId departmentNumber \
    storeLocationNumber distributionCenter";

/// Every scalar of the header that is not served elsewhere and not empty, as text.
pub(super) fn other_fields(fields: &Fields<'_>) -> BTreeMap<String, String> {
    let mut other = BTreeMap::new();
    for (name, value) in fields.iter() {
        let key = key(name);
        let text = scalar(value).filter(|text| !text.is_empty());
        if let Some(text) = text.filter(|_| !SERVED.contains(&key.as_str())) {
            other.entry(key).or_insert(text);
        }
    }
    other
}

/// An object by internal name, which is what the wire has; or the list that the published schema says, of
/// `{name, value}`. A list of anything else names nothing and is left out.
pub(super) fn custom_fields(fields: &Fields<'_>) -> Result<BTreeMap<String, String>, FieldError> {
    let Some(value) = fields.find("customFields") else { return Ok(BTreeMap::new()) };
    let mut custom = BTreeMap::new();
    if value.get().starts_with('[') {
        for row in fields.list("customFields")? {
            let pair = record(row, |pair| Ok((pair.text("name")?, pair.text("value")?)));
            custom.extend(pair.ok().filter(|(name, value)| !name.is_empty() && !value.is_empty()));
        }
    } else if let Some(object) = fields.object("customFields")? {
        for (name, value) in object.iter() {
            let text = scalar(value).filter(|text| !text.is_empty());
            custom.extend(text.map(|text| (name.to_owned(), text)));
        }
    }
    Ok(custom)
}

/// The keys of the names that are known, by these in lower case: each order asks for a hundred of them.
static KEYS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let known = SPELLINGS.split_whitespace();
    known.map(|name| (name.to_ascii_lowercase(), snake_case(name))).collect()
});

fn key(name: &str) -> String {
    KEYS.get(&name.to_ascii_lowercase()).cloned().unwrap_or_else(|| snake_case(name))
}

/// `customerOrderNo` → `customer_order_no`, `modifiedCOGSDate` → `modified_cogs_date`.
pub(super) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, letter) in letters.iter().enumerate() {
        let after_lower = index > 0 && !letters[index - 1].is_uppercase() && letters[index - 1] != '_';
        let ends_run = index > 0 && letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_lower || ends_run) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case_whatever_their_case() {
        for (name, expected) in [
            ("customerOrderNo", "customer_order_no"),
            ("CUSTOMERORDERNO", "customer_order_no"),
            ("ProjectName", "project_name"),
            ("modifiedCOGSDate", "modified_cogs_date"),
            ("deliveryAddress1", "delivery_address1"),
            ("SSCCNumber", "sscc_number"),
            ("phone", "phone"),
            ("_note", "_note"),
        ] {
            assert_eq!(key(name), expected);
        }
    }
}

//! Reads a product with its options.

use std::collections::BTreeMap;

use domain::product::{Product, ProductOption};

use super::other;

use crate::json::{FieldError, Fields, record, scalar};

/// The fields that are kept for the mapping to name, as the API spells them. Not the HTML description, which is
/// long, and no dates, which would make a product look changed that is not.
const OTHER: [&str; 19] = [
    "status",
    "styleCode",
    "tags",
    "brand",
    "category",
    "subCategory",
    "channels",
    "stockControl",
    "orderType",
    "productType",
    "productSubtype",
    "projectName",
    "importCustomsDuty",
    "salesAccount",
    "purchasesAccount",
    "supplierId",
    "length",
    "width",
    "height",
];

/// A product of `GET /Products`.
pub(super) fn product(fields: &Fields<'_>) -> Result<Product, FieldError> {
    Ok(Product {
        id: fields.required_id("id")?,
        name: fields.text("name")?,
        weight: fields.decimal("weight")?,
        image: first_image(fields)?,
        option_labels: [
            fields.text("optionLabel1")?,
            fields.text("optionLabel2")?,
            fields.text("optionLabel3")?,
        ],
        options: fields.nested("productOptions", option)?,
        other: other_fields(fields),
        custom_fields: other::custom_fields(fields)?,
    })
}

/// Texts and numbers only: a field of another kind is none that the mapping can use, and spoils nothing.
fn other_fields(fields: &Fields<'_>) -> BTreeMap<String, String> {
    let filled = |name: &str| fields.text(name).ok().filter(|text| !text.is_empty());
    OTHER.iter().filter_map(|name| Some((other::snake_case(name), filled(name)?))).collect()
}

/// With a size range the same id comes once per size, told apart by the size's own SKU.
fn option(fields: &Fields<'_>) -> Result<ProductOption, FieldError> {
    Ok(ProductOption {
        id: fields.required_id("id")?,
        code: first_text(fields, ["productOptionSizeCode", "productOptionCode", "code"])?,
        barcode: first_text(fields, ["productOptionSizeBarcode", "productOptionBarcode", "barcode"])?,
        weight: fields.decimal("optionWeight")?,
        image: fields.find("image").and_then(link).unwrap_or_default(),
    })
}

fn first_text(fields: &Fields<'_>, names: [&str; 3]) -> Result<String, FieldError> {
    for name in names {
        let text = fields.text(name)?;
        if !text.is_empty() {
            return Ok(text);
        }
    }
    Ok(String::new())
}

fn first_image(fields: &Fields<'_>) -> Result<String, FieldError> {
    Ok(fields.list("images")?.into_iter().find_map(link).unwrap_or_default())
}

/// `{"link": "https://…"}`, or the address itself.
fn link(value: &serde_json::value::RawValue) -> Option<String> {
    let link = scalar(value).or_else(|| record(value, |image| image.text("link")).ok());
    link.filter(|link| !link.is_empty())
}

//! Reads a product with its options.

use domain::product::{Product, ProductOption};

use crate::json::{FieldError, Fields, record, scalar};

/// A product of `GET /Products`.
pub(super) fn product(fields: &Fields<'_>) -> Result<Product, FieldError> {
    Ok(Product {
        id: fields.required_id("id")?,
        weight: fields.decimal("weight")?,
        image: first_image(fields)?,
        option_labels: [
            fields.text("optionLabel1")?,
            fields.text("optionLabel2")?,
            fields.text("optionLabel3")?,
        ],
        options: fields.nested("productOptions", option)?,
    })
}

/// With a size range the same id comes once per size, told apart by the size's own SKU.
fn option(fields: &Fields<'_>) -> Result<ProductOption, FieldError> {
    let mut code = String::new();
    for name in ["productOptionSizeCode", "productOptionCode", "code"] {
        if code.is_empty() {
            code = fields.text(name)?;
        }
    }
    let image = fields.find("image").and_then(link).unwrap_or_default();
    Ok(ProductOption { id: fields.required_id("id")?, code, weight: fields.decimal("optionWeight")?, image })
}

fn first_image(fields: &Fields<'_>) -> Result<String, FieldError> {
    Ok(fields.list("images")?.into_iter().find_map(link).unwrap_or_default())
}

/// `{"link": "https://…"}`, or the address itself.
fn link(value: &serde_json::value::RawValue) -> Option<String> {
    let link = scalar(value).or_else(|| record(value, |image| image.text("link")).ok());
    link.filter(|link| !link.is_empty())
}

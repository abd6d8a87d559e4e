//! The longest texts that ShipStation takes, in characters. V1 documents the order number's only; the others are
//! those of the custom store's reference, the one place that lists any.

/// `orderNumber`.
pub(super) const ORDER_NUMBER: usize = 50;
/// `customerUsername` (the custom store's customer code).
pub(super) const USERNAME: usize = 50;
/// `customerEmail`.
pub(super) const EMAIL: usize = 100;
/// `customerNotes`, `internalNotes`.
pub(super) const NOTES: usize = 1000;
/// `paymentMethod`.
pub(super) const PAYMENT_METHOD: usize = 50;
/// `requestedShippingService`.
pub(super) const REQUESTED_SERVICE: usize = 100;
/// `customField1` to `3`.
pub(super) const CUSTOM_FIELD: usize = 100;
/// `source`.
pub(super) const SOURCE: usize = 50;
/// `sku`.
pub(super) const SKU: usize = 100;
/// `name` of an item.
pub(super) const ITEM_NAME: usize = 200;
/// `imageUrl`.
pub(super) const IMAGE_URL: usize = 500;
/// `upc`. The custom store's 12 would leave out every EAN; this is what fits beside a SKU.
pub(super) const UPC: usize = 50;
/// Name and value of an item's option.
pub(super) const OPTION: usize = 100;
/// `warehouseLocation`.
pub(super) const LOCATION: usize = 100;
/// `description` of a customs item (V2 reference).
pub(super) const CUSTOMS_DESCRIPTION: usize = 100;
/// `harmonizedTariffCode`: ten digits with dots between them, and some room.
pub(super) const HS_CODE: usize = 20;

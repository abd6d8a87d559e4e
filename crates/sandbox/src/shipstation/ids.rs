//! The numbers that the account hands out. Each kind counts up from its own start, so that ids of different
//! kinds are never mistaken for each other in a test.

/// The next number of every kind.
#[derive(Debug)]
pub(crate) struct Ids {
    order: i64,
    item: i64,
    shipment: i64,
    fulfillment: i64,
    batch: i64,
    batch_number: i64,
    customer: i64,
    customs_item: i64,
    webhook: i64,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            order: 390_600_000,
            item: 780_100_000,
            shipment: 144_200_000,
            fulfillment: 22_300_000,
            batch: 187_900_000,
            batch_number: 100_000,
            customer: 37_700_000,
            customs_item: 55_800_000,
            webhook: 122_000,
        }
    }
}

fn next(counter: &mut i64) -> i64 {
    *counter += 1;
    *counter
}

impl Ids {
    pub(crate) fn order(&mut self) -> i64 {
        next(&mut self.order)
    }

    pub(crate) fn item(&mut self) -> i64 {
        next(&mut self.item)
    }

    pub(crate) fn shipment(&mut self) -> i64 {
        next(&mut self.shipment)
    }

    pub(crate) fn fulfillment(&mut self) -> i64 {
        next(&mut self.fulfillment)
    }

    pub(crate) fn batch(&mut self) -> i64 {
        next(&mut self.batch)
    }

    pub(crate) fn batch_number(&mut self) -> i64 {
        next(&mut self.batch_number)
    }

    pub(crate) fn customer(&mut self) -> i64 {
        next(&mut self.customer)
    }

    pub(crate) fn customs_item(&mut self) -> i64 {
        next(&mut self.customs_item)
    }

    pub(crate) fn webhook(&mut self) -> i64 {
        next(&mut self.webhook)
    }
}

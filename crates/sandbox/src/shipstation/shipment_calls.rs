//! The calls about labels and webhooks, as HTTP: `createlabelfororder`, `voidlabel`, `subscribe`.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use url::Url;

use super::bind;
use super::document;
use super::fault::Fault;
use super::labels::LabelRequest;
use super::order_calls::required;
use super::routes::Answer;
use super::subscriptions::WebhookEvent;
use super::{OperationError, ShipStation, carriers};
use crate::exchange::{Reply, Request};

impl ShipStation {
    /// Buys a label by API. A test label costs nothing, leaves no row and does not ship the order.
    pub(super) fn post_label_for_order(&mut self, request: &Request, _: i64, now: Timestamp) -> Answer {
        let (label, given, test) = bind::object(&request.body, "request", |body| {
            let codes = body.text("carrierCode").zip(body.text("serviceCode"));
            let given = [
                ("orderId", body.integer("orderId").is_some()),
                ("carrierCode", body.text("carrierCode").is_some()),
                ("serviceCode", body.text("serviceCode").is_some()),
                ("confirmation", body.text("confirmation").is_some()),
                ("shipDate", body.date("shipDate").is_some()),
            ];
            let label = LabelRequest {
                order_id: body.integer("orderId").unwrap_or_default(),
                items: None,
                service: codes,
                weight: document::weight(body),
            };
            (label, given, body.boolean("testLabel").unwrap_or(false))
        })?;
        if let Some((missing, _)) = given.iter().find(|(_, given)| !given) {
            return Err(Fault::bad_request(format!("'{missing}' is required.")));
        }
        if test {
            return self.test_label(&label);
        }
        let id = self.buy_label(&label, now)?;
        let row = &self.shipments[&id];
        Ok(bought(id, row.shipment_cost, row.insurance_cost, &row.tracking_number))
    }

    fn test_label(&mut self, label: &LabelRequest) -> Answer {
        let unknown = OperationError::UnknownOrder(label.order_id);
        self.visible(label.order_id).ok_or(unknown)?;
        let (carrier, service) = label.service.clone().unwrap_or_default();
        let service = carriers::service(&carrier, &service)
            .ok_or(OperationError::UnusableService { carrier, service })?;
        let tracking = carriers::tracking_number(service, &mut self.rng);
        Ok(bought(self.ids.shipment(), Decimal::ZERO, Decimal::ZERO, &tracking))
    }

    pub(super) fn post_void(&mut self, request: &Request, _: i64, now: Timestamp) -> Answer {
        let id = bind::object(&request.body, "request", |body| body.integer("shipmentId"))?;
        match self.void_label(required(id, "shipmentId")?, now) {
            Ok(()) => Ok(voided(true, "Label voided successfully")),
            Err(error @ OperationError::AlreadyVoided(_)) => Ok(voided(false, &error.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn post_subscribe(&mut self, request: &Request, _: i64, _: Timestamp) -> Answer {
        let (url, event, store, name) = bind::object(&request.body, "request", |body| {
            (
                body.text("target_url"),
                body.text("event"),
                body.integer("store_id"),
                body.text("friendly_name"),
            )
        })?;
        let url = required(url, "target_url")?;
        if !Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Err(Fault::bad_request("'target_url' must be an absolute http or https address."));
        }
        let event = required(event, "event")?;
        let event = WebhookEvent::parse(&event)
            .ok_or_else(|| Fault::bad_request(format!("'{event}' is not a valid event.")))?;
        if let Some(id) = store
            && !self.settings.stores.iter().any(|store| store.id == id)
        {
            return Err(OperationError::UnknownStore(id).into());
        }
        let id = self.insert_subscription(url, event, store, name);
        Ok(Reply::json(200, &json!({ "id": id })))
    }

    pub(super) fn delete_webhook(&mut self, _: &Request, id: i64, _: Timestamp) -> Answer {
        if self.unsubscribe(id) {
            Ok(Reply::empty(200))
        } else {
            Err(Fault::not_found(format!("Webhook {id} was not found.")))
        }
    }
}

fn voided(approved: bool, message: &str) -> Reply {
    Reply::json(200, &json!({ "approved": approved, "message": message }))
}

fn bought(id: i64, cost: Decimal, insurance: Decimal, tracking: &str) -> Reply {
    Reply::json(
        200,
        &json!({
            "shipmentId": id,
            "shipmentCost": number(cost),
            "insuranceCost": number(insurance),
            "trackingNumber": tracking,
            "labelData": STANDARD.encode(pdf(tracking)),
            "formData": null,
        }),
    )
}

fn number(amount: Decimal) -> Value {
    f64::try_from(amount).map_or(Value::Null, Value::from)
}

/// A label: a PDF of one page of 4 by 6 inches that shows the tracking number.
fn pdf(tracking: &str) -> String {
    let text = format!("BT /F1 14 Tf 36 380 Td ({tracking}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 288 432] /Contents 4 0 R \
         /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
    ];
    let mut document = "%PDF-1.4\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(&objects) {
        writeln!(table, "{:010} 00000 n ", document.len()).expect("a String takes everything");
        writeln!(document, "{number} 0 obj\n{object}\nendobj").expect("a String takes everything");
    }
    let start = document.len();
    let size = objects.len() + 1;
    format!("{document}{table}trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n")
}

//! WhatsApp.

mod events;
mod sending;

use serde_json::{Value, json};
use simulators::Receipts;
use simulators::whatsapp::{Customer, Options, Simulator};

use crate::support::{Receiver, answer, client};

async fn start(options: Options) -> (Simulator, Customer, Receiver) {
    let receiver = Receiver::start().await;
    let vendor = Simulator::start(Options {
        webhook_url: Some(receiver.url.clone()),
        receipts: Receipts::Off,
        ..options
    });
    let vendor = vendor.await.expect("a port");
    let ana = vendor.customer("5511900000001", "Ana Test");
    (vendor, ana, receiver)
}

async fn send(vendor: &Simulator, body: Value) -> (u16, Value) {
    let url = format!(
        "{}/v26.0/{}/messages",
        vendor.base(),
        vendor.options().phone_number_id
    );
    answer(client().post(url).bearer_auth("EAAtesttoken").json(&body)).await
}

fn text(body: &str) -> Value {
    json!({"messaging_product": "whatsapp", "to": "5511900000001", "type": "text", "text": {"body": body}})
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

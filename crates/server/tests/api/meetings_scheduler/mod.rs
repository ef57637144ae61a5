//! The built-in scheduler: free times, booking in the chat, and what is sent by mail.

mod chat;
mod mails;
mod slots;
mod told;

use serde_json::{Value, json};
use testkit::{Server, Tenant, Visitor};

use crate::quick_tenant;

/// A shop that is open from nine to five in Paris, every day, and books its owner.
async fn shop(server: &Server) -> Tenant {
    let tenant = quick_tenant(server).await;
    server.user(&tenant, "olga@shop.example", "owner").await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    let day = json!([["09:00", "17:00"]]);
    let hours = json!({"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day, "saturday": day,
        "sunday": day});
    set(
        &tenant,
        &json!({"is_on": true, "time_zone": "Europe/Paris", "hours": hours}),
    )
    .await;
    tenant
}

async fn set(tenant: &Tenant, scheduler: &Value) -> Value {
    let patch = json!({"scheduler": scheduler});
    let call = tenant.api.patch("/api/v1/meetings/settings").json(&patch);
    call.expect(200).await["scheduler"].clone()
}

async fn meetings(tenant: &Tenant, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/meetings{query}");
    let list = tenant.api.get(&path).expect(200).await;
    list["items"].as_array().expect("a list").clone()
}

async fn slots(tenant: &Tenant, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/meetings/slots{query}");
    let list = tenant.api.get(&path).expect(200).await;
    list["items"].as_array().expect("a list").clone()
}

fn text(said: &Value) -> String {
    said["answer"]["text"].as_str().unwrap_or_default().to_owned()
}

fn chips(said: &Value) -> Vec<String> {
    let chips = said["answer"]["suggestion_chips"].as_array();
    let chips = chips.unwrap_or_else(|| panic!("no chips: {said}"));
    chips
        .iter()
        .map(|chip| chip.as_str().expect("a text").to_owned())
        .collect()
}

/// A visitor whose address is known.
async fn known_visitor(tenant: &Tenant, email: &str) -> Visitor {
    let visitor = tenant.visitor().await;
    visitor.say("Where is the shop?").await;
    let contact = json!({"email": email});
    let path = visitor.path("contact");
    visitor.api.post(&path).json(&contact).expect(204).await;
    visitor
}

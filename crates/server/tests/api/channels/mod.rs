//! Messaging channels as their vendors, members and visitors meet them: the real server, and simulators of the vendors.

mod apart;
mod attacks;
mod brain;
mod contents;
mod conversing;
mod forged;
mod keeping;
mod renewal;
mod secrets;
mod sending;
mod silence;
mod taken_back;

use serde_json::json;
use testkit::{Channel, Server, Tenant, Vendor};

use crate::support::server;

const QUESTION: &str = "Do you ship to Belgium?";
const ANSWER: &str = "Yes, parcels to Belgium arrive within two working days.";
const OTHER_QUESTION: &str = "What are your opening hours?";
const OTHER_ANSWER: &str = "The shop is open from Tuesday to Saturday, ten to six.";

/// A server with a public address.
async fn open_server() -> Server {
    server().with_public_address().start().await
}

/// A tenant whose bot knows two answers.
async fn shop(server: &Server, name: &str) -> Tenant {
    let tenant = server.tenant(name).await;
    tenant
        .teach_all(&[(QUESTION, ANSWER), (OTHER_QUESTION, OTHER_ANSWER)])
        .await;
    tenant
}

/// A channel of a new tenant, whose bot answers each message at once.
async fn quick_channel(server: &Server, kind: &str) -> (Vendor, Channel) {
    let (tenant, vendor) = (shop(server, kind).await, Vendor::start(kind).await);
    let channel = tenant.connect(server, &vendor).await;
    channel
        .configure(&json!({"settings": {"join_messages": "never"}}))
        .await;
    (vendor, channel)
}

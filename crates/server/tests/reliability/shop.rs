//! A shop with a little knowledge, and what is asked there.

use testkit::{Server, ServerBuilder, Tenant};

/// Questions with the approved text of their answers. The bot is sure of each when it is asked in these words.
pub const KNOWN: [(&str, &str); 12] = [
    (
        "Do you ship to Belgium?",
        "Yes, parcels to Belgium arrive within two working days.",
    ),
    (
        "What is your return policy?",
        "You may return unused goods within thirty days of delivery.",
    ),
    (
        "What are your opening hours?",
        "The shop is open from Tuesday to Saturday, ten to six.",
    ),
    (
        "Can I pay in instalments?",
        "Yes, orders above 300 euros can be paid in three parts.",
    ),
    (
        "How do I care for oiled oak?",
        "Wipe it with a damp cloth and oil it again once a year.",
    ),
    (
        "Is there parking near the showroom?",
        "The car park Sint-Jacobs is three minutes away on foot.",
    ),
    (
        "Can I cancel my order?",
        "An order can be cancelled free of charge until it is in production.",
    ),
    (
        "Do you make tables to measure?",
        "Every table top can be made to your own dimensions in steps of five centimetres.",
    ),
    (
        "How long does a refund take?",
        "Refunds are on your account within five working days.",
    ),
    (
        "Can I bring my dog to the shop?",
        "Dogs on a lead are welcome, and there is water at the door.",
    ),
    (
        "Do you sell gift vouchers?",
        "Gift vouchers from 25 euros are sold in the shop and online; they are valid for two years.",
    ),
    (
        "Is a mattress included with the bed?",
        "No, beds come with a slatted base but without a mattress.",
    ),
];

/// The `number`th question, round and round.
pub fn question(number: usize) -> &'static str {
    KNOWN[number % KNOWN.len()].0
}

pub fn server() -> ServerBuilder {
    Server::of(env!("CARGO_BIN_EXE_rapport"))
}

/// A tenant that knows the answers.
pub async fn open(server: &Server, name: &str) -> Tenant {
    let tenant = server.tenant(name).await;
    tenant.teach_all(&KNOWN).await;
    tenant
}

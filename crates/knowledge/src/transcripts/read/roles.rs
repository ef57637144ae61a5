//! Words by which exports say who speaks.

use super::Side;
use crate::retrieval::text::fold;

const CUSTOMERS: &[&str] = &[
    "user",
    "customer",
    "client",
    "cliente",
    "visitor",
    "visiteur",
    "contact",
    "lead",
    "end-user",
    "end_user",
    "enduser",
    "guest",
    "invite",
    "buyer",
    "acheteur",
    "consumer",
    "inbound",
    "incoming",
    "requester",
    "demandeur",
    "kunde",
    "usager",
    "utilisateur",
    "prospect",
    "vous (client)",
    "shopper",
];
const BUSINESS: &[&str] = &[
    "agent",
    "operator",
    "operateur",
    "admin",
    "support",
    "staff",
    "team",
    "business",
    "company",
    "assistant",
    "outbound",
    "outgoing",
    "conseiller",
    "conseillere",
    "service client",
    "customer service",
    "customer support",
    "employee",
    "representative",
    "rep",
    "seller",
    "vendeur",
    "equipe",
    "teammate",
    "human",
    "shop",
    "advisor",
];
const BOTS: &[&str] = &[
    "bot",
    "ai",
    "chatbot",
    "robot",
    "automation",
    "workflow",
    "ia",
    "virtual assistant",
    "operator bot",
];
const NOBODY: &[&str] = &[
    "system",
    "systeme",
    "event",
    "note",
    "internal",
    "private_note",
    "private",
    "notification",
    "activity",
    "trigger",
];

/// What a role's name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Of(Side),
    /// An event or a note: nobody says this to anybody.
    Nobody,
}

pub fn role(word: &str) -> Option<Role> {
    let folded = fold(word.trim());
    let word = folded.as_str();
    let is_in = |words: &[&str]| words.contains(&word);
    if is_in(CUSTOMERS) {
        Some(Role::Of(Side::Customer))
    } else if is_in(BUSINESS) {
        Some(Role::Of(Side::Business))
    } else if is_in(BOTS) {
        Some(Role::Of(Side::Bot))
    } else if is_in(NOBODY) {
        Some(Role::Nobody)
    } else {
        None
    }
}

pub fn side(word: &str) -> Option<Side> {
    match role(word) {
        Some(Role::Of(side)) => Some(side),
        _ => None,
    }
}

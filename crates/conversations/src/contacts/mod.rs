//! Contacts: the people who write to the business, and how they are recognised.

pub mod store;

use kernel::ids::ContactId;
use serde::{Deserialize, Serialize};

/// A contact as the inbox shows it.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Contact {
    pub id: ContactId,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// Who a signed identity token says the visitor is. Only what was signed is believed.
#[derive(Debug, Clone, Default)]
pub struct VerifiedIdentity {
    /// The business's own id of the person (`sub`).
    pub subject: String,
    pub name: Option<String>,
    pub email: Option<String>,
}

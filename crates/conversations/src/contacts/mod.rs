//! Contacts: the people who write to the business, and how they are recognised.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::{Error, forbidden};
use kernel::ids::{ContactId, ConversationId};
use serde::{Deserialize, Serialize};

use crate::inbox::Status;
use crate::people::merges::Merge;

/// A contact as the inbox shows it.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Contact {
    pub id: ContactId,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// A contact with everything that is known.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ContactDetails {
    pub id: ContactId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub language: Option<String>,
    /// For colleagues; the person never sees it.
    pub note: String,
    /// Their messages are refused.
    pub is_blocked: bool,
    pub identities: Vec<Identity>,
    pub channels: Vec<ContactChannel>,
    /// The newest 100, newest activity first.
    pub conversations: Vec<PastConversation>,
    /// Contacts that became part of this one, and can be taken out again.
    pub merges: Vec<Merge>,
    /// The contact that this one became part of.
    pub merged_into: Option<ContactId>,
    /// As a vendor calls them.
    pub username: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_interaction_at: Option<DateTime<Utc>>,
}

/// A contact in a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ContactListItem)]
pub struct ContactRow {
    pub id: ContactId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub username: Option<String>,
    pub last_interaction_at: Option<DateTime<Utc>>,
    pub channels: Vec<ContactChannel>,
}

/// Where a contact has written.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ContactChannel {
    /// `widget`, `whatsapp` and so on.
    pub kind: String,
    pub name: String,
    /// The vendor's id of the person. Null for a widget.
    pub platform_id: Option<String>,
}

/// One way to recognise a contact.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ContactIdentity)]
pub struct Identity {
    /// `external`: the business's own id, from a signed identity token; `email`, `phone`, `platform`.
    pub kind: String,
    pub value: String,
    pub is_verified: bool,
}

/// A line of what was talked about before.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ContactConversation)]
pub struct PastConversation {
    pub id: ConversationId,
    pub status: Status,
    pub last_message_preview: Option<String>,
    pub last_message_at: Option<DateTime<Utc>>,
    pub channel_name: String,
}

/// Who a signed identity token says the visitor is. Only what was signed is believed.
#[derive(Debug, Clone, Default)]
pub struct VerifiedIdentity {
    /// The business's own id of the person (`sub`).
    pub subject: String,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// What a blocked contact is told: nothing about why.
pub fn blocked() -> Error {
    forbidden(
        "blocked",
        "Messages cannot be sent here at the moment. Please contact the business in another way.",
    )
}

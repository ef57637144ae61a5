//! Settings of sales: the workspace's currency, and who of a channel's visitors becomes a client.

pub mod api;
pub mod store;

use kernel::ids::ChannelId;
use kernel::money::Currency;
use serde::{Deserialize, Serialize};

/// Who of a channel's visitors becomes a client by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ClientRule {
    /// Everybody who writes.
    Always,
    /// Whoever has told an e-mail address or a phone number.
    Identified,
    Never,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CrmSettings {
    /// In which totals of a client are counted; amounts in others stand beside them.
    pub currency: Currency,
    pub channels: Vec<ChannelRule>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ChannelRule {
    pub id: ChannelId,
    pub name: String,
    /// `widget`, `whatsapp` and so on.
    pub kind: String,
    pub client_rule: ClientRule,
}

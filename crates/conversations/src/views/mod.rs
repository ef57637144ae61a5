//! Views: filters of the inbox under a name, for oneself or for the team.

pub mod api;
mod store;

use kernel::ids::InboxViewId;
use serde::Serialize;

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct InboxView {
    pub id: InboxViewId,
    pub name: String,
    /// The filter as it stands in the dashboard's address: `view=mine&label=…`.
    pub query: String,
    /// Everybody sees it.
    pub is_shared: bool,
    pub is_mine: bool,
}

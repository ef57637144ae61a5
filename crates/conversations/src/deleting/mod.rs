//! Deleting conversations that are not needed any more, many at once. Whoever wrote them stays; erasing a person is the
//! business of [`contacts`](crate::contacts).

pub mod api;
mod store;

use chrono::{DateTime, Utc};
use kernel::ids::ChannelId;
use serde::{Deserialize, Serialize};

use crate::inbox::Status;

/// Which conversations are meant; all of it has to fit.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = ConversationDeleteFilter)]
pub struct Filter {
    pub channel_id: Option<ChannelId>,
    pub status: Option<Status>,
    /// Nothing was said in it since this moment.
    pub quiet_since: Option<DateTime<Utc>>,
}

/// What goes, or has gone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DeletedConversations)]
pub struct Counts {
    pub conversations: i64,
    pub messages: i64,
    pub files: i64,
    /// To be sent with the deletion itself.
    pub seen_at: DateTime<Utc>,
}

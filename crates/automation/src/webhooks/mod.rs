//! Outgoing webhooks after Standard Webhooks 1.0.0: what happens is told to the addresses that a tenant names.
//!
//! Triggers write what has happened, one row for each endpoint that asks for it, in the transaction in which it
//! happened (`tell_webhooks` in `migrations/replaceable`), with a job. From there on [`jobs`] decides when an endpoint
//! gets its turn, [`sending`] makes one request, [`schedule`] says when the next one is due, and [`outcome`] what an
//! answer means for the endpoint. It is told at least once, in no promised order.

pub mod deliveries;
pub mod endpoints;
pub mod jobs;
mod outcome;
mod schedule;
pub mod sending;

use access::{Member, Permission};
use kernel::Result;
use serde::{Deserialize, Serialize};

/// What an endpoint can ask for. The triggers name the same words.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[schema(as = WebhookEventType)]
pub enum EventType {
    #[serde(rename = "message.created")]
    MessageCreated,
    #[serde(rename = "message.status_changed")]
    MessageStatusChanged,
    #[serde(rename = "conversation.created")]
    ConversationCreated,
    #[serde(rename = "conversation.resolved")]
    ConversationResolved,
    #[serde(rename = "conversation.reopened")]
    ConversationReopened,
    #[serde(rename = "conversation.assigned")]
    ConversationAssigned,
    #[serde(rename = "conversation.handoff_requested")]
    ConversationHandoffRequested,
    #[serde(rename = "conversation.rated")]
    ConversationRated,
    #[serde(rename = "contact.created")]
    ContactCreated,
    #[serde(rename = "contact.updated")]
    ContactUpdated,
    #[serde(rename = "answer.rated")]
    AnswerRated,
    #[serde(rename = "gap.detected")]
    GapDetected,
    #[serde(rename = "client.created")]
    ClientCreated,
    #[serde(rename = "client.updated")]
    ClientUpdated,
    #[serde(rename = "deal.created")]
    DealCreated,
    #[serde(rename = "deal.stage_changed")]
    DealStageChanged,
    #[serde(rename = "order.created")]
    OrderCreated,
    #[serde(rename = "order.status_changed")]
    OrderStatusChanged,
    #[serde(rename = "lead.created")]
    LeadCreated,
    #[serde(rename = "lead.status_changed")]
    LeadStatusChanged,
    #[serde(rename = "meeting.booked")]
    MeetingBooked,
    #[serde(rename = "meeting.moved")]
    MeetingMoved,
    #[serde(rename = "meeting.cancelled")]
    MeetingCancelled,
    #[serde(rename = "meeting.completed")]
    MeetingCompleted,
}

impl EventType {
    pub const ALL: [Self; 24] = [
        Self::MessageCreated,
        Self::MessageStatusChanged,
        Self::ConversationCreated,
        Self::ConversationResolved,
        Self::ConversationReopened,
        Self::ConversationAssigned,
        Self::ConversationHandoffRequested,
        Self::ConversationRated,
        Self::ContactCreated,
        Self::ContactUpdated,
        Self::AnswerRated,
        Self::GapDetected,
        Self::ClientCreated,
        Self::ClientUpdated,
        Self::DealCreated,
        Self::DealStageChanged,
        Self::OrderCreated,
        Self::OrderStatusChanged,
        Self::LeadCreated,
        Self::LeadStatusChanged,
        Self::MeetingBooked,
        Self::MeetingMoved,
        Self::MeetingCancelled,
        Self::MeetingCompleted,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::MessageCreated => "message.created",
            Self::MessageStatusChanged => "message.status_changed",
            Self::ConversationCreated => "conversation.created",
            Self::ConversationResolved => "conversation.resolved",
            Self::ConversationReopened => "conversation.reopened",
            Self::ConversationAssigned => "conversation.assigned",
            Self::ConversationHandoffRequested => "conversation.handoff_requested",
            Self::ConversationRated => "conversation.rated",
            Self::ContactCreated => "contact.created",
            Self::ContactUpdated => "contact.updated",
            Self::AnswerRated => "answer.rated",
            Self::GapDetected => "gap.detected",
            Self::ClientCreated => "client.created",
            Self::ClientUpdated => "client.updated",
            Self::DealCreated => "deal.created",
            Self::DealStageChanged => "deal.stage_changed",
            Self::OrderCreated => "order.created",
            Self::OrderStatusChanged => "order.status_changed",
            Self::LeadCreated => "lead.created",
            Self::LeadStatusChanged => "lead.status_changed",
            Self::MeetingBooked => "meeting.booked",
            Self::MeetingMoved => "meeting.moved",
            Self::MeetingCancelled => "meeting.cancelled",
            Self::MeetingCompleted => "meeting.completed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An endpoint is given what the team reads, so nobody may make one who may not read it.
fn may_manage(member: &Member) -> Result<()> {
    member.require(Permission::ManageWorkspace)?;
    member.require(Permission::ReadConversations)?;
    member.require(Permission::ReadKnowledge)?;
    member.require(Permission::ReadCrm)
}

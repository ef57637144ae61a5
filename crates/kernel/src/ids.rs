//! Identifiers: one type a kind of thing, so that a contact's id cannot be passed where a conversation's is due.
//! All are UUIDv7, made here and not by the database: ordered by time, kind to indexes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, later than all made before it.
            #[expect(clippy::new_without_default, reason = "an id is never a default value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

id_types! {
    TenantId,
    UserId,
    ApiKeyId,
    CredentialId,
    InvitationId,
    DemoId,
    SessionId,
    AuditId,
    ChannelId,
    ContactId,
    ConversationId,
    MessageId,
    EscalationId,
    LabelId,
    NoteId,
    ConversationEventId,
    ToolCallId,
    OrderVerificationId,
    SavedReplyId,
    InboxViewId,
    QaPairId,
    DocumentId,
    WebsiteId,
    WebsitePageId,
    PassageId,
    GapId,
    VersionId,
    ChangeId,
    BacktestId,
    EvaluationSetId,
    EvaluationCaseId,
    EvaluationRunId,
    KnowledgeBaseId,
    TranscriptId,
    ProposalId,
    AssetId,
    DeliveryId,
    InboundEventId,
    AgentPromptId,
    ChannelAgentId,
    WebhookEndpointId,
    WebhookDeliveryId,
    EmailId,
    KeywordActionId,
    CollectionId,
    RuleId,
    RuleEventId,
    FiringId,
    ClientId,
    ClientMergeId,
    DealId,
    PipelineId,
    PipelineStageId,
    ProductId,
    OrderId,
    ActivityId,
    CrmNoteId,
    TagId,
    CustomFieldId,
    SegmentId,
    LeadId,
    MeetingId,
    TopicId,
    TrainingSetId,
    TrainingExampleId,
    ModelVersionId,
    /// A short-lived id for one request or one piece of work, for logs.
    RequestId,
}

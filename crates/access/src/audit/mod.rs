//! The audit log: who did what. Rows are written in the transaction of the deed and can never be changed.

pub mod api;
mod store;

use chrono::{DateTime, Utc};
use kernel::ids::AuditId;
use kernel::{Event, Result, TenantTx, WorkspaceList};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The actor of what is done from the command line.
pub const OPERATOR: &str = "operator";

/// The actor of what the product does by itself.
pub const SYSTEM: &str = "system";

/// What can have been done, past tense. The dashboard has a text for each; without one it does not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = AuditAction)]
pub enum Action {
    TenantCreated,
    TenantSuspended,
    TenantResumed,
    OperatorAccessGranted,
    OperatorAccessEnded,
    OperatorCame,
    OperatorLeft,
    OperatorRead,
    OperatorActed,
    DataImported,
    WorkspaceChanged,
    InboxSettingsChanged,
    OnboardingChanged,
    InvitationCreated,
    InvitationAccepted,
    InvitationRevoked,
    MemberAdded,
    MemberRoleChanged,
    MemberRemoved,
    PasswordChanged,
    TwoFactorEnabled,
    TwoFactorDisabled,
    ApiKeyCreated,
    ApiKeyRevoked,
    ApiKeyRotated,
    LlmCredentialCreated,
    LlmCredentialChanged,
    LlmCredentialDeleted,
    ChannelCreated,
    ChannelUpdated,
    ChannelPublished,
    ChannelReconnected,
    ChannelDeleted,
    InboundEventReplayed,
    ChannelSecretRenewed,
    MailServerChanged,
    MailServerRemoved,
    EscalationAddressChanged,
    TranscriptMailed,
    AssetUploaded,
    AgentPromptCreated,
    AgentPromptUpdated,
    AgentPromptDeleted,
    ChannelAgentCreated,
    ChannelAgentChanged,
    ChannelAgentDeleted,
    LabelCreated,
    LabelChanged,
    LabelDeleted,
    ContactBlocked,
    ContactUnblocked,
    ContactErased,
    ConversationsDeleted,
    ContactsMerged,
    ContactsUnmerged,
    LeadDeleted,
    MeetingSettingsChanged,
    DocumentDeleted,
    WebsiteAdded,
    WebsiteDeleted,
    QaPairDeleted,
    QaPairMerged,
    QaPairRestored,
    QaPairsChanged,
    QaPairsImported,
    GapsReopened,
    EmbedderChanged,
    TranscriptAdded,
    TranscriptDeleted,
    WebhookCreated,
    WebhookChanged,
    WebhookDeleted,
    WebhookSecretRenewed,
    /// By the product itself: it is gone, or has failed for days.
    WebhookDisabled,
    ClientCreated,
    ClientDeleted,
    ClientAddressConfirmed,
    ClientsMerged,
    ClientsUnmerged,
    ClientsImported,
    ClientsExported,
    ClientsChanged,
    CrmSettingsChanged,
    PipelineCreated,
    PipelineChanged,
    PipelineDeleted,
    CustomFieldCreated,
    CustomFieldChanged,
    CustomFieldDeleted,
    TagDeleted,
    DealCreated,
    DealDeleted,
    ProductDeleted,
    ProductsImported,
    OrderDeleted,
    OrdersImported,
    ChannelToolsChanged,
    ToolCallApproved,
    ToolCallRefused,
    KeywordActionCreated,
    KeywordActionChanged,
    KeywordActionDeleted,
    CollectionCreated,
    CollectionChanged,
    CollectionDeleted,
    RuleCreated,
    RuleChanged,
    RuleDeleted,
    TrainingSetCreated,
    TrainingSetChanged,
    TrainingSetFrozen,
    TrainingSetExported,
    TrainingSetDeleted,
    ModelVersionRegistered,
    ModelTuningStarted,
    ModelTuningCancelled,
    ModelVersionActivated,
    ModelVersionDeactivated,
    ModelVersionChanged,
    ModelVersionDeleted,
    RetrievalTrainingStarted,
    RetrievalTrained,
    AuditLogExported,
    WorkspaceExported,
    WorkspaceImported,
    ContactExported,
    RetentionChanged,
    /// By the product itself: they were older than the workspace keeps them.
    ConversationsExpired,
    PlanChanged,
}

impl Action {
    /// The list that open dashboards have to read again.
    fn list(self) -> Option<WorkspaceList> {
        use WorkspaceList::{
            Automation, Channels, Keys, Knowledge, Labels, Leads, Meetings, Members, Models, Orders,
            Products, Sales, Settings, Webhooks,
        };
        match self {
            Self::WorkspaceChanged
            | Self::RetentionChanged
            | Self::TenantSuspended
            | Self::TenantResumed
            | Self::OperatorAccessGranted
            | Self::OperatorAccessEnded
            | Self::OperatorCame
            | Self::OperatorLeft
            | Self::InboxSettingsChanged
            | Self::MailServerChanged
            | Self::MailServerRemoved
            | Self::EscalationAddressChanged
            | Self::PlanChanged => Some(Settings),
            Self::InvitationCreated
            | Self::InvitationAccepted
            | Self::InvitationRevoked
            | Self::MemberAdded
            | Self::MemberRoleChanged
            | Self::MemberRemoved => Some(Members),
            Self::ApiKeyCreated
            | Self::ApiKeyRevoked
            | Self::ApiKeyRotated
            | Self::LlmCredentialCreated
            | Self::LlmCredentialChanged
            | Self::LlmCredentialDeleted => Some(Keys),
            Self::ChannelCreated
            | Self::ChannelUpdated
            | Self::ChannelPublished
            | Self::ChannelReconnected
            | Self::ChannelToolsChanged
            | Self::ChannelDeleted
            | Self::AgentPromptCreated
            | Self::AgentPromptUpdated
            | Self::AgentPromptDeleted
            | Self::ChannelAgentCreated
            | Self::ChannelAgentChanged
            | Self::ChannelAgentDeleted => Some(Channels),
            Self::WebhookCreated
            | Self::WebhookChanged
            | Self::WebhookDeleted
            | Self::WebhookSecretRenewed
            | Self::WebhookDisabled => Some(Webhooks),
            Self::CrmSettingsChanged
            | Self::PipelineCreated
            | Self::PipelineChanged
            | Self::PipelineDeleted
            | Self::CustomFieldCreated
            | Self::CustomFieldChanged
            | Self::CustomFieldDeleted
            | Self::TagDeleted => Some(Sales),
            Self::ProductDeleted | Self::ProductsImported => Some(Products),
            Self::OrderDeleted | Self::OrdersImported => Some(Orders),
            Self::KeywordActionCreated
            | Self::KeywordActionChanged
            | Self::KeywordActionDeleted
            | Self::CollectionCreated
            | Self::CollectionChanged
            | Self::CollectionDeleted
            | Self::RuleCreated
            | Self::RuleChanged
            | Self::RuleDeleted => Some(Automation),
            Self::TrainingSetCreated
            | Self::TrainingSetChanged
            | Self::TrainingSetFrozen
            | Self::TrainingSetDeleted
            | Self::ModelVersionRegistered
            | Self::ModelTuningStarted
            | Self::ModelTuningCancelled
            | Self::ModelVersionActivated
            | Self::ModelVersionDeactivated
            | Self::ModelVersionChanged
            | Self::ModelVersionDeleted
            | Self::RetrievalTrainingStarted
            | Self::RetrievalTrained => Some(Models),
            Self::LeadDeleted => Some(Leads),
            Self::MeetingSettingsChanged => Some(Meetings),
            Self::LabelCreated | Self::LabelChanged | Self::LabelDeleted => Some(Labels),
            // what only they asked leaves the gaps
            Self::ContactErased
            | Self::ConversationsDeleted
            | Self::DocumentDeleted
            | Self::WebsiteAdded
            | Self::WebsiteDeleted
            | Self::QaPairDeleted
            | Self::QaPairMerged
            | Self::QaPairRestored
            | Self::QaPairsChanged
            | Self::QaPairsImported
            | Self::GapsReopened
            | Self::EmbedderChanged
            | Self::TranscriptAdded
            | Self::TranscriptDeleted => Some(Knowledge),
            Self::TenantCreated
            | Self::OperatorRead
            | Self::OperatorActed
            | Self::OnboardingChanged
            | Self::PasswordChanged
            | Self::TwoFactorEnabled
            | Self::TwoFactorDisabled
            | Self::ChannelSecretRenewed
            | Self::InboundEventReplayed
            | Self::AssetUploaded
            | Self::TranscriptMailed
            | Self::ContactBlocked
            | Self::ContactUnblocked
            | Self::ContactsMerged
            | Self::ContactsUnmerged
            | Self::ClientCreated
            | Self::ClientDeleted
            | Self::ClientAddressConfirmed
            | Self::ClientsMerged
            | Self::ClientsUnmerged
            | Self::ClientsImported
            | Self::ClientsExported
            | Self::ClientsChanged
            | Self::DealCreated
            | Self::DealDeleted
            | Self::DataImported
            | Self::ToolCallApproved
            | Self::ToolCallRefused
            | Self::TrainingSetExported
            | Self::AuditLogExported
            | Self::WorkspaceExported
            | Self::WorkspaceImported
            | Self::ContactExported
            | Self::ConversationsExpired => None,
        }
    }
}

/// One deed, as the API shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuditEntry {
    pub id: AuditId,
    /// `user:<id>`, `api_key:<id>`, `operator:<id>` (let in by an owner), `operator` or `system`.
    pub actor: String,
    /// The name of the member, key or operator; null when it is gone, or when it was neither.
    pub actor_name: Option<String>,
    /// Past tense: `api_key_created`.
    #[schema(value_type = Action)]
    pub action: String,
    /// `<kind>:<id>` of what was touched.
    pub subject: Option<String>,
    /// The name of the touched member, key, channel or model, if it is still there.
    pub subject_name: Option<String>,
    #[schema(value_type = Object)]
    pub details: Value,
    pub created_at: DateTime<Utc>,
}

/// What is looked for in the log; whatever is not given does not matter.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditFilter {
    /// Only this kind of deed, such as `api_key_created`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Who: `user:<id>`, `api_key:<id>`, `operator` or `system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What was touched: `<kind>:<id>`, or a kind such as `channel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// From this time on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
}

/// Adds one row, and tells open dashboards which list to read again. `subject` is `<kind>:<id>`.
pub async fn record(
    tx: &mut TenantTx,
    actor: &str,
    action: Action,
    subject: &str,
    details: Value,
) -> Result<()> {
    store::insert(tx, actor, action, subject, details).await?;
    if let Some(what) = action.list() {
        tx.emit(Event::WorkspaceChanged { what });
    }
    Ok(())
}

/// Adds one row for what a member or key did to themselves or to another.
pub async fn record_by(
    tx: &mut TenantTx,
    member: &crate::Member,
    action: Action,
    subject: &str,
    details: Value,
) -> Result<()> {
    record(tx, &member.actor().to_string(), action, subject, details).await
}

/// Old and new value of each field that differs, as the log keeps them.
pub fn changes(before: &impl Serialize, after: &impl Serialize) -> Result<Value> {
    let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
    let fields = after.as_object().into_iter().flatten();
    let changed = fields.filter(|(field, new)| before[field.as_str()] != **new);
    let change = |(field, new): (&String, &Value)| {
        (
            field.clone(),
            serde_json::json!({"from": before[field.as_str()], "to": new}),
        )
    };
    Ok(Value::Object(changed.map(change).collect()))
}

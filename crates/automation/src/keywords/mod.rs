//! Keyword actions: a word of the visitor's that acts at once, before anything is looked up.
//!
//! [`find`] says which one a turn's messages ask for, [`perform`] does it, in the transaction that stores the bot's reply.

pub mod api;
mod check;
pub mod store;

use chrono::{DateTime, Utc};
use conversations::escalations::{self, Reason};
use conversations::inbox::changes::{self, ConversationPatch};
use conversations::timeline::Actor;
use kernel::error::internal;
use kernel::ids::{ChannelId, ConversationId, KeywordActionId, LabelId, UserId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};

use crate::{collections, text};

/// What a keyword does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = KeywordActionType)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionType {
    /// The bot is silent until somebody gives the conversation back to it.
    DisableAi,
    /// The bot speaks again, also where a person had taken over.
    EnableAi,
    /// The conversation is given to people.
    Escalate,
    /// The conversation gets a label.
    Tag,
    /// The conversation is given to a member.
    Assign,
    /// The bot says a fixed text, or an item of a collection.
    Reply,
    /// The bot asks how the visitor can be reached, also where it asks nobody by itself.
    LeadForm,
}

/// When a message asks for it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = KeywordMatchType)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MatchType {
    /// The keyword is the whole message.
    Exact,
    /// Its words stand in the message, whole and one behind the other.
    #[default]
    Word,
    /// A regular expression, over the message without accents.
    Pattern,
}

/// What the action needs to know. A text is said by the bot, whatever the action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = KeywordArgument)]
pub struct Argument {
    /// Of `TAG`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_id: Option<LabelId>,
    /// Of `ASSIGN`: a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Of `REPLY`: a collection of the channel, by its own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection_id: Option<String>,
    /// Which of its items, counted from 1; none: one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// What the bot says. `REPLY` needs it or a collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A keyword and what it does, as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct KeywordAction {
    pub id: KeywordActionId,
    pub channel_id: ChannelId,
    pub keyword: String,
    pub action_type: ActionType,
    pub match_type: MatchType,
    pub argument: Argument,
    pub is_active: bool,
    /// The first that matches acts.
    pub position: i32,
    /// How often it has acted.
    pub use_count: i64,
    pub created_at: DateTime<Utc>,
}

impl KeywordAction {
    fn matches(&self, message: &str) -> bool {
        match self.match_type {
            MatchType::Exact => text::is_same(message, &self.keyword),
            MatchType::Word => text::has_words(message, &self.keyword),
            MatchType::Pattern => text::matches(message, &self.keyword),
        }
    }
}

/// What these messages ask for, oldest first: the newest that asks for something counts, and of the actions the first.
/// Patterns may take their time: others go on meanwhile.
pub async fn find(actions: Vec<KeywordAction>, messages: &[&str]) -> Result<Option<KeywordAction>> {
    let messages: Vec<String> = messages.iter().map(|&message| message.to_owned()).collect();
    let look = move || {
        let asked = |message: &String| actions.iter().find(|action| action.matches(message)).cloned();
        messages.iter().rev().find_map(asked)
    };
    tokio::task::spawn_blocking(look).await.map_err(internal)
}

/// What the bot says to it; none: nothing of its own.
pub async fn words_of(tx: &mut TenantTx, action: &KeywordAction) -> Result<Option<String>> {
    let Argument {
        collection_id, item, ..
    } = &action.argument;
    if let Some(collection) = collection_id {
        let items = collections::store::list_items(tx, action.channel_id, collection).await?;
        let said = collections::pick(&items, *item, action.use_count);
        return Ok(said.or_else(|| action.argument.text.clone()));
    }
    Ok(action.argument.text.clone())
}

/// Does it, and counts it. Wants the conversation's lock.
pub async fn perform(tx: &mut TenantTx, conversation: ConversationId, action: &KeywordAction) -> Result<()> {
    store::count_use(tx, action.id).await?;
    act(tx, conversation, action).await
}

/// Does it. A label or member that is gone leaves things as they are, and what is so already stays so.
pub async fn act(tx: &mut TenantTx, conversation: ConversationId, action: &KeywordAction) -> Result<()> {
    let actor = Actor::via("keyword", &action.keyword);
    let Argument {
        label_id, user_id, ..
    } = action.argument;
    let mut patch = ConversationPatch::default();
    match action.action_type {
        ActionType::DisableAi => patch.ai_paused = Some(true),
        ActionType::EnableAi => patch.ai_paused = Some(false),
        ActionType::Tag => {
            let labels = crate::store::known_labels(tx, label_id.as_slice()).await?;
            patch.add_label_ids = labels;
        }
        ActionType::Assign => match user_id {
            Some(user) if crate::store::may_be_assigned(tx, user).await? => {
                patch.assigned_to = Some(Some(user));
            }
            _ => return Ok(()),
        },
        ActionType::Escalate => {
            escalations::open_by(tx, conversation, Reason::VisitorAsked, &actor).await?;
            return Ok(());
        }
        // what is said, and what it means for leads, belongs to the bot's turn
        ActionType::Reply | ActionType::LeadForm => return Ok(()),
    }
    changes::apply(tx, conversation, &patch, &actor).await?;
    Ok(())
}

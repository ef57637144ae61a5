//! Versions: every change of a Q&A pair or a prompt, the library's or a channel's own, with what stood there before.
//!
//! What is changed directly is published at once: the database notes it (`note_knowledge_change` in
//! `migrations/replaceable`), so that no way of writing can forget to. A *draft* gathers changes first; it can be read
//! beside what serves now, tried on past questions (in `answering`), published as a whole and taken back by another.

pub mod api;
pub mod applying;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::{conflict, invalid};
use kernel::ids::{AgentPromptId, ChangeId, ChannelId, GapId, QaPairId, VersionId};
use kernel::{Error, Event, Result, TenantTx, WorkspaceList};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::qa_pairs::NewQaPair;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VersionStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    /// Being prepared: nobody is answered from it.
    Draft,
    Published,
}

/// What the bot knows and is told after some change, as lists show it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Version {
    pub id: VersionId,
    /// Counts what was published; null for a draft.
    pub number: Option<i32>,
    /// Empty unless somebody gave it one.
    pub title: String,
    pub status: Status,
    /// The version that this one takes back.
    pub undoes: Option<VersionId>,
    /// The version that this one goes back to.
    pub restores: Option<VersionId>,
    /// How many things it adds, changes and removes.
    pub added: i64,
    pub changed: i64,
    pub removed: i64,
    /// One thing that it changes, to tell it from others: a question, or a prompt's name.
    pub example: Option<String>,
    /// `user:<id>`, `api_key:<id>`, `operator` or `system`.
    pub created_by: String,
    /// The name of the member or key that published it, else of the one that began it.
    pub author: Option<String>,
    pub published_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The gaps that a change is meant to answer, and those that it is not.
#[derive(Debug, Clone, Default)]
pub struct GapChoice {
    pub closes: Vec<GapId>,
    pub leaves: Vec<GapId>,
}

/// What a draft takes back.
#[derive(Debug, Clone, Copy)]
pub enum Rollback {
    /// One version.
    Undo(VersionId),
    /// All versions after this one.
    Restore(VersionId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VersionSubject)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Subject {
    QaPair,
    AgentPrompt,
    /// What a channel itself tells the model.
    ChannelPrompt,
}

impl Subject {
    /// A backtest asks no model, so it says nothing about these.
    pub fn is_prompt(self) -> bool {
        self != Self::QaPair
    }
}

/// One thing that a version changes.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = VersionChange)]
pub struct Change {
    pub id: ChangeId,
    pub subject: Subject,
    pub subject_id: Uuid,
    /// As it was; null: there was none. A pair has `question`, `answer`, `category`, `language`, `is_active` and
    /// `phrasings`; a prompt `name`, `description` and `system_prompt`; a channel's own `personality_prompt` and
    /// `agent_prompt_id`.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// As it is then; null: there is none any more.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// The name of the channel whose prompt it is.
    pub channel: Option<String>,
    /// The gaps that it answers: they are closed when it is published.
    pub closes_gaps: Vec<GapId>,
    /// The gaps that stay open, even if the backtest finds them answered.
    pub leaves_gaps: Vec<GapId>,
    /// In a draft: somebody has changed it since, so that publishing would undo their work.
    pub is_outdated: bool,
}

impl Change {
    pub fn removes_pair(&self) -> bool {
        self.subject == Subject::QaPair && self.before.is_some() && self.after.is_none()
    }

    /// Whether visitors are answered from what it removes.
    pub fn removes_active_pair(&self) -> bool {
        self.removes_pair()
            && self
                .before
                .as_ref()
                .is_some_and(|before| before["is_active"] == true)
    }
}

/// A Q&A pair at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = QaPairState)]
pub struct PairState {
    pub question: String,
    pub answer: String,
    #[serde(default = "general")]
    pub category: String,
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default = "yes")]
    pub is_active: bool,
    #[serde(default)]
    pub phrasings: Vec<String>,
}

fn general() -> String {
    "general".into()
}

fn yes() -> bool {
    true
}

/// A prompt of the library at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = AgentPromptState)]
pub struct PromptState {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub system_prompt: String,
}

/// What a channel tells the model at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelPromptState {
    /// Null: the shipped one.
    pub personality_prompt: Option<String>,
    /// A prompt of the library that takes the place of `personality_prompt`.
    #[serde(default)]
    pub agent_prompt_id: Option<AgentPromptId>,
}

/// What a draft shall change: the whole new state of a thing, or none to remove it.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(tag = "subject", rename_all = "snake_case")]
#[schema(as = NewVersionChange)]
pub enum NewChange {
    QaPair {
        /// Null: a new pair.
        id: Option<QaPairId>,
        after: Option<PairState>,
        /// Open gaps that it answers: they are closed when the draft is published.
        #[serde(default)]
        closes_gaps: Vec<GapId>,
        /// Gaps that are not meant: they stay open, even if the backtest finds them answered.
        #[serde(default)]
        leaves_gaps: Vec<GapId>,
    },
    AgentPrompt {
        id: Option<Uuid>,
        after: Option<PromptState>,
    },
    ChannelPrompt {
        id: ChannelId,
        after: ChannelPromptState,
    },
}

/// A draft holds at most so many changes.
pub const MOST_CHANGES: i64 = 5_000;

/// The most characters of a prompt.
pub const LONGEST_PROMPT: usize = 20_000;

impl PromptState {
    /// Trimmed and within its limits.
    pub fn checked(self) -> Result<Self> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(invalid("bad_name", "Please give a name of 1 to 100 characters."));
        }
        if self.description.chars().count() > 500 {
            return Err(invalid(
                "bad_description",
                "A description has at most 500 characters.",
            ));
        }
        let system_prompt = self.system_prompt.trim().to_owned();
        if system_prompt.is_empty() || system_prompt.chars().count() > LONGEST_PROMPT {
            return Err(invalid("bad_prompt", "A prompt has 1 to 20,000 characters."));
        }
        Ok(Self {
            name,
            description: self.description.trim().to_owned(),
            system_prompt,
        })
    }
}

impl ChannelPromptState {
    fn checked(self) -> Result<Self> {
        match &self.personality_prompt {
            Some(prompt) if prompt.chars().count() > LONGEST_PROMPT => Err(invalid(
                "bad_prompt",
                "A channel's instructions have at most 20,000 characters.",
            )),
            _ => Ok(self),
        }
    }
}

impl PairState {
    /// As it is written down: trimmed, and checked like any other pair.
    pub fn checked(self) -> Result<Self> {
        self.as_new().check()?;
        let trim = |text: String| text.trim().to_owned();
        Ok(Self {
            question: trim(self.question),
            answer: trim(self.answer),
            category: match trim(self.category) {
                category if category.is_empty() => general(),
                category => category,
            },
            language: self.language.filter(|code| !code.is_empty()),
            is_active: self.is_active,
            phrasings: self.phrasings.into_iter().map(trim).collect(),
        })
    }

    pub(crate) fn as_new(&self) -> NewQaPair {
        NewQaPair {
            question: self.question.clone(),
            answer: self.answer.clone(),
            category: Some(self.category.clone()),
            language: self.language.clone(),
            phrasings: self.phrasings.clone(),
            is_active: Some(self.is_active),
        }
    }
}

impl Version {
    /// Only drafts can be changed.
    pub fn require_draft(&self) -> Result<()> {
        match self.status {
            Status::Draft => Ok(()),
            Status::Published => Err(conflict(
                "version_published",
                "This version is published and stays as it is. Make a draft to change something.",
            )),
        }
    }
}

pub(crate) fn check_title(title: &str) -> Result<&str> {
    match title.trim() {
        title if title.chars().count() <= 200 => Ok(title),
        _ => Err(invalid("bad_title", "A title has at most 200 characters.")),
    }
}

/// Open dashboards read the knowledge, its versions and what judges it anew.
pub fn tell(tx: &mut TenantTx) {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Knowledge,
    });
}

/// Publishing would undo what somebody else has done since.
pub fn outdated() -> Error {
    conflict(
        "draft_outdated",
        "Some of what this draft changes has been changed elsewhere since. Look at these changes again, or publish over them.",
    )
}

//! The workspace's bots as models: `rapport` is the bot of the first channel, `rapport:<kind>:<channel key>` that of one
//! channel. Both stay the same when a channel is renamed.

mod store;

use access::{Member, Permission};
use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Router};
use chrono::{DateTime, Utc};
use kernel::extract::{Json, Path};
use kernel::{Result, TenantTx};
use serde::Serialize;

use crate::Context;
use crate::chat::refusal::Refusal;

/// The bot of the workspace's first channel.
const DEFAULT: &str = "rapport";

pub fn routes() -> Router<Context> {
    Router::new()
        .route("/models", get(list_models))
        // by wildcard: some clients write the colons as they are, some do not
        .route("/models/{*id}", get(get_model))
}

/// A bot, as OpenAI describes a model.
#[derive(Debug, Clone, Serialize)]
pub struct Model {
    pub id: String,
    object: &'static str,
    /// Seconds since 1970.
    created: i64,
    owned_by: &'static str,
    rapport: Bot,
}

/// What we say beside it.
#[derive(Debug, Clone, Serialize)]
struct Bot {
    /// The channel whose bot it is; null where the workspace has none.
    channel_name: Option<String>,
    channel_key: Option<String>,
}

#[derive(Debug, Serialize)]
struct ModelList {
    object: &'static str,
    data: Vec<Model>,
}

/// A channel, as far as its bot's name goes.
struct Channel {
    kind: String,
    name: String,
    channel_key: String,
    created_at: DateTime<Utc>,
}

impl Model {
    /// The channel whose bot is meant; none: the first one's.
    pub fn channel_key(&self) -> Option<&str> {
        (self.id != DEFAULT)
            .then_some(self.rapport.channel_key.as_deref())
            .flatten()
    }
}

async fn list_models(
    State(ctx): State<Context>,
    Extension(member): Extension<Member>,
) -> Result<Json<ModelList>, Refusal> {
    member.require(Permission::AskQuestions)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(ModelList {
        object: "list",
        data: list(&mut tx).await?,
    }))
}

async fn get_model(
    State(ctx): State<Context>,
    Extension(member): Extension<Member>,
    Path(id): Path<String>,
) -> Result<Json<Model>, Refusal> {
    member.require(Permission::AskQuestions)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(get_by_id(&mut tx, &id).await?))
}

/// The model of this name.
pub async fn get_by_id(tx: &mut TenantTx, id: &str) -> Result<Model, Refusal> {
    let models = list(tx).await?;
    let found = models.into_iter().find(|model| model.id == id);
    found.ok_or_else(|| Refusal::no_such_model(id))
}

async fn list(tx: &mut TenantTx) -> Result<Vec<Model>> {
    let channels = store::list_channels(tx).await?;
    let first = channels.first();
    let default = model(
        DEFAULT.into(),
        first,
        first.map_or(DateTime::UNIX_EPOCH, |channel| channel.created_at),
    );
    let own = channels.iter().map(|channel| {
        let id = format!("{DEFAULT}:{}:{}", channel.kind, channel.channel_key);
        model(id, Some(channel), channel.created_at)
    });
    Ok(std::iter::once(default).chain(own).collect())
}

fn model(id: String, channel: Option<&Channel>, created_at: DateTime<Utc>) -> Model {
    Model {
        id,
        object: "model",
        created: created_at.timestamp(),
        owned_by: DEFAULT,
        rapport: Bot {
            channel_name: channel.map(|channel| channel.name.clone()),
            channel_key: channel.map(|channel| channel.channel_key.clone()),
        },
    }
}

//! Live events: who is looking is told that something changed, and reads it from the database.
//!
//! An event carries ids only. It is a hint, not the truth: listeners read what is new since the sequence number
//! they have, so a lost or doubled hint loses and doubles nothing. Within one process events travel through
//! memory; several processes on one database pass them on with NOTIFY (see [`Live::relay`]).

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::{OnceCell, broadcast, mpsc};
use uuid::Uuid;

use crate::ids::{ClientId, ConversationId, DealId, GapId, MessageId, NoteId, TenantId, UserId};

/// Something that happened, past tense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    MessageAdded {
        conversation_id: ConversationId,
        message_id: MessageId,
        seq: i64,
    },
    /// Something about a message that colleagues see: whether it was delivered, a reaction.
    MessageChanged {
        conversation_id: ConversationId,
        message_id: MessageId,
    },
    ConversationChanged {
        conversation_id: ConversationId,
    },
    AgentTyping {
        conversation_id: ConversationId,
    },
    GapChanged {
        gap_id: GapId,
    },
    /// Somebody opened or left a conversation in the dashboard, or began or stopped typing.
    PresenceChanged {
        conversation_id: ConversationId,
    },
    /// A note or an event was added to what colleagues see of a conversation.
    TimelineChanged {
        conversation_id: ConversationId,
    },
    Mentioned {
        conversation_id: ConversationId,
        user_id: UserId,
        note_id: NoteId,
    },
    /// A client, or what belongs to one: deals, orders, activities, notes. Ids where one is meant.
    ClientChanged {
        client_id: Option<ClientId>,
    },
    /// A deal was opened, moved, changed or deleted; none: several.
    DealChanged {
        deal_id: Option<DealId>,
    },
    /// A list that every page needs was changed.
    WorkspaceChanged {
        what: WorkspaceList,
    },
}

/// A list of the workspace that browsers keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceList {
    Labels,
    SavedReplies,
    Views,
    Members,
    Settings,
    /// With the prompts that they share.
    Channels,
    Knowledge,
    /// API keys and model credentials.
    Keys,
    /// Outgoing ones, without what was sent.
    Webhooks,
    /// Rules, keyword actions and collections, and the log of rules.
    Automation,
    /// The log of mails.
    Emails,
    /// Pipelines, tags, fields, segments and settings of sales.
    Sales,
    Products,
    Orders,
    Activities,
    Leads,
    Meetings,
    Topics,
    /// Model versions and training sets.
    Models,
}

impl Event {
    /// The conversation whose visitor may notice. What colleagues do among themselves is none of the visitor's business.
    pub fn conversation_id(&self) -> Option<ConversationId> {
        match self {
            Self::MessageAdded { conversation_id, .. }
            | Self::ConversationChanged { conversation_id }
            | Self::AgentTyping { conversation_id } => Some(*conversation_id),
            Self::GapChanged { .. }
            | Self::MessageChanged { .. }
            | Self::PresenceChanged { .. }
            | Self::TimelineChanged { .. }
            | Self::Mentioned { .. }
            | Self::ClientChanged { .. }
            | Self::DealChanged { .. }
            | Self::WorkspaceChanged { .. } => None,
        }
    }
}

/// What travels: which tenant, what happened, and from which process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    pub tenant_id: TenantId,
    pub event: Event,
    #[serde(default)]
    origin: Uuid,
    /// What the team's browsers are told, read by whoever of them comes first; none: nothing.
    #[serde(skip)]
    pub told: Arc<OnceCell<Option<Told>>>,
}

/// An event in the words of the dashboard's stream. It is the same for all who may follow the tenant.
#[derive(Debug)]
pub struct Told {
    pub name: &'static str,
    pub body: String,
    /// From then on it is no longer true by itself.
    pub until: Option<DateTime<Utc>>,
}

const CHANNEL: &str = "rapport_live";
/// NOTIFY payloads are limited to 8,000 bytes; an envelope is below 300.
const MOST_PER_NOTIFY: usize = 24;

/// The switchboard of live events. Clones share it.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    origin: Uuid,
    local: broadcast::Sender<Envelope>,
    outgoing: Mutex<Option<mpsc::UnboundedSender<Envelope>>>,
}

impl Default for Live {
    fn default() -> Self {
        let (local, _) = broadcast::channel(4096);
        Self(Arc::new(Inner {
            origin: Uuid::now_v7(),
            local,
            outgoing: Mutex::new(None),
        }))
    }
}

impl Live {
    /// All events from now on. A receiver that falls behind gets `Lagged` and must read everything anew.
    pub fn subscribe(&self) -> broadcast::Receiver<Envelope> {
        self.0.local.subscribe()
    }

    pub fn publish(&self, tenant_id: TenantId, event: Event) {
        let envelope = Envelope {
            tenant_id,
            event,
            origin: self.0.origin,
            told: Arc::default(),
        };
        if let Some(outgoing) = self.0.outgoing.lock().as_ref() {
            let _ = outgoing.send(envelope.clone());
        }
        let _ = self.0.local.send(envelope);
    }

    /// Connects this process with the others on the same database until the future is dropped. Outgoing events
    /// are sent outside the business transaction, several in one NOTIFY: a NOTIFY inside it would make all
    /// commits queue behind one lock.
    pub async fn relay(&self, pool: PgPool) {
        let (sender, mut outgoing) = mpsc::unbounded_channel();
        *self.0.outgoing.lock() = Some(sender);
        let receive = async {
            loop {
                if let Err(error) = self.receive(&pool).await {
                    tracing::warn!(%error, "live events of other processes are interrupted; reconnecting");
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let send = async {
            let mut batch = Vec::new();
            while outgoing.recv_many(&mut batch, MOST_PER_NOTIFY).await > 0 {
                let payload = serde_json::to_string(&batch).unwrap_or_default();
                if let Err(error) = sqlx::query("select pg_notify($1, $2)")
                    .bind(CHANNEL)
                    .bind(payload)
                    .execute(&pool)
                    .await
                {
                    tracing::warn!(%error, "live events could not be passed on to other processes");
                }
                batch.clear();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::join!(receive, send);
    }

    async fn receive(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            let notification = listener.recv().await?;
            let envelopes: Vec<Envelope> = serde_json::from_str(notification.payload()).unwrap_or_default();
            for envelope in envelopes
                .into_iter()
                .filter(|envelope| envelope.origin != self.0.origin)
            {
                let _ = self.0.local.send(envelope);
            }
        }
    }
}

//! The way in from messaging vendors: a ledger first, an acknowledgement after the commit, the work afterwards.
//!
//! [`webhook`] takes the vendor's call, [`work`] does what the events say, one thread after the other, [`api`] shows the
//! ledger. Every event that was acknowledged is pending, processed, quarantined or dead; nothing else can become of it.

pub mod api;
mod handle;
mod inline;
mod loops;
mod media;
pub mod store;
pub mod webhook;
pub mod work;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use access::tenants::Operator;
use chrono::{DateTime, Utc};
use connectors::RawEvent;
use kernel::db::JobTenant;
use kernel::error::{conflict, internal, not_found};
use kernel::ids::{ChannelId, ConversationId, InboundEventId, MessageId};
use kernel::{Reason, Result, TenantTx};
use queue::{Job, Options};
use serde::{Deserialize, Serialize};

use crate::connections::{self, Connection};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InboundEventStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    /// It waits for its turn, or for its next attempt.
    Pending,
    Processed,
    /// Nobody knows what to do with it: a type or an account that this installation does not know.
    Quarantined,
    /// It failed too often.
    Dead,
}

/// An event of the ledger.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct InboundEvent {
    pub id: InboundEventId,
    pub channel_id: ChannelId,
    /// The vendor's, by which a repeated one is recognised.
    pub event_key: String,
    /// The account it was sent to, if it is not the channel's own.
    pub account_id: Option<String>,
    pub thread: String,
    /// `message`, `status`, `echo` …
    pub kind: String,
    pub occurred_at: Option<DateTime<Utc>>,
    pub received_at: DateTime<Utc>,
    pub status: Status,
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What became of it, or why nothing did.
    #[schema(value_type = Option<Reason>)]
    pub note: Option<sqlx::types::Json<Reason>>,
    pub conversation_id: Option<ConversationId>,
    pub message_id: Option<MessageId>,
    pub processed_at: Option<DateTime<Utc>>,
}

/// Works on the pending events of one lane, in their order.
#[derive(Debug, Serialize, Deserialize)]
pub struct WorkThread {
    pub tenant: JobTenant,
    pub channel: ChannelId,
    pub lane: String,
}

impl Job for WorkThread {
    const NAME: &'static str = "work_thread";
}

impl WorkThread {
    /// Queues it, at once or at a time. One that waits already is replaced; one that runs is followed by this one.
    pub async fn enqueue(
        tx: &mut TenantTx,
        channel: ChannelId,
        lane: &str,
        at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let job = Self {
            tenant: JobTenant::of(tx),
            channel,
            lane: lane.to_owned(),
        };
        let name = series(channel, lane);
        let options = Options {
            run_at: at,
            ..Options::default()
                .in_series(name.as_str())
                .replacing(name.as_str())
        };
        queue::enqueue(tx, &job, options).await.map_err(internal)?;
        Ok(())
    }

    /// Queues the work on many lanes at once.
    async fn enqueue_all(tx: &mut TenantTx, lanes: BTreeSet<(ChannelId, String)>) -> Result<()> {
        let tenant = JobTenant::of(tx);
        let jobs: Vec<(String, Self)> = lanes
            .into_iter()
            .map(|(channel, lane)| {
                let name = series(channel, &lane);
                (
                    name,
                    Self {
                        tenant,
                        channel,
                        lane,
                    },
                )
            })
            .collect();
        queue::enqueue_all(tx, &jobs).await.map_err(internal)
    }
}

/// Queue names have a length limit and vendors' thread ids do not, so we hash them.
fn series(channel: ChannelId, lane: &str) -> String {
    let mut short = hash(lane);
    short.truncate(24);
    format!("inbound/{channel}/{short}")
}

fn hash(text: &str) -> String {
    let digest = kernel::secrets::sha256(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the database's indexes hold well, in bytes.
const LONGEST_KEY: usize = 200;
/// No vendor's ids of persons and chats are longer, in bytes.
const LONGEST_THREAD: usize = 500;

/// An id as it is stored and looked up: a very long one as its hash.
pub(crate) fn stored_id(id: &str) -> Cow<'_, str> {
    match id.len() <= LONGEST_KEY && !id.contains('\0') {
        true => Cow::Borrowed(id),
        false => Cow::Owned(format!("sha256:{}", hash(id))),
    }
}

/// Why nothing can be done with an event: written down all the same, since the vendor would send it for ever.
fn unfit(event: &RawEvent) -> Option<Reason> {
    let account = event.account_id.as_deref().unwrap_or_default();
    let ids = [event.id.as_str(), event.thread.as_str(), account];
    if ids.iter().any(|id| id.contains('\0')) {
        return Some(Reason::new("ids_unfit", "Its ids hold the character U+0000."));
    }
    let is_long = event.thread.len() > LONGEST_THREAD || account.len() > LONGEST_THREAD;
    is_long.then(|| {
        Reason::new(
            "ids_long",
            "The id of its thread or of its account is longer than 500 bytes.",
        )
    })
}

/// A row of the ledger.
pub struct NewEvent<'a> {
    pub id: InboundEventId,
    pub channel: ChannelId,
    pub key: Cow<'a, str>,
    pub account_id: Option<String>,
    pub thread: String,
    pub lane: Cow<'a, str>,
    pub kind: &'static str,
    pub body: Cow<'a, str>,
    pub occurred_at: Option<DateTime<Utc>>,
    /// Why nobody works on it.
    pub quarantined: Option<Reason>,
}

impl<'a> NewEvent<'a> {
    fn of(event: &'a RawEvent, place: Place, unfit: Option<Reason>) -> Self {
        let account = event.account_id.as_deref().map(storable);
        let quarantined = match (unfit, place.is_known) {
            (Some(why), _) => Some(why),
            (None, true) => None,
            (None, false) => account.as_ref().map(|account| {
                let reason = Reason::new("no_channel", "No channel is connected to the account {account}.");
                reason.with("account", account)
            }),
        };
        Self {
            id: InboundEventId::new(),
            channel: place.channel,
            key: stored_id(&event.id),
            account_id: account,
            thread: storable(&event.thread),
            lane: lane(event),
            kind: event.kind,
            body: match event.body.contains('\0') {
                true => Cow::Owned(event.body.replace('\0', "\u{fffd}")),
                false => Cow::Borrowed(&event.body),
            },
            occurred_at: event.occurred_at,
            quarantined,
        }
    }
}

/// An id as it is shown: cut, where it is unfit.
fn storable(id: &str) -> String {
    let cut = id.chars().take(LONGEST_THREAD);
    cut.map(|letter| if letter == '\0' { '\u{fffd}' } else { letter })
        .collect()
}

/// Writes what a vendor's call brought and queues the work on it. What was here before is left as it is. The number of
/// new events.
pub async fn record(
    tx: &mut TenantTx,
    connection: &Connection,
    events: &[RawEvent],
    now: DateTime<Utc>,
) -> Result<usize> {
    let mut siblings = HashMap::new();
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let unfit = unfit(event);
        let place = match unfit {
            Some(_) => Place::own(connection),
            None => place(tx, connection, event, &mut siblings).await?,
        };
        rows.push(NewEvent::of(event, place, unfit));
    }
    let new = store::insert_all(tx, &rows, now).await?;
    let count = new.len();
    let waiting = new.into_iter().filter(|row| row.status == Status::Pending);
    let lanes = waiting.map(|row| (row.channel_id, row.lane)).collect();
    WorkThread::enqueue_all(tx, lanes).await?;
    Ok(count)
}

/// What people write is worked on in its order. A status needs none, and may have to wait for what it is about: it keeps
/// nobody waiting.
pub fn lane(event: &RawEvent) -> Cow<'_, str> {
    stored_id(match event.kind {
        "status" => &event.id,
        _ => &event.thread,
    })
}

/// Where an event belongs.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub channel: ChannelId,
    /// False: it is for an account that no channel has. It is kept in quarantine.
    pub is_known: bool,
}

impl Place {
    fn own(connection: &Connection) -> Self {
        Self {
            channel: connection.channel_id,
            is_known: true,
        }
    }
}

/// A vendor's application can serve several accounts with one address: the account decides, not the address. Each is
/// looked up once.
async fn place<'a>(
    tx: &mut TenantTx,
    connection: &Connection,
    event: &'a RawEvent,
    siblings: &mut HashMap<&'a str, Option<ChannelId>>,
) -> Result<Place> {
    let own = Place::own(connection);
    let account = event.account_id.as_deref();
    let Some(account) = account.filter(|account| *account != connection.account.id) else {
        return Ok(own);
    };
    let sibling = match siblings.get(account) {
        Some(known) => *known,
        None => {
            let kind = connection.connector.kind();
            let found = connections::store::find_sibling(tx, kind, account).await?;
            siblings.insert(account, found);
            found
        }
    };
    Ok(Place {
        channel: sibling.unwrap_or(own.channel),
        is_known: sibling.is_some(),
    })
}

/// Queues the work on everything that waits on a channel: after it was resumed, say.
pub async fn wake(tx: &mut TenantTx, channel: ChannelId) -> Result<()> {
    let lanes = store::list_pending_lanes(tx, channel).await?;
    let lanes = lanes.into_iter().map(|lane| (channel, lane)).collect();
    WorkThread::enqueue_all(tx, lanes).await
}

/// Puts an event that is quarantined, dead or done into the queue again, at the channel that has its account by now.
///
/// # Errors
/// 404 for one that does not exist, 409 for one whose account no channel has, or that has come again since.
pub async fn replay(tx: &mut TenantTx, channel: ChannelId, id: InboundEventId) -> Result<InboundEvent> {
    let event = store::get(tx, channel, id).await?;
    let owner = find_owner(tx, channel, event.account_id.as_deref()).await?;
    if owner != channel && !store::give_to(tx, channel, id, owner).await? {
        return Err(conflict(
            "came_again",
            "This event has come again since, and was worked on.",
        ));
    }
    let lane = store::reset(tx, owner, id).await?;
    WorkThread::enqueue(tx, owner, &lane, None).await?;
    store::get(tx, owner, id).await
}

async fn find_owner(tx: &mut TenantTx, channel: ChannelId, account: Option<&str>) -> Result<ChannelId> {
    let own = connections::store::find(tx, channel).await?;
    let own = own.ok_or_else(|| not_found("channel"))?;
    let Some(account) = account.filter(|account| own.platform_channel_id.as_deref() != Some(*account)) else {
        return Ok(channel);
    };
    let owner = connections::store::find_sibling(tx, &own.kind, account).await?;
    owner.ok_or_else(|| {
        let detail = format!("No channel is connected to the account {account}. Connect one first.");
        conflict("unknown_account", detail)
    })
}

/// So long the ledger keeps what is done.
pub const KEPT_DAYS: i32 = 30;
/// So long it keeps what nobody understood, or what failed.
pub const STRANGE_KEPT_DAYS: i32 = 90;

/// Forgets what was done, or left, long ago, of all tenants.
pub async fn forget_old(db: &kernel::Database) -> Result<()> {
    for operator in Operator::for_all_active(db).await? {
        let mut tx = db.tenant(&operator).await?;
        store::delete_old(&mut tx, KEPT_DAYS, STRANGE_KEPT_DAYS).await?;
        crate::delivery::keys::delete_old(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

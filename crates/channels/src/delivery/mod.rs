//! The way out to messaging vendors: one conversation after the other, piece by piece, each sent once or not at all.
//!
//! The row comes with the message (see [`conversations::deliveries`]). It is marked "sending" and committed before the
//! vendor is called: whoever finds it so after a crash knows that it may have gone, and leaves it to a person.

pub mod api;
pub(crate) mod keys;
pub mod pace;
mod pieces;
mod start;

use chrono::{DateTime, TimeDelta, Utc};
use connectors::outbound::{Because, Piece};
use connectors::{Part, SendError, Sent};
use conversations::deliveries::store::{self, Said};
use conversations::deliveries::{self, About, Delivery, News, Status};
use conversations::outbound;
use kernel::db::JobTenant;
use kernel::error::{Kind, internal};
use kernel::ids::{ChannelId, ConversationId, DeliveryId};
use kernel::{Event, Reason, Result, TenantTx};
use queue::{Attempt, Job, Options};
use serde::{Deserialize, Serialize};

use crate::Context;
use crate::connections::{self, Connection};

/// Sends what waits in one conversation. Enqueued by the trigger `messages_queue_delivery`, under the same names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeliverReplies {
    pub tenant: JobTenant,
    pub conversation: ConversationId,
}

impl Job for DeliverReplies {
    const NAME: &'static str = "deliver_replies";
}

impl DeliverReplies {
    pub async fn enqueue(
        tx: &mut TenantTx,
        conversation: ConversationId,
        at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let job = Self {
            tenant: JobTenant::of(tx),
            conversation,
        };
        let name = format!("deliver/{conversation}");
        let options = Options {
            run_at: at,
            ..Options::default()
                .in_series(name.as_str())
                .replacing(name.as_str())
        };
        queue::enqueue(tx, &job, options).await.map_err(internal)?;
        Ok(())
    }
}

/// So long after it was said a reply is tried while the vendor answers "try later" or cannot be reached. Later it would
/// come out of the blue.
const LONGEST_OUTAGE: TimeDelta = TimeDelta::hours(24);
/// A reply that is shown by whoever called us is looked for again after this time.
const INLINE_WAIT: TimeDelta = TimeDelta::seconds(10);

/// What to do after one step.
enum Next {
    GoOn,
    /// Something has to happen first, at that time.
    At(DateTime<Utc>),
    /// Nothing is left, or nothing can be done until somebody acts.
    Stop,
}

/// Sends piece after piece until none is left or the vendor's pace asks to wait.
pub async fn deliver_replies(ctx: &Context, job: &DeliverReplies, mut attempt: Attempt) -> Result<()> {
    let mut opened = None;
    loop {
        match step(ctx, job, &mut opened).await? {
            Next::GoOn => absolve(ctx, job, &mut attempt).await?,
            Next::Stop => return Ok(()),
            Next::At(at) => {
                let mut tx = ctx.db.tenant(&job.tenant).await?;
                DeliverReplies::enqueue(&mut tx, job.conversation, Some(at)).await?;
                return tx.commit().await;
            }
        }
    }
}

/// A step was made: what the server died of before is not what follows.
async fn absolve(ctx: &Context, job: &DeliverReplies, attempt: &mut Attempt) -> Result<()> {
    if attempt.deaths > 0 {
        let mut tx = ctx.db.tenant(&job.tenant).await?;
        queue::dead::absolve(&mut tx, attempt.job_id).await?;
        tx.commit().await?;
        attempt.deaths = 0;
    }
    Ok(())
}

/// The server died while it sent, too often: what was under way is left to a person.
pub async fn give_up_delivery(ctx: &Context, job: &DeliverReplies) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    if let Some(delivery) = store::find_next(&mut tx, job.conversation).await? {
        let now = tx.now();
        let (status, reason) = match delivery.status {
            Status::Sending => (
                Status::Unknown,
                "The server died while it sent this, too often. It may have arrived.",
            ),
            _ => (
                Status::Failed,
                "The server died before it could send this, too often.",
            ),
        };
        end(&mut tx, &delivery, status, "server_died", reason, now).await?;
        DeliverReplies::enqueue(&mut tx, job.conversation, None).await?;
    }
    tx.commit().await
}

/// The channel's account, and as of when: it is opened once for all pieces, and anew when the channel has changed.
type Opened = Option<(ChannelId, DateTime<Utc>, Option<Connection>)>;

async fn open(ctx: &Context, job: &DeliverReplies, delivery: &Delivery) -> Result<Option<Connection>> {
    let connection = connections::open(&ctx.db, &ctx.master_key, &job.tenant, delivery.channel_id).await?;
    Ok(connection.filter(|connection| connection.is_active && !connection.is_broken))
}

async fn step(ctx: &Context, job: &DeliverReplies, opened: &mut Opened) -> Result<Next> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    let Some(delivery) = store::find_next(&mut tx, job.conversation).await? else {
        return Ok(Next::Stop);
    };
    let now = ctx.db.clock.now();
    if delivery.status == Status::Sending {
        // jobs of a conversation run one after another: whoever was sending is gone
        let reason = "The server stopped while it sent this. It may have arrived.";
        end(&mut tx, &delivery, Status::Unknown, "interrupted", reason, now).await?;
        tx.commit().await?;
        return Ok(Next::GoOn);
    }
    if let Some(at) = delivery.next_attempt_at.filter(|at| *at > now) {
        return Ok(Next::At(at));
    }
    let said = store::get_said(&mut tx, delivery.message_id).await?;
    drop(tx);
    let as_of = (delivery.channel_id, delivery.channel_changed_at);
    let connection = match opened {
        Some((channel, at, connection)) if (*channel, *at) == as_of => connection,
        _ => {
            let connection = open(ctx, job, &delivery).await?;
            &mut opened.insert((as_of.0, as_of.1, connection)).2
        }
    };
    let Some(connection) = connection else {
        // it goes on when the channel is resumed or reconnected
        return Ok(Next::Stop);
    };
    match &delivery.content {
        None => plan(ctx, connection, &delivery, &said).await,
        Some(content) => {
            let part: Part = serde_json::from_value(content.clone())?;
            send(ctx, connection, &delivery, &said, &part).await
        }
    }
}

/// Cuts the message into the vendor's pieces and keeps them, so that every attempt sends the same.
async fn plan(ctx: &Context, connection: &Connection, delivery: &Delivery, said: &Said) -> Result<Next> {
    let pieces = pieces::cut(ctx, connection, said)?;
    let mut tx = ctx.db.tenant(connection).await?;
    // whoever shows the reply in our place ends all its pieces under this lock
    outbound::store::lock(&mut tx, delivery.conversation_id).await?;
    if pieces.is_empty() {
        let now = tx.now();
        end(
            &mut tx,
            delivery,
            Status::Cancelled,
            "empty",
            "There was nothing to send.",
            now,
        )
        .await?;
    } else {
        store::plan(&mut tx, delivery, &pieces).await?;
    }
    tx.commit().await?;
    Ok(Next::GoOn)
}

async fn send(
    ctx: &Context,
    connection: &Connection,
    delivery: &Delivery,
    said: &Said,
    part: &Part,
) -> Result<Next> {
    let now = ctx.db.clock.now();
    if connection.connector.is_inline(&said.thread) && delivery.attempts == 0 {
        return wait_for_inline(ctx, connection, delivery, now).await;
    }
    let place = match ctx.pace.take(connection, &said.thread, now) {
        Ok(place) => place,
        Err(at) => return Ok(Next::At(at)),
    };
    let bytes = match pieces::bytes(ctx, connection, part).await {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind, Kind::NotFound) => {
            let mut tx = ctx.db.tenant(connection).await?;
            let reason = "The file is not there any more.";
            end(&mut tx, delivery, Status::Failed, "file_gone", reason, now).await?;
            tx.commit().await?;
            return Ok(Next::GoOn);
        }
        Err(error) => return Err(error),
    };
    if !begin(ctx, connection, delivery, said.seq, now).await? {
        return Ok(Next::GoOn);
    }
    let link = pieces::link(ctx, said);
    let id = name_of(delivery);
    let piece = Piece {
        delivery_id: &id,
        thread: &said.thread,
        part,
        bytes: &bytes,
        link: &link,
        reply_to: said.reply_to.as_deref().filter(|_| delivery.part == 1),
        is_human: said.is_human,
        sender_name: said.sender_name.as_deref(),
        is_outside_window: pieces::is_outside_window(connection, said, now),
    };
    let outcome = connection
        .connector
        .send(&ctx.http, &connection.account, &piece)
        .await;
    drop(place);
    settle(ctx, connection, delivery, outcome).await
}

/// What we call an attempt to the vendor: the delivery's id, and the how manieth time by hand.
fn name_of(delivery: &Delivery) -> String {
    match delivery.resends {
        0 => delivery.id.to_string(),
        again => format!("{}.{again}", delivery.id),
    }
}

/// The same, read.
pub(crate) fn attempt_of(name: &str) -> Option<(DeliveryId, i32)> {
    match name.split_once('.') {
        Some((id, again)) => Some((id.parse().ok()?, again.parse().ok()?)),
        None => Some((name.parse().ok()?, 0)),
    }
}

/// The call was made: what became of it is written down as soon as the database lets it. Should the server die before, it
/// counts as unknown.
async fn settle(
    ctx: &Context,
    connection: &Connection,
    delivery: &Delivery,
    outcome: Result<Sent, SendError>,
) -> Result<Next> {
    let mut tries_left = 30;
    loop {
        match write_down(ctx, connection, delivery, &outcome).await {
            Err(error) if matches!(error.kind, Kind::Unavailable) && tries_left > 0 => {
                tries_left -= 1;
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
            written => return written,
        }
    }
}

/// Marks it as being sent, under the conversation's lock: a person's reply that was stored before silences the bot's.
async fn begin(
    ctx: &Context,
    connection: &Connection,
    delivery: &Delivery,
    seq: i64,
    now: DateTime<Utc>,
) -> Result<bool> {
    let mut tx = ctx.db.tenant(connection).await?;
    outbound::store::lock(&mut tx, delivery.conversation_id).await?;
    let is_overtaken =
        store::is_overtaken(&mut tx, delivery.conversation_id, delivery.message_id, seq).await?;
    if is_overtaken {
        let reason = "A person had replied before it was sent.";
        end(
            &mut tx,
            delivery,
            Status::Cancelled,
            "person_replied",
            reason,
            now,
        )
        .await?;
        tx.commit().await?;
        return Ok(false);
    }
    let is_ours = store::begin(&mut tx, delivery.id, now).await?;
    tx.commit().await?;
    Ok(is_ours)
}

async fn write_down(
    ctx: &Context,
    connection: &Connection,
    delivery: &Delivery,
    outcome: &Result<Sent, SendError>,
) -> Result<Next> {
    let now = ctx.db.clock.now();
    let mut tx = ctx.db.tenant(connection).await?;
    let next = match outcome {
        Ok(sent) => {
            if let Some(id) = &sent.message_id {
                store::set_platform_id(&mut tx, delivery.id, id).await?;
            }
            let sent = News::plain(Status::Sent, now);
            // a status that was faster than the answer to our call may have come before
            deliveries::hear(
                &mut tx,
                connection.channel_id,
                &About::Delivery(delivery.id),
                &sent,
            )
            .await?;
            Next::GoOn
        }
        Err(SendError::Later { code, reason, after }) => {
            let at = now + wait(*after, delivery.attempts);
            if at - delivery.since > LONGEST_OUTAGE {
                end_message(&mut tx, delivery, code, reason, now).await?;
                Next::GoOn
            } else {
                store::put_back(&mut tx, delivery.id, at, code, reason).await?;
                Next::At(at)
            }
        }
        Err(SendError::Rejected {
            code,
            reason,
            because,
        }) => {
            end_message(&mut tx, delivery, code, reason, now).await?;
            if *because == Because::Account {
                let said = Reason::said(reason.as_str());
                connections::store::note_error(&mut tx, connection.channel_id, &said, true, now).await?;
            }
            Next::GoOn
        }
        Err(SendError::Unknown { reason }) => {
            end(&mut tx, delivery, Status::Unknown, "cut_off", reason, now).await?;
            Next::GoOn
        }
    };
    tx.emit(Event::MessageChanged {
        conversation_id: delivery.conversation_id,
        message_id: delivery.message_id,
    });
    tx.commit().await?;
    Ok(next)
}

async fn end(
    tx: &mut TenantTx,
    delivery: &Delivery,
    status: Status,
    code: &str,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let news = News {
        status,
        code: Some(code.to_owned()),
        reason: Some(reason.to_owned()),
        at,
    };
    // what the vendor has told meanwhile knows better
    let about = About::Delivery(delivery.id);
    deliveries::hear(tx, delivery.channel_id, &about, &news).await?;
    if status == Status::Cancelled {
        end_rest(tx, delivery, &news).await?;
    }
    Ok(())
}

async fn end_rest(tx: &mut TenantTx, delivery: &Delivery, news: &News) -> Result<()> {
    let rest = About::Queued(delivery.message_id);
    deliveries::hear(tx, delivery.channel_id, &rest, news).await?;
    Ok(())
}

/// What was refused for one piece is not tried with the next.
async fn end_message(
    tx: &mut TenantTx,
    delivery: &Delivery,
    code: &str,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    end(tx, delivery, Status::Failed, code, reason, at).await?;
    let news = News {
        status: Status::Failed,
        code: Some(code.to_owned()),
        reason: Some(reason.to_owned()),
        at,
    };
    end_rest(tx, delivery, &news).await
}

/// Whoever called us shows the reply and marks it as sent. If it was gone by then, nobody will.
async fn wait_for_inline(
    ctx: &Context,
    connection: &Connection,
    delivery: &Delivery,
    now: DateTime<Utc>,
) -> Result<Next> {
    let mut tx = ctx.db.tenant(connection).await?;
    let at = now + INLINE_WAIT;
    if delivery.next_attempt_at.is_none() {
        store::put_back(
            &mut tx,
            delivery.id,
            at,
            "shown_by_caller",
            "The caller shows it.",
        )
        .await?;
        tx.commit().await?;
        return Ok(Next::At(at));
    }
    let reason = "The vendor did not wait for the reply and takes none afterwards.";
    end_message(&mut tx, delivery, "not_waited_for", reason, now).await?;
    tx.commit().await?;
    Ok(Next::GoOn)
}

/// As the vendor says, or longer and longer: 2, 4, 8 … 300 seconds, give or take a fifth.
fn wait(asked: Option<std::time::Duration>, attempts: i32) -> TimeDelta {
    let doubled = 2_u64
        .checked_shl(u32::try_from(attempts).unwrap_or(0))
        .unwrap_or(300)
        .min(300);
    let own = doubled * 1000;
    let [byte] = kernel::secrets::random_bytes::<1>();
    let jittered = own * (800 + u64::from(byte) * 400 / 255) / 1000;
    let asked = asked.map_or(0, |asked| u64::try_from(asked.as_millis()).unwrap_or(u64::MAX));
    let most = u64::try_from(connectors::http::LONGEST_PAUSE.as_millis()).unwrap_or(u64::MAX);
    TimeDelta::milliseconds(i64::try_from(jittered.max(asked).min(most)).unwrap_or(i64::MAX))
}

/// Queues everything that waits on a channel: it was resumed or reconnected.
pub async fn wake(tx: &mut TenantTx, channel: ChannelId) -> Result<()> {
    for conversation in store::list_waiting(tx, channel).await? {
        DeliverReplies::enqueue(tx, conversation, None).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_and_is_never_shorter_than_the_vendor_asks() {
        for (attempts, seconds) in [(0, 2), (1, 4), (2, 8), (7, 256), (9, 300), (80, 300)] {
            for _ in 0..50 {
                let waited = wait(None, attempts).num_milliseconds();
                assert!(
                    (seconds * 800..=seconds * 1200).contains(&waited),
                    "{attempts}: {waited}"
                );
            }
        }
        let asked = std::time::Duration::from_secs(700);
        assert_eq!(wait(Some(asked), 0), TimeDelta::seconds(700));
        let for_ever = std::time::Duration::from_secs(u64::MAX);
        assert_eq!(wait(Some(for_ever), 0), TimeDelta::hours(48));
    }
}

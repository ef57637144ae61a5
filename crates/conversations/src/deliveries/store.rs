//! All SQL for deliveries.

use chrono::{DateTime, Utc};
use kernel::ids::{AssetId, ChannelId, ConversationId, DeliveryId, MessageId};
use kernel::{Result, TenantTx};
use serde_json::Value;

use super::{About, Delivery, News, Status};

/// The first piece of the conversation that has not come to an end.
pub async fn find_next(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Delivery>> {
    let found = sqlx::query_as!(
        Delivery,
        r#"select d.id as "id: DeliveryId", d.message_id as "message_id: MessageId",
            d.conversation_id as "conversation_id: ConversationId", d.channel_id as "channel_id: ChannelId", d.part, d.content,
            d.status as "status: Status", d.attempts, greatest(d.created_at, d.failed_at) as "since!",
            case when not lies_ahead(d.updated_at) then d.next_attempt_at end as next_attempt_at,
            h.updated_at as channel_changed_at, d.resends
        from deliveries d
        join messages m on m.tenant_id = d.tenant_id and m.id = d.message_id
        join channels h on h.tenant_id = d.tenant_id and h.id = d.channel_id
        where d.tenant_id = current_tenant_id() and d.conversation_id = $1 and d.status in ('queued', 'sending')
        order by m.seq, d.part
        limit 1"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// The message behind a delivery, with what its channel needs.
pub struct Said {
    pub seq: i64,
    pub is_human: bool,
    pub sender_name: Option<String>,
    pub text: String,
    pub chips: Option<Vec<String>>,
    pub actions: Option<Value>,
    pub extras: Value,
    pub asset_id: Option<AssetId>,
    pub file_name: Option<String>,
    pub mime_type: Option<String>,
    pub size: Option<i64>,
    pub public_id: Option<String>,
    /// The vendor's name for the conversation.
    pub thread: String,
    /// By the vendor's clock, but never later than it came here.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// The vendor's id of the message that this one answers.
    pub reply_to: Option<String>,
}

pub async fn get_said(tx: &mut TenantTx, message: MessageId) -> Result<Said> {
    let said = sqlx::query_as!(
        Said,
        r#"select m.seq, m.sender_type = 'agent' as "is_human!", m.sender_name, m.text_content as text,
            a.suggestion_chips as "chips?", a.actions as "actions?", m.metadata as extras,
            f.id as "asset_id?: AssetId", f.file_name as "file_name?", f.mime_type as "mime_type?", f.size as "size?",
            f.public_id as "public_id?",
            coalesce((select d.thread from deliveries d where d.tenant_id = m.tenant_id and d.message_id = m.id
                and d.thread is not null limit 1), c.thread, c.session_id) as "thread!",
            (select max(least(u.written_at, u.sent_at)) from messages u where u.tenant_id = m.tenant_id
                and u.conversation_id = m.conversation_id and u.sender_type = 'user') as last_inbound_at,
            (select q.client_message_id from messages q where q.tenant_id = m.tenant_id and q.sender_type = 'user'
                and q.id::text = m.metadata ->> 'reply_to') as reply_to
        from messages m
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        left join answers a on a.tenant_id = m.tenant_id and a.id = m.id
        left join assets f on f.tenant_id = m.tenant_id and f.id = m.attachment_id
        where m.tenant_id = current_tenant_id() and m.id = $1"#,
        message.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(said)
}

/// Keeps the pieces of a message, the first in the row that is there, the others behind it; under the conversation's lock.
/// None of them if that row has come to an end meanwhile.
pub async fn plan(tx: &mut TenantTx, delivery: &Delivery, pieces: &[Value]) -> Result<()> {
    let tenant = tx.tenant_id();
    let first = sqlx::query!(
        "update deliveries set content = $2 where tenant_id = current_tenant_id() and id = $1 and status = 'queued'",
        delivery.id.0,
        pieces.first(),
    )
    .execute(&mut **tx)
    .await?;
    if first.rows_affected() == 0 {
        return Ok(());
    }
    for (index, piece) in pieces.iter().enumerate().skip(1) {
        sqlx::query!(
            "insert into deliveries (tenant_id, id, message_id, conversation_id, channel_id, part, content)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (tenant_id, message_id, part) do nothing",
            tenant.0,
            DeliveryId::new().0,
            delivery.message_id.0,
            delivery.conversation_id.0,
            delivery.channel_id.0,
            i32::try_from(index + 1).unwrap_or(i32::MAX),
            piece,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// From here on the call may have been made. False: somebody else has it.
pub async fn begin(tx: &mut TenantTx, id: DeliveryId, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "update deliveries set status = 'sending', sending_at = $2, attempts = attempts + 1, next_attempt_at = null
        where tenant_id = current_tenant_id() and id = $1 and status = 'queued'",
        id.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Surely not sent: it waits for its next attempt.
pub async fn put_back(
    tx: &mut TenantTx,
    id: DeliveryId,
    at: DateTime<Utc>,
    code: &str,
    reason: &str,
) -> Result<()> {
    sqlx::query!(
        "update deliveries set status = 'queued', next_attempt_at = $2, error_code = $3, error_reason = $4
        where tenant_id = current_tenant_id() and id = $1 and status in ('sending', 'queued')",
        id.0,
        at,
        code,
        reason,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives a delivery the vendor's id, by which its statuses come.
pub async fn set_platform_id(tx: &mut TenantTx, id: DeliveryId, platform_id: &str) -> Result<()> {
    sqlx::query!(
        "update deliveries set platform_message_id = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        platform_id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// As above, but only fills a missing id; for events that carry both our id and the vendor's.
pub async fn learn_platform_id(
    tx: &mut TenantTx,
    channel: ChannelId,
    (id, resends): (DeliveryId, i32),
    platform_id: &str,
) -> Result<()> {
    sqlx::query!(
        "update deliveries set platform_message_id = $3
        where tenant_id = current_tenant_id() and channel_id = $1 and id = $2 and resends = $4 and platform_message_id is null",
        channel.0,
        id.0,
        platform_id,
        resends,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether it is one of this channel.
pub async fn is_known(tx: &mut TenantTx, channel: ChannelId, id: DeliveryId) -> Result<bool> {
    let is_known = sqlx::query_scalar!(
        r#"select exists (select from deliveries where tenant_id = current_tenant_id() and channel_id = $1 and id = $2) as "is_known!""#,
        channel.0,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(is_known)
}

/// A delivery that news may change.
pub struct Known {
    pub id: DeliveryId,
    pub conversation_id: ConversationId,
    pub message_id: MessageId,
    pub status: Status,
    /// Of its channel.
    pub kind: String,
}

pub async fn lock_about(tx: &mut TenantTx, channel: ChannelId, about: &About<'_>) -> Result<Vec<Known>> {
    let (id, resends, platform_id, until, queued) = match about {
        About::Delivery(id) => (Some(id.0), None, None, None, None),
        About::Attempt(id, resends) => (Some(id.0), Some(*resends), None, None, None),
        About::Platform(id) => (None, None, Some(*id), None, None),
        About::Until(conversation, at) => (None, None, None, Some((conversation.0, *at)), None),
        About::Queued(message) => (None, None, None, None, Some(message.0)),
    };
    let found = sqlx::query_as!(
        Known,
        r#"select d.id as "id: DeliveryId", d.conversation_id as "conversation_id: ConversationId",
            d.message_id as "message_id: MessageId", d.status as "status: Status", c.kind
        from deliveries d
        join channels c on c.tenant_id = d.tenant_id and c.id = d.channel_id
        where d.tenant_id = current_tenant_id() and d.channel_id = $1
            and ($2::uuid is null or d.id = $2) and ($3::text is null or d.platform_message_id = $3)
            and ($4::uuid is null or (d.conversation_id = $4 and date_trunc('milliseconds', d.sending_at) <= $5
                and d.status in ('sent', 'delivered')))
            and ($6::uuid is null or (d.message_id = $6 and d.status = 'queued'))
            and ($7::integer is null or d.resends = $7)
        order by d.id
        for update of d"#,
        channel.0,
        id,
        platform_id,
        until.map(|(conversation, _)| conversation),
        until.map(|(_, at)| at),
        queued,
        resends,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn set_status(tx: &mut TenantTx, id: DeliveryId, status: Status, news: &News) -> Result<()> {
    sqlx::query!(
        "update deliveries
        set status = $2, error_code = $3, error_reason = $4,
            sent_at = case when $2 in ('sent', 'delivered', 'read') then coalesce(sent_at, $5) else sent_at end,
            delivered_at = case when $2 in ('delivered', 'read') then coalesce(delivered_at, $5) else delivered_at end,
            read_at = case when $2 = 'read' then coalesce(read_at, $5) else read_at end,
            failed_at = case when $2 in ('failed', 'unknown', 'cancelled') then $5 else failed_at end
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        status as Status,
        news.code,
        news.reason,
        news.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Puts what did not go, or may not have gone, into the queue again, because a person wants it: `failed_at` tells it from
/// what has never been tried, and is the time of this wish now; what the vendor called the attempt before is forgotten. The
/// number of pieces.
pub async fn retry(tx: &mut TenantTx, conversation: ConversationId, message: MessageId) -> Result<u64> {
    let now = tx.now();
    let done = sqlx::query!(
        "update deliveries
        set status = 'queued', attempts = 0, next_attempt_at = null, error_code = null, error_reason = null, failed_at = $3,
            platform_message_id = null, sent_at = null, delivered_at = null, read_at = null, resends = resends + 1
        where tenant_id = current_tenant_id() and conversation_id = $1 and message_id = $2
            and status in ('failed', 'unknown', 'cancelled')",
        conversation.0,
        message.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Conversations of a channel that have something to be sent.
pub async fn list_waiting(tx: &mut TenantTx, channel: ChannelId) -> Result<Vec<ConversationId>> {
    let found = sqlx::query_scalar!(
        r#"select distinct conversation_id as "id: ConversationId" from deliveries
        where tenant_id = current_tenant_id() and channel_id = $1 and status in ('queued', 'sending')"#,
        channel.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// Whether a call is under way in this conversation.
pub async fn is_sending(tx: &mut TenantTx, conversation: ConversationId) -> Result<bool> {
    let is_sending = sqlx::query_scalar!(
        r#"select exists (select from deliveries where tenant_id = current_tenant_id() and conversation_id = $1
            and status = 'sending') as "is_sending!""#,
        conversation.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(is_sending)
}

/// Whether this is the bot's message, a person of the team has replied after it, and nobody wants it sent all the same.
pub async fn is_overtaken(
    tx: &mut TenantTx,
    conversation: ConversationId,
    message: MessageId,
    seq: i64,
) -> Result<bool> {
    let is_overtaken = sqlx::query_scalar!(
        r#"select exists (select from messages m where m.tenant_id = current_tenant_id() and m.id = $2 and m.sender_type = 'ai')
            and exists (select from messages h where h.tenant_id = current_tenant_id() and h.conversation_id = $1
                and h.seq > $3 and h.sender_type = 'agent')
            and not exists (select from deliveries d where d.tenant_id = current_tenant_id() and d.message_id = $2
                and d.status = 'queued' and d.failed_at is not null) as "is_overtaken!""#,
        conversation.0,
        message.0,
        seq,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(is_overtaken)
}

/// Where a conversation takes place, and when its person wrote last.
pub struct Place {
    pub channel_id: ChannelId,
    pub kind: String,
    /// As [`Said::last_inbound_at`].
    pub last_inbound_at: Option<DateTime<Utc>>,
}

/// The vendor's name for the conversation, and the vendor's id of the person's newest message.
pub struct Newest {
    pub channel_id: ChannelId,
    pub thread: String,
    pub message_id: String,
}

/// None: nobody has written there, or it is not a vendor's.
pub async fn find_newest(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Newest>> {
    let newest = sqlx::query_as!(
        Newest,
        r#"select c.channel_id as "channel_id: ChannelId", c.thread as "thread!", m.client_message_id as "message_id!"
        from conversations c
        join messages m on m.tenant_id = c.tenant_id and m.conversation_id = c.id
        where c.tenant_id = current_tenant_id() and c.id = $1 and c.thread is not null and m.sender_type = 'user'
            and m.client_message_id !~ '#[0-9]+$'
        order by m.seq desc
        limit 1"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(newest)
}

pub async fn find_place(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Place>> {
    let place = sqlx::query_as!(
        Place,
        r#"select c.channel_id as "channel_id: ChannelId", h.kind,
            (select max(least(m.written_at, m.sent_at)) from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id
                and m.sender_type = 'user') as last_inbound_at
        from conversations c
        join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
        where c.tenant_id = current_tenant_id() and c.id = $1"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(place)
}

//! All SQL for storing a visitor's message.

use kernel::error::{Error, OnConstraint, conflict};
use kernel::ids::{ChannelId, ContactId, ConversationId, MessageId};
use kernel::{Event, Result, TenantTx};
use serde_json::json;

use super::{ConversationState, Inbound, Recorded, Replies, Utterance};
use crate::messages::{self, SenderType};
use crate::timeline::{self, Actor, Kind};
use crate::{assignment, contacts, inbox, search};

pub enum Outcome {
    Recorded(Box<Recorded>),
    OpenElsewhere(ConversationId),
}

/// The code of an error after which trying again finds what somebody else has just written.
pub const LOST_RACE: &str = "lost_race";

fn lost_race() -> Error {
    conflict(
        LOST_RACE,
        "Somebody else wrote the same at this moment. Please try again.",
    )
}

pub async fn record(tx: &mut TenantTx, inbound: &Inbound, recent: i64) -> Result<Outcome> {
    let mut locked = lock(tx, inbound).await?;
    if locked.as_ref().is_some_and(|locked| !locked.is_theirs) {
        // the token names what was theirs before a merge was taken back
        return Ok(Outcome::OpenElsewhere(ConversationId::new()));
    }
    if locked.is_none() {
        if let Some(existing) = find_open(tx, inbound).await? {
            return Ok(Outcome::OpenElsewhere(existing));
        }
        let new = NewConversation {
            id: inbound.conversation_id,
            contact: now_known_as(tx, inbound.contact_id).await?,
            visitor: visitor_of(tx, inbound).await?,
            channel: inbound.channel_id,
            thread: inbound.platform.thread.as_deref(),
            language: inbound.language.as_deref(),
            page_url: inbound.page_url.as_deref(),
        };
        create_conversation(tx, &new).await?;
        locked = lock(tx, inbound).await?;
    }
    let locked = locked.ok_or_else(lost_race)?;
    if locked.is_blocked {
        return Err(contacts::blocked());
    }
    // resolved here, but the contact has another conversation open on this channel: that one goes on
    if !locked.is_stored
        && locked.state.status == "resolved"
        && let Some(open) = find_open(tx, inbound).await?
    {
        return Ok(Outcome::OpenElsewhere(open));
    }
    let recorded = if locked.is_stored {
        read(tx, inbound, locked).await?
    } else {
        insert(tx, inbound, locked, recent).await?
    };
    Ok(Outcome::Recorded(Box::new(recorded)))
}

/// A conversation that nobody else writes to until the end of the transaction.
struct Locked {
    state: ConversationState,
    /// Only a person will answer: one has taken over, or the bot is switched off.
    needs_person: bool,
    /// That is known, and somebody is assigned.
    is_looked_after: bool,
    is_snoozed: bool,
    is_blocked: bool,
    knowledge_revision: i64,
    /// It was begun by the visitor who writes. On a messaging channel the vendor's thread decides.
    is_theirs: bool,
    /// This message came before. One that came while the lock was waited for is not seen here: writing it again
    /// fails, and the next attempt sees it.
    is_stored: bool,
}

/// Locks the conversation, so that its messages are numbered one after another.
async fn lock(tx: &mut TenantTx, inbound: &Inbound) -> Result<Option<Locked>> {
    let row = sqlx::query!(
        r#"select c.contact_id as "contact_id: ContactId", c.status, c.ai_paused, c.last_seq, c.language, p.ai_enabled,
            p.is_blocked, c.snoozed_until is not null as "is_snoozed!",
            c.waiting_since is not null and c.assigned_to is not null as "is_looked_after!",
            (select b.is_bot_active from channel_configurations b
                where b.tenant_id = c.tenant_id and b.channel_id = c.channel_id) as "is_bot_active!",
            (select k.revision from knowledge_state k where k.tenant_id = current_tenant_id()) as "revision!",
            exists (select from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id
                and m.client_message_id = $2 and m.sender_type = 'user') as "is_stored!",
            $3::text is not null or visitor_now(coalesce(c.begun_by, c.contact_id)) = visitor_now($4) as "is_theirs!"
        from conversations c
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        where c.tenant_id = current_tenant_id() and c.id = $1
        for no key update of c"#,
        inbound.conversation_id.0,
        inbound.client_message_id,
        inbound.platform.thread,
        inbound.contact_id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Locked {
        is_theirs: row.is_theirs,
        needs_person: row.ai_paused || !row.ai_enabled || !row.is_bot_active,
        is_looked_after: row.is_looked_after,
        is_snoozed: row.is_snoozed,
        is_blocked: row.is_blocked,
        state: ConversationState {
            id: inbound.conversation_id,
            contact_id: row.contact_id,
            status: row.status,
            ai_paused: row.ai_paused,
            ai_enabled: row.ai_enabled,
            last_seq: row.last_seq,
            language: row.language,
        },
        knowledge_revision: row.revision,
        is_stored: row.is_stored,
    }))
}

async fn find_open(tx: &mut TenantTx, inbound: &Inbound) -> Result<Option<ConversationId>> {
    let id = sqlx::query_scalar!(
        r#"select id as "id: ConversationId" from conversations
        where tenant_id = current_tenant_id() and channel_id = $2 and status <> 'resolved'
            and contact_id = contact_now($1)
            and ($3::text is not null or visitor_now(coalesce(begun_by, contact_id)) = visitor_now($1))
        order by id desc
        limit 1"#,
        inbound.contact_id.0,
        inbound.channel_id.0,
        inbound.platform.thread,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

/// Who begins a conversation by writing: of a messaging channel the contact, whom the vendor vouches for.
async fn visitor_of(tx: &mut TenantTx, inbound: &Inbound) -> Result<ContactId> {
    match inbound.platform.thread {
        Some(_) => now_known_as(tx, inbound.contact_id).await,
        None => visitor_now(tx, inbound.contact_id).await,
    }
}

/// The visitor whom this one is, however the team has put contacts together.
pub async fn visitor_now(tx: &mut TenantTx, contact: ContactId) -> Result<ContactId> {
    let now = sqlx::query_scalar!(r#"select visitor_now($1) as "id!: ContactId""#, contact.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok(now)
}

/// The contact that this one is part of by now, or itself.
pub async fn now_known_as(tx: &mut TenantTx, contact: ContactId) -> Result<ContactId> {
    let now = sqlx::query_scalar!(r#"select contact_now($1) as "id!: ContactId""#, contact.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok(now)
}

/// A conversation that begins.
pub struct NewConversation<'a> {
    pub id: ConversationId,
    pub contact: ContactId,
    /// Whose token reads it: the contact, or somebody who was made part of it by hand.
    pub visitor: ContactId,
    pub channel: ChannelId,
    /// Where the vendor is told to send replies; it is the first conversation's session there.
    pub thread: Option<&'a str>,
    pub language: Option<&'a str>,
    pub page_url: Option<&'a str>,
}

pub async fn create_conversation(tx: &mut TenantTx, new: &NewConversation<'_>) -> Result<()> {
    let tenant = tx.tenant_id();
    contacts::store::ensure(tx, new.contact, new.language).await?;
    sqlx::query!(
        "insert into conversations (tenant_id, id, contact_id, channel_id, thread, session_id, language, page_url, begun_by)
        values ($1, $2, $3, $4, $5,
            case when $5::text is null or exists (select from conversations s where s.tenant_id = $1 and s.channel_id = $4
                and s.session_id = $5) then $2::uuid::text else $5 end,
            $6, $7, nullif($8::uuid, $3))
        on conflict (tenant_id, id) do nothing",
        tenant.0,
        new.id.0,
        new.contact.0,
        new.channel.0,
        new.thread,
        new.language,
        new.page_url,
        new.visitor.0,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("conversations_one_open", lost_race)?;
    Ok(())
}

pub async fn find_for_visitor(
    tx: &mut TenantTx,
    conversation: ConversationId,
    contact: ContactId,
    channel: ChannelId,
) -> Result<Option<ConversationState>> {
    let row = sqlx::query!(
        r#"select c.id as "id: ConversationId", c.status, c.ai_paused, c.last_seq, c.language, p.ai_enabled
        from conversations c
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        where c.tenant_id = current_tenant_id() and c.channel_id = $3
            and (c.id = $1 or (c.contact_id = contact_now($2) and c.status <> 'resolved'))
            and visitor_now(coalesce(c.begun_by, c.contact_id)) = visitor_now($2)
        order by (c.status <> 'resolved') desc, c.id = $1 desc
        limit 1"#,
        conversation.0,
        contact.0,
        channel.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| ConversationState {
        id: row.id,
        contact_id: contact,
        status: row.status,
        ai_paused: row.ai_paused,
        ai_enabled: row.ai_enabled,
        last_seq: row.last_seq,
        language: row.language,
    }))
}

/// Whether the contact's messages are refused.
pub async fn is_blocked(tx: &mut TenantTx, contact: ContactId) -> Result<bool> {
    let is_blocked = sqlx::query_scalar!(
        "select is_blocked from contacts where tenant_id = current_tenant_id() and id = contact_now($1)",
        contact.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(is_blocked.unwrap_or(false))
}

pub async fn language_of(tx: &mut TenantTx, id: ConversationId) -> Result<Option<String>> {
    let language = sqlx::query_scalar!(
        "select language from conversations where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(language)
}

/// The message as it was stored before.
async fn read(tx: &mut TenantTx, inbound: &Inbound, locked: Locked) -> Result<Recorded> {
    let stored = sqlx::query!(
        r#"select id as "id: MessageId", seq, text_content as text, sent_at from messages
        where tenant_id = current_tenant_id() and conversation_id = $1 and client_message_id = $2 and sender_type = 'user'"#,
        inbound.conversation_id.0,
        inbound.client_message_id,
    )
    .fetch_one(&mut **tx)
    .await?;
    let attachment = messages::store::find(tx, inbound.conversation_id, stored.id)
        .await?
        .and_then(|m| m.attachment);
    Ok(Recorded {
        conversation: locked.state,
        message_id: stored.id,
        client_message_id: inbound.client_message_id.clone(),
        seq: stored.seq,
        text: stored.text,
        sent_at: stored.sent_at,
        attachment,
        is_new: false,
        recent: Vec::new(),
        knowledge_revision: locked.knowledge_revision,
    })
}

/// Replies go where the person has written last.
async fn follow(tx: &mut TenantTx, conversation: ConversationId, thread: &str) -> Result<()> {
    sqlx::query!(
        "update conversations set thread = $2
        where tenant_id = current_tenant_id() and id = $1 and thread is distinct from $2",
        conversation.0,
        thread,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes the message with its words and reads, in the same round trip, what was said before it.
async fn insert(tx: &mut TenantTx, inbound: &Inbound, locked: Locked, recent: i64) -> Result<Recorded> {
    let mut state = locked.state;
    let mut needs_person = locked.needs_person;
    if state.status == "resolved" {
        needs_person = reopen(tx, state.id).await?;
        state.status = "open".into();
        state.ai_paused = false;
    }
    let attachment = match inbound.attachment_id {
        None => None,
        Some(id) => {
            let owner = visitor(inbound.contact_id);
            let attached = assets::store::attach(tx, id, state.id, &owner).await?;
            Some(attached.ok_or_else(messages::not_an_upload)?)
        }
    };
    if let Some(thread) = &inbound.platform.thread {
        follow(tx, state.id, thread).await?;
    }
    let (tenant, message_id, now) = (tx.tenant_id(), MessageId::new(), tx.now());
    let rows = sqlx::query!(
        r#"with said as (
            insert into messages (tenant_id, id, conversation_id, seq, sender_type, text_content, client_message_id, content_type,
                attachment_id, metadata, written_at)
            values ($1, $2, $3, 0, 'user', $4, $5, $7, $8, $10, $11)
            returning seq, sent_at
        ), findable as (
            insert into conversation_words (tenant_id, word, conversation_id)
            select $1, word, $3 from unnest($9::text[]) as word
            on conflict do nothing
        )
        select said.seq as "said_seq!", said.sent_at as "said_at!", before.id as "message_id?: MessageId",
            before.seq as "seq?", before.sender_type as "sender_type?: SenderType", before.text_content as "text?",
            before.sent_at as "sent_at?"
        from said
        left join lateral (
            select m.id, m.seq, m.sender_type, m.text_content, m.sent_at from messages m
            where m.tenant_id = $1 and m.conversation_id = $3
            order by m.seq desc
            limit $6
        ) before on true
        order by before.seq"#,
        tenant.0,
        message_id.0,
        state.id.0,
        inbound.text,
        inbound.client_message_id,
        recent,
        inbound
            .platform
            .content_type
            .unwrap_or_else(|| messages::content_type(attachment.as_ref())),
        attachment.as_ref().map(|asset| asset.id.0),
        &search::words(&inbound.text),
        json!(inbound.platform.extras),
        inbound.platform.written_at.filter(|at| *at < now),
    )
    .fetch_all(&mut **tx)
    .await
    .on_constraint("messages_client_message_id_key", lost_race)?;
    let last = rows.last().ok_or_else(lost_race)?;
    let (seq, sent_at) = (last.said_seq, last.said_at);
    let before = rows.into_iter().filter_map(|row| {
        Some(Utterance {
            message_id: row.message_id?,
            seq: row.seq?,
            sender_type: row.sender_type?,
            text: row.text?,
            sent_at: row.sent_at?,
        })
    });
    let new = Utterance {
        message_id,
        seq,
        sender_type: SenderType::User,
        text: inbound.text.clone(),
        sent_at,
    };
    let recent = before.chain([new]).collect();
    state.last_seq = seq;
    if locked.is_snoozed {
        wake(tx, state.id).await?;
    }
    if needs_person && !locked.is_looked_after {
        assignment::begin_waiting(tx, state.id).await?;
    }
    Ok(Recorded {
        conversation: state,
        message_id,
        client_message_id: inbound.client_message_id.clone(),
        seq,
        text: inbound.text.clone(),
        sent_at,
        attachment,
        is_new: true,
        recent,
        knowledge_revision: locked.knowledge_revision,
    })
}

/// A visitor who writes again after "resolved" finds the bot awake; targets begin anew, and who is away need not come
/// back for it. True: the bot is switched off.
async fn reopen(tx: &mut TenantTx, id: ConversationId) -> Result<bool> {
    let needs_person = sqlx::query_scalar!(
        r#"update conversations c
        set status = 'open', ai_paused = false, resolved_at = null, waiting_since = null, first_reply_due_at = null,
            first_replied_at = null, resolution_due_at = null,
            assigned_to = case when exists (select from member_states s where s.tenant_id = c.tenant_id
                and s.user_id = c.assigned_to and s.availability = 'away') then null else c.assigned_to end
        from channel_configurations b, contacts p
        where c.tenant_id = current_tenant_id() and c.id = $1 and b.tenant_id = c.tenant_id and b.channel_id = c.channel_id
            and p.tenant_id = c.tenant_id and p.id = c.contact_id
        returning not b.is_bot_active or not p.ai_enabled as "needs_person!""#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await
    .on_constraint("conversations_one_open", lost_race)?;
    let by = json!({"by": "visitor"});
    timeline::record(tx, id, Kind::Reopened, &Actor::nobody(), by).await?;
    Ok(needs_person)
}

/// The visitor has written: no reason to wait any longer.
async fn wake(tx: &mut TenantTx, id: ConversationId) -> Result<()> {
    inbox::store::snooze(tx, id, None).await?;
    let by = json!({"by": "visitor"});
    timeline::record(tx, id, Kind::Woken, &Actor::nobody(), by).await?;
    tx.emit(Event::ConversationChanged { conversation_id: id });
    Ok(())
}

/// How a visitor is named as the maker of an upload.
pub fn visitor(contact: ContactId) -> String {
    format!("visitor:{contact}")
}

pub async fn load_waiting(tx: &mut TenantTx, id: ConversationId, limit: i64) -> Result<Option<Recorded>> {
    let row = sqlx::query!(
        r#"select c.contact_id as "contact_id: ContactId", c.status, c.ai_paused, c.last_seq, c.language, p.ai_enabled,
            (select k.revision from knowledge_state k where k.tenant_id = current_tenant_id()) as "revision!"
        from conversations c
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        where c.tenant_id = current_tenant_id() and c.id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let recent = list_recent(tx, id, limit).await?;
    let (Some(row), Some(last)) = (row, recent.last().cloned()) else {
        return Ok(None);
    };
    if last.sender_type != SenderType::User || row.ai_paused || !row.ai_enabled || row.status == "resolved" {
        return Ok(None);
    }
    let conversation = ConversationState {
        id,
        contact_id: row.contact_id,
        status: row.status,
        ai_paused: row.ai_paused,
        ai_enabled: row.ai_enabled,
        last_seq: row.last_seq,
        language: row.language,
    };
    Ok(Some(Recorded {
        conversation,
        message_id: last.message_id,
        client_message_id: String::new(),
        seq: last.seq,
        text: last.text,
        sent_at: last.sent_at,
        attachment: None,
        is_new: true,
        recent,
        knowledge_revision: row.revision,
    }))
}

pub async fn count_replies(tx: &mut TenantTx, id: ConversationId) -> Result<Replies> {
    let now = tx.now();
    let replies = sqlx::query_as!(
        Replies,
        r#"select count(*) filter (where m.sent_at > $2::timestamptz - interval '10 minutes') as "lately!", count(*) as "today!"
        from messages m
        where m.tenant_id = current_tenant_id() and m.conversation_id = $1 and m.sender_type = 'ai' and not m.was_sent_elsewhere
            and m.sent_at > $2::timestamptz - interval '1 day'
            and m.sent_at > coalesce((select max(e.created_at) from escalations e
                where e.tenant_id = current_tenant_id() and e.conversation_id = $1), '-infinity')
            and m.seq > coalesce((select max(a.seq) from messages a
                where a.tenant_id = current_tenant_id() and a.conversation_id = $1 and a.sender_type = 'agent'), 0)"#,
        id.0,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(replies)
}

/// The newest messages of a conversation, oldest of them first.
pub async fn list_recent(tx: &mut TenantTx, id: ConversationId, limit: i64) -> Result<Vec<Utterance>> {
    let mut rows = sqlx::query_as!(
        Utterance,
        r#"select id as "message_id: MessageId", seq, sender_type as "sender_type: SenderType", text_content as text, sent_at from messages
        where tenant_id = current_tenant_id() and conversation_id = $1
        order by seq desc
        limit $2"#,
        id.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.reverse();
    Ok(rows)
}

//! All SQL for storing replies.

use access::Member;
use assets::Asset;
use chrono::{DateTime, Utc};
use kernel::error::{OnConstraint, conflict};
use kernel::ids::{ChannelId, ConversationId, MessageId, UserId};
use kernel::{Result, TenantTx};
use serde_json::json;

use super::{BotReply, Elsewhere, Unanswered};
use crate::escalations;
use crate::inbox::store::another_open;
use crate::messages::{self, Answer, Extras, Message, SenderType};
use crate::search;

/// What decides whether the bot may speak, read under the conversation's lock.
pub struct Gate {
    pub ai_paused: bool,
    pub ai_enabled: bool,
    pub last_seq: i64,
}

/// Nobody else writes to the conversation. Rows that only refer to it, such as its mails, need not wait.
pub async fn lock(tx: &mut TenantTx, id: ConversationId) -> Result<Option<Gate>> {
    let gate = sqlx::query_as!(
        Gate,
        "select c.ai_paused, p.ai_enabled, c.last_seq
        from conversations c
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        where c.tenant_id = current_tenant_id() and c.id = $1
        for no key update of c",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(gate)
}

/// What came after a question.
pub struct Since {
    pub visitor_wrote: bool,
    pub is_answered: bool,
}

/// Not part of [`lock`]: a statement that waited for the lock sees the locked row as it is now, but every other row as
/// it was before the wait.
pub async fn since(tx: &mut TenantTx, id: ConversationId, question: (MessageId, i64)) -> Result<Since> {
    let since = sqlx::query_as!(
        Since,
        r#"select
            exists (select from messages where tenant_id = current_tenant_id() and conversation_id = $1
                and seq > $3 and sender_type = 'user') as "visitor_wrote!",
            exists (select from answers where tenant_id = current_tenant_id() and question_message_id = $2) as "is_answered!""#,
        id.0,
        question.0.0,
        question.1,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(since)
}

/// What became of an attempt to speak.
pub struct Said {
    pub gate: Gate,
    /// None: the bot is silenced, or the conversation's last message is another one than expected.
    pub message: Option<Message>,
}

/// Locks the conversation and, if the bot may speak and the last message is still the expected one, writes message
/// and answer: all in one round trip. None: there is no such conversation.
pub async fn insert_bot_reply(
    tx: &mut TenantTx,
    conversation: ConversationId,
    question: MessageId,
    expected_last_seq: i64,
    reply: &BotReply,
) -> Result<Option<Said>> {
    let (tenant, id) = (tx.tenant_id(), MessageId::new());
    let matched: Vec<uuid::Uuid> = reply.matched_qa_ids.iter().map(|id| id.0).collect();
    let passages: Vec<uuid::Uuid> = reply.matched_passage_ids.iter().map(|id| id.0).collect();
    let row = sqlx::query!(
        r#"with gate as materialized (
            select c.ai_paused, p.ai_enabled, c.last_seq
            from conversations c
            join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
            where c.tenant_id = $1 and c.id = $3
            for no key update of c
        ), said as (
            insert into messages (tenant_id, id, conversation_id, seq, sender_type, sender_name, text_content)
            select $1, $2, $3, 0, 'ai', $4, $5
            from gate where not ai_paused and ai_enabled and last_seq = $21
            returning seq, sent_at
        ), thought as (
            insert into answers (tenant_id, id, conversation_id, question_message_id, question_text, mode, confidence, gap_detected,
                escalation_offered, suggestion_chips, matched_qa_ids, sources, actions, language, model, input_tokens, output_tokens, trace,
                matched_passage_ids, knowledge_revision, agent)
            select $1, $2, $3, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $23, $24, $25 from said
        ), findable as (
            insert into conversation_words (tenant_id, word, conversation_id)
            select $1, word, $3 from said, unnest($22::text[]) as word
            on conflict do nothing
        )
        select gate.ai_paused, gate.ai_enabled, gate.last_seq, said.seq as "seq?", said.sent_at as "sent_at?"
        from gate left join said on true"#,
        tenant.0,
        id.0,
        conversation.0,
        reply.sender_name,
        reply.text,
        question.0,
        reply.question_text,
        reply.mode.as_str(),
        reply.confidence,
        reply.gap_detected,
        reply.escalation_offered,
        &reply.suggestion_chips,
        &matched,
        json!(reply.sources),
        json!(reply.actions),
        reply.language,
        reply.model,
        reply.input_tokens,
        reply.output_tokens,
        reply.trace,
        expected_last_seq,
        &search::words(&reply.text),
        &passages,
        reply.knowledge_revision,
        reply.agent.as_ref().map(|agent| json!(agent)),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Said {
        gate: Gate {
            ai_paused: row.ai_paused,
            ai_enabled: row.ai_enabled,
            last_seq: row.last_seq,
        },
        message: (row.seq.zip(row.sent_at)).map(|stored| spoken(id, conversation, stored, reply)),
    }))
}

fn spoken(
    id: MessageId,
    conversation: ConversationId,
    stored: (i64, DateTime<Utc>),
    reply: &BotReply,
) -> Message {
    let answer = Answer {
        id,
        text: reply.text.clone(),
        mode: reply.mode,
        confidence: reply.confidence,
        sources: reply.sources.clone(),
        suggestion_chips: reply.suggestion_chips.clone(),
        gap_detected: reply.gap_detected,
        escalation_offered: reply.escalation_offered,
        matched_qa_ids: reply.matched_qa_ids.clone(),
        actions: reply.actions.clone(),
        feedback: None,
        agent: reply.agent.clone(),
    };
    message(
        id,
        conversation,
        stored,
        SenderType::Ai,
        reply.sender_name.clone(),
        &reply.text,
        Some(answer),
    )
}

/// What a person says.
pub struct HumanReply<'a> {
    pub client_message_id: &'a str,
    pub text: &'a str,
    pub attachment: Option<Asset>,
    pub extras: Extras,
}

pub async fn insert_human_reply(
    tx: &mut TenantTx,
    conversation: ConversationId,
    member: &Member,
    said: HumanReply<'_>,
) -> Result<Message> {
    let (tenant, id) = (tx.tenant_id(), MessageId::new());
    let row = sqlx::query!(
        "insert into messages (tenant_id, id, conversation_id, seq, sender_type, sender_user_id, sender_name, text_content, client_message_id, content_type, attachment_id, metadata)
        values ($1, $2, $3, 0, 'agent', $4, $5, $6, $7, $8, $9, $10)
        returning seq, sent_at",
        tenant.0,
        id.0,
        conversation.0,
        member.user_id().map(|id| id.0),
        member.display_name(),
        said.text,
        said.client_message_id,
        messages::content_type(said.attachment.as_ref()),
        said.attachment.as_ref().map(|asset| asset.id.0),
        json!(said.extras),
    )
    .fetch_one(&mut **tx)
    .await
    .on_constraint("messages_client_message_id_key", || {
        conflict("client_message_id_taken", "Another message of this conversation has this `client_message_id`.")
    })?;
    let name = member.display_name().map(str::to_owned);
    let mut message = message(
        id,
        conversation,
        (row.seq, row.sent_at),
        SenderType::Agent,
        name,
        said.text,
        None,
    );
    message.client_message_id = Some(said.client_message_id.to_owned());
    message.attachment = said.attachment;
    message.extras = said.extras;
    Ok(message)
}

pub async fn insert_elsewhere(
    tx: &mut TenantTx,
    conversation: ConversationId,
    said: &Elsewhere<'_>,
) -> Result<Option<Message>> {
    let (tenant, id) = (tx.tenant_id(), MessageId::new());
    let extras = Extras {
        is_from_elsewhere: true,
        missing_file: said
            .has_files
            .then(|| "A file was sent with it; it is in the vendor's inbox.".to_owned()),
        ..Extras::default()
    };
    let sender = if said.pauses_bot {
        SenderType::Agent
    } else {
        SenderType::Ai
    };
    let row = sqlx::query!(
        "insert into messages (tenant_id, id, conversation_id, seq, sender_type, sender_name, text_content, client_message_id, metadata,
            was_sent_elsewhere)
        select $1, $2, $3, 0, $4, $5, $6, $7, $8, true
        where not exists (select from messages where tenant_id = $1 and conversation_id = $3 and client_message_id = $7
            and was_sent_elsewhere)
        returning seq, sent_at",
        tenant.0,
        id.0,
        conversation.0,
        sender as SenderType,
        said.author,
        said.text,
        said.client_message_id,
        json!(extras),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| {
        let name = said.author.map(str::to_owned);
        let stored = (row.seq, row.sent_at);
        message(id, conversation, stored, sender, name, said.text, None)
    }))
}

/// None: it was said before.
pub async fn insert_automatic_reply(
    tx: &mut TenantTx,
    conversation: ConversationId,
    key: &str,
    text: &str,
) -> Result<Option<Message>> {
    let (tenant, id) = (tx.tenant_id(), MessageId::new());
    let row = sqlx::query!(
        "insert into messages (tenant_id, id, conversation_id, seq, sender_type, sender_name, text_content, client_message_id)
        select $1, $2, $3, 0, 'ai', h.settings ->> 'display_name', $4, $5
        from conversations c
        join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
        where c.tenant_id = $1 and c.id = $3
            and not exists (select from messages where tenant_id = $1 and conversation_id = $3 and client_message_id = $5)
        returning seq, sent_at, sender_name",
        tenant.0,
        id.0,
        conversation.0,
        text,
        key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| {
        let stored = (row.seq, row.sent_at);
        message(
            id,
            conversation,
            stored,
            SenderType::Ai,
            row.sender_name,
            text,
            None,
        )
    }))
}

pub async fn insert_system_message(
    tx: &mut TenantTx,
    conversation: ConversationId,
    text: &str,
) -> Result<Message> {
    let (tenant, id) = (tx.tenant_id(), MessageId::new());
    let row = sqlx::query!(
        "insert into messages (tenant_id, id, conversation_id, seq, sender_type, text_content)
        values ($1, $2, $3, 0, 'system', $4)
        returning seq, sent_at",
        tenant.0,
        id.0,
        conversation.0,
        text,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(message(
        id,
        conversation,
        (row.seq, row.sent_at),
        SenderType::System,
        None,
        text,
        None,
    ))
}

fn message(
    id: MessageId,
    conversation_id: ConversationId,
    (seq, created_at): (i64, DateTime<Utc>),
    sender_type: SenderType,
    sender_name: Option<String>,
    text: &str,
    answer: Option<Answer>,
) -> Message {
    let text = text.to_owned();
    Message {
        id,
        conversation_id,
        seq,
        sender_type,
        sender_name,
        text,
        created_at,
        client_message_id: None,
        answer,
        attachment: None,
        extras: Extras::default(),
        delivery: None,
    }
}

pub async fn find_by_client_id(
    tx: &mut TenantTx,
    conversation: ConversationId,
    client_message_id: &str,
) -> Result<Option<Message>> {
    let id = sqlx::query_scalar!(
        r#"select id as "id: MessageId" from messages
        where tenant_id = current_tenant_id() and conversation_id = $1 and client_message_id = $2
            and sender_type = 'agent' and not was_sent_elsewhere"#,
        conversation.0,
        client_message_id,
    )
    .fetch_optional(&mut **tx)
    .await?;
    match id {
        Some(id) => messages::store::find(tx, conversation, id).await,
        None => Ok(None),
    }
}

/// A reply that the writer of another one has not seen.
pub struct NewerReply {
    pub sender_name: Option<String>,
    pub is_bot: bool,
}

/// The newest reply behind `seen_seq` by anybody but this person.
pub async fn find_reply_after(
    tx: &mut TenantTx,
    conversation: ConversationId,
    seen_seq: i64,
    user: Option<UserId>,
) -> Result<Option<NewerReply>> {
    let newer = sqlx::query_as!(
        NewerReply,
        r#"select sender_name, sender_type = 'ai' as "is_bot!" from messages
        where tenant_id = current_tenant_id() and conversation_id = $1 and seq > $2
            and (sender_type = 'ai' or (sender_type = 'agent' and ($3::uuid is null or sender_user_id is distinct from $3)))
        order by seq desc
        limit 1"#,
        conversation.0,
        seen_seq,
        user.map(|id| id.0),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(newer)
}

/// A person has the floor. Whoever replies first also takes a conversation that nobody has.
pub async fn pause_bot(tx: &mut TenantTx, conversation: ConversationId, user: Option<UserId>) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update conversations
        set ai_paused = true, assigned_to = coalesce(assigned_to, $2), awaiting_reply_since = null, waiting_since = null,
            first_replied_at = coalesce(first_replied_at, $3),
            status = case status when 'resolved' then 'open' else status end,
            resolved_at = null
        where tenant_id = current_tenant_id() and id = $1",
        conversation.0,
        user.map(|id| id.0),
        now,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("conversations_one_open", another_open)?;
    sqlx::query!(
        "update escalations set status = 'in_progress'
        where tenant_id = current_tenant_id() and conversation_id = $1 and status = 'pending'",
        conversation.0,
    )
    .execute(&mut **tx)
    .await?;
    escalations::store::follow(tx, conversation).await
}

/// [`list_unanswered`] gives no more at once.
pub const MOST_UNANSWERED: usize = 100;

/// Conversations in which the visitor has been waiting for a bot that is switched on, since some time between
/// `oldest` and `before`: the server died between storing the question and storing the answer. The longest wait first,
/// beginning behind `after`.
pub async fn list_unanswered(
    tx: &mut TenantTx,
    oldest: DateTime<Utc>,
    before: DateTime<Utc>,
    after: Option<Unanswered>,
) -> Result<Vec<Unanswered>> {
    let found = sqlx::query_as!(
        Unanswered,
        r#"select c.id as "conversation_id: ConversationId", c.channel_id as "channel_id: ChannelId", c.awaiting_reply_since as "since!"
        from conversations c
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id and p.ai_enabled
        join channel_configurations b on b.tenant_id = c.tenant_id and b.channel_id = c.channel_id and b.is_bot_active
        where c.tenant_id = current_tenant_id() and c.awaiting_reply_since > $5
            and (c.awaiting_reply_since < $1 or lies_ahead(c.awaiting_reply_since))
            and not c.ai_paused and c.status <> 'resolved'
            and ($2::timestamptz is null or (c.awaiting_reply_since, c.id) > ($2, $3))
        order by c.awaiting_reply_since, c.id
        limit $4"#,
        before,
        after.map(|after| after.since),
        after.map(|after| after.conversation_id.0),
        MOST_UNANSWERED as i64,
        oldest,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

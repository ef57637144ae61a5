//! All SQL that reads messages and answers.

use assets::{Asset, address};
use chrono::{DateTime, Utc};
use kernel::ids::{AssetId, ConversationId, MessageId, QaPairId};
use kernel::{Result, TenantTx};
use serde_json::Value;
use sqlx::types::Json;

use super::{
    Action, Answer, AnswerMode, AnsweringAgent, Extras, Feedback, Message, MessageDelivery, SenderType,
    Source,
};
use crate::deliveries;

/// A message left-joined with its answer.
struct Row {
    id: MessageId,
    conversation_id: ConversationId,
    seq: i64,
    sender_type: SenderType,
    sender_name: Option<String>,
    text: String,
    created_at: DateTime<Utc>,
    client_message_id: Option<String>,
    confidence: Option<f64>,
    mode: Option<AnswerMode>,
    gap_detected: Option<bool>,
    escalation_offered: Option<bool>,
    suggestion_chips: Option<Vec<String>>,
    matched_qa_ids: Option<Vec<QaPairId>>,
    sources: Option<Json<Vec<Source>>>,
    actions: Option<Json<Vec<Action>>>,
    feedback: Option<Feedback>,
    agent: Option<Json<AnsweringAgent>>,
    asset_id: Option<AssetId>,
    file_name: Option<String>,
    mime_type: Option<String>,
    size: Option<i64>,
    width: Option<i32>,
    height: Option<i32>,
    public_id: Option<String>,
    extras: Json<Extras>,
    delivery_status: Option<deliveries::Status>,
    delivery_code: Option<String>,
    delivery_reason: Option<String>,
}

impl Row {
    fn attachment(&mut self) -> Option<Asset> {
        let name = self.file_name.take()?;
        Some(Asset {
            id: self.asset_id?,
            url: address::url(self.public_id.as_deref()?, &name),
            name,
            mime_type: self.mime_type.take()?,
            size: self.size?,
            width: self.width,
            height: self.height,
        })
    }
}

impl From<Row> for Message {
    fn from(mut row: Row) -> Self {
        let attachment = row.attachment();
        let delivery = row.delivery_status.map(|status| MessageDelivery {
            status,
            code: row.delivery_code.take(),
            reason: row.delivery_reason.take(),
        });
        let answer = row.confidence.map(|confidence| Answer {
            id: row.id,
            text: row.text.clone(),
            mode: row.mode.unwrap_or(AnswerMode::Action),
            confidence,
            sources: row.sources.map(|Json(sources)| sources).unwrap_or_default(),
            suggestion_chips: row.suggestion_chips.unwrap_or_default(),
            gap_detected: row.gap_detected.unwrap_or_default(),
            escalation_offered: row.escalation_offered.unwrap_or_default(),
            matched_qa_ids: row.matched_qa_ids.unwrap_or_default(),
            actions: row.actions.map(|Json(actions)| actions).unwrap_or_default(),
            feedback: row.feedback,
            agent: row.agent.map(|Json(agent)| agent),
        });
        Self {
            id: row.id,
            conversation_id: row.conversation_id,
            seq: row.seq,
            sender_type: row.sender_type,
            sender_name: row.sender_name,
            text: row.text,
            created_at: row.created_at,
            client_message_id: row.client_message_id,
            answer,
            attachment,
            extras: row.extras.0,
            delivery,
        }
    }
}

/// Messages after `seq`, oldest first.
pub async fn list_after(
    tx: &mut TenantTx,
    conversation: ConversationId,
    seq: i64,
    limit: i64,
) -> Result<Vec<Message>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select m.id as "id: MessageId", m.conversation_id as "conversation_id: ConversationId", m.seq,
            m.sender_type as "sender_type: SenderType", m.sender_name, m.text_content as text, m.sent_at as created_at,
            m.client_message_id, a.confidence as "confidence?", a.mode as "mode?: AnswerMode", a.gap_detected as "gap_detected?",
            a.escalation_offered as "escalation_offered?", a.suggestion_chips as "suggestion_chips?",
            a.matched_qa_ids as "matched_qa_ids?: Vec<QaPairId>", a.sources as "sources?: Json<Vec<Source>>",
            a.actions as "actions?: Json<Vec<Action>>", a.feedback as "feedback?: Feedback", a.agent as "agent?: Json<AnsweringAgent>",
            f.id as "asset_id?: AssetId", f.file_name as "file_name?", f.mime_type as "mime_type?", f.size as "size?",
            f.width, f.height, f.public_id as "public_id?", m.metadata as "extras: Json<Extras>",
            d.status as "delivery_status?: deliveries::Status", d.error_code as "delivery_code?", d.error_reason as "delivery_reason?"
        from messages m
        left join answers a on a.tenant_id = m.tenant_id and a.id = m.id
        left join assets f on f.tenant_id = m.tenant_id and f.id = m.attachment_id
        left join lateral (
            select status, error_code, error_reason from deliveries
            where tenant_id = m.tenant_id and message_id = m.id and m.sender_type in ('agent', 'ai')
            order by array_position(array['failed', 'unknown', 'cancelled', 'queued', 'sending', 'sent', 'delivered', 'read'], status), part
            limit 1
        ) d on true
        where m.tenant_id = current_tenant_id() and m.conversation_id = $1 and m.seq > $2
        order by m.seq
        limit $3"#,
        conversation.0,
        seq,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// The newest messages, oldest of them first.
pub async fn list_latest(
    tx: &mut TenantTx,
    conversation: ConversationId,
    limit: i64,
) -> Result<Vec<Message>> {
    let last = sqlx::query_scalar!(
        "select last_seq from conversations where tenant_id = current_tenant_id() and id = $1",
        conversation.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    list_after(tx, conversation, last.unwrap_or(0) - limit, limit).await
}

pub async fn find(tx: &mut TenantTx, conversation: ConversationId, id: MessageId) -> Result<Option<Message>> {
    let seq = sqlx::query_scalar!(
        "select seq from messages where tenant_id = current_tenant_id() and conversation_id = $1 and id = $2",
        conversation.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    match seq {
        Some(seq) => Ok(list_after(tx, conversation, seq - 1, 1).await?.pop()),
        None => Ok(None),
    }
}

/// The bot's reply that covers this visitor message: the first whose question is this one or a later one.
pub async fn find_reply_to(
    tx: &mut TenantTx,
    conversation: ConversationId,
    question_seq: i64,
) -> Result<Option<Message>> {
    let id = sqlx::query_scalar!(
        r#"select a.id as "id: MessageId"
        from answers a
        join messages q on q.tenant_id = a.tenant_id and q.id = a.question_message_id
        where a.tenant_id = current_tenant_id() and a.conversation_id = $1 and q.seq >= $2
        order by q.seq
        limit 1"#,
        conversation.0,
        question_seq,
    )
    .fetch_optional(&mut **tx)
    .await?;
    match id {
        Some(id) => find(tx, conversation, id).await,
        None => Ok(None),
    }
}

/// Notes a thumb. False if there is no such answer in this conversation.
pub async fn set_feedback(
    tx: &mut TenantTx,
    conversation: ConversationId,
    id: MessageId,
    value: Feedback,
    comment: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let value = match value {
        Feedback::Up => "up",
        Feedback::Down => "down",
    };
    let done = sqlx::query!(
        "update answers set feedback = $3, feedback_comment = $4, feedback_at = $5
        where tenant_id = current_tenant_id() and conversation_id = $1 and id = $2",
        conversation.0,
        id.0,
        value,
        comment,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// How an answer came about: each step's choice and time.
pub async fn find_trace(
    tx: &mut TenantTx,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<Value>> {
    let trace = sqlx::query_scalar!(
        "select trace from answers where tenant_id = current_tenant_id() and conversation_id = $1 and id = $2",
        conversation.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(trace)
}

/// Writes what a vendor tells of a message later: a reaction, another text, that it was taken back with its file.
pub async fn change(tx: &mut TenantTx, id: MessageId, extras: &Extras, text: Option<&str>) -> Result<()> {
    sqlx::query!(
        "update messages set metadata = $2, text_content = coalesce($3, text_content),
            attachment_id = case when $4 then null else attachment_id end
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        serde_json::json!(extras),
        text,
        extras.is_deleted,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

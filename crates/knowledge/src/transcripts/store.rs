//! All SQL for imports of past chats, and what is worked out from them on the way.

use chrono::{DateTime, Utc};
use kernel::error::not_found;
use kernel::ids::{ConversationId, TranscriptId};
use kernel::{Result, TenantTx};
use pgvector::Vector;
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::mining::clustering::Item;
use super::read::{self, Chat, Format, Said, Side};
use super::speakers::{self, Speaker};
use super::{Source, Status, Transcript};
use crate::embedding::EmbedderChoice;

/// Conversations that one import of resolved ones reads: the newest.
const MOST_CONVERSATIONS: i64 = 5_000;
/// The newest messages of each.
const MOST_OF_ONE: i64 = 200;

pub async fn list(tx: &mut TenantTx, only: Option<TranscriptId>) -> Result<Vec<Transcript>> {
    let found = sqlx::query_as!(
        Transcript,
        r#"select t.id as "id: TranscriptId", t.title, t.source as "source: Source", t.format as "format: Format", t.status as "status: Status",
            t.error, t.since, t.speakers as "speakers: Json<Vec<Speaker>>", t.problems as "problems: Json<Vec<read::Problem>>",
            t.conversation_count, t.message_count, t.exchange_count, t.left_out_count, t.finished_at, t.created_at,
            (select count(*) from transcript_exchanges e
                where e.tenant_id = t.tenant_id and e.import_id = t.id and e.question_vector is not null) as "compared_count!",
            (select count(*) from qa_proposals p where p.tenant_id = t.tenant_id and p.import_id = t.id and p.status = 'proposed') as "proposed_count!",
            (select count(*) from qa_proposals p where p.tenant_id = t.tenant_id and p.import_id = t.id and p.status = 'accepted') as "accepted_count!",
            (select count(*) from qa_proposals p where p.tenant_id = t.tenant_id and p.import_id = t.id and p.status = 'dismissed') as "dismissed_count!"
        from transcript_imports t
        where t.tenant_id = current_tenant_id() and ($1::uuid is null or t.id = $1)
        order by t.created_at desc, t.id desc
        limit 200"#,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn get(tx: &mut TenantTx, id: TranscriptId) -> Result<Transcript> {
    list(tx, Some(id))
        .await?
        .pop()
        .ok_or_else(|| not_found("transcript"))
}

pub async fn find_status(
    tx: &mut TenantTx,
    id: TranscriptId,
) -> Result<Option<(Status, Source, Option<DateTime<Utc>>)>> {
    let found = sqlx::query!(
        r#"select status as "status: Status", source as "source: Source", since from transcript_imports
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|found| (found.status, found.source, found.since)))
}

pub async fn insert_upload(
    tx: &mut TenantTx,
    title: &str,
    transcript: &read::Transcript,
    status: Status,
    actor: &str,
) -> Result<TranscriptId> {
    let (tenant, id) = (tx.tenant_id(), TranscriptId::new());
    let messages: usize = transcript.chats.iter().map(|chat| chat.messages.len()).sum();
    sqlx::query!(
        "insert into transcript_imports
            (tenant_id, id, title, source, format, status, speakers, problems, conversation_count, message_count, created_by)
        values ($1, $2, $3, 'upload', $4, $5, $6, $7, $8, $9, $10)",
        tenant.0,
        id.0,
        title,
        transcript.format as Format,
        status as Status,
        json!(speakers::list(&transcript.chats)),
        json!(transcript.problems),
        count(transcript.chats.len()),
        count(messages),
        actor,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub async fn insert_resolved(
    tx: &mut TenantTx,
    since: Option<DateTime<Utc>>,
    conversations: i64,
    messages: i64,
    actor: &str,
) -> Result<TranscriptId> {
    let (tenant, id) = (tx.tenant_id(), TranscriptId::new());
    sqlx::query!(
        "insert into transcript_imports
            (tenant_id, id, title, source, status, since, conversation_count, message_count, created_by)
        values ($1, $2, '', 'resolved', 'mining', $3, $4, $5, $6)",
        tenant.0,
        id.0,
        since,
        i32::try_from(conversations).unwrap_or(i32::MAX),
        i32::try_from(messages).unwrap_or(i32::MAX),
        actor,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

pub async fn insert_chats(tx: &mut TenantTx, import: TranscriptId, chats: &[Chat]) -> Result<()> {
    let tenant = tx.tenant_id();
    for part in chats.chunks(500) {
        let ids: Vec<Uuid> = part.iter().map(|_| Uuid::now_v7()).collect();
        let names: Vec<Option<String>> = part.iter().map(|chat| chat.name.clone()).collect();
        let messages: Vec<serde_json::Value> = part.iter().map(|chat| json!(chat.messages)).collect();
        sqlx::query!(
            "insert into transcript_chats (tenant_id, id, import_id, name, messages)
            select $1, c.id, $2, c.name, c.messages from unnest($3::uuid[], $4::text[], $5::jsonb[]) as c (id, name, messages)",
            tenant.0,
            import.0,
            &ids,
            &names as &[Option<String>],
            &messages,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

pub async fn list_chats(tx: &mut TenantTx, import: TranscriptId) -> Result<Vec<(Uuid, Chat)>> {
    let rows = sqlx::query!(
        r#"select id, name, messages as "messages: Json<Vec<Said>>" from transcript_chats
        where tenant_id = current_tenant_id() and import_id = $1 order by id"#,
        import.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let chats = rows.into_iter();
    Ok(chats
        .map(|row| {
            (
                row.id,
                Chat {
                    name: row.name,
                    messages: row.messages.0,
                },
            )
        })
        .collect())
}

pub async fn update_chat(tx: &mut TenantTx, id: Uuid, chat: &Chat) -> Result<()> {
    sqlx::query!(
        "update transcript_chats set messages = $2 where tenant_id = current_tenant_id() and id = $1",
        id,
        json!(chat.messages),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// False: it did not wait.
pub async fn begin(tx: &mut TenantTx, id: TranscriptId) -> Result<bool> {
    let done = sqlx::query!(
        "update transcript_imports set status = 'mining' where tenant_id = current_tenant_id() and id = $1 and status = 'waiting'",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Something about the whole import, kept with the lines that could not be read.
pub async fn add_problem(tx: &mut TenantTx, id: TranscriptId, detail: &str) -> Result<()> {
    sqlx::query!(
        "update transcript_imports set problems = problems || jsonb_build_array($2::jsonb)
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        json!(read::Problem {
            line: 0,
            detail: detail.to_owned(),
        }),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn count_waiting(tx: &mut TenantTx) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from transcript_imports where tenant_id = current_tenant_id() and status = 'waiting'"#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// The text of uploads that nobody goes on with is not kept. Gives how many were forgotten.
pub async fn forget_waiting(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!(
        "delete from transcript_imports where tenant_id = current_tenant_id() and status = 'waiting' and created_at < $1",
        before,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Gives the title that it had, if there was one.
pub async fn delete(tx: &mut TenantTx, id: TranscriptId) -> Result<Option<String>> {
    let title = sqlx::query_scalar!(
        "delete from transcript_imports where tenant_id = current_tenant_id() and id = $1 returning title",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(title)
}

pub async fn is_learning_from_resolved(tx: &mut TenantTx) -> Result<bool> {
    let is_learning = sqlx::query_scalar!(
        r#"select exists (
            select from transcript_imports
            where tenant_id = current_tenant_id() and source = 'resolved' and status in ('mining', 'wording')
        ) as "is!""#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(is_learning)
}

/// Conversations that people have answered and resolved, and what was said in them.
pub async fn count_resolved(tx: &mut TenantTx, since: Option<DateTime<Utc>>) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"with chosen as (
            select c.id from conversations c
            where c.tenant_id = current_tenant_id() and c.status = 'resolved' and ($1::timestamptz is null or c.resolved_at >= $1)
                and exists (select from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.sender_type = 'agent')
            order by c.resolved_at desc limit $2
        )
        select (select count(*) from chosen) as "conversations!",
            (select count(*) from messages m where m.tenant_id = current_tenant_id()
                and m.conversation_id in (select id from chosen) and m.sender_type in ('user', 'agent')) as "messages!""#,
        since,
        MOST_CONVERSATIONS,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.conversations, row.messages))
}

/// What visitors and people of the business said in them, in order. Notes are no messages and never come here.
pub async fn list_resolved(
    tx: &mut TenantTx,
    since: Option<DateTime<Utc>>,
) -> Result<Vec<(ConversationId, Chat)>> {
    let rows = sqlx::query!(
        r#"select m.conversation_id as "conversation: ConversationId", m.sender_type,
            coalesce(case when m.sender_type = 'user' then k.name else m.sender_name end, m.sender_type) as "speaker!", m.text_content
        from (
            select c.tenant_id, c.id, c.contact_id, c.resolved_at from conversations c
            where c.tenant_id = current_tenant_id() and c.status = 'resolved' and ($1::timestamptz is null or c.resolved_at >= $1)
                and exists (select from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.sender_type = 'agent')
            order by c.resolved_at desc limit $2
        ) c
        cross join lateral (
            select l.conversation_id, l.sender_type, l.sender_name, l.text_content, l.seq from messages l
            where l.tenant_id = c.tenant_id and l.conversation_id = c.id and l.sender_type in ('user', 'agent', 'ai')
            order by l.seq desc limit $3
        ) m
        join contacts k on k.tenant_id = c.tenant_id and k.id = c.contact_id
        order by c.resolved_at desc, c.id, m.seq"#,
        since,
        MOST_CONVERSATIONS,
        MOST_OF_ONE,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut chats: Vec<(ConversationId, Chat)> = Vec::new();
    for row in rows {
        let side = match row.sender_type.as_str() {
            "user" => Side::Customer,
            "agent" => Side::Business,
            _ => Side::Bot,
        };
        let said = Said {
            speaker: row.speaker,
            side: Some(side),
            text: row.text_content,
        };
        match chats.last_mut().filter(|(id, _)| *id == row.conversation) {
            Some((_, chat)) => chat.messages.push(said),
            None => chats.push((
                row.conversation,
                Chat {
                    name: None,
                    messages: vec![said],
                },
            )),
        }
    }
    Ok(chats)
}

/// An exchange as it is kept until all are compared.
pub struct NewExchange {
    pub chat: Option<String>,
    pub conversation: Option<ConversationId>,
    pub question: String,
    pub answer: String,
    pub reasons: Vec<&'static str>,
}

/// Keeps the exchanges and forgets the chats they were found in.
pub async fn set_exchanges(tx: &mut TenantTx, import: TranscriptId, exchanges: &[NewExchange]) -> Result<()> {
    let tenant = tx.tenant_id();
    for one in exchanges {
        let reasons: Vec<String> = one.reasons.iter().map(|reason| (*reason).to_owned()).collect();
        sqlx::query!(
            "insert into transcript_exchanges (tenant_id, id, import_id, chat, conversation_id, question, answer, reasons)
            values ($1, $2, $3, $4, $5, $6, $7, $8)",
            tenant.0,
            Uuid::now_v7(),
            import.0,
            one.chat,
            one.conversation.map(|id| id.0),
            one.question,
            one.answer,
            &reasons,
        )
        .execute(&mut **tx)
        .await?;
    }
    sqlx::query!(
        "delete from transcript_chats where tenant_id = current_tenant_id() and import_id = $1",
        import.0
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update transcript_imports set exchange_count = $2, speakers = '[]' where tenant_id = current_tenant_id() and id = $1",
        import.0,
        count(exchanges.len()),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Vectors of another model are forgotten. The exchanges that have none yet, up to `limit`.
pub async fn list_unembedded(
    tx: &mut TenantTx,
    import: TranscriptId,
    limit: i64,
) -> Result<Vec<(Uuid, String, String)>> {
    let rows = sqlx::query!(
        "select id, question, answer from transcript_exchanges
        where tenant_id = current_tenant_id() and import_id = $1 and question_vector is null order by id limit $2",
        import.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.question, row.answer))
        .collect())
}

/// From now on this model makes the vectors: those of another one are forgotten.
pub async fn set_embedder(tx: &mut TenantTx, import: TranscriptId, choice: &EmbedderChoice) -> Result<()> {
    let choice = json!(choice);
    sqlx::query!(
        "update transcript_exchanges e set question_vector = null, answer_vector = null
        from transcript_imports t
        where e.tenant_id = current_tenant_id() and e.import_id = $1 and t.tenant_id = e.tenant_id and t.id = e.import_id
            and e.question_vector is not null and t.embedder is distinct from $2",
        import.0,
        choice,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update transcript_imports set embedder = $2
        where tenant_id = current_tenant_id() and id = $1 and embedder is distinct from $2",
        import.0,
        choice,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_vectors(tx: &mut TenantTx, vectors: Vec<(Uuid, Vec<f32>, Vec<f32>)>) -> Result<()> {
    for (id, question, answer) in vectors {
        sqlx::query!(
            "update transcript_exchanges set question_vector = $2, answer_vector = $3
            where tenant_id = current_tenant_id() and id = $1",
            id,
            Vector::from(question) as _,
            Vector::from(answer) as _,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// An exchange with where it comes from.
pub struct Exchange {
    pub chat: Option<String>,
    pub conversation: Option<ConversationId>,
    pub item: Item,
}

pub async fn list_exchanges(tx: &mut TenantTx, import: TranscriptId) -> Result<Vec<Exchange>> {
    let rows = sqlx::query!(
        r#"select id, chat, conversation_id as "conversation: ConversationId", question, answer, reasons,
            question_vector as "question_vector: Vector", answer_vector as "answer_vector: Vector"
        from transcript_exchanges where tenant_id = current_tenant_id() and import_id = $1 order by id"#,
        import.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let exchanges = rows.into_iter().map(|row| {
        let has = |reason: &str| row.reasons.iter().any(|one| one == reason);
        Exchange {
            item: Item {
                chat: match (row.conversation, &row.chat) {
                    (Some(id), _) => id.to_string(),
                    (None, Some(name)) => name.clone(),
                    (None, None) => row.id.to_string(),
                },
                has_personal_data: has(super::mining::clustering::PERSONAL_DATA),
                is_specific: has(super::mining::clustering::CASE_SPECIFIC),
                question: row.question,
                answer: row.answer,
                question_vector: row.question_vector.map(Vector::into),
                answer_vector: row.answer_vector.map(Vector::into),
            },
            chat: row.chat,
            conversation: row.conversation,
        }
    });
    Ok(exchanges.collect())
}

/// The proposals stand; what they were found in is forgotten.
pub async fn set_mined(tx: &mut TenantTx, import: TranscriptId, left_out: usize) -> Result<()> {
    sqlx::query!(
        "delete from transcript_exchanges where tenant_id = current_tenant_id() and import_id = $1",
        import.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update transcript_imports set status = 'wording', left_out_count = $2, embedder = null
        where tenant_id = current_tenant_id() and id = $1 and status = 'mining'",
        import.0,
        count(left_out),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_done(tx: &mut TenantTx, import: TranscriptId) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update transcript_imports set status = 'done', finished_at = $2
        where tenant_id = current_tenant_id() and id = $1 and status = 'wording'",
        import.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Where only the wording was still to come: the proposals stand as they are.
pub async fn conclude_wording(tx: &mut TenantTx, import: TranscriptId) -> Result<bool> {
    let now = tx.now();
    let done = sqlx::query!(
        "update transcript_imports set status = 'done', finished_at = $2
        where tenant_id = current_tenant_id() and id = $1 and status = 'wording'",
        import.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Nothing of what was said is kept.
pub async fn set_failed(tx: &mut TenantTx, import: TranscriptId, error: &str) -> Result<()> {
    sqlx::query!(
        "delete from transcript_chats where tenant_id = current_tenant_id() and import_id = $1",
        import.0
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from transcript_exchanges where tenant_id = current_tenant_id() and import_id = $1",
        import.0
    )
    .execute(&mut **tx)
    .await?;
    let now = tx.now();
    sqlx::query!(
        "update transcript_imports set status = 'failed', error = $2, speakers = '[]', finished_at = $3
        where tenant_id = current_tenant_id() and id = $1 and status = 'mining'",
        import.0,
        error,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

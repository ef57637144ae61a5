//! All SQL for search.

use chrono::{DateTime, Utc};
use futures::{Stream, TryStreamExt as _};
use kernel::ids::{ConversationId, MessageId, NoteId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::{Query, words};

/// Makes a text findable, in the transaction that stores it.
pub async fn add(tx: &mut TenantTx, conversation: ConversationId, text: &str) -> Result<()> {
    let (tenant, words) = (tx.tenant_id(), words(text));
    sqlx::query!(
        "insert into conversation_words (tenant_id, word, conversation_id)
        select $1, word, $2 from unnest($3::text[]) as word
        on conflict do nothing",
        tenant.0,
        conversation.0,
        &words,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Conversations that hold all words, newest activity first.
pub async fn list_conversations(
    tx: &mut TenantTx,
    query: &Query,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<ConversationId>> {
    let mut sql = QueryBuilder::<Postgres>::new(
        "select c.id from conversations c where c.tenant_id = current_tenant_id() and c.last_message_at is not null",
    );
    const HOLDS: &str =
        " and exists (select from conversation_words w where w.tenant_id = current_tenant_id()
        and w.conversation_id = c.id and w.word ";
    for word in query.whole() {
        sql.push(HOLDS).push("= ").push_bind(word).push(")");
    }
    if let Some((from, to)) = query.range() {
        sql.push(HOLDS).push(">= ").push_bind(from);
        sql.push(" and w.word < ").push_bind(to).push(")");
    }
    if let Some(position) = after {
        sql.push(" and (c.last_message_at, c.id) < (")
            .push_bind(position.at);
        sql.push(", ").push_bind(position.id).push(")");
    }
    sql.push(" order by c.last_message_at desc, c.id desc limit ")
        .push_bind(limit);
    Ok(sql.build_query_scalar().fetch_all(&mut **tx).await?)
}

/// A message or note of a conversation that was found.
#[derive(Debug, FromRow)]
pub struct Said {
    pub conversation_id: ConversationId,
    /// Null: it is a note.
    pub message_id: Option<MessageId>,
    pub note_id: Option<NoteId>,
    pub seq: Option<i64>,
    pub text: String,
    pub created_at: DateTime<Utc>,
}

/// How much a search may still read: a word can be known of a conversation in which nothing says it any more.
pub struct Room {
    pub messages: usize,
    pub bytes: usize,
}

/// The newest messages of each conversation, `skip` of them left out, newest first; no more than there is room for.
pub async fn list_messages(
    tx: &mut TenantTx,
    conversations: &[uuid::Uuid],
    skip: i64,
    limit: i64,
    room: &mut Room,
) -> Result<Vec<Said>> {
    let rows = sqlx::query_as!(
        Said,
        r#"select m.conversation_id as "conversation_id: ConversationId", m.id as "message_id?: MessageId",
            null::uuid as "note_id?: NoteId", m.seq as "seq?", m.text_content as text, m.sent_at as created_at
        from conversations c
        cross join lateral (
            select * from messages m
            where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.seq <= c.last_seq - $2
            order by m.seq desc
            limit $3
        ) m
        where c.tenant_id = current_tenant_id() and c.id = any($1)"#,
        conversations,
        skip,
        limit,
    )
    .fetch(&mut **tx);
    room.fill(rows).await
}

/// The newest notes of these conversations, no more than there is room for.
pub async fn list_notes(
    tx: &mut TenantTx,
    conversations: &[uuid::Uuid],
    limit: i64,
    room: &mut Room,
) -> Result<Vec<Said>> {
    let rows = sqlx::query_as!(
        Said,
        r#"select conversation_id as "conversation_id: ConversationId", null::uuid as "message_id?: MessageId",
            id as "note_id?: NoteId", null::bigint as "seq?", text_content as text, created_at
        from conversation_notes
        where tenant_id = current_tenant_id() and conversation_id = any($1)
        order by created_at desc
        limit $2"#,
        conversations,
        limit,
    )
    .fetch(&mut **tx);
    room.fill(rows).await
}

impl Room {
    async fn fill(&mut self, mut rows: impl Stream<Item = sqlx::Result<Said>> + Unpin) -> Result<Vec<Said>> {
        let mut said = Vec::new();
        while self.messages > 0
            && self.bytes > 0
            && let Some(row) = rows.try_next().await?
        {
            self.messages -= 1;
            self.bytes = self.bytes.saturating_sub(row.text.len());
            said.push(row);
        }
        Ok(said)
    }
}

/// Some conversations of which no word is known, with all that was said in them.
pub async fn list_unknown(tx: &mut TenantTx) -> Result<Vec<(ConversationId, String)>> {
    let rows = sqlx::query!(
        r#"select c.id as "id: ConversationId", string_agg(m.text_content, ' ') as "text!"
        from (
            select c.tenant_id, c.id from conversations c
            where c.tenant_id = current_tenant_id() and c.last_seq > 0
                and not exists (select from conversation_words w where w.tenant_id = c.tenant_id and w.conversation_id = c.id)
                and exists (select from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id
                    and m.text_content ~ '[[:alnum:]]')
            limit 50
        ) c
        join messages m on m.tenant_id = c.tenant_id and m.conversation_id = c.id
        group by c.id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.text)).collect())
}

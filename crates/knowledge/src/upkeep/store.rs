//! All SQL for the upkeep of knowledge. A dismissal holds until the pair it is about changes.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, GapId, MessageId, QaPairId};
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::{DislikedQuestion, Kind};

/// Answers from the knowledge, and refusals.
pub async fn count_answers(tx: &mut TenantTx, since: DateTime<Utc>) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from answers
        where tenant_id = current_tenant_id() and created_at > $1 and mode in ('model', 'approved_text', 'no_answer') and question_text <> ''"#,
        since,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// Active pairs from before `older_than` that no answer since `unused_since` rests on, the oldest first.
pub async fn list_unused(
    tx: &mut TenantTx,
    older_than: DateTime<Utc>,
    unused_since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<QaPairId>> {
    let ids = sqlx::query_scalar!(
        r#"select q.id as "id: QaPairId"
        from qa_pairs q
        where q.tenant_id = current_tenant_id() and q.is_active and q.created_at < $1
            and not exists (
                select from qa_pair_uses u where u.tenant_id = q.tenant_id and u.qa_pair_id = q.id and u.used_at > $2)
            and not exists (
                select from upkeep_dismissals d
                where d.tenant_id = q.tenant_id and d.qa_pair_id = q.id and d.kind = 'unused' and d.updated_at >= q.updated_at)
        order by q.created_at, q.id
        limit $3"#,
        older_than,
        unused_since,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

/// Active pairs with at least two thumbs down since they were last changed, and not fewer than up: up and down.
pub async fn list_disliked(tx: &mut TenantTx, limit: i64) -> Result<Vec<(QaPairId, i64, i64)>> {
    let rows = sqlx::query!(
        r#"select q.id as "id: QaPairId", count(*) filter (where a.feedback = 'up') as "up!", count(*) filter (where a.feedback = 'down') as "down!"
        from answers a
        join qa_pair_uses u on u.tenant_id = a.tenant_id and u.answer_id = a.id
        join qa_pairs q on q.tenant_id = u.tenant_id and q.id = u.qa_pair_id
        where a.tenant_id = current_tenant_id() and a.feedback is not null and q.is_active and a.created_at > q.updated_at
            and not exists (
                select from upkeep_dismissals d
                where d.tenant_id = q.tenant_id and d.qa_pair_id = q.id and d.kind = 'disliked' and d.updated_at >= q.updated_at)
        group by q.tenant_id, q.id
        having count(*) filter (where a.feedback = 'down') >= greatest(2, count(*) filter (where a.feedback = 'up'))
        order by 3 desc, q.id
        limit $1"#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.up, row.down)).collect())
}

/// Of each pair the newest questions whose answer got a thumb down since the pair was last changed.
pub async fn list_disliked_questions(
    tx: &mut TenantTx,
    pairs: &[QaPairId],
    limit: i64,
) -> Result<HashMap<QaPairId, Vec<DislikedQuestion>>> {
    let pairs: Vec<_> = pairs.iter().map(|pair| pair.0).collect();
    let rows = sqlx::query!(
        r#"select q.id as "pair: QaPairId", a.id as "answer_id!: MessageId", a.conversation_id as "conversation_id!: ConversationId",
            a.question_text as "question!", a.feedback_comment, a.created_at as "asked_at!", g.id as "gap_id?: GapId"
        from qa_pairs q
        cross join lateral (
            select a.*
            from qa_pair_uses u
            join answers a on a.tenant_id = u.tenant_id and a.id = u.answer_id
            where u.tenant_id = q.tenant_id and u.qa_pair_id = q.id and a.feedback = 'down' and a.created_at > q.updated_at
            order by a.created_at desc, a.id desc
            limit $2
        ) a
        left join lateral (
            select g.id
            from gap_occurrences o
            join qa_gaps g on g.tenant_id = o.tenant_id and g.id = o.gap_id
            where o.tenant_id = q.tenant_id and o.message_id = a.question_message_id and g.status = 'open'
            limit 1
        ) g on true
        where q.tenant_id = current_tenant_id() and q.id = any($1)
        order by a.created_at desc, a.id desc"#,
        &pairs,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut questions: HashMap<QaPairId, Vec<DislikedQuestion>> = HashMap::new();
    for row in rows {
        questions.entry(row.pair).or_default().push(DislikedQuestion {
            answer_id: row.answer_id,
            conversation_id: row.conversation_id,
            question: row.question,
            comment: row.feedback_comment,
            asked_at: row.asked_at,
            gap_id: row.gap_id,
        });
    }
    Ok(questions)
}

/// Question and answer of every active pair that names a year of this century.
pub async fn list_texts(tx: &mut TenantTx) -> Result<Vec<(QaPairId, String)>> {
    let rows = sqlx::query!(
        r#"select q.id as "id: QaPairId", q.question || E'\n' || q.answer as "text!"
        from qa_pairs q
        where q.tenant_id = current_tenant_id() and q.is_active and q.question || q.answer ~ '20[0-9][0-9]'
            and not exists (
                select from upkeep_dismissals d
                where d.tenant_id = q.tenant_id and d.qa_pair_id = q.id and d.kind = 'outdated' and d.updated_at >= q.updated_at)
        order by q.updated_at, q.id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.text)).collect())
}

pub async fn count_vanished_pages(tx: &mut TenantTx) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from website_pages where tenant_id = current_tenant_id() and state = 'vanished'"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

pub async fn list_dismissed_contradictions(tx: &mut TenantTx) -> Result<HashSet<(QaPairId, QaPairId)>> {
    let rows = sqlx::query!(
        r#"select d.qa_pair_id as "pair: QaPairId", d.other_id as "other!: QaPairId"
        from upkeep_dismissals d
        join qa_pairs p on p.tenant_id = d.tenant_id and p.id = d.qa_pair_id
        join qa_pairs o on o.tenant_id = d.tenant_id and o.id = d.other_id
        where d.tenant_id = current_tenant_id() and d.kind = 'contradiction'
            and d.updated_at >= p.updated_at and d.updated_at >= o.updated_at"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.pair, row.other)).collect())
}

/// The pairs whose findings against documents were put aside, and when.
pub async fn list_dismissed_against_documents(tx: &mut TenantTx) -> Result<HashMap<QaPairId, DateTime<Utc>>> {
    let rows = sqlx::query!(
        r#"select d.qa_pair_id as "pair: QaPairId", d.updated_at
        from upkeep_dismissals d
        join qa_pairs p on p.tenant_id = d.tenant_id and p.id = d.qa_pair_id
        where d.tenant_id = current_tenant_id() and d.kind = 'against_document' and d.updated_at >= p.updated_at"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.pair, row.updated_at)).collect())
}

/// Where a passage stands.
pub struct Source {
    pub title: String,
    pub url: Option<String>,
    pub is_website_page: bool,
    pub created_at: DateTime<Utc>,
}

/// Of those of these passages that serve.
pub async fn list_sources(tx: &mut TenantTx, passages: &[Uuid]) -> Result<HashMap<Uuid, Source>> {
    let rows = sqlx::query!(
        r#"select k.id, coalesce(d.title, w.title, w.url) || coalesce(' · p. ' || k.page, '') as "title!", coalesce(d.url, w.url) as url,
            w.id is not null as "is_website_page!", k.created_at
        from knowledge_chunks k
        left join documents d on d.tenant_id = k.tenant_id and d.id = k.document_id and d.serving_revision = k.revision
        left join website_pages w on w.tenant_id = k.tenant_id and w.id = k.website_page_id and w.serving_revision = k.revision
        where k.tenant_id = current_tenant_id() and k.id = any($1) and (d.id is not null or w.id is not null)"#,
        passages,
    )
    .fetch_all(&mut **tx)
    .await?;
    let sources = rows.into_iter().map(|row| {
        let source = Source {
            title: row.title,
            url: row.url,
            is_website_page: row.is_website_page,
            created_at: row.created_at,
        };
        (row.id, source)
    });
    Ok(sources.collect())
}

pub async fn dismiss(tx: &mut TenantTx, kind: Kind, pair: QaPairId, other: Option<QaPairId>) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into upkeep_dismissals (tenant_id, kind, qa_pair_id, other_id) values ($1, $2, $3, $4)
        on conflict (tenant_id, kind, qa_pair_id, other_id) do update set updated_at = now()",
        tenant.0,
        kind as Kind,
        pair.0,
        other.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

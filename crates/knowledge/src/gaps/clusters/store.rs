//! All SQL for clusters of gaps.

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, GapId, QaPairId, VersionId};
use kernel::{Result, TenantTx};
use pgvector::Vector;

use super::grouping::Grouped;
use super::{Cluster, Gap};
use crate::gaps::Status;

/// The newest gaps that nobody has dismissed, the oldest of them first.
pub async fn list_to_group(tx: &mut TenantTx, limit: i64) -> Result<Vec<Grouped>> {
    let rows = sqlx::query!(
        r#"select id as "id!: GapId", question as "question!", cluster_id as "cluster_id!: GapId", embedding as "embedding: Vector"
        from (
            select * from qa_gaps
            where tenant_id = current_tenant_id() and status <> 'dismissed'
            order by last_asked_at desc, id desc
            limit $1
        ) newest
        order by created_at, id"#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let gaps = rows.into_iter().map(|row| Grouped {
        id: row.id,
        question: row.question,
        vector: row.embedding.map(Vector::into),
        cluster: row.cluster_id,
    });
    Ok(gaps.collect())
}

pub async fn set_clusters(tx: &mut TenantTx, moved: &[(GapId, GapId)]) -> Result<()> {
    let (gaps, clusters): (Vec<_>, Vec<_>) = moved.iter().map(|(gap, cluster)| (gap.0, cluster.0)).unzip();
    sqlx::query!(
        "update qa_gaps g set cluster_id = m.cluster_id
        from (select unnest($1::uuid[]) as id, unnest($2::uuid[]) as cluster_id) m
        where g.tenant_id = current_tenant_id() and g.id = m.id",
        &gaps,
        &clusters,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Those that most visitors wait for first. The count is of all.
pub async fn list_open(tx: &mut TenantTx, limit: i64) -> Result<(Vec<Cluster>, i64)> {
    let clusters = sqlx::query_as!(
        Cluster,
        r#"with open as (
            select cluster_id, count(*) as gap_count, sum(times_asked) as times_asked, min(created_at) as first_asked_at,
                max(last_asked_at) as last_asked_at,
                coalesce(array_agg(distinct language) filter (where language is not null), '{}') as languages,
                (array_agg(question order by times_asked desc, created_at, id))[1] as question,
                (array_agg(reopened_by_version) filter (where reopened_by_version is not null))[1] as reopened_by
            from qa_gaps
            where tenant_id = current_tenant_id() and status = 'open'
            group by cluster_id
        ),
        asked as (
            select g.cluster_id, count(distinct c.contact_id) as visitors,
                count(*) filter (where o.asked_at > now() - interval '7 days') as recently,
                count(*) filter (where o.asked_at between now() - interval '14 days' and now() - interval '7 days') as before
            from qa_gaps g
            join gap_occurrences o on o.tenant_id = g.tenant_id and o.gap_id = g.id
            join conversations c on c.tenant_id = o.tenant_id and c.id = o.conversation_id
            where g.tenant_id = current_tenant_id() and g.status = 'open'
            group by g.cluster_id
        ),
        drafted as (
            select g.cluster_id, (array_agg(c.version_id order by c.updated_at desc, c.version_id desc))[1] as draft_id
            from knowledge_changes c
            join knowledge_versions v on v.tenant_id = c.tenant_id and v.id = c.version_id and v.status = 'draft'
            cross join unnest(c.closes_gaps) as closed (gap_id)
            join qa_gaps g on g.tenant_id = c.tenant_id and g.id = closed.gap_id and g.status = 'open'
            where c.tenant_id = current_tenant_id() and c.closes_gaps <> '{}'
            group by g.cluster_id
        )
        select o.cluster_id as "id!: GapId", o.question as "question!", o.gap_count as "gap_count!", coalesce(a.visitors, 0) as "visitors!",
            o.times_asked as "times_asked!", coalesce(a.recently, 0) as "asked_last_7_days!", coalesce(a.before, 0) as "asked_7_days_before!",
            o.languages as "languages!", d.draft_id as "draft_id?: VersionId", o.reopened_by as "reopened_by?: VersionId",
            o.first_asked_at as "first_asked_at!", o.last_asked_at as "last_asked_at!"
        from open o
        left join asked a on a.cluster_id = o.cluster_id
        left join drafted d on d.cluster_id = o.cluster_id
        order by coalesce(a.visitors, 0) desc, o.times_asked desc, o.last_asked_at desc, o.cluster_id
        limit $1"#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let total = count_open(tx).await?;
    Ok((clusters, total))
}

pub async fn count_open(tx: &mut TenantTx) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(distinct cluster_id) as "count!" from qa_gaps where tenant_id = current_tenant_id() and status = 'open'"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// All that nobody has dismissed, the most asked first.
pub async fn list_gaps(tx: &mut TenantTx, cluster: GapId) -> Result<Vec<Gap>> {
    let gaps = sqlx::query_as!(
        Gap,
        r#"select id as "id: GapId", question, ai_answer, best_match_id as "best_match_id: QaPairId", similarity_score,
            conversation_id as "conversation_id: ConversationId", language, status as "status: Status", times_asked,
            cluster_id as "cluster_id: GapId", resolved_qa_id as "resolved_qa_id: QaPairId",
            (select c.version_id from knowledge_changes c
                join knowledge_versions v on v.tenant_id = c.tenant_id and v.id = c.version_id and v.status = 'draft'
                where c.tenant_id = qa_gaps.tenant_id and c.closes_gaps <> '{}' and qa_gaps.id = any(c.closes_gaps)
                order by c.updated_at desc, c.version_id desc limit 1) as "draft_id: VersionId",
            reopened_by_version as "reopened_by: VersionId", created_at, last_asked_at, closed_at
        from qa_gaps
        where tenant_id = current_tenant_id() and cluster_id = $1 and status <> 'dismissed'
        order by times_asked desc, created_at, id"#,
        cluster.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(gaps)
}

/// What somebody of the business wrote to a visitor who had asked in vain.
#[derive(Debug, Clone)]
pub struct HumanAnswer {
    pub conversation_id: ConversationId,
    pub question: String,
    pub answer: String,
    pub answered_at: DateTime<Utc>,
}

/// Soon after the question, the first messages in a row by people: up to where the visitor writes again.
pub async fn list_human_answers(tx: &mut TenantTx, gaps: &[GapId], limit: i64) -> Result<Vec<HumanAnswer>> {
    let ids: Vec<_> = gaps.iter().map(|gap| gap.0).collect();
    let answers = sqlx::query_as!(
        HumanAnswer,
        r#"select o.conversation_id as "conversation_id: ConversationId", q.text_content as question, said.text as "answer!",
            said.at as "answered_at!"
        from gap_occurrences o
        join messages q on q.tenant_id = o.tenant_id and q.id = o.message_id
        cross join lateral (
            select min(m.seq) as seq from messages m
            where m.tenant_id = o.tenant_id and m.conversation_id = o.conversation_id and m.sender_type = 'agent'
                and m.seq between q.seq + 1 and q.seq + 12
        ) first
        cross join lateral (
            select min(m.seq) as seq from messages m
            where m.tenant_id = o.tenant_id and m.conversation_id = o.conversation_id and m.sender_type = 'user' and m.seq > first.seq
        ) visitor_again
        cross join lateral (
            select string_agg(m.text_content, E'\n\n' order by m.seq) as text, max(m.sent_at) as at from messages m
            where m.tenant_id = o.tenant_id and m.conversation_id = o.conversation_id and m.sender_type = 'agent'
                and m.text_content <> '' and m.seq >= first.seq and (visitor_again.seq is null or m.seq < visitor_again.seq)
        ) said
        where o.tenant_id = current_tenant_id() and o.gap_id = any($1) and said.text is not null
        order by said.at desc, o.id desc
        limit $2"#,
        &ids,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(answers)
}

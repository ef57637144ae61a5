//! All SQL for gaps.

use kernel::error::{OnConstraint, conflict, invalid, not_found};
use kernel::ids::{ConversationId, GapId, MessageId, QaPairId, VersionId};
use kernel::page::Position;
use kernel::{Result, TenantTx};

use super::{Counts, Gap, NewGap, Occurrence, Status};

pub async fn upsert(tx: &mut TenantTx, gap: &NewGap) -> Result<GapId> {
    let (tenant, id) = (tx.tenant_id(), GapId::new());
    let id = sqlx::query_scalar!(
        r#"insert into qa_gaps (tenant_id, id, cluster_id, question, ai_answer, best_match_id, similarity_score, conversation_id, language)
        values ($1, $2, $2, $3, $4, (select q.id from qa_pairs q where q.tenant_id = $1 and q.id = $5), $6, $7, $8)
        on conflict (tenant_id, lower(question)) where status = 'open'
        do update set times_asked = qa_gaps.times_asked + 1, last_asked_at = now(), ai_answer = excluded.ai_answer
        returning id as "id: GapId""#,
        tenant.0,
        id.0,
        gap.question,
        gap.ai_answer,
        gap.best_match_id.map(|id| id.0),
        gap.similarity_score,
        gap.conversation_id.0,
        gap.language,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(id)
}

pub async fn insert_occurrence(
    tx: &mut TenantTx,
    gap: GapId,
    conversation: ConversationId,
    message: MessageId,
) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into gap_occurrences (tenant_id, id, gap_id, conversation_id, message_id) values ($1, $2, $3, $4, $5)",
        tenant.0,
        uuid::Uuid::now_v7(),
        gap.0,
        conversation.0,
        message.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The newest first. One reply may have been to several questions in a row.
pub async fn list_occurrences(tx: &mut TenantTx, gap: GapId, limit: i64) -> Result<Vec<Occurrence>> {
    let rows = sqlx::query_as!(
        Occurrence,
        r#"select o.conversation_id as "conversation_id: ConversationId", p.name as contact_name, p.email as contact_email,
            h.name as channel_name, q.text_content as question, reply.text_content as "answer?", o.asked_at
        from gap_occurrences o
        join conversations c on c.tenant_id = o.tenant_id and c.id = o.conversation_id
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
        join messages q on q.tenant_id = o.tenant_id and q.id = o.message_id
        left join lateral (
            select r.text_content
            from answers a
            join messages last on last.tenant_id = a.tenant_id and last.id = a.question_message_id
            join messages r on r.tenant_id = a.tenant_id and r.id = a.id
            where a.tenant_id = o.tenant_id and a.conversation_id = o.conversation_id and last.seq >= q.seq
            order by last.seq
            limit 1
        ) reply on true
        where o.tenant_id = current_tenant_id() and o.gap_id = $1
        order by o.asked_at desc, o.id desc
        limit $2"#,
        gap.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

pub async fn count(tx: &mut TenantTx) -> Result<Counts> {
    let counts = sqlx::query_as!(
        Counts,
        r#"select count(*) filter (where status = 'open') as "open!", count(*) filter (where status = 'resolved') as "resolved!",
            count(*) filter (where status = 'dismissed') as "dismissed!"
        from qa_gaps
        where tenant_id = current_tenant_id()"#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(counts)
}

/// Puts a closed gap back into the queue.
pub async fn reopen(tx: &mut TenantTx, id: GapId) -> Result<()> {
    get(tx, id).await?;
    let done = sqlx::query!(
        "update qa_gaps set status = 'open', resolved_qa_id = null, closed_at = null, closed_by_version = null, reopened_by_version = null
        where tenant_id = current_tenant_id() and id = $1 and status <> 'open'",
        id.0,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("qa_gaps_open_question", || {
        conflict(
            "gap_open_again",
            "Visitors have asked this again since: it is open as another gap.",
        )
    })?;
    if done.rows_affected() == 0 {
        return Err(conflict("gap_open", "This gap is open already."));
    }
    Ok(())
}

/// The most lately asked first.
pub async fn list(
    tx: &mut TenantTx,
    status: Status,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Gap>> {
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
        where tenant_id = current_tenant_id() and status = $1
            and ($2::timestamptz is null or (last_asked_at, id) < ($2, $3))
        order by last_asked_at desc, id desc
        limit $4"#,
        status.as_str(),
        after.map(|position| position.at),
        after.map(|position| position.id),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(gaps)
}

pub async fn find(tx: &mut TenantTx, id: GapId) -> Result<Option<Gap>> {
    let gap = sqlx::query_as!(
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
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(gap)
}

pub async fn get(tx: &mut TenantTx, id: GapId) -> Result<Gap> {
    find(tx, id).await?.ok_or_else(|| not_found("gap"))
}

/// Refuses ids that are no gaps, and more than anybody looks at in one go.
pub async fn require_all(tx: &mut TenantTx, ids: &[GapId]) -> Result<()> {
    const MOST: usize = 500;
    if ids.len() > MOST {
        return Err(invalid("too_many_gaps", "One change closes at most 500 gaps."));
    }
    let all: std::collections::BTreeSet<_> = ids.iter().map(|id| id.0).collect();
    let all: Vec<_> = all.into_iter().collect();
    let known = sqlx::query_scalar!(
        r#"select count(*) as "count!" from qa_gaps where tenant_id = current_tenant_id() and id = any($1)"#,
        &all,
    )
    .fetch_one(&mut **tx)
    .await?;
    match usize::try_from(known) {
        Ok(known) if known == all.len() => Ok(()),
        _ => Err(not_found("gap")),
    }
}

/// Moves an open gap to its end; the version that this transaction makes is what closed it. Two colleagues at once: the
/// second is told.
pub async fn close(
    tx: &mut TenantTx,
    id: GapId,
    status: Status,
    resolved_by: Option<QaPairId>,
) -> Result<()> {
    get(tx, id).await?;
    let done = sqlx::query!(
        "update qa_gaps set status = $2, resolved_qa_id = $3, closed_at = now(), reopened_by_version = null,
            closed_by_version = case when $2 = 'resolved' then nullif(current_setting('app.knowledge_version', true), '')::uuid end
        where tenant_id = current_tenant_id() and id = $1 and status = 'open'",
        id.0,
        status.as_str(),
        resolved_by.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await
    .on_constraint("qa_gaps_open_question", || {
        conflict("gap_open_again", "This question is open again elsewhere.")
    })?;
    if done.rows_affected() == 0 {
        return Err(conflict(
            "gap_closed",
            "Somebody has dealt with this gap already.",
        ));
    }
    Ok(())
}

/// Closes those of the gaps that are still open; what a colleague has dealt with meanwhile stays as it is.
pub async fn close_open(
    tx: &mut TenantTx,
    ids: &[GapId],
    status: Status,
    resolved_by: Option<QaPairId>,
) -> Result<Vec<GapId>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let closed = sqlx::query_scalar!(
        r#"update qa_gaps set status = $2, resolved_qa_id = $3, closed_at = now(), reopened_by_version = null,
            closed_by_version = case when $2 = 'resolved' then nullif(current_setting('app.knowledge_version', true), '')::uuid end
        where tenant_id = current_tenant_id() and id = any($1) and status = 'open'
        returning id as "id: GapId""#,
        &ids,
        status.as_str(),
        resolved_by.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(closed)
}

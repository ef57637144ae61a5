//! All SQL for gaps.

use kernel::error::{OnConstraint, conflict, not_found};
use kernel::ids::{ConversationId, GapId, QaPairId};
use kernel::page::Position;
use kernel::{Result, TenantTx};

use super::{Gap, NewGap, Status};

pub async fn upsert(tx: &mut TenantTx, gap: &NewGap) -> Result<GapId> {
    let (tenant, id) = (tx.tenant_id(), GapId::new());
    let id = sqlx::query_scalar!(
        r#"insert into qa_gaps (tenant_id, id, question, ai_answer, best_match_id, similarity_score, conversation_id, language)
        values ($1, $2, $3, $4, (select q.id from qa_pairs q where q.tenant_id = $1 and q.id = $5), $6, $7, $8)
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
            conversation_id as "conversation_id: ConversationId", status as "status: Status", times_asked,
            resolved_qa_id as "resolved_qa_id: QaPairId", created_at, last_asked_at
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
            conversation_id as "conversation_id: ConversationId", status as "status: Status", times_asked,
            resolved_qa_id as "resolved_qa_id: QaPairId", created_at, last_asked_at
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

/// Moves an open gap to its end. Two colleagues at once: the second is told.
pub async fn close(
    tx: &mut TenantTx,
    id: GapId,
    status: Status,
    resolved_by: Option<QaPairId>,
) -> Result<()> {
    get(tx, id).await?;
    let done = sqlx::query!(
        "update qa_gaps set status = $2, resolved_qa_id = $3
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

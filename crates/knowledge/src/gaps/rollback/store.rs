//! All SQL for gaps whose answer is taken back.

use kernel::ids::{ChannelId, GapId, QaPairId, VersionId};
use kernel::{Result, TenantTx};

use super::{ClosedGap, NewerAnswer};

/// What the versions had closed that this draft takes back, as far as it touches what closed it. Of the same question
/// the one that was closed last.
pub async fn list_taken_back(tx: &mut TenantTx, draft: VersionId) -> Result<Vec<ClosedGap>> {
    let gaps = sqlx::query_as!(
        ClosedGap,
        r#"select distinct on (lower(g.question)) g.id as "id: GapId", g.question, c.channel_id as "channel_id?: ChannelId",
            v.number as "closed_by!"
        from knowledge_versions d
        join knowledge_versions v on v.tenant_id = d.tenant_id and v.status = 'published' and (
            v.id = d.undoes
            or v.number > (select r.number from knowledge_versions r where r.tenant_id = d.tenant_id and r.id = d.restores))
        join qa_gaps g on g.tenant_id = v.tenant_id and g.closed_by_version = v.id and g.status = 'resolved'
        left join conversations c on c.tenant_id = g.tenant_id and c.id = g.conversation_id
        where d.tenant_id = current_tenant_id() and d.id = $1 and (
            exists (
                select from knowledge_changes k
                where k.tenant_id = d.tenant_id and k.version_id = d.id and k.subject = 'qa_pair' and k.subject_id = g.resolved_qa_id)
            or not exists (
                select from knowledge_changes k
                where k.tenant_id = v.tenant_id and k.version_id = v.id and k.subject = 'qa_pair' and k.subject_id = g.resolved_qa_id))
        order by lower(g.question), g.closed_at desc, g.id"#,
        draft.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(gaps)
}

/// The newest version that changed each of these pairs, with its number; not of those that the draft changes.
pub async fn list_newest_versions(
    tx: &mut TenantTx,
    pairs: &[QaPairId],
    draft: VersionId,
) -> Result<Vec<(QaPairId, VersionId, i32)>> {
    let pairs: Vec<_> = pairs.iter().map(|pair| pair.0).collect();
    let rows = sqlx::query!(
        r#"select distinct on (c.subject_id) c.subject_id as "pair: QaPairId", v.id as "version: VersionId", v.number as "number!"
        from knowledge_changes c
        join knowledge_versions v on v.tenant_id = c.tenant_id and v.id = c.version_id and v.status = 'published'
        where c.tenant_id = current_tenant_id() and c.subject = 'qa_pair' and c.subject_id = any($1)
            and not exists (
                select from knowledge_changes d
                where d.tenant_id = c.tenant_id and d.version_id = $2 and d.subject = 'qa_pair' and d.subject_id = c.subject_id)
        order by c.subject_id, v.number desc"#,
        &pairs,
        draft.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.pair, row.version, row.number))
        .collect())
}

pub async fn reopen(tx: &mut TenantTx, gaps: &[GapId], version: VersionId) -> Result<Vec<GapId>> {
    let gaps: Vec<_> = gaps.iter().map(|gap| gap.0).collect();
    let reopened = sqlx::query_scalar!(
        r#"update qa_gaps g
        set status = 'open', resolved_qa_id = null, closed_at = null, closed_by_version = null, reopened_by_version = $2
        where g.tenant_id = current_tenant_id() and g.id = any($1) and g.status = 'resolved'
            and not exists (
                select from qa_gaps o
                where o.tenant_id = g.tenant_id and o.status = 'open' and lower(o.question) = lower(g.question))
        returning g.id as "id: GapId""#,
        &gaps,
        version.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(reopened)
}

/// The gap stays closed, by what answers it now.
pub async fn keep_closed(tx: &mut TenantTx, newer: NewerAnswer) -> Result<()> {
    sqlx::query!(
        "update qa_gaps set resolved_qa_id = $2, closed_by_version = $3
        where tenant_id = current_tenant_id() and id = $1 and status = 'resolved'",
        newer.gap_id.0,
        newer.pair.0,
        newer.version.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

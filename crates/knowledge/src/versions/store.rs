//! All SQL for versions.

use kernel::error::not_found;
use kernel::ids::{ChangeId, GapId, VersionId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use serde_json::Value;
use uuid::Uuid;

use super::{Change, GapChoice, Rollback, Status, Subject, Version};

/// Newest first.
pub async fn list(
    tx: &mut TenantTx,
    status: Option<Status>,
    subject: Option<Uuid>,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Version>> {
    let versions = sqlx::query_as!(
        Version,
        r#"select v.id as "id: VersionId", v.number, v.title, v.status as "status: Status", v.undoes as "undoes: VersionId", v.restores as "restores: VersionId",
            c.added as "added!", c.changed as "changed!", c.removed as "removed!", c.example, v.created_by,
            coalesce(
                (select m.name from memberships m where 'user:' || m.user_id = coalesce(v.published_by, v.created_by)),
                (select k.name from api_keys k where 'api_key:' || k.id = coalesce(v.published_by, v.created_by))
            ) as author,
            v.published_at, v.created_at, v.updated_at
        from knowledge_versions v
        cross join lateral (
            select count(*) filter (where c.before is null) as added,
                count(*) filter (where c.before is not null and c.after is not null) as changed,
                count(*) filter (where c.after is null) as removed,
                min(coalesce(c.after ->> 'question', c.before ->> 'question', c.after ->> 'name', c.before ->> 'name',
                    (select name from channels h where h.tenant_id = c.tenant_id and h.id = c.subject_id))) as example
            from knowledge_changes c
            where c.tenant_id = v.tenant_id and c.version_id = v.id
        ) c
        where v.tenant_id = current_tenant_id() and ($1::text is null or v.status = $1)
            and ($2::uuid is null or exists (
                select from knowledge_changes s where s.tenant_id = v.tenant_id and s.version_id = v.id and s.subject_id = $2))
            and ($3::timestamptz is null or (coalesce(v.published_at, v.created_at), v.id) < ($3, $4::uuid))
        order by coalesce(v.published_at, v.created_at) desc, v.id desc
        limit $5"#,
        status as Option<Status>,
        subject,
        after.map(|position| position.at),
        after.map(|position| position.id),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(versions)
}

pub async fn get(tx: &mut TenantTx, id: VersionId) -> Result<Version> {
    let found = sqlx::query_as!(
        Version,
        r#"select v.id as "id: VersionId", v.number, v.title, v.status as "status: Status", v.undoes as "undoes: VersionId", v.restores as "restores: VersionId",
            count(*) filter (where c.id is not null and c.before is null) as "added!",
            count(*) filter (where c.before is not null and c.after is not null) as "changed!",
            count(*) filter (where c.id is not null and c.after is null) as "removed!",
            min(coalesce(c.after ->> 'question', c.before ->> 'question', c.after ->> 'name', c.before ->> 'name',
                    (select name from channels h where h.tenant_id = c.tenant_id and h.id = c.subject_id))) as example,
            v.created_by,
            coalesce(
                (select m.name from memberships m where 'user:' || m.user_id = coalesce(v.published_by, v.created_by)),
                (select k.name from api_keys k where 'api_key:' || k.id = coalesce(v.published_by, v.created_by))
            ) as author,
            v.published_at, v.created_at, v.updated_at
        from knowledge_versions v
        left join knowledge_changes c on c.tenant_id = v.tenant_id and c.version_id = v.id
        where v.tenant_id = current_tenant_id() and v.id = $1
        group by v.tenant_id, v.id"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.ok_or_else(|| not_found("version"))
}

/// In the order in which they were made.
pub async fn list_changes(tx: &mut TenantTx, version: VersionId) -> Result<Vec<Change>> {
    let changes = sqlx::query_as!(
        Change,
        r#"select c.id as "id: ChangeId", c.subject as "subject: Subject", c.subject_id, c.before, c.after, h.name as "channel?",
            c.closes_gaps as "closes_gaps: Vec<GapId>", c.leaves_gaps as "leaves_gaps: Vec<GapId>",
            (v.status = 'draft' and knowledge_subject_state(c.subject, c.subject_id) is distinct from c.before) as "is_outdated!"
        from knowledge_changes c
        join knowledge_versions v on v.tenant_id = c.tenant_id and v.id = c.version_id
        left join channels h on h.tenant_id = c.tenant_id and h.id = c.subject_id and c.subject = 'channel_prompt'
        where c.tenant_id = current_tenant_id() and c.version_id = $1
        order by c.created_at, c.id"#,
        version.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(changes)
}

pub async fn count_changes(tx: &mut TenantTx, version: VersionId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from knowledge_changes where tenant_id = current_tenant_id() and version_id = $1"#,
        version.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

pub async fn insert_draft(
    tx: &mut TenantTx,
    title: &str,
    back: Option<Rollback>,
    actor: &str,
) -> Result<VersionId> {
    let (tenant, id) = (tx.tenant_id(), VersionId::new());
    let (undoes, restores) = match back {
        Some(Rollback::Undo(version)) => (Some(version.0), None),
        Some(Rollback::Restore(version)) => (None, Some(version.0)),
        None => (None, None),
    };
    sqlx::query!(
        "insert into knowledge_versions (tenant_id, id, title, status, undoes, restores, created_by)
        values ($1, $2, $3, 'draft', $4, $5, $6)",
        tenant.0,
        id.0,
        title,
        undoes,
        restores,
        actor,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

pub async fn set_title(tx: &mut TenantTx, id: VersionId, title: &str) -> Result<()> {
    sqlx::query!(
        "update knowledge_versions set title = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        title,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The draft is another one from now on: what was tried before was not this.
async fn touch(tx: &mut TenantTx, id: VersionId) -> Result<()> {
    sqlx::query!(
        "update knowledge_versions set updated_at = now() where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Another state of the same thing takes the place of the one before, and starts from what stands there now. The gaps
/// that the one before would have closed are closed by this one too, unless it says that they stay open.
pub async fn put_change(
    tx: &mut TenantTx,
    version: VersionId,
    subject: Subject,
    thing: Uuid,
    after: Option<Value>,
    gaps: &GapChoice,
) -> Result<()> {
    let (tenant, id) = (tx.tenant_id(), ChangeId::new());
    let [closes, leaves] =
        [&gaps.closes, &gaps.leaves].map(|gaps| gaps.iter().map(|gap| gap.0).collect::<Vec<_>>());
    sqlx::query!(
        "insert into knowledge_changes (tenant_id, id, version_id, subject, subject_id, before, after, closes_gaps, leaves_gaps)
        values ($1, $2, $3, $4, $5, knowledge_subject_state($4, $5), $6, $7, $8)
        on conflict (tenant_id, version_id, subject, subject_id) do update
        set before = excluded.before, after = excluded.after,
            closes_gaps = array(
                select distinct gap from unnest(knowledge_changes.closes_gaps || excluded.closes_gaps) gap
                where gap <> all(excluded.leaves_gaps)),
            leaves_gaps = array(
                select distinct gap from unnest(knowledge_changes.leaves_gaps || excluded.leaves_gaps) gap
                where gap <> all(excluded.closes_gaps))",
        tenant.0,
        id.0,
        version.0,
        subject as Subject,
        thing,
        after,
        &closes,
        &leaves,
    )
    .execute(&mut **tx)
    .await?;
    touch(tx, version).await
}

/// Whether the thing exists now.
pub async fn exists(tx: &mut TenantTx, subject: Subject, thing: Uuid) -> Result<bool> {
    let state = sqlx::query_scalar!(
        "select knowledge_subject_state($1, $2)",
        subject as Subject,
        thing
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(state.is_some())
}

pub async fn delete_change(tx: &mut TenantTx, version: VersionId, change: ChangeId) -> Result<()> {
    let done = sqlx::query!(
        "delete from knowledge_changes where tenant_id = current_tenant_id() and version_id = $1 and id = $2",
        version.0,
        change.0,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(not_found("change"));
    }
    touch(tx, version).await
}

pub async fn delete(tx: &mut TenantTx, id: VersionId) -> Result<()> {
    sqlx::query!(
        "delete from knowledge_versions where tenant_id = current_tenant_id() and id = $1 and status = 'draft'",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The changes of `version`, the other way round. A channel that is gone does not come back for its prompt.
pub async fn copy_undone(tx: &mut TenantTx, version: VersionId, draft: VersionId) -> Result<()> {
    sqlx::query!(
        "insert into knowledge_changes (tenant_id, version_id, subject, subject_id, before, after)
        select c.tenant_id, $2, c.subject, c.subject_id, s.now, c.before
        from knowledge_changes c
        cross join lateral (select knowledge_subject_state(c.subject, c.subject_id) as now) s
        where c.tenant_id = current_tenant_id() and c.version_id = $1 and s.now is distinct from c.before
            and (c.subject <> 'channel_prompt' or s.now is not null)",
        version.0,
        draft.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What brings everything back to how it was right after `version`: of each thing that was changed later, the state
/// before the first of these changes.
pub async fn copy_restored(tx: &mut TenantTx, version: VersionId, draft: VersionId) -> Result<()> {
    sqlx::query!(
        "insert into knowledge_changes (tenant_id, version_id, subject, subject_id, before, after)
        select t.tenant_id, $2, t.subject, t.subject_id, s.now, t.before
        from (
            select distinct on (c.subject, c.subject_id) c.tenant_id, c.subject, c.subject_id, c.before
            from knowledge_changes c
            join knowledge_versions v on v.tenant_id = c.tenant_id and v.id = c.version_id
            join knowledge_versions goal on goal.tenant_id = c.tenant_id and goal.id = $1
            where c.tenant_id = current_tenant_id() and v.number > goal.number
            order by c.subject, c.subject_id, v.number
        ) t
        cross join lateral (select knowledge_subject_state(t.subject, t.subject_id) as now) s
        where s.now is distinct from t.before and (t.subject <> 'channel_prompt' or s.now is not null)",
        version.0,
        draft.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// From here on, what this transaction changes belongs to the draft, which is published when it commits.
pub async fn publish(tx: &mut TenantTx, draft: VersionId) -> Result<()> {
    sqlx::query!(
        "select set_config('app.knowledge_version', $1, true)",
        draft.to_string()
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "update knowledge_changes set before = knowledge_subject_state(subject, subject_id)
        where tenant_id = current_tenant_id() and version_id = $1",
        draft.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update knowledge_versions set status = 'published' where tenant_id = current_tenant_id() and id = $1",
        draft.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

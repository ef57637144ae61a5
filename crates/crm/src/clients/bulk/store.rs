//! SQL that changes many clients. Rows are locked in the order of ids, so that two such calls wait for each other and
//! neither forever.

use kernel::error::invalid;
use kernel::ids::ClientId;
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::ClientsChange;
use crate::clients::store as clients;
use crate::clients::{ClientType, LeadQuality, LifecycleStage};

/// The clients that these are part of by now, each once.
pub async fn follow(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<ClientId>> {
    let now = sqlx::query_scalar!(
        r#"select distinct crm_client_now(c.id) as "id!: ClientId"
        from unnest($1::uuid[]) as asked (id)
        join crm_clients c on c.tenant_id = current_tenant_id() and c.id = asked.id
        order by 1"#,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(now)
}

/// How many of them the change makes different; with `is_done` it is made.
pub async fn change(
    tx: &mut TenantTx,
    ids: &[ClientId],
    change: &ClientsChange,
    is_done: bool,
) -> Result<i64> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let done = sqlx::query!(
        r#"with found as (
            select c.* from crm_clients c
            where c.tenant_id = current_tenant_id() and c.id = any($1) and c.merged_into is null
            order by c.id
            for no key update
        ), wanted as (
            select f.id,
                array(select tag from unnest(f.tags) with ordinality as had (tag, place) where tag <> all ($3::text[]) order by place)
                    || array(select tag from unnest($2::text[]) with ordinality as new (tag, place)
                        where tag <> all (f.tags) and tag <> all ($3) order by place) as tags,
                case when $4::boolean then $5::uuid else f.assigned_to end as assigned_to,
                coalesce($6::text, f.lifecycle_stage) as lifecycle_stage,
                coalesce($7::text, f.client_type) as client_type,
                case when $8::boolean then $9::text else f.lead_quality end as lead_quality,
                case when $8 then $9 is not null else f.is_quality_set end as is_quality_set,
                case when $10::boolean then $11::timestamptz else f.next_follow_up_date end as next_follow_up_date
            from found f
        ), different as (
            select w.* from wanted w
            join found f on f.id = w.id
            where (w.tags, w.assigned_to, w.lifecycle_stage, w.client_type, w.lead_quality, w.is_quality_set, w.next_follow_up_date)
                is distinct from (f.tags, f.assigned_to, f.lifecycle_stage, f.client_type, f.lead_quality, f.is_quality_set,
                    f.next_follow_up_date)
        ), done as (
            update crm_clients c
            set tags = d.tags, assigned_to = d.assigned_to, lifecycle_stage = d.lifecycle_stage, client_type = d.client_type,
                lead_quality = d.lead_quality, is_quality_set = d.is_quality_set, next_follow_up_date = d.next_follow_up_date
            from different d
            where c.tenant_id = current_tenant_id() and c.id = d.id and $12
            returning c.id
        )
        select (select count(*) from different) + 0 * (select count(*) from done) as "changed!",
            (select count(*) from different where cardinality(tags) > 50 and $2::text[] <> '{}') as "overfull!""#,
        &ids,
        &change.add_tags,
        &change.remove_tags,
        change.assigned_to.is_some(),
        change.assigned_to.flatten().map(|id| id.0),
        change.lifecycle_stage as Option<LifecycleStage>,
        change.client_type as Option<ClientType>,
        change.lead_quality.is_some(),
        change.lead_quality.flatten() as Option<LeadQuality>,
        change.next_follow_up_date.is_some(),
        change.next_follow_up_date.flatten(),
        is_done,
    )
    .fetch_one(&mut **tx)
    .await
    .map_err(crate::explain_reference)?;
    if done.overfull > 0 {
        return Err(invalid(
            "too_many_tags",
            format!(
                "With these, {} clients would have more than 50 tags.",
                done.overfull
            ),
        ));
    }
    Ok(done.changed)
}

pub async fn delete(tx: &mut TenantTx, ids: &[ClientId]) -> Result<u64> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    clients::lock_to_delete(tx, &ids).await?;
    clients::delete(tx, &ids).await
}

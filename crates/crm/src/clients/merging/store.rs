//! SQL for clients that are one.

use kernel::ids::{ClientId, ClientMergeId};
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::ClientMerge;

/// Makes one client part of the other; none if one of them is gone.
pub async fn merge(
    tx: &mut TenantTx,
    kept: ClientId,
    merged: ClientId,
    by: Option<&str>,
) -> Result<Option<ClientMergeId>> {
    let merge = sqlx::query_scalar!(
        r#"select crm_merge_clients($1, $2, $3) as "id: ClientMergeId""#,
        kept.0,
        merged.0,
        by,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(merge)
}

/// The client that is back; none if there is nothing to take back.
pub async fn unmerge(tx: &mut TenantTx, merge: ClientMergeId) -> Result<Option<ClientId>> {
    let back = sqlx::query_scalar!(r#"select crm_unmerge_clients($1) as "id: ClientId""#, merge.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok(back)
}

pub async fn list(tx: &mut TenantTx, kept: ClientId) -> Result<Vec<ClientMerge>> {
    let merges = sqlx::query_as!(
        ClientMerge,
        r#"select g.id as "id: ClientMergeId", g.merged_id as "merged_id: ClientId",
            coalesce(c.name, c.company_name, c.email, c.phone) as name, g.merged_by, g.created_at
        from crm_client_merges g
        join crm_clients c on c.tenant_id = g.tenant_id and c.id = g.merged_id
        where g.tenant_id = current_tenant_id() and g.kept_id = $1 and g.merged_id <> g.kept_id and g.undone_at is null
        order by g.created_at desc, g.id desc"#,
        kept.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(merges)
}

/// What merged them, and which of the contacts is kept if contacts were merged with them.
pub struct Found {
    pub merged_id: ClientId,
    pub contact_merge: Option<(Uuid, Uuid)>,
}

pub async fn find(tx: &mut TenantTx, kept: ClientId, merge: ClientMergeId) -> Result<Option<Found>> {
    let row = sqlx::query!(
        r#"select g.merged_id as "merged_id: ClientId", m.id as "contact_merge?", m.kept_id as "kept_contact?"
        from crm_client_merges g
        left join contact_merges m on m.tenant_id = g.tenant_id and m.id = g.contact_merge_id and m.undone_at is null
        where g.tenant_id = current_tenant_id() and g.id = $2 and g.kept_id = $1 and g.merged_id <> g.kept_id
            and g.undone_at is null"#,
        kept.0,
        merge.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Found {
        merged_id: row.merged_id,
        contact_merge: row.contact_merge.zip(row.kept_contact),
    }))
}

/// Clients with the same address, number or name, and what is the same.
pub async fn list_similar(tx: &mut TenantTx, client: ClientId) -> Result<Vec<(ClientId, Vec<String>)>> {
    let rows = sqlx::query!(
        r#"select found.id as "id!: ClientId", array_agg(distinct found.reason order by found.reason) as "reasons!"
        from crm_clients c
        cross join lateral (
            (select o.id, 'email' as reason from crm_clients o
                where o.tenant_id = c.tenant_id and o.merged_into is null and o.email_key = c.email_key limit 20)
            union all
            (select o.id, 'phone' from crm_clients o
                where o.tenant_id = c.tenant_id and o.merged_into is null and o.phone_key = c.phone_key limit 20)
            union all
            (select o.id, 'name' from crm_clients o
                where o.tenant_id = c.tenant_id and o.merged_into is null and o.name_key = c.name_key limit 20)
        ) found
        where c.tenant_id = current_tenant_id() and c.id = $1 and found.id <> c.id
        group by found.id
        order by count(distinct found.reason) desc, found.id
        limit 20"#,
        client.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.reasons)).collect())
}

/// Which addresses of a client are proven.
pub struct Proven {
    pub id: ClientId,
    pub email: bool,
    pub phone: bool,
}

impl Proven {
    pub fn by(&self, reason: &str) -> bool {
        match reason {
            "email" => self.email,
            "phone" => self.phone,
            _ => false,
        }
    }
}

/// What is proven of these.
pub async fn list_proven(tx: &mut TenantTx, clients: &[Uuid]) -> Result<Vec<Proven>> {
    let proven = sqlx::query_as!(
        Proven,
        r#"select id as "id: ClientId",
            crm_is_proven(c, 'email', contact_id) as "email!", crm_is_proven(c, 'phone', contact_id) as "phone!"
        from crm_clients c
        where tenant_id = current_tenant_id() and id = any($1)"#,
        clients,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(proven)
}

/// Two clients with the same key.
pub struct Pair {
    pub key: String,
    pub ids: Vec<Uuid>,
}

/// The oldest two of those that share an address, in the order of addresses.
pub async fn list_same_email(tx: &mut TenantTx, after: &str, limit: i64) -> Result<Vec<Pair>> {
    let pairs = sqlx::query_as!(
        Pair,
        r#"select email_key as "key!", (array_agg(id order by id))[1:2] as "ids!" from crm_clients
        where tenant_id = current_tenant_id() and merged_into is null and email_key > $1
        group by email_key
        having count(*) > 1
        order by email_key
        limit $2"#,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(pairs)
}

/// The same by number.
pub async fn list_same_phone(tx: &mut TenantTx, after: &str, limit: i64) -> Result<Vec<Pair>> {
    let pairs = sqlx::query_as!(
        Pair,
        r#"select phone_key as "key!", (array_agg(id order by id))[1:2] as "ids!" from crm_clients
        where tenant_id = current_tenant_id() and merged_into is null and phone_key is not null and phone_key > $1
        group by phone_key
        having count(*) > 1
        order by phone_key
        limit $2"#,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(pairs)
}

//! SQL for a person's file. Names come from [`super::parts`].

use kernel::TenantTx;
use kernel::error::{Result, conflict};
use kernel::ids::ContactId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::parts::{COLUMNS, Part};

/// Whose rows are looked for.
pub struct Person {
    /// With those that became part of it.
    contacts: Vec<Uuid>,
    pub conversations: Vec<Uuid>,
    clients: Vec<Uuid>,
    deals: Vec<Uuid>,
}

/// All reads of this transaction see the same moment, and times are written in UTC.
pub async fn hold_still(tx: &mut TenantTx) -> Result<()> {
    sqlx::raw_sql("set transaction isolation level repeatable read; set local time zone 'UTC'")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// None if there is no such contact. A client that others belong to counts only as far as it came with this person.
pub async fn find(tx: &mut TenantTx, id: ContactId) -> Result<Option<Person>> {
    let found: Option<Option<Uuid>> = sqlx::query_scalar(
        "select merged_into from contacts where tenant_id = current_tenant_id() and id = $1",
    )
    .bind(id)
    .fetch_optional(&mut **tx)
    .await?;
    match found {
        None => return Ok(None),
        Some(None) => {}
        Some(Some(_)) => {
            return Err(conflict(
                "merged_already",
                "This contact is part of another one. Export that one, or take the merge back first.",
            ));
        }
    }
    let contacts: Vec<Uuid> = sqlx::query_scalar(
        "with recursive part as (
            select $1::uuid as id
            union
            select c.id
            from part p
            join contacts c on c.tenant_id = current_tenant_id() and c.merged_into = p.id
        )
        select id from part order by id",
    )
    .bind(id)
    .fetch_all(&mut **tx)
    .await?;
    let conversations = sqlx::query_scalar(
        "select id from conversations where tenant_id = current_tenant_id() and contact_id = any ($1) order by id",
    )
    .bind(&contacts)
    .fetch_all(&mut **tx)
    .await?;
    let clients: Vec<Uuid> = sqlx::query_scalar(
        "with own as (
            select id from crm_clients where tenant_id = current_tenant_id() and contact_id = any ($1)
        ), whole as (
            select distinct r.rows
            from own
            cross join lateral (select crm_client_rows(crm_client_now(own.id)) as rows) r
            where not exists (
                select from crm_clients c
                where c.tenant_id = current_tenant_id() and c.id = any (r.rows) and c.contact_id is not null
                    and c.contact_id <> all ($1)
            )
        )
        select id from own union select unnest(rows) from whole order by 1",
    )
    .bind(&contacts)
    .fetch_all(&mut **tx)
    .await?;
    let deals = sqlx::query_scalar(
        "select id from crm_deals
        where tenant_id = current_tenant_id() and (client_id = any ($1) or conversation_id = any ($2)) order by id",
    )
    .bind(&clients)
    .bind(&conversations)
    .fetch_all(&mut **tx)
    .await?;
    Ok(Some(Person {
        contacts,
        conversations,
        clients,
        deals,
    }))
}

/// The rows of one table, as a JSON list.
pub async fn list(tx: &mut TenantTx, part: &Part, person: &Person) -> Result<String> {
    let columns: Vec<String> = COLUMNS.iter().map(|column| format!("'{column}'")).collect();
    let select = format!(
        "with whose (contacts, conversations, clients, deals) as (select $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) \
         select coalesce(jsonb_agg(line order by line::text), '[]')::text from (
            select to_jsonb(t) - array[{}]::text[] as line from {} t, whose
            where t.tenant_id = current_tenant_id() and ({})
         ) as lines",
        columns.join(", "),
        part.table,
        part.condition
    );
    let rows = sqlx::query_scalar(AssertSqlSafe(select))
        .bind(&person.contacts)
        .bind(&person.conversations)
        .bind(&person.clients)
        .bind(&person.deals)
        .fetch_one(&mut **tx)
        .await?;
    Ok(rows)
}

/// Files of their conversations, with their names.
pub async fn uploads(tx: &mut TenantTx, person: &Person) -> Result<Vec<(Uuid, String)>> {
    let uploads = sqlx::query_as(
        "select id, file_name from assets where tenant_id = current_tenant_id() and conversation_id = any ($1) order by id",
    )
    .bind(&person.conversations)
    .fetch_all(&mut **tx)
    .await?;
    Ok(uploads)
}

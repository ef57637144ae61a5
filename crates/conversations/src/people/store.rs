//! All SQL for people on messaging channels.

use kernel::ids::{ChannelId, ContactId, ConversationId, MessageId};
use kernel::{Result, TenantTx};
use sqlx::types::Json;
use uuid::Uuid;

use super::Person;
use super::merges::{Merge, Moved, Reason};
use crate::messages::Extras;

/// Until the end of the transaction nobody else looks for this person.
pub async fn take_turn(tx: &mut TenantTx, channel: ChannelId, id: &str) -> Result<()> {
    let name = format!("person/{}/{channel}/{id}", tx.tenant_id());
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", name)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn find_by_identity(tx: &mut TenantTx, kind: &str, values: &[String]) -> Result<Option<ContactId>> {
    let found = sqlx::query_scalar!(
        r#"select contact_id as "id: ContactId" from contact_identities
        where tenant_id = current_tenant_id() and kind = $1 and value = any($2)
        order by created_at
        limit 1"#,
        kind,
        values,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// Who is known by what.
pub struct Known {
    pub contact_id: ContactId,
    pub kind: String,
    pub value: String,
    pub is_verified: bool,
}

/// Those of the identities that somebody has, the oldest first.
pub async fn list_identities(tx: &mut TenantTx, kinds: &[String], values: &[String]) -> Result<Vec<Known>> {
    let known = sqlx::query_as!(
        Known,
        r#"select i.contact_id as "contact_id: ContactId", i.kind, i.value, i.is_verified
        from unnest($1::text[], $2::text[]) as asked (kind, value)
        join contact_identities i on i.tenant_id = current_tenant_id() and i.kind = asked.kind and i.value = asked.value
        order by i.created_at"#,
        kinds,
        values,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(known)
}

/// Whose the address is: of a contact that the team has put together, the visitor's.
pub async fn find_verified(tx: &mut TenantTx, kind: &str, value: &str) -> Result<Option<ContactId>> {
    let found = sqlx::query_scalar!(
        r#"select visitor_now(coalesce(came_from, contact_id)) as "id!: ContactId" from contact_identities
        where tenant_id = current_tenant_id() and kind = $1 and value = $2 and is_verified"#,
        kind,
        value,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// Whether neither is part of another contact, and the business does not know both by ids of its own.
pub async fn can_be_joined(tx: &mut TenantTx, one: ContactId, other: ContactId) -> Result<bool> {
    let can_be_joined = sqlx::query_scalar!(
        r#"select contact_now($1) = $1 and contact_now($2) = $2 and (
            select count(distinct contact_id) < 2 from contact_identities
            where tenant_id = current_tenant_id() and kind = 'external' and contact_id in ($1, $2)
        ) as "can_be_joined!""#,
        one.0,
        other.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(can_be_joined)
}

pub async fn create(tx: &mut TenantTx) -> Result<ContactId> {
    let (tenant, id) = (tx.tenant_id(), ContactId::new());
    sqlx::query!(
        "insert into contacts (tenant_id, id) values ($1, $2)",
        tenant.0,
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// An identity that another contact has stays with that one; one that was only claimed gives way to one that is verified.
/// Of whoever is part of another contact by now, that one has it.
pub async fn add_identity(
    tx: &mut TenantTx,
    contact: ContactId,
    kind: &str,
    value: &str,
    is_verified: bool,
    channel: Option<ChannelId>,
) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into contact_identities (tenant_id, id, contact_id, kind, value, is_verified, channel_id, came_from)
        values ($1, $2, contact_now($3), $4, $5, $6, $7, nullif($3::uuid, contact_now($3)))
        on conflict (tenant_id, kind, value) do update
        set contact_id = excluded.contact_id, came_from = excluded.came_from, is_verified = true
        where excluded.is_verified and not contact_identities.is_verified",
        tenant.0,
        Uuid::now_v7(),
        contact.0,
        kind,
        value,
        is_verified,
        channel.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Fills in what is not known yet; what a colleague has written stays.
pub async fn complete(tx: &mut TenantTx, contact: ContactId, person: &Person) -> Result<()> {
    sqlx::query!(
        "update contacts
        set name = coalesce(name, $2), phone = coalesce(phone, $3), email = coalesce(email, $4), language = coalesce(language, $5),
            avatar_url = coalesce($6, avatar_url), username = coalesce($7, username)
        where tenant_id = current_tenant_id() and id = $1
            and (coalesce(name, $2), coalesce(phone, $3), coalesce(email, $4), coalesce(language, $5), coalesce($6, avatar_url),
                coalesce($7, username)) is distinct from (name, phone, email, language, avatar_url, username)",
        contact.0,
        person.name,
        person.phone,
        person.email,
        person.language,
        person.avatar_url,
        person.username,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The one that is open, or the newest that was resolved in the last three days.
pub async fn find_conversation(
    tx: &mut TenantTx,
    contact: ContactId,
    channel: ChannelId,
) -> Result<Option<ConversationId>> {
    let now = tx.now();
    let found = sqlx::query_scalar!(
        r#"select id as "id: ConversationId" from conversations
        where tenant_id = current_tenant_id() and contact_id = $1 and channel_id = $2
            and (status <> 'resolved' or resolved_at > $3::timestamptz - interval '3 days')
        order by (status <> 'resolved') desc, id desc
        limit 1"#,
        contact.0,
        channel.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn find_thread(
    tx: &mut TenantTx,
    channel: ChannelId,
    thread: &str,
    identity: &str,
) -> Result<Option<ConversationId>> {
    let found = sqlx::query_scalar!(
        r#"select c.id as "id: ConversationId" from conversations c
        where c.tenant_id = current_tenant_id() and c.channel_id = $1 and (c.thread = $2
            or c.id in (select d.conversation_id from deliveries d
                where d.tenant_id = current_tenant_id() and d.channel_id = $1 and d.thread = $2)
            or c.contact_id = (select i.contact_id from contact_identities i where i.tenant_id = current_tenant_id()
                and i.kind = 'platform' and i.value = $3))
        order by (c.status <> 'resolved') desc, c.id desc
        limit 1"#,
        channel.0,
        thread,
        identity,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// A message that a vendor names.
pub struct Found {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub extras: Extras,
}

/// The person's own by the id it came with, ours by the one its delivery was given.
pub async fn find_message(tx: &mut TenantTx, channel: ChannelId, platform_id: &str) -> Result<Option<Found>> {
    let row = sqlx::query!(
        r#"select m.id as "message_id: MessageId", m.conversation_id as "conversation_id: ConversationId",
            m.metadata as "extras: Json<Extras>"
        from messages m
        where m.tenant_id = current_tenant_id() and m.id = coalesce(
            (select d.message_id from deliveries d where d.tenant_id = current_tenant_id() and d.channel_id = $1
                and d.platform_message_id = $2 limit 1),
            (select n.id from messages n join conversations c on c.tenant_id = n.tenant_id and c.id = n.conversation_id
                where n.tenant_id = current_tenant_id() and c.channel_id = $1 and n.client_message_id = $2
                    and (n.sender_type = 'user' or n.was_sent_elsewhere) limit 1)
        )"#,
        channel.0,
        platform_id,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Found {
        message_id: row.message_id,
        conversation_id: row.conversation_id,
        extras: row.extras.0,
    }))
}

pub async fn is_nameless(tx: &mut TenantTx, contact: ContactId) -> Result<bool> {
    let is_nameless = sqlx::query_scalar!(
        r#"select name is null as "is_nameless!" from contacts where tenant_id = current_tenant_id() and id = $1"#,
        contact.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(is_nameless.unwrap_or(false))
}

pub async fn find_address(
    tx: &mut TenantTx,
    contact: ContactId,
    channel: ChannelId,
) -> Result<Option<String>> {
    let address = sqlx::query_scalar!(
        r#"select coalesce(
            (select thread from conversations where tenant_id = current_tenant_id() and contact_id = $1 and channel_id = $2
                order by id desc limit 1),
            (select substr(value, length($2::uuid::text) + 2) from contact_identities
                where tenant_id = current_tenant_id() and contact_id = $1 and channel_id = $2 and kind = 'platform'
                order by created_at limit 1)
        ) as address"#,
        contact.0,
        channel.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(address)
}

pub async fn list_conversations(tx: &mut TenantTx, contacts: &[ContactId]) -> Result<Vec<ConversationId>> {
    let contacts: Vec<Uuid> = contacts.iter().map(|id| id.0).collect();
    let found = sqlx::query_scalar!(
        r#"select id as "id: ConversationId" from conversations
        where tenant_id = current_tenant_id() and contact_id = any($1)"#,
        &contacts,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// The contact that this one became part of; the outer none: there is no such contact.
pub async fn find_merged_into(tx: &mut TenantTx, contact: ContactId) -> Result<Option<Option<ContactId>>> {
    let found = sqlx::query_scalar!(
        r#"select merged_into as "id: ContactId" from contacts where tenant_id = current_tenant_id() and id = $1 for update"#,
        contact.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// Of the channels on which both have an open conversation: the older of the two.
pub async fn list_open_twice(
    tx: &mut TenantTx,
    one: ContactId,
    other: ContactId,
) -> Result<Vec<ConversationId>> {
    let found = sqlx::query_scalar!(
        r#"select distinct case when coalesce(a.last_message_at, a.created_at) < coalesce(b.last_message_at, b.created_at) then a.id
            else b.id end as "id!: ConversationId"
        from conversations a
        join conversations b on b.tenant_id = a.tenant_id and b.channel_id = a.channel_id and b.contact_id = $2
        where a.tenant_id = current_tenant_id() and a.contact_id = $1 and a.status <> 'resolved' and b.status <> 'resolved'"#,
        one.0,
        other.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// By hand: whose each was stays written down.
pub async fn move_conversations(
    tx: &mut TenantTx,
    from: ContactId,
    to: ContactId,
    is_by_hand: bool,
) -> Result<Vec<ConversationId>> {
    let moved = sqlx::query_scalar!(
        r#"update conversations set contact_id = $2, begun_by = case when $3 then coalesce(begun_by, $1) else begun_by end
        where tenant_id = current_tenant_id() and contact_id = $1
        returning id as "id: ConversationId""#,
        from.0,
        to.0,
        is_by_hand,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(moved)
}

/// The same for what they are recognised by.
pub async fn move_identities(
    tx: &mut TenantTx,
    from: ContactId,
    to: ContactId,
    is_by_hand: bool,
) -> Result<Vec<Uuid>> {
    let moved = sqlx::query_scalar!(
        "update contact_identities set contact_id = $2, came_from = case when $3 then coalesce(came_from, $1) else came_from end
        where tenant_id = current_tenant_id() and contact_id = $1
        returning id",
        from.0,
        to.0,
        is_by_hand,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(moved)
}

/// From here to the end of [`insert_merge`], or of the transaction, what contacts are given is not new of them: the
/// clients that they are are merged with them instead.
pub async fn begin_merge(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!("select set_config('app.contacts_merge', 'on', true)")
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

/// Gives the kept contact what it does not have; names the fields. Whoever was blocked stays blocked.
pub async fn fill(tx: &mut TenantTx, kept: ContactId, merged: ContactId) -> Result<Vec<String>> {
    let filled = sqlx::query_scalar!(
        r#"with before as (
            select * from contacts where tenant_id = current_tenant_id() and id = $1
        ), given as (
            update contacts k
            set name = coalesce(k.name, m.name), email = coalesce(k.email, m.email), phone = coalesce(k.phone, m.phone),
                language = coalesce(k.language, m.language), avatar_url = coalesce(k.avatar_url, m.avatar_url),
                username = coalesce(k.username, m.username), is_blocked = k.is_blocked or m.is_blocked,
                last_interaction_at = greatest(k.last_interaction_at, m.last_interaction_at)
            from contacts m
            where k.tenant_id = current_tenant_id() and k.id = $1 and m.tenant_id = k.tenant_id and m.id = $2
            returning m.name, m.email, m.phone, m.language, m.avatar_url, m.username, m.is_blocked, m.last_interaction_at
        )
        select array_remove(array[
            case when b.name is null and g.name is not null then 'name' end,
            case when b.email is null and g.email is not null then 'email' end,
            case when b.phone is null and g.phone is not null then 'phone' end,
            case when b.language is null and g.language is not null then 'language' end,
            case when b.avatar_url is null and g.avatar_url is not null then 'avatar_url' end,
            case when b.username is null and g.username is not null then 'username' end,
            case when g.is_blocked and not b.is_blocked then 'is_blocked' end,
            case when g.last_interaction_at > coalesce(b.last_interaction_at, '-infinity') then 'last_interaction_at' end], null) as "filled!"
        from before b, given g"#,
        kept.0,
        merged.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(filled)
}

pub async fn insert_merge(
    tx: &mut TenantTx,
    kept: ContactId,
    merged: ContactId,
    reason: Reason,
    moved: &Moved,
    by: Option<&str>,
) -> Result<Uuid> {
    let (tenant, id) = (tx.tenant_id(), Uuid::now_v7());
    sqlx::query!(
        "insert into contact_merges (tenant_id, id, kept_id, merged_id, reason, moved, merged_by) values ($1, $2, $3, $4, $5, $6, $7)",
        tenant.0,
        id,
        kept.0,
        merged.0,
        reason as Reason,
        serde_json::json!(moved),
        by,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update contacts set merged_into = $2 where tenant_id = current_tenant_id() and id = $1",
        merged.0,
        kept.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("select set_config('app.contacts_merge', '', true)")
        .fetch_one(&mut **tx)
        .await?;
    Ok(id)
}

/// What goes back with a merge that can be taken back: what had moved with it, and what the merged one has begun since.
pub async fn find_moved(tx: &mut TenantTx, kept: ContactId, merge: Uuid) -> Result<Option<Moved>> {
    let row = sqlx::query!(
        r#"with recursive part as (
            select merged_id as id from contact_merges where tenant_id = current_tenant_id() and id = $1
            union
            select c.id from part p join contacts c on c.tenant_id = current_tenant_id() and c.merged_into = p.id
        )
        select moved as "moved: Json<Moved>",
            array(select c.id from conversations c where c.tenant_id = current_tenant_id() and c.contact_id = $2
                and c.begun_by in (select id from part)) as "begun!",
            array(select i.id from contact_identities i where i.tenant_id = current_tenant_id() and i.contact_id = $2
                and i.came_from in (select id from part)) as "known_by!"
        from contact_merges
        where tenant_id = current_tenant_id() and id = $1 and kept_id = $2 and undone_at is null"#,
        merge,
        kept.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| {
        let Json(mut moved) = row.moved;
        moved
            .conversations
            .extend(row.begun.into_iter().map(ConversationId));
        moved.conversations.sort_unstable();
        moved.conversations.dedup();
        moved.identities.extend(row.known_by);
        moved
    }))
}

/// Marks a merge as taken back and tells who is a contact again.
pub async fn end_merge(tx: &mut TenantTx, kept: ContactId, merge: Uuid) -> Result<Option<ContactId>> {
    let now = tx.now();
    let merged = sqlx::query_scalar!(
        r#"update contact_merges set undone_at = $3
        where tenant_id = current_tenant_id() and id = $1 and kept_id = $2 and undone_at is null
        returning merged_id as "merged_id: ContactId""#,
        merge,
        kept.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(merged)
}

pub async fn move_back(tx: &mut TenantTx, kept: ContactId, merged: ContactId, moved: &Moved) -> Result<()> {
    let conversations: Vec<Uuid> = moved.conversations.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update conversations set contact_id = $2 where tenant_id = current_tenant_id() and contact_id = $1 and id = any($3)",
        kept.0,
        merged.0,
        &conversations,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update contact_identities set contact_id = $2 where tenant_id = current_tenant_id() and contact_id = $1 and id = any($3)",
        kept.0,
        merged.0,
        &moved.identities,
    )
    .execute(&mut **tx)
    .await?;
    // what was filled in and nobody has changed since; a block that another part of the contact brought stays
    sqlx::query!(
        "update contacts k
        set name = case when 'name' = any($3) and k.name = m.name then null else k.name end,
            email = case when 'email' = any($3) and k.email = m.email then null else k.email end,
            phone = case when 'phone' = any($3) and k.phone = m.phone then null else k.phone end,
            language = case when 'language' = any($3) and k.language = m.language then null else k.language end,
            avatar_url = case when 'avatar_url' = any($3) and k.avatar_url = m.avatar_url then null else k.avatar_url end,
            username = case when 'username' = any($3) and k.username = m.username then null else k.username end,
            is_blocked = k.is_blocked and (not ('is_blocked' = any($3)) or exists (select from contacts o
                where o.tenant_id = k.tenant_id and o.merged_into = k.id and o.id <> m.id and o.is_blocked)),
            last_interaction_at = case when 'last_interaction_at' = any($3) then (select max(c.last_message_at) from conversations c
                    where c.tenant_id = k.tenant_id and c.contact_id = k.id)
                else k.last_interaction_at end
        from contacts m
        where k.tenant_id = current_tenant_id() and k.id = $1 and m.tenant_id = k.tenant_id and m.id = $2",
        kept.0,
        merged.0,
        &moved.filled,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update contacts set merged_into = null where tenant_id = current_tenant_id() and id = $1",
        merged.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether it is still closed, and nothing else of its visitor is open on its channel.
pub async fn can_open_again(tx: &mut TenantTx, id: ConversationId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (
            select from conversations c
            where c.tenant_id = current_tenant_id() and c.id = $1 and c.status = 'resolved' and not exists (
                select from conversations o
                where o.tenant_id = c.tenant_id and coalesce(o.begun_by, o.contact_id) = coalesce(c.begun_by, c.contact_id)
                    and o.channel_id = c.channel_id and o.status <> 'resolved')) as "found!""#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// The merges that a contact consists of, newest first.
pub async fn list_merges(tx: &mut TenantTx, kept: ContactId) -> Result<Vec<Merge>> {
    let merges = sqlx::query_as!(
        Merge,
        r#"select g.id, g.merged_id as "merged_id: ContactId", m.name, g.reason as "reason: Reason", g.merged_by, g.created_at
        from contact_merges g
        join contacts m on m.tenant_id = g.tenant_id and m.id = g.merged_id
        where g.tenant_id = current_tenant_id() and g.kept_id = $1 and g.undone_at is null
        order by g.id desc"#,
        kept.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(merges)
}

//! All SQL for keyword actions.

use chrono::{DateTime, Utc};
use kernel::error::{Error, OnConstraint, conflict, not_found};
use kernel::ids::{ChannelId, KeywordActionId};
use kernel::{Result, TenantTx};
use serde_json::{Value, json};

use super::{ActionType, KeywordAction, MatchType};

struct Row {
    id: KeywordActionId,
    channel_id: ChannelId,
    keyword: String,
    action_type: ActionType,
    match_type: MatchType,
    argument: Value,
    is_active: bool,
    position: i32,
    use_count: i64,
    created_at: DateTime<Utc>,
}

impl TryFrom<Row> for KeywordAction {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            channel_id: row.channel_id,
            keyword: row.keyword,
            action_type: row.action_type,
            match_type: row.match_type,
            argument: serde_json::from_value(row.argument)?,
            is_active: row.is_active,
            position: row.position,
            use_count: row.use_count,
            created_at: row.created_at,
        })
    }
}

/// Of a channel or of all, each channel's in the order in which they are looked at.
pub async fn list(tx: &mut TenantTx, channel: Option<ChannelId>) -> Result<Vec<KeywordAction>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: KeywordActionId", channel_id as "channel_id: ChannelId", keyword, action_type as "action_type: ActionType",
            match_type as "match_type: MatchType", argument, is_active, position, use_count, created_at
        from keyword_actions
        where tenant_id = current_tenant_id() and ($1::uuid is null or channel_id = $1)
        order by channel_id, position, id"#,
        channel.map(|channel| channel.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Those of a channel that act.
pub async fn list_active(tx: &mut TenantTx, channel: ChannelId) -> Result<Vec<KeywordAction>> {
    let all = list(tx, Some(channel)).await?;
    Ok(all.into_iter().filter(|action| action.is_active).collect())
}

pub async fn get(tx: &mut TenantTx, id: KeywordActionId) -> Result<KeywordAction> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: KeywordActionId", channel_id as "channel_id: ChannelId", keyword, action_type as "action_type: ActionType",
            match_type as "match_type: MatchType", argument, is_active, position, use_count, created_at
        from keyword_actions
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.ok_or_else(|| not_found("keyword action"))?.try_into()
}

fn taken() -> Error {
    conflict(
        "keyword_taken",
        "This channel has an action for this keyword already. Change that one.",
    )
}

/// Gives its position: behind the others of its channel.
pub async fn insert(tx: &mut TenantTx, action: &KeywordAction) -> Result<i32> {
    let tenant = tx.tenant_id();
    let position = sqlx::query_scalar!(
        "insert into keyword_actions (tenant_id, id, channel_id, keyword, action_type, match_type, argument, is_active, created_at, position)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce(max(k.position) + 1, 0)
        from keyword_actions k
        where k.tenant_id = $1 and k.channel_id = $3
        returning position",
        tenant.0,
        action.id.0,
        action.channel_id.0,
        action.keyword,
        action.action_type as ActionType,
        action.match_type as MatchType,
        json!(action.argument),
        action.is_active,
        action.created_at,
    )
    .fetch_one(&mut **tx)
    .await
    .on_constraint("keyword_actions_keyword_key", taken)?;
    Ok(position)
}

pub async fn update(tx: &mut TenantTx, action: &KeywordAction) -> Result<()> {
    sqlx::query!(
        "update keyword_actions set keyword = $2, action_type = $3, match_type = $4, argument = $5, is_active = $6
        where tenant_id = current_tenant_id() and id = $1",
        action.id.0,
        action.keyword,
        action.action_type as ActionType,
        action.match_type as MatchType,
        json!(action.argument),
        action.is_active,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("keyword_actions_keyword_key", taken)?;
    Ok(())
}

/// The given ones of a channel take these places; others stay where they are.
pub async fn reorder(tx: &mut TenantTx, channel: ChannelId, ids: &[KeywordActionId]) -> Result<()> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update keyword_actions k set position = o.place - 1
        from unnest($2::uuid[]) with ordinality as o (id, place)
        where k.tenant_id = current_tenant_id() and k.channel_id = $1 and k.id = o.id",
        channel.0,
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives its keyword, if there was such an action.
pub async fn delete(tx: &mut TenantTx, id: KeywordActionId) -> Result<Option<String>> {
    let keyword = sqlx::query_scalar!(
        "delete from keyword_actions where tenant_id = current_tenant_id() and id = $1 returning keyword",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(keyword)
}

pub async fn count_use(tx: &mut TenantTx, id: KeywordActionId) -> Result<()> {
    sqlx::query!(
        "update keyword_actions set use_count = use_count + 1 where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn count(tx: &mut TenantTx, channel: ChannelId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from keyword_actions where tenant_id = current_tenant_id() and channel_id = $1"#,
        channel.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

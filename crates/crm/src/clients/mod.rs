//! Clients: the people and companies the business deals with, whether they have written or not.
//!
//! [`list`] finds them, [`api`] makes and changes one, [`merging`] puts two together. Keys, words and the score follow by
//! trigger.

pub mod api;
pub mod bulk;
pub mod confirming;
pub mod list;
pub mod merging;
pub mod store;
pub mod timeline;
pub mod transfer;

use access::tenants::Operator;
use chrono::{DateTime, Utc};
use kernel::error::{Error, conflict, invalid};
use kernel::ids::{ClientId, ContactId, UserId};
use kernel::money::{Amount, Currency};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Context, fields, text, words};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ClientType {
    Lead,
    Prospect,
    Customer,
    Partner,
    Inactive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum LifecycleStage {
    Lead,
    Mql,
    Sql,
    Opportunity,
    Customer,
    Evangelist,
    Churned,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum LeadQuality {
    Hot,
    Warm,
    Cold,
}

/// A client in a list.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct ClientRow {
    pub id: ClientId,
    pub contact_id: Option<ContactId>,
    pub name: Option<String>,
    pub company_name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub client_type: ClientType,
    pub lifecycle_stage: LifecycleStage,
    /// 0 to 100.
    pub lead_score: i32,
    pub lead_quality: Option<LeadQuality>,
    pub source: Option<String>,
    pub assigned_to: Option<UserId>,
    pub tags: Vec<String>,
    /// That count, in all currencies.
    pub total_orders: i32,
    /// In the workspace's currency.
    pub total_revenue: Amount,
    pub average_order_value: Amount,
    pub first_contact_date: DateTime<Utc>,
    pub last_contact_date: Option<DateTime<Utc>>,
    pub next_follow_up_date: Option<DateTime<Utc>>,
    /// Values of the workspace's own fields, by their keys.
    #[schema(value_type = Object)]
    pub custom_fields: Value,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub name_key: Option<String>,
    #[serde(skip)]
    pub company_key: Option<String>,
    #[serde(skip)]
    pub email_key: Option<String>,
    #[serde(skip)]
    pub revenue_key: i64,
    #[serde(skip)]
    pub average_key: i64,
}

/// A client with everything that is known.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct Client {
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub row: ClientRow,
    pub secondary_phone: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub address: Option<Value>,
    pub ecommerce_customer_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub source_details: Option<Value>,
    #[schema(value_type = Option<Object>)]
    pub utm_data: Option<Value>,
    pub platform_user_id: Option<String>,
    /// A person has chosen the quality; the score no longer decides it.
    pub is_quality_set: bool,
    /// `[{"code", "points"}]`: what the score is made of.
    #[schema(value_type = Vec<ScoreReason>)]
    pub score_reasons: Value,
    /// `{"EUR": {"orders": 2, "total": "30.00"}}`
    #[schema(value_type = Object)]
    pub revenue_by_currency: Value,
    /// The workspace's, in which the totals are.
    pub currency: Currency,
    pub open_deals: i64,
    /// Orders and meetings find the client by it. One that a visitor has typed does not prove who they are until somebody of the
    /// team confirms it.
    pub is_email_proven: bool,
    pub is_phone_proven: bool,
    /// The client that this one became part of.
    pub merged_into: Option<ClientId>,
    #[sqlx(skip)]
    pub contact: Option<ClientContact>,
}

/// One of the facts that make the score.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ScoreReason {
    /// `has_email`, `has_phone`, `has_company`, `spoke_this_week`, `spoke_this_month`, `wrote_often`, `asked_for_person`,
    /// `asked_price`, `asked_meeting`, `has_open_deal`, `has_ordered`.
    pub code: String,
    pub points: i32,
    /// From then on it no longer counts.
    pub until: Option<DateTime<Utc>>,
}

/// Who the client is in the inbox.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ClientContact {
    pub id: ContactId,
    pub name: Option<String>,
    pub is_blocked: bool,
    pub channels: Vec<conversations::contacts::ContactChannel>,
}

/// What people write about a client.
#[derive(Debug, Clone)]
pub struct Fields {
    pub name: Option<String>,
    pub company_name: Option<String>,
    pub email: Option<String>,
    /// It is being written, and was another one before.
    pub is_email_new: bool,
    pub phone: Option<String>,
    pub is_phone_new: bool,
    pub secondary_phone: Option<String>,
    pub address: Option<Value>,
    pub ecommerce_customer_id: Option<String>,
    pub client_type: ClientType,
    pub lifecycle_stage: LifecycleStage,
    pub lead_quality: Option<LeadQuality>,
    pub is_quality_set: bool,
    pub source: Option<String>,
    pub source_details: Option<Value>,
    pub utm_data: Option<Value>,
    pub assigned_to: Option<UserId>,
    pub tags: Vec<String>,
    pub custom_fields: Map<String, Value>,
    pub first_contact_date: DateTime<Utc>,
    pub last_contact_date: Option<DateTime<Utc>>,
    pub next_follow_up_date: Option<DateTime<Utc>>,
}

impl Fields {
    /// Of somebody about whom nothing is known yet.
    pub fn unknown(now: DateTime<Utc>) -> Self {
        Self {
            name: None,
            company_name: None,
            email: None,
            is_email_new: false,
            phone: None,
            is_phone_new: false,
            secondary_phone: None,
            address: None,
            ecommerce_customer_id: None,
            client_type: ClientType::Lead,
            lifecycle_stage: LifecycleStage::Lead,
            lead_quality: None,
            is_quality_set: false,
            source: None,
            source_details: None,
            utm_data: None,
            assigned_to: None,
            tags: Vec::new(),
            custom_fields: Map::new(),
            first_contact_date: now,
            last_contact_date: None,
            next_follow_up_date: None,
        }
    }

    /// Whether anybody could tell who it is.
    pub fn is_nobody(&self) -> bool {
        [&self.name, &self.company_name, &self.email, &self.phone]
            .iter()
            .all(|field| field.is_none())
    }

    /// Checks values of the workspace's own fields that differ from the known ones, and makes tags that are new.
    ///
    /// # Errors
    /// 422 for a value that its field cannot have.
    pub async fn settle(&mut self, tx: &mut TenantTx, known: &Map<String, Value>) -> Result<()> {
        fields::check(tx, fields::Entity::Client, &mut self.custom_fields, known).await?;
        crate::tags::store::ensure(tx, &self.tags).await
    }
}

impl From<&Client> for Fields {
    fn from(client: &Client) -> Self {
        let row = client.row.clone();
        Self {
            name: row.name,
            company_name: row.company_name,
            email: row.email,
            is_email_new: false,
            phone: row.phone,
            is_phone_new: false,
            secondary_phone: client.secondary_phone.clone(),
            address: client.address.clone(),
            ecommerce_customer_id: client.ecommerce_customer_id.clone(),
            client_type: row.client_type,
            lifecycle_stage: row.lifecycle_stage,
            lead_quality: row.lead_quality,
            is_quality_set: client.is_quality_set,
            source: row.source,
            source_details: client.source_details.clone(),
            utm_data: client.utm_data.clone(),
            assigned_to: row.assigned_to,
            tags: row.tags,
            custom_fields: row.custom_fields.as_object().cloned().unwrap_or_default(),
            first_contact_date: row.first_contact_date,
            last_contact_date: row.last_contact_date,
            next_follow_up_date: row.next_follow_up_date,
        }
    }
}

/// What is sent of a client: absent is unchanged, null is cleared.
#[derive(Debug, Default, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientPatch {
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<String>)]
    pub company_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<String>)]
    pub email: Option<Option<String>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<String>)]
    pub secondary_phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<Object>)]
    pub address: Option<Option<Map<String, Value>>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<String>)]
    pub ecommerce_customer_id: Option<Option<String>>,
    pub client_type: Option<ClientType>,
    pub lifecycle_stage: Option<LifecycleStage>,
    /// Null: the score decides again.
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<LeadQuality>)]
    pub lead_quality: Option<Option<LeadQuality>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<String>)]
    pub source: Option<Option<String>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<Object>)]
    pub source_details: Option<Option<Map<String, Value>>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<Object>)]
    pub utm_data: Option<Option<Map<String, Value>>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub assigned_to: Option<Option<UserId>>,
    /// A tag that does not exist yet is made.
    pub tags: Option<Vec<String>>,
    /// Replaces the values of the named fields; null clears one.
    #[schema(value_type = Option<Object>)]
    pub custom_fields: Option<Map<String, Value>>,
    pub first_contact_date: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub last_contact_date: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub next_follow_up_date: Option<Option<DateTime<Utc>>>,
}

impl ClientPatch {
    /// What it makes of what was known.
    ///
    /// # Errors
    /// 422 for a value that a client cannot have.
    pub fn apply(self, known: Fields) -> Result<Fields> {
        let email = text::optional(self.email, "email", 200)?.unwrap_or(known.email.clone());
        if email.as_ref().is_some_and(|address| !text::is_email(address)) {
            return Err(invalid("bad_email", "This is not an e-mail address."));
        }
        let phone = text::phone(self.phone, "phone")?.unwrap_or(known.phone.clone());
        let secondary_phone =
            text::phone(self.secondary_phone, "secondary_phone")?.unwrap_or(known.secondary_phone);
        words::time(self.first_contact_date)?;
        words::time(self.last_contact_date.flatten())?;
        words::time(self.next_follow_up_date.flatten())?;
        let (lead_quality, is_quality_set) = match self.lead_quality {
            None => (known.lead_quality, known.is_quality_set),
            Some(chosen) => (chosen, chosen.is_some()),
        };
        let mut custom_fields = known.custom_fields;
        custom_fields.extend(self.custom_fields.unwrap_or_default());
        custom_fields.retain(|_, value| !value.is_null());
        Ok(Fields {
            name: text::optional(self.name, "name", 200)?.unwrap_or(known.name),
            company_name: text::optional(self.company_name, "company_name", 200)?
                .unwrap_or(known.company_name),
            is_email_new: known.is_email_new || email != known.email,
            email,
            is_phone_new: known.is_phone_new || phone != known.phone,
            phone,
            secondary_phone,
            address: text::object(self.address, "address")?.unwrap_or(known.address),
            ecommerce_customer_id: text::optional(self.ecommerce_customer_id, "ecommerce_customer_id", 200)?
                .unwrap_or(known.ecommerce_customer_id),
            client_type: self.client_type.unwrap_or(known.client_type),
            lifecycle_stage: self.lifecycle_stage.unwrap_or(known.lifecycle_stage),
            lead_quality,
            is_quality_set,
            source: text::optional(self.source, "source", 100)?.unwrap_or(known.source),
            source_details: text::object(self.source_details, "source_details")?
                .unwrap_or(known.source_details),
            utm_data: text::object(self.utm_data, "utm_data")?.unwrap_or(known.utm_data),
            assigned_to: self.assigned_to.unwrap_or(known.assigned_to),
            tags: self.tags.map_or(Ok(known.tags), text::tags)?,
            custom_fields,
            first_contact_date: self.first_contact_date.unwrap_or(known.first_contact_date),
            last_contact_date: self.last_contact_date.unwrap_or(known.last_contact_date),
            next_follow_up_date: self.next_follow_up_date.unwrap_or(known.next_follow_up_date),
        })
    }
}

/// Counts scores anew that age has changed, some clients a transaction. It ends: each has its next time ahead, or none.
///
/// # Errors
/// A database that does not answer.
pub async fn rescore_everywhere(ctx: &Context) -> Result<()> {
    for operator in Operator::for_all_active(&ctx.db).await? {
        loop {
            let mut tx = ctx.db.tenant(&operator).await?;
            let is_more = store::rescore(&mut tx).await?;
            tx.commit().await?;
            if !is_more {
                break;
            }
        }
    }
    Ok(())
}

pub fn no_name() -> Error {
    invalid(
        "no_name",
        "A client needs a name, a company, an e-mail address or a phone number.",
    )
}

pub fn exists(id: Option<ClientId>) -> Error {
    let which = id.map_or_else(String::new, |id| format!(" It is the client {id}."));
    conflict(
        "client_exists",
        format!("There is a client for this already.{which}"),
    )
}

pub fn is_merged() -> Error {
    conflict(
        "merged_already",
        "This client is part of another one. Open that one, or take the merge back.",
    )
}

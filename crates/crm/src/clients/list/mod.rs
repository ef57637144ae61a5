//! What the list of clients can be narrowed to, in which order it comes, and where a page begins.
//!
//! A filter is written like a query string (`tag=VIP&has_email=true`); segments keep it as an object of the same names.

pub mod store;

use access::Member;
use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::{ChannelId, ContactId, UserId};
use kernel::money::Amount;
use kernel::{Result, secrets};
use rust_decimal::prelude::ToPrimitive as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::IntoParams as _;
use uuid::Uuid;

use super::{ClientRow, ClientType, LeadQuality, LifecycleStage};

/// A filter as it is written. All conditions must hold.
#[derive(Debug, Default, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClientFilter {
    /// Words in name, company, e-mail or phone; accents and case do not matter, and the last one may be a beginning.
    pub q: Option<String>,
    /// One or several, with commas: `lead,prospect`.
    pub client_type: Option<String>,
    /// One or several, with commas.
    pub lifecycle_stage: Option<String>,
    /// One or several, with commas.
    pub lead_quality: Option<String>,
    /// A member's id, `me` or `none`.
    pub assigned_to: Option<String>,
    /// One or several, with commas or repeated; a client has all of them.
    pub tag: Option<String>,
    pub source: Option<String>,
    /// Has written there.
    pub channel_id: Option<String>,
    pub contact_id: Option<String>,
    pub has_email: Option<String>,
    pub has_phone: Option<String>,
    pub created_from: Option<String>,
    pub created_to: Option<String>,
    pub last_contact_before: Option<String>,
    pub last_contact_after: Option<String>,
    /// `overdue`, `today` or `week`, in the workspace's time zone.
    pub follow_up: Option<String>,
    /// In the workspace's currency.
    pub min_revenue: Option<String>,
    pub min_score: Option<String>,
    /// `field.KEY`: the value of a field of the workspace's own.
    #[serde(flatten)]
    #[param(value_type = Option<String>, rename = "field.KEY")]
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    Nobody,
    Member(UserId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowUp {
    Overdue,
    Today,
    Week,
}

/// A filter that was understood.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Filter {
    pub q: Option<String>,
    pub client_type: Vec<String>,
    pub lifecycle_stage: Vec<String>,
    pub lead_quality: Vec<String>,
    pub assignee: Option<Assignee>,
    pub tags: Vec<String>,
    pub source: Option<String>,
    pub channel: Option<ChannelId>,
    pub contact: Option<ContactId>,
    pub has_email: Option<bool>,
    pub has_phone: Option<bool>,
    pub created_from: Option<DateTime<Utc>>,
    pub created_to: Option<DateTime<Utc>>,
    pub last_contact_before: Option<DateTime<Utc>>,
    pub last_contact_after: Option<DateTime<Utc>>,
    pub follow_up: Option<FollowUp>,
    /// In hundredths.
    pub min_revenue: Option<i64>,
    pub min_score: Option<i32>,
    pub fields: Vec<(String, String)>,
}

impl Filter {
    /// # Errors
    /// 422 for a value that its condition cannot have, and for a name that is no condition: to leave it out would find
    /// everybody.
    pub fn parse(written: ClientFilter, member: &Member) -> Result<Self> {
        let min_revenue = written.min_revenue.as_deref().map(str::parse::<Amount>);
        let fields = written.fields.into_iter().map(|(name, value)| {
            let key = name.strip_prefix("field.").map(str::to_owned);
            Ok((key.ok_or_else(|| unknown_filter(&name))?, value))
        });
        Ok(Self {
            q: written.q.filter(|q| !q.trim().is_empty()),
            client_type: among::<ClientType>(written.client_type, "client_type")?,
            lifecycle_stage: among::<LifecycleStage>(written.lifecycle_stage, "lifecycle_stage")?,
            lead_quality: among::<LeadQuality>(written.lead_quality, "lead_quality")?,
            assignee: written
                .assigned_to
                .map(|text| assignee(&text, member))
                .transpose()?,
            tags: split(written.tag),
            source: written.source,
            channel: one(written.channel_id, "channel_id")?,
            contact: one(written.contact_id, "contact_id")?,
            has_email: yes_or_no(written.has_email, "has_email")?,
            has_phone: yes_or_no(written.has_phone, "has_phone")?,
            created_from: one(written.created_from, "created_from")?,
            created_to: one(written.created_to, "created_to")?,
            last_contact_before: one(written.last_contact_before, "last_contact_before")?,
            last_contact_after: one(written.last_contact_after, "last_contact_after")?,
            follow_up: one(written.follow_up, "follow_up")?,
            min_revenue: min_revenue
                .transpose()?
                .and_then(|amount| (amount.0 * rust_decimal::Decimal::ONE_HUNDRED).to_i64()),
            min_score: match written.min_score {
                None => None,
                Some(text) => Some(text.parse().map_err(|_| bad("min_score"))?),
            },
            fields: fields.collect::<Result<_>>()?,
        })
    }

    /// Whether it leaves nobody out.
    pub fn finds_everybody(&self) -> bool {
        *self == Self::default()
    }

    /// From an object of the same names, as segments and bulk changes keep it.
    ///
    /// # Errors
    /// The same.
    pub fn of_object(object: Map<String, Value>, member: &Member) -> Result<Self> {
        let texts = object.into_iter().filter_map(|(name, value)| {
            let text = match value {
                Value::Null => return None,
                Value::String(text) => text,
                Value::Array(several) => several
                    .iter()
                    .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                    .collect::<Vec<_>>()
                    .join(","),
                other => other.to_string(),
            };
            Some((name, Value::String(text)))
        });
        let written = serde_json::from_value(Value::Object(texts.collect()));
        Self::parse(
            written.map_err(|error| invalid("bad_filter", error.to_string()))?,
            member,
        )
    }

    /// From the query of an address, in which names may stand more than once.
    ///
    /// # Errors
    /// The same.
    pub fn of_query(pairs: Vec<(String, String)>, member: &Member) -> Result<Self> {
        let mut object = Map::new();
        for (name, value) in pairs {
            if matches!(name.as_str(), "sort" | "cursor" | "limit") {
                continue;
            }
            match object.get_mut(&name) {
                Some(Value::String(known)) if name == "tag" => {
                    known.push(',');
                    known.push_str(&value);
                }
                _ => drop(object.insert(name, Value::String(value))),
            }
        }
        Self::of_object(object, member)
    }
}

/// # Errors
/// 422 for what is neither `me` nor `none` nor an id, and for `me` of a program.
pub fn assignee(text: &str, member: &Member) -> Result<Assignee> {
    match text {
        "none" => Ok(Assignee::Nobody),
        "me" => member.user_id().map(Assignee::Member).ok_or_else(|| {
            invalid(
                "bad_assignee",
                "An API key is nobody: `me` works for people only.",
            )
        }),
        id => id.parse().map(Assignee::Member).map_err(|_| {
            invalid(
                "bad_assignee",
                "`assigned_to` is a member's user id, `me` or `none`.",
            )
        }),
    }
}

pub fn split(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// Several values of an enumeration, checked and as they were written.
///
/// # Errors
/// 422 for a value that is none of its.
pub fn among<T: DeserializeOwned>(text: Option<String>, name: &str) -> Result<Vec<String>> {
    let parts = split(text);
    for part in &parts {
        serde_json::from_value::<T>(Value::String(part.clone())).map_err(|_| bad(name))?;
    }
    Ok(parts)
}

/// # Errors
/// 422 for a text that is no value of this type.
pub fn one<T: DeserializeOwned>(text: Option<String>, name: &str) -> Result<Option<T>> {
    let value = text.map(|text| serde_json::from_value(Value::String(text)));
    value.transpose().map_err(|_| bad(name))
}

fn yes_or_no(text: Option<String>, name: &str) -> Result<Option<bool>> {
    match text.as_deref() {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(bad(name)),
    }
}

fn unknown_filter(name: &str) -> kernel::Error {
    let known = ClientFilter::into_params(|| None);
    let known: Vec<String> = known.into_iter().map(|param| param.name).collect();
    let shown: String = name.chars().take(60).collect();
    let detail = format!("There is no filter `{shown}`. There are {}.", known.join(", "));
    invalid("unknown_filter", detail)
}

fn bad(name: &str) -> kernel::Error {
    invalid("bad_filter", format!("`{name}` cannot have this value."))
}

/// What the list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    Name,
    CompanyName,
    Email,
    ClientType,
    LifecycleStage,
    LeadQuality,
    AssignedTo,
    Source,
    LeadScore,
    TotalOrders,
    TotalRevenue,
    AverageOrderValue,
    FirstContactDate,
    LastContactDate,
    NextFollowUpDate,
    CreatedAt,
    UpdatedAt,
}

/// A column, and whether the greatest comes first. Clients without a value come last either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    pub column: Column,
    pub is_descending: bool,
}

impl Sort {
    /// # Errors
    /// 422 for what is no column of the list.
    pub fn parse(text: Option<&str>) -> Result<Self> {
        let text = text.unwrap_or("-last_contact_date");
        let name = text.strip_prefix('-').unwrap_or(text);
        let column = serde_json::from_value(Value::String(name.to_owned()))
            .map_err(|_| invalid("bad_sort", format!("The list cannot be sorted by `{name}`.")))?;
        let is_descending = text.starts_with('-');
        Ok(Self {
            column,
            is_descending,
        })
    }

    fn key_of(self, row: &ClientRow) -> Key {
        let text = |value: &Option<String>| value.clone().map_or(Key::Nothing, Key::Text);
        let time = |value: Option<DateTime<Utc>>| value.map_or(Key::Nothing, Key::At);
        let word = |value: Result<Value, serde_json::Error>| match value {
            Ok(Value::String(word)) => Key::Text(word),
            _ => Key::Nothing,
        };
        match self.column {
            Column::Name => text(&row.name_key),
            Column::CompanyName => text(&row.company_key),
            Column::Email => text(&row.email_key),
            Column::ClientType => word(serde_json::to_value(row.client_type)),
            Column::LifecycleStage => word(serde_json::to_value(row.lifecycle_stage)),
            Column::LeadQuality => word(serde_json::to_value(row.lead_quality)),
            Column::AssignedTo => row.assigned_to.map_or(Key::Nothing, |id| Key::Id(id.0)),
            Column::Source => text(&row.source),
            Column::LeadScore => Key::Number(row.lead_score.into()),
            Column::TotalOrders => Key::Number(row.total_orders.into()),
            Column::TotalRevenue => Key::Number(row.revenue_key),
            Column::AverageOrderValue => Key::Number(row.average_key),
            Column::FirstContactDate => Key::At(row.first_contact_date),
            Column::LastContactDate => time(row.last_contact_date),
            Column::NextFollowUpDate => time(row.next_follow_up_date),
            Column::CreatedAt => Key::At(row.created_at),
            Column::UpdatedAt => Key::At(row.updated_at),
        }
    }
}

/// The value of the column that the list is ordered by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Key {
    Nothing,
    Text(String),
    Number(i64),
    At(DateTime<Utc>),
    Id(Uuid),
}

/// The last row that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    sort: Sort,
    pub key: Key,
    pub id: Uuid,
}

impl Place {
    pub fn of(row: &ClientRow, sort: Sort) -> Self {
        Self {
            sort,
            key: sort.key_of(row),
            id: row.id.0,
        }
    }

    /// # Errors
    /// None that a caller could cause.
    pub fn encode(&self) -> Result<String> {
        Ok(secrets::encode(&serde_json::to_vec(self)?))
    }

    /// # Errors
    /// A cursor of another list or another order.
    pub fn decode(text: &str, sort: Sort) -> Result<Self> {
        let place: Option<Self> = secrets::decode(text).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let fits = |place: &Self| {
            use Column::{
                AssignedTo, AverageOrderValue, CreatedAt, FirstContactDate, LastContactDate, LeadScore,
                NextFollowUpDate, TotalOrders, TotalRevenue, UpdatedAt,
            };
            let has_key = match sort.column {
                LeadScore | TotalOrders | TotalRevenue | AverageOrderValue => {
                    matches!(place.key, Key::Number(_))
                }
                FirstContactDate | CreatedAt | UpdatedAt => matches!(place.key, Key::At(_)),
                LastContactDate | NextFollowUpDate => matches!(place.key, Key::At(_) | Key::Nothing),
                AssignedTo => matches!(place.key, Key::Id(_) | Key::Nothing),
                _ => matches!(place.key, Key::Text(_) | Key::Nothing),
            };
            place.sort == sort && has_key
        };
        place.filter(fits).ok_or_else(|| {
            invalid(
                "bad_cursor",
                "The cursor is not one that this list gave in this order. Start again without it.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_one_order() {
        let sort = Sort::parse(Some("-total_revenue")).unwrap();
        let place = Place {
            sort,
            key: Key::Number(12),
            id: Uuid::now_v7(),
        };
        let text = place.encode().unwrap();
        assert_eq!(Place::decode(&text, sort).unwrap(), place);
        for other in ["total_revenue", "-total_orders", "-name"] {
            let other = Sort::parse(Some(other)).unwrap();
            assert_eq!(Place::decode(&text, other).unwrap_err().code, "bad_cursor");
        }
        assert_eq!(Place::decode("AAAA", sort).unwrap_err().code, "bad_cursor");
        assert_eq!(Sort::parse(Some("tenant_id")).unwrap_err().code, "bad_sort");
    }
}

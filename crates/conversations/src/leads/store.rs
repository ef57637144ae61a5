//! All SQL for leads.

use kernel::error::{Error, conflict, invalid};
use kernel::ids::{ChannelId, ClientId, ContactId, ConversationId, DealId, LeadId, UserId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use serde_json::json;
use sqlx::types::Json;
use sqlx::{FromRow as _, Postgres, QueryBuilder, Row as _};

use super::capture::{Known, Request};
use super::{Consent, ContactInfo, Lead, Source};
use crate::inbox::filter::Assignee;

/// A lead that begins.
pub struct NewLead<'a> {
    pub conversation: Option<ConversationId>,
    pub contact: Option<ContactId>,
    pub channel: Option<ChannelId>,
    pub intent: &'a str,
    pub info: ContactInfo,
    /// What they have said of it themselves, just now.
    pub said: ContactInfo,
    pub source: Source,
    pub consent: Option<Consent>,
    pub note: &'a str,
    pub assigned_to: Option<UserId>,
}

/// Writes a lead.
///
/// # Errors
/// 409 `lead_open` if somebody works on another one of the same conversation.
pub async fn insert(tx: &mut TenantTx, new: &NewLead<'_>) -> Result<LeadId> {
    let (tenant, id, now) = (tx.tenant_id(), LeadId::new(), tx.now());
    sqlx::query!(
        "insert into leads (tenant_id, id, conversation_id, contact_id, channel_id, intent, contact_info, source, consent, note,
            assigned_to, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
        tenant.0,
        id.0,
        new.conversation.map(|id| id.0),
        new.contact.map(|id| id.0),
        new.channel.map(|id| id.0),
        new.intent,
        new.info.stored(),
        new.source.as_str(),
        new.consent.as_ref().map(|consent| json!(consent)),
        new.note,
        new.assigned_to.map(|user| user.0),
        now,
    )
    .execute(&mut **tx)
    .await
    .map_err(explain)?;
    Ok(id)
}

fn explain(cause: sqlx::Error) -> Error {
    let constraint = match &cause {
        sqlx::Error::Database(db) => db.constraint(),
        _ => None,
    };
    match constraint {
        Some("leads_one_open") => conflict(
            "lead_open",
            "Somebody works on a lead of this conversation already. Change that one.",
        ),
        Some("leads_assigned_to") => invalid("bad_assignee", "`assigned_to` is the user id of a member."),
        _ => cause.into(),
    }
}

/// The same; a lead of the conversation that is open is completed instead. What stands in it stays; what is told otherwise
/// now is added to its note.
pub async fn insert_or_complete(tx: &mut TenantTx, new: &NewLead<'_>) -> Result<LeadId> {
    let (tenant, id, now) = (tx.tenant_id(), LeadId::new(), tx.now());
    let id = sqlx::query_scalar!(
        r#"insert into leads (tenant_id, id, conversation_id, contact_id, channel_id, intent, contact_info, source, consent, note,
            created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
        on conflict (tenant_id, conversation_id) where status in ('new', 'contacted', 'qualified') do update
        set contact_info = excluded.contact_info || leads.contact_info, consent = coalesce(excluded.consent, leads.consent),
            note = lead_note(leads.note, leads.contact_info, $12, excluded.note)
        returning id as "id: LeadId""#,
        tenant.0,
        id.0,
        new.conversation.map(|id| id.0),
        new.contact.map(|id| id.0),
        new.channel.map(|id| id.0),
        new.intent,
        new.info.stored(),
        new.source.as_str(),
        new.consent.as_ref().map(|consent| json!(consent)),
        new.note,
        now,
        new.said.stored(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(id)
}

/// Completes the contact's open lead from a form, if there is one without a conversation, in the same way.
pub async fn complete_open(tx: &mut TenantTx, new: &NewLead<'_>) -> Result<Option<LeadId>> {
    let id = sqlx::query_scalar!(
        r#"update leads
        set contact_info = $2::jsonb || contact_info, consent = coalesce($3, consent),
            note = lead_note(note, contact_info || jsonb_build_object('intent', intent),
                $2::jsonb || case when $4 = 'form' then '{}' else jsonb_build_object('intent', $4::text) end, $5)
        where tenant_id = current_tenant_id() and contact_id = $1 and conversation_id is null and source = 'form'
            and status in ('new', 'contacted', 'qualified')
        returning id as "id: LeadId""#,
        new.contact.map(|id| id.0),
        new.info.stored(),
        new.consent.as_ref().map(|consent| json!(consent)),
        new.intent,
        new.note,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

pub async fn channel_of(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<ChannelId>> {
    let channel = sqlx::query_scalar!(
        r#"select channel_id as "id: ChannelId" from conversations where tenant_id = current_tenant_id() and id = $1"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(channel)
}

/// What the team knows of a contact, as a lead needs it.
pub async fn find_contact(tx: &mut TenantTx, contact: ContactId) -> Result<Option<ContactInfo>> {
    let row = sqlx::query!(
        "select name, email, phone from contacts where tenant_id = current_tenant_id() and id = $1",
        contact.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| ContactInfo {
        name: row.name,
        email: row.email,
        phone: row.phone,
        company: None,
    }))
}

pub async fn find_known(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Known>> {
    let row = sqlx::query!(
        r#"select c.contact_id as "contact_id: ContactId", w.id as "visitor_id!: ContactId", p.name, p.email, p.phone,
            r.asked_seq as "asked_seq?", r.intent as "intent?", r.question as "question?", r.outcome as "outcome?",
            exists (select from leads l where l.tenant_id = c.tenant_id and l.conversation_id = c.id) as "has_lead!"
        from conversations c
        cross join visitor_now(coalesce(c.begun_by, c.contact_id)) as w (id)
        cross join visitor_details(w.id) as p
        left join lead_requests r on r.tenant_id = c.tenant_id and r.conversation_id = c.id
        where c.tenant_id = current_tenant_id() and c.id = $1"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Known {
        contact_id: row.contact_id,
        visitor_id: row.visitor_id,
        contact: ContactInfo {
            name: row.name,
            email: row.email,
            phone: row.phone,
            company: None,
        },
        request: match (row.asked_seq, row.intent, row.question, row.outcome) {
            (Some(asked_seq), Some(intent), Some(question), Some(outcome)) => Some(Request {
                asked_seq,
                intent,
                question,
                outcome,
            }),
            _ => None,
        },
        has_lead: row.has_lead,
    }))
}

/// Asked again, because the visitor wanted to be, it waits for an answer anew.
pub async fn insert_request(
    tx: &mut TenantTx,
    conversation: ConversationId,
    seq: i64,
    intent: &str,
    question: &str,
) -> Result<()> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    sqlx::query!(
        "insert into lead_requests (tenant_id, conversation_id, asked_seq, intent, question, asked_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (tenant_id, conversation_id) do update
        set asked_seq = excluded.asked_seq, intent = excluded.intent, question = excluded.question, outcome = 'waiting',
            asked_at = excluded.asked_at",
        tenant.0,
        conversation.0,
        seq,
        intent,
        question,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn end_request(tx: &mut TenantTx, conversation: ConversationId, outcome: &str) -> Result<()> {
    sqlx::query!(
        "update lead_requests set outcome = $2 where tenant_id = current_tenant_id() and conversation_id = $1",
        conversation.0,
        outcome,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

const SELECT: &str = "select l.id, l.conversation_id, l.contact_id, l.channel_id, h.name as channel_name, l.intent, l.contact_info,
        l.status, l.source, l.consent, l.note, l.assigned_to, a.name as assignee_name, l.client_id, l.deal_id, l.converted_at,
        l.created_at, l.updated_at
    from leads l
    left join channels h on h.tenant_id = l.tenant_id and h.id = l.channel_id
    left join memberships a on a.tenant_id = l.tenant_id and a.user_id = l.assigned_to
    where l.tenant_id = current_tenant_id()";

impl sqlx::FromRow<'_, sqlx::postgres::PgRow> for Lead {
    fn from_row(row: &sqlx::postgres::PgRow) -> sqlx::Result<Self> {
        let info: Json<ContactInfo> = row.try_get("contact_info")?;
        let consent: Option<Json<Consent>> = row.try_get("consent")?;
        Ok(Self {
            id: row.try_get("id")?,
            conversation_id: row.try_get("conversation_id")?,
            contact_id: row.try_get("contact_id")?,
            channel_id: row.try_get("channel_id")?,
            channel_name: row.try_get("channel_name")?,
            intent: row.try_get("intent")?,
            contact_info: info.0,
            status: row.try_get("status")?,
            source: row.try_get("source")?,
            consent: consent.map(|consent| consent.0),
            note: row.try_get("note")?,
            assigned_to: row.try_get("assigned_to")?,
            assignee_name: row.try_get("assignee_name")?,
            client_id: row.try_get("client_id")?,
            deal_id: row.try_get("deal_id")?,
            converted_at: row.try_get("converted_at")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

/// What the list can be narrowed to.
#[derive(Debug, Default)]
pub struct Filter {
    pub statuses: Vec<&'static str>,
    pub intents: Vec<String>,
    pub assignee: Option<Assignee>,
    pub channel: Option<ChannelId>,
    pub conversation: Option<ConversationId>,
    pub contact: Option<ContactId>,
    pub text: Option<String>,
    pub sort: Sort,
}

/// The column that orders the list, and its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub by_update: bool,
    pub is_descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            by_update: false,
            is_descending: true,
        }
    }
}

impl Sort {
    pub fn position(self, lead: &Lead) -> Position {
        Position {
            at: if self.by_update {
                lead.updated_at
            } else {
                lead.created_at
            },
            id: lead.id.0,
        }
    }
}

pub async fn list(
    tx: &mut TenantTx,
    filter: &Filter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Lead>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    if !filter.statuses.is_empty() {
        query
            .push(" and l.status = any(")
            .push_bind(&filter.statuses)
            .push(")");
    }
    if !filter.intents.is_empty() {
        query
            .push(" and l.intent = any(")
            .push_bind(&filter.intents)
            .push(")");
    }
    match filter.assignee {
        Some(Assignee::Nobody) => {
            query.push(" and l.assigned_to is null");
        }
        Some(Assignee::Member(user)) => {
            query.push(" and l.assigned_to = ").push_bind(user.0);
        }
        None => {}
    }
    for (column, id) in [
        (" and l.channel_id = ", filter.channel.map(|id| id.0)),
        (" and l.conversation_id = ", filter.conversation.map(|id| id.0)),
        (" and l.contact_id = ", filter.contact.map(|id| id.0)),
    ] {
        if let Some(id) = id {
            query.push(column).push_bind(id);
        }
    }
    for word in words(tx, filter.text.as_deref()).await? {
        query.push(
            " and exists (select from lead_words w where w.tenant_id = current_tenant_id() and w.lead_id = l.id and w.word >= ",
        );
        query
            .push_bind(word.clone())
            .push(" and w.word < ")
            .push_bind(format!("{word}{}", char::MAX))
            .push(")");
    }
    let column = if filter.sort.by_update {
        "l.updated_at"
    } else {
        "l.created_at"
    };
    let (beyond, direction) = if filter.sort.is_descending {
        ("<", "desc")
    } else {
        (">", "asc")
    };
    if let Some(after) = after {
        query.push(format!(" and ({column}, l.id) {beyond} ("));
        query.push_bind(after.at).push(", ").push_bind(after.id).push(")");
    }
    query.push(format!(" order by {column} {direction}, l.id {direction} limit "));
    query.push_bind(limit);
    let rows = query.build().fetch_all(&mut **tx).await?;
    let leads: sqlx::Result<Vec<Lead>> = rows.iter().map(Lead::from_row).collect();
    Ok(leads?)
}

/// Cut by the database, as the words of leads were; a telephone number is found however it is grouped. Nothing but signs is
/// found nowhere.
async fn words(tx: &mut TenantTx, text: Option<&str>) -> Result<Vec<String>> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let mut words = sqlx::query_scalar!(
        r#"select case when $1 ~ '^[-+ ./()0-9]+$' and $1 ~ '([0-9].*){4}' then array[crm_digits($1)] else crm_words($1) end
            as "words!""#,
        text,
    )
    .fetch_one(&mut **tx)
    .await?;
    words.truncate(MOST_WORDS);
    if words.is_empty() {
        words.push(char::MAX.to_string());
    }
    Ok(words)
}

/// More words narrow nothing any further.
const MOST_WORDS: usize = 12;

pub async fn find(tx: &mut TenantTx, id: LeadId) -> Result<Option<Lead>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and l.id = ").push_bind(id.0);
    let row = query.build().fetch_optional(&mut **tx).await?;
    Ok(row.as_ref().map(Lead::from_row).transpose()?)
}

/// Nobody else changes the lead until the end of the transaction. The caller has locked the conversation and the contact
/// before, where it needs them.
pub async fn lock(tx: &mut TenantTx, id: LeadId) -> Result<Option<Lead>> {
    sqlx::query!(
        "select id from leads where tenant_id = current_tenant_id() and id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    find(tx, id).await
}

/// Writes what members may change.
pub async fn update(tx: &mut TenantTx, lead: &Lead) -> Result<()> {
    sqlx::query!(
        "update leads set intent = $2, contact_info = $3, status = $4, note = $5, assigned_to = $6
        where tenant_id = current_tenant_id() and id = $1",
        lead.id.0,
        lead.intent,
        lead.contact_info.stored(),
        lead.status.as_str(),
        lead.note,
        lead.assigned_to.map(|user| user.0),
    )
    .execute(&mut **tx)
    .await
    .map_err(explain)?;
    Ok(())
}

/// The lead has become a client, and perhaps a deal.
pub async fn convert(tx: &mut TenantTx, id: LeadId, client: ClientId, deal: Option<DealId>) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update leads set status = 'converted', client_id = $2, deal_id = $3, converted_at = $4
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        client.0,
        deal.map(|deal| deal.0),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: LeadId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from leads where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

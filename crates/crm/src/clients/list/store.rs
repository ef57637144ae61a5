//! SQL that lists clients.
//!
//! A page is read along one index in two steps: first those that have a value in the column, then those that have none.
//! Row security lets an index serve only comparisons that leak nothing, hence the keys beside the columns.

use kernel::ids::ClientId;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use super::super::ClientRow;
use super::{Assignee, Column, Filter, FollowUp, Key, Place, Sort};
use crate::listing::push_among;

const ROW: &str = "select c.id, c.contact_id, c.name, c.company_name, c.email, c.phone, c.client_type, c.lifecycle_stage,
        c.lead_score, c.lead_quality, c.source, c.assigned_to, c.tags, c.total_orders, c.total_revenue, c.average_order_value,
        c.first_contact_date, c.last_contact_date, c.next_follow_up_date, c.custom_fields, c.created_at, c.updated_at,
        c.name_key, c.company_key, c.email_key, c.revenue_key, c.average_key
    from crm_clients c where c.tenant_id = current_tenant_id() and c.merged_into is null";

impl Column {
    fn sql(self) -> &'static str {
        match self {
            Self::Name => "c.name_key",
            Self::CompanyName => "c.company_key",
            Self::Email => "c.email_key",
            Self::ClientType => "c.client_type",
            Self::LifecycleStage => "c.lifecycle_stage",
            Self::LeadQuality => "c.lead_quality",
            Self::AssignedTo => "c.assigned_to",
            Self::Source => "c.source",
            Self::LeadScore => "c.lead_score",
            Self::TotalOrders => "c.total_orders",
            Self::TotalRevenue => "c.revenue_key",
            Self::AverageOrderValue => "c.average_key",
            Self::FirstContactDate => "c.first_contact_date",
            Self::LastContactDate => "c.last_contact_date",
            Self::NextFollowUpDate => "c.next_follow_up_date",
            Self::CreatedAt => "c.created_at",
            Self::UpdatedAt => "c.updated_at",
        }
    }

    fn may_be_missing(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::CompanyName
                | Self::Email
                | Self::LeadQuality
                | Self::AssignedTo
                | Self::Source
                | Self::LastContactDate
                | Self::NextFollowUpDate
        )
    }
}

/// One page, those without a value in the sorted column last.
pub async fn list(
    tx: &mut TenantTx,
    filter: &Filter,
    sort: Sort,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<ClientRow>> {
    let words = words(tx, filter).await?;
    let mut rows = Vec::new();
    let is_past_values = after.is_some_and(|place| place.key == Key::Nothing);
    if !is_past_values {
        rows = step(tx, filter, &words, sort, after, limit, true).await?;
    }
    let left = limit - i64::try_from(rows.len()).unwrap_or(limit);
    if left > 0 && sort.column.may_be_missing() {
        let after = after.filter(|_| is_past_values);
        rows.extend(step(tx, filter, &words, sort, after, left, false).await?);
    }
    Ok(rows)
}

async fn step(
    tx: &mut TenantTx,
    filter: &Filter,
    words: &[Word],
    sort: Sort,
    after: Option<&Place>,
    limit: i64,
    has_value: bool,
) -> Result<Vec<ClientRow>> {
    let mut query = QueryBuilder::<Postgres>::new(ROW);
    push_filter(tx, &mut query, filter, words, true);
    let column = sort.column.sql();
    let (way, compare) = if sort.is_descending {
        ("desc", "<")
    } else {
        ("asc", ">")
    };
    if sort.column.may_be_missing() {
        let is = if has_value { "is not null" } else { "is null" };
        query.push(format!(" and {column} {is}"));
    }
    if let Some(place) = after {
        if has_value {
            query.push(format!(" and ({column}, c.id) {compare} ("));
            match &place.key {
                Key::Nothing => query.push("null"),
                Key::Text(text) => query.push_bind(text.clone()),
                Key::Number(number) => query.push_bind(*number),
                Key::At(at) => query.push_bind(*at),
                Key::Id(id) => query.push_bind(*id),
            };
            query.push(", ");
        } else {
            query.push(format!(" and c.id {compare} ("));
        }
        query.push_bind(place.id).push(")");
    }
    if has_value {
        query.push(format!(" order by {column} {way}, c.id {way} limit "));
    } else {
        query.push(format!(" order by c.id {way} limit "));
    }
    query.push_bind(limit);
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// How many there are, as far as `most`.
pub async fn count(tx: &mut TenantTx, filter: &Filter, most: i64) -> Result<i64> {
    let words = words(tx, filter).await?;
    let mut query = QueryBuilder::<Postgres>::new(
        "select count(*) from (select from crm_clients c where c.tenant_id = current_tenant_id() and c.merged_into is null",
    );
    push_filter(tx, &mut query, filter, &words, false);
    query.push(" limit ").push_bind(most).push(") found");
    Ok(query.build_query_scalar().fetch_one(&mut **tx).await?)
}

/// Their ids, in the order in which they are locked.
pub async fn list_ids(tx: &mut TenantTx, filter: &Filter, most: i64) -> Result<Vec<ClientId>> {
    let words = words(tx, filter).await?;
    let mut query = QueryBuilder::<Postgres>::new(
        "select c.id from crm_clients c where c.tenant_id = current_tenant_id() and c.merged_into is null",
    );
    push_filter(tx, &mut query, filter, &words, false);
    query.push(" order by c.id limit ").push_bind(most);
    Ok(query.build_query_scalar().fetch_all(&mut **tx).await?)
}

/// What must be among the words of a client: those of a search, tags behind a `#`, fields as `=key=value`.
struct Word {
    text: String,
    /// The end of a search stands for whatever begins so.
    is_beginning: bool,
    /// How often it is there, as far as [`MOST_COUNTED`].
    clients: i64,
}

/// More words of a search narrow nothing any further.
const MOST_WORDS: usize = 12;
const LONGEST_WORD: usize = 60;
/// What so many clients have is found sooner along the order of the page than sorted out of all who have it.
const COMMON: i64 = 4_000;
const MOST_COUNTED: i64 = 16_000;

/// The rarest first: who has it is looked up, and asked for the others one by one.
async fn words(tx: &mut TenantTx, filter: &Filter) -> Result<Vec<Word>> {
    let (mut whole, beginning) = searched(tx, filter.q.as_deref()).await?;
    let tags = filter.tags.iter().map(|tag| format!("#{}", cut(tag)));
    whole.extend(tags);
    let fields = filter.fields.iter();
    whole.extend(fields.map(|(key, value)| format!("={key}={}", cut(value))));
    let mut words = Vec::new();
    for (text, is_beginning) in whole
        .into_iter()
        .map(|word| (word, false))
        .chain(beginning.map(|word| (word, true)))
    {
        let clients = frequency(tx, &text, is_beginning).await?;
        words.push(Word {
            text,
            is_beginning,
            clients,
        });
    }
    words.sort_by_key(|word| word.clients);
    Ok(words)
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_WORD).collect()
}

async fn frequency(tx: &mut TenantTx, word: &str, is_beginning: bool) -> Result<i64> {
    let end = if is_beginning {
        after_all(word)
    } else {
        word.to_owned()
    };
    let clients = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
            select from crm_client_words
            where tenant_id = current_tenant_id() and word >= $1 and word <= $2
            limit $3
        ) as found"#,
        word,
        end,
        MOST_COUNTED,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(clients)
}

/// Behind all that begins so.
fn after_all(beginning: &str) -> String {
    format!("{beginning}{}", char::MAX)
}

/// Whole words, and the beginning of the last one, cut by the database as the words of clients were.
async fn searched(tx: &mut TenantTx, text: Option<&str>) -> Result<(Vec<String>, Option<String>)> {
    let Some(text) = text else {
        return Ok((Vec::new(), None));
    };
    if let Some(number) = number_in(text) {
        return Ok((Vec::new(), Some(number)));
    }
    let (last_place, is_open) = match text.rfind(is_between_words) {
        Some(at) => (at, !text[at..].chars().skip(1).collect::<String>().is_empty()),
        None => (0, true),
    };
    let (before, last) = text.split_at(last_place);
    let cut = sqlx::query!(
        r#"select crm_words($1) as "before!", crm_words($2) as "last!""#,
        before,
        last
    )
    .fetch_one(&mut **tx)
    .await?;
    let (mut whole, mut last) = (cut.before, cut.last);
    // several in the last one: a script without spaces, in which each character is a word
    let beginning = if is_open && last.len() == 1 {
        last.pop()
    } else {
        None
    };
    whole.append(&mut last);
    whole.truncate(MOST_WORDS);
    if whole.is_empty() && beginning.is_none() {
        // nothing but signs is found nowhere
        whole.push(String::new());
    }
    Ok((whole, beginning))
}

/// Accents that stand by themselves belong to the letter before them.
fn is_between_words(c: char) -> bool {
    !c.is_alphanumeric() && !('\u{300}'..='\u{36f}').contains(&c)
}

/// A telephone number is found however it is grouped.
fn number_in(text: &str) -> Option<String> {
    let is_number = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '.' | '-' | '/' | '(' | ')'));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (is_number && digits.len() >= 4).then(|| digits.trim_start_matches('0').to_owned())
}

/// Conditions on `crm_clients c`. `is_page`: the first few in an order are wanted, not all.
fn push_filter(
    tx: &TenantTx,
    query: &mut QueryBuilder<Postgres>,
    filter: &Filter,
    words: &[Word],
    is_page: bool,
) {
    let is_walked = is_page && matches!(words, [only] if only.clients >= COMMON);
    for (place, word) in words.iter().enumerate() {
        let (holds, end) = if place == 0 && !is_walked {
            ("exists (select", ")")
        } else {
            ("(select true", " limit 1)")
        };
        query.push(format!(
            " and {holds} from crm_client_words w where w.tenant_id = current_tenant_id() and w.client_id = c.id and w.word "
        ));
        if word.is_beginning {
            query.push(">= ").push_bind(word.text.clone());
            query.push(" and w.word < ").push_bind(after_all(&word.text));
        } else {
            query.push("= ").push_bind(word.text.clone());
        }
        query.push(end);
    }
    for (column, several) in [
        ("c.client_type", &filter.client_type),
        ("c.lifecycle_stage", &filter.lifecycle_stage),
        ("c.lead_quality", &filter.lead_quality),
    ] {
        push_among(query, column, several);
    }
    match filter.assignee {
        Some(Assignee::Nobody) => drop(query.push(" and c.assigned_to is null")),
        Some(Assignee::Member(id)) => drop(query.push(" and c.assigned_to = ").push_bind(id.0)),
        None => {}
    }
    if let Some(source) = &filter.source {
        query.push(" and c.source = ").push_bind(source.clone());
    }
    if let Some(contact) = filter.contact {
        query.push(" and c.contact_id = ").push_bind(contact.0);
    }
    if let Some(channel) = filter.channel {
        query.push(
            " and exists (select from conversations v where v.tenant_id = current_tenant_id() and v.contact_id = c.contact_id
                and v.channel_id = ",
        );
        query.push_bind(channel.0).push(")");
    }
    for (column, has) in [("c.email", filter.has_email), ("c.phone", filter.has_phone)] {
        match has {
            Some(true) => drop(query.push(format!(" and {column} is not null"))),
            Some(false) => drop(query.push(format!(" and {column} is null"))),
            None => {}
        }
    }
    for (condition, at) in [
        (" and c.created_at >= ", filter.created_from),
        (" and c.created_at < ", filter.created_to),
        (" and c.last_contact_date < ", filter.last_contact_before),
        (" and c.last_contact_date >= ", filter.last_contact_after),
    ] {
        if let Some(at) = at {
            query.push(condition).push_bind(at);
        }
    }
    push_follow_up(tx, query, filter.follow_up);
    if let Some(hundredths) = filter.min_revenue {
        query.push(" and c.revenue_key >= ").push_bind(hundredths);
    }
    if let Some(score) = filter.min_score {
        query.push(" and c.lead_score >= ").push_bind(score);
    }
    for (key, value) in &filter.fields {
        query.push(" and c.custom_fields ->> ").push_bind(key.clone());
        query.push(" = ").push_bind(value.clone());
    }
}

/// Days as they pass at the workspace.
fn push_follow_up(tx: &TenantTx, query: &mut QueryBuilder<Postgres>, follow_up: Option<FollowUp>) {
    let now = tx.now();
    match follow_up {
        None => {}
        Some(FollowUp::Overdue) => drop(query.push(" and c.next_follow_up_date < ").push_bind(now)),
        Some(day_or_week) => {
            let days = if day_or_week == FollowUp::Today { 1 } else { 7 };
            for (compare, days) in [(">=", 0), ("<", days)] {
                query.push(format!(
                    " and c.next_follow_up_date {compare} (select (date_trunc('day', "
                ));
                query
                    .push_bind(now)
                    .push("::timestamptz at time zone t.time_zone) + ");
                query.push_bind(days).push(
                    " * interval '1 day') at time zone t.time_zone from tenants t where t.tenant_id = current_tenant_id())",
                );
            }
        }
    }
}

/// In no particular order; those that became part of another are left out.
pub async fn list_by_ids(tx: &mut TenantTx, ids: &[uuid::Uuid]) -> Result<Vec<ClientRow>> {
    let mut query = QueryBuilder::<Postgres>::new(ROW);
    query.push(" and c.id = any(").push_bind(ids.to_vec()).push(")");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

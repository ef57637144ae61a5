//! All SQL for numbers about the knowledge.

use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use crate::analytics::answers::store::{KNOWN, push_given_on};
use crate::analytics::conversations::store::push_part;
use crate::analytics::filter::Question;
use crate::analytics::range::Days;

const ANSWERS: &str = " from answers a
    join analytics_conversations f on f.tenant_id = a.tenant_id and f.conversation_id = a.conversation_id";

/// What answers can be made from.
const ENTRIES: &str = "(
        select id, 'qa_pair' as kind, null::text as website, question as title, created_at from qa_pairs where tenant_id = current_tenant_id() and is_active
        union all
        select id, 'document', null, title, created_at from documents where tenant_id = current_tenant_id() and status = 'processed'
        union all
        select id, 'page', website_id::text, coalesce(nullif(title, ''), url), created_at from website_pages where tenant_id = current_tenant_id()
    ) e";

/// `where …`: only those that were there by the end of these days.
fn push_there(query: &mut QueryBuilder<Postgres>, question: &Question, days: Days) {
    query
        .push(" where (e.created_at at time zone ")
        .push_bind(question.zone.clone());
    query.push(")::date <= ").push_bind(days.to);
}

/// Answers to questions, and how many of them name no source.
pub async fn sources(tx: &mut TenantTx, question: &Question, days: Days) -> Result<(i64, i64)> {
    let mut query =
        QueryBuilder::<Postgres>::new("select count(*), count(*) filter (where a.sources = '[]')");
    query.push(ANSWERS);
    push_given_on(&mut query, question, days);
    query.push(format!(" and {KNOWN}"));
    Ok(query.build_query_as().fetch_one(&mut **tx).await?)
}

/// The same by the first day of each part of the range.
pub async fn sources_by_part(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
) -> Result<Vec<(String, i64, i64)>> {
    let mut query = QueryBuilder::<Postgres>::new("select ");
    push_part(&mut query, question, days, "a.created_at");
    query.push(", count(*), count(*) filter (where a.sources = '[]')");
    query.push(ANSWERS);
    push_given_on(&mut query, question, days);
    query.push(format!(" and {KNOWN} group by 1"));
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// A CTE of the answers of these days with the entries that they were made from.
fn push_uses(query: &mut QueryBuilder<Postgres>, question: &Question, days: Days) {
    query.push("with given as (select a.id").push(ANSWERS);
    push_given_on(query, question, days);
    query.push(
        "), uses as (
            select u.qa_pair_id as entry, u.answer_id from given g
            join qa_pair_uses u on u.tenant_id = current_tenant_id() and u.answer_id = g.id
            union
            select coalesce(u.document_id, u.website_page_id), u.answer_id from given g
            join passage_uses u on u.tenant_id = current_tenant_id() and u.answer_id = g.id
        ) ",
    );
}

/// How many entries were used, and how many were not.
pub async fn entries(tx: &mut TenantTx, question: &Question, days: Days) -> Result<(i64, i64)> {
    let mut query = QueryBuilder::<Postgres>::new("");
    push_uses(&mut query, question, days);
    query.push(format!(
        "select count(*) filter (where u.entry is not null), count(*) filter (where u.entry is null)
        from {ENTRIES} left join (select distinct entry from uses) u on u.entry = e.id"
    ));
    push_there(&mut query, question, days);
    Ok(query.build_query_as().fetch_one(&mut **tx).await?)
}

/// A Q&A pair, document or page, with how many answers were made from it; of unused ones, how many days old it is.
#[derive(sqlx::FromRow)]
pub struct Entry {
    pub id: String,
    /// `qa_pair`, `document` or `page`.
    pub kind: String,
    /// Of a page.
    pub website: Option<String>,
    pub title: String,
    pub answers: i64,
}

/// The twenty from which most answers were made.
pub async fn list_used(tx: &mut TenantTx, question: &Question) -> Result<Vec<Entry>> {
    let mut query = QueryBuilder::<Postgres>::new("");
    push_uses(&mut query, question, question.days);
    query.push(format!(
        "select e.id::text, e.kind, e.website, e.title, count(*) as answers from uses join {ENTRIES} on e.id = uses.entry
        group by e.id, e.kind, e.website, e.title order by count(*) desc, e.id limit 20"
    ));
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// The fifty oldest from which none was made.
pub async fn list_unused(tx: &mut TenantTx, question: &Question) -> Result<Vec<Entry>> {
    let now = tx.now();
    let mut query = QueryBuilder::<Postgres>::new("");
    push_uses(&mut query, question, question.days);
    query.push("select e.id::text, e.kind, e.website, e.title, greatest(floor(extract(epoch from ");
    query
        .push_bind(now)
        .push(" - e.created_at) / 86400), 0)::bigint as answers from ");
    query.push(ENTRIES);
    push_there(&mut query, question, question.days);
    query.push(
        " and not exists (select from uses where uses.entry = e.id) order by e.created_at, e.id limit 50",
    );
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

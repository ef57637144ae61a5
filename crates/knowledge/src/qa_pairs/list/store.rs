//! SQL that reads Q&A pairs.

use chrono::{DateTime, Utc};
use kernel::error::not_found;
use kernel::ids::QaPairId;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::super::{QaPair, Source};
use super::{Facet, Facets, Filter, Key, Place, Sort};

const COLUMNS: &str = "select q.id, q.question, q.answer, q.category, q.language, q.source, q.is_active, q.created_at, q.updated_at,
        array(select p.text from qa_phrasings p where p.tenant_id = q.tenant_id and p.qa_pair_id = q.id order by p.created_at, p.id) as phrasings,
        (select p.qa_pair_id from qa_phrasings p where p.tenant_id = q.tenant_id and p.merged_from = q.id limit 1) as merged_into,";

/// Counted for the rows that are shown.
const USES_OF_ROW: &str = " (select count(*) from qa_pair_uses u
            where u.tenant_id = q.tenant_id and u.qa_pair_id = q.id and u.used_at > ";

#[derive(sqlx::FromRow)]
struct Row {
    id: QaPairId,
    question: String,
    answer: String,
    category: String,
    language: Option<String>,
    source: Source,
    is_active: bool,
    phrasings: Vec<String>,
    merged_into: Option<QaPairId>,
    used_in_answers: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for QaPair {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            question: row.question,
            answer: row.answer,
            category: row.category,
            language: row.language,
            source: row.source,
            is_active: row.is_active,
            phrasings: row.phrasings,
            merged_into: row.merged_into,
            used_in_answers: row.used_in_answers,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// One page. Uses count from `since` on.
pub async fn list(
    tx: &mut TenantTx,
    filter: &Filter,
    sort: Sort,
    after: Option<&Place>,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<QaPair>> {
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    if sort == Sort::Used {
        query
            .push(
                " coalesce(u.uses, 0) as used_in_answers from qa_pairs q
                left join (
                    select qa_pair_id, count(*) as uses from qa_pair_uses
                    where tenant_id = current_tenant_id() and used_at > ",
            )
            .push_bind(since)
            .push(" group by qa_pair_id) u on u.qa_pair_id = q.id");
    } else {
        query
            .push(USES_OF_ROW)
            .push_bind(since)
            .push(") as used_in_answers from qa_pairs q");
    }
    query.push(" where q.tenant_id = current_tenant_id()");
    push_filter(&mut query, filter);
    let (column, way, compare) = match sort {
        Sort::Created => ("q.created_at", "desc", "<"),
        Sort::Updated => ("q.updated_at", "desc", "<"),
        Sort::Question => ("q.question", "asc", ">"),
        Sort::Used => ("coalesce(u.uses, 0)", "desc", "<"),
    };
    if let Some(place) = after {
        query.push(format!(" and ({column}, q.id) {compare} ("));
        match &place.key {
            Key::At(at) => query.push_bind(*at),
            Key::Text(text) => query.push_bind(text.clone()),
            Key::Count(count) => query.push_bind(*count),
        };
        query.push(", ").push_bind(place.id).push(")");
    }
    query
        .push(format!(" order by {column} {way}, q.id {way} limit "))
        .push_bind(limit);
    let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(QaPair::from).collect())
}

/// Conditions on `qa_pairs q`.
pub fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &Filter) {
    if let Some(category) = &filter.category {
        query.push(" and q.category = ").push_bind(category.clone());
    }
    match filter.language.as_deref() {
        Some("none") => {
            query.push(" and q.language is null");
        }
        Some(language) => {
            query.push(" and q.language = ").push_bind(language.to_owned());
        }
        None => {}
    }
    if let Some(is_active) = filter.is_active {
        query.push(" and q.is_active = ").push_bind(is_active);
    }
    if let Some(source) = filter.source {
        query.push(" and q.source = ").push_bind(source.as_str());
    }
    if let Some(text) = filter.text() {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{escaped}%");
        query
            .push(" and (q.question ilike ")
            .push_bind(pattern.clone())
            .push(" or q.answer ilike ")
            .push_bind(pattern.clone())
            .push(
                " or exists (select from qa_phrasings p
                    where p.tenant_id = q.tenant_id and p.qa_pair_id = q.id and p.text ilike ",
            )
            .push_bind(pattern)
            .push("))");
    }
}

pub async fn find(tx: &mut TenantTx, id: QaPairId, since: DateTime<Utc>) -> Result<Option<QaPair>> {
    Ok(list_by_ids(tx, &[id.0], since).await?.pop())
}

pub async fn get(tx: &mut TenantTx, id: QaPairId, since: DateTime<Utc>) -> Result<QaPair> {
    find(tx, id, since).await?.ok_or_else(|| not_found("Q&A pair"))
}

/// In no particular order; ids that nobody has are left out.
pub async fn list_by_ids(tx: &mut TenantTx, ids: &[Uuid], since: DateTime<Utc>) -> Result<Vec<QaPair>> {
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    query
        .push(USES_OF_ROW)
        .push_bind(since)
        .push(") as used_in_answers from qa_pairs q where q.tenant_id = current_tenant_id() and q.id = any(")
        .push_bind(ids.to_vec())
        .push(")");
    let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(QaPair::from).collect())
}

pub async fn facets(tx: &mut TenantTx) -> Result<Facets> {
    let rows = sqlx::query!(
        r#"select grouping(category) as "no_category!", grouping(language) as "no_language!", grouping(source) as "no_source!",
            category as "category?", language, source as "source?", is_active as "is_active?", count(*) as "count!"
        from qa_pairs
        where tenant_id = current_tenant_id()
        group by grouping sets ((category), (language), (source), (is_active))
        order by count(*) desc, 4, 5, 6"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut facets = Facets::default();
    for row in rows {
        let facet = |name| Facet {
            name,
            count: row.count,
        };
        match (row.no_category, row.no_language, row.no_source) {
            (0, _, _) => facets.categories.push(facet(row.category)),
            (_, 0, _) => facets.languages.push(facet(row.language)),
            (_, _, 0) => facets.sources.push(facet(row.source)),
            _ if row.is_active == Some(true) => facets.active = row.count,
            _ => facets.inactive = row.count,
        }
    }
    Ok(facets)
}

//! All SQL for training sets, and SQL that reads what others own: what examples are made of.

use chrono::{NaiveDate, NaiveTime};
use kernel::error::{OnConstraint, conflict, not_found};
use kernel::ids::{TrainingExampleId, TrainingSetId};
use kernel::{Error, Result, TenantTx};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::gather::Clean;
use super::{Filter, MOST_EXAMPLES, Origin, Status, TrainingExample, TrainingSet};

/// An example as it stands where it comes from.
pub struct Found {
    pub origin: Origin,
    /// The pair, phrasing, gap or answer.
    pub subject_id: Uuid,
    pub question: String,
    pub answer: String,
    pub language: Option<String>,
    /// Whose words the question is.
    pub conversation_id: Option<Uuid>,
    pub contact_name: Option<String>,
}

/// The answers of pairs that are in use.
pub async fn list_public_answers(tx: &mut TenantTx) -> Result<Vec<String>> {
    let answers = sqlx::query_scalar!(
        "select answer from qa_pairs where tenant_id = current_tenant_id() and is_active order by id"
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(answers)
}

/// The newest of this origin, as the filter wants them.
pub async fn find(tx: &mut TenantTx, origin: Origin, filter: &Filter) -> Result<Vec<Found>> {
    match origin {
        Origin::Gap => find_gaps(tx, filter).await,
        Origin::Approved => find_approved(tx, filter).await,
        Origin::Feedback => find_liked(tx, filter).await,
    }
}

fn most() -> i64 {
    i64::try_from(MOST_EXAMPLES).unwrap_or(i64::MAX)
}

async fn find_gaps(tx: &mut TenantTx, filter: &Filter) -> Result<Vec<Found>> {
    let found = sqlx::query_as!(
        Found,
        r#"select 'gap' as "origin!: Origin", g.id as subject_id, g.question, q.answer, coalesce(g.language, q.language) as language,
            g.conversation_id, c.name as "contact_name?"
        from qa_gaps g
        join qa_pairs q on q.tenant_id = g.tenant_id and q.id = g.resolved_qa_id and q.is_active
        left join conversations v on v.tenant_id = g.tenant_id and v.id = g.conversation_id
        left join contacts c on c.tenant_id = v.tenant_id and c.id = v.contact_id
        where g.tenant_id = current_tenant_id() and g.status = 'resolved'
            and ($1::text[] is null or coalesce(g.language, q.language) = any ($1))
            and ($2::timestamptz is null or coalesce(g.closed_at, g.updated_at) >= $2)
            and ($3::timestamptz is null or coalesce(g.closed_at, g.updated_at) < $3)
        order by coalesce(g.closed_at, g.updated_at) desc, g.id
        limit $4"#,
        filter.languages(),
        filter.from.map(start_of),
        filter.to.and_then(|day| day.succ_opt()).map(start_of),
        most(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

async fn find_approved(tx: &mut TenantTx, filter: &Filter) -> Result<Vec<Found>> {
    let found = sqlx::query_as!(
        Found,
        r#"select 'approved' as "origin!: Origin", f.subject_id as "subject_id!", f.question as "question!", f.answer as "answer!", f.language,
            null::uuid as conversation_id, null::text as contact_name
        from (
            select q.id as subject_id, q.question, q.answer, q.language, q.updated_at
            from qa_pairs q
            where q.tenant_id = current_tenant_id() and q.is_active
            union all
            -- a phrasing that closed a gap is the visitor's, and comes with the gap
            select p.id, p.text, q.answer, coalesce(p.language, q.language), greatest(p.created_at, q.updated_at)
            from qa_phrasings p
            join qa_pairs q on q.tenant_id = p.tenant_id and q.id = p.qa_pair_id and q.is_active
            where p.tenant_id = current_tenant_id() and p.gap_id is null
        ) f
        where ($1::text[] is null or f.language = any ($1))
            and ($2::timestamptz is null or f.updated_at >= $2)
            and ($3::timestamptz is null or f.updated_at < $3)
        order by f.updated_at desc, f.subject_id
        limit $4"#,
        filter.languages(),
        filter.from.map(start_of),
        filter.to.and_then(|day| day.succ_opt()).map(start_of),
        most(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

async fn find_liked(tx: &mut TenantTx, filter: &Filter) -> Result<Vec<Found>> {
    let found = sqlx::query_as!(
        Found,
        r#"select 'feedback' as "origin!: Origin", a.id as subject_id, a.question_text as question, m.text_content as answer,
            coalesce(a.language, v.language) as language, a.conversation_id as "conversation_id?", c.name as "contact_name?"
        from answers a
        join messages m on m.tenant_id = a.tenant_id and m.id = a.id
        join conversations v on v.tenant_id = a.tenant_id and v.id = a.conversation_id
        left join contacts c on c.tenant_id = v.tenant_id and c.id = v.contact_id
        where a.tenant_id = current_tenant_id() and a.feedback = 'up' and a.mode in ('model', 'approved_text')
            and a.question_text <> '' and m.text_content <> ''
            and ($1::text[] is null or coalesce(a.language, v.language) = any ($1))
            and ($2::timestamptz is null or coalesce(a.feedback_at, a.created_at) >= $2)
            and ($3::timestamptz is null or coalesce(a.feedback_at, a.created_at) < $3)
        order by coalesce(a.feedback_at, a.created_at) desc, a.id
        limit $4"#,
        filter.languages(),
        filter.from.map(start_of),
        filter.to.and_then(|day| day.succ_opt()).map(start_of),
        most(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

fn start_of(day: NaiveDate) -> chrono::DateTime<chrono::Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn name_taken() -> Error {
    conflict(
        "name_taken",
        "There is a training set of this name already. Choose another one.",
    )
}

/// By name.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<TrainingSet>> {
    select(tx, None).await
}

pub async fn get(tx: &mut TenantTx, id: TrainingSetId) -> Result<TrainingSet> {
    let found = select(tx, Some(id)).await?.pop();
    found.ok_or_else(|| not_found("training set"))
}

async fn select(tx: &mut TenantTx, only: Option<TrainingSetId>) -> Result<Vec<TrainingSet>> {
    let rows = sqlx::query!(
        r#"select s.id as "id: TrainingSetId", s.name, s.filter as "filter: Json<Filter>", s.system_prompt,
            s.status as "status: Status", s.digest, s.example_count, s.frozen_at, s.created_at, s.updated_at,
            e.kept as "kept!", e.left_out as "left_out!", e.redactions as "redactions!",
            exists (select from model_versions v where v.tenant_id = s.tenant_id and v.training_set_id = s.id) as "is_used!"
        from training_sets s
        cross join lateral (
            select count(*) filter (where not e.is_left_out) as kept, count(*) filter (where e.is_left_out) as left_out,
                coalesce(sum(e.redactions) filter (where not e.is_left_out), 0)::bigint as redactions
            from training_examples e
            where e.tenant_id = s.tenant_id and e.set_id = s.id
        ) e
        where s.tenant_id = current_tenant_id() and ($1::uuid is null or s.id = $1)
        order by lower(s.name), s.id"#,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    let sets = rows.into_iter().map(|row| TrainingSet {
        id: row.id,
        name: row.name,
        filter: row.filter.0,
        system_prompt: row.system_prompt,
        status: row.status,
        digest: row.digest,
        examples: row.kept,
        left_out: row.left_out,
        erased: row.example_count.map_or(0, |count| i64::from(count) - row.kept),
        redactions: row.redactions,
        is_used: row.is_used,
        frozen_at: row.frozen_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    });
    Ok(sets.collect())
}

/// Locks a set, so that it is not frozen, changed or trained on meanwhile.
pub async fn lock(tx: &mut TenantTx, id: TrainingSetId) -> Result<TrainingSet> {
    sqlx::query!(
        "select id from training_sets where tenant_id = current_tenant_id() and id = $1 for update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    get(tx, id).await
}

pub async fn insert(
    tx: &mut TenantTx,
    name: &str,
    filter: &Filter,
    system_prompt: &str,
    actor: &str,
) -> Result<TrainingSetId> {
    let (tenant, id) = (tx.tenant_id(), TrainingSetId::new());
    sqlx::query!(
        "insert into training_sets (tenant_id, id, name, filter, system_prompt, created_by) values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        id.0,
        name,
        json!(filter),
        system_prompt,
        actor,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("training_sets_name_key", name_taken)?;
    Ok(id)
}

/// A statement writes so many rows at most.
const AT_ONCE: usize = 1_000;

/// In their order, by which they are read.
pub async fn insert_examples(tx: &mut TenantTx, set: TrainingSetId, examples: &[Clean]) -> Result<()> {
    let tenant = tx.tenant_id();
    for some in examples.chunks(AT_ONCE) {
        let rows: Vec<serde_json::Value> = some
            .iter()
            .map(|Clean { found, redactions }| {
                json!({"id": TrainingExampleId::new(), "origin": found.origin, "question": found.question,
                    "answer": found.answer, "language": found.language, "redactions": redactions,
                    "subject_id": found.subject_id, "conversation_id": found.conversation_id})
            })
            .collect();
        sqlx::query!(
            "insert into training_examples
                (tenant_id, id, set_id, origin, question, answer, language, redactions, subject_id, conversation_id)
            select $1, e.id, $2, e.origin, e.question, e.answer, e.language, e.redactions, e.subject_id, e.conversation_id
            from jsonb_to_recordset($3::jsonb) as e (id uuid, origin text, question text, answer text, language text,
                redactions integer, subject_id uuid, conversation_id uuid)
            order by e.id",
            tenant.0,
            set.0,
            serde_json::Value::Array(rows),
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

pub async fn update(tx: &mut TenantTx, id: TrainingSetId, name: &str, system_prompt: &str) -> Result<()> {
    sqlx::query!(
        "update training_sets set name = $2, system_prompt = $3 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        name,
        system_prompt,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("training_sets_name_key", name_taken)?;
    Ok(())
}

pub async fn freeze(tx: &mut TenantTx, id: TrainingSetId, digest: &str, examples: usize) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update training_sets set status = 'frozen', digest = $2, example_count = $3, frozen_at = $4
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        digest,
        i32::try_from(examples).unwrap_or(i32::MAX),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: TrainingSetId) -> Result<()> {
    sqlx::query!(
        "delete from training_sets where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A page of examples in their order, after one of them.
pub async fn list_examples(
    tx: &mut TenantTx,
    set: TrainingSetId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<TrainingExample>> {
    let examples = sqlx::query_as!(
        TrainingExample,
        r#"select id as "id: TrainingExampleId", origin as "origin: Origin", question, answer, language, redactions,
            is_left_out, conversation_id
        from training_examples
        where tenant_id = current_tenant_id() and set_id = $1 and ($2::uuid is null or id > $2)
        order by id
        limit $3"#,
        set.0,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(examples)
}

/// All of them, in their order.
pub async fn all_examples(tx: &mut TenantTx, set: TrainingSetId) -> Result<Vec<TrainingExample>> {
    list_examples(tx, set, None, i64::MAX).await
}

pub async fn leave_out(
    tx: &mut TenantTx,
    set: TrainingSetId,
    example: TrainingExampleId,
    is_left_out: bool,
) -> Result<()> {
    let done = sqlx::query!(
        "update training_examples set is_left_out = $3 where tenant_id = current_tenant_id() and set_id = $1 and id = $2",
        set.0,
        example.0,
        is_left_out,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(not_found("example"));
    }
    Ok(())
}

//! All SQL for evaluation sets.

use std::time::Duration;

use kernel::error::{OnConstraint, conflict, invalid, not_found};
use kernel::ids::{EvaluationCaseId, EvaluationRunId, EvaluationSetId, QaPairId};
use kernel::page::Position;
use kernel::{Error, Result, TenantTx};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::{CaseResult, EvaluationCase, EvaluationSet, Expects, NewEvaluationCase, Score, Verdict};
use crate::evaluation::Expectation;

fn name_taken() -> Error {
    conflict(
        "name_taken",
        "There is a set of this name already. Choose another one.",
    )
}

/// By name, each with its last score.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<EvaluationSet>> {
    select(tx, None).await
}

pub async fn get(tx: &mut TenantTx, id: EvaluationSetId) -> Result<EvaluationSet> {
    let found = select(tx, Some(id)).await?.pop();
    found.ok_or_else(|| not_found("evaluation set"))
}

async fn select(tx: &mut TenantTx, only: Option<EvaluationSetId>) -> Result<Vec<EvaluationSet>> {
    let rows = sqlx::query!(
        r#"select s.id as "id: EvaluationSetId", s.name, s.description, s.created_at, s.updated_at,
            (select count(*) from evaluation_cases c where c.tenant_id = s.tenant_id and c.set_id = s.id) as "case_count!",
            r.id as "run_id?: EvaluationRunId", r.version as "version?", r.threshold as "threshold?", r.total as "total?",
            r.rightly as "rightly?", r.wrongly as "wrongly?", r.declined as "declined?", r.false_answers as "false_answers?",
            r.milliseconds as "milliseconds?", r.created_at as "run_at?"
        from evaluation_sets s
        left join lateral (
            select r.* from evaluation_runs r
            where r.tenant_id = s.tenant_id and r.set_id = s.id
            order by r.created_at desc, r.id desc
            limit 1
        ) r on true
        where s.tenant_id = current_tenant_id() and ($1::uuid is null or s.id = $1)
        order by lower(s.name), s.id"#,
        only.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    let sets = rows.into_iter().map(|row| EvaluationSet {
        last_run: row.run_id.zip(row.run_at).map(|(id, created_at)| Score {
            id,
            version: row.version.unwrap_or_default(),
            threshold: row.threshold.unwrap_or_default(),
            total: row.total.unwrap_or_default(),
            right: row.rightly.unwrap_or_default(),
            wrong: row.wrongly.unwrap_or_default(),
            declined: row.declined.unwrap_or_default(),
            false_answers: row.false_answers.unwrap_or_default(),
            milliseconds: row.milliseconds.unwrap_or_default(),
            created_at,
        }),
        id: row.id,
        name: row.name,
        description: row.description,
        case_count: row.case_count,
        created_at: row.created_at,
        updated_at: row.updated_at,
    });
    Ok(sets.collect())
}

pub async fn insert(tx: &mut TenantTx, name: &str, description: &str) -> Result<EvaluationSetId> {
    let (tenant, id) = (tx.tenant_id(), EvaluationSetId::new());
    sqlx::query!(
        "insert into evaluation_sets (tenant_id, id, name, description) values ($1, $2, $3, $4)",
        tenant.0,
        id.0,
        name,
        description,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("evaluation_sets_name_key", name_taken)?;
    Ok(id)
}

pub async fn update(tx: &mut TenantTx, id: EvaluationSetId, name: &str, description: &str) -> Result<()> {
    sqlx::query!(
        "update evaluation_sets set name = $2, description = $3 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        name,
        description,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("evaluation_sets_name_key", name_taken)?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: EvaluationSetId) -> Result<()> {
    sqlx::query!(
        "delete from evaluation_sets where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// In the order in which they were added.
pub async fn list_cases(tx: &mut TenantTx, set: EvaluationSetId) -> Result<Vec<EvaluationCase>> {
    let cases = sqlx::query_as!(
        EvaluationCase,
        r#"select c.id as "id: EvaluationCaseId", c.question, c.expects as "expects: Expects",
            c.expected_qa_id as "expected_qa_id: QaPairId", q.question as "expected_qa_question?", c.expected_text
        from evaluation_cases c
        left join qa_pairs q on q.tenant_id = c.tenant_id and q.id = c.expected_qa_id
        where c.tenant_id = current_tenant_id() and c.set_id = $1
        order by c.created_at, c.id"#,
        set.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(cases)
}

/// Of all sets: what is asked, and what is expected.
pub async fn list_all_expectations(tx: &mut TenantTx) -> Result<Vec<(String, Expectation)>> {
    let cases = sqlx::query_as!(
        EvaluationCase,
        r#"select c.id as "id: EvaluationCaseId", c.question, c.expects as "expects: Expects",
            c.expected_qa_id as "expected_qa_id: QaPairId", null::text as expected_qa_question, c.expected_text
        from evaluation_cases c
        where c.tenant_id = current_tenant_id()
        order by c.created_at, c.id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    let expected = cases.into_iter().filter_map(|case| {
        let expected = case.expectation()?;
        Some((case.question, expected))
    });
    Ok(expected.collect())
}

pub async fn count_cases(tx: &mut TenantTx, set: EvaluationSetId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from evaluation_cases where tenant_id = current_tenant_id() and set_id = $1"#,
        set.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

pub async fn put_cases(tx: &mut TenantTx, set: EvaluationSetId, cases: &[NewEvaluationCase]) -> Result<()> {
    let tenant = tx.tenant_id();
    for case in cases {
        sqlx::query!(
            "insert into evaluation_cases (tenant_id, id, set_id, question, expects, expected_qa_id, expected_text)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (tenant_id, set_id, question) do update
                set expects = excluded.expects, expected_qa_id = excluded.expected_qa_id, expected_text = excluded.expected_text",
            tenant.0,
            Uuid::now_v7(),
            set.0,
            case.question,
            case.expects as Expects,
            case.expected_qa_id.map(|id| id.0),
            case.expected_text,
        )
        .execute(&mut **tx)
        .await
        .on_constraint("evaluation_cases_tenant_id_expected_qa_id_fkey", || {
            invalid("unknown_qa_pair", "There is no such Q&A pair.")
        })?;
    }
    Ok(())
}

pub async fn delete_case(tx: &mut TenantTx, set: EvaluationSetId, case: EvaluationCaseId) -> Result<()> {
    let done = sqlx::query!(
        "delete from evaluation_cases where tenant_id = current_tenant_id() and set_id = $1 and id = $2",
        set.0,
        case.0,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(not_found("question"));
    }
    Ok(())
}

pub async fn insert_run(
    tx: &mut TenantTx,
    set: EvaluationSetId,
    threshold: f64,
    results: &[CaseResult],
    took: Duration,
    actor: Option<String>,
) -> Result<EvaluationRunId> {
    let (tenant, id) = (tx.tenant_id(), EvaluationRunId::new());
    let count = |verdict| {
        let found = results.iter().filter(|result| result.verdict == verdict).count();
        i32::try_from(found).unwrap_or(i32::MAX)
    };
    let [right, wrong, declined, false_answers] = [
        Verdict::Right,
        Verdict::Wrong,
        Verdict::Declined,
        Verdict::FalseAnswer,
    ]
    .map(count);
    sqlx::query!(
        "insert into evaluation_runs (tenant_id, id, set_id, version, threshold, total, rightly, wrongly, declined, false_answers, milliseconds, results, started_by)
        select $1, $2, $3, s.last_version, $4, $5, $6, $7, $8, $9, $10, $11, $12 from knowledge_state s where s.tenant_id = $1",
        tenant.0,
        id.0,
        set.0,
        threshold,
        right + wrong + declined + false_answers,
        right,
        wrong,
        declined,
        false_answers,
        i32::try_from(took.as_millis()).unwrap_or(i32::MAX),
        json!(results),
        actor.unwrap_or_else(|| "system".to_owned()),
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Newest first.
pub async fn list_runs(
    tx: &mut TenantTx,
    set: EvaluationSetId,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Score>> {
    let runs = sqlx::query_as!(
        Score,
        r#"select id as "id: EvaluationRunId", version, threshold, total, rightly as "right!", wrongly as "wrong!", declined, false_answers,
            milliseconds, created_at
        from evaluation_runs
        where tenant_id = current_tenant_id() and set_id = $1
            and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
        order by created_at desc, id desc
        limit $4"#,
        set.0,
        after.map(|position| position.at),
        after.map(|position| position.id),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(runs)
}

pub async fn get_run(tx: &mut TenantTx, id: EvaluationRunId) -> Result<(Score, Vec<CaseResult>)> {
    let row = sqlx::query!(
        r#"select id as "id: EvaluationRunId", version, threshold, total, rightly, wrongly, declined, false_answers, milliseconds, created_at,
            results as "results: Json<Vec<CaseResult>>"
        from evaluation_runs
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let row = row.ok_or_else(|| not_found("run"))?;
    let score = Score {
        id: row.id,
        version: row.version,
        threshold: row.threshold,
        total: row.total,
        right: row.rightly,
        wrong: row.wrongly,
        declined: row.declined,
        false_answers: row.false_answers,
        milliseconds: row.milliseconds,
        created_at: row.created_at,
    };
    Ok((score, row.results.0))
}

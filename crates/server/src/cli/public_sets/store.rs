//! Full text search as PostgreSQL has it, over one base at a time.
//!
//! Temporary tables in a database without our schema, so these statements cannot be checked when compiling.

use kernel::Result;
use knowledge::public_sets::{Answered, Asked, Base};
use sqlx::{PgConnection, Row};
use uuid::Uuid;

/// Questions asked in one statement.
const AT_ONCE: usize = 200;

/// Every question ranks a good part of the passages, so larger sets are sampled evenly.
const QUESTIONS: usize = 500;

/// The questions of a base that full text is asked.
pub fn sample(base: &Base) -> Vec<Asked> {
    let step = base.questions.len().div_ceil(QUESTIONS).max(1);
    base.questions.iter().step_by(step).cloned().collect()
}

/// The ten best answers to each question of the sample. Its words are joined by "or": joined by "and", as PostgreSQL does by itself,
/// hardly any natural question finds anything.
pub async fn full_text(db: &mut PgConnection, base: &Base) -> Result<Vec<Answered>> {
    let language = configuration(base.language.code());
    fill(db, base, language).await?;
    let sample = sample(base);
    let texts: Vec<&str> = sample.iter().map(|asked| asked.text.as_str()).collect();
    let mut answers = Vec::new();
    for questions in texts.chunks(AT_ONCE) {
        answers.extend(ask(db, questions, language).await?);
    }
    sqlx::raw_sql("drop table passage").execute(&mut *db).await?;
    Ok(answers)
}

async fn fill(db: &mut PgConnection, base: &Base, language: &str) -> Result<()> {
    sqlx::raw_sql("create temporary table passage (answer uuid not null, words tsvector not null)")
        .execute(&mut *db)
        .await?;
    let answers: Vec<Uuid> = base.entries.iter().map(|entry| entry.group).collect();
    let texts: Vec<String> = base
        .entries
        .iter()
        .map(|entry| format!("{}\n{}", entry.title, entry.text))
        .collect();
    sqlx::query(
        "insert into passage
         select answer, to_tsvector($3::text::regconfig, body) from unnest($1::uuid[], $2::text[]) as entry (answer, body)",
    )
    .bind(&answers)
    .bind(&texts)
    .bind(language)
    .execute(&mut *db)
    .await?;
    sqlx::raw_sql("create index on passage using gin (words); analyze passage")
        .execute(&mut *db)
        .await?;
    Ok(())
}

async fn ask(db: &mut PgConnection, questions: &[&str], language: &str) -> Result<Vec<Answered>> {
    let rows = sqlx::query(
        // materialized: read once a question, not once a passage
        "with asked as materialized (
             select number, replace(plainto_tsquery($2::text::regconfig, body)::text, ' & ', ' | ')::tsquery as words
             from unnest($1::text[]) with ordinality as question (body, number)
         )
         select asked.number, found.answer, found.rank
         from asked
         cross join lateral (
             select passage.answer, max(ts_rank(passage.words, asked.words))::float8 as rank
             from passage
             where passage.words @@ asked.words
             group by passage.answer
             order by rank desc, passage.answer
             limit 10
         ) as found
         order by asked.number, found.rank desc, found.answer",
    )
    .bind(questions)
    .bind(language)
    .fetch_all(&mut *db)
    .await?;
    let mut scored: Vec<Vec<(Uuid, f64)>> = vec![Vec::new(); questions.len()];
    for row in rows {
        let number: i64 = row.try_get("number")?;
        scored[number as usize - 1].push((row.try_get("answer")?, row.try_get("rank")?));
    }
    Ok(scored.into_iter().map(Answered::of).collect())
}

fn configuration(language: &str) -> &'static str {
    match language {
        "en" => "english",
        "fr" => "french",
        "de" => "german",
        "es" => "spanish",
        "ar" => "arabic",
        _ => "simple",
    }
}

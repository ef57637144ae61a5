//! `rapport eval --public`: the figures of docs/answer-quality.md, measured on this machine.
//!
//! Touches no tenant: the sets are held in memory, and full text runs in a PostgreSQL of its own that is gone
//! afterwards. Start at [`run`].

mod report;
mod store;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use embedded_postgres::{Cluster, OWNER_ROLE};
use kernel::Result;
use kernel::error::{internal, invalid};
use knowledge::measures::{Estimate, Judgement, auroc};
use knowledge::public_sets::{self, Answered, Asked, Base, Embeddings, found, judged};
use sqlx::{Connection, PgConnection};

use super::Global;
use super::output::Progress;
use crate::config::Config;
use crate::runtime;
use report::{ByMethod, Measured};

pub async fn run(global: &Global, folder: &Path, cache: Option<&Path>) -> Result<ExitCode> {
    if !folder.is_dir() {
        return Err(invalid(
            "data_sets_missing",
            format!(
                "There is no folder {}. Name the one that holds banking77, squad-v2, piaf-fr, xquad and bank-kb; \
                 docs/answer-quality.md says where they come from.",
                folder.display()
            ),
        ));
    }
    let config = global.config(None)?;
    let progress = Progress::new(global);
    progress.tell("embedding the data sets and searching them");
    let asked = ask(&config, folder, cache).await?;
    progress.tell("searching them by PostgreSQL's full text");
    let full_text = with_postgres(&config, &asked).await?;
    progress.done();
    let measured: Vec<Measured> = asked.iter().zip(&full_text).map(measured).collect();
    if global.json {
        println!("{}", serde_json::to_string(&measured)?);
    } else {
        report::print(&measured);
    }
    Ok(ExitCode::SUCCESS)
}

/// A base, and what this program and the plain nearest neighbour answer to its questions.
struct AskedBase {
    base: Base,
    ours: Vec<Answered>,
    words_alone: Vec<Answered>,
    nearest: Vec<Answered>,
}

async fn ask(config: &Config, folder: &Path, cache: Option<&Path>) -> Result<Vec<AskedBase>> {
    let model = runtime::model_dir(config).ok_or_else(|| {
        invalid(
            "model_missing",
            "The embedding model is not here. Run `make setup` in the source folder.",
        )
    })?;
    let (folder, cache) = (folder.to_owned(), cache.map(Path::to_owned));
    // minutes of arithmetic: away from the async threads
    tokio::task::spawn_blocking(move || ask_blocking(&model, &folder, cache))
        .await
        .map_err(internal)?
}

fn ask_blocking(model: &Path, folder: &Path, cache: Option<PathBuf>) -> Result<Vec<AskedBase>> {
    let mut embeddings = Embeddings::open(model, cache.as_deref())?;
    let mut bases = public_sets::retrieval_bases(folder, &mut embeddings)?;
    let harder = public_sets::harder_bases(&bases, &mut embeddings)?;
    bases.extend(harder);
    bases.extend(public_sets::confidence_bases(folder, &mut embeddings)?);
    let asked = bases.into_iter().map(|base| AskedBase {
        ours: public_sets::ours(&base, Some(&embeddings)),
        words_alone: public_sets::ours(&base, None),
        nearest: public_sets::nearest(&base, &embeddings),
        base,
    });
    Ok(asked.collect())
}

/// Full text of a PostgreSQL that is made for this and removed again.
async fn with_postgres(config: &Config, asked: &[AskedBase]) -> Result<Vec<Vec<Answered>>> {
    let folder = tempfile::Builder::new()
        .prefix("rapport-eval-")
        .tempdir()
        .map_err(internal)?;
    let settings = embedded_postgres::Config::new(folder.path(), runtime::postgres_binaries(config)?);
    let failed = |error: embedded_postgres::Error| invalid("postgres_failed", error.to_string());
    let cluster = Cluster::open(settings.must_own(), |_| {}).await.map_err(failed)?;
    let answers = full_text(&cluster.url(OWNER_ROLE), asked).await;
    cluster.remove().await.map_err(failed)?;
    answers
}

async fn full_text(url: &str, asked: &[AskedBase]) -> Result<Vec<Vec<Answered>>> {
    let mut connection = PgConnection::connect(url).await?;
    let mut answers = Vec::new();
    for asked in asked {
        answers.push(store::full_text(&mut connection, &asked.base).await?);
    }
    connection.close().await?;
    Ok(answers)
}

fn measured((asked, full_text): (&AskedBase, &Vec<Answered>)) -> Measured {
    let base = &asked.base;
    let sample = store::sample(base);
    let answerable = |answered: &[Answered]| found_of_answerable(&base.questions, answered);
    let gaps = |answered: &[Answered]| auroc_of_gaps(&base.questions, answered);
    Measured {
        set: base.name.clone(),
        language: base.language.code().to_owned(),
        entries: base.entries.len(),
        questions: base.questions.len(),
        gaps: base
            .questions
            .iter()
            .filter(|asked| asked.answers.is_empty())
            .count(),
        found: ByMethod {
            rapport: answerable(&asked.ours),
            nearest_vector: answerable(&asked.nearest),
            full_text: found_of_answerable(&sample, full_text),
        },
        found_by_words: answerable(&asked.words_alone),
        auroc_gaps: ByMethod {
            rapport: gaps(&asked.ours),
            nearest_vector: gaps(&asked.nearest),
            full_text: auroc_of_gaps(&sample, full_text),
        },
        confidence: Judgement::of(&judged(&base.questions, &asked.ours)),
    }
}

fn found_of_answerable(questions: &[Asked], answered: &[Answered]) -> public_sets::Found {
    let both = questions.iter().zip(answered);
    let (questions, answered): (Vec<Asked>, Vec<Answered>) = both
        .filter(|(asked, _)| !asked.answers.is_empty())
        .map(|(asked, answered)| (asked.clone(), answered.clone()))
        .unzip();
    found(&questions, &answered)
}

fn auroc_of_gaps(questions: &[Asked], answered: &[Answered]) -> Option<Estimate> {
    let judged = judged(questions, answered);
    let scored: Vec<(f64, bool)> = judged.iter().map(|j| (j.probability, j.answerable)).collect();
    auroc(&scored)
}

//! Fine-tuning at a provider, as a job that sends the examples, starts the training once and asks after it until it ends.
//!
//! Starting costs money and cannot be repeated safely: it is marked before the call, and where the answer is lost the
//! version says that nobody knows, instead of starting again.

use access::credentials::Provider;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::ids::ModelVersionId;
use kernel::{Event, Result, TenantTx, WorkspaceList};
use llm::{NewTuning, Tuner, TuningError, TuningEvent, TuningJob};
use queue::{Job, Options};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Status;
use super::store::{self, End, Work};
use crate::Context;
use crate::training::export::{self, Format};
use crate::training::store as sets;

/// Goes on with the training of a version.
#[derive(Debug, Serialize, Deserialize)]
pub struct FollowTuning {
    pub tenant: JobTenant,
    pub version: ModelVersionId,
}

impl Job for FollowTuning {
    const NAME: &'static str = "follow_tuning";
}

/// A job that is young is asked after more often.
const YOUNG: TimeDelta = TimeDelta::hours(1);
const SOON: TimeDelta = TimeDelta::seconds(30);
const LATER: TimeDelta = TimeDelta::minutes(5);
/// After that nobody expects an answer any more.
const GIVEN_UP: TimeDelta = TimeDelta::days(30);

const NOT_KNOWN: &str = "It is not known whether the provider has begun. Look at the jobs in your account there before \
you start again.";
const NO_KEY: &str = "The key that this was started with is gone or switched off.";

/// Whether a provider offers fine-tuning in a format that is spoken here.
pub fn is_offered(provider: Provider) -> bool {
    matches!(provider, Provider::Openai | Provider::OpenaiCompatible)
}

/// Queues the next look, at once unless a time is given. It takes the place of one that waits.
pub async fn enqueue(tx: &mut TenantTx, version: ModelVersionId, at: Option<DateTime<Utc>>) -> Result<()> {
    let job = FollowTuning {
        tenant: JobTenant::of(tx),
        version,
    };
    let name = format!("follow_tuning/{version}");
    let mut options = Options::default().replacing(name.clone()).in_series(name);
    options.run_at = at;
    queue::enqueue(tx, &job, options).await.map_err(internal)?;
    Ok(())
}

/// The handler.
pub async fn follow_tuning(ctx: &Context, job: &FollowTuning) -> Result<()> {
    let (proof, id) = (&job.tenant, job.version);
    let mut tx = ctx.db.tenant_read(proof).await?;
    let Some(work) = store::find_work(&mut tx, id).await?.filter(is_going_on) else {
        return Ok(());
    };
    drop(tx);
    let is_begun = work.provider_status.is_some();
    if work.is_cancel_requested && !is_begun {
        return end(ctx, proof, id, None, &Outcome::cancelled()).await;
    }
    let tuner = match work.credential_id {
        Some(credential) => {
            ctx.models
                .tuner(&ctx.db, proof, credential, &work.base_model)
                .await?
        }
        None => None,
    };
    match (tuner, &work.provider_job) {
        (None, None) => end(ctx, proof, id, None, &Outcome::failed(NO_KEY)).await,
        (None, Some(_)) => wait(ctx, proof, id, &work, NO_KEY).await,
        (Some(tuner), Some(job)) => look(ctx, proof, id, &work, &tuner, job).await,
        (Some(_), None) if is_begun => end(ctx, proof, id, None, &Outcome::failed(NOT_KNOWN)).await,
        (Some(tuner), None) => start(ctx, proof, id, &work, &tuner).await,
    }
}

fn is_going_on(work: &Work) -> bool {
    work.status == Status::Training
}

async fn start(
    ctx: &Context,
    proof: &JobTenant,
    id: ModelVersionId,
    work: &Work,
    tuner: &Tuner,
) -> Result<()> {
    let file = match &work.provider_file {
        Some(file) => file.clone(),
        None => match send(ctx, proof, id, work, tuner).await? {
            Ok(file) => file,
            Err(error) if error.is_passing() => return wait(ctx, proof, id, work, &error.to_string()).await,
            Err(error) => return end(ctx, proof, id, None, &Outcome::failed(&error.to_string())).await,
        },
    };
    let mut tx = ctx.db.tenant(proof).await?;
    if !store::begin_start(&mut tx, id).await? {
        return Ok(());
    }
    tx.commit().await?;
    let reference = id.to_string();
    let asked = NewTuning {
        file: &file,
        suffix: work.metrics["suffix"].as_str(),
        epochs: work.metrics["epochs"]
            .as_u64()
            .and_then(|epochs| u32::try_from(epochs).ok()),
        reference: &reference,
    };
    let sent = Some((tuner, file.as_str()));
    match tuner.start(&asked).await {
        Ok(job) => {
            let mut tx = ctx.db.tenant(proof).await?;
            store::set_job(&mut tx, id, &job.id, &job.status).await?;
            let at = tx.now() + SOON;
            enqueue(&mut tx, id, Some(at)).await?;
            tell(&mut tx);
            tx.commit().await
        }
        Err(error @ TuningError::Busy { .. }) => {
            let mut tx = ctx.db.tenant(proof).await?;
            store::take_back_start(&mut tx, id).await?;
            tx.commit().await?;
            wait(ctx, proof, id, work, &error.to_string()).await
        }
        Err(error @ TuningError::Refused { .. }) => {
            end(ctx, proof, id, sent, &Outcome::failed(&error.to_string())).await
        }
        Err(error @ TuningError::NoAnswer(_)) => {
            end(
                ctx,
                proof,
                id,
                None,
                &Outcome::failed(&format!("{error}. {NOT_KNOWN}")),
            )
            .await
        }
    }
}

/// Sends what is left of the set by now, and notes what that was.
async fn send(
    ctx: &Context,
    proof: &JobTenant,
    id: ModelVersionId,
    work: &Work,
    tuner: &Tuner,
) -> Result<std::result::Result<String, TuningError>> {
    let Some(set) = work.training_set_id else {
        return Err(internal("a tuned version without a training set"));
    };
    let mut tx = ctx.db.tenant_read(proof).await?;
    let prompt = sets::get(&mut tx, set).await?.system_prompt;
    let examples = sets::all_examples(&mut tx, set).await?;
    drop(tx);
    let lines = export::lines(Format::Openai, &prompt, &examples);
    let file = match tuner.upload(&lines).await {
        Ok(file) => file,
        Err(error) => return Ok(Err(error)),
    };
    let mut tx = ctx.db.tenant(proof).await?;
    store::set_file(&mut tx, id, &file, &export::digest(&lines)).await?;
    tx.commit().await?;
    Ok(Ok(file))
}

async fn look(
    ctx: &Context,
    proof: &JobTenant,
    id: ModelVersionId,
    work: &Work,
    tuner: &Tuner,
    job: &str,
) -> Result<()> {
    let mut found = match tuner.get(job).await {
        Ok(found) => found,
        Err(error @ TuningError::Refused { status: 404, .. }) => {
            return end(ctx, proof, id, None, &Outcome::failed(&error.to_string())).await;
        }
        Err(error) => return wait(ctx, proof, id, work, &error.to_string()).await,
    };
    if work.is_cancel_requested && !has_ended(&found) {
        match tuner.cancel(job).await {
            Ok(cancelled) => found = cancelled,
            Err(error) => return wait(ctx, proof, id, work, &error.to_string()).await,
        }
    }
    // what happened is worth knowing, and no reason to fail
    let events = tuner.events(job).await.unwrap_or_default();
    let mut tx = ctx.db.tenant(proof).await?;
    let mut is_news = work.provider_status.as_deref() != Some(found.status.as_str());
    for event in &events {
        is_news |= add_event(&mut tx, id, event).await?;
    }
    store::set_job(&mut tx, id, job, &found.status).await?;
    if is_news {
        tell(&mut tx);
    }
    if has_ended(&found) {
        tx.commit().await?;
        let sent = work.provider_file.as_deref().map(|file| (tuner, file));
        return end(ctx, proof, id, sent, &Outcome::of(&found, &events, &work.metrics)).await;
    }
    again(&mut tx, id, work).await?;
    tx.commit().await
}

fn has_ended(job: &TuningJob) -> bool {
    matches!(job.status.as_str(), "succeeded" | "failed" | "cancelled")
}

async fn add_event(tx: &mut TenantTx, id: ModelVersionId, event: &TuningEvent) -> Result<bool> {
    let level = match event.level.as_str() {
        "error" => "error",
        "warn" | "warning" => "warn",
        _ => "info",
    };
    let at = DateTime::from_timestamp(event.created_at, 0).unwrap_or(tx.now());
    store::add_event(tx, id, &event.id, level, &event.message, at).await
}

/// Something that may pass: it is told, and tried again.
async fn wait(ctx: &Context, proof: &JobTenant, id: ModelVersionId, work: &Work, why: &str) -> Result<()> {
    let mut tx = ctx.db.tenant(proof).await?;
    let now = tx.now();
    if now - work.created_at > GIVEN_UP {
        drop(tx);
        return end(ctx, proof, id, None, &Outcome::failed(why)).await;
    }
    // once an hour is enough
    let key = format!("{}/{why}", now.format("%Y-%m-%dT%H"));
    if store::add_event(&mut tx, id, &key, "warn", why, now).await? {
        tell(&mut tx);
    }
    again(&mut tx, id, work).await?;
    tx.commit().await
}

async fn again(tx: &mut TenantTx, id: ModelVersionId, work: &Work) -> Result<()> {
    let now = tx.now();
    let pause = if now - work.created_at < YOUNG {
        SOON
    } else {
        LATER
    };
    enqueue(tx, id, Some(now + pause)).await
}

fn tell(tx: &mut TenantTx) {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Models,
    });
}

/// How it ended.
struct Outcome {
    status: Status,
    model: Option<String>,
    error: Option<String>,
    metrics: Value,
}

impl Outcome {
    fn failed(error: &str) -> Self {
        Self {
            status: Status::Failed,
            model: None,
            error: Some(error.to_owned()),
            metrics: json!({}),
        }
    }

    fn cancelled() -> Self {
        Self {
            status: Status::Cancelled,
            error: None,
            ..Self::failed("")
        }
    }

    fn of(job: &TuningJob, events: &[TuningEvent], known: &Value) -> Self {
        match (job.status.as_str(), &job.fine_tuned_model) {
            ("succeeded", Some(model)) => Self {
                status: Status::Ready,
                model: Some(model.clone()),
                error: None,
                metrics: measured(job, events, known),
            },
            ("succeeded", None) => Self::failed("The provider is done and names no model."),
            ("cancelled", _) => Self::cancelled(),
            _ => Self::failed(
                &job.failure()
                    .unwrap_or_else(|| "The provider gave no reason.".into()),
            ),
        }
    }
}

/// What was trained, what that cost if the price is known, and the last numbers that the provider told.
fn measured(job: &TuningJob, events: &[TuningEvent], known: &Value) -> Value {
    let mut metrics = Map::new();
    if let Some(tokens) = job.trained_tokens {
        metrics.insert("trained_tokens".into(), tokens.into());
        if let Some(price) = known["training_price"].as_f64() {
            metrics.insert("training_cost".into(), json!(tokens as f64 * price / 1_000_000.0));
        }
    }
    let told = events.iter().filter(|event| event.data.is_object());
    if let Some(last) = told.max_by_key(|event| event.created_at) {
        let numbers = last.data.as_object().into_iter().flatten();
        let numbers = numbers.filter(|(_, value)| value.is_number()).take(20);
        metrics.extend(numbers.map(|(name, value)| (name.chars().take(60).collect(), value.clone())));
    }
    Value::Object(metrics)
}

/// Writes how it ended, and takes the examples away from the provider.
async fn end(
    ctx: &Context,
    proof: &JobTenant,
    id: ModelVersionId,
    sent: Option<(&Tuner, &str)>,
    outcome: &Outcome,
) -> Result<()> {
    let mut tx = ctx.db.tenant(proof).await?;
    let end = End {
        status: outcome.status,
        model_name: outcome.model.as_deref(),
        error: outcome.error.as_deref(),
        metrics: &outcome.metrics,
    };
    store::finish(&mut tx, id, &end).await?;
    tell(&mut tx);
    tx.commit().await?;
    if let Some((tuner, file)) = sent
        && let Err(error) = tuner.delete_file(file).await
    {
        tracing::warn!(%error, "a training file stays at the provider");
    }
    Ok(())
}

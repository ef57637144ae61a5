//! From a stored payload to the handler of its job.
//!
//! The library below knows jobs only as types with a static `run`. Ours are closures that hold what they
//! need, so one stand-in type per job carries the payload and looks the closure up by name.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures::future::BoxFuture;
use graphile_worker::{IntoTaskHandlerResult, JobDefinition, TaskHandler, WorkerContext};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;

use crate::{Job, dead, schema};

/// Which try this is, for a handler that acts differently on its last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The job's number in the database.
    pub job_id: i64,
    /// 1 for the first.
    pub number: u16,
    /// How many there will be at most.
    pub of: u16,
    /// How many workers died while they worked on it; see [`dead::absolve`].
    pub deaths: u16,
}

impl Attempt {
    /// Whether the job is dead when this try fails.
    pub fn is_last(&self) -> bool {
        self.number >= self.of
    }
}

type Handle = dyn Fn(Value, Attempt) -> BoxFuture<'static, Result<(), String>> + Send + Sync;
/// Whether the tenant that a job names may have it done now.
pub(crate) type Gate = dyn Fn(String) -> BoxFuture<'static, bool> + Send + Sync;
type GiveUp = dyn Fn(Value) -> BoxFuture<'static, Result<(), String>> + Send + Sync;

/// All handlers, by the name of their job.
#[derive(Clone, Default)]
pub(crate) struct Handlers {
    work: HashMap<&'static str, Arc<Handle>>,
    give_up: HashMap<&'static str, Arc<GiveUp>>,
    pub(crate) gate: Option<(Arc<Gate>, PgPool)>,
}

/// Why a job waits.
const HELD: &str = "its tenant is suspended";

/// Why a job is dead that was given up.
const DEADLY: &str = "the server died while it worked on this, too often";

impl Handlers {
    /// False when the job has a handler already.
    pub(crate) fn add<J, Fut, E>(
        &mut self,
        handler: impl Fn(J, Attempt) -> Fut + Send + Sync + 'static,
    ) -> bool
    where
        J: Job,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        let handler = Arc::new(handler);
        let handle = move |payload: Value, attempt: Attempt| {
            let handler = handler.clone();
            let run = async move {
                handler(read::<J>(payload)?, attempt)
                    .await
                    .map_err(|error| error.to_string())
            };
            Box::pin(run) as BoxFuture<'static, Result<(), String>>
        };
        self.work.insert(J::NAME, Arc::new(handle)).is_none()
    }

    /// What to do in place of the work when it is given up.
    pub(crate) fn add_give_up<J, Fut, E>(&mut self, give_up: impl Fn(J) -> Fut + Send + Sync + 'static)
    where
        J: Job,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        let give_up = Arc::new(give_up);
        let handle = move |payload: Value| {
            let give_up = give_up.clone();
            let run = async move {
                give_up(read::<J>(payload)?)
                    .await
                    .map_err(|error| error.to_string())
            };
            Box::pin(run) as BoxFuture<'static, Result<(), String>>
        };
        self.give_up.insert(J::NAME, Arc::new(handle));
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.work.keys().copied().collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.work.contains_key(name)
    }

    /// Whether the job waits until its tenant may act again. Then it is put off for good: [`crate::release`] brings it back.
    async fn is_held(&self, payload: &Value, job_id: i64) -> Result<bool, Plain> {
        let Some((gate, pool)) = &self.gate else {
            return Ok(false);
        };
        let Some(tenant) = payload.get("tenant").and_then(Value::as_str) else {
            return Ok(false);
        };
        if gate(tenant.to_owned()).await {
            return Ok(false);
        }
        let held = schema::hold(pool, job_id).await;
        held.map_err(|error| Plain(error.to_string()))?;
        Ok(true)
    }

    /// Always fails, so that the job is dead and shown.
    async fn give_up(&self, name: &str, payload: Value) -> Result<(), Plain> {
        if let Some(give_up) = self.give_up.get(name) {
            give_up(payload).await.map_err(Plain)?;
        }
        Err(Plain(DEADLY.to_owned()))
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.work.keys()).finish()
    }
}

fn read<J: Job>(payload: Value) -> Result<J, String> {
    J::deserialize(payload).map_err(|error| format!("unreadable payload: {error}"))
}

/// The library's view of a job of ours.
pub(crate) fn definition<J: Job>() -> JobDefinition {
    StandIn::<J>::definition()
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct StandIn<J> {
    payload: Value,
    #[serde(skip)]
    job: PhantomData<fn() -> J>,
}

impl<J: Job> TaskHandler for StandIn<J> {
    const IDENTIFIER: &'static str = J::NAME;

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let handlers = context.get_ext::<Handlers>();
        let Some((handlers, handle)) =
            handlers.and_then(|handlers| Some((handlers, handlers.work.get(J::NAME)?)))
        else {
            return Err(Plain(format!("there is no handler for {}", J::NAME)));
        };
        let payload = without_schedule(self.payload);
        let job = context.job();
        if handlers.is_held(&payload, *job.id()).await? {
            return Err(Plain(HELD.to_owned()));
        }
        if dead::is_deadly(job.flags().as_ref()) {
            return handlers.give_up(J::NAME, payload).await;
        }
        let count = |attempts: &i16| u16::try_from(*attempts).unwrap_or(0);
        let attempt = Attempt {
            job_id: *job.id(),
            number: count(job.attempts()),
            of: count(job.max_attempts()),
            deaths: dead::deaths(job.flags().as_ref()),
        };
        handle(payload, attempt).await.map_err(Plain)
    }
}

/// A schedule adds `_cron` to the payload, which a strict job would refuse.
fn without_schedule(mut payload: Value) -> Value {
    if let Some(fields) = payload.as_object_mut() {
        fields.remove("_cron");
    }
    payload
}

/// The library stores errors in their `Debug` form.
struct Plain(String);

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Undoes what the library makes of an error: `TaskError("no \"x\"")` → `no "x"`.
pub(crate) fn plain_cause(stored: &str) -> String {
    let inside = |prefix: &str| Some(stored.strip_prefix(prefix)?.strip_suffix("\")")?.to_owned());
    match inside("TaskError(\"").or_else(|| inside("TaskPanic(\"")) {
        Some(text) => text
            .replace("\\\"", "\"")
            .replace("\\'", "'")
            .replace("\\n", "\n")
            .replace("\\\\", "\\"),
        None => stored.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_error_reads_as_it_was_said() {
        assert_eq!(
            plain_cause(&format!("TaskError({:?})", "no \"x\"\nin it's place")),
            "no \"x\"\nin it's place"
        );
        assert_eq!(plain_cause("TaskPanic(\"oh\")"), "oh");
        assert_eq!(
            plain_cause("Job recovered after worker interruption"),
            "Job recovered after worker interruption"
        );
    }

    #[test]
    fn what_a_schedule_adds_is_taken_away() {
        let payload = serde_json::json!({"site": 7, "_cron": {"ts": "…"}});
        assert_eq!(without_schedule(payload), serde_json::json!({"site": 7}));
    }
}

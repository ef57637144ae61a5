//! Puts a runner together: handlers, schedules, listener.

use std::sync::Arc;

use graphile_worker::{Crontab, parse_crontab};
use sqlx::PgPool;

use crate::handler::{self, Gate, Handlers};
use crate::job::payload;
use crate::{Attempt, Error, Event, Job, Runner};

/// Collects the handlers and schedules.
pub struct RunnerBuilder {
    runner: Runner,
    scheduled: Vec<&'static str>,
    problem: Option<Error>,
}

impl Runner {
    /// `pool` belongs to the role that [`crate::grant`] prepared. One of its connections is taken for good
    /// to listen, and each running job may need some.
    pub fn builder(pool: PgPool) -> RunnerBuilder {
        let runner = Runner {
            pool,
            concurrency: 4,
            handlers: Handlers::default(),
            definitions: Vec::new(),
            schedules: Vec::new(),
            on_event: Arc::new(|_| {}),
        };
        RunnerBuilder {
            runner,
            scheduled: Vec::new(),
            problem: None,
        }
    }
}

impl RunnerBuilder {
    /// How many jobs run at a time; 4 unless set.
    pub fn concurrency(mut self, jobs: usize) -> RunnerBuilder {
        self.runner.concurrency = jobs.max(1);
        self
    }

    /// The handler of a job. It may run more than once for the same job, never twice at a time. An error
    /// is stored as text: it must not contain tenants' content.
    pub fn register<J, Fut, E>(
        mut self,
        handler: impl Fn(J, Attempt) -> Fut + Send + Sync + 'static,
    ) -> RunnerBuilder
    where
        J: Job,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        if !self.runner.handlers.add(handler) {
            self.problem
                .get_or_insert(Error::RegisteredTwice { name: J::NAME });
        }
        self.runner.definitions.push(handler::definition::<J>());
        self
    }

    /// What to do, once, with a job whose work killed its worker too often: to say what became of it. Without it such
    /// a job is only listed as dead.
    pub fn when_given_up<J, Fut, E>(
        mut self,
        give_up: impl Fn(J) -> Fut + Send + Sync + 'static,
    ) -> RunnerBuilder
    where
        J: Job,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        self.runner.handlers.add_give_up(give_up);
        self
    }

    /// Enqueues the job by the clock, once however many workers there are. The schedule is the five fields
    /// of a crontab line, in UTC: `0 4 * * *` is every day at four.
    pub fn schedule<J: Job>(mut self, schedule: &str, job: &J) -> RunnerBuilder {
        match crontab(schedule, job) {
            Ok(entries) => self.runner.schedules.extend(entries),
            Err(error) => {
                self.problem.get_or_insert(error);
            }
        }
        self.scheduled.push(J::NAME);
        self
    }

    /// Asked before each job that names a `tenant`: false puts the job off until [`crate::release`]. No attempt is lost.
    pub fn gate<Fut>(mut self, may_act: impl Fn(String) -> Fut + Send + Sync + 'static) -> RunnerBuilder
    where
        Fut: Future<Output = bool> + Send + 'static,
    {
        let gate: Arc<Gate> = Arc::new(move |tenant| Box::pin(may_act(tenant)));
        self.runner.handlers.gate = Some((gate, self.runner.pool.clone()));
        self
    }

    /// Called for each job that ends; must not block.
    pub fn on_event(mut self, listener: impl Fn(Event) + Send + Sync + 'static) -> RunnerBuilder {
        self.runner.on_event = Arc::new(listener);
        self
    }

    /// Reports the first mistake made on the way.
    pub fn build(self) -> Result<Runner, Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        match self
            .scheduled
            .into_iter()
            .find(|name| !self.runner.handlers.has(name))
        {
            Some(name) => Err(Error::NotRegistered { name }),
            None => Ok(self.runner),
        }
    }
}

fn crontab<J: Job>(schedule: &str, job: &J) -> Result<Vec<Crontab>, Error> {
    let line = format!(
        "{schedule} {} ?max={} {}",
        J::NAME,
        J::MAX_ATTEMPTS,
        payload(job)?
    );
    let refused = |reason: String| Error::Schedule {
        name: J::NAME,
        schedule: schedule.to_owned(),
        reason,
    };
    let entries = parse_crontab(&line).map_err(|error| refused(error.to_string()))?;
    if entries.len() == 1 {
        Ok(entries)
    } else {
        Err(refused("it is not one line".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Tidy {}

    impl Job for Tidy {
        const NAME: &'static str = "tidy";
    }

    #[test]
    fn a_schedule_is_one_crontab_line() {
        assert_eq!(crontab("*/15 4 * * 1", &Tidy {}).unwrap().len(), 1);
        for wrong in ["", "every day", "61 4 * * *", "0 4 * * * other {}\n0 4 * * *"] {
            assert!(
                matches!(crontab(wrong, &Tidy {}), Err(Error::Schedule { .. })),
                "{wrong}"
            );
        }
    }
}

//! Models that are trained: jobs that mostly wait for a provider, and keep no other job from its turn.

use answering::model_versions::tuning::{FollowTuning, follow_tuning};
use queue::Runner;

use crate::wiring::Domains;

pub fn runner(pool: sqlx::PgPool, domains: &Domains) -> Result<Runner, queue::Error> {
    let answering = domains.answering.clone();
    Runner::builder(pool)
        .concurrency(2)
        .register::<FollowTuning, _, _>(move |job, _| {
            let answering = answering.clone();
            async move { follow_tuning(&answering, &job).await }
        })
        .build()
}

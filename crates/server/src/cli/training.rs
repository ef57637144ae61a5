//! Models that are trained: jobs that wait for a provider or learn for minutes, and keep no other job from its turn.

use answering::adapting::jobs::{TrainRetrieval, give_up_training, train_retrieval};
use answering::model_versions::tuning::{FollowTuning, follow_tuning};
use queue::Runner;

use super::gated;
use crate::wiring::Domains;

pub fn runner(pool: sqlx::PgPool, domains: &Domains) -> Result<Runner, queue::Error> {
    let answering = domains.answering.clone();
    let (training, untrained) = (domains.answering.clone(), domains.answering.clone());
    gated::runner(pool, domains)
        .concurrency(2)
        .register::<FollowTuning, _, _>(move |job, _| {
            let answering = answering.clone();
            async move { follow_tuning(&answering, &job).await }
        })
        .register::<TrainRetrieval, _, _>(move |job, attempt| {
            let answering = training.clone();
            async move { train_retrieval(&answering, &job, attempt).await }
        })
        .when_given_up::<TrainRetrieval, _, _>(move |job| {
            let answering = untrained.clone();
            async move { give_up_training(&answering, &job).await }
        })
        .build()
}

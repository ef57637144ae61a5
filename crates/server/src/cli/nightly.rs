//! Work that is done when a workspace's day is over. It may take minutes, and keeps no other job from its turn.

use std::time::Duration;

use insights::topics::jobs::{self as topics, FindTopics, find_topics};
use queue::Runner;

use crate::wiring::Domains;

pub fn runner(pool: sqlx::PgPool, domains: &Domains) -> Result<Runner, queue::Error> {
    let insights = domains.insights.clone();
    Runner::builder(pool)
        .concurrency(1)
        .register::<FindTopics, _, _>(move |job, _| {
            let insights = insights.clone();
            async move { find_topics(&insights, &job).await }
        })
        .build()
}

/// Every quarter of an hour: workspaces whose night has come.
pub async fn look_forever(domains: &Domains) {
    let mut tick = tokio::time::interval(Duration::from_secs(15 * 60));
    loop {
        tick.tick().await;
        if let Err(error) = topics::look_everywhere(&domains.insights).await {
            error.log();
        }
    }
}

//! Numbers, topics and exports: what is found when a workspace's day is over, what is counted in between, and what somebody
//! takes along. It may take minutes, and keeps no other job from its turn.

use std::time::Duration;

use conversations::retention;
use insights::analytics::{counting, mails};
use insights::topics::jobs::{self as topics, FindTopics, find_topics};
use queue::Runner;

use crate::journeys::archive::jobs::{ExportWorkspace, export_workspace, give_up_export};
use crate::journeys::demo_sites;
use crate::journeys::instance::figures;
use crate::wiring::Domains;

pub fn runner(pool: sqlx::PgPool, domains: &Domains) -> Result<Runner, queue::Error> {
    let insights = domains.insights.clone();
    let (exporting, given_up) = (domains.clone(), domains.clone());
    Runner::builder(pool)
        .concurrency(2)
        .register::<FindTopics, _, _>(move |job, _| {
            let insights = insights.clone();
            async move { find_topics(&insights, &job).await }
        })
        .register::<ExportWorkspace, _, _>(move |job, _| {
            let domains = exporting.clone();
            async move { export_workspace(&domains, &job).await }
        })
        .when_given_up::<ExportWorkspace, _, _>(move |job| {
            let domains = given_up.clone();
            async move { give_up_export(&domains, &job).await }
        })
        .build()
}

/// Every quarter of an hour: workspaces whose night has come, and conversations that are older than they are kept.
pub async fn look_forever(domains: &Domains) {
    let mut tick = tokio::time::interval(Duration::from_secs(15 * 60));
    loop {
        tick.tick().await;
        if let Err(error) = topics::look_everywhere(&domains.insights).await {
            error.log();
        }
        match retention::delete_everywhere(&domains.conversations).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deleted conversations that are older than they are kept"),
            Err(error) => error.log(),
        }
    }
}

/// Every ten minutes: trials that are over, and owners whose plan runs out.
pub async fn look_after_plans_forever(domains: &Domains) {
    let mut tick = tokio::time::interval(Duration::from_secs(10 * 60));
    loop {
        tick.tick().await;
        if let Err(error) = notifications::plans::look_everywhere(&domains.notifications).await {
            error.log();
        }
    }
}

/// Every minute: what is counted of what has changed, so that whoever reads it finds little left to count. Every ten: the
/// figures of a week or a month, for members who want them by mail.
pub async fn refresh_analytics_forever(domains: &Domains) {
    let insights = &domains.insights;
    let (mut count, mut tell) = (
        tokio::time::interval(Duration::from_secs(60)),
        tokio::time::interval(Duration::from_secs(10 * 60)),
    );
    loop {
        let done = tokio::select! {
            _ = count.tick() => counting::refresh_everywhere(insights).await,
            _ = tell.tick() => mails::tell_everywhere(&insights.db, &insights.notifications).await,
        };
        if let Err(error) = done {
            error.log();
        }
    }
}

/// Every ten minutes: the figures of all tenants, for the console.
pub async fn count_tenants_forever(domains: &Domains) {
    let mut tick = tokio::time::interval(Duration::from_secs(10 * 60));
    loop {
        tick.tick().await;
        if let Err(error) = figures::count_all(&domains.access.db).await {
            error.log();
        }
    }
}

/// Every minute: demonstrations whose time is over.
pub async fn end_demos_forever(domains: &Domains) {
    let mut tick = tokio::time::interval(Duration::from_secs(60));
    loop {
        tick.tick().await;
        match demo_sites::end_expired(domains).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "removed demonstrations whose time is over"),
            Err(error) => error.log(),
        }
    }
}

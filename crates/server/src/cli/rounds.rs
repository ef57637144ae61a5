//! What a server does again and again beside its requests and jobs: looks after what is due, late or no longer needed.

use std::time::Duration;

use answering::sweep;

use crate::journeys::archive;
use crate::wiring::Domains;

/// Once a day, and not while visitors wait for the server to start: confidences that new labels correct.
pub async fn refit_forever(domains: &Domains) {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + HOUR, 24 * HOUR);
    loop {
        tick.tick().await;
        if let Err(error) = answering::promise::refit_all(&domains.answering).await {
            error.log();
        }
    }
}

/// Every hour: uploaded files that nothing needs any more, and exports whose time is over.
pub async fn remove_files_forever(domains: &Domains) {
    let mut tick = tokio::time::interval(Duration::from_secs(60 * 60));
    loop {
        tick.tick().await;
        match assets::sweep::remove_unneeded(&domains.assets).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "removed files that nothing needs any more"),
            Err(error) => error.log(),
        }
        if let Err(error) = archive::jobs::sweep(domains).await {
            error.log();
        }
    }
}

/// Every quarter of a minute: conversations whose snooze is over, and those that wait for somebody to be free.
pub async fn look_after_inboxes_forever(domains: &Domains) {
    if let Err(error) = conversations::search::catch_up(&domains.conversations).await {
        error.log();
    }
    let mut tick = tokio::time::interval(Duration::from_secs(15));
    loop {
        tick.tick().await;
        if let Err(error) = conversations::inbox::sweep::look_after(&domains.conversations).await {
            error.log();
        }
    }
}

/// Every quarter of a minute: who has waited for a person for as long as a rule says.
pub async fn note_waiting_forever(domains: &Domains) {
    let mut tick = tokio::time::interval(Duration::from_secs(15));
    loop {
        tick.tick().await;
        if let Err(error) = automation::rules::waiting::look_everywhere(&domains.automation).await {
            error.log();
        }
    }
}

/// Every quarter of a minute: what members are to be told by e-mail. Every hour: what is kept of it for too long.
pub async fn tell_by_mail_forever(domains: &Domains) {
    let (mut look, mut tidy) = (
        tokio::time::interval(Duration::from_secs(15)),
        tokio::time::interval(Duration::from_secs(60 * 60)),
    );
    loop {
        let done = tokio::select! {
            _ = look.tick() => notifications::notices::look_everywhere(&domains.notifications).await,
            _ = tidy.tick() => notifications::notices::tidy_everywhere(&domains.notifications).await,
        };
        if let Err(error) = done {
            error.log();
        }
    }
}

/// Every hour: access tokens of channels that would run out.
pub async fn renew_tokens_forever(domains: &Domains) {
    let channels = &domains.channels;
    let mut tick = tokio::time::interval(Duration::from_secs(60 * 60));
    loop {
        tick.tick().await;
        let renewed = channels::connections::renewal::renew_everywhere(
            &channels.db,
            &channels.master_key,
            &channels.http,
        );
        if let Err(error) = renewed.await {
            error.log();
        }
    }
}

/// Every hour: scores of clients that time alone has changed.
pub async fn rescore_clients_forever(domains: &Domains) {
    let mut tick = tokio::time::interval(Duration::from_secs(60 * 60));
    loop {
        tick.tick().await;
        if let Err(error) = crm::clients::rescore_everywhere(&domains.crm).await {
            error.log();
        }
    }
}

pub async fn sweep_forever(domains: &Domains) {
    let mut is_start = true;
    let mut tick = tokio::time::interval(Duration::from_secs(60));
    loop {
        tick.tick().await;
        let bot_of = |operator, channel| {
            let db = domains.channels.db.clone();
            async move {
                Ok(channels::endpoint::read(&db, &operator, channel)
                    .await?
                    .map(|endpoint| endpoint.bot.clone()))
            }
        };
        match sweep::answer_forgotten(&domains.answering, is_start, bot_of).await {
            Ok(count) => {
                is_start = false;
                if count > 0 {
                    tracing::info!(count, "answered questions that were left behind");
                }
            }
            Err(error) => error.log(),
        }
    }
}

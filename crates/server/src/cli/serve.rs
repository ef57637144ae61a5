//! `rapport serve`: the server, from start to clean stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use answering::tools::{SendOrderCode, send_order_code};
use automation::rules::jobs::{RunRules, WakeRules, run_rules, wake_rules};
use automation::webhooks::jobs::{
    DeliverWebhooks, RetryWebhooks, WakeWebhooks, deliver_webhooks, retry_webhooks, wake_webhooks,
};
use channels::delivery::{DeliverReplies, deliver_replies, give_up_delivery};
use channels::intake::WorkThread;
use channels::intake::work::{give_up_thread, work_thread};
use kernel::error::{Result, internal, invalid};
use knowledge::documents::reading::{ReadDocument, give_up_document, read_document};
use knowledge::embedding::jobs::{EmbedKnowledge, embed_knowledge};
use knowledge::gaps::clusters::{GroupGaps, group_gaps};
use knowledge::transcripts::jobs::{
    self as transcripts, MineTranscript, give_up_transcript, mine_transcript,
};
use knowledge::vector_index::jobs::{IndexPassages, index_passages};
use knowledge::websites::crawl::{CrawlSite, crawl_site, give_up_crawl};
use knowledge::websites::schedule::{StartCrawl, start_crawl};
use metrics_exporter_prometheus::PrometheusBuilder;
use notifications::notices::{LookForNotices, look_for_notices};
use notifications::outbox::{SendEmail, give_up_email, send_email};
use queue::Runner;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::output::Progress;
use super::{Global, ServeArgs, gated, nightly, rounds, training};
use crate::canary::{Canary, PassCanary, pass_canary};
use crate::config::{Config, Role};
use crate::database::{Opened, Purpose};
use crate::gauges;
use crate::http::{self, Outer};
use crate::wiring::{self, Domains};

pub async fn run(global: &Global, args: &ServeArgs) -> Result<ExitCode> {
    let mut config = global.config(args.listen)?;
    config.role = args.role.unwrap_or(config.role);
    let progress = Progress::new(global);
    let (opened, domains) = start(&config, &progress).await?;
    let announce = |url: &str| {
        progress.done();
        if global.json {
            println!("{}", json!({"url": url}));
        } else if config.role == Role::Worker {
            println!("Rapport works: {url}/readyz");
        } else {
            println!("Rapport is ready: {url}/app/");
        }
    };
    serve(&config, opened, domains, None, announce).await
}

/// Opens the database and builds the domains.
pub async fn start(config: &Config, progress: &Progress) -> Result<(Opened, Box<Domains>)> {
    if config.role != Role::All && config.database_url.is_none() {
        return Err(invalid(
            "role_without_database",
            "The bundled PostgreSQL has one process, which does everything. For `--role web` and `--role worker` name a database that \
             several can reach in DATABASE_URL.",
        ));
    }
    wiring::open(config, Purpose::Serve, |step| progress.tell(step)).await
}

/// Serves until SIGTERM or SIGINT. `announce` is called once, with the address, when requests are accepted.
pub async fn serve(
    config: &Config,
    opened: Opened,
    domains: Box<Domains>,
    demo_channel: Option<Arc<str>>,
    announce: impl FnOnce(&str),
) -> Result<ExitCode> {
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        invalid(
            "cannot_listen",
            format!(
                "Cannot listen on {}: {error}. Choose another address with --listen.",
                config.listen
            ),
        )
    })?;
    let address = listener.local_addr().map_err(internal)?;
    let metrics = PrometheusBuilder::new()
        .install_recorder()
        .map_err(|error| internal(error.to_string()))?;
    let in_flight = Arc::new(AtomicUsize::new(0));
    let canary = Canary::new(Duration::from_secs(config.canary_seconds));
    let jobs = opened.job_pool();
    let outer = Outer {
        db: opened.db.clone(),
        jobs: jobs.clone(),
        metrics,
        canary: canary.clone(),
        demo_channel,
        in_flight: in_flight.clone(),
        trusted_proxies: config.trusted_proxies.clone().into(),
    };
    let router = match config.role {
        Role::Worker => http::worker_router(outer),
        Role::Web | Role::All => http::router(&domains, outer),
    };
    let turns = domains.answering.turns.clone();
    let signals = listen_for_signals()?;
    let (stop, stopped) = watch::channel(false);
    if opened.cluster.is_some() {
        // a bundled database has one server: whoever worked here before this one is gone
        queue::declare_workers_dead(&jobs).await.map_err(internal)?;
    }
    let background = match config.role {
        Role::Web => tokio::spawn(look_on(jobs, opened.db.clone(), canary, stopped.clone())),
        Role::Worker | Role::All => tokio::spawn(background(
            jobs,
            opened.db.clone(),
            domains,
            config.crawl.at_once,
            canary,
            stopped.clone(),
        )),
    };
    announce(&format!("http://{address}"));
    tokio::spawn(async move {
        wait_for(signals).await;
        let _ = stop.send(true);
    });
    let proxies = config.trusted_proxies.clone().into();
    http::serve(listener, router, proxies, in_flight, turns, until(stopped)).await;
    let _ = tokio::time::timeout(Duration::from_secs(30), background).await;
    opened.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// SIGTERM and SIGINT, from this moment on.
fn listen_for_signals() -> Result<[Signal; 2]> {
    let listen = |kind| signal(kind).map_err(internal);
    Ok([listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?])
}

async fn wait_for([mut terminate, mut interrupt]: [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Beside the requests, where another process does the work: live events of other processes, and whether work is done.
async fn look_on(pool: sqlx::PgPool, db: kernel::Database, canary: Canary, stopped: watch::Receiver<bool>) {
    tokio::select! {
        () = db.live.relay(pool.clone()) => {}
        () = gauges::watch_forever(&pool) => {}
        () = canary.watch(&pool) => {}
        () = until(stopped) => {}
    }
    pool.close().await;
}

/// What goes on beside the requests: jobs, live events of other processes, and questions a crash left behind.
async fn background(
    pool: sqlx::PgPool,
    db: kernel::Database,
    domains: Box<Domains>,
    sites_at_once: usize,
    canary: Canary,
    stopped: watch::Receiver<bool>,
) {
    let (knowledge, answering) = (domains.knowledge.clone(), domains.answering.clone());
    let grouping = domains.knowledge.clone();
    let (reading, unreadable) = (domains.knowledge.clone(), domains.knowledge.clone());
    let runner = gated::runner(pool.clone(), &domains)
        .concurrency(2)
        .register::<EmbedKnowledge, _, _>(move |job, attempt| {
            let (knowledge, answering) = (knowledge.clone(), answering.clone());
            async move {
                let has_changed = embed_knowledge(&knowledge, &job, attempt).await?;
                // the labels say anew how far this model's confidence can be trusted
                if has_changed && let Err(error) = answering::promise::refit(&answering, &job.tenant).await {
                    error.log();
                }
                Ok::<(), kernel::Error>(())
            }
        })
        .register::<GroupGaps, _, _>(move |job, _| {
            let knowledge = grouping.clone();
            async move { group_gaps(&knowledge, job).await }
        })
        .register::<ReadDocument, _, _>(move |job, attempt| {
            let knowledge = reading.clone();
            async move { read_document(&knowledge, job, attempt).await }
        })
        .when_given_up::<ReadDocument, _, _>(move |job| {
            let knowledge = unreadable.clone();
            async move { give_up_document(&knowledge, &job).await }
        })
        .build();
    let rest = async {
        tokio::select! {
            () = db.live.relay(pool.clone()) => {}
            () = rounds::sweep_forever(&domains) => {}
            () = rounds::look_after_inboxes_forever(&domains) => {}
            () = tidy_forever(&pool, &domains) => {}
            () = rounds::refit_forever(&domains) => {}
            () = rounds::remove_files_forever(&domains) => {}
            () = gauges::watch_forever(&pool) => {}
            () = canary.watch(&pool) => {}
            () = rounds::tell_by_mail_forever(&domains) => {}
            () = rounds::renew_tokens_forever(&domains) => {}
            () = rounds::rescore_clients_forever(&domains) => {}
            () = nightly::refresh_analytics_forever(&domains) => {}
            () = rounds::note_waiting_forever(&domains) => {}
            () = nightly::look_forever(&domains) => {}
            () = nightly::count_tenants_forever(&domains) => {}
            () = nightly::look_after_plans_forever(&domains) => {}
            () = nightly::end_demos_forever(&domains) => {}
            () = until(stopped.clone()) => {}
        }
    };
    let crawls = crawl_runner(pool.clone(), &domains, sites_at_once, &stopped);
    let mining = mining_runner(pool.clone(), &domains);
    let indexing = indexing_runner(pool.clone(), &domains);
    let inbound = inbound_runner(pool.clone(), &domains);
    let deliveries = delivery_runner(pool.clone(), &domains);
    let webhooks = webhook_runner(pool.clone(), &domains);
    let failing_webhooks = failing_webhook_runner(pool.clone(), &domains);
    let mailing = mailing_runner(pool.clone(), &domains);
    let rules = rule_runner(pool.clone(), &domains);
    let nights = nightly::runner(pool.clone(), &domains);
    let trainings = training::runner(pool.clone(), &domains);
    tokio::join!(
        work(runner, &stopped),
        work(crawls, &stopped),
        work(mining, &stopped),
        work(indexing, &stopped),
        work(inbound, &stopped),
        work(deliveries, &stopped),
        work(webhooks, &stopped),
        work(failing_webhooks, &stopped),
        work(mailing, &stopped),
        work(rules, &stopped),
        work(nights, &stopped),
        work(trainings, &stopped),
        rest
    );
    pool.close().await;
}

async fn work(runner: std::result::Result<Runner, queue::Error>, stopped: &watch::Receiver<bool>) {
    match runner {
        Ok(runner) => runner.run(until(stopped.clone())).await,
        Err(error) => tracing::error!(%error, "jobs cannot be run"),
    }
}

/// What vendors sent, and the test events among it: mostly waiting for the database, and for files.
fn inbound_runner(pool: sqlx::PgPool, domains: &Domains) -> std::result::Result<Runner, queue::Error> {
    let (working, given_up) = (domains.channels.clone(), domains.channels.clone());
    let canaries = pool.clone();
    gated::runner(pool, domains)
        .concurrency(12)
        .register::<PassCanary, _, _>(move |_, _| {
            let pool = canaries.clone();
            async move { pass_canary(&pool).await }
        })
        .register::<WorkThread, _, _>(move |job, attempt| {
            let channels = working.clone();
            async move { work_thread(&channels, job, attempt).await }
        })
        .when_given_up::<WorkThread, _, _>(move |job| {
            let channels = given_up.clone();
            async move { give_up_thread(&channels, &job).await }
        })
        .build()
}

/// What vendors are sent: mostly waiting for them.
fn delivery_runner(pool: sqlx::PgPool, domains: &Domains) -> std::result::Result<Runner, queue::Error> {
    let (sending, unsent) = (domains.channels.clone(), domains.channels.clone());
    gated::runner(pool, domains)
        .concurrency(8)
        .register::<DeliverReplies, _, _>(move |job, attempt| {
            let channels = sending.clone();
            async move { deliver_replies(&channels, &job, attempt).await }
        })
        .when_given_up::<DeliverReplies, _, _>(move |job| {
            let channels = unsent.clone();
            async move { give_up_delivery(&channels, &job).await }
        })
        .build()
}

/// Mails: a mail server that is slow keeps no other job from its turn.
fn mailing_runner(pool: sqlx::PgPool, domains: &Domains) -> std::result::Result<Runner, queue::Error> {
    let notifications = || domains.notifications.clone();
    let (looking, sending, unsent) = (notifications(), notifications(), notifications());
    let coding = domains.answering.clone();
    Runner::builder(pool)
        .concurrency(4)
        .register::<LookForNotices, _, _>(move |job, _| {
            let notifications = looking.clone();
            async move { look_for_notices(&notifications, &job).await }
        })
        .register::<SendOrderCode, _, _>(move |job, _| {
            let answering = coding.clone();
            async move { send_order_code(&answering, &job).await }
        })
        .register::<SendEmail, _, _>(move |job, _| {
            let notifications = sending.clone();
            async move { send_email(&notifications, &job).await }
        })
        .when_given_up::<SendEmail, _, _>(move |job| {
            let notifications = unsent.clone();
            async move { give_up_email(&notifications, &job).await }
        })
        .build()
}

/// Past chats are read one import after another: it may take minutes, and keeps no other job from its turn.
fn mining_runner(pool: sqlx::PgPool, domains: &Domains) -> std::result::Result<Runner, queue::Error> {
    let (mining, wording) = (domains.knowledge.clone(), domains.answering.clone());
    let unreadable = domains.knowledge.clone();
    gated::runner(pool, domains)
        .concurrency(1)
        .register::<MineTranscript, _, _>(move |job, attempt| {
            let (knowledge, answering) = (mining.clone(), wording.clone());
            async move {
                mine_transcript(&knowledge, &job, attempt).await?;
                let worded =
                    answering::transcript_wording::word(&answering, &job.tenant, job.transcript).await;
                // without better words the proposals stand as people wrote them
                if worded.is_ok() || attempt.is_last() {
                    transcripts::finish(&knowledge, &job).await?;
                }
                worded
            }
        })
        .when_given_up::<MineTranscript, _, _>(move |job| {
            let knowledge = unreadable.clone();
            async move { give_up_transcript(&knowledge, &job).await }
        })
        .build()
}

/// Indexing a million passages takes an hour, and keeps no other job from its turn.
fn indexing_runner(pool: sqlx::PgPool, domains: &Domains) -> std::result::Result<Runner, queue::Error> {
    let knowledge = domains.knowledge.clone();
    gated::runner(pool, domains)
        .concurrency(1)
        .register::<IndexPassages, _, _>(move |job, _| {
            let knowledge = knowledge.clone();
            async move { index_passages(&knowledge, &job).await }
        })
        .build()
}

/// Telling other programs is mostly waiting for them.
fn webhook_runner(pool: sqlx::PgPool, domains: &Domains) -> std::result::Result<Runner, queue::Error> {
    let (waking, delivering) = (domains.automation.clone(), domains.automation.clone());
    gated::runner(pool, domains)
        .concurrency(16)
        .register::<WakeWebhooks, _, _>(move |job, _| {
            let automation = waking.clone();
            async move { wake_webhooks(&automation, job).await }
        })
        .register::<DeliverWebhooks, _, _>(move |job, _| {
            let automation = delivering.clone();
            async move { deliver_webhooks(&automation, job).await }
        })
        .build()
}

/// Rules: a tenant with many of them keeps no other job from its turn.
fn rule_runner(pool: sqlx::PgPool, domains: &Domains) -> std::result::Result<Runner, queue::Error> {
    let (waking, running) = (domains.automation.clone(), domains.automation.clone());
    gated::runner(pool, domains)
        .concurrency(4)
        .register::<WakeRules, _, _>(move |job, _| {
            let automation = waking.clone();
            async move { wake_rules(&automation, job).await }
        })
        .register::<RunRules, _, _>(move |job, _| {
            let automation = running.clone();
            async move { run_rules(&automation, job).await }
        })
        .build()
}

/// Those that hang have places of their own, and keep none that works from its turn.
fn failing_webhook_runner(
    pool: sqlx::PgPool,
    domains: &Domains,
) -> std::result::Result<Runner, queue::Error> {
    let automation = domains.automation.clone();
    gated::runner(pool, domains)
        .concurrency(16)
        .register::<RetryWebhooks, _, _>(move |job, _| {
            let automation = automation.clone();
            async move { retry_webhooks(&automation, job).await }
        })
        .build()
}

/// Reading sites is mostly waiting, so it has places of its own and keeps no other job from its turn.
fn crawl_runner(
    pool: sqlx::PgPool,
    domains: &Domains,
    at_once: usize,
    stopped: &watch::Receiver<bool>,
) -> std::result::Result<Runner, queue::Error> {
    let (crawling, unreadable, starting, stopped) = (
        domains.knowledge.clone(),
        domains.knowledge.clone(),
        domains.knowledge.clone(),
        stopped.clone(),
    );
    gated::runner(pool, domains)
        .concurrency(at_once)
        .register::<CrawlSite, _, _>(move |job, attempt| {
            let (knowledge, stopped) = (crawling.clone(), stopped.clone());
            async move {
                tokio::select! {
                    outcome = crawl_site(&knowledge, job, attempt) => outcome,
                    // it goes on where it was when the server is back
                    () = until(stopped) => Err(internal("the server stops")),
                }
            }
        })
        .when_given_up::<CrawlSite, _, _>(move |job| {
            let knowledge = unreadable.clone();
            async move { give_up_crawl(&knowledge, &job).await }
        })
        .register::<StartCrawl, _, _>(move |job, _| {
            let knowledge = starting.clone();
            async move { start_crawl(&knowledge, job).await }
        })
        .build()
}

/// Once a day: rows of job series that have nothing left to do, sessions that have run out, the log of webhooks, and
/// uploads of past chats that nobody went on with.
async fn tidy_forever(pool: &sqlx::PgPool, domains: &Domains) {
    let mut tick = tokio::time::interval(Duration::from_secs(24 * 60 * 60));
    loop {
        tick.tick().await;
        if let Err(error) = queue::forget_idle_series(pool).await {
            tracing::warn!(%error, "idle job series could not be tidied up");
        }
        if let Err(error) = access::sessions::forget_expired(&domains.answering.db).await {
            error.log();
        }
        if let Err(error) = automation::webhooks::deliveries::forget_old(&domains.automation).await {
            error.log();
        }
        if let Err(error) = automation::rules::forget_old(&domains.automation).await {
            error.log();
        }
        if let Err(error) = channels::intake::forget_old(&domains.channels.db).await {
            error.log();
        }
        if let Err(error) = knowledge::transcripts::forget_abandoned(&domains.knowledge).await {
            error.log();
        }
    }
}

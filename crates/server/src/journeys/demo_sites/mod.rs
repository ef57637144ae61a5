//! A demonstration for somebody's web site, in one call: a tenant of its own, a few of the site's pages as its knowledge, a
//! widget in the site's colours and a public page with it. It has limits, and an end at which everything goes.

mod store;

use std::ops::RangeInclusive;

use access::demos::{self, Demo, Filter, NewDemo};
use access::instance::log::{self, Action, Actor};
use assets::{Purpose, Upload};
use channels::WidgetSettings;
use channels::accounts;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{Kind, Result, internal, invalid};
use kernel::ids::ChannelId;
use kernel::page::Position;
use kernel::{TenantProof as _, secrets};
use knowledge::websites::brand::{self, Brand};
use knowledge::websites::{self, CrawlError, CrawlFrequency, NewWebsite, Status};
use serde::Serialize;
use serde_json::json;

use super::removal::{self, Removed};
use super::tenant;
use crate::wiring::Domains;
pub use store::{Held, ReadPage};

/// What is asked for.
#[derive(Debug)]
pub struct Wish<'a> {
    pub website: &'a str,
    pub days: i64,
    pub messages_a_day: i32,
}

pub const DAYS: i64 = 14;
pub const MESSAGES_A_DAY: i32 = 100;
const MOST_DAYS: RangeInclusive<i64> = 1..=90;
const MOST_MESSAGES: RangeInclusive<i32> = 1..=10_000;
/// Enough to see what the bot would know.
const PAGES: i32 = 25;
const CLICKS: i32 = 2;
const ICONS: usize = 3;
/// How many of the pages that were read the public page names.
const NAMED_PAGES: i64 = 8;

/// Asks the site for its start page, makes the demonstration, and has the site read.
///
/// # Errors
/// 422 when the site cannot be read, or what is asked for is out of its range.
pub async fn create(domains: &Domains, wish: &Wish<'_>, actor: &Actor) -> Result<Demo> {
    check(wish)?;
    let brand = brand::read(&domains.knowledge, wish.website).await?;
    let language = brand.language.as_deref().unwrap_or("en");
    let settings = settings(&brand, language)?;
    let slug = secrets::random_name("demo-");
    let mut made = tenant::begin(domains, &brand.name, Some(&slug), None, language, settings).await?;
    let token = secrets::random_name(demos::TOKEN);
    let now = made.tx.now();
    let demo = NewDemo {
        token: &token,
        name: &brand.name,
        website_url: brand.home.as_str(),
        messages_a_day: wish.messages_a_day,
        expires_at: now + TimeDelta::days(wish.days),
        created_by: &actor.to_string(),
    };
    demos::store::insert(&mut made.tx, &demo).await?;
    let site = NewWebsite {
        base_url: brand.home.to_string(),
        max_pages: Some(PAGES),
        max_depth: Some(CLICKS),
        crawl_frequency: CrawlFrequency::Manual,
        include_paths: Vec::new(),
        exclude_paths: Vec::new(),
    };
    websites::add(&domains.knowledge, &mut made.tx, &site).await?;
    let subject = format!("tenant:{}", made.tenant.id);
    let details = json!({"website": brand.home.as_str(), "expires_at": demo.expires_at});
    log::record(&mut made.tx, now, actor, Action::DemoCreated, &subject, details).await?;
    let channel = made.channel.id;
    made.tx.commit().await?;
    let demo = demos::store::find_by_token(&domains.access.db, &token).await?;
    let demo = demo.ok_or_else(|| internal("the new demonstration is not there"))?;
    if let Err(error) = wear_icon(domains, &demo, channel, &brand).await {
        // it is a demonstration without one
        error.log();
    }
    Ok(demo)
}

fn check(wish: &Wish<'_>) -> Result<()> {
    if !MOST_DAYS.contains(&wish.days) {
        return Err(invalid(
            "bad_days",
            "A demonstration lasts between 1 and 90 days.",
        ));
    }
    if !MOST_MESSAGES.contains(&wish.messages_a_day) {
        return Err(invalid(
            "bad_messages_a_day",
            "A demonstration takes between 1 and 10,000 messages a day.",
        ));
    }
    Ok(())
}

/// Nobody is there to take over, so nothing leads to a person.
fn settings(brand: &Brand, language: &str) -> Result<WidgetSettings> {
    let demo = if language == "fr" { "démo" } else { "demo" };
    let name: String = brand.name.chars().take(50).collect();
    let mut patch = json!({
        "display_name": format!("{name} ({demo})"),
        "escalation_enabled": false,
        "uploads_enabled": false,
    });
    if let Some(color) = &brand.color {
        patch["primary_color"] = json!(color);
        patch["bubble_color"] = json!(color);
    }
    WidgetSettings::default().patched(&patch)
}

/// Gives the bot the first of the site's icons that can be used.
async fn wear_icon(domains: &Domains, demo: &Demo, channel: ChannelId, brand: &Brand) -> Result<()> {
    for url in brand.icons.iter().take(ICONS) {
        let Some(bytes) = brand::fetch_icon(&domains.knowledge, url).await else {
            continue;
        };
        let upload = Upload {
            purpose: Purpose::Avatar,
            file_name: "icon",
            bytes: &bytes,
            created_by: access::audit::SYSTEM,
        };
        let kept = match assets::keep(&domains.assets, demo, &upload).await {
            Ok(kept) => kept,
            // of a type that is not taken, or too large
            Err(error) if matches!(error.kind, Kind::Invalid | Kind::TooLarge) => continue,
            Err(error) => return Err(error),
        };
        let mut tx = domains.access.db.tenant(demo).await?;
        let mut channel = accounts::store::get(&mut tx, channel).await?;
        channel.settings = channel.settings.patched(&json!({"avatar_url": kept.url}))?;
        accounts::store::update(&mut tx, &channel).await?;
        tx.commit().await?;
        domains.channels.endpoints.forget(&channel.channel_key);
        return Ok(());
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DemoState)]
pub enum State {
    /// The site is being read, and nothing can be answered yet.
    Preparing,
    Ready,
    /// Nothing could be read; `error` says why.
    Failed,
    /// Its time is over; it is about to be removed.
    Over,
}

/// What there is to be seen of a demonstration.
pub struct View {
    pub state: State,
    pub error: Option<CrawlError>,
    pub channel_key: Option<String>,
    pub avatar_url: Option<String>,
    /// That answer.
    pub pages: i64,
    pub messages_today: i32,
    pub messages_a_day: i32,
}

/// Looks at a demonstration as it is now.
pub async fn look(domains: &Domains, demo: &Demo) -> Result<View> {
    let db = &domains.access.db;
    let mut tx = db.tenant_read(demo).await?;
    let site = websites::store::list(&mut tx).await?.pop();
    // all was read, and its vectors are still being made
    let is_learning = store::has_pages_to_come(&mut tx).await?;
    let channel = accounts::store::list(&mut tx).await?.into_iter().next();
    let (messages_today, messages_a_day) = demos::store::count_today(&mut tx).await?;
    let (status, pages) = site
        .as_ref()
        .map_or((Status::Failed, 0), |site| (site.status, site.pages_serving));
    let is_reading = matches!(status, Status::Pending | Status::Crawling);
    let state = match () {
        () if demo.is_over(db.clock.now()) => State::Over,
        () if pages > 0 => State::Ready,
        () if is_reading || is_learning => State::Preparing,
        () => State::Failed,
    };
    Ok(View {
        state,
        error: site.and_then(|site| site.error),
        avatar_url: channel
            .as_ref()
            .and_then(|channel| channel.settings.avatar_url.clone()),
        channel_key: channel.map(|channel| channel.channel_key),
        pages,
        messages_today,
        messages_a_day,
    })
}

/// Some of the pages that answer, by their titles.
pub async fn name_pages(domains: &Domains, demo: &Demo) -> Result<Vec<ReadPage>> {
    let mut tx = domains.access.db.tenant_read(demo).await?;
    store::list_pages(&mut tx, NAMED_PAGES).await
}

/// What visitors have left in it.
pub async fn count_held(domains: &Domains, demo: &Demo) -> Result<Held> {
    let mut tx = domains.access.db.tenant_read(demo).await?;
    store::count_held(&mut tx).await
}

/// Removes a demonstration with everything in it.
pub async fn delete(domains: &Domains, demo: &Demo, actor: &Actor) -> Result<Removed> {
    let removed = removal::delete_tenant(domains, demo).await?;
    let db = &domains.access.db;
    let mut connection = db.platform().acquire().await?;
    let subject = format!("tenant:{}", demo.tenant_id());
    let details = json!({"website": demo.website_url, "removed": removed});
    log::record(
        &mut connection,
        db.clock.now(),
        actor,
        Action::DemoDeleted,
        &subject,
        details,
    )
    .await?;
    Ok(removed)
}

/// Removes those whose time is over, and says how many. One that fails keeps no other waiting.
pub async fn end_expired(domains: &Domains) -> Result<usize> {
    let filter = Filter {
        is_over: Some(true),
        ..Filter::default()
    };
    let mut count = 0;
    let mut after = None;
    loop {
        let expired = demos::store::list(&domains.access.db, &filter, after, 50).await?;
        let Some(last) = expired.last() else {
            return Ok(count);
        };
        after = Some(position(last));
        for demo in &expired {
            match delete(domains, demo, &Actor::System).await {
                Ok(_) => count += 1,
                // another process was faster
                Err(error) if error.kind == Kind::NotFound => {}
                Err(error) => error.log(),
            }
        }
    }
}

/// Where a demonstration stands in the list.
pub fn position(demo: &Demo) -> Position {
    Position {
        at: demo.created_at,
        id: demo.id.0,
    }
}

/// Its public page, without a host.
pub fn path(demo: &Demo) -> String {
    format!("/demo/{}", demo.token)
}

/// Which ones a removal by filter takes: those that fitted at a moment, as somebody was shown.
pub async fn fitting(domains: &Domains, filter: &Filter, at: DateTime<Utc>) -> Result<Vec<Demo>> {
    let mut fitting = Vec::new();
    let mut after = None;
    loop {
        let page = demos::store::list(&domains.access.db, filter, after, 200).await?;
        let Some(last) = page.last() else { break };
        after = Some(position(last));
        fitting.extend(page.into_iter().filter(|demo| {
            demo.created_at <= at && filter.is_over.is_none_or(|is_over| demo.is_over(at) == is_over)
        }));
    }
    Ok(fitting)
}

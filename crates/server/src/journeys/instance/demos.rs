//! Demonstrations for the web sites of others: made, listed and removed, one by one or many at once.

use access::demos::{self, Demo, Filter};
use access::instance::InstanceOperator;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use kernel::error::{Kind, Problem, Result, conflict, invalid, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::DemoId;
use kernel::page::{Page, PageQuery};
use knowledge::websites::CrawlError;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::journeys::demo_sites::{self, Held, Wish};
use crate::wiring::Domains;

pub fn routes() -> OpenApiRouter<Domains> {
    OpenApiRouter::new()
        .routes(routes!(list_demos, create_demo))
        .routes(routes!(bulk_delete_demos))
        .routes(routes!(get_demo, delete_demo))
}

/// A demonstration as operators see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Demo)]
struct DemoView {
    id: DemoId,
    /// What the site calls itself.
    name: String,
    website_url: String,
    /// The public page, without a host.
    path: String,
    state: demo_sites::State,
    /// Why the site could not be read.
    error: Option<CrawlError>,
    /// Pages of the site that answer.
    pages: i64,
    /// Messages of visitors today (UTC), and how many there may be.
    messages_today: i32,
    messages_a_day: i32,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

async fn view(domains: &Domains, demo: &Demo) -> Result<DemoView> {
    let seen = demo_sites::look(domains, demo).await?;
    Ok(DemoView {
        id: demo.id,
        name: demo.name.clone(),
        website_url: demo.website_url.clone(),
        path: demo_sites::path(demo),
        state: seen.state,
        error: seen.error,
        pages: seen.pages,
        messages_today: seen.messages_today,
        messages_a_day: seen.messages_a_day,
        created_at: demo.created_at,
        expires_at: demo.expires_at,
    })
}

/// List the demonstrations, the newest first.
#[utoipa::path(get, path = "/instance/demos", operation_id = "list_demos", tag = "instance", params(Filter, PageQuery),
    responses((status = 200, body = Page<DemoView>)))]
async fn list_demos(
    State(domains): State<Domains>,
    _: InstanceOperator,
    Query(filter): Query<Filter>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<DemoView>>> {
    let db = &domains.access.db;
    let demos = demos::store::list(db, &filter, page.after()?, page.limit() + 1).await?;
    let demos = Page::cut(demos, page.limit(), demo_sites::position);
    let mut items = Vec::with_capacity(demos.items.len());
    for demo in &demos.items {
        items.push(view(&domains, demo).await?);
    }
    Ok(Json(Page {
        items,
        next_cursor: demos.next_cursor,
    }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewDemo {
    /// The address of the site's start page.
    website: String,
    /// Until it goes: 1 to 90; 14 unless given.
    days: Option<i64>,
    /// Of all visitors together: 1 to 10,000; 100 unless given.
    messages_a_day: Option<i32>,
}

/// Make a demonstration for a web site. Its page can be opened at once; it answers as soon as the first pages of the site are read.
#[utoipa::path(post, path = "/instance/demos", operation_id = "create_demo", tag = "instance", request_body = NewDemo,
    responses((status = 201, body = DemoView), (status = 422, body = Problem)))]
async fn create_demo(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Json(new): Json<NewDemo>,
) -> Result<(StatusCode, Json<DemoView>)> {
    let wish = Wish {
        website: &new.website,
        days: new.days.unwrap_or(demo_sites::DAYS),
        messages_a_day: new.messages_a_day.unwrap_or(demo_sites::MESSAGES_A_DAY),
    };
    let demo = demo_sites::create(&domains, &wish, &operator.actor()).await?;
    Ok((StatusCode::CREATED, Json(view(&domains, &demo).await?)))
}

/// Read one demonstration.
#[utoipa::path(get, path = "/instance/demos/{id}", operation_id = "get_demo", tag = "instance",
    params(("id" = DemoId, Path)), responses((status = 200, body = DemoView), (status = 404, body = Problem)))]
async fn get_demo(
    State(domains): State<Domains>,
    _: InstanceOperator,
    Path(id): Path<DemoId>,
) -> Result<Json<DemoView>> {
    let demo = find(&domains, id).await?;
    Ok(Json(view(&domains, &demo).await?))
}

async fn find(domains: &Domains, id: DemoId) -> Result<Demo> {
    let found = demos::store::find(&domains.access.db, id).await?;
    found.ok_or_else(|| not_found("demonstration"))
}

/// Remove a demonstration with everything in it, before its time is over.
#[utoipa::path(delete, path = "/instance/demos/{id}", operation_id = "delete_demo", tag = "instance",
    params(("id" = DemoId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_demo(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Path(id): Path<DemoId>,
) -> Result<StatusCode> {
    let demo = find(&domains, id).await?;
    demo_sites::delete(&domains, &demo, &operator.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct DemoBulkDelete {
    #[serde(default)]
    filter: Filter,
    /// Only tell what would go.
    #[serde(default)]
    dry_run: bool,
    /// From the dry run: what fitted at that moment, and still does, goes.
    seen_at: Option<DateTime<Utc>>,
    /// The dry run's `demos`. If more would go, nothing does.
    at_most: Option<usize>,
}

/// What goes, or has gone.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
struct DemoBulkDeleted {
    demos: usize,
    conversations: i64,
    messages: i64,
    files: i64,
    /// To be sent with the removal itself.
    seen_at: DateTime<Utc>,
}

/// Remove many demonstrations, with everything in them. Ask with `dry_run` first; the removal takes no more than that told.
#[utoipa::path(post, path = "/instance/demos/bulk-delete", operation_id = "bulk_delete_demos", tag = "instance",
    request_body = DemoBulkDelete, responses((status = 200, body = DemoBulkDeleted), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn bulk_delete_demos(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Json(input): Json<DemoBulkDelete>,
) -> Result<Json<DemoBulkDeleted>> {
    let now = domains.access.db.clock.now();
    let (at, most) = match (input.dry_run, input.seen_at, input.at_most) {
        (true, ..) => (now, usize::MAX),
        (false, Some(seen_at), Some(at_most)) => (seen_at.min(now), at_most),
        (false, ..) => {
            return Err(invalid(
                "not_confirmed",
                "Ask with `dry_run` first, and send its `seen_at` and its number of `demos` as `at_most`.",
            ));
        }
    };
    let demos = demo_sites::fitting(&domains, &input.filter, at).await?;
    if demos.len() > most {
        return Err(conflict(
            "more_than_told",
            format!(
                "{} demonstrations would go now, and not {most}. Look at them again.",
                demos.len()
            ),
        ));
    }
    let mut deleted = DemoBulkDeleted {
        seen_at: at,
        ..DemoBulkDeleted::default()
    };
    for demo in &demos {
        let held = demo_sites::count_held(&domains, demo).await?;
        if !input.dry_run {
            match demo_sites::delete(&domains, demo, &operator.actor()).await {
                Ok(_) => {}
                // somebody else was faster
                Err(error) if error.kind == Kind::NotFound => continue,
                Err(error) => return Err(error),
            }
        }
        deleted.add(held);
    }
    Ok(Json(deleted))
}

impl DemoBulkDeleted {
    fn add(&mut self, held: Held) {
        self.demos += 1;
        self.conversations += held.conversations;
        self.messages += held.messages;
        self.files += held.files;
    }
}

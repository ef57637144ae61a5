//! Which web sites may show a widget, and what browsers are told about it (R34).

use serde_json::json;
use testkit::{Answer, Api, Method, Tenant, require_runtime};

use crate::support::server;

#[tokio::test]
async fn only_the_allowed_sites_may_show_the_widget() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let nobody = server.api.clone();
    let settings = format!("/api/widget/{}", tenant.channel_key);
    // an empty list means any site
    shown_to(
        &ask(&nobody, Method::GET, &settings, Some("https://anywhere.example")).await,
        "https://anywhere.example",
    );

    let visitor = tenant.visitor().await;
    let origins = json!(["https://shop.example/", "http://localhost:3000"]);
    let channel = tenant.configure(&json!({"allowed_origins": origins})).await;
    assert_eq!(
        channel["allowed_origins"],
        json!(["https://shop.example", "http://localhost:3000"])
    );
    let paths = [
        (Method::GET, settings.clone()),
        (Method::POST, format!("{settings}/sessions")),
        (Method::POST, format!("{settings}/messages")),
        (Method::GET, format!("{settings}/messages")),
        (Method::GET, format!("{settings}/events")),
        (Method::POST, format!("{settings}/escalations")),
        (
            Method::POST,
            format!("{settings}/messages/{}/feedback", uuid::Uuid::now_v7()),
        ),
    ];
    for (method, path) in &paths {
        for origin in REFUSED {
            turned_away(&ask(&visitor.api, method.clone(), path, Some(origin)).await);
            turned_away(&preflight(&nobody, method, path, origin).await);
        }
        for origin in ["https://shop.example", "http://localhost:3000"] {
            may_be_sent(&preflight(&nobody, method, path, origin).await, origin);
            if !path.ends_with("/events") {
                let answer = ask(&visitor.api, method.clone(), path, Some(origin)).await;
                assert_ne!(answer.status, 403, "{method} {path}");
                shown_to(&answer, origin);
            }
        }
    }
    let events = visitor
        .api
        .get(&visitor.path("events"))
        .header("origin", "https://shop.example");
    drop(events.stream().await);
    // without an origin the request does not come from a page
    assert_eq!(ask(&nobody, Method::GET, &settings, None).await.status, 200);
    only_origins_can_be_allowed(&tenant).await;
    a_switched_off_widget_is_gone_at_once(&tenant, &nobody, &settings).await;
    the_dashboard_is_for_its_own_origin(&tenant, &nobody).await;
}

/// Look-alikes of an allowed origin.
const REFUSED: [&str; 9] = [
    "https://evil.example",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "https://sub.shop.example",
    "http://shop.example",
    "https://shop.example:8443",
    "http://localhost",
    "https://shop.example@evil.example",
    "null",
];

async fn ask(api: &Api, method: Method, path: &str, origin: Option<&str>) -> Answer {
    let call = api.call(method.clone(), path);
    let call = if method == Method::POST {
        call.json(&json!({}))
    } else {
        call
    };
    match origin {
        Some(origin) => call.header("origin", origin).send().await,
        None => call.send().await,
    }
}

async fn preflight(api: &Api, method: &Method, path: &str, origin: &str) -> Answer {
    let call = api.call(Method::OPTIONS, path).header("origin", origin);
    let call = call.header("access-control-request-method", method.as_str());
    call.header("access-control-request-headers", "authorization,content-type")
        .send()
        .await
}

/// The page may read why, and nothing else.
fn turned_away(answer: &Answer) {
    answer.problem(403, "origin_not_allowed");
}

fn shown_to(answer: &Answer, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert!(answer.header("vary").is_some_and(|vary| vary.contains("origin")));
    assert!(
        answer
            .header("access-control-expose-headers")
            .is_some_and(|headers| headers.contains("retry-after"))
    );
}

fn may_be_sent(answer: &Answer, origin: &str) {
    answer.expect(204);
    shown_to(answer, origin);
    let allows = |header: &str, value: &str| {
        let list = answer.header(header).unwrap_or_default().to_lowercase();
        assert!(
            list.split(',').any(|entry| entry.trim() == value),
            "{header}: {list}"
        );
    };
    for method in ["get", "post"] {
        allows("access-control-allow-methods", method);
    }
    for header in ["authorization", "content-type", "accept", "last-event-id"] {
        allows("access-control-allow-headers", header);
    }
}

async fn only_origins_can_be_allowed(tenant: &Tenant) {
    let path = format!(
        "/api/v1/channels/{}",
        tenant.channel().await["id"].as_str().expect("an id")
    );
    for bad in [
        "*",
        "shop.example",
        "https://shop.example/path",
        "https://*.example",
        "null",
        "",
    ] {
        let patch = tenant.api.patch(&path).json(&json!({"allowed_origins": [bad]}));
        patch.send().await.problem(422, "bad_origin");
    }
}

async fn a_switched_off_widget_is_gone_at_once(tenant: &Tenant, nobody: &Api, settings: &str) {
    tenant
        .configure(&json!({"allowed_origins": [], "is_active": false}))
        .await;
    let (gone, unknown) = (
        nobody.get(settings).send().await,
        nobody.get("/api/widget/ch_nothing").send().await,
    );
    gone.problem(404, "not_found");
    assert_eq!(gone.body, unknown.body);
    tenant.configure(&json!({"is_active": true})).await;
    nobody.get(settings).expect(200).await;
}

/// No other site reads the dashboard's API or shows the dashboard in a frame.
async fn the_dashboard_is_for_its_own_origin(tenant: &Tenant, nobody: &Api) {
    let answer = tenant
        .api
        .get("/api/v1/qa-pairs")
        .header("origin", "https://evil.example")
        .send()
        .await;
    answer.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let answer = preflight(nobody, &Method::POST, "/api/v1/qa-pairs", "https://evil.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let page = nobody.get("/app/").send().await;
    if page.status == 404 {
        println!("the dashboard is not built: its policy is not checked");
    } else {
        page.expect(200);
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("script-src 'unsafe-inline'"), "{policy}");
    }
}

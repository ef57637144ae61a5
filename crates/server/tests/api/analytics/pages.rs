//! What the pages say of nothing, of what is compared, in files, and to whom.

use serde_json::{Value, json};
use testkit::require_runtime;

use super::recount::{list, text};
use super::{chart, figure, move_back, read};
use crate::quick_tenant;
use crate::support::server;

const PAGES: [&str; 8] = [
    "overview",
    "ai",
    "gaps",
    "knowledge",
    "team",
    "channels",
    "sales",
    "usage",
];

#[tokio::test]
async fn what_cannot_be_known_is_null_and_says_why() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    for page in PAGES {
        let shown = read(&tenant.api, &format!("{page}?compare=previous")).await;
        assert_eq!(shown["range"]["is_current"], true, "{page}");
        for figure in list(&shown, "figures") {
            let is_known = !figure["value"].is_null();
            assert_eq!(is_known, figure["reason"].is_null(), "{page}: {figure}");
            if figure["unit"] == "percent" {
                assert!(!is_known, "{page}: {figure}");
            }
        }
        for chart in list(&shown, "charts") {
            if chart["chart"] != "unused" {
                assert_eq!(chart["has_data"], false, "{page}: {chart}");
            }
        }
    }
    let overview = read(&tenant.api, "overview").await;
    assert_eq!(figure(&overview, "automation_rate")["reason"], "no_conversations");
    assert_eq!(figure(&overview, "satisfaction")["reason"], "nobody_rated");
    assert_eq!(figure(&overview, "conversations")["value"], 0.0);
    assert_eq!(list(chart(&overview, "outcomes"), "rows").len(), 30);
}

#[tokio::test]
async fn a_period_is_compared_with_the_one_before() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    let mut owner = server.owner().await;
    let (mut moved, hours) = (Vec::new(), 24 * 8);
    for text in [
        "Where is the shop?",
        "Do purple elephants dream of the sea?",
        "Where is the shop?",
    ] {
        let visitor = tenant.visitor().await;
        visitor.say(text).await;
        moved.push(visitor.conversation_id.to_string());
    }
    for conversation in &moved[..2] {
        move_back(&mut owner, &tenant, conversation, hours).await;
    }
    let week = read(&tenant.api, "overview?compare=previous").await;
    assert_eq!(figure(&week, "conversations")["value"], 3.0);
    let today = week["range"]["to"].as_str().expect("a day");
    let from: chrono::NaiveDate = today.parse().expect("a day");
    let from = from - chrono::TimeDelta::days(6);
    let week = read(&tenant.api, &format!("overview?compare=previous&from={from}")).await;
    let conversations = figure(&week, "conversations");
    assert_eq!(
        (&conversations["value"], &conversations["previous"]),
        (&json!(1.0), &json!(2.0))
    );
    assert_eq!(
        (&conversations["change"], &conversations["change_unit"]),
        (&json!(-50.0), &json!("percent"))
    );
    let automation = figure(&week, "automation_rate");
    assert_eq!(
        (&automation["value"], &automation["previous"]),
        (&json!(100.0), &json!(50.0))
    );
    assert_eq!(
        (&automation["change"], &automation["change_unit"]),
        (&json!(50.0), &json!("points"))
    );
    let outcomes = chart(&week, "outcomes");
    let sum = |which: &str| -> f64 {
        let rows = list(outcomes, "rows").iter();
        rows.flat_map(|row| list(row, which))
            .filter_map(Value::as_f64)
            .sum()
    };
    assert_eq!((sum("values"), sum("previous")), (1.0, 2.0));
    assert_eq!(text(&outcomes["rows"][0], "key"), from.to_string());
}

#[tokio::test]
async fn figures_and_charts_come_as_files_that_run_nothing() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("=1+1 is what?").await;
    let file = async |path: &str| {
        let answer = tenant.api.get(&format!("/api/v1/analytics/{path}")).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    };
    let figures = file("overview?format=csv").await;
    assert!(figures.starts_with("metric,currency,unit,value"), "{figures}");
    assert!(figures.contains("\nconversations,,count,1,"), "{figures}");
    let outcomes = file("overview?format=csv&chart=outcomes&compare=previous").await;
    assert!(
        outcomes.starts_with("time,label,bot,handed_over,person,unanswered,previous_bot"),
        "{outcomes}"
    );
    assert_eq!(outcomes.lines().count(), 31);
    let answers = file("answer_rate/answers?format=csv&part=whole").await;
    assert!(answers.contains(",'=1+1 is what?,"), "{answers}");
    let rest = ["conversations/conversations", "open_gaps/gaps", "deals_won/deals"];
    for path in rest {
        assert!(
            file(&format!("{path}?format=csv")).await.starts_with("id,"),
            "{path}"
        );
    }
    let wanted = tenant
        .api
        .get("/api/v1/analytics/overview")
        .header("accept", "text/csv")
        .send()
        .await;
    assert!(wanted.text().starts_with("metric,"));
    let answer = tenant
        .api
        .get("/api/v1/analytics/overview?format=csv&chart=pie")
        .send()
        .await;
    answer.problem(404, "not_found");
}

#[tokio::test]
async fn what_is_no_range_or_filter_or_list_is_refused() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    for (path, status, code) in [
        ("overview?from=2026-02-02&to=2026-02-01", 422, "bad_range"),
        ("overview?from=2000-01-01", 422, "range_too_long"),
        ("overview?channel_id=everything", 422, "bad_filter"),
        ("overview?weekday=9", 422, "bad_filter"),
        ("nonsense/conversations", 404, "not_found"),
        ("confidence/conversations", 404, "not_found"),
        ("automation_rate/answers", 404, "not_found"),
        ("automation_rate/gaps", 404, "not_found"),
        ("revenue/deals", 404, "not_found"),
        ("conversations/conversations?cursor=x", 422, "bad_cursor"),
    ] {
        let answer = tenant.api.get(&format!("/api/v1/analytics/{path}")).send().await;
        answer.problem(status, code);
    }
    let viewer = server.member(&tenant, "vera@shop.example", "viewer").await;
    for page in PAGES {
        read(&viewer, page).await;
    }
    let metrics = read(&viewer, "metrics").await;
    for metric in list(&metrics, "items") {
        assert!(!text(&metric["definition"], "fr").is_empty(), "{metric}");
    }
}

#[tokio::test]
async fn a_team_sees_who_has_how_much_to_do() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    let robin = server.member(&tenant, "robin@shop.example", "agent").await;
    let visitor = tenant.visitor().await;
    visitor.say("Where is the shop?").await;
    visitor
        .api
        .post(&visitor.path("escalations"))
        .json(&json!({}))
        .expect(201)
        .await;
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let open = read(&tenant.api, "team").await;
    assert_eq!(chart(&open, "load")["rows"][0]["key"], "none", "{open}");
    assert_eq!(
        chart(&open, "open_by_age")["rows"][0]["values"],
        json!([1.0]),
        "{open}"
    );
    let body = json!({"client_message_id": "1", "text": "I am here."});
    robin
        .post(&format!("{path}/messages"))
        .json(&body)
        .expect(201)
        .await;
    robin
        .patch(&path)
        .json(&json!({"status": "resolved"}))
        .expect(200)
        .await;
    let done = read(&tenant.api, "team").await;
    let load = chart(&done, "load");
    let row = &load["rows"][0];
    assert_eq!(row["label"], "Robin", "{done}");
    assert_eq!(row["values"][0], 1.0, "{done}");
    assert_eq!(chart(&done, "open_by_age")["has_data"], false, "{done}");
    let person = text(&row["filter"], "person");
    for metric in ["handled", "person_first_reply"] {
        let listed = read(&tenant.api, &format!("{metric}/conversations?person={person}")).await;
        assert_eq!(listed["count"], 1, "{metric}: {listed}");
    }
    let nobody = read(&tenant.api, &format!("open_now/conversations?person={person}")).await;
    assert_eq!(nobody["count"], 0, "{nobody}");
}

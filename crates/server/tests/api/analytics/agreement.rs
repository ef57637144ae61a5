//! Numbers that must agree: what is an answer, what a filter narrows, what a cost is known of, and what a report waits for.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use testkit::{Method, Tenant, require_runtime};

use super::histories::behind;
use super::mails::tell;
use super::recount::{list, text};
use super::{chart, execute, figure, read};
use crate::quick_tenant;
use crate::support::server;

async fn outcomes(tenant: &Tenant) -> Vec<(String, f64)> {
    let page = read(&tenant.api, "overview").await;
    let shown = chart(&page, "outcomes");
    let series = list(shown, "series").iter().enumerate();
    let sums = series.map(|(place, one)| {
        let rows = list(shown, "rows").iter();
        let sum = rows.filter_map(|row| row["values"][place].as_f64()).sum();
        (text(one, "key").to_owned(), sum)
    });
    sums.filter(|(_, sum)| *sum > 0.0).collect()
}

#[tokio::test]
async fn what_is_no_answer_solves_nothing_and_takes_nothing_back() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    tenant
        .configure(&json!({"settings": {"booking_url": "https://cal.example/shop"}}))
        .await;
    let channel = tenant.channel().await["id"].clone();
    let back = json!({"channel_id": channel, "keyword": "robot", "action_type": "ENABLE_AI"});
    let made = tenant.api.post("/api/v1/automation/keyword-actions").json(&back);
    made.expect(201).await;
    for words in ["Can I book a call?", "robot"] {
        let said = tenant.visitor().await.say(words).await;
        assert_eq!(said["answer"]["mode"], "action", "{said}");
    }
    tenant.visitor().await;
    assert_eq!(
        outcomes(&tenant).await,
        [("unanswered".to_owned(), 2.0)],
        "whoever says nothing is none"
    );
    let page = read(&tenant.api, "ai").await;
    let automation = figure(&page, "automation_rate");
    assert_eq!(
        (&automation["part"], &automation["whole"]),
        (&json!(0.0), &json!(2.0))
    );
    assert_eq!(figure(&page, "answer_rate")["reason"], "no_answers", "{page}");

    // what was known before stays known
    let visitor = tenant.visitor().await;
    for words in ["Where is the shop?", "Can I book a call?"] {
        visitor.say(words).await;
    }
    assert_eq!(
        outcomes(&tenant).await,
        [("bot".to_owned(), 1.0), ("unanswered".to_owned(), 2.0)]
    );
}

#[tokio::test]
async fn what_a_filter_does_not_narrow_is_not_shown_for_it() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("Do purple elephants dream of the sea?").await;
    let mut owner = server.owner().await;
    let sold = "with someone as (
            insert into crm_clients (tenant_id, name) values (current_tenant_id(), 'Kim') returning id
        ),
        deal as (
            insert into crm_deals (tenant_id, client_id, name, deal_value, stage) select current_tenant_id(), id, 'Deal', 5, 'closed_won' from someone
        )
        insert into crm_orders (tenant_id, client_id, order_number, total, subtotal) select current_tenant_id(), id, '1', 7, 7 from someone";
    execute(&mut owner, &tenant, sold).await;
    let channel = text(&tenant.channel().await, "id").to_owned();
    let elsewhere = tenant
        .api
        .post("/api/v1/channels")
        .json(&json!({"name": "Elsewhere"}));
    let elsewhere = text(&elsewhere.expect(201).await, "id").to_owned();

    for (channel, wanted) in [(&channel, 1.0), (&elsewhere, 0.0)] {
        for page in ["overview", "gaps"] {
            let shown = read(&tenant.api, &format!("{page}?channel_id={channel}")).await;
            assert_eq!(figure(&shown, "open_gaps")["value"], wanted, "{page}: {shown}");
        }
        let listed = behind(&tenant.api, &format!("open_gaps/gaps?channel_id={channel}")).await;
        assert_eq!(listed.len() as f64, wanted);
    }
    let all = |page: &Value| -> Vec<(String, Value)> {
        let figures = list(page, "figures").iter();
        figures
            .map(|figure| (text(figure, "metric").to_owned(), figure["reason"].clone()))
            .collect()
    };
    let sales = read(
        &tenant.api,
        &format!("sales?channel_id={channel}&compare=previous"),
    )
    .await;
    for (metric, reason) in all(&sales) {
        assert_eq!(reason, "not_by_filter", "{metric}: {sales}");
    }
    for one in list(&sales, "charts") {
        assert_eq!(
            (&one["reason"], &one["has_data"]),
            (&json!("not_by_filter"), &json!(false)),
            "{one}"
        );
    }
    let member = read(&tenant.api, "sales?user_id=00000000-0000-0000-0000-000000000001").await;
    for metric in ["orders", "revenue"] {
        let shown = figure(&member, metric);
        assert_eq!(
            (&shown["value"], &shown["reason"]),
            (&Value::Null, &json!("not_by_filter"))
        );
    }
    assert_eq!(figure(&member, "deals_won")["value"], 0.0, "deals have owners");
    assert_eq!(chart(&member, "revenue")["reason"], "not_by_filter");
    let plain = read(&tenant.api, "sales").await;
    assert_eq!(figure(&plain, "orders")["value"], 1.0);
    assert_eq!(chart(&plain, "revenue")["reason"], Value::Null);
    let usage = read(&tenant.api, &format!("usage?channel_id={channel}")).await;
    for metric in ["model_calls", "cost", "cost_per_resolved"] {
        assert_eq!(figure(&usage, metric)["reason"], "not_by_filter", "{metric}");
    }
    assert_eq!(figure(&usage, "answer_time")["whole"], 1.0, "{usage}");
}

#[tokio::test]
async fn a_cost_is_known_where_every_call_had_a_price_and_stays_in_its_currency() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let mut owner = server.owner().await;
    let days = "insert into usage_daily (tenant_id, day, currency, model_calls, input_tokens, output_tokens, cost, unpriced_calls) values
        (current_tenant_id(), '2026-03-01', 'EUR', 4, 100, 50, 0, 4),
        (current_tenant_id(), '2026-03-02', 'EUR', 2, 100, 50, 0.5, 0),
        (current_tenant_id(), '2026-03-03', 'USD', 1, 100, 50, 0.25, 0)";
    execute(&mut owner, &tenant, days).await;
    let currency = "update tenants set currency = 'EUR' where tenant_id = current_tenant_id()";
    execute(&mut owner, &tenant, currency).await;
    let costs = async |from: &str, to: &str| -> Value {
        let page = read(&tenant.api, &format!("usage?from={from}&to={to}")).await;
        let figures = list(&page, "figures").iter();
        let costs = figures.filter(|figure| text(figure, "metric").starts_with("cost"));
        let shown = costs.map(|figure| json!([figure["currency"], figure["value"], figure["reason"]]));
        shown.collect()
    };
    assert_eq!(
        costs("2026-03-01", "2026-03-02").await,
        json!([["EUR", null, "no_prices"], ["EUR", null, "no_prices"]])
    );
    assert_eq!(
        costs("2026-03-02", "2026-03-02").await,
        json!([["EUR", 0.5, null], ["EUR", null, "nothing_resolved"]])
    );
    assert_eq!(
        costs("2026-03-02", "2026-03-03").await,
        json!([
            ["EUR", 0.5, null],
            ["USD", 0.25, null],
            ["EUR", null, "several_currencies"]
        ])
    );
    assert_eq!(
        costs("2026-02-01", "2026-02-02").await,
        json!([["EUR", 0.0, null], ["EUR", null, "nothing_resolved"]])
    );
    let page = read(&tenant.api, "usage?from=2026-02-28&to=2026-03-03").await;
    let shown = chart(&page, "cost");
    let series: Vec<&str> = list(shown, "series").iter().map(|one| text(one, "key")).collect();
    assert_eq!(series, ["EUR", "USD"]);
    let values: Value = list(shown, "rows")
        .iter()
        .map(|row| row["values"].clone())
        .collect();
    assert_eq!(values, json!([[0.0, 0.0], [null, 0.0], [0.5, 0.0], [0.0, 0.25]]));
}

#[tokio::test]
async fn a_report_waits_until_everything_is_counted() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let robin = server.member(&tenant, "robin@shop.example", "agent").await;
    let body = json!({"messages": "none", "escalations": false, "mentions": false, "pace": "never", "report": "weekly"});
    let choices = robin.call(Method::PUT, "/api/v1/profile/email-choices");
    choices.json(&body).expect(200).await;
    let mut owner = server.owner().await;
    // more than is counted at once
    let waiting = "insert into email_settings (tenant_id, host, port, tls, from_address)
            values (current_tenant_id(), 'mail.example.com', 25, 'none', 'shop@shop.example');
        insert into analytics_touched (tenant_id, subject, conversation_id)
        select current_tenant_id(), 'conversation', gen_random_uuid() from generate_series(1, 12000)";
    execute(&mut owner, &tenant, waiting).await;
    tenant.visitor().await.say("Where is the shop?").await;
    let monday: DateTime<Utc> = sqlx::query_scalar(
        "select (date_trunc('week', now() at time zone 'UTC') + interval '7 days 9 hours') at time zone 'UTC'",
    )
    .fetch_one(&mut owner)
    .await
    .expect("a time");
    tell(&server, monday).await;
    let body: Option<String> = sqlx::query_scalar("select body from emails where kind = 'report'")
        .fetch_one(&mut owner)
        .await
        .expect("a mail");
    let body = body.expect("a text");
    assert!(body.contains("Conversations: 1"), "{body}");
}

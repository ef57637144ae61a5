//! Figures: what the triggers and functions say is what a plain count says, after anything that can happen to orders.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use testkit::{Tenant, require_runtime};
use uuid::Uuid;

use super::sales::{DEALS, Dice, ORDERS, client, create, id_of, row};
use crate::support::server;

/// Clients of whom a figure is not what their orders say.
const DIFFERENCES: &str = "
    with counted as (
        select c.id, c.email, c.total_orders, c.total_revenue, c.average_order_value, c.revenue_by_currency, t.currency,
            (select count(*) from crm_orders o where o.client_id = c.id and o.status not in ('cancelled', 'refunded')) as orders,
            (select coalesce(sum(o.total), 0) from crm_orders o
                where o.client_id = c.id and o.currency = t.currency and o.status not in ('cancelled', 'refunded')) as revenue,
            (select coalesce(round(avg(o.total), 2), 0) from crm_orders o
                where o.client_id = c.id and o.currency = t.currency and o.status not in ('cancelled', 'refunded')) as average,
            (select coalesce(jsonb_object_agg(e.currency, jsonb_build_object('orders', e.n, 'total', e.sum::text)), '{}')
                from (select o.currency, count(*) as n, sum(o.total) as sum from crm_orders o
                    where o.client_id = c.id and o.status not in ('cancelled', 'refunded') group by o.currency) e) as each
        from crm_clients c
        join tenants t on t.tenant_id = c.tenant_id
        where c.tenant_id = $1
    )
    select coalesce(jsonb_agg(to_jsonb(n)), '[]') from counted n
    where (n.total_orders, n.total_revenue, n.average_order_value, n.revenue_by_currency)
        is distinct from (n.orders::integer, n.revenue, n.average, n.each)";

const CURRENCIES: [&str; 3] = ["EUR", "USD", "CHF"];
const STATUSES: [&str; 6] = [
    "pending",
    "processing",
    "shipped",
    "delivered",
    "cancelled",
    "refunded",
];

async fn check(owner: &mut PgConnection, tenant: &Tenant, after: &str) {
    let differences = row(owner, DIFFERENCES, tenant).await;
    assert_eq!(differences, json!([]), "after {after}");
}

#[tokio::test]
async fn what_clients_have_bought_is_what_their_orders_say_whatever_happens() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let mut clients = Vec::new();
    for number in 0..4 {
        clients.push(client(&tenant, &format!("b{number}@buyer.example")).await);
    }
    let mut owner = server.owner().await;
    let mut dice = Dice(0x5EED_0004);
    let mut orders: Vec<Uuid> = Vec::new();
    for step in 0..120 {
        let kim = dice.one_of(&clients).to_owned();
        let (currency, status) = (*dice.one_of(&CURRENCIES), *dice.one_of(&STATUSES));
        let total = dice.amount();
        let what = if orders.is_empty() { 0 } else { dice.roll(8) };
        let sql = match what {
            0..=2 => {
                let body = json!({"client_id": kim, "currency": currency, "status": status, "total": total});
                orders.push(id_of(&create(&tenant.api, ORDERS, body).await));
                None
            }
            3 => {
                let path = format!("{ORDERS}/{}", dice.one_of(&orders));
                // one thing alone
                let body = match dice.roll(4) {
                    0 => json!({"client_id": kim}),
                    1 => json!({"currency": currency}),
                    2 => json!({"status": status}),
                    _ => json!({"subtotal": total}),
                };
                tenant.api.patch(&path).json(&body).expect(200).await;
                None
            }
            4 => {
                let at = usize::try_from(dice.roll(orders.len() as u64)).expect("a place");
                let path = format!("{ORDERS}/{}", orders.swap_remove(at));
                tenant.api.delete(&path).expect(204).await;
                None
            }
            // statements that touch several orders and clients
            5 => Some(format!(
                "update crm_orders set total = total + 0.01, currency = '{currency}' where status = '{status}'"
            )),
            6 => Some(format!(
                "update crm_orders set client_id = '{kim}' where currency = '{currency}' and total < 300"
            )),
            _ => Some(format!("update tenants set currency = '{currency}'")),
        };
        if let Some(sql) = &sql {
            owner
                .execute(AssertSqlSafe(sql.as_str()))
                .await
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        check(&mut owner, &tenant, &format!("step {step}, {what}: {sql:?}")).await;
    }
    owner
        .execute("delete from crm_orders")
        .await
        .expect("none is left");
    check(&mut owner, &tenant, "all were deleted").await;
}

#[tokio::test]
async fn no_currency_is_added_to_another() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let kim = client(&tenant, "kim@buyer.example").await;
    for (currency, total) in [("EUR", "0.10"), ("EUR", "0.20"), ("USD", "1000.00")] {
        let body = json!({"client_id": kim, "currency": currency, "total": total});
        create(&tenant.api, ORDERS, body).await;
    }
    let mut owner = server.owner().await;
    let figures = "select to_jsonb(c) from crm_clients c where c.tenant_id = $1";
    let of_kim = row(&mut owner, figures, &tenant).await;
    let each = json!({"EUR": {"orders": 2, "total": "0.30"}, "USD": {"orders": 1, "total": "1000.00"}});
    assert_eq!(
        (&of_kim["revenue_by_currency"], &of_kim["total_orders"]),
        (&each, &json!(3))
    );
    let exact = "select to_jsonb(c.total_revenue::text || ' ' || c.average_order_value || ' ' || calculate_client_ltv(c.id))
        from crm_clients c, set_config('app.current_tenant_id', $1::uuid::text, false) s where c.tenant_id = s.s::uuid";
    assert_eq!(row(&mut owner, exact, &tenant).await, "0.30 0.15 0.30");
    owner
        .execute("update tenants set currency = 'USD'")
        .await
        .expect("another currency");
    assert_eq!(row(&mut owner, exact, &tenant).await, "1000.00 1000.00 1000.00");
    let summary = tenant
        .api
        .get("/api/v1/crm/summary?from=2020-01-01&to=2099-12-31")
        .expect(200)
        .await;
    let revenue = json!([
        {"currency": "EUR", "count": 2, "total": "0.30"}, {"currency": "USD", "count": 1, "total": "1000.00"},
    ]);
    assert_eq!(
        (&summary["revenue"], &summary["currency"]),
        (&revenue, &json!("USD"))
    );
}

/// The same by a plain count.
const RECOUNT: &str = "
    select jsonb_build_object(
        'won', (select count(*) from crm_deals where tenant_id = $1 and stage = 'closed_won'
            and actual_close_date between '2026-02-01' and '2026-03-31'),
        'lost', (select count(*) from crm_deals where tenant_id = $1 and stage = 'closed_lost'
            and actual_close_date between '2026-02-01' and '2026-03-31'),
        'open', (select jsonb_object_agg(currency, jsonb_build_object('n', n, 'sum', sum::text)) from (
            select currency, count(*) as n, sum(deal_value) as sum from crm_deals
            where tenant_id = $1 and stage in ('prospecting', 'qualification', 'proposal', 'negotiation') group by currency) e),
        'stages', (select jsonb_object_agg(lifecycle_stage, n) from (
            select lifecycle_stage, count(*) as n from crm_clients
            where tenant_id = $1 and merged_into is null group by 1) e)
    )";

#[tokio::test]
async fn win_rate_and_funnel_are_what_a_plain_count_says() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let other = server.tenant("Other").await;
    client(&other, "kim@buyer.example").await;
    let mut dice = Dice(0x5EED_0005);
    let lifecycle = [
        "lead",
        "mql",
        "sql",
        "opportunity",
        "customer",
        "evangelist",
        "churned",
    ];
    let mut owner = server.owner().await;
    let empty = tenant.api.get("/api/v1/crm/summary").expect(200).await;
    assert_eq!((&empty["win_rate"], &empty["open"]), (&Value::Null, &json!([])));
    for number in 0..40 {
        let kim = client(&tenant, &format!("b{number}@buyer.example")).await;
        let stage = dice.one_of(&lifecycle);
        let sql = format!("update crm_clients set lifecycle_stage = '{stage}' where id = '{kim}'");
        owner.execute(AssertSqlSafe(sql)).await.expect("an update");
        let stage = *dice.one_of(&["proposal", "closed_won", "closed_lost"]);
        let date = format!("2026-0{}-{:02}", 1 + dice.roll(4), 1 + dice.roll(28));
        let reason = format!("Reason {}", dice.roll(3));
        let body = json!({"client_id": kim, "name": "Chairs", "stage": stage, "deal_value": dice.amount(),
            "currency": dice.one_of(&CURRENCIES), "lost_reason": reason, "actual_close_date": date});
        create(&tenant.api, DEALS, body).await;
    }
    let counted = row(&mut owner, RECOUNT, &tenant).await;
    let (won, lost) = (counted["won"].as_f64(), counted["lost"].as_f64());
    let (won, lost) = (won.expect("a number"), lost.expect("a number"));
    assert!(won > 0.0 && lost > 0.0, "the dice fell badly: {counted}");
    let summary = tenant
        .api
        .get("/api/v1/crm/summary?from=2026-02-01&to=2026-03-31")
        .expect(200)
        .await;
    let rate = summary["win_rate"].as_f64().expect("a number");
    assert!(
        (rate - 100.0 * won / (won + lost)).abs() < 0.006,
        "{rate}: {counted}"
    );
    let sum = |key: &str| -> f64 {
        let totals = summary[key].as_array().expect("totals").iter();
        totals
            .map(|total| total["count"].as_f64().expect("a count"))
            .sum()
    };
    assert!((sum("won") - won).abs() < 0.1 && (sum("lost") - lost).abs() < 0.1);
    for total in summary["open"].as_array().expect("totals") {
        let wanted = &counted["open"][total["currency"].as_str().expect("a currency")];
        assert_eq!((&total["count"], &total["total"]), (&wanted["n"], &wanted["sum"]));
    }
    let reasons: f64 = summary["lost_reasons"]
        .as_array()
        .expect("reasons")
        .iter()
        .map(|reason| reason["count"].as_f64().expect("a count"))
        .sum();
    assert!((reasons - lost).abs() < 0.1, "{summary}");
    let number = |stage: &str| counted["stages"][stage].as_f64().unwrap_or_default();
    let all: f64 = lifecycle.iter().map(|stage| number(stage)).sum();
    let funnel = summary["funnel"].as_array().expect("a funnel");
    assert_eq!(funnel.len(), 7);
    let mut before: Option<f64> = None;
    for (step, stage) in funnel.iter().zip(lifecycle) {
        assert_eq!(
            (&step["stage"], step["client_count"].as_f64()),
            (&json!(stage), Some(number(stage)))
        );
        let part = step["percentage"].as_f64().expect("a number");
        assert!((part - 100.0 * number(stage) / all).abs() < 0.006, "{step}");
        if stage == "churned" {
            assert_eq!(step["conversion_rate"], Value::Null);
            continue;
        }
        // whoever left was a customer
        let place = lifecycle
            .iter()
            .position(|other| *other == stage)
            .expect("its place");
        let further: f64 = lifecycle[place..6].iter().map(|stage| number(stage)).sum();
        let reached = further + if place < 5 { number("churned") } else { 0.0 };
        assert_eq!(step["reached"].as_f64(), Some(reached), "{step}");
        if let Some(before) = before {
            let rate = step["conversion_rate"].as_f64().expect("a number");
            assert!((rate - 100.0 * reached / before).abs() < 0.006, "{step}");
        }
        before = Some(reached);
    }
}

#[tokio::test]
async fn figures_of_another_tenant_are_nobodys() {
    require_runtime!();
    let server = server().start().await;
    let (ours, theirs) = (server.tenant("Ours").await, server.tenant("Theirs").await);
    let kim = client(&theirs, "kim@buyer.example").await;
    let body = json!({"client_id": kim, "total": "12.00"});
    create(&theirs.api, ORDERS, body).await;
    let deal = json!({"client_id": kim, "name": "Chairs", "stage": "closed_won"});
    create(&theirs.api, DEALS, deal).await;
    let mut app = server.connect_as("rapport_app").await;
    for (tenant, seen) in [(&theirs, true), (&ours, false)] {
        let set = format!("set app.current_tenant_id = '{}'", tenant.id);
        app.execute(AssertSqlSafe(set)).await.expect("the tenant");
        let figures: Value = sqlx::query_scalar(
            "select jsonb_build_object(
                'summary', (select count(*) from get_crm_dashboard_summary($1) where total_clients = 1 and total_revenue = 12
                    and won_deals_this_month = 1 and orders_this_month = 1),
                'rows', (select count(*) from get_crm_dashboard_summary($1)),
                'funnel', (select count(*) from get_conversion_funnel($1)),
                'ltv', calculate_client_ltv($2),
                'rate', calculate_win_rate($1, now() - interval '2 days', now() + interval '2 days'))",
        )
        .bind(theirs.id)
        .bind(kim)
        .fetch_one(&mut app)
        .await
        .expect("figures");
        let wanted = if seen {
            json!({"summary": 1, "rows": 1, "funnel": 7, "ltv": 12.00, "rate": 100.00})
        } else {
            json!({"summary": 0, "rows": 0, "funnel": 0, "ltv": null, "rate": 0})
        };
        assert_eq!(figures, wanted);
    }
}

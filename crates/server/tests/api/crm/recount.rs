//! The figures of sales, counted anew from rows: plainly, in integers, and not as the product does it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sqlx::PgConnection;
use testkit::Tenant;

/// All that counts, and beside it what the product says of it.
const ROWS: &str = "
    select jsonb_build_object(
        'currency', t.currency,
        'clients', (select jsonb_agg(jsonb_build_object('id', c.id, 'merged_into', c.merged_into, 'stage', c.lifecycle_stage,
            'total_orders', c.total_orders, 'total_revenue', c.total_revenue::text, 'average', c.average_order_value::text,
            'each', c.revenue_by_currency, 'ltv', calculate_client_ltv(c.id)::text)) from crm_clients c where c.tenant_id = t.tenant_id),
        'orders', (select coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'client_id', o.client_id, 'total', o.total::text,
            'currency', o.currency, 'status', o.status, 'date', o.order_date)), '[]') from crm_orders o where o.tenant_id = t.tenant_id),
        'deals', (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'client_id', d.client_id, 'value', d.deal_value::text,
            'currency', d.currency, 'stage', d.stage, 'probability', d.probability, 'closed', d.actual_close_date)), '[]')
            from crm_deals d where d.tenant_id = t.tenant_id),
        'notes', (select coalesce(jsonb_agg(to_jsonb(n)), '[]') from crm_notes n where n.tenant_id = t.tenant_id),
        'activities', (select coalesce(jsonb_agg(to_jsonb(a)), '[]') from crm_activities a where a.tenant_id = t.tenant_id),
        'win_rate', calculate_win_rate(t.tenant_id, '-infinity', 'infinity')::text,
        'win_rate_2020', calculate_win_rate(t.tenant_id, '2020-01-01', '2020-12-31')::text,
        'summary', (select to_jsonb(said) || jsonb_build_object('open_deals_value', said.open_deals_value::text,
            'weighted_deals_value', said.weighted_deals_value::text, 'won_value_this_month', said.won_value_this_month::text,
            'total_revenue', said.total_revenue::text, 'revenue_this_month', said.revenue_this_month::text,
            'win_rate', said.win_rate::text) from get_crm_dashboard_summary(t.tenant_id) said),
        'funnel', (select jsonb_agg(to_jsonb(f) || jsonb_build_object('percentage', f.percentage::text,
            'conversion_rate', f.conversion_rate::text)) from get_conversion_funnel(t.tenant_id) f)
    )
    from tenants t, set_config('app.current_tenant_id', $1::uuid::text, false) s
    where t.tenant_id = s.s::uuid";

pub async fn rows(owner: &mut PgConnection, tenant: &Tenant) -> Value {
    sqlx::query_scalar(ROWS)
        .bind(tenant.id)
        .fetch_one(owner)
        .await
        .expect("rows")
}

fn list<'a>(rows: &'a Value, what: &str) -> &'a Vec<Value> {
    rows[what].as_array().unwrap_or_else(|| panic!("no {what}"))
}

/// A client with all who are part of it; empty if there is no such client.
pub fn parts_of<'a>(rows: &'a Value, client: &str) -> BTreeSet<&'a str> {
    let id = |row: &'a Value| row["id"].as_str().expect("an id");
    let mut parts: BTreeSet<&str> = list(rows, "clients")
        .iter()
        .map(id)
        .filter(|id| *id == client)
        .collect();
    loop {
        let before = parts.len();
        for row in list(rows, "clients") {
            if row["merged_into"]
                .as_str()
                .is_some_and(|into| parts.contains(into))
            {
                parts.insert(id(row));
            }
        }
        if parts.len() == before {
            return parts;
        }
    }
}

/// `12.30` is 1230.
fn cents(amount: &Value) -> i64 {
    let text = amount.as_str().unwrap_or_else(|| panic!("no amount: {amount}"));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<2}").parse().expect("an amount in cents")
}

fn written(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// `of` by `by` times `times`, half a unit rounded up.
fn part(of: i64, by: i64, times: i64) -> i64 {
    if by == 0 {
        0
    } else {
        (2 * of * times + by) / (2 * by)
    }
}

/// In hundredths of a percent.
fn percent(of: i64, all: i64) -> i64 {
    part(of, all, 10_000)
}

fn counts(order: &Value) -> bool {
    order["status"] != "cancelled" && order["status"] != "refunded"
}

fn number(count: usize) -> i64 {
    i64::try_from(count).expect("a number of rows")
}

/// What an empty amount is written as, without the cents of some of the product's sums.
fn same(said: &Value, cents_wanted: i64, what: &str, told: &[String]) {
    assert_eq!(cents(said), cents_wanted, "{what}\n{}", told.join("\n"));
}

pub fn check(rows: &Value, told: &[String]) {
    let own = &rows["currency"];
    let in_own = |row: &&Value| row["currency"] == *own;
    for client in list(rows, "clients") {
        let orders: Vec<&Value> = list(rows, "orders")
            .iter()
            .filter(|order| order["client_id"] == client["id"] && counts(order))
            .collect();
        let mut each: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for order in &orders {
            let sum = each
                .entry(order["currency"].as_str().expect("a currency"))
                .or_default();
            *sum = (sum.0 + 1, sum.1 + cents(&order["total"]));
        }
        let (bought, revenue) = own
            .as_str()
            .and_then(|own| each.get(own))
            .copied()
            .unwrap_or_default();
        let each: serde_json::Map<String, Value> = each
            .into_iter()
            .map(|(currency, (orders, total))| {
                (
                    currency.to_owned(),
                    json!({"orders": orders, "total": written(total)}),
                )
            })
            .collect();
        let trace = told.join("\n");
        assert_eq!(
            (&client["total_orders"], &client["each"]),
            (&json!(orders.len()), &Value::Object(each)),
            "{client}\n{trace}"
        );
        same(&client["total_revenue"], revenue, "revenue", told);
        same(&client["ltv"], revenue, "lifetime value", told);
        same(
            &client["average"],
            part(revenue, bought, 1),
            "average order value",
            told,
        );
    }
    let closed = |row: &Value, stage: &str, in_2020: bool| {
        let date = row["closed"].as_str().unwrap_or_default();
        row["stage"] == stage && (!in_2020 || date.starts_with("2020"))
    };
    for (key, in_2020) in [("win_rate", false), ("win_rate_2020", true)] {
        let count = |stage| {
            number(
                list(rows, "deals")
                    .iter()
                    .filter(|deal| closed(deal, stage, in_2020))
                    .count(),
            )
        };
        let (won, lost) = (count("closed_won"), count("closed_lost"));
        same(&rows[key], percent(won, won + lost), key, told);
    }
    check_dashboard(rows, in_own, told);
    check_funnel(rows, told);
}

/// What is not of long ago and not to come is of this month.
fn is_now(date: &Value) -> bool {
    let date = date.as_str().unwrap_or_default();
    !date.starts_with("2020") && !date.starts_with("2099")
}

fn check_dashboard(rows: &Value, in_own: impl Fn(&&Value) -> bool, told: &[String]) {
    let said = &rows["summary"];
    let sum = |all: &[&Value], key: &str| -> i64 {
        all.iter()
            .filter(|row| in_own(row))
            .map(|row| cents(&row[key]))
            .sum()
    };
    let clients = list(rows, "clients")
        .iter()
        .filter(|client| client["merged_into"].is_null());
    let clients = number(clients.count());
    let deals = list(rows, "deals");
    let open: Vec<&Value> = deals.iter().filter(|deal| deal["closed"].is_null()).collect();
    let weighted: i64 = open
        .iter()
        .filter(|deal| in_own(deal))
        .map(|deal| cents(&deal["value"]) * deal["probability"].as_i64().expect("a probability"))
        .sum();
    let won: Vec<&Value> = deals
        .iter()
        .filter(|deal| deal["stage"] == "closed_won" && is_now(&deal["closed"]))
        .collect();
    let orders: Vec<&Value> = list(rows, "orders")
        .iter()
        .filter(|order| counts(order))
        .collect();
    let new: Vec<&Value> = orders
        .iter()
        .filter(|order| is_now(&order["date"]))
        .copied()
        .collect();
    let overdue = list(rows, "activities").iter().filter(|activity| {
        let due = activity["due_date"].as_str().unwrap_or("2099");
        activity["status"] == "pending" && due.starts_with("2020")
    });
    for (key, wanted) in [
        ("total_clients", clients),
        ("new_clients_this_month", clients),
        ("total_deals", number(deals.len())),
        ("open_deals", number(open.len())),
        ("won_deals_this_month", number(won.len())),
        ("orders_this_month", number(new.len())),
        ("overdue_activities", number(overdue.count())),
    ] {
        assert_eq!(said[key], json!(wanted), "{key}: {said}\n{}", told.join("\n"));
    }
    same(&said["open_deals_value"], sum(&open, "value"), "open", told);
    same(
        &said["weighted_deals_value"],
        part(weighted, 100, 1),
        "weighted",
        told,
    );
    same(&said["won_value_this_month"], sum(&won, "value"), "won", told);
    same(
        &said["total_revenue"],
        sum(&orders, "total"),
        "revenue of all",
        told,
    );
    same(
        &said["revenue_this_month"],
        sum(&new, "total"),
        "new revenue",
        told,
    );
    assert_eq!(said["win_rate"], rows["win_rate"]);
    assert_eq!(said["currency"], rows["currency"]);
}

fn check_funnel(rows: &Value, told: &[String]) {
    let clients: Vec<&Value> = list(rows, "clients")
        .iter()
        .filter(|client| client["merged_into"].is_null())
        .collect();
    let at = |stage: &str| number(clients.iter().filter(|client| client["stage"] == stage).count());
    let way = ["lead", "mql", "sql", "opportunity", "customer", "evangelist"];
    let mut before = None;
    for (place, step) in list(rows, "funnel").iter().enumerate() {
        let stage = way.get(place).copied().unwrap_or("churned");
        let trace = || format!("{step}\n{}", told.join("\n"));
        assert_eq!(
            (&step["stage"], &step["client_count"]),
            (&json!(stage), &json!(at(stage))),
            "{}",
            trace()
        );
        same(
            &step["percentage"],
            percent(at(stage), number(clients.len())),
            "percentage",
            told,
        );
        if stage == "churned" {
            continue;
        }
        // whoever left was a customer
        let left = if place < 5 { at("churned") } else { 0 };
        let reached: i64 = way[place..].iter().map(|stage| at(stage)).sum::<i64>() + left;
        assert_eq!(step["reached"], json!(reached), "{}", trace());
        match before {
            Some(before) if before > 0 => {
                same(&step["conversion_rate"], percent(reached, before), "rate", told);
            }
            _ => assert_eq!(step["conversion_rate"], Value::Null, "{}", trace()),
        }
        before = Some(reached);
    }
}

/// The summary over HTTP, of a year and currency by currency.
pub async fn check_summary(owner: &mut PgConnection, tenant: &Tenant, told: &[String]) {
    let rows = rows(owner, tenant).await;
    let path = "/api/v1/crm/summary?from=2020-01-01&to=2020-12-31";
    let summary = tenant.api.get(path).expect(200).await;
    type Fits = fn(&Value) -> bool;
    let kinds: [(&str, &str, &str, Fits); 4] = [
        ("revenue", "orders", "total", |row| {
            counts(row) && row["date"].as_str().is_some_and(|date| date.starts_with("2020"))
        }),
        ("won", "deals", "value", |row| {
            row["stage"] == "closed_won"
                && row["closed"]
                    .as_str()
                    .is_some_and(|date| date.starts_with("2020"))
        }),
        ("lost", "deals", "value", |row| {
            row["stage"] == "closed_lost"
                && row["closed"]
                    .as_str()
                    .is_some_and(|date| date.starts_with("2020"))
        }),
        ("open", "deals", "value", |row| row["closed"].is_null()),
    ];
    for (key, what, amount, fits) in kinds {
        let mut wanted: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for row in list(&rows, what).iter().filter(|row| fits(row)) {
            let sum = wanted
                .entry(row["currency"].as_str().expect("a currency"))
                .or_default();
            *sum = (sum.0 + 1, sum.1 + cents(&row[amount]));
        }
        let said: BTreeMap<&str, (i64, i64)> = list(&summary, key)
            .iter()
            .map(|total| {
                let count = total["count"].as_i64().expect("a count");
                let currency = total["currency"].as_str().expect("a currency");
                (currency, (count, cents(&total["total"])))
            })
            .collect();
        assert_eq!(said, wanted, "{key}\n{}", told.join("\n"));
    }
}

/// A deal's history, played again: it begins where the deal began, passes every column that it was seen in, and ends where the
/// deal is. Each stay ends where the next one begins, so that the times in its stages are the time since it was made.
pub fn replay(history: &Value, deal: &Value, seen: &[Value]) {
    let entries = list(history, "items");
    assert_eq!(entries.len(), seen.len(), "{history}\n{deal}");
    let mut at = Value::Null;
    let mut until = 0;
    for (entry, seen) in entries.iter().zip(seen) {
        assert_eq!(entry["from_stage"], at, "{history}");
        assert_eq!(
            (&entry["to_stage"], &entry["to_stage_name"]),
            (&seen["stage"], &seen["pipeline_stage_name"]),
            "{history}"
        );
        at = entry["to_stage"].clone();
        // a deal's own time is that at which its transaction began
        let (began, noted) = (time(&seen["stage_changed_at"]), time(&entry["created_at"]));
        assert!(until < began && began <= noted, "{history}\n{deal}");
        until = noted;
    }
    assert_eq!(at, deal["stage"], "{history}\n{deal}");
    let (first, last) = (seen.first(), seen.last());
    assert_eq!(
        (Some(&deal["created_at"]), Some(&deal["stage_changed_at"])),
        (
            first.map(|deal| &deal["created_at"]),
            last.map(|deal| &deal["stage_changed_at"])
        )
    );
}

/// In microseconds.
fn time(at: &Value) -> i64 {
    let text = at.as_str().unwrap_or_else(|| panic!("no time: {at}"));
    let time: chrono::DateTime<chrono::Utc> = text.parse().expect("a time");
    time.timestamp_micros()
}

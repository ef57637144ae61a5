//! What other systems have counted: it stands in our tables until it is counted here.

use serde_json::{Value, json};
use testkit::{Api, Server, Tenant, require_runtime};
use uuid::Uuid;

use crate::old::{Old, problems};
use crate::support::server;
use crate::whole::{SUPPORT, WIDGETS};

/// For each widget a day of which no chat is left, and the first one of its chats.
const DAYS: &str = r#"delete from analytics;
    insert into analytics (id, widget_id, date, num_chats, avg_confidence, positive_feedback, negative_feedback,
        most_common_questions, created_at)
    select gen_random_uuid(), w.id, d.day, 77, 0.5, 7, 3, '["Prices?", {"question": "Hours?", "count": 4}]', now()
    from widgets w
    cross join lateral (
        select date '2024-02-10'
        union
        select min(l.created_at at time zone 'UTC')::date from chat_logs l where l.widget_id = w.id
    ) d (day)
    where d.day is not null"#;

#[tokio::test]
async fn a_day_whose_chats_came_along_is_counted_here_and_any_other_stays_as_it_was() {
    require_runtime!();
    let server = server().start().await;
    let mut old = Old::filled(&server, &WIDGETS).await;
    for statement in DAYS.split(';') {
        old.run(statement).await;
    }
    let report = old.import(&server, &[]).await;
    assert_eq!(problems(&report), "");
    let mut owner = server.owner().await;
    for (place, tenant) in tenants(&server, &report).into_iter().enumerate() {
        let api = reader(&server, &tenant, place).await;
        check(&rows(&api).await);
        sqlx::query("insert into analytics_touched (tenant_id, subject) values ($1, 'all')")
            .bind(tenant.id)
            .execute(&mut owner)
            .await
            .expect("everything is to be counted");
        check(&rows(&api).await);
    }
    let again = old.import(&server, &[]).await;
    assert_eq!(problems(&again), "");
}

async fn rows(api: &Api) -> Vec<Value> {
    let path = "/api/v1/analytics/tables/daily?from=2024-01-01&to=2024-02-28";
    let listed = api.get(path).expect(200).await;
    listed["items"].as_array().expect("rows").clone()
}

fn check(rows: &[Value]) {
    let (imported, counted): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row["is_imported"] == true);
    assert!(!imported.is_empty() && !counted.is_empty(), "{rows:?}");
    for row in imported {
        assert_eq!(row["date"], "2024-02-10", "{row}");
        let questions = json!([{"question": "Prices?", "count": null}, {"question": "Hours?", "count": 4}]);
        assert_eq!(
            (
                &row["num_chats"],
                &row["avg_confidence"],
                &row["positive_feedback"]
            ),
            (&json!(77), &json!(0.5), &json!(7))
        );
        assert_eq!(row["most_common_questions"], questions);
    }
    for row in counted {
        assert!(row["num_chats"].as_i64().is_some_and(|chats| chats < 77), "{row}");
    }
}

#[tokio::test]
async fn topics_of_a_day_that_nobody_looked_at_here_are_those_that_were_found_there() {
    require_runtime!();
    let server = server().start().await;
    let mut old = Old::filled(&server, &SUPPORT).await;
    old.run("delete from topics_daily").await;
    old.run(
        "insert into topics_daily (id, tenant_id, date, topic_id, topic_label, keywords, message_count, percentage, sample_messages,
            created_at)
        select gen_random_uuid(), t.id, date '2024-01-05', 0, 'Livraison et délais', array['livraison', 'colis'], 45, 32.5,
            (select jsonb_build_array(m.id, 'no id') from conversation_messages m join conversations c on c.id = m.conversation_id
                where c.tenant_id = t.id order by m.id limit 1), now()
        from tenants t",
    )
    .await;
    let report = old.import(&server, &[]).await;
    assert_eq!(problems(&report), "");
    let mut owner = server.owner().await;
    for (place, tenant) in tenants(&server, &report).into_iter().enumerate() {
        let api = reader(&server, &tenant, place).await;
        let path = "/api/v1/analytics/topics/daily?from=2024-01-01&to=2024-01-31";
        let listed = api.get(path).expect(200).await;
        let [topic] = listed["items"].as_array().expect("topics").as_slice() else {
            panic!("one topic: {listed}");
        };
        assert_eq!(
            (
                &topic["topic_label"],
                &topic["keywords"],
                &topic["message_count"],
                &topic["percentage"]
            ),
            (
                &json!("Livraison et délais"),
                &json!(["livraison", "colis"]),
                &json!(45),
                &json!(32.5)
            )
        );
        let samples: Vec<Uuid> = serde_json::from_value(topic["sample_messages"].clone()).expect("ids");
        let known: i64 =
            sqlx::query_scalar("select count(*) from messages where tenant_id = $1 and id = any ($2)")
                .bind(tenant.id)
                .bind(&samples)
                .fetch_one(&mut owner)
                .await
                .expect("a number");
        assert_eq!((samples.len(), known), (1, 1));
    }
}

/// Those that the import has made.
fn tenants(server: &Server, report: &Value) -> Vec<Tenant> {
    let text = |tenant: &Value, key: &str| tenant[key].as_str().expect("a text").to_owned();
    let made = report["tenants"].as_array().expect("tenants").iter();
    made.map(|tenant| Tenant {
        id: text(tenant, "tenant_id").parse().expect("a UUID"),
        slug: text(tenant, "slug"),
        channel_key: String::new(),
        api_key: String::new(),
        api: server.api.without_credential(),
    })
    .collect()
}

async fn reader(server: &Server, tenant: &Tenant, place: usize) -> Api {
    let email = format!("reader{place}@example.com");
    server.member(tenant, &email, "owner").await
}

/// Two models with a version of one name; one of them was still being trained.
const MODELS: &str = "insert into model_versions (id, tenant_id, model_name, base_model, training_dataset_id, version, status, metrics,
        is_active, created_at, updated_at)
    select gen_random_uuid(), t.id, 'ft-boutique-' || kind, 'gpt-4o-mini', 'file-' || kind, 'v1', kind, '{\"loss\": 0.25}', kind = 'ready',
        now(), now()
    from tenants t
    cross join unnest(array['ready', 'training']) kind";

#[tokio::test]
async fn models_come_along_without_a_key_and_none_of_them_serves() {
    require_runtime!();
    let server = server().start().await;
    let mut old = Old::filled(&server, &SUPPORT).await;
    old.run("delete from model_versions").await;
    old.run(MODELS).await;
    let report = old.import(&server, &[]).await;
    assert_eq!(problems(&report), "");
    for (place, tenant) in tenants(&server, &report).into_iter().enumerate() {
        let api = reader(&server, &tenant, place).await;
        let listed = api.get("/api/v1/model-versions").expect(200).await;
        let items = listed["items"].as_array().expect("models");
        assert_eq!(items.len(), 2, "{listed}");
        let mut versions = Vec::new();
        for model in items {
            let name = model["model_name"].as_str().expect("a name");
            let (kind, status) = match name {
                "ft-boutique-ready" => ("ready", "ready"),
                _ => ("training", "cancelled"),
            };
            assert_eq!(name, format!("ft-boutique-{kind}"));
            assert_eq!(
                (&model["status"], &model["is_active"], &model["base_model"]),
                (&json!(status), &json!(false), &json!("gpt-4o-mini"))
            );
            assert_eq!(
                (&model["training_dataset_id"], &model["metrics"]["loss"]),
                (&json!(format!("file-{kind}")), &json!(0.25))
            );
            versions.push(model["version"].as_str().expect("a version").to_owned());
        }
        versions.sort();
        assert!(
            versions[0] == "v1" && versions[1].starts_with("v1 ("),
            "{versions:?}"
        );
    }
}

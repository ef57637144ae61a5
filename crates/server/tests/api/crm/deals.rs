//! Deals: what follows from a stage, the history that nobody can leave out, lists and the board.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use testkit::{Api, Visitor, require_runtime};
use uuid::Uuid;

use super::sales::{DEALS, Dice, PIPELINES, client, columns, create, id_of, items};
use crate::support::server;

async fn history(api: &Api, deal: Uuid) -> Vec<Value> {
    let path = format!("{DEALS}/{deal}/history");
    items(&api.get(&path).expect(200).await).clone()
}

#[tokio::test]
async fn a_deal_is_made_from_a_conversation_and_leads_back_to_it() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("What do twelve chairs cost?").await;
    let chair = create(
        &tenant.api,
        "/api/v1/crm/products",
        json!({"name": "Chair", "price": "45.10", "currency": "EUR"}),
    )
    .await;
    let products = json!([
        {"product_id": chair["id"], "quantity": 12},
        {"name": "Delivery", "quantity": 0.5, "unit_price": "9.99"},
    ]);
    let body = json!({"conversation_id": visitor.conversation_id, "name": "Chairs", "products": products, "tags": ["Office"]});
    let deal = create(&tenant.api, DEALS, body).await;
    assert_eq!(deal["deal_value"], "546.20", "{deal}");
    assert_eq!(
        (&deal["currency"], &deal["stage"], &deal["probability"]),
        (&json!("EUR"), &json!("prospecting"), &json!(10))
    );
    assert_eq!(
        deal["conversation_id"],
        json!(visitor.conversation_id),
        "it leads back"
    );
    // the same contact is the same client
    let body = json!({"conversation_id": visitor.conversation_id, "name": "Tables", "deal_value": "10"});
    let second = create(&tenant.api, DEALS, body).await;
    assert_eq!(second["client_id"], deal["client_id"]);
    let path = format!("{DEALS}?conversation_id={}", visitor.conversation_id);
    assert_eq!(items(&tenant.api.get(&path).expect(200).await).len(), 2);
    for body in [
        json!({"name": "Nobody's"}),
        json!({"name": "Gone", "conversation_id": Uuid::now_v7()}),
        json!({"name": "Gone", "client_id": Uuid::now_v7()}),
        json!({"conversation_id": visitor.conversation_id}),
    ] {
        assert_eq!(tenant.api.post(DEALS).json(&body).send().await.status, 422);
    }
    let dollars = json!({"conversation_id": visitor.conversation_id, "name": "x", "currency": "USD", "products": [{"product_id": chair["id"]}]});
    let answer = tenant.api.post(DEALS).json(&dollars).send().await;
    answer.problem(422, "price_missing");
    // as everywhere else
    let tagged = json!({"conversation_id": visitor.conversation_id, "name": "x", "tags": ["Home, Office"]});
    let answer = tenant.api.post(DEALS).json(&tagged).send().await;
    answer.problem(422, "bad_tag");
}

/// Whichever way a contact becomes a client.
#[tokio::test]
async fn the_campaign_that_led_to_a_conversation_is_known_of_the_client() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    for begins_with_lead in [false, true] {
        let page = json!({"page_url": "https://shop.example/chairs?utm_source=news"});
        let visitor = Visitor::start(&tenant.api.without_credential(), &tenant.channel_key, &page).await;
        visitor.say("What do twelve chairs cost?").await;
        let made = if begins_with_lead {
            let body = json!({"conversation_id": visitor.conversation_id, "intent": "quote",
                "contact_info": {"name": "Mia", "company": "Oak"}});
            let lead = create(&tenant.api, "/api/v1/leads", body).await;
            let path = format!("/api/v1/leads/{}/convert", id_of(&lead));
            tenant.api.post(&path).json(&json!({})).expect(200).await
        } else {
            let body = json!({"conversation_id": visitor.conversation_id, "name": "Chairs"});
            create(&tenant.api, DEALS, body).await
        };
        let client = made["client_id"].as_str().expect("a client");
        let client = tenant
            .api
            .get(&format!("/api/v1/crm/clients/{client}"))
            .expect(200)
            .await;
        assert_eq!(client["utm_data"], json!({"utm_source": "news"}), "{client}");
        assert_eq!(client["source"], "widget");
        if begins_with_lead {
            assert_eq!(
                (&client["name"], &client["company_name"]),
                (&json!("Mia"), &json!("Oak"))
            );
        }
    }
}

#[tokio::test]
async fn what_follows_from_a_stage_is_kept() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let kim = client(&tenant, "kim@buyer.example").await;
    let deal = create(&tenant.api, DEALS, json!({"client_id": kim, "name": "Chairs"})).await;
    let path = format!("{DEALS}/{}/move", id_of(&deal));
    let go = async |body: Value| tenant.api.post(&path).json(&body).send().await;
    go(json!({"stage": "closed_lost"}))
        .await
        .problem(422, "reason_needed");
    go(json!({})).await.problem(422, "no_stage");
    let proposed = go(json!({"stage": "proposal", "probability": 10}))
        .await
        .expect(200);
    assert_eq!(proposed["probability"], 10, "given, though it is what it was");
    let won = go(json!({"stage": "closed_won", "won_reason": "Price"}))
        .await
        .expect(200);
    assert_eq!(
        (&won["probability"], &won["won_reason"]),
        (&json!(100), &json!("Price"))
    );
    assert!(won["actual_close_date"].is_string(), "{won}");
    let open = go(json!({"stage": "negotiation"})).await.expect(200);
    assert_eq!(
        (
            &open["probability"],
            &open["actual_close_date"],
            &open["won_reason"]
        ),
        (&json!(75), &Value::Null, &Value::Null)
    );
    let lost = json!({"stage": "closed_lost", "lost_reason": "Too late", "competitor": "Other"});
    let lost = go(lost).await.expect(200);
    assert_eq!(
        (&lost["probability"], &lost["lost_reason"], &lost["competitor"]),
        (&json!(0), &json!("Too late"), &json!("Other"))
    );
    let path = format!("{DEALS}/{}", id_of(&deal));
    let moved = json!({"actual_close_date": "2026-01-31"});
    let dated = tenant.api.patch(&path).json(&moved).expect(200).await;
    assert_eq!(dated["actual_close_date"], "2026-01-31");
}

/// Moves by every way there is, in an order that dice decide: each leaves one row, and nothing else does.
#[tokio::test]
async fn the_history_tells_every_move_whoever_made_it() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let robin = server.member(&tenant, "robin@shop.example", "agent").await;
    let kim = client(&tenant, "kim@buyer.example").await;
    let second = json!({"name": "Partners", "stages": [
        {"name": "Talk", "stage": "qualification"}, {"name": "Talk more", "stage": "qualification"},
        {"name": "Yes", "stage": "closed_won"}, {"name": "No", "stage": "closed_lost"},
    ]});
    create(&tenant.api, PIPELINES, second).await;
    let pipelines = tenant.api.get(PIPELINES).expect(200).await;
    let mut all = Vec::new();
    for pipeline in items(&pipelines) {
        for stage in pipeline["stages"].as_array().expect("stages") {
            all.push((
                id_of(pipeline),
                id_of(stage),
                stage["stage"].clone(),
                stage["name"].clone(),
            ));
        }
    }
    let mut owner = server.owner().await;
    let mut dice = Dice(0x5EED_0001);
    for round in 0..4 {
        let deal = create(&robin, DEALS, json!({"client_id": kim, "name": "Chairs"})).await;
        let id = id_of(&deal);
        let mut at = all
            .iter()
            .find(|stage| json!(stage.1) == deal["pipeline_stage_id"])
            .expect("its column");
        let mut told = vec![(Value::Null, at.2.clone(), at.3.clone())];
        for step in 0..25 {
            let to = dice.one_of(&all);
            let first_of = |pipeline: Uuid, stage: &Value| {
                all.iter().find(|other| other.0 == pipeline && other.2 == *stage)
            };
            let path = format!("{DEALS}/{id}");
            let to = match dice.roll(4) {
                0 => {
                    let body = json!({"pipeline_stage_id": to.1, "lost_reason": "Price", "notes": format!("{step}")});
                    robin.post(&format!("{path}/move")).json(&body).expect(200).await;
                    to
                }
                1 => {
                    let sql = format!(
                        "update crm_deals set pipeline_stage_id = '{}' where id = '{id}'",
                        to.1
                    );
                    owner.execute(AssertSqlSafe(sql)).await.expect("an update");
                    to
                }
                2 => {
                    // by its meaning, within its pipeline
                    let Some(to) = first_of(at.0, &to.2) else { continue };
                    let to = if at.2 == to.2 { at } else { to };
                    let stage = to.2.as_str().expect("a stage");
                    let sql = format!("update crm_deals set stage = '{stage}', name = 'x' where id = '{id}'");
                    owner.execute(AssertSqlSafe(sql)).await.expect("an update");
                    to
                }
                _ => {
                    // no move
                    let body = json!({"deal_value": dice.amount(), "description": format!("{round}")});
                    robin.patch(&path).json(&body).expect(200).await;
                    at
                }
            };
            if to.1 != at.1 {
                told.push((at.2.clone(), to.2.clone(), to.3.clone()));
            }
            at = to;
        }
        let rows = history(&robin, id).await;
        let found: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row["from_stage"].clone(),
                    row["to_stage"].clone(),
                    row["to_stage_name"].clone(),
                )
            })
            .collect();
        assert_eq!(found, told);
        assert_eq!(rows[0]["changed_by_name"], "Robin");
        let now = robin.get(&format!("{DEALS}/{id}")).expect(200).await;
        assert_eq!(
            (&now["stage"], &now["pipeline_stage_id"], &now["pipeline_id"]),
            (&at.2, &json!(at.1), &json!(at.0))
        );
        let is_closed = now["stage"]
            .as_str()
            .is_some_and(|stage| stage.starts_with("closed_"));
        assert_eq!(now["actual_close_date"].is_string(), is_closed, "{now}");
    }
}

#[tokio::test]
async fn nobody_writes_the_history_by_hand() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let kim = client(&tenant, "kim@buyer.example").await;
    create(&tenant.api, DEALS, json!({"client_id": kim, "name": "Chairs"})).await;
    for statement in [
        "insert into crm_deal_stages_history (tenant_id, deal_id, to_stage, to_stage_name)
            select tenant_id, id, 'closed_won', 'Won' from crm_deals",
        "update crm_deal_stages_history set to_stage = 'closed_won'",
        "delete from crm_deal_stages_history",
    ] {
        let mut owner = server.owner().await;
        let begin = format!(
            "begin; set local role rapport_app; set local app.current_tenant_id = '{}'",
            tenant.id
        );
        owner.execute(AssertSqlSafe(begin)).await.expect("a transaction");
        let error = owner.execute(statement).await.expect_err("it is refused");
        let code = error.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {error}");
    }
}

#[tokio::test]
async fn of_two_who_move_a_deal_at_the_same_moment_one_is_told() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let kim = client(&tenant, "kim@buyer.example").await;
    let columns = columns(&tenant).await;
    let deal = create(&tenant.api, DEALS, json!({"client_id": kim, "name": "Chairs"})).await;
    let path = format!("{DEALS}/{}/move", id_of(&deal));
    let moves = [1, 2, 3].map(|to: usize| {
        let body = json!({"pipeline_stage_id": columns[to].0, "expected": columns[0].0});
        tenant.api.post(&path).json(&body).send()
    });
    let [a, b, c] = moves;
    let (a, b, c) = tokio::join!(a, b, c);
    let answers = [a, b, c];
    let done: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(done.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(409, "moved_meanwhile");
    }
    assert_eq!(history(&tenant.api, id_of(&deal)).await.len(), 2);
}

#[tokio::test]
async fn a_list_is_read_page_by_page_in_every_order() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let kim = client(&tenant, "kim@buyer.example").await;
    let mut dice = Dice(0x5EED_0002);
    for number in 0..23 {
        let date = (number % 3 > 0).then(|| format!("2026-0{}-01", 1 + dice.roll(4)));
        let body = json!({"client_id": kim, "name": format!("Deal {}", dice.roll(7)), "expected_close_date": date,
            "deal_value": dice.amount()});
        create(&tenant.api, DEALS, body).await;
    }
    for column in ["name", "deal_value", "expected_close_date", "created_at", "stage"] {
        for way in ["", "-"] {
            let sort = format!("{way}{column}");
            let mut seen: Vec<Value> = Vec::new();
            let mut cursor = String::new();
            loop {
                let path = format!("{DEALS}?sort={sort}&limit=4{cursor}");
                let page = tenant.api.get(&path).expect(200).await;
                seen.extend(items(&page).iter().cloned());
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            let mut ids: Vec<_> = seen.iter().map(id_of).collect();
            ids.sort();
            ids.dedup();
            assert_eq!((seen.len(), ids.len()), (23, 23), "{sort}");
            let value = |deal: &Value| match column {
                "deal_value" => deal[column].as_str().map(|amount| format!("{amount:0>12}")),
                // ids are made in the order of time
                "created_at" => deal["id"].as_str().map(str::to_owned),
                _ => deal[column].as_str().map(str::to_lowercase),
            };
            for pair in seen.windows(2) {
                let (one, next) = (value(&pair[0]), value(&pair[1]));
                let fits = match (&one, &next) {
                    (None, Some(_)) => false,
                    (_, None) => true,
                    (one, next) if way.is_empty() => one <= next,
                    (one, next) => one >= next,
                };
                assert!(fits, "{sort}: {one:?} before {next:?}");
            }
        }
    }
    let cursor = tenant
        .api
        .get(&format!("{DEALS}?sort=name&limit=1"))
        .expect(200)
        .await["next_cursor"]
        .clone();
    let path = format!("{DEALS}?sort=-name&cursor={}", cursor.as_str().expect("a cursor"));
    tenant.api.get(&path).send().await.problem(422, "bad_cursor");
    let path = format!("{DEALS}?sort=tenant_id");
    tenant.api.get(&path).send().await.problem(422, "bad_sort");
}

#[tokio::test]
async fn the_board_shows_each_column_with_its_sums_and_goes_on_in_the_list() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let kim = client(&tenant, "kim@buyer.example").await;
    for number in 0..53 {
        let currency = if number % 2 == 0 { "EUR" } else { "USD" };
        let body = json!({"client_id": kim, "name": format!("Deal {number}"), "deal_value": "0.10", "currency": currency});
        create(&tenant.api, DEALS, body).await;
    }
    let board = tenant
        .api
        .get("/api/v1/crm/deals/board?q=dea%20kim")
        .expect(200)
        .await;
    let column = &board["columns"][0];
    assert_eq!(
        (&column["count"], column["items"].as_array().map(Vec::len)),
        (&json!(53), Some(50))
    );
    let totals = json!([
        {"currency": "EUR", "count": 27, "total": "2.70", "weighted": "0.27"},
        {"currency": "USD", "count": 26, "total": "2.60", "weighted": "0.26"},
    ]);
    assert_eq!(column["totals"], totals);
    let path = format!(
        "{DEALS}?pipeline_stage_id={}&cursor={}",
        column["stage_id"].as_str().expect("a stage"),
        column["next_cursor"].as_str().expect("a cursor")
    );
    let rest = tenant.api.get(&path).expect(200).await;
    assert_eq!((items(&rest).len(), &rest["next_cursor"]), (3, &Value::Null));
    let none = tenant.api.get("/api/v1/crm/deals/board?q=eal").expect(200).await;
    assert_eq!(
        none["columns"][0]["count"], 0,
        "words are found by their beginnings"
    );
}

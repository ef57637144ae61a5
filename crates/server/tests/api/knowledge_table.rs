//! Keeping many Q&A pairs: the table with its filters and orders, how often a pair is used, near-duplicates and merges,
//! other phrasings, changes of many at once, and a file before and after it is imported.

use serde_json::{Value, json};
use testkit::{Server, Tenant, require_runtime};
use uuid::Uuid;

use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn a_table_of_answers_is_kept_in_order() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    pages_neither_repeat_nor_hide_rows_in_any_order(&tenant).await;
    uses_are_counted_with_the_answer(&tenant).await;
    another_phrasing_is_found_like_the_question(&tenant).await;
    a_merged_pair_answers_by_the_other_one_until_it_is_restored(&tenant).await;
    many_are_changed_at_once_and_changed_back(&tenant).await;
    a_file_is_looked_at_before_it_is_imported(&tenant).await;
    an_active_pair_is_deleted_by_few(&server, &tenant).await;
    more_changes_than_can_be_undone_are_refused(&tenant).await;
}

async fn write(tenant: &Tenant, body: Value) -> Value {
    tenant.api.post("/api/v1/qa-pairs").json(&body).expect(201).await
}

async fn list(tenant: &Tenant, query: &str) -> Vec<Value> {
    let list = tenant
        .api
        .get(&format!("/api/v1/qa-pairs?{query}"))
        .expect(200)
        .await;
    list["items"].as_array().expect("a list").clone()
}

fn questions(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .filter_map(|pair| pair["question"].as_str())
        .collect()
}

async fn pages_neither_repeat_nor_hide_rows_in_any_order(tenant: &Tenant) {
    for (number, category) in [
        (1, "shipping"),
        (2, "returns"),
        (3, "shipping"),
        (4, "care"),
        (5, "shipping"),
    ] {
        let body = json!({"question": format!("Question {} of the table?", 6 - number), "answer": format!("Answer {number}."),
            "category": category, "language": if number == 4 { "fr" } else { "en" }});
        write(tenant, body).await;
    }
    for sort in ["created", "updated", "question", "used"] {
        let whole: Vec<Value> = list(tenant, &format!("sort={sort}&q=of%20the%20table&limit=200")).await;
        assert_eq!(whole.len(), 5, "{sort}");
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/qa-pairs?sort={sort}&q=of%20the%20table&limit=2{cursor}");
            let page = tenant.api.get(&path).expect(200).await;
            seen.extend(page["items"].as_array().expect("a page").clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(questions(&seen), questions(&whole), "{sort}");
        if sort != "used" {
            let other = if sort == "question" { "created" } else { "question" };
            let path = format!("/api/v1/qa-pairs?sort={other}{cursor}");
            tenant.api.get(&path).send().await.problem(422, "bad_cursor");
        }
    }
    let by_name = list(tenant, "sort=question&q=of%20the%20table").await;
    assert_eq!(by_name[0]["question"], "Question 1 of the table?");
    let newest = list(tenant, "q=of%20the%20table&limit=1").await;
    assert_eq!(newest[0]["answer"], "Answer 5.");
    assert_eq!(list(tenant, "category=shipping&language=en").await.len(), 3);
    assert_eq!(list(tenant, "language=fr&source=manual").await.len(), 1);
    assert_eq!(list(tenant, "source=csv_import").await.len(), 0);
    let facets = tenant.api.get("/api/v1/qa-pairs/facets").expect(200).await;
    assert_eq!(facets["categories"][0], json!({"name": "shipping", "count": 3}));
    assert_eq!(
        facets["languages"],
        json!([{"name": "en", "count": 4}, {"name": "fr", "count": 1}])
    );
    assert_eq!((&facets["active"], &facets["inactive"]), (&json!(5), &json!(0)));
}

async fn uses_are_counted_with_the_answer(tenant: &Tenant) {
    let pair = tenant.teach("Do you deliver to the moon?", "Not yet.").await;
    for _ in 0..3 {
        let said = tenant.visitor().await.say("Do you deliver to the moon?").await;
        assert_eq!(said["answer"]["matched_qa_ids"], json!([pair]));
    }
    // trying out is no use
    tenant.ask("Do you deliver to the moon?").await;
    let most = list(tenant, "sort=used&limit=1").await;
    assert_eq!(
        (&most[0]["id"], &most[0]["used_in_answers"]),
        (&json!(pair), &json!(3))
    );
    let one = tenant
        .api
        .get(&format!("/api/v1/qa-pairs/{pair}"))
        .expect(200)
        .await;
    assert_eq!(one["used_in_answers"], 3);
}

async fn said(tenant: &Tenant, question: &str) -> Value {
    tenant.ask(question).await["answer"].clone()
}

async fn another_phrasing_is_found_like_the_question(tenant: &Tenant) {
    let body = json!({"question": "May dogs come into the showroom?", "answer": "On a lead, gladly.",
        "phrasings": ["Is Waldi welcome at Fennel's place?"]});
    let pair = write(tenant, body).await;
    let path = format!("/api/v1/qa-pairs/{}", pair["id"].as_str().expect("an id"));
    let answer = said(tenant, "Is Waldi welcome at Fennel's place?").await;
    assert_eq!(
        (&answer["text"], &answer["matched_qa_ids"]),
        (&json!("On a lead, gladly."), &json!([pair["id"]]))
    );
    assert_eq!(answer["sources"][0]["title"], "May dogs come into the showroom?");
    let patch = json!({"phrasings": ["Can Bello join us upstairs?"]});
    let changed = tenant.api.patch(&path).json(&patch).expect(200).await;
    assert_eq!(changed["phrasings"], patch["phrasings"]);
    assert_eq!(
        said(tenant, "Can Bello join us upstairs?").await["text"],
        "On a lead, gladly."
    );
    assert_eq!(
        said(tenant, "Is Waldi welcome at Fennel's place?").await["gap_detected"],
        true
    );
    let many: Vec<String> = (0..51).map(|n| format!("Way {n}?")).collect();
    let patch = json!({"phrasings": many});
    tenant
        .api
        .patch(&path)
        .json(&patch)
        .send()
        .await
        .problem(422, "too_many_phrasings");
}

async fn a_merged_pair_answers_by_the_other_one_until_it_is_restored(tenant: &Tenant) {
    let stays = tenant.teach("How do I wash the linen?", "At 40 degrees.").await;
    let goes = tenant.teach("How do I wash the  linen ?", "At forty.").await;
    let similar = |body: Value| async move {
        tenant
            .api
            .post("/api/v1/qa-pairs/similar")
            .json(&body)
            .expect(200)
            .await["items"]
            .clone()
    };
    let found =
        similar(json!({"question": "How do I wash the linen?", "answer": "At forty.", "exclude_id": stays}))
            .await;
    assert_eq!(
        (&found[0]["qa_pair"]["id"], &found[0]["has_same_answer"]),
        (&json!(goes), &json!(true))
    );
    assert!(found[0]["similarity"].as_f64() >= Some(0.95), "{found}");
    let far = similar(json!({"question": "Who composed the opera about the flute?"})).await;
    assert!(
        far.as_array()
            .expect("a list")
            .iter()
            .all(|item| item["similarity"].as_f64() < Some(0.95)),
        "{far}"
    );

    let merge = |from: Uuid| format!("/api/v1/qa-pairs/{from}/merge");
    tenant
        .api
        .post(&merge(goes))
        .json(&json!({"into_id": goes}))
        .send()
        .await
        .problem(422, "merge_with_itself");
    let body = json!({"into_id": stays, "answer": "At 40 degrees, inside out."});
    let done = tenant.api.post(&merge(goes)).json(&body).expect(200).await;
    assert_eq!(
        done["qa_pair"]["phrasings"],
        json!(["How do I wash the  linen ?"])
    );
    assert_eq!(
        (&done["merged"]["is_active"], &done["merged"]["merged_into"]),
        (&json!(false), &json!(stays))
    );
    let answer = said(tenant, "How do I wash the linen ?").await;
    assert_eq!(
        (&answer["text"], &answer["matched_qa_ids"]),
        (&json!("At 40 degrees, inside out."), &json!([stays]))
    );
    tenant
        .api
        .post(&merge(goes))
        .json(&body)
        .send()
        .await
        .problem(409, "already_merged");
    tenant
        .api
        .post(&merge(stays))
        .json(&json!({"into_id": goes}))
        .send()
        .await
        .problem(409, "merge_target_inactive");

    let restore = format!("/api/v1/qa-pairs/{goes}/restore");
    let back = tenant.api.post(&restore).expect(200).await;
    assert_eq!(
        (&back["is_active"], &back["merged_into"]),
        (&json!(true), &Value::Null)
    );
    let other = tenant
        .api
        .get(&format!("/api/v1/qa-pairs/{stays}"))
        .expect(200)
        .await;
    assert_eq!(
        (&other["answer"], &other["phrasings"]),
        (&json!("At 40 degrees."), &json!([]))
    );
    tenant.api.post(&restore).send().await.problem(409, "not_merged");
    // turning a merged pair on by hand does not leave its words in two places
    tenant
        .api
        .post(&merge(goes))
        .json(&json!({"into_id": stays}))
        .expect(200)
        .await;
    let path = format!("/api/v1/qa-pairs/{goes}");
    tenant
        .api
        .patch(&path)
        .json(&json!({"is_active": true}))
        .expect(200)
        .await;
    let other = tenant
        .api
        .get(&format!("/api/v1/qa-pairs/{stays}"))
        .expect(200)
        .await;
    assert_eq!(other["phrasings"], json!([]));
    tenant.api.delete(&path).expect(204).await;
}

async fn many_are_changed_at_once_and_changed_back(tenant: &Tenant) {
    let before = list(tenant, "sort=question&q=of%20the%20table").await;
    let bulk = |changes: Value| async move {
        tenant
            .api
            .post("/api/v1/qa-pairs/bulk")
            .json(&json!({"changes": changes}))
            .expect(200)
            .await
    };
    let ids: Vec<&Value> = before.iter().map(|pair| &pair["id"]).collect();
    let done = bulk(json!([{"ids": ids, "change": {"category": "delivery", "is_active": false}}])).await;
    assert_eq!(done["changed"], 5);
    let after = list(tenant, "category=delivery&is_active=false").await;
    assert_eq!(after.len(), 5);
    assert_eq!(
        said(tenant, "Question 1 of the table?").await["matched_qa_ids"],
        json!([])
    );
    let more = bulk(json!([{"filter": {"category": "delivery"}, "change": {"language": ""}}])).await;
    assert_eq!(
        (&more["changed"], list(tenant, "language=none").await.len()),
        (&json!(5), 5)
    );
    bulk(more["undo"].clone()).await;
    bulk(done["undo"].clone()).await;
    let restored = list(tenant, "sort=question&q=of%20the%20table").await;
    let told = |pairs: &[Value]| -> Vec<Value> {
        let fields =
            |pair: &Value| json!([pair["id"], pair["category"], pair["language"], pair["is_active"]]);
        pairs.iter().map(fields).collect()
    };
    assert_eq!(told(&restored), told(&before));
    for (bad, code) in [
        (
            json!({"ids": [], "filter": {}, "change": {"is_active": true}}),
            "bad_change",
        ),
        (json!({"ids": [], "change": {}}), "bad_change"),
        (json!({"filter": {}, "change": {"category": " "}}), "bad_category"),
        (
            json!({"filter": {}, "change": {"language": "French"}}),
            "bad_language",
        ),
    ] {
        let body = json!({"changes": [bad]});
        tenant
            .api
            .post("/api/v1/qa-pairs/bulk")
            .json(&body)
            .send()
            .await
            .problem(422, code);
    }
}

async fn more_changes_than_can_be_undone_are_refused(tenant: &Tenant) {
    let rows = (0..41).map(|number| format!("How heavy is lamp {number}?,{number} pounds.\n"));
    let file = format!("question,answer\n{}", rows.collect::<String>());
    let import = tenant.api.post("/api/v1/qa-pairs/import");
    import.body("text/csv", file.into_bytes()).expect(200).await;
    let bulk = |count: usize| {
        let changes = (0..count).map(|number| {
            let category = if number % 2 == 0 { "light" } else { "lamps" };
            json!({"filter": {"q": "How heavy is lamp"}, "change": {"category": category}})
        });
        let body = json!({"changes": changes.collect::<Vec<_>>()});
        tenant.api.post("/api/v1/qa-pairs/bulk").json(&body).send()
    };
    bulk(500).await.problem(422, "too_many_pairs");
    assert_eq!(list(tenant, "category=lamps").await.len(), 0);
    assert_eq!(bulk(4).await.expect(200)["changed"], 4 * 41);
}

async fn a_file_is_looked_at_before_it_is_imported(tenant: &Tenant) {
    tenant.teach("Where is the lift?", "Behind the stairs.").await;
    let file = "\u{feff}R\u{e9}ponse;Cat\u{e9}gorie;Question\r\nBehind the stairs.;visits;Where is the lift?\r\n\
        Next to the door.;visits;Where is the bell?\r\nNever.;visits;\r\nOn the left.;visits;where is the BELL?\r\n";
    let call = |path: &str, body: &str| {
        let path = format!("/api/v1/qa-pairs/{path}");
        tenant
            .api
            .post(&path)
            .body("text/csv", body.as_bytes().to_vec())
            .send()
    };
    // a line of nothing but separators would take many times its length in memory
    for (body, code) in [
        (",".repeat(2_000_000), "line_too_long"),
        (",".repeat(50_000), "too_many_columns"),
        (
            format!("question,answer\nQ,A{}\n", ",".repeat(2_000_000)),
            "line_too_long",
        ),
    ] {
        for path in ["import/preview", "import"] {
            call(path, &body).await.problem(422, code);
        }
    }
    let preview = call("import/preview", file).await.expect(200);
    assert_eq!(
        preview["mapping"],
        json!({"question": "Question", "answer": "R\u{e9}ponse", "category": "Cat\u{e9}gorie", "language": null})
    );
    let told = |preview: &Value| -> Vec<(i64, String)> {
        let rows = preview["rows"].as_array().expect("rows").iter();
        rows.map(|row| {
            (
                row["line"].as_i64().unwrap_or(0),
                row["status"].as_str().unwrap_or("").to_owned(),
            )
        })
        .collect()
    };
    let row = |line: i64, status: &str| (line, status.to_owned());
    assert_eq!(
        told(&preview),
        [
            row(2, "duplicate"),
            row(3, "new"),
            row(4, "error"),
            row(5, "duplicate")
        ]
    );
    assert_eq!(
        preview["counts"],
        json!({"new": 1, "update": 0, "duplicate": 2, "error": 1})
    );
    assert_eq!(
        list(tenant, "q=the%20bell").await.len(),
        0,
        "looking stores nothing"
    );

    let done = call("import", file).await.expect(200);
    assert_eq!(
        (
            &done["imported"],
            &done["updated"],
            &done["skipped"],
            &done["stopped"]
        ),
        (&json!(1), &json!(0), &json!(2), &Value::Null)
    );
    assert_eq!(done["errors"][0]["line"], 4);

    let changed = "frage,antwort\nWhere is the bell?,It was removed.\nWhere is the little bell?,Gone.\n";
    let preview = call("import/preview", changed).await.expect(200);
    assert_eq!(
        (&preview["columns"], &preview["rows"]),
        (&json!(["frage", "antwort"]), &json!([]))
    );
    call("import", changed).await.problem(422, "columns_missing");
    let mapped = call("import/preview?question=frage&answer=antwort", changed)
        .await
        .expect(200);
    assert_eq!(told(&mapped), [row(2, "update"), row(3, "new")]);
    assert!(
        mapped["rows"][0]["detail"]
            .as_str()
            .is_some_and(|now| now.contains("Next to the door.")),
        "{mapped}"
    );
    let kept = call("import?question=frage&answer=antwort&existing=skip", changed)
        .await
        .expect(200);
    assert_eq!((&kept["imported"], &kept["skipped"]), (&json!(1), &json!(1)));
    let done = call("import?question=frage&answer=antwort", changed)
        .await
        .expect(200);
    assert_eq!(
        (&done["imported"], &done["updated"], &done["skipped"]),
        (&json!(0), &json!(1), &json!(1))
    );
    assert_eq!(
        said(tenant, "Where is the bell?").await["text"],
        "It was removed."
    );
    let same = "question,answer\nWhere are the bells ?,Far away.\nWhere is the bell ?,There.\n";
    let preview = call("import/preview", same).await.expect(200);
    assert_eq!(
        preview["rows"][1]["similar"]["question"], "Where is the bell?",
        "{preview}"
    );
}

async fn an_active_pair_is_deleted_by_few(server: &Server, tenant: &Tenant) {
    let agent = server.member(tenant, "agent@shop.example", "agent").await;
    let id = tenant.teach("Is the roof terrace open?", "In summer.").await;
    let path = format!("/api/v1/qa-pairs/{id}");
    agent.delete(&path).send().await.problem(409, "qa_pair_active");
    agent
        .patch(&path)
        .json(&json!({"is_active": false}))
        .expect(200)
        .await;
    agent.delete(&path).expect(204).await;
    let id = tenant.teach("Is the garden open?", "Always.").await;
    tenant
        .api
        .delete(&format!("/api/v1/qa-pairs/{id}"))
        .expect(204)
        .await;
}

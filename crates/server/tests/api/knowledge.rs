//! What a tenant knows and does not know yet: gaps, CSV files, documents, and the search function of the database.

use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection};
use testkit::{Server, Tenant, require_runtime};
use uuid::Uuid;

use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn what_is_taught_is_answered_from_at_once() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    a_gap_is_noted_once_counted_and_closed(&tenant).await;
    a_gap_is_closed_by_one_colleague_only(&tenant).await;
    a_changed_pair_is_answered_from_at_once(&tenant).await;
    a_document_is_quoted_with_its_source(&tenant).await;
    a_csv_file_is_imported_but_for_its_bad_rows(&tenant).await;
    an_exported_file_can_be_imported_again(&server, &tenant).await;
    the_search_function_finds_what_is_near(&server).await;
}

async fn gaps(tenant: &Tenant, status: &str) -> Vec<Value> {
    let list = tenant
        .api
        .get(&format!("/api/v1/gaps?status={status}"))
        .expect(200)
        .await;
    list["items"].as_array().expect("a list").clone()
}

async fn a_gap_is_noted_once_counted_and_closed(tenant: &Tenant) {
    let nearest = tenant.teach("Where is the shop?", "In Ghent.").await;
    let question = "Can I bring my elephant?";
    let visitor = tenant.visitor().await;
    let said = visitor.say(question).await;
    assert_eq!(
        (
            &said["answer"]["gap_detected"],
            &said["answer"]["escalation_offered"]
        ),
        (&json!(true), &json!(true))
    );
    assert_eq!(said["answer"]["sources"], json!([]));
    visitor.say(&question.to_uppercase()).await;
    tenant.visitor().await.say(question).await;
    tenant.ask(question).await;
    let open = gaps(tenant, "open").await;
    assert_eq!(open.len(), 1, "{open:?}");
    let gap = &open[0];
    assert_eq!(
        (&gap["question"], &gap["times_asked"]),
        (&json!(question), &json!(3))
    );
    assert_eq!(gap["conversation_id"], visitor.conversation_id.to_string());
    assert_eq!(gap["ai_answer"], said["answer"]["text"]);
    assert_eq!(gap["best_match_id"], nearest.to_string());

    let path = format!("/api/v1/gaps/{}/resolve", gap["id"].as_str().expect("an id"));
    let resolved = tenant
        .api
        .post(&path)
        .json(&json!({"answer": "Elephants wait outside."}))
        .expect(200)
        .await;
    assert_eq!(
        (&resolved["gap"]["status"], &resolved["qa_pair"]["source"]),
        (&json!("resolved"), &json!("gap"))
    );
    assert_eq!(resolved["gap"]["resolved_qa_id"], resolved["qa_pair"]["id"]);
    let said = visitor.say(question).await;
    assert_eq!(
        (&said["answer"]["text"], &said["answer"]["gap_detected"]),
        (&json!("Elephants wait outside."), &json!(false))
    );
    assert_eq!(
        said["answer"]["matched_qa_ids"],
        json!([resolved["qa_pair"]["id"]])
    );
    assert_eq!(
        (
            gaps(tenant, "open").await.len(),
            gaps(tenant, "resolved").await.len()
        ),
        (0, 1)
    );
}

async fn a_gap_is_closed_by_one_colleague_only(tenant: &Tenant) {
    tenant
        .visitor()
        .await
        .say("Who painted the ceiling of the chapel?")
        .await;
    let gap = gaps(tenant, "open").await.remove(0);
    let path = |action: &str| format!("/api/v1/gaps/{}/{action}", gap["id"].as_str().expect("an id"));
    let (resolve, dismiss) = (path("resolve"), path("dismiss"));
    let empty = tenant
        .api
        .post(&resolve)
        .json(&json!({"answer": " "}))
        .send()
        .await;
    empty.problem(422, "bad_answer");
    let dismissed = tenant.api.post(&dismiss).expect(200).await;
    assert_eq!(dismissed["status"], "dismissed");
    tenant.api.post(&dismiss).send().await.problem(409, "gap_closed");
    tenant
        .api
        .post(&resolve)
        .json(&json!({"answer": "A painter."}))
        .send()
        .await
        .problem(409, "gap_closed");
    let pairs = tenant.api.get("/api/v1/qa-pairs?q=painter").expect(200).await;
    assert_eq!(
        pairs["items"],
        json!([]),
        "the second colleague's answer is not half kept"
    );
}

async fn a_changed_pair_is_answered_from_at_once(tenant: &Tenant) {
    let body = json!({"question": "How long is the guarantee?", "answer": "Two years."});
    let made = tenant.api.post("/api/v1/qa-pairs").json(&body).expect(201).await;
    assert_eq!(made["near_duplicate"], Value::Null);
    let body = json!({"question": "How long is the guarantee ?", "answer": "Five years."});
    let again = tenant.api.post("/api/v1/qa-pairs").json(&body).expect(201).await;
    assert_eq!(again["near_duplicate"]["id"], made["id"]);
    let path = |pair: &Value| format!("/api/v1/qa-pairs/{}", pair["id"].as_str().expect("an id"));
    tenant.api.delete(&path(&again)).expect(204).await;
    let said = async || tenant.ask("How long is the guarantee?").await["answer"]["text"].clone();
    assert_eq!(said().await, "Two years.");
    tenant
        .api
        .patch(&path(&made))
        .json(&json!({"answer": "Ten years."}))
        .expect(200)
        .await;
    assert_eq!(said().await, "Ten years.");
    tenant
        .api
        .patch(&path(&made))
        .json(&json!({"is_active": false}))
        .expect(200)
        .await;
    assert_ne!(said().await, "Ten years.");
    let empty = tenant
        .api
        .patch(&path(&made))
        .json(&json!({"question": " "}))
        .send()
        .await;
    empty.problem(422, "bad_question");
}

async fn a_document_is_quoted_with_its_source(tenant: &Tenant) {
    let text = "# Care\nOil the oak table with linseed oil once a year, and wipe spilt wine off at once.\n\n\
        # Repairs\nOur workshop in the harbour mends broken chairs on Tuesdays.";
    let url = "https://shop.example/care";
    let id = tenant.learn("Care guide", text, Some(url)).await;
    let question = "How often should I oil the oak table?";
    let said = tenant.visitor().await.say(question).await;
    let answer = &said["answer"];
    assert!(
        answer["text"]
            .as_str()
            .is_some_and(|text| text.contains("linseed oil once a year")),
        "{answer}"
    );
    let source = &answer["sources"][0];
    assert_eq!(
        (&source["kind"], &source["url"]),
        (&json!("passage"), &json!(url))
    );
    assert!(
        source["title"]
            .as_str()
            .is_some_and(|title| title.contains("Care")),
        "{source}"
    );
    tenant
        .api
        .delete(&format!("/api/v1/documents/{id}"))
        .expect(204)
        .await;
    assert_eq!(tenant.ask(question).await["answer"]["gap_detected"], true);
    let bad = json!({"title": "Care", "text": "Oil it.", "url": "javascript:alert(1)"});
    tenant
        .api
        .post("/api/v1/documents")
        .json(&bad)
        .send()
        .await
        .problem(422, "bad_url");
}

async fn a_csv_file_is_imported_but_for_its_bad_rows(tenant: &Tenant) {
    let import = |body: Vec<u8>| {
        tenant
            .api
            .post("/api/v1/qa-pairs/import")
            .body("text/csv", body)
            .send()
    };
    let long = "x".repeat(1001);
    let file = format!(
        "\u{feff}Answer;Question;Category\r\nOn Mondays.;\"When is the market;\nexactly?\";visits\r\n;No answer?;\r\nNo question.;;\r\nToo long.;{long};\r\nIn the hall.;Where is the market?;\r\n"
    );
    let done = import(file.into_bytes()).await.expect(200);
    assert_eq!(done["imported"], 2, "{done}");
    let lines: Vec<i64> = done["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|error| error["line"].as_i64())
        .collect();
    assert_eq!(lines, [4, 5, 6]);
    assert_eq!(
        tenant.ask("Where is the market?").await["answer"]["text"],
        "In the hall."
    );
    let market = tenant
        .api
        .get("/api/v1/qa-pairs?category=visits")
        .expect(200)
        .await;
    assert_eq!(market["items"][0]["question"], "When is the market;\nexactly?");
    assert_eq!(market["items"][0]["source"], "csv_import");

    import(b"x,y\n1,2\n".to_vec())
        .await
        .problem(422, "columns_missing");
    import(vec![0xff, 0xfe, 0x00]).await.problem(422, "not_utf8");
    import(format!("question,answer\n{}", ",\n".repeat(200)).into_bytes())
        .await
        .problem(422, "too_many_errors");
}

async fn an_exported_file_can_be_imported_again(server: &Server, tenant: &Tenant) {
    tenant
        .teach("=HYPERLINK(\"https://evil.example\")", "\t@SUM(1)")
        .await;
    tenant
        .teach("Which days are you open?", "- Monday\n- Tuesday")
        .await;
    let export = tenant.api.get("/api/v1/qa-pairs/export").send().await;
    assert!(
        export
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/csv"))
    );
    assert!(
        export
            .header("content-disposition")
            .is_some_and(|how| how.starts_with("attachment"))
    );
    let text = export.text();
    assert!(
        text.contains("\"'=HYPERLINK") && !text.contains("\"=HYPERLINK") && !text.contains("\"@"),
        "{text}"
    );
    let copy = server.tenant("Copy").await;
    let done = copy
        .api
        .post("/api/v1/qa-pairs/import")
        .body("text/csv", export.body)
        .expect(200)
        .await;
    assert_eq!(done["errors"], json!([]));
    let pairs = async |tenant: &Tenant| {
        let list = tenant.api.get("/api/v1/qa-pairs?limit=200").expect(200).await;
        let items = list["items"].as_array().expect("pairs").iter();
        let mut pairs: Vec<String> = items
            .map(|pair| format!("{} → {}", pair["question"], pair["answer"]))
            .collect();
        pairs.sort();
        pairs
    };
    assert_eq!(pairs(&copy).await, pairs(tenant).await);
}

type Match = (Uuid, String, String, String, f64);

/// As the application, inside a tenant: `search_qa_pairs(workspace, embedding, threshold, count)`.
async fn search(
    app: &mut PgConnection,
    tenant: Uuid,
    workspace: Uuid,
    vector: &str,
    rest: &str,
) -> Vec<Match> {
    let mut tx = app.begin().await.expect("a transaction");
    let set = format!("set local app.current_tenant_id = '{tenant}'");
    tx.execute(sqlx::AssertSqlSafe(set)).await.expect("the tenant");
    let call = format!(
        "select id, question, answer, category, similarity from search_qa_pairs($1, $2::text::vector{rest})"
    );
    let found = sqlx::query_as(sqlx::AssertSqlSafe(call))
        .bind(workspace)
        .bind(vector)
        .fetch_all(&mut *tx);
    found.await.expect("matches")
}

async fn the_search_function_finds_what_is_near(server: &Server) {
    let (ours, theirs) = (server.tenant("Ours").await, server.tenant("Theirs").await);
    let same = ours.teach("Where is the shop?", "In Ghent.").await;
    let near = ours.teach("Where can I find your shop?", "In Ghent, too.").await;
    let far = ours.teach("Do penguins fly?", "No.").await;
    let off = ours.teach("Where is the shop please?", "Switched off.").await;
    let path = format!("/api/v1/qa-pairs/{off}");
    ours.api
        .patch(&path)
        .json(&json!({"is_active": false}))
        .expect(200)
        .await;
    theirs.teach("Where is the shop?", "Elsewhere.").await;
    let vector: String = sqlx::query_scalar("select embedding::text from qa_pairs where id = $1")
        .bind(same)
        .fetch_one(&mut server.owner().await)
        .await
        .expect("a vector");
    let mut app = server.connect_as("rapport_app").await;

    let found = search(&mut app, ours.id, ours.id, &vector, "").await;
    let ids: Vec<Uuid> = found.iter().map(|row| row.0).collect();
    assert_eq!(ids, [same, near], "above 0.5 and active, the nearest first");
    let (_, question, answer, category, similarity) = &found[0];
    assert_eq!(
        (question.as_str(), answer.as_str(), category.as_str()),
        ("Where is the shop?", "In Ghent.", "general")
    );
    assert!(
        (similarity - 1.0).abs() < 1e-6 && found[1].4 < *similarity && found[1].4 > 0.5,
        "{found:?}"
    );
    let all = search(&mut app, ours.id, ours.id, &vector, ", -1.0, 10").await;
    assert_eq!(all.iter().map(|row| row.0).collect::<Vec<_>>(), [same, near, far]);
    assert_eq!(
        search(&mut app, ours.id, ours.id, &vector, ", -1.0, 1")
            .await
            .len(),
        1
    );
    assert_eq!(
        search(&mut app, ours.id, ours.id, &vector, ", 0.95").await.len(),
        1
    );
    assert_eq!(
        search(&mut app, ours.id, ours.id, "[1,0,0]", "").await,
        [],
        "another model's vector matches nothing"
    );
    assert_eq!(
        search(&mut app, ours.id, theirs.id, &vector, "").await,
        [],
        "another workspace"
    );
}

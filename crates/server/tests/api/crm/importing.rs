//! Clients as files: columns that are understood, rows that are judged, and what comes out again.

use serde_json::{Value, json};
use testkit::{Tenant, require_runtime};

use super::{client, id, names, open};
use crate::quick_tenant;
use crate::support::server;

const FILE: &str = "Nom;E-mail;T\u{e9}l\u{e9}phone;Etiquettes;Taille\n\
    Zo\u{e9};zoe@x.example;;VIP, Paris;L\n\
    Bob;BOB@x.example;'+33 6 1;;\n\
    Carl;nowhere;;;\n\
    ;;;;\n\
    Zo\u{e9} again;ZOE@x.example;999;;XXL\n\
    ;;;only a tag;\n";

async fn import(tenant: &Tenant, body: Value) -> Value {
    tenant
        .api
        .post("/api/v1/crm/clients/import")
        .json(&body)
        .expect(200)
        .await
}

#[tokio::test]
async fn a_file_is_judged_before_it_is_imported() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let field = json!({"entity": "client", "label": "Taille", "field_type": "choice", "choices": ["S", "L"]});
    tenant
        .api
        .post("/api/v1/crm/fields")
        .json(&field)
        .expect(201)
        .await;
    let bob = id(&client(
        &tenant,
        json!({"name": "Robert", "email": "bob@x.example", "tags": ["old"]}),
    )
    .await);

    let columns = tenant.api.post("/api/v1/crm/clients/import/columns");
    let columns = columns.json(&json!({"csv": FILE})).expect(200).await;
    let suggested: Vec<&str> = columns["columns"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|c| c["suggested"].as_str())
        .collect();
    assert_eq!(suggested, ["name", "email", "phone", "tags", "custom.taille"]);
    assert_eq!(
        (&columns["rows"], &columns["separator"]),
        (&json!(5), &json!(";"))
    );

    let mut body =
        json!({"csv": FILE, "on_duplicate": "update", "dry_run": true, "default_tags": ["import"]});
    let tried = import(&tenant, body.clone()).await;
    let numbers = |result: &Value| {
        ["rows", "created", "updated", "skipped", "failed"].map(|key| result[key].as_i64().expect("a number"))
    };
    assert_eq!(numbers(&tried), [5, 1, 1, 0, 3], "{tried:#}");
    let errors: Vec<(i64, &str)> = tried["errors"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|error| {
            (
                error["row"].as_i64().unwrap_or(0),
                error["code"].as_str().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(
        errors,
        [(4, "bad_email"), (6, "bad_custom_field"), (7, "no_name")]
    );
    assert_eq!(tried["preview"][1]["id"], bob.as_str());
    assert_eq!(names(&tenant, "").await, ["Robert"], "only tried");

    body["dry_run"] = false.into();
    assert_eq!(numbers(&import(&tenant, body.clone()).await), numbers(&tried));
    assert_eq!(names(&tenant, "sort=name").await, ["Bob", "Zoé"]);
    let known = open(&tenant, &bob).await;
    assert_eq!(
        (&known["phone"], &known["tags"]),
        (&json!("+33 6 1"), &json!(["old"]))
    );
    assert_eq!(names(&tenant, "tag=import&tag=VIP&field.taille=L").await, ["Zoé"]);

    body["on_duplicate"] = "skip".into();
    assert_eq!(numbers(&import(&tenant, body.clone()).await), [5, 0, 0, 3, 2]);
    body["mapping"] = json!({"Nom": "favourite"});
    let refused = tenant
        .api
        .post("/api/v1/crm/clients/import")
        .json(&body)
        .send()
        .await;
    refused.problem(422, "bad_mapping");
}

#[tokio::test]
async fn what_is_exported_is_safe_to_open_and_imported_again() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let body = json!({"name": "=HYPERLINK(\"http://x\")", "email": "a@x.example", "phone": "+33 6 11", "tags": ["A", "B b"],
        "address": {"city": "Gand; Gent"}});
    let made = id(&client(&tenant, body).await);
    client(&tenant, json!({"name": "Other"})).await;
    let file = tenant
        .api
        .get("/api/v1/crm/clients/export.csv?has_email=true")
        .send()
        .await;
    assert_eq!(file.status, 200);
    let text = file.text();
    assert!(
        text.contains("\"'=HYPERLINK(\"\"http://x\"\")\"") && text.contains("'+33 6 11"),
        "{text}"
    );
    assert!(!text.contains("Other"), "{text}");
    let path = format!("/api/v1/crm/clients/{made}");
    tenant
        .api
        .patch(&path)
        .json(&json!({"name": "Changed", "address": null}))
        .expect(200)
        .await;
    let result = import(&tenant, json!({"csv": text, "on_duplicate": "update"})).await;
    assert_eq!(
        (&result["updated"], &result["failed"]),
        (&json!(1), &json!(0)),
        "{result:#}"
    );
    let again = open(&tenant, &made).await;
    assert_eq!(
        (
            &again["name"],
            &again["phone"],
            &again["address"]["city"],
            &again["tags"]
        ),
        (
            &json!("=HYPERLINK(\"http://x\")"),
            &json!("+33 6 11"),
            &json!("Gand; Gent"),
            &json!(["A", "B b"])
        )
    );
}

#[tokio::test]
async fn an_import_ends_at_its_limits() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let many = format!("name\n{}", "Kim\n".repeat(10_001));
    let refused = tenant
        .api
        .post("/api/v1/crm/clients/import")
        .json(&json!({"csv": many}))
        .send()
        .await;
    refused.problem(422, "too_many_rows");
    let neither = tenant
        .api
        .post("/api/v1/crm/clients/import")
        .json(&json!({}))
        .send()
        .await;
    neither.problem(422, "no_rows");
    let most = format!(
        "name,email\n{}",
        (0..10_000)
            .map(|n| format!("Kim {n},kim{n}@x.example\n"))
            .collect::<String>()
    );
    let result = import(&tenant, json!({"csv": most})).await;
    assert_eq!(result["created"], 10_000);
    let count = tenant
        .api
        .get("/api/v1/crm/clients/count?q=kim")
        .expect(200)
        .await;
    assert_eq!(count, json!({"count": 10_000, "is_capped": false}));
}

#[tokio::test]
async fn an_import_follows_to_the_client_that_another_became_and_two_at_once_make_nobody_twice() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let kept = id(&client(&tenant, json!({"name": "Kept", "ecommerce_customer_id": "c-1"})).await);
    let merged = json!({"name": "Merged", "ecommerce_customer_id": "c-2"});
    let merged = id(&client(&tenant, merged).await);
    let path = format!("/api/v1/crm/clients/{kept}/merge");
    let body = json!({"merged_id": merged});
    tenant.api.post(&path).json(&body).expect(200).await;
    let file = json!({"csv": "name,ecommerce_customer_id,phone\nAnew,c-2,12345\n", "on_duplicate": "update",
        "match_by": ["ecommerce_customer_id"]});
    let done = import(&tenant, file).await;
    assert_eq!(
        (&done["updated"], &done["failed"]),
        (&json!(1), &json!(0)),
        "{done}"
    );
    let now = open(&tenant, &kept).await;
    assert_eq!(
        (&now["name"], &now["phone"], &now["ecommerce_customer_id"]),
        (&json!("Anew"), &json!("12345"), &json!("c-1"))
    );

    let file = json!({"csv": "name,email\nZoe,zoe@x.example\nBob,bob@x.example\n"});
    let (one, two) = tokio::join!(import(&tenant, file.clone()), import(&tenant, file));
    let created = one["created"].as_u64().zip(two["created"].as_u64());
    assert_eq!(created.map(|(one, two)| one + two), Some(2), "{one} {two}");
}

#[tokio::test]
async fn a_cell_that_cannot_be_kept_spoils_its_own_row_alone() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let file = json!({"rows": [
        {"name": "Fine"}, {"name": "With \u{0}"}, {"name": "Late", "next_follow_up_date": "+262142-01-01T00:00:00Z"},
    ]});
    let done = import(&tenant, file).await;
    assert_eq!(
        (&done["created"], &done["failed"]),
        (&json!(1), &json!(2)),
        "{done}"
    );
    let open = json!({"csv": "name,phone\nFine,1\n\"Open,2\nLost,3\n"});
    let call = tenant.api.post("/api/v1/crm/clients/import");
    let refused = call.json(&open).send().await.problem(422, "unclosed_quote");
    assert!(refused["detail"].to_string().contains("line 3"), "{refused}");

    let orders = json!({"items": [
        {"client": {"email": "kim@x.example"}, "order_number": "A-1", "total": "1.00"},
        {"client": {"email": "kim@x.example"}, "order_number": "A\u{0}2", "total": "1.00"},
        {"client": {"email": "kim@x.example"}, "order_number": "A-3", "total": "1.00", "order_date": "+20000-01-01T00:00:00Z"},
    ]});
    let call = tenant.api.post("/api/v1/crm/orders/bulk");
    let done = call.json(&orders).expect(200).await;
    assert_eq!(
        (&done["created"], &done["failed"]),
        (&json!(1), &json!(2)),
        "{done}"
    );
    for body in [
        json!({"name": "A\u{0}"}),
        json!({"name": "A", "next_follow_up_date": "+262142-01-01T00:00:00Z"}),
    ] {
        let call = tenant.api.post("/api/v1/crm/clients").json(&body);
        assert_eq!(call.send().await.status, 422, "{body}");
    }
}

#[tokio::test]
async fn fields_of_deals_and_products_are_checked_like_those_of_clients() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let kim = client(&tenant, json!({"name": "Kim"})).await;
    for (entity, path, body) in [
        (
            "deal",
            "/api/v1/crm/deals",
            json!({"name": "Desks", "client_id": kim["id"]}),
        ),
        ("product", "/api/v1/crm/products", json!({"name": "Desk"})),
    ] {
        let field = json!({"entity": entity, "label": "Weight", "field_type": "number"});
        tenant
            .api
            .post("/api/v1/crm/fields")
            .json(&field)
            .expect(201)
            .await;
        for (own, code) in [
            (json!({"weight": "heavy"}), 422),
            (json!({"wait": 1}), 422),
            (json!({"weight": "1,5"}), 201),
        ] {
            let mut body = body.clone();
            body["custom_fields"] = own.clone();
            let answer = tenant.api.post(path).json(&body).send().await;
            assert_eq!(answer.status, code, "{entity} {own}: {}", answer.text());
        }
    }
}

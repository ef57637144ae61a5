//! Finding clients: words, filters, orders, pages, segments, and the same change for many.

use serde_json::{Value, json};
use testkit::require_runtime;

use super::{client, id, names, open};
use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn clients_are_found_by_words_in_any_script() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    for (name, email, phone) in [
        ("Émile Zola", "emile@x.example", "+33 6 11 22 33 44"),
        ("Анна Каренина", "anna@y.example", "+7 495 123-45-67"),
        ("王小明", "wang@z.example", "0044 20 7946 0000"),
    ] {
        client(&tenant, json!({"name": name, "email": email, "phone": phone})).await;
    }
    for (q, found) in [
        ("emile", "Émile Zola"),
        ("ZOLA%20%C3%A9m", "Émile Zola"),
        ("emile@x.ex", "Émile Zola"),
        ("06%2011%2022", "Émile Zola"),
        ("%2B336112", "Émile Zola"),
        ("%D0%9A%D0%90%D0%A0%D0%95%D0%9D", "Анна Каренина"),
        ("%E5%B0%8F%E6%98%8E", "王小明"),
        ("207946", "王小明"),
    ] {
        assert_eq!(names(&tenant, &format!("q={q}")).await, [found], "{q}");
    }
    for q in ["zol%20", "nobody", "%21%21"] {
        assert!(names(&tenant, &format!("q={q}")).await.is_empty(), "{q}");
    }
}

#[tokio::test]
async fn every_order_gives_each_client_once_and_those_without_a_value_last() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    for n in 0..7 {
        let date = (n % 3 > 0).then(|| format!("2026-02-0{}T00:00:00Z", n % 3));
        let body = json!({"name": format!("C{n}"), "company_name": (n % 2 > 0).then_some("Same"),
            "next_follow_up_date": date, "source": (n % 4 == 0).then_some("fair")});
        client(&tenant, body).await;
    }
    for column in [
        "name",
        "company_name",
        "email",
        "client_type",
        "lifecycle_stage",
        "lead_quality",
        "assigned_to",
        "source",
        "lead_score",
        "total_orders",
        "total_revenue",
        "average_order_value",
        "first_contact_date",
        "last_contact_date",
        "next_follow_up_date",
        "created_at",
        "updated_at",
    ] {
        for sort in [column.to_owned(), format!("-{column}")] {
            let (mut seen, mut values, mut cursor) = (Vec::new(), Vec::new(), String::new());
            loop {
                let path = format!("/api/v1/crm/clients?sort={sort}&limit=2{cursor}");
                let page = tenant.api.get(&path).expect(200).await;
                for item in page["items"].as_array().expect("a list") {
                    seen.push(id(item));
                    values.push(item[column].clone());
                }
                let Some(next) = page["next_cursor"].as_str() else {
                    break;
                };
                cursor = format!("&cursor={next}");
            }
            seen.sort();
            seen.dedup();
            assert_eq!((seen.len(), values.len()), (7, 7), "{sort}: {values:?}");
            let first_null = values.iter().position(|value| value.is_null()).unwrap_or(7);
            assert!(
                values[first_null..].iter().all(|value| value.is_null()),
                "{sort}: {values:?}"
            );
            if values[0].is_string() {
                let mut ordered: Vec<String> = values[..first_null].iter().map(ToString::to_string).collect();
                let as_given = ordered.clone();
                ordered.sort();
                if sort.starts_with('-') {
                    ordered.reverse();
                }
                assert_eq!(as_given, ordered, "{sort}");
            }
        }
    }
    let page = tenant
        .api
        .get("/api/v1/crm/clients?sort=name&limit=2")
        .expect(200)
        .await;
    let cursor = page["next_cursor"].as_str().expect("more");
    let path = format!("/api/v1/crm/clients?sort=-name&cursor={cursor}");
    tenant.api.get(&path).send().await.problem(422, "bad_cursor");
    let unknown = tenant.api.get("/api/v1/crm/clients?sort=tenant_id").send().await;
    unknown.problem(422, "bad_sort");
}

#[tokio::test]
async fn filters_narrow_lists_counts_and_segments_alike() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let field = json!({"entity": "client", "label": "Size", "field_type": "choice", "choices": ["S", "L"]});
    tenant
        .api
        .post("/api/v1/crm/fields")
        .json(&field)
        .expect(201)
        .await;
    let body = json!({"name": "Ana", "email": "a@x.example", "client_type": "customer", "tags": ["VIP"],
        "custom_fields": {"size": "L"}, "next_follow_up_date": "2020-01-01T00:00:00Z"});
    client(&tenant, body).await;
    client(
        &tenant,
        json!({"name": "Bob", "phone": "12345", "source": "fair"}),
    )
    .await;
    for (query, found) in [
        ("client_type=customer,partner", "Ana"),
        ("client_type=lead", "Bob"),
        ("has_email=true", "Ana"),
        ("has_phone=true", "Bob"),
        ("has_email=false", "Bob"),
        ("tag=VIP", "Ana"),
        ("field.size=L", "Ana"),
        ("follow_up=overdue", "Ana"),
        ("source=fair", "Bob"),
        ("q=bob&assigned_to=none", "Bob"),
        ("min_score=10&has_phone=true", "Bob"),
    ] {
        assert_eq!(names(&tenant, query).await, [found], "{query}");
        let count = tenant
            .api
            .get(&format!("/api/v1/crm/clients/count?{query}"))
            .expect(200)
            .await;
        assert_eq!(count, json!({"count": 1, "is_capped": false}), "{query}");
    }
    assert!(names(&tenant, "min_revenue=1").await.is_empty());
    for query in [
        "client_type=friend",
        "has_email=maybe",
        "min_score=much",
        "assigned_to=somebody",
    ] {
        let path = format!("/api/v1/crm/clients?{query}");
        assert_eq!(tenant.api.get(&path).send().await.status, 422, "{query}");
    }
    let wrong = json!({"name": "Friends", "filter": {"client_type": "friend"}});
    let refused = tenant.api.post("/api/v1/crm/segments").json(&wrong).send().await;
    refused.problem(422, "bad_filter");
    let right = json!({"name": "VIPs", "filter": {"tag": ["VIP"], "min_score": 5}, "sort": "-name", "is_shared": true});
    let segment = tenant
        .api
        .post("/api/v1/crm/segments")
        .json(&right)
        .expect(201)
        .await;
    assert_eq!(
        (&segment["filter"], &segment["is_shared"]),
        (&right["filter"], &json!(true))
    );
}

#[tokio::test]
async fn many_clients_are_changed_at_once_and_merged_ones_are_followed() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let ana = id(&client(&tenant, json!({"name": "Ana", "tags": ["old"]})).await);
    let bob = id(&client(&tenant, json!({"name": "Bob"})).await);
    let old_bob = id(&client(&tenant, json!({"name": "Robert"})).await);
    let path = format!("/api/v1/crm/clients/{bob}/merge");
    tenant
        .api
        .post(&path)
        .json(&json!({"merged_id": old_bob}))
        .expect(200)
        .await;
    let change = json!({"add_tags": ["new"], "remove_tags": ["old"], "client_type": "partner"});
    let mut body = json!({"ids": [ana, bob, old_bob], "change": change, "dry_run": true});
    let bulk = || tenant.api.post("/api/v1/crm/clients/bulk");
    let tried = bulk().json(&body).expect(200).await;
    assert_eq!(tried, json!({"matched": 2, "changed": 2}));
    assert_eq!(open(&tenant, &ana).await["tags"], json!(["old"]), "only tried");
    body["dry_run"] = false.into();
    assert_eq!(bulk().json(&body).expect(200).await, tried);
    for client in [&ana, &bob] {
        let client = open(&tenant, client).await;
        assert_eq!(
            (&client["tags"], &client["client_type"]),
            (&json!(["new"]), &json!("partner"))
        );
    }
    assert_eq!(
        bulk().json(&body).expect(200).await["changed"],
        0,
        "nothing is left to change"
    );
    let body = json!({"filter": {"q": "ana"}, "delete": true});
    assert_eq!(
        bulk().json(&body).expect(200).await,
        json!({"matched": 1, "changed": 1})
    );
    assert_eq!(names(&tenant, "").await, ["Bob"]);
    bulk()
        .json(&json!({"change": {}}))
        .send()
        .await
        .problem(422, "bad_selection");
}

#[tokio::test]
async fn a_filter_that_is_misspelt_or_empty_is_refused_and_changes_nobody() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    client(&tenant, json!({"name": "Ana", "client_type": "customer"})).await;
    client(&tenant, json!({"name": "Bob"})).await;
    for path in ["", "/count", "/export.csv"] {
        let path = format!("/api/v1/crm/clients{path}?client_typ=lead");
        let refused = tenant.api.get(&path).send().await;
        let detail = refused.problem(422, "unknown_filter")["detail"].to_string();
        assert!(
            detail.contains("`client_typ`") && detail.contains("client_type"),
            "{detail}"
        );
    }
    let segment = json!({"name": "Leads", "filter": {"lifecycle": "lead"}});
    let refused = tenant
        .api
        .post("/api/v1/crm/segments")
        .json(&segment)
        .send()
        .await;
    refused.problem(422, "unknown_filter");

    let bulk = |body: Value| tenant.api.post("/api/v1/crm/clients/bulk").json(&body).send();
    for (filter, code) in [
        (json!({"client_typ": "lead"}), "unknown_filter"),
        (json!({"field": "lead"}), "unknown_filter"),
        (json!({}), "empty_filter"),
        (json!({"q": " "}), "empty_filter"),
        (json!({"q": null, "tag": [], "client_type": ""}), "empty_filter"),
        (json!({"min_revenue": "99999999999"}), "bad_amount"),
    ] {
        let change = json!({"filter": filter, "change": {"client_type": "partner"}});
        bulk(change).await.problem(422, code);
        bulk(json!({"filter": filter, "delete": true}))
            .await
            .problem(422, code);
    }
    for misspelt in [
        json!({"filter": {"q": "ana"}, "changes": {"client_type": "partner"}}),
        json!({"filter": {"q": "ana"}, "change": {"client_typ": "partner"}}),
        json!({"filter": {"q": "ana"}, "delete": true, "dryrun": true}),
    ] {
        bulk(misspelt).await.problem(422, "invalid_body");
    }
    let both = json!({"filter": {"q": "ana"}, "all": true, "delete": true});
    bulk(both).await.problem(422, "bad_selection");
    assert_eq!(
        names(&tenant, "sort=name&client_type=lead,customer").await,
        ["Ana", "Bob"]
    );

    let all = tenant
        .api
        .post("/api/v1/crm/clients/bulk")
        .json(&json!({"all": true, "change": {"add_tags": ["spring"]}}))
        .expect(200)
        .await;
    assert_eq!(all, json!({"matched": 2, "changed": 2}));
    for (part, code) in [("a", 200), ("b", 422)] {
        let tags: Vec<String> = (0..30).map(|n| format!("{part}{n}")).collect();
        let answer = bulk(json!({"all": true, "change": {"add_tags": tags}})).await;
        assert_eq!(answer.status, code, "{}", answer.text());
    }
}

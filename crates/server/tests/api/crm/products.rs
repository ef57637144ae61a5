//! Products: one by one, many at once, from a table and back into one.

use serde_json::{Value, json};
use testkit::require_runtime;

use super::sales::{PRODUCTS, create, id_of, items};
use crate::support::server;

#[tokio::test]
async fn products_are_made_changed_found_and_deleted() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let api = &tenant.api;
    let vase = create(
        api,
        PRODUCTS,
        json!({"name": "Blue (large) vase", "sku": "V-1", "price": 12, "category": "Glass"}),
    )
    .await;
    assert_eq!(
        (&vase["price"], &vase["currency"], &vase["is_active"]),
        (&json!("12.00"), &json!("EUR"), &json!(true))
    );
    let same = json!({"name": "Vase", "sku": "V-1"});
    api.post(PRODUCTS)
        .json(&same)
        .send()
        .await
        .problem(409, "sku_taken");
    for (body, code) in [
        (json!({"price": "1"}), "no_name"),
        (json!({"name": "x", "price": "-1"}), "bad_amount"),
        (json!({"name": "x", "price": "0.001"}), "invalid_body"),
    ] {
        api.post(PRODUCTS).json(&body).send().await.problem(422, code);
    }
    let path = format!("{PRODUCTS}/{}", id_of(&vase));
    let changed = json!({"price": "13.50", "category": null, "cost": "0.10"});
    let changed = api.patch(&path).json(&changed).expect(200).await;
    assert_eq!(
        (&changed["price"], &changed["category"], &changed["sku"]),
        (&json!("13.50"), &Value::Null, &json!("V-1"))
    );
    create(api, PRODUCTS, json!({"name": "Red bowl"})).await;
    for (words, found) in [
        ("lar%20blu", 1),
        ("v-1", 1),
        ("ase", 0),
        ("(", 0),
        ("re", 1),
        ("", 2),
    ] {
        let list = api.get(&format!("{PRODUCTS}?q={words}")).expect(200).await;
        assert_eq!(items(&list).len(), found, "{words}");
    }
    api.delete(&path).expect(204).await;
    api.get(&path).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn a_table_is_tried_before_it_is_imported() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let api = &tenant.api;
    create(
        api,
        PRODUCTS,
        json!({"name": "Vase", "sku": "V-1", "price": "12"}),
    )
    .await;
    let csv = "Titel;SKU;Prix;Actif\nVase;V-1;1 234,50;oui\n=cmd;B-1;0,10;non\nBowl;B-2;much;oui\n;B-3;1;oui\nTwice;B-1;2;oui\n";
    let table = |dry_run| json!({"csv": csv, "mapping": {"Titel": "name"}, "dry_run": dry_run});
    let import = format!("{PRODUCTS}/import");
    let tried = api.post(&import).json(&table(true)).expect(200).await;
    let count = |report: &Value| {
        ["rows", "created", "updated", "skipped", "failed"].map(|key| report[key].as_u64().expect("a number"))
    };
    assert_eq!(count(&tried), [5, 1, 1, 0, 3], "{tried}");
    let errors: Vec<_> = tried["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| {
            (
                error["row"].clone(),
                error["column"].clone(),
                error["code"].clone(),
            )
        })
        .collect();
    let wanted = [
        (json!(4), json!("Prix"), json!("bad_amount")),
        (json!(5), Value::Null, json!("bad_name")),
        (json!(6), Value::Null, json!("repeated_row")),
    ];
    assert_eq!(errors, wanted);
    let list = api.get(PRODUCTS).expect(200).await;
    assert_eq!(items(&list).len(), 1, "nothing was stored");
    assert_eq!(items(&list)[0]["price"], "12.00");

    let done = api.post(&import).json(&table(false)).expect(200).await;
    assert_eq!(count(&done), count(&tried));
    let again = api.post(&import).json(&table(false)).expect(200).await;
    assert_eq!(count(&again), [5, 0, 0, 2, 3]);
    let list = api.get(&format!("{PRODUCTS}?sort=-price")).expect(200).await;
    assert_eq!(
        (&items(&list)[0]["price"], &items(&list)[1]["is_active"]),
        (&json!("1234.50"), &json!(false))
    );
    for (body, code) in [
        (json!({"csv": ""}), "no_heading"),
        (json!({}), "no_table"),
        (
            json!({"csv": "a\n1\n", "mapping": {"a": "tenant_id"}}),
            "no_such_field",
        ),
    ] {
        api.post(&import).json(&body).send().await.problem(422, code);
    }

    // no cell runs in a spreadsheet, and importing what was exported changes nothing
    let file = api.get(&format!("{PRODUCTS}/export.csv")).send().await;
    assert!(file.text().contains("\n'=cmd,"), "{}", file.text());
    let same = json!({"csv": file.text()});
    let same = api.post(&import).json(&same).expect(200).await;
    assert_eq!(count(&same), [2, 0, 0, 2, 0], "{same}");
}

#[tokio::test]
async fn many_products_are_written_at_once_by_many() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let items_of = |backwards: bool| {
        let mut all: Vec<Value> = (0..60)
            .map(|number| json!({"name": format!("Product {number}"), "ecommerce_product_id": format!("p{number}"), "price": "1.10"}))
            .collect();
        if backwards {
            all.reverse();
        }
        json!({"items": all})
    };
    let (one, other) = (items_of(false), items_of(true));
    let bulk = format!("{PRODUCTS}/bulk");
    let send = |body: &Value| tenant.api.post(&bulk).json(body).expect(200);
    let (a, b, c, d) = tokio::join!(send(&one), send(&other), send(&one), send(&other));
    let sum = |key: &str| {
        [&a, &b, &c, &d]
            .map(|report| report[key].as_u64().expect("a number"))
            .iter()
            .sum::<u64>()
    };
    assert_eq!((sum("created"), sum("skipped"), sum("failed")), (60, 180, 0));
}

//! Orders: totals to the cent, whose they are, many at once and from several sides.

use serde_json::{Value, json};
use testkit::require_runtime;

use super::sales::{DEALS, Dice, ORDERS, PRODUCTS, client, create, id_of, items, row};
use crate::support::server;

const CLIENTS: &str = "select coalesce(jsonb_agg(to_jsonb(c) order by c.email), '[]') from crm_clients c where c.tenant_id = $1";

#[tokio::test]
async fn totals_are_exact_and_must_agree() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let api = &tenant.api;
    let chair = create(
        api,
        PRODUCTS,
        json!({"name": "Chair", "sku": "C-1", "price": "0.10"}),
    )
    .await;
    let lines = json!([{"product_id": chair["id"], "quantity": 3}, {"sku": "C-1", "quantity": 0.5}, {"name": "Oil", "unit_price": "1.99"}]);
    let body = json!({"client": {"email": "Kim@Buyer.example"}, "items": lines, "tax": "0.44", "shipping": "4.9", "discount": "0.30"});
    let order = create(api, ORDERS, body.clone()).await;
    assert_eq!(
        (&order["subtotal"], &order["total"]),
        (&json!("2.34"), &json!("7.38"))
    );
    assert_eq!(order["items"][1]["product_id"], chair["id"]);
    let mut wrong = body;
    wrong["total"] = "7.39".into();
    api.post(ORDERS)
        .json(&wrong)
        .send()
        .await
        .problem(422, "totals_differ");
    wrong["total"] = "7.38".into();
    let same = create(api, ORDERS, wrong).await;
    assert_eq!(same["client_id"], order["client_id"], "found by the address");

    let path = format!("{ORDERS}/{}", id_of(&order));
    let shipped = json!({"status": "shipped", "discount": "0"});
    let shipped = api.patch(&path).json(&shipped).expect(200).await;
    assert_eq!(shipped["total"], "7.68");
    assert!(
        shipped["shipped_date"].is_string() && shipped["delivered_date"].is_null(),
        "{shipped}"
    );
    let number = json!({"client_id": order["client_id"], "order_number": order["order_number"]});
    api.post(ORDERS)
        .json(&number)
        .send()
        .await
        .problem(409, "order_number_taken");
    for (body, code) in [
        (json!({"total": "1"}), "no_client"),
        (json!({"client": {"name": "Kim"}}), "no_client"),
        (json!({"client_id": uuid::Uuid::now_v7()}), "no_such_client"),
        (
            json!({"client_id": order["client_id"], "deal_id": uuid::Uuid::now_v7()}),
            "no_such_deal",
        ),
        (
            json!({"client_id": order["client_id"], "items": [{"name": "x"}]}),
            "price_missing",
        ),
    ] {
        api.post(ORDERS).json(&body).send().await.problem(422, code);
    }
    let deal = create(
        api,
        DEALS,
        json!({"client_id": order["client_id"], "name": "Chairs"}),
    )
    .await;
    let body = json!({"deal_id": deal["id"]});
    api.patch(&path).json(&body).expect(200).await;
    let deal = api.get(&format!("{DEALS}/{}", id_of(&deal))).expect(200).await;
    assert_eq!(deal["has_orders"], true);
    let found = api.get(&format!("{ORDERS}?status=shipped,delivered&min_total=7.68"));
    assert_eq!(items(&found.expect(200).await).len(), 1);
}

#[tokio::test]
async fn orders_of_one_new_buyer_at_the_same_moment_are_one_clients() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let body =
        json!({"client": {"email": "kim@buyer.example", "ecommerce_customer_id": "c1"}, "total": "0.10"});
    let send = || tenant.api.post(ORDERS).json(&body).expect(201);
    let _: (Value, Value, Value, Value, Value, Value) =
        tokio::join!(send(), send(), send(), send(), send(), send());
    let clients = row(&mut server.owner().await, CLIENTS, &tenant).await;
    let all = clients.as_array().expect("clients");
    assert_eq!(all.len(), 1, "{clients}");
    assert_eq!(
        (&all[0]["total_orders"], &all[0]["revenue_by_currency"]["EUR"]),
        (&json!(6), &json!({"orders": 6, "total": "0.60"}))
    );
    assert_eq!(
        (&all[0]["client_type"], &all[0]["lifecycle_stage"]),
        (&json!("customer"), &json!("customer"))
    );
}

/// Each call writes the same orders of the same clients in an order of its own, and single ones change between them.
#[tokio::test]
async fn many_at_once_from_several_sides_end_and_count_once() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let mut dice = Dice(0x5EED_0003);
    let mut shuffled = || {
        let mut all: Vec<Value> = (0..40)
            .map(|number| {
                json!({"ecommerce_order_id": format!("o{number}"), "order_number": format!("#{number}"), "total": "1.10",
                    "client": {"email": format!("b{}@buyer.example", number % 7)}})
            })
            .collect();
        for place in (1..all.len()).rev() {
            let other = usize::try_from(dice.roll(place as u64 + 1)).expect("a place");
            all.swap(place, other);
        }
        json!({"items": all})
    };
    let bodies = [shuffled(), shuffled(), shuffled(), shuffled()];
    let bulk = format!("{ORDERS}/bulk");
    let first = tenant.api.post(&bulk).json(&bodies[0]).expect(200).await;
    assert_eq!(
        (&first["created"], &first["failed"]),
        (&json!(40), &json!(0)),
        "{first}"
    );
    let ids: Vec<Value> = first["items"].as_array().expect("items").clone();
    let single = async |from: usize| {
        for item in ids.iter().skip(from).step_by(3) {
            let path = format!("{ORDERS}/{}", id_of(item));
            let body = json!({"status": "processing"});
            tenant.api.patch(&path).json(&body).expect(200).await;
        }
    };
    let again = |at: usize| tenant.api.post(&bulk).json(&bodies[at]).expect(200);
    let (a, b, c, (), (), ()) = tokio::join!(again(1), again(2), again(3), single(0), single(1), single(2));
    for report in [a, b, c] {
        assert_eq!(
            (&report["created"], &report["failed"]),
            (&json!(0), &json!(0)),
            "{report}"
        );
    }
    let clients = row(&mut server.owner().await, CLIENTS, &tenant).await;
    let orders: u64 = clients
        .as_array()
        .expect("clients")
        .iter()
        .map(|client| client["total_orders"].as_u64().expect("a number"))
        .sum();
    assert_eq!(
        (clients.as_array().map(Vec::len), orders),
        (Some(7), 40),
        "{clients}"
    );
}

#[tokio::test]
async fn a_bad_order_among_many_is_told_and_the_others_are_written() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let kim = client(&tenant, "kim@buyer.example").await;
    let kept = create(
        &tenant.api,
        ORDERS,
        json!({"client_id": kim, "order_number": "#1", "ecommerce_order_id": "o1", "total": "5"}),
    )
    .await;
    let rows = json!([
        {"ecommerce_order_id": "o1", "total": "6.00"},
        {"client_id": kim, "order_number": "#2", "total": "7.00"},
        {"order_number": "#3", "total": "7.00"},
        {"client_id": kim, "order_number": "#2", "total": "8.00"},
        {"client_id": kim, "order_number": "#1", "ecommerce_order_id": "o9"},
        {"client_id": uuid::Uuid::now_v7()},
        {"client": {"email": "nobody"}},
        {"client_id": kim, "items": [{"name": "x", "unit_price": "1.00"}], "subtotal": "2.00"},
    ]);
    let bulk = format!("{ORDERS}/bulk");
    for dry_run in [true, false] {
        let body = json!({"items": rows, "dry_run": dry_run});
        let report = tenant.api.post(&bulk).json(&body).expect(200).await;
        assert_eq!(
            (&report["created"], &report["updated"], &report["failed"]),
            (&json!(1), &json!(1), &json!(6)),
            "{report}"
        );
        let mut told: Vec<_> = report["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|error| (error["row"].as_u64(), error["code"].as_str().expect("a code")))
            .collect();
        told.sort_unstable();
        let wanted = [
            (Some(3), "no_client"),
            (Some(4), "repeated_row"),
            (Some(5), "order_number_taken"),
            (Some(6), "no_such_client"),
            (Some(7), "bad_email"),
            (Some(8), "totals_differ"),
        ];
        assert_eq!(told, wanted);
        let list = tenant.api.get(ORDERS).expect(200).await;
        assert_eq!(
            items(&list).len(),
            if dry_run { 1 } else { 2 },
            "dry run: {dry_run}"
        );
    }
    let path = format!("{ORDERS}/{}", id_of(&kept));
    assert_eq!(tenant.api.get(&path).expect(200).await["total"], "6.00");
}

#[tokio::test]
async fn a_table_of_orders_has_a_row_a_line_and_comes_back_the_same() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let csv = "Order,Email,Line item name,Line item quantity,Line item price,Date,Status,Total\n\
        #1,kim@buyer.example,=Chair,2,\"45,10\",2026-03-31,delivered,91.20\n\
        #1,,Oil,1,1.00,,,\n\
        #2,lee@buyer.example,Vase,1,x,2026-04-01,pending,1\n\
        #3,lee@buyer.example,Vase,1,12,yesterday,pending,\n\
        #4,lee@buyer.example,,,,2026-04-02,cancelled,12.5\n";
    let import = format!("{ORDERS}/import");
    let report = tenant
        .api
        .post(&import)
        .json(&json!({"csv": csv}))
        .expect(200)
        .await;
    assert_eq!(
        (&report["rows"], &report["created"], &report["failed"]),
        (&json!(5), &json!(2), &json!(2)),
        "{report}"
    );
    let errors = report["errors"].as_array().expect("errors");
    assert_eq!(
        (&errors[0]["row"], &errors[0]["column"]),
        (&json!(4), &json!("Line item price"))
    );
    assert_eq!(
        (&errors[1]["row"], &errors[1]["code"]),
        (&json!(5), &json!("bad_time"))
    );
    let list = tenant
        .api
        .get(&format!("{ORDERS}?sort=order_number"))
        .expect(200)
        .await;
    let first = &items(&list)[0];
    assert_eq!(
        (&first["total"], first["items"].as_array().map(Vec::len)),
        (&json!("91.20"), Some(2))
    );
    assert_eq!(first["delivered_date"], Value::Null, "nobody knows when");
    let file = tenant.api.get(&format!("{ORDERS}/export.csv")).send().await;
    assert!(file.text().contains("'=Chair"), "{}", file.text());
    let same = tenant.api.post(&import).json(&json!({"csv": file.text()}));
    let same = same.expect(200).await;
    assert_eq!(
        (&same["rows"], &same["skipped"], &same["failed"]),
        (&json!(3), &json!(2), &json!(0)),
        "{same}"
    );
}

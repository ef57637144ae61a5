//! Evidence for rules: over ten thousand events a dry run foretells what firing does, and rules that set each other off at
//! random come to an end.

use std::collections::BTreeSet;

use kernel::Clock;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use testkit::{Server, Tenant, Visitor, require_runtime};
use uuid::Uuid;

use super::rules::{drop_rule, make_rule};
use super::waiting::background;
use super::{conversation, label};
use crate::quick_tenant;
use crate::support::server;

const VISITORS: usize = 20;
const MESSAGES: usize = 8_600;
const DEALS: usize = 20;
const MOVES: usize = 25;
const ORDERS: usize = 500;

/// A rule, an event, and what is done (or not, to cut a loop): `(rule, event, actions)`.
type Deeds = BTreeSet<(Uuid, String, String)>;

struct Shop {
    tenant: Tenant,
    owner: PgConnection,
    visitors: Vec<Visitor>,
}

impl Shop {
    async fn new(server: &Server, visitors: usize) -> Self {
        let tenant = quick_tenant(server).await;
        tenant.configure(&json!({"is_bot_active": false})).await;
        server.user(&tenant, "sam@shop.example", "agent").await;
        let options = server.owner_options().await;
        let owner = PgConnection::connect_with(&options).await.expect("a connection");
        let mut all = Vec::new();
        for _ in 0..visitors {
            let visitor = tenant.visitor().await;
            visitor.say("Hello").await;
            all.push(visitor);
        }
        Self {
            tenant,
            owner,
            visitors: all,
        }
    }

    /// By the database's own hand.
    async fn run(&mut self, sql: &str) {
        let sql = format!("set app.current_tenant_id = '{}'; {sql}", self.tenant.id);
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
        done.execute(&mut self.owner).await.expect("it runs");
    }

    async fn count(&mut self, condition: &str) -> usize {
        let sql = format!(
            "select count(*) from automation_events where tenant_id = '{}' and {condition}",
            self.tenant.id
        );
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&mut self.owner)
            .await
            .expect("a count");
        usize::try_from(count).expect("a count")
    }

    /// Until rules have looked at all that has happened.
    async fn settled(&mut self) {
        let wake = format!(
            "select graphile_worker.add_job(identifier => 'wake_rules', payload => json_build_object('tenant', '{}'));",
            self.tenant.id
        );
        self.run(&wake).await;
        while self.count("is_pending limit 1").await > 0 {}
    }

    /// Everything that happens in a shop, before there is any rule.
    async fn live(&mut self) {
        let each = MESSAGES / self.visitors.len();
        let conversations: Vec<Uuid> = self.visitors.iter().map(|one| one.conversation_id).collect();
        for id in &conversations {
            let rows = (0..each).map(|number| {
                let (amount, fruit) = (number * 7 % 100, ["pears", "ÄPFEL", "plums"][number % 3]);
                let id = format!("'{}', '{}', '{id}'", self.tenant.id, Uuid::now_v7());
                format!("({id}, 0, 'user', 'An order of {amount:02} {fruit}')")
            });
            let rows = rows.collect::<Vec<_>>().join(", ");
            let insert =
                "insert into messages (tenant_id, id, conversation_id, seq, sender_type, text_content)";
            self.run(&format!("{insert} values {rows}")).await;
        }
        let escalated = "insert into escalations (tenant_id, conversation_id, reason, summary, status)
            select tenant_id, id, 'low_confidence', 'Unsure', 'resolved' from conversations, generate_series(1, 10)";
        self.run(escalated).await;
        self.sell().await;
    }

    async fn sell(&mut self) {
        let (pipeline, first, last) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        let tenant = self.tenant.id;
        let stages = format!(
            "insert into crm_pipelines (tenant_id, id, name) values ('{tenant}', '{pipeline}', 'Of a test');
            insert into crm_pipeline_stages (tenant_id, id, pipeline_id, name, stage, probability, position) values
                ('{tenant}', '{first}', '{pipeline}', 'First', 'prospecting', 10, 0),
                ('{tenant}', '{last}', '{pipeline}', 'Last', 'closed_won', 100, 1);
            insert into crm_deals (tenant_id, id, client_id, pipeline_id, pipeline_stage_id, name, stage, deal_value)
                select '{tenant}', gen_random_uuid(), id, '{pipeline}', '{first}', 'A table', 'prospecting',
                    100 * row_number() over (order by id)
                from crm_clients where tenant_id = '{tenant}' limit {DEALS};"
        );
        self.run(&stages).await;
        for turn in 0..MOVES {
            let (column, stage) = if turn % 2 == 0 {
                (last, "closed_won")
            } else {
                (first, "prospecting")
            };
            let moved = format!(
                "update crm_deals set pipeline_stage_id = '{column}', stage = '{stage}' where tenant_id = '{tenant}'"
            );
            self.run(&moved).await;
        }
        let orders = format!(
            "insert into crm_orders (tenant_id, client_id, order_number, total, subtotal)
                select '{tenant}', c.id, 'A-' || n, n, n
                from generate_series(1, {ORDERS}) n
                join (select id, row_number() over (order by id) as place, count(*) over () as clients
                    from crm_clients where tenant_id = '{tenant}') c on c.place = 1 + n % c.clients;
            update crm_orders set status = 'processing' where tenant_id = '{tenant}';"
        );
        self.run(&orders).await;
    }

    /// What the rule would do to all that has happened, page by page.
    async fn foretold(&self, rule: Uuid, deeds: &mut Deeds) -> usize {
        let api = &self.tenant.api;
        let draft = api
            .get(&format!("/api/v1/automation/rules/{rule}"))
            .expect(200)
            .await;
        let mut trial = json!({"rule": draft, "rule_id": rule, "limit": 50});
        let (mut events, mut matched) = (0, 0);
        loop {
            let call = api.post("/api/v1/automation/rules/dry-run").json(&trial);
            let tried = call.expect(200).await;
            events += count_of(&tried["events"]);
            matched += count_of(&tried["matched"]);
            let sample = tried["sample"].as_array().expect("a list");
            assert_eq!(
                sample.len(),
                count_of(&tried["matched"]),
                "a page shows all of its events"
            );
            for one in sample {
                deeds.insert((rule, text(&one["event"]["id"]), kinds(&one["would_do"])));
            }
            if tried["next"].is_null() {
                break;
            }
            trial["older_than"] = tried["next"].clone();
        }
        // the same in one go
        let whole = json!({"rule": draft, "rule_id": rule});
        let whole = api.post("/api/v1/automation/rules/dry-run").json(&whole);
        let whole = whole.expect(200).await;
        if whole["next"].is_null() {
            let counted = (count_of(&whole["events"]), count_of(&whole["matched"]));
            assert_eq!(counted, (events, matched));
        }
        events
    }

    /// What the log says that the rule has done, and how often it was cut off.
    async fn fired(&self, rule: Uuid, deeds: &mut Deeds) -> usize {
        let mut cut = 0;
        for firing in self.firings(rule).await {
            match firing["status"].as_str() {
                Some("done") => {
                    deeds.insert((rule, text(&firing["event_id"]), kinds(&firing["actions"])));
                }
                Some("skipped_loop") => cut += 1,
                _ => panic!("{firing}"),
            }
        }
        cut
    }

    async fn firings(&self, rule: Uuid) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/automation/firings?limit=200&rule_id={rule}{cursor}");
            let page = self.tenant.api.get(&path).expect(200).await;
            all.extend(page["items"].as_array().expect("a list").clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn count_of(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a count")).expect("a count")
}

fn kinds(actions: &Value) -> String {
    let actions = actions.as_array().expect("a list").iter();
    let kinds: Vec<_> = actions.map(|action| text(&action["type"])).collect();
    kinds.join(", ")
}

#[tokio::test]
async fn a_dry_run_over_ten_thousand_events_foretells_what_firing_does() {
    require_runtime!();
    let server = server().start().await;
    let mut shop = Shop::new(&server, VISITORS).await;
    shop.live().await;
    let known = shop.count("true").await;
    assert!(known >= 10_000, "{known}");
    let rules = rules(&shop).await;
    assert_eq!(
        shop.count("is_pending").await,
        0,
        "what was before a rule is left alone"
    );

    let (mut foretold, mut looked_at) = (Deeds::new(), 0);
    for rule in &rules {
        looked_at += shop.foretold(*rule, &mut foretold).await;
    }
    assert!(looked_at >= 10_000, "{looked_at}");
    assert!(foretold.len() > 2_000, "{}", foretold.len());

    // and now the same events really set them off
    let past = "update automation_events set is_pending = true where event <> 'conversation.created'";
    shop.run(past).await;
    shop.settled().await;
    let (mut done, mut cut) = (Deeds::new(), 0);
    for rule in &rules {
        cut += shop.fired(*rule, &mut done).await;
    }
    let caused = caused(&mut shop).await;
    let of_past: Deeds = done
        .iter()
        .filter(|deed| !caused.contains(&deed.1))
        .cloned()
        .collect();
    assert_eq!(of_past.len(), foretold.len());
    assert!(
        of_past == foretold,
        "{:?}",
        of_past
            .symmetric_difference(&foretold)
            .take(5)
            .collect::<Vec<_>>()
    );

    // what they have caused is told by a dry run as well, and what was cut off
    assert!(done.len() > of_past.len() && cut > 0, "{} {cut}", caused.len());
    let mut foretold = Deeds::new();
    for rule in &rules {
        shop.foretold(*rule, &mut foretold).await;
    }
    assert!(
        done == foretold,
        "{:?}",
        done.symmetric_difference(&foretold).take(5).collect::<Vec<_>>()
    );
    for rule in rules {
        drop_rule(&shop.tenant, rule).await;
    }
    who_waits_is_foretold(&server, &mut shop).await;
}

/// Events that rules have caused.
async fn caused(shop: &mut Shop) -> BTreeSet<String> {
    let tenant = shop.tenant.id;
    let ids: Vec<Uuid> =
        sqlx::query_scalar("select id from automation_events where tenant_id = $1 and caused_by is not null")
            .bind(tenant)
            .fetch_all(&mut shop.owner)
            .await
            .expect("ids");
    ids.iter().map(Uuid::to_string).collect()
}

/// Of each kind of event at least one, some of which keep events from those behind them or set others off.
async fn rules(shop: &Shop) -> Vec<Uuid> {
    let tenant = &shop.tenant;
    let (big, fruit, won) = (
        label(tenant, "Big").await,
        label(tenant, "Fruit").await,
        label(tenant, "Won").await,
    );
    let members = tenant.api.get("/api/v1/members").expect(200).await;
    let user = &members["items"][0]["user_id"];
    let one = |field: &str, op: &str, value: Value| json!({"field": field, "op": op, "value": value});
    let drafts = [
        json!({"name": "Big orders", "event": "message.created", "stop_after": true,
            "conditions": {"all": [one("text", "matches", json!("order of [7-9]\\d"))]},
            "actions": [{"type": "label", "label_id": big}]}),
        json!({"name": "Apples", "event": "message.created",
            "conditions": {"all": [one("text", "has_words", json!("Äpfel"))], "any": [
                one("seq", "at_most", json!(200)), one("labels", "has", json!(big))]},
            "actions": [{"type": "label", "label_id": fruit}, {"type": "assign", "user_id": user}]}),
        json!({"name": "Much said", "event": "message.created",
            "conditions": {"all": [one("seq", "at_least", json!(425))]},
            "actions": [{"type": "note", "text": "A person looks at it."}, {"type": "escalate"}]}),
        json!({"name": "Unsure", "event": "escalation.created",
            "conditions": {"all": [one("reason", "is", json!("low_confidence"))]},
            "actions": [{"type": "label", "label_id": won}]}),
        json!({"name": "Done with it", "event": "escalation.created",
            "conditions": {"all": [one("reason", "is", json!("agent"))]},
            "actions": [{"type": "set_status", "status": "resolved"}]}),
        json!({"name": "Not so fast", "event": "conversation.resolved",
            "actions": [{"type": "escalate"}, {"type": "pause_ai"}]}),
        json!({"name": "Won", "event": "deal.stage_changed",
            "conditions": {"all": [one("to_stage", "is", json!("closed_won")), one("deal_value", "at_least", json!(500))]},
            "actions": [{"type": "label", "label_id": won}, {"type": "assign", "user_id": user}]}),
        json!({"name": "On its way", "event": "order.status_changed",
            "conditions": {"all": [one("to_status", "is", json!("processing")), one("order_total", "at_least", json!(250))]},
            "actions": [{"type": "label", "label_id": big}]}),
    ];
    let mut made = Vec::new();
    for draft in drafts {
        made.push(make_rule(tenant, draft).await);
    }
    made
}

/// Of waiting it is foretold who waits at this moment.
async fn who_waits_is_foretold(server: &Server, shop: &mut Shop) {
    let late = label(&shop.tenant, "Late").await;
    let user = format!(
        "update conversations set waiting_since = null where tenant_id = '{}'",
        shop.tenant.id
    );
    shop.run(&user).await;
    let rule = make_rule(
        &shop.tenant,
        json!({"name": "Late", "event": "no_reply", "after_minutes": 60, "is_active": false,
            "conditions": {"all": [{"field": "waiting_minutes", "op": "at_most", "value": 100}]},
            "actions": [{"type": "label", "label_id": late}]}),
    )
    .await;
    let waiting: Vec<Uuid> = shop
        .visitors
        .iter()
        .take(9)
        .map(|one| one.conversation_id)
        .collect();
    for (place, id) in waiting.iter().enumerate() {
        // the last three too long, two of the others not long enough
        let minutes = [65, 70, 75, 99, 10, 59, 110, 120, 200][place];
        let sql = format!(
            "update conversations set status = 'open', snoozed_until = null,
                waiting_since = now() - interval '{minutes} minutes' - interval '1 second' where id = '{id}'"
        );
        shop.run(&sql).await;
    }
    let draft = json!({"rule": shop.tenant.api.get(&format!("/api/v1/automation/rules/{rule}")).expect(200).await, "rule_id": rule});
    let tried = shop
        .tenant
        .api
        .post("/api/v1/automation/rules/dry-run")
        .json(&draft);
    let tried = tried.expect(200).await;
    let foretold = texts(&tried["sample"], "/event/conversation_id");
    assert_eq!(foretold.len(), 4, "{tried}");
    let path = format!("/api/v1/automation/rules/{rule}");
    let on = json!({"is_active": true});
    shop.tenant.api.patch(&path).json(&on).expect(200).await;
    shop.run("update automation_rules set active_since = now() - interval '1 day'")
        .await;
    let clock = Clock::system();
    let ctx = background(server, &clock).await;
    automation::rules::waiting::look_everywhere(&ctx)
        .await
        .expect("a look");
    shop.settled().await;
    let fired = json!(shop.firings(rule).await);
    assert_eq!(texts(&fired, "/conversation_id"), foretold);
}

fn texts(list: &Value, at: &str) -> BTreeSet<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|one| text(one.pointer(at).expect("a text"))).collect()
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).expect("a number")
    }
}

const SETS: u64 = 12;
const MOST_RULES: usize = 6;
const MOST_ACTIONS: usize = 3;
/// `decide::LONGEST_CHAIN`, once more on purpose.
const LONGEST_CHAIN: usize = 5;

#[tokio::test]
async fn rules_that_set_each_other_off_come_to_an_end() {
    require_runtime!();
    let server = server().start().await;
    let mut shop = Shop::new(&server, 0).await;
    let label = label(&shop.tenant, "Seen").await;
    let members = shop.tenant.api.get("/api/v1/members").expect(200).await;
    let user = members["items"][0]["user_id"].clone();
    let (mut cut, mut chained) = (0, 0);
    for seed in 0..SETS {
        let mut chance = Chance(seed);
        let mut rules = Vec::new();
        for number in 0..2 + chance.below(MOST_RULES - 1) {
            let draft = random_rule(&mut chance, number, label, &user);
            rules.push(make_rule(&shop.tenant, draft).await);
        }
        let visitor = shop.tenant.visitor().await;
        visitor.say("Hello").await;
        let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
        let end = json!({"status": "resolved"});
        shop.tenant.api.patch(&path).json(&end).expect(200).await;
        shop.settled().await;
        visitor.say("Hello again").await;
        shop.settled().await;
        assert!(conversation(&shop.tenant, &visitor).await["id"].is_string());
        let (loops, deepest) = looked_through(&mut shop, &rules).await;
        cut += loops;
        chained = chained.max(deepest);
        for rule in rules {
            drop_rule(&shop.tenant, rule).await;
        }
    }
    // these sets do set each other off, and do run in circles
    assert!(cut > 0 && chained > 1, "{cut} {chained}");
}

fn random_rule(chance: &mut Chance, number: usize, label: Uuid, user: &Value) -> Value {
    let events = [
        "escalation.created",
        "conversation.resolved",
        "message.created",
        "conversation.created",
    ];
    // the first two run in a circle, whatever else is there
    let (event, first) = match number {
        0 => (events[0], json!({"type": "set_status", "status": "resolved"})),
        1 => (events[1], json!({"type": "escalate"})),
        _ => (
            events[chance.below(events.len())],
            random_action(chance, label, user),
        ),
    };
    let mut actions = vec![first];
    for _ in 0..chance.below(MOST_ACTIONS) {
        actions.push(random_action(chance, label, user));
    }
    let mut conditions = json!({});
    if chance.below(4) == 0 && number > 1 {
        conditions = json!({"all": [{"field": "labels", "op": "has", "value": label}]});
    }
    json!({"name": format!("Rule {number}"), "event": event, "conditions": conditions, "actions": actions,
        "stop_after": chance.below(5) == 0})
}

fn random_action(chance: &mut Chance, label: Uuid, user: &Value) -> Value {
    match chance.below(10) {
        0 | 1 => json!({"type": "escalate"}),
        2 | 3 => json!({"type": "set_status", "status": "resolved"}),
        4 => json!({"type": "set_status", "status": "open"}),
        5 => json!({"type": "label", "label_id": label}),
        6 => json!({"type": "assign", "user_id": user}),
        7 => json!({"type": "reply", "text": "One moment."}),
        8 => json!({"type": "resume_ai"}),
        _ => json!({"type": "note", "text": "Look."}),
    }
}

/// No rule fires in its own wake, no chain is too long, and all of it is as much as that allows at most. Gives how often
/// a loop was cut, and the longest chain.
async fn looked_through(shop: &mut Shop, rules: &[Uuid]) -> (usize, usize) {
    let fired: Vec<(Uuid, Vec<Uuid>, String)> = sqlx::query_as(
        "select f.rule_id, e.chain, f.status
        from automation_firings f
        join automation_events e on e.tenant_id = f.tenant_id and e.id = f.event_id
        where f.tenant_id = $1 and f.rule_id = any($2)",
    )
    .bind(shop.tenant.id)
    .bind(rules)
    .fetch_all(&mut shop.owner)
    .await
    .expect("firings");
    let roots = shop.count("caused_by is null").await;
    let (mut cut, mut deepest) = (0, 0);
    for (rule, chain, status) in &fired {
        let distinct: BTreeSet<_> = chain.iter().collect();
        assert_eq!(distinct.len(), chain.len(), "{chain:?}");
        deepest = deepest.max(chain.len());
        if status == "skipped_loop" {
            assert!(chain.contains(rule) || chain.len() >= LONGEST_CHAIN, "{chain:?}");
            cut += 1;
        } else {
            assert!(!chain.contains(rule) && chain.len() < LONGEST_CHAIN, "{chain:?}");
        }
    }
    // an event sets off each rule that is not in its chain, and each of its actions may make an event
    let (mut most, mut wave) = (0, roots);
    for depth in 0..LONGEST_CHAIN {
        wave *= rules.len().saturating_sub(depth) * if depth == 0 { 1 } else { MOST_ACTIONS };
        most += wave;
    }
    let done = fired.len() - cut;
    assert!(done <= most, "{done} of {most}");
    (cut, deepest)
}

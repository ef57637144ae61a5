//! Whatever happens in whatever order: the figures are what a plain recount says, and what is behind them is as many.
//! Dice make the histories; `CRM_SEED` tries others than those of every run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sqlx::PgConnection;
use testkit::{Api, Server, Tenant, Visitor, require_runtime};

use super::recount::{self, Story, list, text};
use super::{beside, chart, execute, figure, move_back, read};
use crate::crm::histories::seeds;
use crate::crm::sales::Dice;
use crate::quick_tenant;
use crate::support::server;

const ALL_DAYS: &str = "from=2024-06-01&to=2027-06-01";
const SAYINGS: [&str; 5] = [
    "Where is the shop?",
    "Do you deliver on Sundays?",
    "Do purple elephants dream of the sea?",
    "Hello",
    "I want to talk to a person",
];

pub struct World {
    pub tenant: Tenant,
    agents: Vec<Api>,
    dice: Dice,
    visitors: Vec<Visitor>,
    told: Vec<String>,
}

impl World {
    pub async fn begin(server: &Server, seed: u64) -> Self {
        let tenant = quick_tenant(server).await;
        tenant
            .teach_all(&[
                ("Where is the shop?", "In Ghent, Korenmarkt 1."),
                (
                    "Do you deliver on Sundays?",
                    "No, we deliver from Monday to Saturday.",
                ),
            ])
            .await;
        let agents = vec![
            server
                .member(&tenant, &format!("robin{seed}@shop.example"), "agent")
                .await,
            server
                .member(&tenant, &format!("sam{seed}@shop.example"), "agent")
                .await,
        ];
        Self {
            tenant,
            agents,
            dice: Dice(seed),
            visitors: Vec::new(),
            told: vec![format!("seed {seed}")],
        }
    }

    fn some_visitor(&mut self) -> Option<Visitor> {
        let known = self.visitors.clone();
        (!known.is_empty()).then(|| self.dice.one_of(&known).clone())
    }

    /// Something that happens to a business.
    pub async fn step(&mut self, owner: &mut PgConnection) {
        let what = self.dice.roll(28);
        self.told.push(format!("step {what}"));
        let Some(visitor) = self.some_visitor().filter(|_| what > 4) else {
            let visitor = self.tenant.visitor().await;
            let saying = *self.dice.one_of(&SAYINGS);
            // some look and say nothing
            if self.dice.roll(5) > 0 {
                visitor.say(saying).await;
            }
            self.visitors.push(visitor);
            return;
        };
        let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
        let agent = self.dice.one_of(&self.agents).clone();
        match what {
            5..=7 => {
                let saying = *self.dice.one_of(&SAYINGS);
                visitor
                    .say_as(&format!("m{}", self.dice.roll(1 << 40)), saying)
                    .await;
            }
            8 | 9 => {
                let body = json!({"client_message_id": format!("r{}", self.dice.roll(1 << 40)), "text": "I am looking."});
                agent.post(&format!("{path}/messages")).json(&body).send().await;
            }
            10 => {
                let body = json!({"summary": "Please."});
                agent
                    .post(&format!("{path}/escalations"))
                    .json(&body)
                    .send()
                    .await;
            }
            11..=13 => self.patch(&agent, &path, json!({"status": "resolved"})).await,
            14 => self.patch(&agent, &path, json!({"status": "open"})).await,
            15 | 24 | 25 => {
                self.patch(&agent, &path, json!({"status": "resolved"})).await;
                let body = json!({"rating": 1 + self.dice.roll(5)});
                visitor.api.post(&visitor.path("rating")).json(&body).send().await;
            }
            16 | 17 => self.thumb(&visitor).await,
            18 => {
                let body = json!({"ai_paused": self.dice.roll(2) == 0});
                self.patch(&agent, &path, body).await;
            }
            19 => self.merge(&visitor).await,
            20 => self.erase(&visitor).await,
            21 => self.sell(owner).await,
            26 | 27 => {
                self.patch(&agent, &path, json!({"status": "resolved"})).await;
                let hours = 24 * (4 + self.dice.roll(14));
                move_back(owner, &self.tenant, &visitor.conversation_id.to_string(), hours).await;
                if self.dice.roll(2) == 0 {
                    self.patch(&agent, &path, json!({"status": "open"})).await;
                }
            }
            _ => {
                let hours = self.dice.roll(24 * 40);
                move_back(owner, &self.tenant, &visitor.conversation_id.to_string(), hours).await;
            }
        }
        if self.dice.roll(12) == 0 {
            let zone = *self.dice.one_of(&["Europe/Paris", "Pacific/Auckland", "UTC"]);
            execute(
                owner,
                &self.tenant,
                &format!("update tenants set time_zone = '{zone}' where tenant_id = current_tenant_id()"),
            )
            .await;
        }
    }

    async fn patch(&self, agent: &Api, path: &str, body: Value) {
        agent.patch(path).json(&body).send().await;
    }

    async fn thumb(&mut self, visitor: &Visitor) {
        let path = format!("/api/v1/conversations/{}/messages", visitor.conversation_id);
        let thread = self.tenant.api.get(&path).send().await;
        if thread.status != 200 {
            return;
        }
        let answers: Vec<String> = list(&thread.json(), "items")
            .iter()
            .filter(|message| !message["answer"].is_null())
            .map(|message| text(message, "id").to_owned())
            .collect();
        if answers.is_empty() {
            return;
        }
        let path = visitor.path(&format!("messages/{}/feedback", self.dice.one_of(&answers)));
        let body = json!({"value": self.dice.one_of(&["up", "down"])});
        visitor.api.post(&path).json(&body).send().await;
    }

    async fn contact_of(&self, visitor: &Visitor) -> Option<String> {
        let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
        let details = self.tenant.api.get(&path).send().await;
        (details.status == 200).then(|| text(&details.json()["contact"], "id").to_owned())
    }

    async fn merge(&mut self, visitor: &Visitor) {
        let other = self.some_visitor();
        let kept = self.contact_of(visitor).await;
        let merged = match &other {
            Some(other) => self.contact_of(other).await,
            None => None,
        };
        if let (Some(kept), Some(merged)) = (kept, merged)
            && kept != merged
        {
            let path = format!("/api/v1/contacts/{kept}/merge/{merged}");
            self.tenant.api.post(&path).json(&json!({})).send().await;
        }
    }

    async fn erase(&mut self, visitor: &Visitor) {
        if let Some(contact) = self.contact_of(visitor).await {
            let path = format!("/api/v1/contacts/{contact}");
            self.tenant.api.delete(&path).send().await;
        }
    }

    /// Deals that are made and closed on some days, and orders.
    async fn sell(&mut self, owner: &mut PgConnection) {
        let (days, value) = (self.dice.roll(60), self.dice.roll(500));
        let stage = *self
            .dice
            .one_of(&["prospecting", "proposal", "closed_won", "closed_lost"]);
        let currency = *self.dice.one_of(&["EUR", "USD"]);
        let status = *self
            .dice
            .one_of(&["pending", "delivered", "cancelled", "refunded"]);
        let sql = format!(
            "with someone as (select id from crm_clients where tenant_id = current_tenant_id() and merged_into is null limit 1),
            deal as (
                insert into crm_deals (tenant_id, client_id, name, deal_value, currency, stage, created_at)
                select current_tenant_id(), id, 'Deal', {value}, '{currency}', '{stage}', now() - interval '{days} days' from someone
            )
            insert into crm_orders (tenant_id, client_id, order_number, total, subtotal, currency, status, order_date)
            select current_tenant_id(), id, gen_random_uuid()::text, {value}, {value}, '{currency}', '{status}', now() - interval '{days} days'
            from someone"
        );
        execute(owner, &self.tenant, &sql).await;
        let calls = self.dice.roll(3);
        let sql = format!(
            "insert into usage_daily (tenant_id, day, currency, model_calls, input_tokens, output_tokens, cost, unpriced_calls)
            values (current_tenant_id(), (now() at time zone 'UTC')::date - {days}, '{currency}', {calls}, {value}, {days}, {value} / 100.0,
                {calls} / 2)
            on conflict on constraint usage_daily_day_key do nothing"
        );
        execute(owner, &self.tenant, &sql).await;
    }

    pub async fn check(&self, owner: &mut PgConnection) {
        let rows = recount::rows(owner, &self.tenant).await;
        let stories = recount::stories(&rows);
        let days: BTreeSet<&String> = stories.iter().map(|story| &story.day).collect();
        let middle = days
            .iter()
            .nth(days.len() / 2)
            .map_or("2026-01-01", |day| day.as_str());
        let languages: BTreeSet<&String> = stories.iter().map(|story| &story.language).collect();
        let language = languages.first().map_or("none", |language| language.as_str());
        let now = rows["now"].as_f64().expect("a time");
        type Passes<'a> = Box<dyn Fn(&Story) -> bool + 'a>;
        let scopes: [(String, Passes); 4] = [
            (ALL_DAYS.to_owned(), Box::new(|_: &Story| true)),
            (
                format!("from={middle}&to=2027-06-01"),
                Box::new(|story: &Story| story.day.as_str() >= middle),
            ),
            (
                format!("{ALL_DAYS}&language={language}"),
                Box::new(|story: &Story| story.language == *language),
            ),
            (
                format!("{ALL_DAYS}&outcome=bot,person"),
                Box::new(|story: &Story| ["bot", "person"].contains(&story.outcome)),
            ),
        ];
        for (query, passes) in &scopes {
            let within: Vec<&Story> = stories.iter().filter(|story| passes(story)).collect();
            self.check_scope(query, &within, now).await;
        }
        self.check_gaps(&rows).await;
        self.check_sales(&rows, middle).await;
        beside::check_knowledge(self, &rows, middle).await;
        beside::check_usage(self, &rows, middle).await;
        beside::check_channels(self, &stories, middle).await;
        beside::check_compared(self, &stories).await;
        beside::check_other_pages(self, middle).await;
    }

    pub fn history(&self) -> String {
        self.told.join("\n")
    }

    async fn check_scope(&self, query: &str, stories: &[&Story], now: f64) {
        let api = &self.tenant.api;
        let mut pages = Vec::new();
        for page in ["overview", "ai", "team"] {
            pages.push(read(api, &format!("{page}?{query}")).await);
        }
        let shown = |metric: &str| {
            let all = pages
                .iter()
                .flat_map(|page| page["figures"].as_array().expect("figures"));
            all.into_iter().find(|figure| figure["metric"] == metric).cloned()
        };
        let count = shown("conversations").expect("a figure");
        assert_eq!(
            count["value"].as_f64(),
            Some(stories.len() as f64),
            "{query}\n{}",
            self.history()
        );
        for (metric, (part, whole)) in recount::shares(stories, now) {
            let Some(figure) = shown(metric) else { continue };
            let context = format!("{metric} {query}: {figure}\n{}", self.history());
            assert_eq!(figure["part"].as_f64(), Some(part.len() as f64), "{context}");
            assert_eq!(figure["whole"].as_f64(), Some(whole.len() as f64), "{context}");
            same(
                &figure["value"],
                share(part.len() as f64, whole.len() as f64),
                &context,
            );
            assert_eq!(figure["reason"].is_null(), !whole.is_empty(), "{context}");
            for (which, ids) in [("part", &part), ("whole", &whole)] {
                let listed = behind(api, &format!("{metric}/conversations?{query}&part={which}")).await;
                let wanted: BTreeSet<String> = ids.iter().cloned().collect();
                assert_eq!(listed, wanted, "{which} of {context}");
            }
        }
        for (metric, (part, whole)) in recount::ratios(stories) {
            let figure = shown(metric).expect("a figure");
            let context = format!("{metric} {query}: {figure}\n{}", self.history());
            same(&figure["value"], share(part, whole), &context);
            let listed = behind(api, &format!("{metric}/answers?{query}&part=whole")).await;
            assert_eq!(listed.len() as f64, whole, "{context}");
        }
        for (metric, (count, value)) in recount::times(stories) {
            let figure = shown(metric).expect("a figure");
            let context = format!("{metric} {query}: {figure}\n{}", self.history());
            same(&figure["value"], value, &context);
            assert_eq!(figure["whole"].as_f64(), Some(count as f64), "{context}");
        }
        let sure: Vec<f64> = stories
            .iter()
            .flat_map(|story| story.confidences.clone())
            .collect();
        let mean = (!sure.is_empty()).then(|| sure.iter().sum::<f64>() / sure.len() as f64);
        same(
            &shown("confidence").expect("a figure")["value"],
            mean,
            "confidence",
        );
        self.check_charts(&pages, stories, query).await;
    }

    async fn check_charts(&self, pages: &[Value], stories: &[&Story], query: &str) {
        let [overview, ai, _] = pages else {
            panic!("three pages")
        };
        let mut by_hour: BTreeMap<String, f64> = BTreeMap::new();
        let mut reasons: BTreeMap<String, f64> = BTreeMap::new();
        let mut bins: BTreeMap<String, f64> = BTreeMap::new();
        for story in stories {
            *by_hour.entry(story.hour.clone()).or_default() += 1.0;
            if let Some(reason) = &story.handed_over {
                *reasons.entry(reason.clone()).or_default() += 1.0;
            }
            for confidence in &story.confidences {
                let bin = f64::min((confidence * 10.0).floor(), 9.0);
                *bins.entry(bin.to_string()).or_default() += 1.0;
            }
        }
        for (page, name, wanted) in [
            (overview, "hours", by_hour),
            (ai, "reasons", reasons),
            (ai, "confidence", bins),
        ] {
            let shown: BTreeMap<String, f64> = list(chart(page, name), "rows")
                .iter()
                .map(|row| {
                    (
                        text(row, "key").to_owned(),
                        row["values"][0].as_f64().expect("a count"),
                    )
                })
                .filter(|(_, count)| *count > 0.0)
                .collect();
            assert_eq!(shown, wanted, "{name} {query}\n{}", self.history());
        }
        // a bar opens what it counts
        let outcomes = chart(overview, "outcomes");
        let mut sums = BTreeMap::new();
        for row in list(outcomes, "rows") {
            for (place, series) in list(outcomes, "series").iter().enumerate() {
                let value = row["values"][place].as_f64().expect("a count");
                *sums.entry(text(series, "key").to_owned()).or_insert(0.0) += value;
                if value > 0.0 && !query.contains("outcome") {
                    let (days, outcome) = (&row["filter"], text(series, "key"));
                    let narrowed = format!(
                        "from={}&to={}&outcome={outcome}",
                        text(days, "from"),
                        text(days, "to")
                    );
                    let rest = query
                        .split_once("language")
                        .map_or(String::new(), |(_, rest)| format!("&language{rest}"));
                    let listed = behind(
                        &self.tenant.api,
                        &format!("conversations/conversations?{narrowed}{rest}"),
                    )
                    .await;
                    let from_row = text(days, "from");
                    let wanted = stories.iter().filter(|story| {
                        story.outcome == outcome
                            && story.day.as_str() >= from_row
                            && story.day.as_str() <= text(days, "to")
                    });
                    assert_eq!(listed.len() as f64, value, "{narrowed}\n{}", self.history());
                    assert_eq!(
                        listed,
                        wanted.map(|story| story.id.clone()).collect::<BTreeSet<String>>(),
                        "{narrowed}"
                    );
                }
            }
        }
        for outcome in ["bot", "handed_over", "person", "unanswered"] {
            let wanted = stories.iter().filter(|story| story.outcome == outcome).count() as f64;
            assert_eq!(sums[outcome], wanted, "{outcome} {query}\n{}", self.history());
        }
    }

    async fn check_gaps(&self, rows: &Value) {
        let page = read(&self.tenant.api, &format!("gaps?{ALL_DAYS}")).await;
        let wordings = list(rows, "gaps");
        let questions: BTreeSet<&str> = wordings.iter().map(|gap| text(gap, "cluster")).collect();
        let open = wordings.iter().filter(|gap| gap["closed"].is_null());
        let open: BTreeSet<&str> = open.map(|gap| text(gap, "cluster")).collect();
        for (metric, wanted) in [
            ("gaps_opened", questions.len()),
            ("gaps_closed", questions.len() - open.len()),
            ("open_gaps", open.len()),
        ] {
            assert_eq!(
                figure(&page, metric)["value"],
                json!(wanted as f64),
                "{metric}\n{}",
                self.history()
            );
            let listed = behind(&self.tenant.api, &format!("{metric}/gaps?{ALL_DAYS}")).await;
            assert_eq!(listed.len(), wanted, "{metric}");
        }
    }

    async fn check_sales(&self, rows: &Value, from: &str) {
        let query = format!("from={from}&to=2027-06-01");
        let page = read(&self.tenant.api, &format!("sales?{query}")).await;
        let closed = |stage: &str| -> Vec<&Value> {
            let deals = list(rows, "deals").iter();
            deals
                .filter(|deal| deal["stage"] == stage && text(deal, "actual_close_date") >= from)
                .collect()
        };
        let (won, lost) = (closed("closed_won"), closed("closed_lost"));
        let context = format!("{page}\n{}", self.history());
        assert_eq!(
            figure(&page, "deals_won")["value"],
            json!(won.len() as f64),
            "{context}"
        );
        assert_eq!(
            figure(&page, "deals_lost")["value"],
            json!(lost.len() as f64),
            "{context}"
        );
        let rate = share(won.len() as f64, (won.len() + lost.len()) as f64);
        same(&figure(&page, "win_rate")["value"], rate, &context);
        let date = |deal: &Value, what: &str| text(deal, what).parse::<chrono::NaiveDate>().expect("a day");
        let days = won
            .iter()
            .map(|deal| date(deal, "actual_close_date") - date(deal, "day"));
        let cycle = recount::percentile(days.map(|days| days.num_days() as f64), 0.5);
        same(&figure(&page, "deal_cycle")["value"], cycle, &context);
        let open = |deal: &&Value| !text(deal, "stage").starts_with("closed");
        let mut wanted: BTreeMap<(String, String), f64> = BTreeMap::new();
        let mut add = |metric: &str, row: &Value, amount: f64| {
            *wanted
                .entry((metric.to_owned(), text(row, "currency").to_owned()))
                .or_default() += amount;
        };
        for deal in list(rows, "deals").iter().filter(open) {
            add("open_value", deal, deal["deal_value"].as_f64().expect("a value"));
        }
        for deal in &won {
            add("won_value", deal, deal["deal_value"].as_f64().expect("a value"));
        }
        for order in list(rows, "orders") {
            let is_lost = ["cancelled", "refunded"].contains(&text(order, "status"));
            if !is_lost && text(order, "day") >= from {
                add("revenue", order, order["total"].as_f64().expect("a total"));
            }
        }
        let shown: BTreeMap<(String, String), f64> = list(&page, "figures")
            .iter()
            .filter(|figure| !figure["currency"].is_null() && figure["metric"] != "weighted_value")
            .map(|figure| {
                let key = (
                    text(figure, "metric").to_owned(),
                    text(figure, "currency").to_owned(),
                );
                (key, figure["value"].as_f64().expect("a value"))
            })
            .collect();
        assert_eq!(shown, wanted, "{context}");
        for (metric, deals) in [("deals_won", &won), ("deals_lost", &lost)] {
            let listed = behind(&self.tenant.api, &format!("{metric}/deals?{query}")).await;
            assert_eq!(listed.len(), deals.len(), "{metric} {context}");
        }
    }
}

pub fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| 100.0 * part / whole)
}

pub fn same(shown: &Value, wanted: Option<f64>, context: &str) {
    match (shown.as_f64(), wanted) {
        (Some(shown), Some(wanted)) => {
            let allowed = 1e-6 * f64::max(1.0, wanted.abs());
            assert!(
                (shown - wanted).abs() < allowed,
                "{shown} is not {wanted}: {context}"
            );
        }
        (shown, wanted) => assert_eq!(shown, wanted, "{context}"),
    }
}

/// The ids of a list, read page by page; as many as it says.
pub async fn behind(api: &Api, path: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let page = read(api, &format!("{path}&limit=7{cursor}")).await;
        for item in list(&page, "items") {
            assert!(ids.insert(text(item, "id").to_owned()), "{item} comes twice");
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => {
                assert_eq!(page["count"], json!(ids.len()), "{path}");
                return ids;
            }
        }
    }
}

#[tokio::test]
async fn figures_are_what_a_plain_recount_says() {
    require_runtime!();
    let server = server().start().await;
    let mut owner = server.owner().await;
    for seed in seeds(&[7, 20_261_123]) {
        let mut world = World::begin(&server, seed).await;
        world.check(&mut owner).await;
        for round in 1..=3 {
            for _ in 0..(12 * round) {
                world.step(&mut owner).await;
            }
            world.check(&mut owner).await;
        }
    }
}

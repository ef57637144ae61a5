//! The plain recount of what stands beside conversations: knowledge, models, channels, what is compared, and other pages that show the
//! same numbers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};

use super::histories::{World, same, share};
use super::recount::{self, Story, list, number, percentile, text};
use super::{chart, figure, read};

const END: &str = "2027-06-01";

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// Answers of the days from this one on.
fn given<'a>(rows: &'a Value, from: &str) -> Vec<&'a Value> {
    let answers = rows["answers"].as_object().expect("answers");
    let given = answers.values();
    given.filter(|answer| text(answer, "day") >= from).collect()
}

pub async fn check_knowledge(world: &World, rows: &Value, from: &str) {
    let page = read(&world.tenant.api, &format!("knowledge?from={from}&to={END}")).await;
    let context = format!("{page}\n{}", world.history());
    let given = given(rows, from);
    let known: Vec<&&Value> = given.iter().filter(|answer| recount::is_known(answer)).collect();
    let without = known
        .iter()
        .filter(|answer| answer["sources"] == json!([]))
        .count() as f64;
    let all = known.len() as f64;
    assert_eq!(
        figure(&page, "answers_with_source")["value"],
        json!(all - without),
        "{context}"
    );
    let shown = figure(&page, "answers_without_source");
    assert_eq!(
        (&shown["part"], &shown["whole"]),
        (&json!(without), &json!(all)),
        "{context}"
    );
    let ids: BTreeSet<&str> = given.iter().map(|answer| text(answer, "id")).collect();
    let used: BTreeSet<&str> = list(rows, "uses")
        .iter()
        .filter(|used| ids.contains(text(used, "answer")))
        .map(|used| text(used, "entry"))
        .collect();
    let entries = list(rows, "entries").iter().map(|entry| text(entry, "id"));
    let (used, unused): (Vec<&str>, Vec<&str>) = entries.partition(|entry| used.contains(entry));
    for name in ["used", "unused"] {
        for row in list(chart(&page, name), "rows") {
            assert_eq!(row["filter"]["entry_kind"], "qa_pair", "{row}");
        }
    }
    assert_eq!(
        figure(&page, "entries_used")["value"],
        json!(used.len() as f64),
        "{context}"
    );
    assert_eq!(
        figure(&page, "entries_unused")["value"],
        json!(unused.len() as f64),
        "{context}"
    );
}

pub async fn check_usage(world: &World, rows: &Value, from: &str) {
    let page = read(&world.tenant.api, &format!("usage?from={from}&to={END}")).await;
    let context = format!("{page}\n{}", world.history());
    let days: Vec<&Value> = list(rows, "usage")
        .iter()
        .filter(|day| text(day, "day") >= from)
        .collect();
    for (metric, column) in [
        ("model_calls", "model_calls"),
        ("input_tokens", "input_tokens"),
        ("output_tokens", "output_tokens"),
    ] {
        let sum: f64 = days.iter().filter_map(|day| number(day, column)).sum();
        assert_eq!(figure(&page, metric)["value"], json!(sum), "{metric} {context}");
    }
    let mut costs: BTreeMap<&str, Option<f64>> = BTreeMap::new();
    for day in &days {
        let known = number(day, "cost").filter(|_| day["unpriced_calls"] == 0);
        let sum = costs.entry(text(day, "currency")).or_insert(Some(0.0));
        *sum = sum.zip(known).map(|(sum, cost)| sum + cost);
    }
    let figures = list(&page, "figures").iter();
    for shown in figures.filter(|figure| figure["metric"] == "cost") {
        let wanted = costs.remove(text(shown, "currency"));
        same(&shown["value"], wanted.unwrap_or(Some(0.0)), &context);
    }
    assert!(costs.is_empty(), "{costs:?} {context}");
    let at: BTreeMap<&str, f64> = list(rows, "messages")
        .iter()
        .filter_map(|message| Some((text(message, "id"), number(message, "at")?)))
        .collect();
    let waited: Vec<f64> = given(rows, from)
        .iter()
        .filter_map(|answer| Some(at.get(text(answer, "id"))? - at.get(text(answer, "question_message_id"))?))
        .map(|seconds| f64::max(seconds, 0.0))
        .collect();
    for (metric, place) in [("answer_time", 0.5), ("answer_time_p95", 0.95)] {
        let shown = figure(&page, metric);
        same(
            &shown["value"],
            percentile(waited.iter().copied(), place),
            &context,
        );
        assert_eq!(shown["whole"], json!(waited.len() as f64), "{metric} {context}");
    }
}

pub async fn check_channels(world: &World, stories: &[Story], from: &str) {
    let page = read(&world.tenant.api, &format!("channels?from={from}&to={END}")).await;
    let context = format!("{page}\n{}", world.history());
    let stories: Vec<&Story> = stories
        .iter()
        .filter(|story| story.day.as_str() >= from)
        .collect();
    let channels: BTreeSet<&str> = stories.iter().map(|story| story.channel.as_str()).collect();
    let rows = |name: &str| list(chart(&page, name), "rows").clone();
    let shown: BTreeSet<String> = rows("channels")
        .iter()
        .map(|row| text(row, "key").to_owned())
        .collect();
    assert_eq!(
        shown,
        channels.iter().map(|id| (*id).to_owned()).collect(),
        "{context}"
    );
    for row in rows("channels") {
        let of_channel = |outcome: &str| {
            let found = stories.iter().filter(|story| story.channel == text(&row, "key"));
            found.filter(|story| story.outcome == outcome).count() as f64
        };
        let wanted = ["bot", "handed_over", "person", "unanswered"].map(of_channel);
        assert_eq!(row["values"], json!(wanted), "{context}");
    }
    for row in rows("satisfaction") {
        let ratings = stories.iter().filter(|story| story.channel == text(&row, "key"));
        let ratings: Vec<f64> = ratings.filter_map(|story| story.rating).collect();
        let good = ratings.iter().filter(|rating| **rating >= 4.0).count() as f64;
        same(&row["values"][0], share(good, ratings.len() as f64), &context);
    }
    let languages: BTreeSet<&str> = stories.iter().map(|story| story.language.as_str()).collect();
    let recognised = languages.iter().filter(|language| **language != "none").count() as f64;
    assert_eq!(
        figure(&page, "languages")["value"],
        json!(recognised),
        "{context}"
    );
}

/// Each part has beside it the days that lie as far behind as the periods are apart.
pub async fn check_compared(world: &World, stories: &[Story]) {
    let Some(last) = stories.iter().map(|story| day(&story.day)).max() else {
        return;
    };
    let apart = TimeDelta::days(17);
    let from = last - TimeDelta::days(16);
    for grain in ["day", "week"] {
        let query = format!("overview?from={from}&to={last}&compare=previous&grain={grain}");
        let page = read(&world.tenant.api, &query).await;
        for row in list(chart(&page, "outcomes"), "rows") {
            let ends = [text(&row["filter"], "from"), text(&row["filter"], "to")].map(|end| day(end) - apart);
            let wanted = stories
                .iter()
                .filter(|story| (ends[0]..=ends[1]).contains(&day(&story.day)));
            let shown: f64 = list(row, "previous").iter().filter_map(Value::as_f64).sum();
            assert_eq!(
                shown,
                wanted.count() as f64,
                "{query}: {row}\n{}",
                world.history()
            );
        }
    }
}

/// The home page, sales and the list of gaps say the same as analytics.
pub async fn check_other_pages(world: &World, from: &str) {
    let api = &world.tenant.api;
    let home = api.get("/api/v1/overview").expect(200).await;
    let today = read(api, "overview").await["range"]["to"].clone();
    let today = today.as_str().expect("a day");
    let yesterday = day(today) - TimeDelta::days(1);
    for (name, date) in [("today", today.to_owned()), ("yesterday", yesterday.to_string())] {
        let page = read(api, &format!("overview?from={date}&to={date}")).await;
        let shown = figure(&page, "automation_rate");
        let context = format!("{name}: {home}\n{page}\n{}", world.history());
        assert_eq!(home[name]["automation_rate"], shown["value"], "{context}");
        assert_eq!(
            home[name]["automated"].as_f64(),
            shown["part"].as_f64(),
            "{context}"
        );
        assert_eq!(
            home[name]["conversations"].as_f64(),
            shown["whole"].as_f64(),
            "{context}"
        );
        if name == "today" {
            let gaps = &figure(&page, "open_gaps")["value"];
            assert_eq!(home["open_gaps"].as_f64(), gaps.as_f64(), "{context}");
            let clusters = api.get("/api/v1/gap-clusters").expect(200).await;
            assert_eq!(clusters["total"].as_f64(), gaps.as_f64(), "{clusters} {context}");
        }
    }
    let sales = read(api, &format!("sales?from={from}&to={END}")).await;
    let summary = api
        .get(&format!("/api/v1/crm/summary?from={from}&to={END}"))
        .expect(200)
        .await;
    for (metric, field) in [("win_rate", "win_rate"), ("deal_cycle", "cycle_days")] {
        let shown = figure(&sales, metric)["value"].as_f64();
        same(&summary[field], shown, &format!("{summary} {sales}"));
    }
}

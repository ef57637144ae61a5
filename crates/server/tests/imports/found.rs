//! Everything that the API tells of a tenant, to look for values in.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use serde_json::Value;
use testkit::{Api, Server};

/// Every value that any answer holds, in one form however it was written.
pub async fn all(server: &Server, api: &Api) -> BTreeSet<String> {
    let document = server.rapport(&["openapi"]).await;
    let paths = document["paths"].as_object().expect("paths");
    let is_json =
        |operation: &Value| operation["get"]["responses"]["200"]["content"]["application/json"].is_object();
    let lists: Vec<&String> = paths
        .iter()
        .filter(|(path, operation)| path.starts_with("/api/v1/") && is_json(operation))
        .map(|(path, _)| path)
        .collect();
    let mut found = BTreeSet::new();
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for depth in 0..3 {
        for template in lists.iter().filter(|path| path.matches('{').count() == depth) {
            for path in places(template, &ids) {
                for page in pages(api, &path).await {
                    collect(&page, &mut found);
                    let items = page["items"].as_array().into_iter().flatten();
                    let of_list = ids.entry(path.clone()).or_default();
                    of_list.extend(items.filter_map(|item| item["id"].as_str().map(str::to_owned)));
                }
            }
        }
    }
    found
}

/// A path for each thing that is known of the list that it stands in.
fn places(template: &str, ids: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let Some(at) = template.rfind("/{") else {
        return vec![template.to_owned()];
    };
    let (list, rest) = template.split_at(at);
    let rest = rest.split_once('}').expect("its end").1;
    let of_list = ids.iter().filter(|(path, _)| is_of(list, path));
    of_list
        .flat_map(|(path, ids)| ids.iter().map(move |id| format!("{path}/{id}{rest}")))
        .collect()
}

/// Whether a path is one of a template, part by part.
fn is_of(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let is_same = |(t, p): (&&str, &&str)| t.starts_with('{') || t == p;
    template.len() == path.len() && template.iter().zip(&path).all(is_same)
}

async fn pages(api: &Api, path: &str) -> Vec<Value> {
    let mut pages = all_of(api, path, "").await;
    // lists that show what there is to do show the rest when they are asked
    if ["/gaps", "/escalations", "/leads"]
        .iter()
        .any(|list| path.ends_with(list))
    {
        for status in ["resolved", "dismissed", "in_progress", "converted", "lost"] {
            pages.extend(all_of(api, path, &format!("&status={status}")).await);
        }
    }
    pages
}

async fn all_of(api: &Api, path: &str, more: &str) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = api.get(&format!("{path}?limit=200{more}{cursor}")).send().await;
        assert!(answer.status < 500, "{path}: {} {}", answer.status, answer.text());
        if answer.status != 200 {
            return pages;
        }
        let page = answer.json();
        let next = page["next_cursor"].as_str().map(|next| format!("&cursor={next}"));
        pages.push(page);
        match next {
            Some(next) => cursor = next,
            None => return pages,
        }
    }
}

pub fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(map) => map.values().for_each(|item| collect(item, into)),
        Value::Null | Value::Bool(_) => {}
        scalar => {
            into.insert(plain(scalar));
        }
    }
}

/// Times as times, numbers as numbers, words without their case.
pub fn plain(scalar: &Value) -> String {
    let text = match scalar {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    if let Ok(time) = DateTime::parse_from_rfc3339(&text) {
        return format!("at {}", time.timestamp_micros());
    }
    match text.parse::<f64>() {
        Ok(number) => format!("{number}"),
        Err(_) => text.to_lowercase(),
    }
}

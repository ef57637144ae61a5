//! How good are proposals that come about without a model? Sixty short chats in English and French, each with what it is
//! about, or that nobody can learn from it. The floors are a little below what is reached; `docs/transcripts.md` says what
//! that is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use testkit::require_runtime;

use super::{proposals, send, settled};
use crate::support::server;

/// Blocks of `@topic words of a right answer`, then `C:` and `A:` for customer and agent.
const CHATS: &str = include_str!("chats.txt");

struct Sample {
    topic: &'static str,
    right: &'static str,
    messages: Vec<(&'static str, &'static str)>,
}

fn samples() -> Vec<Sample> {
    let sample = |block: &'static str| {
        let (head, rest) = block.trim().split_once('\n').expect("a topic and messages");
        let (topic, right) = head
            .trim_start_matches('@')
            .split_once(' ')
            .unwrap_or((head.trim_start_matches('@'), ""));
        let message = |line: &'static str| line.split_once(": ").expect("who says it");
        Sample {
            topic,
            right,
            messages: rest.lines().map(message).collect(),
        }
    };
    CHATS.split("---\n").map(sample).collect()
}

fn as_lines(samples: &[Sample]) -> String {
    let mut lines = String::new();
    for (number, sample) in samples.iter().enumerate() {
        for (who, text) in &sample.messages {
            let role = if *who == "C" { "customer" } else { "agent" };
            let line =
                json!({"conversation_id": format!("{}/{number}", sample.topic), "role": role, "text": text});
            lines.push_str(&format!("{line}\n"));
        }
    }
    lines
}

fn topics_of(proposal: &Value) -> BTreeSet<String> {
    let excerpts = proposal["excerpts"].as_array().expect("a list");
    let chats = excerpts
        .iter()
        .filter_map(|excerpt| excerpt["chat"].as_str()?.split_once('/'));
    chats.map(|(topic, _)| topic.to_owned()).collect()
}

#[tokio::test]
async fn most_of_what_is_proposed_without_a_model_is_right() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let samples = samples();
    let right: BTreeMap<&str, &str> = samples
        .iter()
        .map(|sample| (sample.topic, sample.right))
        .collect();
    let sent = send(&tenant, "", as_lines(&samples)).await.expect(202);
    let done = settled(&tenant, &sent).await;
    let found = proposals(&tenant, "").await;
    let mut answered: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = 0;
    for proposal in &found {
        let topics = topics_of(proposal);
        let answer = proposal["answer"].as_str().expect("an answer").to_lowercase();
        let topic = topics.iter().next().expect("a topic");
        let is_right =
            topics.len() == 1 && topic != "none" && answer.contains(&right[topic.as_str()].to_lowercase());
        println!(
            "{} {topics:?} ×{} {} → {answer}",
            if is_right { "right" } else { "WRONG" },
            proposal["times_seen"],
            proposal["question"]
        );
        if is_right {
            *answered.entry(topic.clone()).or_default() += 1;
        } else {
            wrong += 1;
        }
    }
    let topics = right.len() - 1;
    let kept: usize = answered.values().sum();
    println!(
        "{} chats, {topics} topics: {} proposals, {kept} right, {wrong} wrong; {} topics found, {} twice; {} left out",
        samples.len(),
        found.len(),
        answered.len(),
        kept - answered.len(),
        done["left_out_count"],
    );
    assert!(wrong * 20 <= found.len(), "more than one in twenty is wrong");
    assert!(answered.len() * 20 >= topics * 19, "too few topics were found");
    assert!(kept <= topics * 8 / 5, "too many proposals ask the same");
}

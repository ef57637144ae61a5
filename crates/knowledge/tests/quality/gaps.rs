//! Do gaps that mean the same come together? BANKING77's questions as if nobody could answer them: its intents are what
//! a person would put together.

use std::collections::HashMap;

use kernel::ids::GapId;
use knowledge::gaps::clusters::grouping::{Grouped, SAME, groups};
use knowledge::public_sets::{Embeddings, Labelled, banking};

/// How like the intents the groups are, question by question (B³).
struct Likeness {
    /// Of those that a question was put together with, the share that means the same.
    precision: f64,
    /// Of those that mean the same, the share that a question was put together with.
    recall: f64,
}

#[test]
fn gaps_that_mean_the_same_come_together_and_few_others_with_them() {
    let Some((folder, mut embeddings)) = super::data_and_model() else {
        return;
    };
    let questions = banking(&folder).expect("the data set").test;
    // few wordings of many intents, and many of few
    for (name, intents, wordings, precision, recall) in
        [("77 × 4", 77, 4, 0.75, 0.52), ("15 × 20", 15, 20, 0.93, 0.37)]
    {
        let asked = draw(&questions, intents, wordings);
        for same in [0.56, 0.6, SAME, 0.68, 0.72] {
            let found = likeness(&asked, &mut embeddings, same);
            println!(
                "{name} at {same}: precision {:.3}, recall {:.3}",
                found.precision, found.recall
            );
        }
        let found = likeness(&asked, &mut embeddings, SAME);
        assert!(found.precision >= precision, "{name}: {:.3}", found.precision);
        assert!(found.recall >= recall, "{name}: {:.3}", found.recall);
    }
}

/// The first questions of the first intents, in the order of the file.
fn draw(questions: &[Labelled], intents: usize, wordings: usize) -> Vec<&Labelled> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut drawn = Vec::new();
    for question in questions {
        let known = counts.len();
        let count = counts.get(&*question.category).copied();
        if count.is_none() && known >= intents || count.unwrap_or(0) >= wordings {
            continue;
        }
        *counts.entry(&question.category).or_default() += 1;
        drawn.push(question);
    }
    drawn
}

fn likeness(asked: &[&Labelled], embeddings: &mut Embeddings, same: f32) -> Likeness {
    embeddings
        .prepare(asked.iter().map(|question| &*question.text))
        .expect("vectors");
    let gaps: Vec<Grouped> = asked
        .iter()
        .map(|question| {
            let id = GapId::new();
            Grouped {
                id,
                question: question.text.clone(),
                vector: embeddings.get(&question.text).map(<[f32]>::to_vec),
                cluster: id,
            }
        })
        .collect();
    let sizes = asked
        .iter()
        .fold(HashMap::<&str, usize>::new(), |mut sizes, question| {
            *sizes.entry(&question.category).or_default() += 1;
            sizes
        });
    let (mut precision, mut recall) = (0.0, 0.0);
    for group in groups(&gaps, same) {
        for one in &group {
            let intent = &*asked[*one].category;
            let alike = group
                .iter()
                .filter(|other| asked[**other].category == intent)
                .count() as f64;
            precision += alike / group.len() as f64;
            recall += alike / sizes[intent] as f64;
        }
    }
    Likeness {
        precision: precision / asked.len() as f64,
        recall: recall / asked.len() as f64,
    }
}

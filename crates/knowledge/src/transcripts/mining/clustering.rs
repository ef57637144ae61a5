//! Exchanges that ask the same become one: by the closeness of the questions, or, where these are a little further
//! apart, by people having given the same answer to both.

use std::collections::{HashMap, HashSet};

use crate::retrieval::{cosine, text};

/// An exchange with its vectors, where there are any.
#[derive(Debug, Clone)]
pub struct Item {
    /// Names the conversation: a person who asks twice counts once.
    pub chat: String,
    pub question: String,
    pub answer: String,
    pub has_personal_data: bool,
    pub is_specific: bool,
    pub question_vector: Option<Vec<f32>>,
    pub answer_vector: Option<Vec<f32>>,
}

/// Exchanges that ask the same, by their places. The best ones stand for all.
#[derive(Debug, Clone)]
pub struct Cluster {
    pub members: Vec<usize>,
    /// The member whose question stands in the middle of all.
    pub question: usize,
    /// The member whose answer does.
    pub answer: usize,
    pub conversations: usize,
    pub do_answers_differ: bool,
}

/// Questions whose cosine reaches this ask the same.
const SAME_QUESTION: f32 = 0.85;
/// So do those that come this near and were answered the same.
const NEAR_QUESTION: f32 = 0.55;
const SAME_ANSWER: f32 = 0.75;
/// An answer further away than this from the one in the middle says something else.
const OTHER_ANSWER: f32 = 0.45;
/// Comparing every member with every other one would take too long for large clusters.
const MOST_COMPARED: usize = 50;

/// The clusters, those that were asked most first.
pub fn cluster(items: &[Item]) -> Vec<Cluster> {
    let words = Words::of(items);
    let leaders: Vec<usize> = gather(items, &words, (0..items.len()).collect())
        .into_iter()
        .map(|members| middle(&members, |a, b| words.questions(items, a, b)))
        .collect();
    // once more around the middles, so that the order in which chats come matters little
    let mut is_leader = vec![false; items.len()];
    for leader in &leaders {
        if let Some(place) = is_leader.get_mut(*leader) {
            *place = true;
        }
    }
    let rest = (0..items.len()).filter(|place| !is_leader.get(*place).copied().unwrap_or(false));
    let order = leaders.iter().copied().chain(rest).collect();
    let mut clusters: Vec<Cluster> = gather(items, &words, order)
        .into_iter()
        .map(|members| finish(items, &words, members))
        .collect();
    clusters.sort_by(|a, b| {
        b.conversations
            .cmp(&a.conversations)
            .then(a.question.cmp(&b.question))
    });
    clusters
}

/// Each item joins the nearest leader that asks the same, or leads.
fn gather(items: &[Item], words: &Words, order: Vec<usize>) -> Vec<Vec<usize>> {
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    for place in order {
        let near = clusters
            .iter()
            .enumerate()
            .filter_map(|(number, members)| Some((number, words.sameness(items, *members.first()?, place)?)));
        match near.max_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((number, _)) => {
                if let Some(members) = clusters.get_mut(number) {
                    members.push(place);
                }
            }
            None => clusters.push(vec![place]),
        }
    }
    clusters
}

fn finish(items: &[Item], words: &Words, mut members: Vec<usize>) -> Cluster {
    members.sort_unstable();
    let question = middle(
        &best(items, &members, |item| !item.question.contains('[')),
        |a, b| words.questions(items, a, b),
    );
    let fit = best(items, &members, |item| {
        !item.has_personal_data && !item.is_specific
    });
    let answer = middle(&fit, |a, b| words.answers(items, a, b));
    let differs = |other: &usize| {
        words.answers(items, answer, *other) < OTHER_ANSWER || words.is_contradicted(items, answer, *other)
    };
    let conversations: HashSet<&str> = members
        .iter()
        .filter_map(|place| Some(items.get(*place)?.chat.as_str()))
        .collect();
    Cluster {
        do_answers_differ: fit.iter().any(differs),
        conversations: conversations.len(),
        question,
        answer,
        members,
    }
}

/// The members that are fit for it, or all if none is.
fn best(items: &[Item], members: &[usize], is_fit: impl Fn(&Item) -> bool) -> Vec<usize> {
    let fit: Vec<usize> = members
        .iter()
        .copied()
        .filter(|place| items.get(*place).is_some_and(&is_fit))
        .collect();
    if fit.is_empty() { members.to_vec() } else { fit }
}

/// The member that is nearest to all others.
fn middle(members: &[usize], similarity: impl Fn(usize, usize) -> f32) -> usize {
    let compared = members
        .get(..members.len().min(MOST_COMPARED))
        .unwrap_or_default();
    let closeness = |place: usize| {
        compared
            .iter()
            .map(|other| similarity(place, *other))
            .sum::<f32>()
    };
    let sums = compared.iter().map(|place| (*place, closeness(*place)));
    sums.fold(None, |best: Option<(usize, f32)>, (place, sum)| match best {
        Some((_, most)) if most >= sum => best,
        _ => Some((place, sum)),
    })
    .map_or(0, |(place, _)| place)
}

/// The words of all items, for texts without vectors and for what vectors do not see: numbers.
struct Words {
    questions: Vec<HashSet<String>>,
    answers: Vec<HashSet<String>>,
    numbers: Vec<HashSet<String>>,
}

impl Words {
    fn of(items: &[Item]) -> Self {
        let all = |text: &str| text::words(text).into_iter().map(|word| word.text).collect();
        let numbers = |text: &str| {
            let words = text::words(text).into_iter();
            words
                .filter(|word| word.kind == text::WordKind::Number)
                .map(|word| word.text)
                .collect()
        };
        Self {
            questions: items.iter().map(|item| all(&item.question)).collect(),
            answers: items.iter().map(|item| all(&item.answer)).collect(),
            numbers: items.iter().map(|item| numbers(&item.answer)).collect(),
        }
    }

    /// How near two ask the same. None: they do not.
    fn sameness(&self, items: &[Item], a: usize, b: usize) -> Option<f32> {
        let question = self.questions(items, a, b);
        if question >= SAME_QUESTION {
            return Some(question);
        }
        let is_answered_alike =
            || self.answers(items, a, b) >= SAME_ANSWER && !self.is_contradicted(items, a, b);
        (question >= NEAR_QUESTION && is_answered_alike()).then_some(question)
    }

    fn questions(&self, items: &[Item], a: usize, b: usize) -> f32 {
        let vector = |place: usize| items.get(place)?.question_vector.as_deref();
        near(vector(a), vector(b)).unwrap_or_else(|| overlap(self.questions.get(a), self.questions.get(b)))
    }

    fn answers(&self, items: &[Item], a: usize, b: usize) -> f32 {
        let vector = |place: usize| items.get(place)?.answer_vector.as_deref();
        near(vector(a), vector(b)).unwrap_or_else(|| overlap(self.answers.get(a), self.answers.get(b)))
    }

    /// Whether each names a number that the other does not: 14 days here, 30 days there.
    fn is_contradicted(&self, _: &[Item], a: usize, b: usize) -> bool {
        match (self.numbers.get(a), self.numbers.get(b)) {
            (Some(one), Some(other)) => !one.is_subset(other) && !other.is_subset(one),
            _ => false,
        }
    }
}

fn near(a: Option<&[f32]>, b: Option<&[f32]>) -> Option<f32> {
    cosine(a?, b?)
}

/// Words that both have, as a share of all.
fn overlap(a: Option<&HashSet<String>>, b: Option<&HashSet<String>>) -> f32 {
    match (a, b) {
        (Some(a), Some(b)) => a.intersection(b).count() as f32 / a.union(b).count().max(1) as f32,
        _ => 0.0,
    }
}

/// Why a proposal should be looked at closely.
pub const SEEN_ONCE: &str = "seen_once";
pub const ANSWERS_DIFFER: &str = "answers_differ";
pub const PERSONAL_DATA: &str = "personal_data";
pub const CASE_SPECIFIC: &str = "case_specific";

/// What a cluster proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub question: String,
    pub answer: String,
    pub phrasings: Vec<String>,
    pub times_seen: usize,
    pub reasons: Vec<&'static str>,
    /// The items that it comes from, first those whose words it has.
    pub members: Vec<usize>,
    /// How many those are.
    pub quoted: usize,
}

const MOST_PHRASINGS: usize = 20;

/// None: it concerns one person alone.
pub fn draft(items: &[Item], cluster: &Cluster) -> Option<Draft> {
    let (asked, answered) = (items.get(cluster.question)?, items.get(cluster.answer)?);
    let is_personal = answered.has_personal_data || asked.question.contains('[');
    if answered.is_specific && (is_personal || cluster.conversations < 2)
        || is_personal && cluster.conversations < 2
    {
        return None;
    }
    let mut seen: HashMap<u64, ()> = HashMap::from([(text::signature(&text::words(&asked.question)), ())]);
    let others = cluster
        .members
        .iter()
        .filter_map(|place| Some((*place, items.get(*place)?)));
    let phrasings: Vec<(usize, String)> = others
        .filter(|(_, item)| !item.question.contains('['))
        .filter(|(_, item)| {
            seen.insert(text::signature(&text::words(&item.question)), ())
                .is_none()
        })
        .map(|(place, item)| (place, item.question.clone()))
        .take(MOST_PHRASINGS)
        .collect();
    let reasons = [
        (cluster.conversations < 2, SEEN_ONCE),
        (cluster.do_answers_differ, ANSWERS_DIFFER),
        (is_personal, PERSONAL_DATA),
        (answered.is_specific, CASE_SPECIFIC),
    ];
    let mut members: Vec<usize> = Vec::new();
    let mut add = |places: &mut dyn Iterator<Item = usize>| {
        for place in places {
            if !members.contains(&place) {
                members.push(place);
            }
        }
        members.len()
    };
    let quoted = add(&mut [cluster.answer, cluster.question]
        .into_iter()
        .chain(phrasings.iter().map(|(place, _)| *place)));
    add(&mut cluster.members.iter().copied());
    Some(Draft {
        question: asked.question.clone(),
        answer: answered.answer.clone(),
        phrasings: phrasings.into_iter().map(|(_, text)| text).collect(),
        times_seen: cluster.conversations,
        reasons: reasons
            .into_iter()
            .filter(|(is_so, _)| *is_so)
            .map(|(_, reason)| reason)
            .collect(),
        members,
        quoted,
    })
}

//! Which messages are about the same? Average linkage over the cosine of their vectors, beside the topics that are known
//! already. Nothing here is random: the same messages give the same topics.
//!
//! A topic stands for all its messages by the mean of their vectors: the product of two means is the mean cosine of all
//! pairs, so that a group joins a topic by the same measure by which messages join each other. Start at [`sort`].

use std::collections::{BTreeMap, HashMap};

use kodama::{Method, linkage};

/// Two groups become one if their messages' mean cosine reaches this: a little more where much is written, and topics lie
/// closer together. Measured by `bench/topics`.
pub fn same(messages: usize) -> f32 {
    let tens = (messages as f32 / 100.0).max(1.0).log10();
    0.5 + 0.05 * tens.min(1.0)
}

/// What does not come as near as this to any topic belongs to none.
pub const NEAR: f32 = 0.3;
/// A topic that comes so near to another one is the same.
pub const ONE: f32 = 0.60;
/// A topic whose halves are further apart than this is two.
pub const TWO: f32 = 0.3;
/// Comparing more with each other would take too long: of more, so many are taken, evenly.
pub const MOST_COMPARED: usize = 4_000;

/// A message as the clustering sees it.
pub struct Point {
    /// Of length one, or nothing at all.
    pub vector: Vec<f32>,
    /// Who wrote it: a topic is what at least two people ask about.
    pub person: u64,
}

/// Where a message belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// One of the known topics, by its place.
    Known(usize),
    /// One that has not been there before, by its number among these.
    New(usize),
}

/// The least messages that make a topic: few where little is written, more where much is.
pub fn least(messages: usize) -> usize {
    ((messages as f64).powf(0.3) as usize).max(3)
}

/// How often messages are given to the topic that they come nearest to, which moves its mean.
const ROUNDS: usize = 3;

/// Finds for each message the topic that it is about, if it is about any. `known` are the means of the known topics.
pub fn sort(points: &[Point], known: &[Vec<f32>]) -> Vec<Option<Home>> {
    let mut homes = gather(points, known);
    for _ in 0..ROUNDS {
        let topics = topics(points, known, &homes);
        homes = points
            .iter()
            .map(|point| nearest(&point.vector, &topics))
            .collect();
    }
    homes
}

/// Groups of messages each find a topic, or make one.
fn gather(points: &[Point], known: &[Vec<f32>]) -> Vec<Option<Home>> {
    let compared = sample(points.len());
    let vectors: Vec<&[f32]> = compared
        .iter()
        .map(|place| points[*place].vector.as_slice())
        .collect();
    let (same, least) = (same(vectors.len()), least(vectors.len()));
    let topics = topics(points, known, &[]);
    let mut homes = vec![None; points.len()];
    let mut new = 0;
    for group in groups(&vectors, same) {
        let members: Vec<usize> = group.iter().map(|place| compared[*place]).collect();
        let mean = mean(&members, points);
        let is_same = |home: &Home| {
            topics
                .iter()
                .any(|topic| topic.home == *home && dot(&mean, &topic.mean) >= same)
        };
        let home = nearest(&mean, &topics).filter(is_same).or_else(|| {
            let is_one = members.len() >= least && has_two_people(&members, points);
            is_one.then(|| {
                new += 1;
                Home::New(new - 1)
            })
        });
        members.iter().for_each(|member| homes[*member] = home);
    }
    homes
}

/// The places that are compared with each other, evenly taken.
fn sample(all: usize) -> Vec<usize> {
    let taken = all.min(MOST_COMPARED);
    (0..taken).map(|n| n * all / taken).collect()
}

struct Topic {
    home: Home,
    mean: Vec<f32>,
    /// One over the mean's length.
    scale: f32,
}

impl Topic {
    fn new(home: Home, mean: Vec<f32>) -> Option<Self> {
        let length = dot(&mean, &mean).sqrt();
        (length > 0.0).then(|| Self {
            home,
            mean,
            scale: 1.0 / length,
        })
    }
}

/// The known topics, and the new ones as they are by these homes.
fn topics(points: &[Point], known: &[Vec<f32>], homes: &[Option<Home>]) -> Vec<Topic> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, home) in homes.iter().enumerate() {
        if let Some(Home::New(topic)) = home {
            members.entry(*topic).or_default().push(place);
        }
    }
    let known = known
        .iter()
        .enumerate()
        .map(|(place, mean)| (Home::Known(place), mean.clone()));
    let new = members
        .iter()
        .map(|(topic, members)| (Home::New(*topic), mean(members, points)));
    known
        .chain(new)
        .filter_map(|(home, mean)| Topic::new(home, mean))
        .collect()
}

/// The topic whose mean points the same way most, if it is near.
fn nearest(vector: &[f32], topics: &[Topic]) -> Option<Home> {
    let mut best: Option<(f32, f32, Home)> = None;
    for topic in topics.iter().filter(|topic| topic.mean.len() == vector.len()) {
        let near = dot(vector, &topic.mean);
        let cosine = near * topic.scale;
        if best.is_none_or(|(most, _, _)| cosine > most) {
            best = Some((cosine, near, topic.home));
        }
    }
    best.filter(|(_, near, _)| *near >= NEAR).map(|(_, _, home)| home)
}

fn has_two_people(members: &[usize], points: &[Point]) -> bool {
    let first = members.first().map(|place| points[*place].person);
    members.iter().any(|place| Some(points[*place].person) != first)
}

fn mean(members: &[usize], points: &[Point]) -> Vec<f32> {
    let length = members.first().map_or(0, |place| points[*place].vector.len());
    let mut mean = vec![0.0; length];
    for place in members {
        for (sum, x) in mean.iter_mut().zip(&points[*place].vector) {
            *sum += x / members.len() as f32;
        }
    }
    mean
}

/// The groups, by place, that average linkage makes down to a mean cosine of `same`; the largest first.
pub fn groups(vectors: &[&[f32]], same: f32) -> Vec<Vec<usize>> {
    let mut parents: Vec<usize> = (0..vectors.len()).collect();
    for step in tree(vectors) {
        if step.near >= same {
            let (one, other) = (root(&mut parents, step.one), root(&mut parents, step.other));
            parents[one.max(other)] = one.min(other);
        }
    }
    let mut by_root: HashMap<usize, Vec<usize>> = HashMap::new();
    for place in 0..vectors.len() {
        by_root.entry(root(&mut parents, place)).or_default().push(place);
    }
    let mut groups: Vec<Vec<usize>> = by_root.into_values().collect();
    groups.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    groups
}

/// The smaller part of a topic whose messages speak of two things by now, if they do: at least a quarter of them.
pub fn smaller_half(vectors: &[&[f32]]) -> Option<Vec<usize>> {
    let steps = tree(vectors);
    let last = steps.last().filter(|last| last.near < TWO)?;
    let mut parents: Vec<usize> = (0..vectors.len()).collect();
    for step in &steps[..steps.len() - 1] {
        let (one, other) = (root(&mut parents, step.one), root(&mut parents, step.other));
        parents[one.max(other)] = one.min(other);
    }
    let (one, other) = (root(&mut parents, last.one), root(&mut parents, last.other));
    let part = |of: usize, parents: &mut [usize]| -> Vec<usize> {
        (0..vectors.len())
            .filter(|place| root(parents, *place) == of)
            .collect()
    };
    let (one, other) = (part(one, &mut parents), part(other, &mut parents));
    let smaller = if other.len() <= one.len() { other } else { one };
    (smaller.len() * 4 >= vectors.len() && smaller.len() >= least(vectors.len())).then_some(smaller)
}

/// Two groups become one; each is named by some member.
struct Step {
    one: usize,
    other: usize,
    near: f32,
}

fn tree(vectors: &[&[f32]]) -> Vec<Step> {
    if vectors.len() < 2 {
        return Vec::new();
    }
    let mut distances = Vec::with_capacity(vectors.len() * (vectors.len() - 1) / 2);
    for (row, one) in vectors.iter().enumerate() {
        distances.extend(vectors[row + 1..].iter().map(|other| 1.0 - dot(one, other)));
    }
    let tree = linkage(&mut distances, vectors.len(), Method::Average);
    // the tree names what it joins: an observation by its place, a group by the step that made it
    let mut some_member: Vec<usize> = (0..vectors.len()).collect();
    let mut steps = Vec::with_capacity(vectors.len() - 1);
    for step in tree.steps() {
        let (one, other) = (some_member[step.cluster1], some_member[step.cluster2]);
        some_member.push(one);
        steps.push(Step {
            one,
            other,
            near: 1.0 - step.dissimilarity,
        });
    }
    steps
}

/// Eight sums side by side, which the compiler makes one of.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0f32; 8];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

fn root(parents: &mut [usize], place: usize) -> usize {
    let mut at = place;
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(degrees: f32, person: u64) -> Point {
        let radians = degrees.to_radians();
        Point {
            vector: vec![radians.cos(), radians.sin()],
            person,
        }
    }

    #[test]
    fn what_several_people_ask_is_a_topic_and_one_persons_is_none() {
        let several: Vec<Point> = (0..4).map(|n| at(n as f32, n)).collect();
        assert_eq!(sort(&several, &[]), vec![Some(Home::New(0)); 4]);
        let alone: Vec<Point> = (0..4).map(|n| at(n as f32, 7)).collect();
        assert_eq!(sort(&alone, &[]), vec![None; 4]);
    }

    #[test]
    fn a_known_topic_keeps_what_is_near_to_it() {
        let points: Vec<Point> = (0..4)
            .map(|n| at(10.0 + n as f32, n))
            .chain((0..4).map(|n| at(120.0 + n as f32, n)))
            .collect();
        let homes = sort(&points, &[vec![1.0, 0.0]]);
        assert_eq!(homes[..4], vec![Some(Home::Known(0)); 4]);
        assert_eq!(homes[4..], vec![Some(Home::New(0)); 4]);
    }

    #[test]
    fn of_very_many_a_part_is_compared_and_the_rest_follows() {
        let points: Vec<Point> = (0..MOST_COMPARED as u64 + 500)
            .map(|n| at(if n % 2 == 0 { 0.0 } else { 90.0 } + (n % 7) as f32, n))
            .collect();
        let homes = sort(&points, &[]);
        assert!(homes.iter().all(Option::is_some));
        assert_ne!(homes[0], homes[1]);
        assert_eq!(homes[0], homes[2]);
    }

    #[test]
    fn a_topic_of_two_things_is_taken_apart() {
        let points: Vec<Point> = (0..10)
            .map(|n| at(n as f32, n))
            .chain((0..6).map(|n| at(100.0 + n as f32, n)))
            .collect();
        let vectors: Vec<&[f32]> = points.iter().map(|point| point.vector.as_slice()).collect();
        assert_eq!(smaller_half(&vectors), Some((10..16).collect()));
        assert_eq!(smaller_half(&vectors[..10]), None);
    }

    #[test]
    fn a_chain_of_neighbours_is_not_one_group() {
        let points: Vec<Point> = (0..9).map(|n| at(n as f32 * 20.0, n)).collect();
        let vectors: Vec<&[f32]> = points.iter().map(|point| point.vector.as_slice()).collect();
        assert!(groups(&vectors, same(9)).len() > 1);
    }
}

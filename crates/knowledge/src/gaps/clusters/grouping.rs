//! Which gaps ask the same? Average-link clustering over the cosine of their vectors: a gap joins others if it is near
//! to them on average, so that a chain of neighbours does not become one heap.

use std::collections::HashMap;

use kernel::ids::GapId;
use kodama::{Method, linkage};

use crate::retrieval::text;

/// A gap as the grouping sees it.
pub struct Grouped {
    pub id: GapId,
    pub question: String,
    pub vector: Option<Vec<f32>>,
    pub cluster: GapId,
}

/// Two groups become one if their gaps' mean cosine reaches this. Measured in `tests/quality/gaps.rs`.
pub const SAME: f32 = 0.64;

/// The clusters of those gaps that have to move. `gaps` are ordered by age.
pub fn group(gaps: Vec<Grouped>) -> Vec<(GapId, GapId)> {
    let groups = groups(&gaps, SAME);
    let names = groups
        .iter()
        .map(|group| group.iter().min().copied().unwrap_or(0));
    let mut moved = Vec::new();
    for (group, oldest) in groups.iter().zip(names) {
        let name = gaps[oldest].id;
        let wrong = group.iter().filter(|gap| gaps[**gap].cluster != name);
        moved.extend(wrong.map(|gap| (gaps[*gap].id, name)));
    }
    moved
}

/// The gaps of each group, by place, where those join whose mean cosine reaches `same`.
pub fn groups(gaps: &[Grouped], same: f32) -> Vec<Vec<usize>> {
    let mut parents: Vec<usize> = (0..gaps.len()).collect();
    join_same_words(gaps, &mut parents);
    let embedded: Vec<(usize, Vec<f32>)> = gaps
        .iter()
        .enumerate()
        .filter_map(|(place, gap)| Some((place, unit(gap.vector.as_ref()?)?)))
        .collect();
    join_near(&embedded, same, &mut parents);
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for place in 0..gaps.len() {
        groups.entry(root(&mut parents, place)).or_default().push(place);
    }
    groups.into_values().collect()
}

/// The same words, whatever their case and marks.
fn join_same_words(gaps: &[Grouped], parents: &mut [usize]) {
    let mut known: HashMap<u64, usize> = HashMap::new();
    for (place, gap) in gaps.iter().enumerate() {
        let first = *known
            .entry(text::signature(&text::words(&gap.question)))
            .or_insert(place);
        join(parents, first, place);
    }
}

fn join_near(embedded: &[(usize, Vec<f32>)], same: f32, parents: &mut [usize]) {
    let dimensions = embedded.first().map_or(0, |(_, vector)| vector.len());
    let embedded: Vec<_> = embedded.iter().filter(|(_, v)| v.len() == dimensions).collect();
    if embedded.len() < 2 {
        return;
    }
    let mut distances = Vec::with_capacity(embedded.len() * (embedded.len() - 1) / 2);
    for (row, (_, one)) in embedded.iter().enumerate() {
        distances.extend(embedded[row + 1..].iter().map(|(_, other)| 1.0 - dot(one, other)));
    }
    let tree = linkage(&mut distances, embedded.len(), Method::Average);
    // the tree names what it joins: an observation by its place, a group by the step that made it
    let mut some_member: Vec<usize> = (0..embedded.len()).collect();
    for step in tree.steps() {
        let (one, other) = (some_member[step.cluster1], some_member[step.cluster2]);
        some_member.push(one);
        if step.dissimilarity <= 1.0 - same {
            join(parents, embedded[one].0, embedded[other].0);
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = dot(vector, vector).sqrt();
    (length > 0.0 && length.is_finite()).then(|| vector.iter().map(|x| x / length).collect())
}

fn root(parents: &mut [usize], place: usize) -> usize {
    let mut at = place;
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

fn join(parents: &mut [usize], one: usize, other: usize) {
    let (one, other) = (root(parents, one), root(parents, other));
    parents[one.max(other)] = one.min(other);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(question: &str, vector: Option<[f32; 2]>) -> Grouped {
        let id = GapId::new();
        Grouped {
            id,
            question: question.into(),
            vector: vector.map(Vec::from),
            cluster: id,
        }
    }

    #[test]
    fn a_group_is_named_after_its_oldest_gap() {
        let gaps = vec![
            gap("a", Some([1.0, 0.0])),
            gap("b", Some([0.0, 1.0])),
            gap("c", Some([0.9, 0.1])),
        ];
        let ids: Vec<_> = gaps.iter().map(|gap| gap.id).collect();
        assert_eq!(group(gaps), [(ids[2], ids[0])]);
    }

    #[test]
    fn a_chain_of_neighbours_is_not_one_group() {
        let at = |degrees: f32| Some([degrees.to_radians().cos(), degrees.to_radians().sin()]);
        let gaps: Vec<_> = (0..9)
            .map(|step| gap(&step.to_string(), at(step as f32 * 20.0)))
            .collect();
        assert!(groups(&gaps, SAME).len() > 1);
    }

    #[test]
    fn without_vectors_the_same_words_are_the_same_question() {
        let gaps = [
            gap("Do you ship?", None),
            gap("do you SHIP", None),
            gap("Something else", None),
        ];
        assert_eq!(groups(&gaps, SAME).len(), 2);
    }
}

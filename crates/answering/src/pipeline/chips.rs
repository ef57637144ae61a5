//! Suggested questions: ones that the knowledge can answer, in the visitor's language.

use knowledge::language::Language;
use knowledge::retrieval::{Candidate, EntryKind};
use knowledge::snapshot::Snapshot;
use uuid::Uuid;

use super::Material;

/// A chip longer than this does not fit a line of the widget.
const LONGEST: usize = 80;

/// What one might ask next: the neighbours of the answer that was given.
pub fn related(material: &Material, used: &[Uuid], most: usize) -> Vec<String> {
    pick(material, most, |candidate| !used.contains(&candidate.group))
}

/// What the visitor may have meant.
pub fn nearest(material: &Material, most: usize) -> Vec<String> {
    pick(material, most, |candidate| candidate.probability > 0.02)
}

fn pick(material: &Material, most: usize, wanted: impl Fn(&Candidate) -> bool) -> Vec<String> {
    let fits = |candidate: &&Candidate| {
        candidate.kind == EntryKind::QaPair
            && wanted(candidate)
            && candidate.title.chars().count() <= LONGEST
            && speaks(candidate.language, material.language)
    };
    material
        .found
        .candidates
        .iter()
        .filter(fits)
        .take(most)
        .map(|candidate| {
            // the pair's own question, also where another phrasing was found
            let own = material.snapshot.title(candidate.id);
            own.unwrap_or(&candidate.title).to_owned()
        })
        .collect()
}

/// A few questions to begin with.
pub fn openers(snapshot: &Snapshot, language: Language, most: usize) -> Vec<String> {
    snapshot
        .openers(language)
        .into_iter()
        .filter(|question| question.chars().count() <= LONGEST)
        .take(most)
        .collect()
}

fn speaks(entry: Language, visitor: Language) -> bool {
    entry.is_unknown() || visitor.is_unknown() || entry == visitor
}

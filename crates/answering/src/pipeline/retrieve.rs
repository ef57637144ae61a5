//! Finds what may answer the question, in each of its readings, and keeps the reading that is understood best.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Result, TenantProof};
use knowledge::language::Language;
use knowledge::retrieval::{Candidate, Query, SearchResult};
use knowledge::snapshot::Snapshot;
use knowledge::vector_index::search::{Enlarged, enlarge};
use serde_json::json;

use super::Turn;
use super::trace::Trace;
use crate::Context;
use crate::followup::{self, Reading, Readings};

/// The candidates of the reading that was chosen.
pub struct Found {
    /// What they were found in: of a large base, with what its index has for this reading.
    pub snapshot: Arc<Snapshot>,
    pub reading: String,
    /// Best first.
    pub candidates: Vec<Candidate>,
}

impl Found {
    /// The calibrated probability that the best candidate answers the question.
    pub fn confidence(&self) -> f64 {
        self.candidates
            .first()
            .map_or(0.0, |best| f64::from(best.probability))
            .clamp(0.0, 1.0)
    }
}

/// How many entries a model gets to see, and suggestions are taken from.
const CANDIDATES: usize = 8;
/// A contextual reading must beat the plain one by this much.
const LEAD: f32 = 0.05;
/// Unless the question cannot mean much by itself.
const DEPENDENT_LEAD: f32 = -0.35;
/// Above this share of words that the knowledge does not have, context does not help.
const UNKNOWN_WORDS: f32 = 0.3;

/// A visitor waits no longer for the meaning of a question.
const LONGEST_EMBEDDING: Duration = Duration::from_secs(5);

pub async fn retrieve(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Arc<Snapshot>,
    turn: &Turn,
    question: &str,
    language: Language,
    trace: &mut Trace,
) -> Result<Found> {
    let Readings {
        all: readings,
        is_dependent,
    } = followup::readings(question, &turn.earlier_questions());
    let mut readings = readings.into_iter();
    let Some(plain) = readings.next() else {
        return Ok(Found {
            snapshot: snapshot.clone(),
            reading: question.to_owned(),
            candidates: Vec::new(),
        });
    };
    let vectors = embed(ctx, proof, snapshot, turn, std::slice::from_ref(&plain)).await;
    trace.step("embed");
    if vectors.is_none() {
        trace.note("without_vectors", json!(true));
    }
    let found = search(ctx, proof, snapshot, &plain, vectors.as_deref(), 0, language).await;
    note_lack(&found, trace);
    let mut best = (plain, found);
    if wants_context(&best.1.result, is_dependent, turn) && readings.len() > 0 {
        // most questions are understood as they stand: the other readings are embedded only now
        let others: Vec<Reading> = readings.collect();
        let vectors = embed(ctx, proof, snapshot, turn, &others).await;
        for (index, reading) in others.into_iter().enumerate() {
            let mut found = search(
                ctx,
                proof,
                snapshot,
                &reading,
                vectors.as_deref(),
                index,
                language,
            )
            .await;
            note_lack(&found, trace);
            found.result = with_new_words_first(found.result, question, language);
            best = better(best, (reading, found), is_dependent);
        }
    }
    trace.step("retrieve");
    let (Reading { text, is_contextual }, found) = best;
    if is_contextual {
        trace.note("read_as", json!(text));
    }
    Ok(Found {
        snapshot: found.snapshot,
        reading: text,
        candidates: found.result.candidates,
    })
}

/// What was found for one reading.
struct Searched {
    snapshot: Arc<Snapshot>,
    result: SearchResult,
    /// Parts of a large base's index that could not be asked.
    without: Vec<&'static str>,
}

fn note_lack(found: &Searched, trace: &mut Trace) {
    if !found.without.is_empty() {
        trace.note("without_index", json!(found.without));
    }
}

/// The entries that come nearest to a text, best first, with what they were found in.
pub async fn look_up(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Arc<Snapshot>,
    text: &str,
    limit: usize,
) -> (Arc<Snapshot>, Vec<Candidate>) {
    let vectors = embed_texts(ctx, proof, snapshot, vec![text.to_owned()]).await;
    let query = Query {
        text,
        vector: vectors
            .as_ref()
            .and_then(|vectors| vectors.first())
            .map(Vec::as_slice),
        language: knowledge::language::detect(text),
    };
    let Enlarged { snapshot, .. } = enlarge(&ctx.knowledge, proof, snapshot, &query).await;
    let found = snapshot.search(&query, limit).candidates;
    (snapshot, found)
}

async fn search(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Arc<Snapshot>,
    reading: &Reading,
    vectors: Option<&[Vec<f32>]>,
    index: usize,
    language: Language,
) -> Searched {
    let vector = vectors.and_then(|vectors| vectors.get(index));
    let query = Query {
        text: &reading.text,
        vector: vector.map(Vec::as_slice),
        language,
    };
    let Enlarged { snapshot, without } = enlarge(&ctx.knowledge, proof, snapshot, &query).await;
    Searched {
        result: snapshot.search(&query, CANDIDATES),
        snapshot,
        without,
    }
}

/// A dependent question means little by itself: any reading that is understood goes before it.
fn better(best: (Reading, Searched), other: (Reading, Searched), is_dependent: bool) -> (Reading, Searched) {
    let lead = if is_dependent && !best.0.is_contextual {
        DEPENDENT_LEAD
    } else {
        LEAD
    };
    if other.1.result.confidence() > best.1.result.confidence() + lead {
        other
    } else {
        best
    }
}

/// Whether the question may be understood better in the light of what was said before.
fn wants_context(plain: &SearchResult, is_dependent: bool, turn: &Turn) -> bool {
    let is_sure = plain.confidence() >= turn.settings.confidence_threshold as f32;
    let best = plain.candidates.first();
    let is_exact = best.is_some_and(|best| best.features.exact > 0.5);
    let unknown = best.map_or(1.0, |best| best.features.unknown);
    !is_exact && (!is_sure || is_dependent) && unknown <= UNKNOWN_WORDS
}

/// In "Do you ship to Belgium? And to France?" the entry about France is meant: candidates that hold the words of
/// the question itself go before those that only hold the words of the one before.
fn with_new_words_first(mut result: SearchResult, question: &str, language: Language) -> SearchResult {
    let words = content_words(question, language);
    let holds = |candidate: &Candidate| {
        let text = format!("{} {}", candidate.title, candidate.text);
        let present = content_words(&text, language);
        words.iter().filter(|word| present.contains(word)).count()
    };
    let most = result.candidates.iter().map(holds).max().unwrap_or(0);
    if most > 0 {
        result
            .candidates
            .sort_by_key(|candidate| std::cmp::Reverse(usize::from(holds(candidate) == most)));
    }
    result
}

fn content_words(text: &str, language: Language) -> Vec<String> {
    use knowledge::language::is_function_word;
    use knowledge::retrieval::text::{fold, stem};
    let folded: String = fold(text)
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words = folded
        .split_whitespace()
        .filter(|word| !is_function_word(word, language));
    words.map(|word| stem(word, language).into_owned()).collect()
}

/// Vectors for all readings, or none where this tenant's knowledge is searched by words alone.
async fn embed(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Snapshot,
    turn: &Turn,
    readings: &[Reading],
) -> Option<Vec<Vec<f32>>> {
    let known = readings
        .iter()
        .map(|reading| turn.known_vectors.get(&reading.text).cloned());
    if let Some(known) = known.collect() {
        return Some(known);
    }
    let texts: Vec<String> = readings.iter().map(|reading| reading.text.clone()).collect();
    embed_texts(ctx, proof, snapshot, texts).await
}

async fn embed_texts(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Snapshot,
    texts: Vec<String>,
) -> Option<Vec<Vec<f32>>> {
    let embedders = &ctx.knowledge.embedders;
    let embedder = match embedders.find(proof.tenant_id(), &snapshot.embedder).await {
        Ok(embedder) => embedder?,
        Err(error) => {
            tracing::warn!(%error, "there is no embedding model; the question is searched by its words alone");
            return None;
        }
    };
    match tokio::time::timeout(LONGEST_EMBEDDING, embedder.embed(texts)).await {
        Ok(Ok(vectors)) => Some(vectors),
        Err(_) => {
            tracing::warn!("the embedding model is too slow; the question is searched by its words alone");
            None
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "the question could not be embedded; it is searched by its words alone");
            None
        }
    }
}

//! Finds candidates among the passages of a large base that are not held, for one question.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use kernel::db::JobTenant;
use kernel::{Result, TenantProof};
use uuid::Uuid;

use super::store;
use crate::Context;
use crate::retrieval::{Query, QuestionWord};
use crate::snapshot::{Row, Snapshot, list_named_passages};

/// A visitor waits for each look.
pub const LONGEST_LOOK: Duration = Duration::from_millis(1_500);

/// Passages by vector, and as many by words.
const CANDIDATES: usize = 64;
/// The rarest words of the question that are looked for.
const MOST_WORDS: usize = 6;
/// Forms of words that are counted.
const MOST_FORMS: usize = 256;
/// So many places where a word stands are read for a question, the rarest words first: it takes some 10 ms. A word that
/// more passages hold says little.
const MOST_PLACES: usize = 10_000;

/// A snapshot that can answer a question, and what could not be asked.
pub struct Enlarged {
    pub snapshot: Arc<Snapshot>,
    /// `vectors`, `words` or `passages`: the rest of the search went on without.
    pub without: Vec<&'static str>,
}

/// The snapshot with what its base's index has for this question; the same where everything is held. Never fails: a
/// question is better answered from a part than not at all.
pub async fn enlarge(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Arc<Snapshot>,
    query: &Query<'_>,
) -> Enlarged {
    let Some(passages) = snapshot.sampled_from else {
        return Enlarged {
            snapshot: snapshot.clone(),
            without: Vec::new(),
        };
    };
    let tenant = JobTenant::of(proof);
    let mut without = Vec::new();
    let mut ids: HashSet<Uuid> = HashSet::new();
    let words = by_words(ctx, &tenant, snapshot, query, passages).await;
    let (by_words, holding) = or_without(words, "words", &mut without);
    ids.extend(by_words);
    let adapted = snapshot.adapted(query.vector);
    if let Some(vector) = adapted.as_deref().or(query.vector) {
        let nearest = ctx.large.index.nearest(tenant, vector, CANDIDATES).await;
        ids.extend(or_without(nearest, "vectors", &mut without));
    }
    // what is held is a candidate anyway
    ids.retain(|id| snapshot.details(*id).is_none());
    let rows = read(ctx, &tenant, ids.into_iter().collect()).await;
    let rows = or_without(rows, "passages", &mut without);
    Enlarged {
        snapshot: Arc::new(snapshot.with_found(rows, passages, holding)),
        without,
    }
}

fn or_without<T: Default>(found: Result<T>, what: &'static str, without: &mut Vec<&'static str>) -> T {
    found.unwrap_or_else(|error| {
        tracing::warn!(what, %error, "a large base is searched without a part of its index");
        without.push(what);
        T::default()
    })
}

async fn read(ctx: &Context, tenant: &JobTenant, ids: Vec<Uuid>) -> Result<Vec<Row>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = ctx.db.tenant_read(tenant).await?;
    store::limit_time(&mut tx, LONGEST_LOOK).await?;
    list_named_passages(&mut tx, &ids).await
}

/// Passages that hold the rarest words of the question, and how many hold each of its words.
async fn by_words(
    ctx: &Context,
    tenant: &JobTenant,
    snapshot: &Snapshot,
    query: &Query<'_>,
    passages: usize,
) -> Result<(Vec<Uuid>, HashMap<String, usize>)> {
    let words = snapshot.index.words_to_look_for(query.text, query.language);
    let forms = words
        .iter()
        .flat_map(|word| word.forms.iter().chain(&word.guesses));
    let forms: Vec<String> = forms.take(MOST_FORMS).cloned().collect();
    if forms.is_empty() {
        return Ok(Default::default());
    }
    let mut tx = ctx.db.tenant_read(tenant).await?;
    store::limit_time(&mut tx, LONGEST_LOOK).await?;
    let holding = store::count_holding(&mut tx, &forms).await?;
    let weights = weigh(&words, &holding, passages);
    let found = match weights.is_empty() {
        true => Vec::new(),
        false => store::list_by_words(&mut tx, &weights, CANDIDATES).await?,
    };
    Ok((found, holding))
}

/// The rarest words in all their forms, with their idf.
fn weigh(words: &[QuestionWord], holding: &HashMap<String, usize>, passages: usize) -> Vec<(String, f64)> {
    let count = |forms: &[String]| forms.iter().filter_map(|form| holding.get(form)).sum::<usize>();
    let mut known: Vec<(usize, &[String])> = words
        .iter()
        .map(|word| match count(&word.forms) {
            0 => (count(&word.guesses), &word.guesses[..]),
            held => (held, &word.forms[..]),
        })
        .filter(|(held, _)| *held > 0)
        .collect();
    known.sort_by_key(|(held, _)| *held);
    known.truncate(MOST_WORDS);
    let mut room = MOST_PLACES;
    known.retain(|(held, _)| {
        let fits = *held <= room;
        room = room.saturating_sub(*held);
        fits
    });
    let idf = |held: usize| (1.0 + (passages.max(held) - held) as f64 / held as f64).ln();
    let weighed = known
        .into_iter()
        .flat_map(|(held, forms)| forms.iter().map(move |form| (form.clone(), idf(held))));
    weighed.filter(|(form, _)| holding.contains_key(form)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(form: &str, guess: &str) -> QuestionWord {
        QuestionWord {
            forms: vec![form.into()],
            guesses: vec![guess.into()],
        }
    }

    #[test]
    fn the_rarest_words_are_looked_for_and_a_misspelt_one_as_what_it_may_mean() {
        let words = [
            word("return", ""),
            word("mattres", "mattress"),
            word("xyzzy", "plugh"),
            word("shop", ""),
        ];
        let holding = [("return", 40), ("mattress", 2), ("shop", 60_000)];
        let holding = holding.map(|(word, count)| (word.to_owned(), count)).into();
        let weights = weigh(&words, &holding, 100_000);
        let found: Vec<&str> = weights.iter().map(|(word, _)| &**word).collect();
        assert_eq!(found, ["mattress", "return"]);
        assert!(weights[0].1 > weights[1].1);
    }
}

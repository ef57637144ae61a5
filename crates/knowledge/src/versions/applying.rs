//! Puts a draft's Q&A pairs in force, or beside what serves now to see what they would do.

use kernel::ids::QaPairId;
use kernel::{Result, TenantProof, TenantTx};

use super::{Change, PairState, Subject};
use crate::embedding::{self, EmbedderChoice};
use crate::language::Language;
use crate::qa_pairs::{self, Prepared, Source, store};
use crate::retrieval::{Entry, EntryKind};
use crate::snapshot::{Details, Snapshot};
use crate::{Context, snapshot};

/// The pairs of a draft as they shall be, embedded.
pub struct PreparedPairs {
    choice: EmbedderChoice,
    pairs: Vec<(QaPairId, Option<Prepared>)>,
}

/// Embeds what the draft brings, outside of any transaction.
pub async fn prepare(ctx: &Context, proof: &impl TenantProof, changes: &[Change]) -> Result<PreparedPairs> {
    let of_pairs = changes.iter().filter(|change| change.subject == Subject::QaPair);
    let mut wanted = Vec::new();
    for change in of_pairs {
        let state = change.after.clone().map(serde_json::from_value::<PairState>);
        wanted.push((QaPairId(change.subject_id), state.transpose()?));
    }
    let states = wanted.iter().filter_map(|(_, state)| state.as_ref());
    let batch = qa_pairs::prepare(ctx, proof, states.map(PairState::as_new).collect()).await?;
    let (choice, mut prepared) = (batch.choice, batch.pairs.into_iter());
    let pairs = wanted.into_iter().map(|(id, state)| {
        let pair = state.and_then(|_| prepared.next());
        (id, pair.map(|pair| Prepared { id, ..pair }))
    });
    Ok(PreparedPairs {
        choice,
        pairs: pairs.collect(),
    })
}

impl PreparedPairs {
    /// What would serve after the draft was published.
    pub fn beside(&self, current: &Snapshot) -> Snapshot {
        let mut changed = Vec::new();
        let mut details = Vec::new();
        for prepared in self.pairs.iter().filter_map(|(_, pair)| pair.as_ref()) {
            if prepared.is_active {
                details.push((prepared.id.0, details_of(prepared)));
                changed.extend(entries_of(prepared));
            }
        }
        let touched: Vec<_> = self.pairs.iter().map(|(id, _)| id.0).collect();
        current.with_changes(changed, details, &touched)
    }

    /// Writes the pairs. The caller has locked the knowledge and named the draft.
    pub async fn write(mut self, tx: &mut TenantTx, changes: &[Change]) -> Result<()> {
        let change = embedding::begin_change(tx, &self.choice).await?;
        let mut is_complete = true;
        for (_, prepared) in &mut self.pairs {
            let Some(prepared) = prepared else { continue };
            let phrasings = prepared.phrasings.iter_mut().map(|p| &mut p.vector);
            for vector in std::iter::once(&mut prepared.vector).chain(phrasings) {
                if !change.fits {
                    *vector = None;
                }
                is_complete &= vector.is_some();
            }
        }
        for (id, prepared) in self.pairs {
            let change = changes.iter().find(|change| change.subject_id == id.0);
            write_one(tx, id, prepared, change).await?;
        }
        change.finish(tx, is_complete).await
    }
}

async fn write_one(
    tx: &mut TenantTx,
    id: QaPairId,
    prepared: Option<Prepared>,
    change: Option<&Change>,
) -> Result<()> {
    let Some(prepared) = prepared else {
        store::delete(tx, id).await?;
        return Ok(());
    };
    if !store::exists(tx, id).await? {
        let source = match change {
            Some(change) if !change.closes_gaps.is_empty() => Source::Gap,
            _ => Source::Manual,
        };
        store::insert(tx, std::slice::from_ref(&prepared), source).await?;
        return store::insert_phrasings(tx, id, &prepared.phrasings, None).await;
    }
    let was: Option<PairState> = change
        .and_then(|change| change.before.clone())
        .map(serde_json::from_value)
        .transpose()?;
    let is_back = prepared.is_active && was.as_ref().is_some_and(|was| !was.is_active);
    store::overwrite(tx, &prepared).await?;
    let texts: Vec<String> = prepared.phrasings.iter().map(|p| p.text.clone()).collect();
    store::keep_phrasings(tx, id, &texts).await?;
    let known = store::list_phrasing_texts(tx, id).await?;
    let new: Vec<_> = prepared
        .phrasings
        .into_iter()
        .filter(|phrasing| !known.contains(&phrasing.text))
        .collect();
    store::insert_phrasings(tx, id, &new, None).await?;
    if is_back {
        store::take_back_phrasings(tx, &[id.0]).await?;
    }
    Ok(())
}

fn details_of(prepared: &Prepared) -> Details {
    Details {
        kind: EntryKind::QaPair,
        title: prepared.question.clone(),
        url: None,
        language: language_of(prepared.language.as_deref()),
    }
}

/// The question and its other phrasings, each an entry with the pair's id and answer.
fn entries_of(prepared: &Prepared) -> Vec<Entry> {
    let entry = |title: &str, language: Option<&str>, vector: &Option<Vec<f32>>| Entry {
        id: prepared.id.0,
        kind: EntryKind::QaPair,
        title: title.to_owned(),
        text: prepared.answer.clone(),
        group: snapshot::group_of(&prepared.answer),
        language: language_of(language),
        vector: vector.clone().map(Vec::into_boxed_slice),
    };
    let own = entry(&prepared.question, prepared.language.as_deref(), &prepared.vector);
    let others = prepared.phrasings.iter().map(|phrasing| {
        let language = phrasing.language.as_deref().or(prepared.language.as_deref());
        entry(&phrasing.text, language, &phrasing.vector)
    });
    std::iter::once(own).chain(others).collect()
}

fn language_of(code: Option<&str>) -> Language {
    code.map_or(Language::UNKNOWN, Language::from_code)
}

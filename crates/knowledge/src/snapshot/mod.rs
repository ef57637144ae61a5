//! The tenant's knowledge in memory, always of the revision that the database has.
//!
//! Every statement that changes what can be found raises the tenant's revision (by trigger). A question reads the
//! revision together with storing its message; if the snapshot is older, it is loaded anew first. So an answer
//! given after a change was committed always knows the change, in every process, without any message between them.

mod store;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use kernel::ids::TenantId;
use kernel::{Database, Result, TenantProof};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::adapters;
use crate::calibration::Calibration;
use crate::embedding::EmbedderChoice;
use crate::language::Language;
use crate::retrieval::adapter::Adapter;
use crate::retrieval::{Entry, EntryKind, FoundPassages, Index, NearPairs, Query, SearchResult};
use crate::upkeep;
use crate::vector_index::{self, LargeBases, Plan};

pub(crate) use store::{Row, group_of, list_named_passages};

/// Questions whose cosine reaches this ask nearly the same.
const NEAR: f32 = 0.8;

/// All that one tenant's bot can answer from.
pub struct Snapshot {
    pub revision: i64,
    pub embedder: EmbedderChoice,
    pub index: Arc<Index>,
    pub calibration: Option<Calibration>,
    /// What this tenant's visitors mean by their words, if that was learned.
    pub adapter: Option<Arc<Adapter>>,
    /// How many passages there are, where only a sample of them is here. A question is asked of
    /// [`vector_index::search::enlarge`] first.
    pub sampled_from: Option<usize>,
    details: Arc<HashMap<Uuid, Details>>,
    /// Of what was found elsewhere for one question.
    found: HashMap<Uuid, Details>,
    near_pairs: OnceLock<NearPairs>,
    said_otherwise: OnceLock<Vec<upkeep::Said>>,
}

/// What a citation needs beyond the text.
#[derive(Debug, Clone)]
pub struct Details {
    pub kind: EntryKind,
    /// The question, or the document's title and heading.
    pub title: String,
    pub url: Option<String>,
    pub language: Language,
}

impl Details {
    fn of_passage(row: &Row) -> Self {
        Self {
            kind: EntryKind::Passage,
            title: row.shown.clone(),
            url: row.url.clone(),
            language: row.entry.language,
        }
    }
}

impl Snapshot {
    /// The same with the entries of `touched` taken out and `changed` put in: what would serve then.
    pub fn with_changes(&self, changed: Vec<Entry>, details: Vec<(Uuid, Details)>, touched: &[Uuid]) -> Self {
        let mut all = HashMap::clone(&self.details);
        all.retain(|id, _| !touched.contains(id));
        all.extend(details);
        Self {
            revision: self.revision,
            embedder: self.embedder.clone(),
            index: Arc::new(self.index.with_changes(changed, touched)),
            calibration: self.calibration,
            adapter: self.adapter.clone(),
            sampled_from: self.sampled_from,
            details: Arc::new(all),
            found: HashMap::new(),
            near_pairs: OnceLock::new(),
            said_otherwise: OnceLock::new(),
        }
    }

    /// The same with the confidence as it is shipped.
    pub fn uncalibrated(&self) -> Self {
        Self {
            revision: self.revision,
            embedder: self.embedder.clone(),
            index: self.index.clone(),
            calibration: None,
            adapter: self.adapter.clone(),
            sampled_from: self.sampled_from,
            details: self.details.clone(),
            found: self.found.clone(),
            near_pairs: OnceLock::new(),
            said_otherwise: OnceLock::new(),
        }
    }

    /// The same with passages from elsewhere as candidates for one question. `holding` says how many of all passages hold
    /// a word.
    pub(crate) fn with_found(
        &self,
        rows: Vec<Row>,
        passages: usize,
        holding: HashMap<String, usize>,
    ) -> Self {
        let mut found = HashMap::new();
        let mut entries = Vec::new();
        for row in rows {
            found.insert(row.entry.id, Details::of_passage(&row));
            entries.push(row.entry);
        }
        let index = self.index.with_found(FoundPassages {
            entries,
            passages,
            holding,
        });
        Self {
            revision: self.revision,
            embedder: self.embedder.clone(),
            index: Arc::new(index),
            calibration: self.calibration,
            adapter: self.adapter.clone(),
            sampled_from: self.sampled_from,
            details: self.details.clone(),
            found,
            near_pairs: OnceLock::new(),
            said_otherwise: OnceLock::new(),
        }
    }

    /// The most probable entries, with this tenant's own reading of the confidence.
    pub fn search(&self, query: &Query<'_>, limit: usize) -> SearchResult {
        let adapted = self.adapted(query.vector);
        let vector = adapted.as_deref().or(query.vector);
        let mut result = self.index.search(&Query { vector, ..*query }, limit);
        if let Some(calibration) = self.calibration {
            for candidate in &mut result.candidates {
                candidate.probability = calibration.apply(candidate.probability.into()) as f32;
            }
        }
        result
    }

    /// The question's vector as this tenant means it, where that was learned.
    pub(crate) fn adapted(&self, vector: Option<&[f32]>) -> Option<Vec<f32>> {
        self.adapter.as_ref()?.apply(vector?)
    }

    /// Q&A pairs that ask nearly the same; compared once for each state of the knowledge, whoever asks. Takes a second
    /// where there are thousands of them.
    pub fn near_pairs(&self) -> &NearPairs {
        self.near_pairs.get_or_init(|| self.index.near_pairs(NEAR))
    }

    /// What the passages say otherwise than the Q&A pairs; compared once, like these among themselves. Of a large base a
    /// sample is compared.
    pub fn said_otherwise(&self) -> &[upkeep::Said] {
        self.said_otherwise
            .get_or_init(|| upkeep::find_in_documents(&self.index))
    }

    pub fn details(&self, id: Uuid) -> Option<&Details> {
        self.details.get(&id).or_else(|| self.found.get(&id))
    }

    /// The entry's own title: for a pair its question, in whichever phrasing it was found.
    pub fn title(&self, id: Uuid) -> Option<&str> {
        self.details(id).map(|details| details.title.as_str())
    }

    /// Questions to begin a conversation with: the first that were written in this language (English where it is
    /// not known).
    pub fn openers(&self, language: Language) -> Vec<String> {
        let wanted = language.or(Language::ENGLISH);
        let fits = |details: &&Details| details.kind == EntryKind::QaPair && details.language == wanted;
        let mut found: Vec<(&Uuid, &Details)> =
            self.details.iter().filter(|(_, details)| fits(details)).collect();
        // ids are ordered by time
        found.sort_by_key(|(id, _)| **id);
        found
            .into_iter()
            .take(12)
            .map(|(_, details)| details.title.clone())
            .collect()
    }
}

/// Snapshots of the tenants that were asked lately. Clones share them.
#[derive(Clone)]
pub struct Snapshots {
    kept: Arc<Mutex<Kept>>,
    large: LargeBases,
}

struct Kept {
    most_entries: usize,
    tick: u64,
    tenants: HashMap<TenantId, Slot>,
}

struct Slot {
    last_used: u64,
    /// Held while loading, so that a crowd of questions loads once.
    gate: Arc<tokio::sync::Mutex<()>>,
    snapshot: Option<Arc<Snapshot>>,
}

impl Snapshots {
    /// Keeps up to `most_entries` entries over all tenants; the ones asked longest ago go first. An entry takes
    /// about 2 kB. Of large bases only a sample is kept.
    pub fn new(most_entries: usize, large: LargeBases) -> Self {
        let kept = Kept {
            most_entries,
            tick: 0,
            tenants: HashMap::new(),
        };
        Self {
            kept: Arc::new(Mutex::new(kept)),
            large,
        }
    }

    /// The snapshot at `revision` or newer.
    pub async fn get(&self, db: &Database, proof: &impl TenantProof, revision: i64) -> Result<Arc<Snapshot>> {
        let tenant = proof.tenant_id();
        if let Some(snapshot) = self.fresh(tenant, revision) {
            return Ok(snapshot);
        }
        let gate = self.gate(tenant);
        let _turn = gate.lock().await;
        if let Some(snapshot) = self.fresh(tenant, revision) {
            return Ok(snapshot);
        }
        let snapshot = Arc::new(load(db, proof, &self.large).await?);
        self.keep(tenant, snapshot.clone());
        Ok(snapshot)
    }

    fn fresh(&self, tenant: TenantId, revision: i64) -> Option<Arc<Snapshot>> {
        let mut kept = self.kept.lock();
        kept.tick += 1;
        let tick = kept.tick;
        let slot = kept.tenants.get_mut(&tenant)?;
        slot.last_used = tick;
        slot.snapshot
            .clone()
            .filter(|snapshot| snapshot.revision >= revision)
    }

    fn gate(&self, tenant: TenantId) -> Arc<tokio::sync::Mutex<()>> {
        let mut kept = self.kept.lock();
        let tick = kept.tick;
        let slot = kept.tenants.entry(tenant).or_insert_with(|| Slot {
            last_used: tick,
            gate: Arc::default(),
            snapshot: None,
        });
        slot.gate.clone()
    }

    fn keep(&self, tenant: TenantId, snapshot: Arc<Snapshot>) {
        let mut kept = self.kept.lock();
        if let Some(slot) = kept.tenants.get_mut(&tenant) {
            slot.snapshot = Some(snapshot);
        }
        while kept.entries() > kept.most_entries {
            let oldest = kept
                .tenants
                .iter()
                .filter(|(id, slot)| **id != tenant && slot.snapshot.is_some());
            let Some((id, _)) = oldest.min_by_key(|(_, slot)| slot.last_used) else {
                break;
            };
            let id = *id;
            kept.tenants.remove(&id);
        }
    }
}

impl Kept {
    fn entries(&self) -> usize {
        self.tenants
            .values()
            .filter_map(|slot| slot.snapshot.as_ref())
            .map(|snapshot| snapshot.index.len())
            .sum()
    }
}

/// Reads everything in one transaction, so that rows and revision belong together, and builds the index away from
/// the async threads.
async fn load(db: &Database, proof: &impl TenantProof, large: &LargeBases) -> Result<Snapshot> {
    let mut tx = db.tenant_read(proof).await?;
    store::see_one_moment(&mut tx).await?;
    let state = crate::embedding::store::get(&mut tx).await?;
    let mut details = HashMap::new();
    let mut entries: Vec<Entry> = Vec::new();
    for row in store::list_qa_pairs(&mut tx).await? {
        details.insert(
            row.entry.id,
            Details {
                kind: EntryKind::QaPair,
                title: row.shown,
                url: None,
                language: row.entry.language,
            },
        );
        entries.push(row.entry);
    }
    entries.extend(store::list_phrasings(&mut tx).await?);
    let adapter = adapters::store::find_active(&mut tx).await?;
    let name = large.index.name();
    let size = vector_index::store::count(&mut tx, name).await?;
    let plan = large.plan(size.passages, size.indexed);
    let parts = match plan {
        Plan::Whole => None,
        Plan::Sample { parts } => Some(parts),
    };
    for row in store::list_passages(&mut tx, parts, name).await? {
        details.insert(row.entry.id, Details::of_passage(&row));
        entries.push(row.entry);
    }
    drop(tx);
    if size.passages > large.most_held {
        vector_index::jobs::look_after(db, proof).await;
    }
    let reach = state.embedder.reach();
    let index = tokio::task::spawn_blocking(move || Index::build_for(entries, reach))
        .await
        .map_err(kernel::error::internal)?;
    Ok(Snapshot {
        revision: state.revision,
        embedder: state.embedder,
        index: Arc::new(index),
        calibration: state.calibration,
        adapter: adapter.map(Arc::new),
        sampled_from: parts.map(|_| size.passages),
        details: Arc::new(details),
        found: HashMap::new(),
        near_pairs: OnceLock::new(),
        said_otherwise: OnceLock::new(),
    })
}

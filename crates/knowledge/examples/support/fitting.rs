//! Which simulated questions teach which model.

use knowledge::retrieval::EntryKind;

use super::simulate::Row;

/// Whether `row` belongs to the examples of the model named `model`.
///
/// Where the embedding model is not trusted, confidence leans on the words model, so that one also learns from such
/// questions although they had vectors.
pub fn teaches(model: &str, row: &Row) -> bool {
    let features = &row.features;
    match model {
        "qa_pair" => row.kind == EntryKind::QaPair && features.has_vector && !features.has_examples,
        "qa_pair_examples" => row.kind == EntryKind::QaPair && features.has_examples,
        "qa_pair_words" => row.kind == EntryKind::QaPair && !features.has_vector,
        "passage" => row.kind == EntryKind::Passage && features.has_vector && features.trust == 1.0,
        "passage_words" => row.kind == EntryKind::Passage && (!features.has_vector || features.trust < 1.0),
        _ => false,
    }
}

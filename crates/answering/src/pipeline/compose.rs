//! The text of the answer: composed by the tenant's language model from what was found, or the approved text of
//! the best match, word for word. Both are first class.

use kernel::{Result, TenantProof};
use knowledge::retrieval::{Candidate, EntryKind};

use super::trace::Trace;
use super::{Composed, Delta, Material, Sink, Turn};
use crate::Context;

/// None: on reading, the model found that the knowledge does not hold the answer.
pub(super) async fn compose(
    _ctx: &Context,
    _proof: &impl TenantProof,
    _turn: &Turn,
    material: &Material,
    trace: &mut Trace,
    sink: &Sink,
) -> Result<Option<Composed>> {
    Ok(approved_text(material, trace, sink))
}

fn approved_text(material: &Material, trace: &mut Trace, sink: &Sink) -> Option<Composed> {
    let best: &Candidate = material.found.candidates.first()?;
    let text = best.text.to_string();
    let _ = sink.send(Delta {
        text: text.clone(),
        replace: true,
    });
    trace.step("compose");
    let mode = match best.kind {
        EntryKind::QaPair | EntryKind::Passage => "approved_text",
    };
    Some(Composed {
        text,
        mode,
        used: vec![best.clone()],
        model: None,
        input_tokens: 0,
        output_tokens: 0,
    })
}

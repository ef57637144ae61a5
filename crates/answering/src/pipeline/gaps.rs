//! The gaps that a reply leaves: one for each question that was asked and not answered.
//!
//! A visitor who is not answered at once may ask the next thing, and both wait for one reply. What is asked apart is
//! kept apart, so that each is answered by itself later.

use conversations::inbound::Utterance;
use conversations::outbound::BotReply;
use kernel::ids::{ConversationId, MessageId, QaPairId};
use kernel::{Result, TenantProof};
use knowledge::gaps::NewGap;
use knowledge::language::Language;
use knowledge::retrieval::{Candidate, EntryKind};
use knowledge::transcripts::mining::asking::asks;

use super::retrieve::retrieve;
use super::trace::Trace;
use super::{Arc, GapHint, LONGEST_GAP, Material, Snapshot, Turn};
use crate::Context;
use crate::followup;
use crate::intent::{self, Intent};

impl GapHint {
    /// As it is written down with the reply, in place of an answer to `last`.
    pub fn noted(&self, made: &BotReply, conversation: ConversationId, last: MessageId) -> NewGap {
        NewGap {
            question: self.question.clone(),
            ai_answer: made.text.clone(),
            best_match_id: self.best_match_id,
            similarity_score: self.similarity,
            conversation_id: conversation,
            message_id: self.message_id.unwrap_or(last),
            language: made.language.clone(),
        }
    }
}

/// A question with the message that it ends in.
#[derive(Debug, PartialEq)]
struct Asked {
    text: String,
    message_id: Option<MessageId>,
}

/// So many questions of one reply are kept apart, each of which is looked for; the rest goes with the last.
const MOST_APART: usize = 5;

/// Of several questions, those that the knowledge does not answer alone either; all as one where it would.
pub(super) async fn gaps_of(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Arc<Snapshot>,
    turn: &Turn,
    material: &Material,
) -> Result<Vec<GapHint>> {
    let asked = apart(turn.waiting());
    let mut gaps = Vec::new();
    if asked.len() > 1 {
        for one in asked {
            let hint = alone(ctx, proof, snapshot, turn, one, material.language).await?;
            gaps.extend(hint);
        }
    }
    if gaps.is_empty() {
        let candidates = &material.found.candidates;
        gaps.push(hint(&material.question, None, candidates));
    }
    Ok(gaps)
}

async fn alone(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Arc<Snapshot>,
    turn: &Turn,
    asked: Asked,
    language: Language,
) -> Result<Option<GapHint>> {
    // how it was found out is no part of the reply's own trace
    let mut trace = Trace::start(false);
    let found = retrieve(ctx, proof, snapshot, turn, &asked.text, language, &mut trace).await?;
    let is_gap = found.confidence() < turn.settings.confidence_threshold;
    Ok(is_gap.then(|| hint(&asked.text, asked.message_id, &found.candidates)))
}

fn hint(question: &str, message_id: Option<MessageId>, candidates: &[Candidate]) -> GapHint {
    let best = candidates
        .iter()
        .find(|candidate| candidate.kind == EntryKind::QaPair);
    let similarity = best
        .filter(|best| best.features.has_vector)
        .map(|best| f64::from(best.features.cosine).clamp(0.0, 1.0));
    GapHint {
        question: question.chars().take(LONGEST_GAP).collect(),
        message_id,
        best_match_id: best.map(|best| QaPairId(best.id)),
        similarity,
    }
}

/// Cut between lines that both ask something by themselves; whatever else was written goes with its neighbour.
fn apart(waiting: &[Utterance]) -> Vec<Asked> {
    let lines = waiting.iter().flat_map(|utterance| {
        let lines = utterance.text.lines().map(str::trim);
        lines.map(|line| (line, utterance.message_id))
    });
    let mut all: Vec<Asked> = Vec::new();
    for (line, message_id) in lines.filter(|(line, _)| !line.is_empty() && !is_small_talk(line)) {
        let is_full = all.len() == MOST_APART;
        match all.last_mut() {
            Some(last) if is_full || !(asks(&last.text) && begins_anew(&last.text, line)) => {
                last.text.push('\n');
                last.text.push_str(line);
                last.message_id = Some(message_id);
            }
            _ => all.push(Asked {
                text: line.to_owned(),
                message_id: Some(message_id),
            }),
        }
    }
    all
}

/// "Can you tell me", "if you ship to Belgium?" is one question: without a question mark, the next one must begin as a
/// question.
fn begins_anew(before: &str, line: &str) -> bool {
    let ends_asked = before.ends_with(['?', '？', '؟']);
    let begins_asking = asks(line.trim_end_matches(['?', '？', '؟', ' ']));
    (begins_asking || ends_asked && asks(line)) && followup::stands_alone(line)
}

fn is_small_talk(line: &str) -> bool {
    matches!(
        intent::detect(line),
        Intent::Greeting | Intent::Thanks | Intent::Goodbye
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use conversations::messages::SenderType;

    use super::*;

    fn questions(messages: &[&str]) -> Vec<String> {
        let waiting = messages.iter().enumerate().map(|(at, text)| Utterance {
            message_id: MessageId::new(),
            seq: at as i64,
            sender_type: SenderType::User,
            text: (*text).to_owned(),
            sent_at: DateTime::UNIX_EPOCH,
        });
        let waiting: Vec<Utterance> = waiting.collect();
        apart(&waiting).into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn what_is_asked_apart_is_kept_apart() {
        let two = ["Do you tune pianos?", "Where can I park?"];
        assert_eq!(questions(&two), two);
        assert_eq!(questions(&[&two.join("\n")]), two);
        let marks_forgotten = ["do you tune pianos", "how do I get to the shop"];
        assert_eq!(questions(&marks_forgotten), marks_forgotten);
        let and = ["Do you tune pianos?", "And do you sell old drums?"];
        assert_eq!(questions(&and), and);
        let french = ["Accordez-vous les pianos ?", "Où puis-je me garer ?"];
        assert_eq!(questions(&french), french);
    }

    #[test]
    fn what_belongs_together_stays_together() {
        for one in [
            ["My order has not come.", "When will it be here?"],
            ["Do you ship pianos?", "I live in Belgium."],
            ["Do you ship to Belgium?", "And to France?"],
            ["can you tell me", "if you ship to Belgium?"],
            ["do you", "ship to Belgium?"],
            ["Do you ship pianos?", "How long does it take?"],
        ] {
            assert_eq!(questions(&one), [one.join("\n")], "{one:?}");
        }
        let many = ["Do you tune pianos?"; 40].join("\n");
        assert_eq!(questions(&[&many]).len(), MOST_APART);
        assert_eq!(
            questions(&["Hello", "Do you tune pianos?", "Thanks"]),
            ["Do you tune pianos?"]
        );
    }
}

//! Who speaks for the business, where the export does not tell: a list to choose from, with a guess.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::read::{Chat, Side};

/// Somebody who speaks in an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TranscriptSpeaker)]
pub struct Speaker {
    pub name: String,
    pub message_count: u32,
    pub conversation_count: u32,
    /// On whose side. Null: neither the export nor anybody has said.
    pub side: Option<Side>,
    /// Whether they seem to speak for the business.
    pub is_business: bool,
    /// The beginning of what they said first.
    pub example: String,
}

/// So many are listed; a large export has thousands of customers, who speak once.
const MOST: usize = 200;

/// Those who speak, the ones of the business first, then those who speak most.
pub fn list(chats: &[Chat]) -> Vec<Speaker> {
    let mut counts: HashMap<&str, Count> = HashMap::new();
    for (place, chat) in chats.iter().enumerate() {
        for (turn, said) in chat.messages.iter().enumerate() {
            let count = counts.entry(&said.speaker).or_default();
            count.messages += 1;
            count.questions += u32::from(said.text.contains('?'));
            count.began += u32::from(turn == 0);
            count.side = count.side.or(said.side);
            if count.conversations == 0 || count.last != place {
                count.conversations += 1;
                count.last = place;
            }
            if count.example.is_empty() {
                count.example = said.text.chars().take(120).collect();
            }
        }
    }
    let guess = guess(&counts, chats.len());
    let mut speakers: Vec<Speaker> = counts
        .iter()
        .map(|(name, count)| Speaker {
            name: (*name).to_owned(),
            message_count: count.messages,
            conversation_count: count.conversations,
            side: count.side,
            is_business: count
                .side
                .map_or_else(|| guess.contains(name), |side| side == Side::Business),
            example: count.example.clone(),
        })
        .collect();
    speakers.sort_by(|a, b| {
        let rank = |speaker: &Speaker| {
            (
                speaker.is_business,
                speaker.conversation_count,
                speaker.message_count,
            )
        };
        rank(b).cmp(&rank(a)).then_with(|| a.name.cmp(&b.name))
    });
    speakers.truncate(MOST);
    speakers
}

#[derive(Default)]
struct Count {
    messages: u32,
    questions: u32,
    began: u32,
    conversations: u32,
    last: usize,
    side: Option<Side>,
    example: String,
}

/// Who speaks in several conversations is of the business; in a single one, who begins less and asks less.
fn guess<'a>(counts: &HashMap<&'a str, Count>, chats: usize) -> Vec<&'a str> {
    if counts.values().any(|count| count.side == Some(Side::Business)) {
        return Vec::new();
    }
    let unknown = || counts.iter().filter(|(_, count)| count.side.is_none());
    let regulars: Vec<&str> = unknown()
        .filter(|(_, count)| count.conversations >= 2 && count.conversations as usize * 8 >= chats)
        .map(|(name, _)| *name)
        .collect();
    if !regulars.is_empty() && regulars.len() < counts.len() {
        return regulars;
    }
    if unknown().count() < 2 && !counts.values().any(|count| count.side == Some(Side::Customer)) {
        return Vec::new();
    }
    let asking = |count: &Count| f64::from(count.questions + count.began) / f64::from(count.messages.max(1));
    let least = unknown().min_by(|(a, one), (b, other)| {
        let order = asking(one).total_cmp(&asking(other));
        order.then(other.messages.cmp(&one.messages)).then(a.cmp(b))
    });
    least.map(|(name, _)| vec![*name]).unwrap_or_default()
}

/// Whether the export itself says on whose side everybody is, so that nobody has to be asked.
pub fn are_known(chats: &[Chat]) -> bool {
    let mut messages = chats.iter().flat_map(|chat| &chat.messages);
    let is_known = messages.clone().all(|said| said.side.is_some());
    is_known && messages.any(|said| said.side == Some(Side::Business))
}

/// The chats with every side settled: those named speak for the business, everybody else asks.
pub fn settle(chats: &mut [Chat], business: &[String]) {
    for said in chats.iter_mut().flat_map(|chat| &mut chat.messages) {
        let is_ours = business.contains(&said.speaker);
        said.side = match said.side {
            Some(Side::Bot) => Some(Side::Bot),
            _ if is_ours => Some(Side::Business),
            _ => Some(Side::Customer),
        };
    }
}

//! What a keyword action must hold before it is stored.

use conversations::search::words_in_order;
use kernel::error::invalid;
use kernel::ids::ChannelId;
use kernel::{Result, TenantTx};

use super::{ActionType, Argument, MatchType};
use crate::{collections, store, text};

const LONGEST_KEYWORD: usize = 200;
/// What vendors take in one message.
const LONGEST_TEXT: usize = 2_000;

pub fn keyword(written: &str, match_type: MatchType) -> Result<String> {
    let keyword = written.trim();
    if !(1..=LONGEST_KEYWORD).contains(&keyword.chars().count()) {
        return Err(invalid("bad_keyword", "A keyword has 1 to 200 characters."));
    }
    match match_type {
        MatchType::Pattern => {
            text::pattern(keyword)?;
        }
        MatchType::Word if words_in_order(keyword).is_empty() => {
            return Err(invalid(
                "bad_keyword",
                "This keyword has neither letters nor digits. Let it match the whole message instead.",
            ));
        }
        MatchType::Word | MatchType::Exact => {}
    }
    Ok(keyword.to_owned())
}

/// Only what the action reads is kept.
pub async fn argument(
    tx: &mut TenantTx,
    channel: ChannelId,
    action: ActionType,
    mut argument: Argument,
) -> Result<Argument> {
    let text = argument.text.take().map(|text| text.trim().to_owned());
    argument.text = text.filter(|text| !text.is_empty());
    if argument
        .text
        .as_ref()
        .is_some_and(|text| text.chars().count() > LONGEST_TEXT)
    {
        return Err(invalid("bad_text", "The text has 2,000 characters at most."));
    }
    let kept = Argument {
        text: argument.text.clone(),
        ..Argument::default()
    };
    match action {
        ActionType::Tag => {
            store::require_label(tx, argument.label_id).await?;
            Ok(Argument {
                label_id: argument.label_id,
                ..kept
            })
        }
        ActionType::Assign => {
            store::require_assignee(tx, argument.user_id).await?;
            Ok(Argument {
                user_id: argument.user_id,
                ..kept
            })
        }
        ActionType::Reply => reply(tx, channel, argument).await,
        ActionType::DisableAi | ActionType::EnableAi | ActionType::Escalate | ActionType::LeadForm => {
            Ok(kept)
        }
    }
}

async fn reply(tx: &mut TenantTx, channel: ChannelId, argument: Argument) -> Result<Argument> {
    let Some(collection) = &argument.collection_id else {
        if argument.text.is_none() {
            return Err(invalid(
                "nothing_to_say",
                "A reply needs a text (`argument.text`) or a collection (`argument.collection_id`).",
            ));
        }
        return Ok(Argument {
            text: argument.text,
            ..Argument::default()
        });
    };
    let items = collections::store::list_items(tx, channel, collection).await?;
    if items.is_empty() {
        return Err(invalid(
            "no_such_collection",
            "This channel has no collection of that name, or it is empty. Fill one first.",
        ));
    }
    let last = u32::try_from(items.len()).unwrap_or(u32::MAX);
    if argument.item.is_some_and(|item| !(1..=last).contains(&item)) {
        return Err(invalid(
            "no_such_item",
            format!("The collection has items 1 to {last}. Choose one of them, or none to say them in turn."),
        ));
    }
    Ok(Argument {
        label_id: None,
        user_id: None,
        ..argument
    })
}

//! The transcript of a conversation, sent to its visitor by a person of the team.
//!
//! It goes only to an address that is known to be the visitor's: verified, vouched for by a signed identity token, or of
//! a visitor whom a person of the team has answered in this conversation. An address that was only typed may be anybody's.

pub mod api;
pub mod store;

use kernel::error::conflict;
use kernel::ids::ConversationId;
use kernel::{Result, TenantTx};

use crate::outbox::{Kind, NewEmail};
use crate::wording::{self, Speaker};

/// A longer transcript begins later: what is left out is the oldest.
const LONGEST: usize = 200_000;

/// The mail with everything that was said.
pub async fn write(tx: &mut TenantTx, id: ConversationId, about: &store::About) -> Result<NewEmail> {
    let Some(address) = about.email.clone().filter(|address| !address.is_empty()) else {
        return Err(conflict(
            "no_email",
            "The e-mail address of this visitor is not known.",
        ));
    };
    if !(about.is_verified || about.has_human_reply) {
        return Err(conflict(
            "email_not_verified",
            "This visitor has only typed the address, which may be anybody's. Reply in the conversation first; then the transcript can be sent.",
        ));
    }
    let language = about.language.as_str();
    let lines = store::list(tx, id).await?;
    let mut said: Vec<String> = Vec::new();
    let mut length = 0;
    for line in lines.iter().rev() {
        let entry = entry(language, line);
        length += entry.len();
        if length > LONGEST {
            break;
        }
        said.push(entry);
    }
    said.reverse();
    let body = format!(
        "{}\n{}",
        wording::transcript_opening(language, &about.workspace),
        said.join("\n")
    );
    Ok(NewEmail {
        kind: Kind::Transcript,
        dedupe_key: format!("transcript/{id}/{}", kernel::secrets::random_token("")),
        user: None,
        conversation: Some(id),
        to_address: address,
        to_name: about.contact_name.clone(),
        subject: wording::transcript_subject(language, &about.workspace),
        body,
        unsubscribe_url: None,
        calendar: None,
    })
}

fn entry(language: &str, said: &store::Said) -> String {
    let who = match (said.sender_type.as_str(), &said.sender_name) {
        ("user", _) => wording::speaker(language, Speaker::Visitor),
        ("agent", Some(name)) => crate::smtp::line(name),
        ("agent", None) => wording::speaker(language, Speaker::Person),
        _ => wording::speaker(language, Speaker::Bot),
    };
    let at = said.sent_at.format("%Y-%m-%d %H:%M UTC");
    let file = said
        .file_name
        .as_deref()
        .map(|name| wording::file(language, name));
    let parts = [Some(said.text.clone()).filter(|text| !text.is_empty()), file];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{who} ({at}):\n{}\n", parts.join("\n"))
}

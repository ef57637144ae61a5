//! Leads that come of what a visitor says. The words belong to the `answering` crate; here is what is remembered.

use kernel::ids::{ChannelId, ContactId, ConversationId, LeadId};
use kernel::{Event, Result, TenantTx, WorkspaceList};

use super::{Consent, ContactInfo, Source, store};
use crate::{contacts, inbound, visitors};

/// What is known of a conversation's visitor before the bot speaks.
#[derive(Debug, Clone)]
pub struct Known {
    pub contact_id: ContactId,
    /// Who writes: the contact, or somebody who was made part of it by hand.
    pub visitor_id: ContactId,
    /// What is known of the visitor, and not of those with whom they were put together by hand.
    pub contact: ContactInfo,
    /// What the bot has asked in this conversation. It does so once.
    pub request: Option<Request>,
    /// There is, or was, a lead of this conversation.
    pub has_lead: bool,
}

/// The bot's question for an address, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub asked_seq: i64,
    pub intent: String,
    /// As it was asked.
    pub question: String,
    /// `waiting`, `given` or `refused`.
    pub outcome: String,
}

/// What a reply of the bot means for leads. It is noted in the transaction in which the reply is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The reply asks how the visitor can be reached.
    Asked { intent: String, question: String },
    /// The visitor has told it.
    Given {
        intent: String,
        info: ContactInfo,
        /// What they had read before.
        question: Option<String>,
    },
    /// The visitor would rather not.
    Refused,
    /// The visitor is interested, and can be reached already.
    Interested { intent: String },
}

/// What is known of the visitor; none if there is no such conversation.
pub async fn find_known(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Known>> {
    store::find_known(tx, conversation).await
}

/// Notes what the reply with this number means. The caller holds the conversation's lock.
pub async fn note(tx: &mut TenantTx, conversation: ConversationId, seq: i64, step: &Step) -> Result<()> {
    match step {
        Step::Asked { intent, question } => {
            store::insert_request(tx, conversation, seq, intent, question).await
        }
        Step::Refused => store::end_request(tx, conversation, "refused").await,
        Step::Given {
            intent,
            info,
            question,
        } => {
            store::end_request(tx, conversation, "given").await?;
            let consent = question.clone().map(|text| Consent {
                given_at: tx.now(),
                text,
            });
            captured(tx, conversation, intent, info, consent).await
        }
        Step::Interested { intent } => {
            captured(tx, conversation, intent, &ContactInfo::default(), None).await
        }
    }
}

async fn captured(
    tx: &mut TenantTx,
    conversation: ConversationId,
    intent: &str,
    info: &ContactInfo,
    consent: Option<Consent>,
) -> Result<()> {
    let Some(known) = store::find_known(tx, conversation).await? else {
        return Ok(());
    };
    keep(tx, known.visitor_id, info).await?;
    let new = store::NewLead {
        conversation: Some(conversation),
        contact: Some(known.contact_id),
        channel: store::channel_of(tx, conversation).await?,
        intent,
        info: info.clone().or(&known.contact),
        said: info.clone(),
        source: Source::Bot,
        consent,
        note: "",
        assigned_to: None,
    };
    store::insert_or_complete(tx, &new).await?;
    tell(tx, Some(conversation));
    Ok(())
}

/// What a form of the business's own page sends. Sent again, it completes the lead that is there.
pub async fn from_form(tx: &mut TenantTx, visitor: FormVisitor<'_>, form: &Form) -> Result<LeadId> {
    inbound::refuse_blocked(tx, visitor.contact).await?;
    contacts::store::ensure(tx, visitor.contact, visitor.language).await?;
    let contact = inbound::store::now_known_as(tx, visitor.contact).await?;
    let writer = inbound::store::visitor_now(tx, visitor.contact).await?;
    keep(tx, writer, &form.info).await?;
    let new = store::NewLead {
        conversation: visitor.conversation,
        contact: Some(contact),
        channel: Some(visitor.channel),
        intent: &form.intent,
        info: form.info.clone(),
        said: form.info.clone(),
        source: Source::Form,
        consent: form.consent_text.clone().map(|text| Consent {
            given_at: tx.now(),
            text,
        }),
        note: &form.message,
        assigned_to: None,
    };
    let id = match visitor.conversation {
        Some(_) => store::insert_or_complete(tx, &new).await?,
        None => match store::complete_open(tx, &new).await? {
            Some(id) => id,
            None => store::insert_or_complete(tx, &new).await?,
        },
    };
    tell(tx, visitor.conversation);
    Ok(id)
}

/// Who sends a form, by their signed token.
#[derive(Debug, Clone, Copy)]
pub struct FormVisitor<'a> {
    pub contact: ContactId,
    pub channel: ChannelId,
    pub conversation: Option<ConversationId>,
    pub language: Option<&'a str>,
}

/// A form, checked.
#[derive(Debug)]
pub struct Form {
    pub intent: String,
    pub info: ContactInfo,
    pub message: String,
    pub consent_text: Option<String>,
}

/// Nobody has vouched for what was typed: it fills what is empty, and joins no two people.
pub async fn keep(tx: &mut TenantTx, contact: ContactId, info: &ContactInfo) -> Result<()> {
    if let Some(email) = &info.email {
        visitors::store::set_unverified_email(tx, contact, email).await?;
    }
    if let Some(phone) = &info.phone {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        visitors::store::set_unverified_phone(tx, contact, &digits).await?;
    }
    if let Some(name) = &info.name {
        visitors::store::set_name(tx, contact, name).await?;
    }
    Ok(())
}

/// Tells open dashboards.
pub fn tell(tx: &mut TenantTx, conversation: Option<ConversationId>) {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Leads,
    });
    if let Some(conversation_id) = conversation {
        tx.emit(Event::ConversationChanged { conversation_id });
    }
}

//! From notices to mails: one for each that is told at once, one digest a member for the others.

use access::Role;
use kernel::ids::{ConversationId, UserId};
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::store::{self, Due, SwitchedOff};
use super::{Happening, Kind, Outcome, Workspace};
use crate::choices::Pace;
use crate::choices::store::Reader;
use crate::outbox::{self, NewEmail};
use crate::wording::{self, Hours, Item};
use crate::{Context, settings, unsubscribe};

/// How the key of a mail to the address for escalations ends.
const TO_ADDRESS: &str = "/address";
/// A digest shows so many; the rest is a number.
const MOST_IN_DIGEST: usize = 30;

/// Tells the address for escalations of each hand-over, once and at once.
pub async fn tell_address(
    ctx: &Context,
    tx: &mut TenantTx,
    workspace: &Workspace,
    happenings: &[Happening],
) -> Result<()> {
    let handed_over = happenings.iter().filter(|what| what.kind == Kind::Escalation);
    let conversations: Vec<Uuid> = handed_over.map(|what| what.conversation_id.0).collect();
    if conversations.is_empty() {
        return Ok(());
    }
    let Some(address) = settings::store::find_escalation_address(tx).await? else {
        return Ok(());
    };
    for conversation in store::list_untold(tx, &conversations, TO_ADDRESS).await? {
        let Some(found) = store::find_hand_over(tx, conversation).await? else {
            continue;
        };
        let key = format!("escalation/{}{TO_ADDRESS}", found.id);
        let item = hand_over_item(ctx, tx, workspace, conversation, found);
        let (subject, body) = wording::notice(&workspace.tenant, &item, None);
        let mail = NewEmail {
            kind: outbox::Kind::Escalation,
            dedupe_key: key,
            user: None,
            conversation: Some(conversation),
            to_address: address.clone(),
            to_name: None,
            subject,
            body,
            unsubscribe_url: None,
            calendar: None,
        };
        outbox::put(tx, &mail).await?;
    }
    Ok(())
}

/// Tells members what is due and still open.
pub async fn tell_members(
    ctx: &Context,
    tx: &mut TenantTx,
    workspace: &Workspace,
    readers: &[Reader],
) -> Result<()> {
    let now = tx.now();
    let due = store::lock_due(tx, now).await?;
    for notices in due.chunk_by(|one, next| one.user_id == next.user_id) {
        let Some(reader) = readers.iter().find(|reader| reader.user_id == notices[0].user_id) else {
            continue;
        };
        let (open, settled): (Vec<&Due>, Vec<&Due>) = notices.iter().partition(|notice| notice.is_open);
        finish(tx, &settled, Outcome::Settled).await?;
        let (digest, now): (Vec<&Due>, Vec<&Due>) = open.into_iter().partition(|notice| notice.is_digest);
        if reader.is_online {
            finish(tx, &now, Outcome::Online).await?;
        } else {
            for notice in now {
                tell_now(ctx, tx, workspace, reader, notice).await?;
            }
        }
        if !digest.is_empty() {
            tell_digest(ctx, tx, workspace, reader, &digest).await?;
        }
    }
    Ok(())
}

/// Tells owners and admins of webhooks that were switched off, once, whatever pace they chose but never.
pub async fn tell_managers(
    ctx: &Context,
    tx: &mut TenantTx,
    workspace: &Workspace,
    readers: &[Reader],
    switched_off: &[SwitchedOff],
) -> Result<()> {
    let is_told = |reader: &&Reader| {
        matches!(reader.role, Role::Owner | Role::Admin) && reader.choices.pace != Pace::Never
    };
    let base = ctx.public_url.as_ref();
    let link = base.map(|base| format!("{base}/app/{}/settings/webhooks", workspace.tenant.slug));
    for webhook in switched_off {
        for reader in readers.iter().filter(is_told) {
            let way_out = unsubscribe::url(ctx, workspace.tenant.id, reader.user_id);
            let words = wording::switched_off(
                &workspace.tenant,
                &webhook.url,
                webhook.is_gone,
                link.as_deref(),
                way_out.as_deref(),
            );
            let key = format!(
                "webhook/{}/{}/{}",
                webhook.id,
                webhook.at.timestamp_micros(),
                reader.user_id
            );
            let mail = to_member(reader, outbox::Kind::Webhook, key, None, words, way_out);
            outbox::put(tx, &mail).await?;
        }
    }
    Ok(())
}

async fn finish(tx: &mut TenantTx, notices: &[&Due], outcome: Outcome) -> Result<()> {
    if notices.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = notices.iter().map(|notice| notice.id).collect();
    store::finish(tx, &ids, outcome).await
}

async fn tell_now(
    ctx: &Context,
    tx: &mut TenantTx,
    workspace: &Workspace,
    reader: &Reader,
    notice: &Due,
) -> Result<()> {
    let item = item(ctx, tx, workspace, notice).await?;
    let way_out = unsubscribe::url(ctx, workspace.tenant.id, reader.user_id);
    let (subject, body) = wording::notice(&workspace.tenant, &item, way_out.as_deref());
    let kind = match notice.kind {
        Kind::Message => outbox::Kind::Message,
        Kind::Escalation => outbox::Kind::Escalation,
        Kind::Mention => outbox::Kind::Mention,
    };
    let key = format!("notice/{}", notice.id);
    let conversation = Some(notice.conversation_id);
    let mail = to_member(reader, kind, key, conversation, (subject, body), way_out);
    outbox::put(tx, &mail).await?;
    finish(tx, &[notice], Outcome::Mailed).await
}

async fn tell_digest(
    ctx: &Context,
    tx: &mut TenantTx,
    workspace: &Workspace,
    reader: &Reader,
    notices: &[&Due],
) -> Result<()> {
    let mut items = Vec::new();
    for notice in notices.iter().take(MOST_IN_DIGEST) {
        items.push(item(ctx, tx, workspace, notice).await?);
    }
    let way_out = unsubscribe::url(ctx, workspace.tenant.id, reader.user_id);
    let words = wording::digest(&workspace.tenant, &items, notices.len(), way_out.as_deref());
    let key = format!("digest/{}", notices[0].id);
    let mail = to_member(reader, outbox::Kind::Digest, key, None, words, way_out);
    outbox::put(tx, &mail).await?;
    finish(tx, notices, Outcome::Mailed).await
}

fn to_member(
    reader: &Reader,
    kind: outbox::Kind,
    dedupe_key: String,
    conversation: Option<ConversationId>,
    (subject, body): (String, String),
    unsubscribe_url: Option<String>,
) -> NewEmail {
    NewEmail {
        kind,
        dedupe_key,
        user: Some(reader.user_id),
        conversation,
        to_address: reader.email.clone(),
        to_name: Some(reader.name.clone()),
        subject,
        body,
        unsubscribe_url,
        calendar: None,
    }
}

async fn item(ctx: &Context, tx: &mut TenantTx, workspace: &Workspace, notice: &Due) -> Result<Item> {
    let conversation = notice.conversation_id;
    if notice.kind == Kind::Escalation
        && let Some(found) = store::find_hand_over(tx, conversation).await?
    {
        return Ok(hand_over_item(ctx, tx, workspace, conversation, found));
    }
    let (author, quotes) = match notice.kind {
        Kind::Mention => note(tx, conversation, notice.user_id, notice).await?,
        Kind::Message | Kind::Escalation => (None, store::list_said(tx, conversation, notice.since).await?),
    };
    Ok(Item {
        kind: notice.kind,
        contact: notice.contact_name.clone(),
        channel: notice.channel_name.clone(),
        author,
        quotes,
        reason: None,
        hours: None,
        link: link(ctx, workspace, conversation),
    })
}

async fn note(
    tx: &mut TenantTx,
    conversation: ConversationId,
    user: UserId,
    notice: &Due,
) -> Result<(Option<String>, Vec<String>)> {
    let found = store::find_note(tx, conversation, user, notice.since).await?;
    Ok(match found {
        Some((author, text)) => (Some(author), vec![text]),
        None => (None, Vec::new()),
    })
}

fn hand_over_item(
    ctx: &Context,
    tx: &TenantTx,
    workspace: &Workspace,
    conversation: ConversationId,
    found: store::HandOver,
) -> Item {
    let (schedule, now) = (workspace.inbox.schedule(), tx.now());
    Item {
        kind: Kind::Escalation,
        contact: found.contact_name,
        channel: found.channel_name,
        author: None,
        quotes: vec![found.summary],
        reason: Some(found.reason),
        hours: Some(Hours {
            is_open: schedule.is_open(now),
            next_opening: schedule.next_opening(now),
            zone: workspace.inbox.time_zone.clone(),
        }),
        link: link(ctx, workspace, conversation),
    }
}

fn link(ctx: &Context, workspace: &Workspace, conversation: ConversationId) -> Option<String> {
    let base = ctx.public_url.as_ref()?;
    Some(format!(
        "{base}/app/{}/inbox/{conversation}",
        workspace.tenant.slug
    ))
}

//! What there is to tell, and to whom: visitors who wait, hand-overs, mentions, webhooks that were switched off.
//!
//! Nothing is noted when it happens: each look finds what waits by its own state (`conversations.waiting_since`, open
//! escalations, unread mentions), so that nothing can be forgotten, and the unique key of a notice keeps it from being told
//! twice. Two minutes of patience leave the answer to whoever is there.

mod mails;
pub mod store;

use access::tenants::{self, Operator, Tenant};
use chrono::{DateTime, TimeDelta, Utc};
use conversations::settings::InboxSettings;
use conversations::team::ONLINE_FOR;
use kernel::db::JobTenant;
use kernel::ids::{ConversationId, UserId};
use kernel::{Result, TenantProof, TenantTx};
use queue::Job;
use serde::{Deserialize, Serialize};

use crate::choices::store::Reader;
use crate::choices::{self, Choices, Messages, Pace};
use crate::{Context, appointments, outbox, settings};

/// So long somebody may answer before others are told.
pub const PATIENCE: TimeDelta = TimeDelta::minutes(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    Message,
    Escalation,
    Mention,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Escalation => "escalation",
            Self::Mention => "mention",
        }
    }
}

/// How a notice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Mailed,
    /// The member was there to see it.
    Online,
    /// Answered, read or resolved before it was told.
    Settled,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mailed => "mailed",
            Self::Online => "online",
            Self::Settled => "settled",
        }
    }
}

/// Something that happened and is still open.
pub struct Happening {
    pub kind: Kind,
    pub conversation_id: ConversationId,
    pub since: DateTime<Utc>,
    pub assigned_to: Option<UserId>,
    /// Of a mention: who is mentioned.
    pub mentioned: Option<UserId>,
    /// Of a message: the conversation was handed over when the waiting began, which is told as an escalation.
    pub is_escalated: bool,
}

/// For one member.
pub struct NewNotice {
    pub user_id: UserId,
    pub conversation_id: ConversationId,
    pub kind: Kind,
    pub since: DateTime<Utc>,
    pub is_digest: bool,
    pub due_at: DateTime<Utc>,
}

/// Looks through one tenant. Enqueued by the trigger `escalations_tell`, under the same name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LookForNotices {
    pub tenant: JobTenant,
}

impl Job for LookForNotices {
    const NAME: &'static str = "look_for_notices";
}

pub async fn look_for_notices(ctx: &Context, job: &LookForNotices) -> Result<()> {
    look(ctx, &job.tenant).await
}

/// Looks through all active tenants once; one that fails does not keep the others waiting.
pub async fn look_everywhere(ctx: &Context) -> Result<()> {
    for operator in Operator::for_all_active(&ctx.db).await? {
        if let Err(error) = look(ctx, &operator).await {
            error.log();
        }
    }
    Ok(())
}

/// Once an hour: what was kept long enough.
pub async fn tidy_everywhere(ctx: &Context) -> Result<()> {
    let day_before_yesterday = ctx.db.clock.now() - TimeDelta::days(2);
    outbox::store::forget_counts(&ctx.db, day_before_yesterday.date_naive()).await?;
    for operator in Operator::for_all_active(&ctx.db).await? {
        let mut tx = ctx.db.tenant(&operator).await?;
        outbox::tidy(&mut tx).await?;
        store::forget(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What a workspace is, as far as its mails need to know.
pub(crate) struct Workspace {
    pub tenant: Tenant,
    pub inbox: InboxSettings,
}

async fn look(ctx: &Context, proof: &impl TenantProof) -> Result<()> {
    // one that fails does not keep the other waiting
    let (notices, appointments) = (
        look_for_happenings(ctx, proof).await,
        appointments::look(ctx, proof).await,
    );
    notices.and(appointments)
}

async fn look_for_happenings(ctx: &Context, proof: &impl TenantProof) -> Result<()> {
    let mut tx = ctx.db.tenant(proof).await?;
    if settings::find_server(ctx, &mut tx).await?.is_none() {
        return Ok(());
    }
    let now = tx.now();
    let happenings = store::list_happenings(&mut tx, now - PATIENCE).await?;
    let switched_off = store::list_switched_off(&mut tx).await?;
    if happenings.is_empty() && switched_off.is_empty() && !store::has_due(&mut tx, now).await? {
        return Ok(());
    }
    let workspace = Workspace {
        tenant: tenants::store::get(&mut tx).await?,
        inbox: conversations::settings::get(&mut tx).await?,
    };
    let readers = choices::store::list(&mut tx, None, now - ONLINE_FOR).await?;
    note(&mut tx, &happenings, &readers, &workspace.inbox.time_zone).await?;
    mails::tell_address(ctx, &mut tx, &workspace, &happenings).await?;
    mails::tell_members(ctx, &mut tx, &workspace, &readers).await?;
    mails::tell_managers(ctx, &mut tx, &workspace, &readers, &switched_off).await?;
    tx.commit().await
}

async fn note(tx: &mut TenantTx, happenings: &[Happening], readers: &[Reader], zone: &str) -> Result<()> {
    let now = tx.now();
    let mut notices = Vec::new();
    for happening in happenings {
        for reader in readers {
            if wants(&reader.choices, reader.user_id, happening)
                && let Some(due_at) = due(reader, happening, now, zone)
            {
                notices.push(NewNotice {
                    user_id: reader.user_id,
                    conversation_id: happening.conversation_id,
                    kind: happening.kind,
                    since: happening.since,
                    is_digest: reader.choices.pace != Pace::Now,
                    due_at,
                });
            }
        }
    }
    if notices.is_empty() {
        return Ok(());
    }
    store::insert(tx, &notices).await
}

fn wants(choices: &Choices, user: UserId, happening: &Happening) -> bool {
    if choices.pace == Pace::Never {
        return false;
    }
    let (is_mine, is_free) = (
        happening.assigned_to == Some(user),
        happening.assigned_to.is_none(),
    );
    match happening.kind {
        Kind::Message if happening.is_escalated && choices.escalations && (is_mine || is_free) => false,
        Kind::Message => match choices.messages {
            Messages::None => false,
            Messages::Mine => is_mine,
            Messages::MineAndUnassigned => is_mine || is_free,
            Messages::All => true,
        },
        Kind::Escalation => choices.escalations && (is_mine || is_free),
        Kind::Mention => choices.mentions && happening.mentioned == Some(user),
    }
}

/// Who is there sees a hand-over on the screen; who has just left is told when it is still open in two minutes.
fn due(reader: &Reader, happening: &Happening, now: DateTime<Utc>, zone: &str) -> Option<DateTime<Utc>> {
    let due = choices::due_at(reader.choices.pace, now, zone)?;
    let is_awaited =
        reader.choices.pace == Pace::Now && happening.kind == Kind::Escalation && reader.is_online;
    Some(if is_awaited { due + PATIENCE } else { due })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_what_they_chose() {
        let (me, other) = (UserId::new(), UserId::new());
        let choices = |messages, escalations, mentions, pace| Choices {
            messages,
            escalations,
            mentions,
            pace,
            report: None,
        };
        let happening = |kind, assigned_to, is_escalated| Happening {
            kind,
            conversation_id: ConversationId::new(),
            since: DateTime::UNIX_EPOCH,
            assigned_to,
            mentioned: Some(me).filter(|_| kind == Kind::Mention),
            is_escalated,
        };
        let mine = choices(Messages::Mine, true, true, Pace::Now);
        let free = choices(Messages::MineAndUnassigned, true, true, Pace::Now);
        let all = choices(Messages::All, false, false, Pace::Daily);
        let never = choices(Messages::All, true, true, Pace::Never);
        for (choices, kind, assigned, is_escalated, expected) in [
            (mine, Kind::Message, Some(me), false, true),
            (mine, Kind::Message, Some(other), false, false),
            (mine, Kind::Message, None, false, false),
            (free, Kind::Message, None, false, true),
            (free, Kind::Message, Some(other), false, false),
            (free, Kind::Message, None, true, false),
            (all, Kind::Message, Some(other), false, true),
            (all, Kind::Message, None, true, true),
            (all, Kind::Escalation, None, false, false),
            (all, Kind::Mention, None, false, false),
            (mine, Kind::Escalation, None, false, true),
            (mine, Kind::Escalation, Some(other), false, false),
            (mine, Kind::Mention, Some(other), false, true),
            (never, Kind::Message, Some(me), false, false),
            (never, Kind::Escalation, Some(me), false, false),
        ] {
            let what = happening(kind, assigned, is_escalated);
            assert_eq!(
                wants(&choices, me, &what),
                expected,
                "{choices:?} {kind:?} {is_escalated}"
            );
        }
        assert!(!wants(&mine, other, &happening(Kind::Mention, None, false)));
    }
}

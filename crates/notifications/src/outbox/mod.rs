//! The outbox: every mail is a row, written with what it tells and sent by a job, once or not at all.
//!
//! The row is marked "sending" before the mail server is called. Whoever finds it so after a crash knows that it may have
//! gone, and leaves it to a person.

pub mod api;
pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::db::JobTenant;
use kernel::error::{Kind as ErrorKind, internal};
use kernel::ids::{ConversationId, EmailId, TenantId, UserId};
use kernel::secrets::{equal, sign};
use kernel::{Result, TenantProof, TenantTx};
use queue::{Job, Options};
use serde::{Deserialize, Serialize};

use crate::smtp::{self, Failure, Letter};
use crate::{Context, settings};

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EmailKind)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    Message,
    Escalation,
    Mention,
    Digest,
    Transcript,
    Test,
    Confirmation,
    /// A webhook was switched off.
    Webhook,
    /// To a visitor: a meeting, its changes, and the reminder of it.
    Invitation,
    /// The same to the member whom it is with.
    Meeting,
    /// What a member wanted to be reminded of.
    Activity,
    /// The figures of a week or a month.
    Report,
    /// Something of the plan runs out, or the trial ends.
    Plan,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Escalation => "escalation",
            Self::Mention => "mention",
            Self::Digest => "digest",
            Self::Transcript => "transcript",
            Self::Test => "test",
            Self::Confirmation => "confirmation",
            Self::Webhook => "webhook",
            Self::Invitation => "invitation",
            Self::Meeting => "meeting",
            Self::Activity => "activity",
            Self::Report => "report",
            Self::Plan => "plan",
        }
    }

    /// So many mails of this kind an address is sent on one day, over all tenants. Whom we do not know as a member gets
    /// three.
    fn most_a_day(self) -> i32 {
        match self {
            Self::Transcript | Self::Confirmation => 3,
            // booked, moved, reminded of: some meetings
            Self::Invitation => 12,
            Self::Message
            | Self::Escalation
            | Self::Mention
            | Self::Digest
            | Self::Test
            | Self::Webhook
            | Self::Meeting
            | Self::Activity
            | Self::Report
            | Self::Plan => 200,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EmailStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    Queued,
    Sending,
    /// The mail server has taken it.
    Sent,
    Failed,
    /// It may have been sent: nobody sends it again by itself.
    Unknown,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// A mail as the log shows it, without its text.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Email {
    pub id: EmailId,
    pub kind: Kind,
    pub to_address: String,
    pub subject: String,
    pub status: Status,
    pub attempts: i32,
    /// The mail server's words, or ours.
    pub error: Option<String>,
    pub conversation_id: Option<ConversationId>,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
}

/// A mail that is to be written down.
pub struct NewEmail {
    pub kind: Kind,
    /// What it tells: the same thing again is not told twice.
    pub dedupe_key: String,
    pub user: Option<UserId>,
    pub conversation: Option<ConversationId>,
    pub to_address: String,
    pub to_name: Option<String>,
    pub subject: String,
    pub body: String,
    pub unsubscribe_url: Option<String>,
    /// An invitation that goes with it.
    pub calendar: Option<String>,
}

/// Sends one mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendEmail {
    pub tenant: JobTenant,
    pub email: EmailId,
}

impl Job for SendEmail {
    const NAME: &'static str = "send_email";
}

/// So often a mail server that says "not now" is asked.
const MOST_ATTEMPTS: i32 = 8;
/// Between two attempts, in minutes.
const LONGEST_PAUSE: i64 = 420;
/// A mail that could not be sent for so long is not sent any more.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(24);

const INTERRUPTED: &str = "The server stopped while it sent this. It may have arrived.";

/// Writes the mail down and has it sent, as part of the transaction. None: it was written down before.
pub async fn put(tx: &mut TenantTx, new: &NewEmail) -> Result<Option<EmailId>> {
    let id = EmailId::new();
    if !store::insert(tx, id, new, Status::Queued).await? {
        return Ok(None);
    }
    enqueue(tx, id, None).await?;
    Ok(Some(id))
}

async fn enqueue(tx: &mut TenantTx, email: EmailId, at: Option<DateTime<Utc>>) -> Result<()> {
    let job = SendEmail {
        tenant: JobTenant::of(tx),
        email,
    };
    let name = format!("email/{email}");
    let options = Options {
        run_at: at,
        ..Options::default()
            .in_series(name.as_str())
            .replacing(name.as_str())
    };
    queue::enqueue(tx, &job, options).await.map_err(internal)?;
    Ok(())
}

/// Sends a mail while somebody waits, and says what became of it.
pub async fn send_now(ctx: &Context, proof: &impl TenantProof, new: &NewEmail) -> Result<Email> {
    let mut tx = ctx.db.tenant(proof).await?;
    let id = EmailId::new();
    store::insert(&mut tx, id, new, Status::Queued).await?;
    tx.commit().await?;
    attempt(ctx, proof, id, false).await?;
    let mut tx = ctx.db.tenant_read(proof).await?;
    store::get(&mut tx, id).await
}

pub async fn send_email(ctx: &Context, job: &SendEmail) -> Result<()> {
    let _place = match ctx.shares.take(job.tenant.tenant_id(), ctx.db.clock.now()) {
        Ok(place) => place,
        Err(at) => {
            let mut tx = ctx.db.tenant(&job.tenant).await?;
            enqueue(&mut tx, job.email, Some(at)).await?;
            return tx.commit().await;
        }
    };
    attempt(ctx, &job.tenant, job.email, true).await
}

/// The server died while it sent this, too often.
pub async fn give_up_email(ctx: &Context, job: &SendEmail) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    let now = tx.now();
    end(&mut tx, job.email, Status::Unknown, Some(INTERRUPTED), now).await?;
    tx.commit().await
}

async fn attempt(ctx: &Context, proof: &impl TenantProof, id: EmailId, is_tried_again: bool) -> Result<()> {
    let Some((mail, server)) = begin(ctx, proof, id).await? else {
        return Ok(());
    };
    let letter = Letter {
        id,
        to_address: &mail.to_address,
        to_name: mail.to_name.as_deref(),
        subject: &mail.subject,
        body: &mail.body,
        unsubscribe_url: mail.unsubscribe_url.as_deref(),
        calendar: mail.calendar.as_deref(),
        at: ctx.db.clock.now(),
    };
    let outcome = smtp::send(&ctx.outbound, &server, &letter).await;
    settle(ctx, proof, &mail, &outcome, is_tried_again).await
}

/// Marks the mail as being sent. None: there is nothing to send, or not now.
async fn begin(
    ctx: &Context,
    proof: &impl TenantProof,
    id: EmailId,
) -> Result<Option<(store::Waiting, smtp::Server)>> {
    let now = ctx.db.clock.now();
    let mut tx = ctx.db.tenant(proof).await?;
    let Some(mail) = store::lock(&mut tx, id).await? else {
        return Ok(None);
    };
    if mail.status == Status::Sending {
        // jobs of one mail run one after another: whoever was sending is gone
        end(&mut tx, id, Status::Unknown, Some(INTERRUPTED), now).await?;
        tx.commit().await?;
        return Ok(None);
    }
    if mail.status != Status::Queued {
        return Ok(None);
    }
    if let Some(at) = mail.next_attempt_at.filter(|at| *at > now) {
        enqueue(&mut tx, id, Some(at)).await?;
        tx.commit().await?;
        return Ok(None);
    }
    let server = settings::find_server(ctx, &mut tx).await?;
    let refused = match &server {
        None => Some("No mail server is set."),
        Some(_) if mail.attempts == 0 && !count(ctx, &mail, now).await? => {
            Some("This address was sent as many mails today as it may be.")
        }
        Some(server)
            if server.is_operators
                && mail.attempts == 0
                && !count_for(ctx, proof.tenant_id(), now).await? =>
        {
            Some(
                "This workspace has sent as many mails today as it may through the installation's mail server.",
            )
        }
        Some(_) => None,
    };
    if let Some(reason) = refused {
        end(&mut tx, id, Status::Failed, Some(reason), now).await?;
    } else {
        store::begin(&mut tx, id, now).await?;
    }
    tx.commit().await?;
    Ok(server.filter(|_| refused.is_none()).map(|server| (mail, server)))
}

/// Counts one mail to the address; false if it has had enough today.
async fn count(ctx: &Context, mail: &store::Waiting, now: DateTime<Utc>) -> Result<bool> {
    let most = mail.kind.most_a_day();
    let hash = address_hash(ctx, &mail.to_address, most);
    store::count(&ctx.db, &hash, now.date_naive(), most).await
}

/// Through the installation's mail server, which all workspaces share.
const MOST_OF_A_WORKSPACE_A_DAY: i32 = 2_000;

/// Counts one mail of the workspace; false if it has sent enough today.
async fn count_for(ctx: &Context, tenant: TenantId, now: DateTime<Utc>) -> Result<bool> {
    let key = ctx.master_key.derive("email counts");
    let hash = sign(&key, format!("workspace/{tenant}").as_bytes());
    store::count(&ctx.db, &hash, now.date_naive(), MOST_OF_A_WORKSPACE_A_DAY).await
}

/// Whether an address may be sent another mail of this kind today.
pub async fn has_room(ctx: &Context, kind: Kind, address: &str) -> Result<bool> {
    let most = kind.most_a_day();
    let hash = address_hash(ctx, address, most);
    let sent = store::get_count(&ctx.db, &hash, ctx.db.clock.now().date_naive()).await?;
    Ok(sent < most)
}

/// Mails to members and mails to others are counted apart. The hash is keyed, so a copy of the database reveals no
/// addresses.
fn address_hash(ctx: &Context, address: &str, most: i32) -> [u8; 32] {
    let key = ctx.master_key.derive("email counts");
    sign(
        &key,
        format!("{most}/{}", address.trim().to_lowercase()).as_bytes(),
    )
}

/// The mail server was called: what became of it is written down as soon as the database lets it.
async fn settle(
    ctx: &Context,
    proof: &impl TenantProof,
    mail: &store::Waiting,
    outcome: &Result<(), Failure>,
    is_tried_again: bool,
) -> Result<()> {
    let mut tries_left = 30;
    loop {
        match write_down(ctx, proof, mail, outcome, is_tried_again).await {
            Err(error) if matches!(error.kind, ErrorKind::Unavailable) && tries_left > 0 => {
                tries_left -= 1;
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
            written => return written,
        }
    }
}

async fn write_down(
    ctx: &Context,
    proof: &impl TenantProof,
    mail: &store::Waiting,
    outcome: &Result<(), Failure>,
    is_tried_again: bool,
) -> Result<()> {
    let now = ctx.db.clock.now();
    let mut tx = ctx.db.tenant(proof).await?;
    let (status, error) = match outcome {
        Ok(()) => (Status::Sent, None),
        Err(Failure::Unknown(reason)) => (Status::Unknown, Some(reason)),
        Err(Failure::Refused(reason)) => (Status::Failed, Some(reason)),
        Err(Failure::Later(reason)) => {
            let at = now + wait(mail.attempts);
            let is_worth_it = mail.attempts + 1 < MOST_ATTEMPTS && at - mail.created_at < LONGEST_WAIT;
            if is_tried_again && is_worth_it {
                store::put_back(&mut tx, mail.id, at, reason).await?;
                enqueue(&mut tx, mail.id, Some(at)).await?;
                return tx.commit().await;
            }
            (Status::Failed, Some(reason))
        }
    };
    end(&mut tx, mail.id, status, error.map(String::as_str), now).await?;
    tx.commit().await
}

/// The one place where a mail comes to an end, but for [`tidy`].
async fn end(
    tx: &mut TenantTx,
    id: EmailId,
    status: Status,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let kind = store::end(tx, id, status, error, now).await?;
    count_end(kind, status);
    Ok(())
}

fn count_end(kind: Kind, status: Status) {
    metrics::counter!("rapport_emails_total", "kind" => kind.as_str(), "outcome" => status.as_str())
        .increment(1);
}

/// 1 minute, 4, 16 … 7 hours, give or take a fifth: about 20 hours lie between the first attempt and the eighth.
fn wait(attempts: i32) -> TimeDelta {
    let grown = 4_i64
        .checked_pow(u32::try_from(attempts).unwrap_or(0))
        .unwrap_or(LONGEST_PAUSE);
    let seconds = grown.min(LONGEST_PAUSE) * 60;
    let [byte] = kernel::secrets::random_bytes::<1>();
    TimeDelta::milliseconds(seconds * (800 + i64::from(byte) * 400 / 255))
}

/// Forgets texts that were kept for another try, mails of long ago, and says of those that nobody works on any more that
/// their end is unknown.
pub async fn tidy(tx: &mut TenantTx) -> Result<()> {
    for (kind, status) in store::tidy(tx, INTERRUPTED).await? {
        count_end(kind, status);
    }
    Ok(())
}

/// A code that confirms that somebody reads what is sent to an address. It is made from the address, so nothing is kept.
pub fn confirmation_code(ctx: &Context, proof: &impl TenantProof, address: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let key = ctx.master_key.derive("email confirmation");
    let signed = sign(
        &key,
        format!("{}/{}", proof.tenant_id(), address.to_lowercase()).as_bytes(),
    );
    let letters = signed
        .iter()
        .take(8)
        .map(|byte| LETTERS[usize::from(byte % 32)] as char);
    letters.collect()
}

pub fn is_confirmation_code(ctx: &Context, proof: &impl TenantProof, address: &str, typed: &str) -> bool {
    let right = confirmation_code(ctx, proof, address);
    equal(right.as_bytes(), typed.trim().to_uppercase().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_seven_hours_and_eight_attempts_fit_into_a_day() {
        for (attempts, minutes) in [(0, 1), (1, 4), (2, 16), (3, 64), (4, 256), (5, 420), (60, 420)] {
            let waited = wait(attempts).num_seconds();
            assert!(
                (minutes * 48..=minutes * 72).contains(&waited),
                "{attempts}: {waited}"
            );
        }
        let all: TimeDelta = (0..MOST_ATTEMPTS - 1).map(wait).sum();
        assert!((TimeDelta::hours(15)..LONGEST_WAIT).contains(&all), "{all}");
    }
}

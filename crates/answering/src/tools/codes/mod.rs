//! A code by mail: how a visitor whom nobody vouches for shows that an order is theirs.
//!
//! Nothing that the visitor sees, and no row that is written before they see it, depends on whether there is such an order.
//! The mail goes to the address of the order's client, afterwards, and to nobody where there is none.

pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use crm::orders::theirs;
use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::ids::{ConversationId, OrderVerificationId};
use kernel::secrets::{MasterKey, equal, random_bytes, sign};
use kernel::{Result, TenantTx};
use knowledge::language::Language;
use notifications::outbox::{self, Kind, NewEmail};
use queue::{Job, Options};
use serde::{Deserialize, Serialize};

use super::wording;
use crate::Context;

/// What is known of a code.
#[derive(Debug, Clone)]
pub struct Verification {
    pub id: OrderVerificationId,
    pub order_number: String,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    pub client_id: Option<kernel::ids::ClientId>,
    pub code_hash: Option<Vec<u8>>,
    pub tries: i32,
    pub verified_at: Option<DateTime<Utc>>,
}

/// A code is good for so long.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// Whoever types one that is over is told so for as long.
pub const TOLD_FOR: TimeDelta = TimeDelta::hours(1);
/// An offer stands so long.
const OFFERED_FOR: TimeDelta = TimeDelta::hours(1);
/// So often it may be typed wrongly.
pub const MOST_TRIES: i32 = 5;
/// So many codes are asked for in an hour: by one contact, for one number, and for all orders of one client.
const MOST_AN_HOUR: i64 = 3;

impl Verification {
    /// Whether a code may be asked for.
    pub fn is_offered(&self, now: DateTime<Utc>) -> bool {
        self.verified_at.is_none() && now - self.created_at < OFFERED_FOR
    }

    /// Whether a code may still be typed.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        let is_fresh = self.expires_at.is_some_and(|until| now < until);
        self.verified_at.is_none() && is_fresh && self.tries < MOST_TRIES
    }

    pub fn is_right(&self, key: &MasterKey, typed: &str) -> bool {
        let hash = hash(key, self.id, typed);
        self.code_hash.as_ref().is_some_and(|right| equal(right, &hash))
    }
}

fn hash(key: &MasterKey, id: OrderVerificationId, code: &str) -> [u8; 32] {
    sign(&key.derive("order code"), format!("{id}/{code}").as_bytes())
}

/// Whether this contact, or anybody for this number, has had enough codes for now.
pub async fn has_room(tx: &mut TenantTx, conversation: ConversationId, number: &str) -> Result<bool> {
    let since = tx.now() - TimeDelta::hours(1);
    Ok(store::count_asked(tx, conversation, number, since).await? < MOST_AN_HOUR)
}

/// Mails a code, if there is somebody to mail it to. Queued for every code that is asked for: how long it takes tells nothing.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendOrderCode {
    pub tenant: JobTenant,
    pub code: OrderVerificationId,
    /// The visitor's.
    pub language: Option<String>,
}

impl Job for SendOrderCode {
    const NAME: &'static str = "send_order_code";
}

/// Queues the mail in the caller's transaction.
pub async fn enqueue(tx: &mut TenantTx, code: OrderVerificationId, language: Option<&str>) -> Result<()> {
    let job = SendOrderCode {
        tenant: JobTenant::of(tx),
        code,
        language: language.map(str::to_owned),
    };
    queue::enqueue(tx, &job, Options::default())
        .await
        .map_err(internal)?;
    Ok(())
}

/// The handler. What was sent, or is too old to be typed, is not sent again.
pub async fn send_order_code(ctx: &Context, job: &SendOrderCode) -> Result<()> {
    let id = job.code;
    let language = job
        .language
        .as_deref()
        .map_or(Language::UNKNOWN, Language::from_code);
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    let Some((conversation, number)) = store::lock_unsent(&mut tx, id).await? else {
        return Ok(());
    };
    let Some((client, address)) = theirs::find_address(&mut tx, &number).await? else {
        return Ok(());
    };
    let since = tx.now() - TimeDelta::hours(1);
    if store::count_sent(&mut tx, client, since).await? >= MOST_AN_HOUR {
        return Ok(());
    }
    let code = code();
    store::set_code(&mut tx, id, client, &hash(&ctx.master_key, id, &code)).await?;
    let workspace = store::workspace_name(&mut tx).await?;
    let (subject, body) = wording::code_mail(&code, &workspace, language);
    let mail = NewEmail {
        kind: Kind::Confirmation,
        dedupe_key: format!("order_code/{id}"),
        user: None,
        conversation: Some(conversation),
        to_address: address,
        to_name: None,
        subject,
        body,
        unsubscribe_url: None,
        calendar: None,
    };
    outbox::put(&mut tx, &mail).await?;
    tx.commit().await
}

/// Six digits. The remainder favours none by more than one in four thousand.
fn code() -> String {
    format!("{:06}", u32::from_be_bytes(random_bytes::<4>()) % 1_000_000)
}

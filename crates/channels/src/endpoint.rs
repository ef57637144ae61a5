//! A channel as the public side sees it, found by its key.

use std::collections::HashMap;
use std::sync::Arc;

use answering::bots::{self, Bot, Which};
use chrono::{DateTime, TimeDelta, Utc};
use conversations::settings::Schedule;
use kernel::error::{Result, forbidden, not_found};
use kernel::ids::{ChannelId, TenantId};
use kernel::secrets::MasterKey;
use kernel::{Database, TenantProof};
use parking_lot::Mutex;

use crate::accounts::store;
use crate::settings::WidgetSettings;

/// An active widget channel. Whoever knows the key may ask, within the channel's limits.
#[derive(Debug)]
pub struct ChannelEndpoint {
    tenant_id: TenantId,
    pub channel_id: ChannelId,
    pub channel_key: String,
    pub settings: WidgetSettings,
    pub bot: Bot,
    pub allowed_origins: Vec<String>,
    /// A page with the widget has been opened before.
    pub is_seen: bool,
    /// The business's privacy policy.
    pub privacy_url: Option<String>,
    /// It shows somebody what the product would do for their web site, and takes so many messages a day.
    pub is_demo: bool,
    /// Whether a conversation that is over is rated.
    pub ask_rating: bool,
    /// When people are there; none: always.
    pub hours: Option<Schedule>,
    /// False: the tenant is suspended, and the widget says no more than that it is not available.
    pub may_act: bool,
    encrypted_secret: String,
}

impl TenantProof for ChannelEndpoint {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }
}

impl ChannelEndpoint {
    /// Whether pages of this origin may use the channel. A request without an origin does not come from a page.
    pub fn allows_origin(&self, origin: Option<&str>) -> bool {
        self.allowed_origins.is_empty()
            || origin.is_none_or(|origin| self.allowed_origins.iter().any(|allowed| allowed == origin))
    }

    /// The secret that signs identity tokens.
    pub fn secret(&self, master_key: &MasterKey) -> Result<String> {
        master_key.open(
            &store::secret_context(self.tenant_id, self.channel_id),
            &self.encrypted_secret,
        )
    }
}

/// Endpoints that were used lately. A change of settings acts within [`FRESH`] in every process, and at once in
/// the one that made it. Clones share them.
#[derive(Clone, Default)]
pub struct Endpoints(Arc<Mutex<HashMap<String, Cached>>>);

type Cached = (DateTime<Utc>, Arc<ChannelEndpoint>);

const FRESH: TimeDelta = TimeDelta::seconds(2);
/// Above this many the cache starts anew.
const MOST: usize = 10_000;

impl Endpoints {
    /// # Errors
    /// 404 for a key that does not exist, is not a widget's or is switched off; 403 if its tenant is suspended.
    pub async fn get(&self, db: &Database, key: &str) -> Result<Arc<ChannelEndpoint>> {
        let endpoint = self.look_up(db, key).await?;
        match endpoint.may_act {
            true => Ok(endpoint),
            false => Err(forbidden(
                "channel_unavailable",
                "This chat is not available at the moment. Please come back later.",
            )),
        }
    }

    /// The same for what a widget shows although its tenant is suspended.
    ///
    /// # Errors
    /// 404 as above.
    pub async fn look_up(&self, db: &Database, key: &str) -> Result<Arc<ChannelEndpoint>> {
        let now = db.clock.now();
        if let Some((at, endpoint)) = self.0.lock().get(key)
            && now - *at < FRESH
        {
            return Ok(endpoint.clone());
        }
        let endpoint = Arc::new(load(db, key).await?.ok_or_else(|| not_found("channel"))?);
        let mut cache = self.0.lock();
        if cache.len() >= MOST {
            cache.clear();
        }
        cache.insert(key.to_owned(), (now, endpoint.clone()));
        Ok(endpoint)
    }

    pub fn forget(&self, key: &str) {
        self.0.lock().remove(key);
    }

    /// After something that may concern any of them.
    pub fn forget_all(&self) {
        self.0.lock().clear();
    }
}

/// A tenant that a channel key leads to; the key is the credential.
struct KeyOwner(TenantId);

impl TenantProof for KeyOwner {
    fn tenant_id(&self) -> TenantId {
        self.0
    }
}

async fn load(db: &Database, key: &str) -> Result<Option<ChannelEndpoint>> {
    let Some(found) = store::find_by_key(db, key).await? else {
        return Ok(None);
    };
    let endpoint = read(db, &KeyOwner(found.tenant_id), found.channel_id).await?;
    Ok(endpoint.map(|endpoint| ChannelEndpoint {
        may_act: found.may_act,
        ..endpoint
    }))
}

/// The endpoint of a channel whose tenant is proven.
pub async fn read(
    db: &Database,
    proof: &impl TenantProof,
    channel: ChannelId,
) -> Result<Option<ChannelEndpoint>> {
    let mut tx = db.tenant_read(proof).await?;
    let Some(row) = store::find_endpoint(&mut tx, channel).await? else {
        return Ok(None);
    };
    let team = conversations::settings::get(&mut tx).await?;
    let settings: WidgetSettings = serde_json::from_value(row.settings)?;
    let bot = bots::get(&mut tx, Which::Channel(channel)).await?;
    Ok(Some(ChannelEndpoint {
        tenant_id: proof.tenant_id(),
        channel_id: channel,
        channel_key: row.channel_key,
        settings,
        bot,
        allowed_origins: row.allowed_origins,
        is_seen: row.is_seen,
        privacy_url: row.privacy_url,
        is_demo: row.is_demo,
        ask_rating: team.ask_rating,
        hours: team.business_hours.is_some().then(|| team.schedule()),
        may_act: true,
        encrypted_secret: row.encrypted_secret,
    }))
}

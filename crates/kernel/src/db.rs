//! Transactions that cannot leave their tenant.
//!
//! [`Database::tenant`] takes a proof of tenant (a signed-in member, an API key, a channel endpoint, a job's
//! envelope) and gives a [`TenantTx`]; every store function accepts nothing else, so a query outside row security
//! does not compile. [`Database::platform`] is the loud exception: look-ups before the tenant is known, by a role
//! that sees no tenant table.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::events::{Event, Live};
use crate::finish::Finish;
use crate::ids::TenantId;
use crate::{Clock, Result};

/// Something that proves which tenant the caller belongs to. Implement it only for types that can be made solely
/// by checking a credential or by reading a stored job.
pub trait TenantProof {
    fn tenant_id(&self) -> TenantId;

    /// Who acts, for the history of what they change: `user:<id>`, `api_key:<id>`. None: the product itself.
    fn actor(&self) -> Option<String> {
        None
    }
}

/// The tenant that a stored job belongs to. It is written by somebody who had a proof, and read back with the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobTenant(TenantId);

impl JobTenant {
    pub fn of(proof: &impl TenantProof) -> Self {
        Self(proof.tenant_id())
    }
}

impl TenantProof for JobTenant {
    fn tenant_id(&self) -> TenantId {
        self.0
    }
}

/// Inside a transaction the tenant has been proven: what it enqueues belongs to the same one.
impl TenantProof for TenantTx {
    fn tenant_id(&self) -> TenantId {
        self.tenant
    }
}

/// The two pools of the application and the channel on which changes are told.
#[derive(Clone)]
pub struct Database {
    app: PgPool,
    platform: PgPool,
    shares: Shares,
    pub live: Live,
    pub clock: Clock,
}

/// How the roles `rapport_app` and `rapport_platform` are reached.
#[derive(Debug, Clone)]
pub enum Login {
    /// Each role logs in by itself.
    EachRole(PgConnectOptions),
    /// The login takes the role on when a connection starts: for managed servers that give one login only.
    TakeRole(PgConnectOptions),
}

impl Login {
    fn options(&self, role: &str) -> PgConnectOptions {
        match self {
            Self::EachRole(options) => options.clone().username(role),
            Self::TakeRole(options) => options.clone().options([("role", role)]),
        }
    }
}

/// How many connections the application may hold.
#[derive(Debug, Clone, Copy)]
pub struct PoolSize {
    pub app: u32,
    pub platform: u32,
}

impl Default for PoolSize {
    fn default() -> Self {
        Self { app: 16, platform: 4 }
    }
}

/// So long a transaction waits for a connection, and before that for its tenant's turn.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// The part of the application's connections that one tenant may hold at a time, so that none can stop all others.
/// Who waits comes in the order of asking.
#[derive(Clone)]
struct Shares {
    each: usize,
    tenants: Arc<Mutex<HashMap<TenantId, Arc<Semaphore>>>>,
}

/// Above this many tenants the idle ones are forgotten.
const TENANTS_BEFORE_SWEEP: usize = 1_000;

impl Shares {
    /// Half of the pool.
    fn of(connections: u32) -> Self {
        Self {
            each: usize::try_from(connections / 2).unwrap_or(usize::MAX).max(1),
            tenants: Arc::default(),
        }
    }

    async fn take(&self, tenant: TenantId) -> sqlx::Result<OwnedSemaphorePermit> {
        let share = {
            let mut tenants = self.tenants.lock();
            if tenants.len() > TENANTS_BEFORE_SWEEP {
                // permits and those who wait for one hold the semaphore too
                tenants.retain(|_, share| Arc::strong_count(share) > 1);
            }
            let share = tenants.entry(tenant);
            share
                .or_insert_with(|| Arc::new(Semaphore::new(self.each)))
                .clone()
        };
        match tokio::time::timeout(LONGEST_WAIT, share.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(sqlx::Error::PoolTimedOut),
        }
    }
}

impl Database {
    /// Prepares both pools without connecting. No session ever runs as the owner.
    pub fn new(login: Login, size: PoolSize, clock: Clock) -> Self {
        let app = login.options("rapport_app");
        Self::with(app, &login, size, clock)
    }

    /// The same for answering requests: a statement, and a transaction in which nothing happens, come to an end.
    /// What an operator starts by hand may take longer.
    pub fn for_requests(login: Login, size: PoolSize, clock: Clock) -> Self {
        let app = login.options("rapport_app").options([
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "60s"),
        ]);
        Self::with(app, &login, size, clock)
    }

    fn with(app: PgConnectOptions, login: &Login, size: PoolSize, clock: Clock) -> Self {
        let pool = |options: PgConnectOptions, max: u32| {
            PgPoolOptions::new()
                .max_connections(max)
                .min_connections(1)
                .acquire_timeout(LONGEST_WAIT)
                .test_before_acquire(false)
                .connect_lazy_with(options)
        };
        Self {
            app: pool(app, size.app),
            platform: pool(login.options("rapport_platform"), size.platform),
            shares: Shares::of(size.app),
            live: Live::default(),
            clock,
        }
    }

    /// Opens a transaction in which only this tenant's rows exist.
    pub async fn tenant(&self, proof: &impl TenantProof) -> Result<TenantTx> {
        self.begin(proof.tenant_id(), "", proof.actor()).await
    }

    /// The same, read only: a handler of GET cannot write by accident.
    pub async fn tenant_read(&self, proof: &impl TenantProof) -> Result<TenantTx> {
        self.begin(proof.tenant_id(), " read only", None).await
    }

    /// Look-ups before the tenant is known. No tenant table is visible here.
    pub fn platform(&self) -> &PgPool {
        &self.platform
    }

    /// For requests and jobs, and for look-ups: to be counted.
    pub fn pools(&self) -> [&PgPool; 2] {
        [&self.app, &self.platform]
    }

    /// Whether the database answers now.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.platform).await?;
        Ok(())
    }

    pub async fn close(&self) {
        self.app.close().await;
        self.platform.close().await;
    }

    /// One round trip opens the transaction, names the tenant and who acts. A UUID has no character that could end the
    /// literal, and an actor with one is left out.
    ///
    /// It comes to its end even if the caller goes away: sqlx would give a connection back to the pool on which
    /// BEGIN was cut off, and its next user would be inside a transaction of somebody else's making.
    ///
    /// Idle connections are not tested before use, so after a restart of the database the pool may hold dead ones:
    /// each is thrown away on its first use, and because nothing had begun, trying the next is safe.
    ///
    /// A tenant's turn is taken before a connection and kept as long. Who opens a second transaction while one is open
    /// takes two: don't.
    async fn begin(&self, tenant: TenantId, mode: &str, actor: Option<String>) -> Result<TenantTx> {
        let actor = actor.filter(|actor| !actor.contains(['\'', '\\']));
        let actor = actor.map_or_else(String::new, |actor| format!("; set local app.actor = '{actor}'"));
        let statement = format!("begin{mode}; set local app.current_tenant_id = '{tenant}'{actor}");
        let mut tries_left = self.app.options().get_max_connections();
        let mut turn = self.shares.take(tenant).await?;
        loop {
            let (pool, statement) = (self.app.clone(), sqlx::AssertSqlSafe(statement.clone()));
            let begun = Finish::new(async move { (pool.begin_with(statement).await, turn) });
            let result;
            (result, turn) = begun.await;
            match result {
                Ok(tx) => {
                    return Ok(TenantTx {
                        tx,
                        _turn: turn,
                        tenant,
                        live: self.live.clone(),
                        clock: self.clock.clone(),
                        events: Vec::new(),
                    });
                }
                Err(error) if tries_left > 0 && is_dead_connection(&error) => tries_left -= 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn is_dead_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(cause) => !matches!(
            cause.kind(),
            std::io::ErrorKind::ConnectionRefused
                | std::io::ErrorKind::NotFound
                | std::io::ErrorKind::PermissionDenied
        ),
        // shut down, or ended because nothing happened in a transaction
        sqlx::Error::Database(db) => db
            .code()
            .is_some_and(|code| matches!(code.as_ref(), "57P01" | "25P03")),
        _ => false,
    }
}

/// A transaction inside one tenant. Dropping it rolls back. Changes are announced only after the commit.
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    _turn: OwnedSemaphorePermit,
    tenant: TenantId,
    live: Live,
    clock: Clock,
    events: Vec<Event>,
}

impl TenantTx {
    pub fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    /// The time by the application's clock, at this moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Announces `event` to live listeners once the transaction has committed; the same event only once.
    pub fn emit(&mut self, event: Event) {
        if !self.events.contains(&event) {
            self.events.push(event);
        }
    }

    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await?;
        for event in self.events {
            self.live.publish(self.tenant, event);
        }
        Ok(())
    }
}

impl Deref for TenantTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for TenantTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

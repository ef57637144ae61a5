//! Transactions that cannot leave their tenant.
//!
//! [`Database::tenant`] takes a proof of tenant (a signed-in member, an API key, a channel endpoint, a job's
//! envelope) and gives a [`TenantTx`]; every store function accepts nothing else, so a query outside row security
//! does not compile. [`Database::platform`] is the loud exception: look-ups before the tenant is known, by a role
//! that sees no tenant table.

use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::events::{Event, Live};
use crate::finish::Finish;
use crate::ids::TenantId;
use crate::{Clock, Result};

/// Something that proves which tenant the caller belongs to. Implement it only for types that can be made solely
/// by checking a credential or by reading a stored job.
pub trait TenantProof {
    fn tenant_id(&self) -> TenantId;
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

impl Database {
    /// Prepares both pools without connecting. No session ever runs as the owner.
    pub fn new(login: Login, size: PoolSize, clock: Clock) -> Self {
        let pool = |role: &str, max: u32| {
            PgPoolOptions::new()
                .max_connections(max)
                .min_connections(1)
                .acquire_timeout(std::time::Duration::from_secs(3))
                .test_before_acquire(false)
                .connect_lazy_with(login.options(role))
        };
        Self {
            app: pool("rapport_app", size.app),
            platform: pool("rapport_platform", size.platform),
            live: Live::default(),
            clock,
        }
    }

    /// Opens a transaction in which only this tenant's rows exist.
    pub async fn tenant(&self, proof: &impl TenantProof) -> Result<TenantTx> {
        self.begin(proof.tenant_id(), "").await
    }

    /// The same, read only: a handler of GET cannot write by accident.
    pub async fn tenant_read(&self, proof: &impl TenantProof) -> Result<TenantTx> {
        self.begin(proof.tenant_id(), " read only").await
    }

    /// Look-ups before the tenant is known. No tenant table is visible here.
    pub fn platform(&self) -> &PgPool {
        &self.platform
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

    /// One round trip opens the transaction and names the tenant. A UUID has no character that could end the literal.
    ///
    /// It comes to its end even if the caller goes away: sqlx would give a connection back to the pool on which
    /// BEGIN was cut off, and its next user would be inside a transaction of somebody else's making.
    ///
    /// Idle connections are not tested before use, so after a restart of the database the pool may hold dead ones:
    /// each is thrown away on its first use, and because nothing had begun, trying the next is safe.
    async fn begin(&self, tenant: TenantId, mode: &str) -> Result<TenantTx> {
        let statement = format!("begin{mode}; set local app.current_tenant_id = '{tenant}'");
        let mut tries_left = self.app.options().get_max_connections();
        loop {
            let (pool, statement) = (self.app.clone(), sqlx::AssertSqlSafe(statement.clone()));
            match Finish::new(async move { pool.begin_with(statement).await }).await {
                Ok(tx) => {
                    return Ok(TenantTx {
                        tx,
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
        sqlx::Error::Database(db) => db.code().is_some_and(|code| code == "57P01"),
        _ => false,
    }
}

/// A transaction inside one tenant. Dropping it rolls back. Changes are announced only after the commit.
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
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

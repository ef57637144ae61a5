//! All SQL of the measurement: what the ledger says of all tenants together.

use sqlx::PgConnection;

use crate::Result;

/// How many messages came in, and what became of them.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Ledger {
    pub accepted: i64,
    pub processed: i64,
    pub pending: i64,
    pub quarantined: i64,
    pub dead: i64,
}

impl Ledger {
    pub async fn read(owner: &mut PgConnection) -> Result<Self> {
        let sql = "
            select count(*) as accepted,
                count(*) filter (where status = 'processed') as processed,
                count(*) filter (where status = 'pending') as pending,
                count(*) filter (where status = 'quarantined') as quarantined,
                count(*) filter (where status = 'dead') as dead
            from inbound_events
            where kind = 'message'";
        Ok(sqlx::query_as(sql).fetch_one(owner).await?)
    }

    pub fn since(self, before: Self) -> Self {
        Self {
            accepted: self.accepted - before.accepted,
            processed: self.processed - before.processed,
            pending: self.pending - before.pending,
            quarantined: self.quarantined - before.quarantined,
            dead: self.dead - before.dead,
        }
    }
}

/// Events to work on, replies to send, and people to answer.
pub async fn unfinished(owner: &mut PgConnection) -> Result<i64> {
    let sql = "
        select (select count(*) from inbound_events where status = 'pending')
            + (select count(*) from deliveries where status in ('queued', 'sending'))
            + (select count(*) from conversations where awaiting_reply_since is not null and not ai_paused)";
    Ok(sqlx::query_scalar(sql).fetch_one(owner).await?)
}

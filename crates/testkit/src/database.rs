//! The server's database, seen from beside it.

use std::str::FromStr as _;

use kernel::db::{Login, PoolSize};
use kernel::{Clock, Database, migrate};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::server::Server;

/// The name of the second database.
const SCRATCH: &str = "scratch";

impl Server {
    /// As the owner, who stands above row security. Asks `rapport psql --url` for the address.
    pub async fn owner(&self) -> PgConnection {
        connect(self.owner_options().await).await
    }

    /// As another role of this server: `rapport_app`, `rapport_platform`.
    pub async fn connect_as(&self, role: &str) -> PgConnection {
        connect(self.owner_options().await.username(role)).await
    }

    /// A second database with the real schema and no rows, for a test to spoil. As the owner.
    pub async fn scratch_database(&self) -> PgConnection {
        let mut owner = self.owner().await;
        owner
            .execute("create database scratch")
            .await
            .expect("a new database");
        let mut scratch = connect(self.owner_options().await.database(SCRATCH)).await;
        migrate::migrate(&mut scratch).await.expect("the schema");
        scratch
    }

    /// The scratch database as another role.
    pub async fn scratch_as(&self, role: &str) -> PgConnection {
        connect(self.owner_options().await.database(SCRATCH).username(role)).await
    }

    /// The application's own way to the database, with a clock that the test moves: for what runs in the background.
    pub async fn database(&self, clock: Clock) -> Database {
        let login = Login::EachRole(self.owner_options().await);
        Database::new(login, PoolSize { app: 2, platform: 1 }, clock)
    }

    /// As if the clock had been an hour further until now: every time that the database holds lies an hour later.
    pub async fn put_clock_back(&self) {
        let mut owner = self.owner().await;
        let columns: Vec<(String, String)> = sqlx::query_as(
            "select c.oid::regclass::text, string_agg(format('%1$I = %1$I + interval ''1 hour''', a.attname), ', ')
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.atttypid = 'timestamptz'::regtype
                and not a.attisdropped and a.attgenerated = ''
            where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('public', 'platform', 'graphile_worker')
            group by c.oid",
        )
        .fetch_all(&mut owner)
        .await
        .expect("the catalogue");
        let mut tx = owner.begin().await.expect("a transaction");
        // without the triggers that write the time of each change
        tx.execute("set local session_replication_role = replica")
            .await
            .expect("the owner is a superuser");
        for (table, later) in columns {
            let later = AssertSqlSafe(format!("update {table} set {later}"));
            sqlx::query(later).execute(&mut *tx).await.expect("later times");
        }
        // those who live are heard of again, perhaps before anybody looks at the clock
        tx.execute("update graphile_worker._private_workers set last_heartbeat_at = now()")
            .await
            .expect("the workers are heard of");
        tx.commit().await.expect("the database answers");
    }

    pub async fn owner_options(&self) -> PgConnectOptions {
        let printed = self.rapport(&["psql", "--url"]).await;
        let url = printed["url"].as_str().expect("a connection string");
        PgConnectOptions::from_str(url).expect("a connection string")
    }
}

async fn connect(options: PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(&options)
        .await
        .expect("the database answers")
}

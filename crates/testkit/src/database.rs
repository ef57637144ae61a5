//! The server's database, seen from beside it.

use std::str::FromStr as _;

use kernel::db::{Login, PoolSize};
use kernel::{Clock, Database, migrate};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection};

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

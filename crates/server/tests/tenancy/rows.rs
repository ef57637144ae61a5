//! Every table with a `tenant_id`, as the catalogue lists them: one tenant can neither see nor touch nor point at
//! another's rows, and without a tenant there is nothing (R24).

pub mod generate;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use testkit::require_runtime;
use uuid::Uuid;

use crate::support::server;
use generate::{EITHER_OR, Generator, Reference, Row, Table};

/// `new row violates row-level security policy`, and `permission denied`.
const REFUSED: &str = "42501";
const FOREIGN_KEY: &str = "23503";

/// Tables that the application's role does not see at all, not even its own tenant's rows.
const UNSEEN: [&str; 1] = ["platform.sessions"];

/// Tables whose rows the application never changes.
const UNCHANGED: [&str; 1] = ["crm_deal_stages_history"];

#[tokio::test]
async fn no_table_lets_a_tenant_reach_anothers_rows() {
    require_runtime!();
    let server = server().start().await;
    let mut owner = server.scratch_database().await;
    // triggers enqueue jobs
    let pool = sqlx::PgPool::connect_with(server.owner_options().await.database("scratch"))
        .await
        .expect("a pool");
    queue::migrate(&pool).await.expect("the queue's tables");
    queue::grant(&mut owner, "rapport_app").await.expect("rights");
    pool.close().await;
    let generator = Generator::read(&mut owner).await;
    assert!(
        generator.tables.len() >= 20,
        "the catalogue lists {} tables",
        generator.tables.len()
    );
    let (ours, theirs) = (Uuid::now_v7(), Uuid::now_v7());
    let own = generator.fill(&mut owner, ours).await;
    let foreign = generator.fill(&mut owner, theirs).await;
    let fresh = generator.rows(&mut owner, theirs).await;

    let mut app = server.scratch_as("rapport_app").await;
    for table in &generator.tables {
        println!("{}", table.name);
        let mut check = Check {
            app: &mut app,
            table,
            ours,
            theirs,
        };
        check.only_own_rows_are_seen().await;
        check.foreign_rows_are_not_touched().await;
        check.a_row_cannot_be_given_away().await;
        check.a_row_cannot_be_written_for(&fresh[&table.name]).await;
        check.without_a_tenant_there_is_nothing(&fresh[&table.name]).await;
    }
    for reference in &generator.references {
        let target = &foreign[&reference.to];
        assert!(own.contains_key(&reference.to));
        cannot_point_at(&mut app, ours, reference, target).await;
    }
    let left = generator.count(&mut owner, theirs).await;
    assert_eq!(
        left,
        generator.tables.len(),
        "every row of the other tenant is still there"
    );
}

struct Check<'a> {
    app: &'a mut PgConnection,
    table: &'a Table,
    ours: Uuid,
    theirs: Uuid,
}

impl Check<'_> {
    fn is_seen(&self) -> bool {
        !UNSEEN.contains(&self.table.name.as_str())
    }

    async fn only_own_rows_are_seen(&mut self) {
        let name = &self.table.name;
        let count = format!("select count(tenant_id) from {name}");
        let all = count_as(self.app, Some(self.ours), &count).await;
        let other = count_as(
            self.app,
            Some(self.ours),
            &format!("{count} where tenant_id = '{}'", self.theirs),
        )
        .await;
        if self.is_seen() {
            assert_eq!((all, other), (Ok(1), Ok(0)), "{name}: own rows and others'");
        } else {
            assert_eq!((all, other), (Err(REFUSED.into()), Err(REFUSED.into())), "{name}");
        }
    }

    async fn foreign_rows_are_not_touched(&mut self) {
        let name = &self.table.name;
        let where_theirs = format!("where tenant_id = '{}'", self.theirs);
        for statement in [
            format!("update {name} set tenant_id = tenant_id {where_theirs}"),
            format!("update {name} set tenant_id = '{}' {where_theirs}", self.ours),
            format!("delete from {name} {where_theirs}"),
        ] {
            let touched = run_as(self.app, Some(self.ours), &statement).await;
            assert!(
                touched == Ok(0) || touched == Err(REFUSED.into()),
                "{statement}: {touched:?}"
            );
        }
        // without a condition only the own row goes
        let statement = format!("delete from {name}");
        let touched = run_as(self.app, Some(self.ours), &statement).await;
        assert!(
            touched == Ok(1) || touched == Err(REFUSED.into()),
            "{statement}: {touched:?}"
        );
    }

    async fn a_row_cannot_be_given_away(&mut self) {
        let statement = format!(
            "update {} set tenant_id = '{}' where tenant_id = '{}'",
            self.table.name, self.theirs, self.ours
        );
        let outcome = run_as(self.app, Some(self.ours), &statement).await;
        assert_eq!(outcome, Err(REFUSED.into()), "{statement}");
    }

    async fn a_row_cannot_be_written_for(&mut self, row: &Row) {
        let outcome = run_as(self.app, Some(self.ours), &row.insert()).await;
        assert!(self.refuses(&outcome), "{}: {outcome:?}", row.insert());
    }

    async fn without_a_tenant_there_is_nothing(&mut self, row: &Row) {
        let name = &self.table.name;
        let count = count_as(self.app, None, &format!("select count(tenant_id) from {name}")).await;
        let wanted = if self.is_seen() {
            Ok(0)
        } else {
            Err(REFUSED.into())
        };
        assert_eq!(count, wanted, "{name} without a tenant");
        for statement in [
            row.insert(),
            row.insert()
                .replace(&self.theirs.to_string(), &self.ours.to_string()),
        ] {
            let outcome = run_as(self.app, None, &statement).await;
            assert!(self.refuses(&outcome), "{statement}: {outcome:?}");
        }
    }

    /// By row security, or before it by a trigger that does not find the row's parent.
    fn refuses(&self, outcome: &Outcome) -> bool {
        let by_trigger = self.table.has_insert_trigger && *outcome == Err(FOREIGN_KEY.into());
        by_trigger || *outcome == Err(REFUSED.into())
    }
}

/// Points the own row's reference at the other tenant's row, leaving its own `tenant_id` as it is.
async fn cannot_point_at(app: &mut PgConnection, ours: Uuid, reference: &Reference, target: &Row) {
    let mut set: Vec<String> = reference
        .columns
        .iter()
        .filter(|(own, _)| own != "tenant_id")
        .map(|(own, theirs)| format!("{own} = {}", target.value(theirs)))
        .collect();
    if set.is_empty() {
        return;
    }
    for (table, other, filled) in EITHER_OR {
        if reference.from == table && reference.columns.iter().any(|(own, _)| own == other) {
            set.push(format!("{filled} = null"));
        }
    }
    let statement = format!(
        "update {} set {} where tenant_id = '{ours}'",
        reference.from,
        set.join(", ")
    );
    let outcome = run_as(app, Some(ours), &statement).await;
    let is_unchanged = UNCHANGED.contains(&reference.from.as_str());
    let wanted = if is_unchanged { REFUSED } else { FOREIGN_KEY };
    assert_eq!(outcome, Err(wanted.into()), "{}: {statement}", reference.name);
}

/// How many rows, or the SQLSTATE of the refusal.
type Outcome = Result<u64, String>;

/// Runs the statement as the application with this tenant, and takes it back.
async fn run_as(app: &mut PgConnection, tenant: Option<Uuid>, statement: &str) -> Outcome {
    let mut tx = app.begin().await.expect("a transaction");
    set_tenant(&mut tx, tenant).await;
    let outcome = sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await;
    tx.rollback().await.expect("taken back");
    outcome.map(|done| done.rows_affected()).map_err(state)
}

async fn count_as(app: &mut PgConnection, tenant: Option<Uuid>, statement: &str) -> Outcome {
    let mut tx = app.begin().await.expect("a transaction");
    set_tenant(&mut tx, tenant).await;
    let outcome: Result<i64, _> = sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_one(&mut *tx)
        .await;
    tx.rollback().await.expect("taken back");
    outcome.map(|count| count.unsigned_abs()).map_err(state)
}

/// None leaves the setting as a transaction finds it in a pooled connection: an empty text.
async fn set_tenant(tx: &mut PgConnection, tenant: Option<Uuid>) {
    let tenant = tenant.map(|id| id.to_string()).unwrap_or_default();
    let set = format!("set local app.current_tenant_id = '{tenant}'");
    tx.execute(AssertSqlSafe(set)).await.expect("the setting");
}

fn state(error: sqlx::Error) -> String {
    let code = error
        .as_database_error()
        .and_then(|error| error.code().map(|code| code.into_owned()));
    code.unwrap_or_else(|| panic!("not refused by the database: {error}"))
}

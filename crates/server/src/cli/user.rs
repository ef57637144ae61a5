//! `rapport user`: people who can sign in. Passwords come from standard input, never from the command line.

use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;

use access::audit::{self, Action, OPERATOR};
use access::users::{self, NewUser};
use access::{Role, members, sessions, two_factor};
use clap::Subcommand;
use kernel::error::{Result, internal, invalid};
use kernel::ids::UserId;
use kernel::{Database, secrets};
use serde_json::json;

use super::Global;
use super::output::Session;

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create a user as member of a tenant; the password is read from standard input, or made
    Create {
        email: String,
        #[arg(long)]
        name: String,
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
        /// owner, admin, agent or viewer
        #[arg(long, default_value = "agent")]
        role: String,
    },
    /// Set a new password and sign the user out everywhere
    Password { email: String },
    /// Turn the second factor off, for somebody who lost the phone and the recovery codes
    ResetTwoFactor { email: String },
    /// End a membership
    Remove {
        email: String,
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
}

pub async fn run(global: &Global, command: UserCommand) -> Result<ExitCode> {
    let session = Session::open(global).await?;
    let json = global.json;
    session
        .run(async |session| match &command {
            UserCommand::Create {
                email,
                name,
                tenant,
                role,
            } => create(session, json, email, name, tenant.as_deref(), role).await,
            UserCommand::Password { email } => password(session, json, email).await,
            UserCommand::ResetTwoFactor { email } => reset_two_factor(session, json, email).await,
            UserCommand::Remove { email, tenant } => remove(session, json, email, tenant.as_deref()).await,
        })
        .await?;
    Ok(ExitCode::SUCCESS)
}

async fn create(
    session: &Session,
    json: bool,
    email: &str,
    name: &str,
    tenant: Option<&str>,
    role: &str,
) -> Result<()> {
    let role =
        Role::parse(role).ok_or_else(|| invalid("bad_role", "A role is owner, admin, agent or viewer."))?;
    let operator = session.tenant(tenant).await?;
    let (password, is_made) = read_password()?;
    let user = NewUser::prepare(email, name, &password).await?;
    let mut tx = session.opened.db.tenant(&operator).await?;
    users::store::insert_with_membership(&mut tx, &user, role).await?;
    let details = json!({"name": name, "email": email, "role": role});
    let subject = format!("user:{}", user.id);
    audit::record(&mut tx, OPERATOR, Action::MemberAdded, &subject, details).await?;
    tx.commit().await?;
    report(json, email, is_made.then_some(password));
    Ok(())
}

async fn password(session: &Session, json: bool, email: &str) -> Result<()> {
    let db = &session.opened.db;
    let found = users::store::find_for_sign_in(db, email).await?;
    let user = found.ok_or_else(|| invalid("unknown_user", format!("There is no user {email}.")))?;
    let (password, is_made) = read_password()?;
    let checked = NewUser::prepare(email, &user.name, &password).await?;
    users::store::set_password_hash(db, user.id, &checked.password_hash).await?;
    sessions::end_all_of_user(db, user.id).await?;
    record_everywhere(db, user.id, Action::PasswordChanged).await?;
    report(json, email, is_made.then_some(password));
    Ok(())
}

async fn reset_two_factor(session: &Session, json: bool, email: &str) -> Result<()> {
    let db = &session.opened.db;
    let found = users::store::find_for_sign_in(db, email).await?;
    let user = found.ok_or_else(|| invalid("unknown_user", format!("There is no user {email}.")))?;
    if !two_factor::store::clear(db, user.id).await? {
        return Err(invalid(
            "no_two_factor",
            format!("{email} signs in without a second factor."),
        ));
    }
    record_everywhere(db, user.id, Action::TwoFactorDisabled).await?;
    report(json, email, None);
    Ok(())
}

/// Writes what was done to an account into the log of every workspace that it belongs to.
async fn record_everywhere(db: &Database, user: UserId, action: Action) -> Result<()> {
    let subject = format!("user:{user}");
    for workspace in sessions::list_workspaces(db, user).await? {
        let mut tx = db.tenant(&workspace).await?;
        audit::record(&mut tx, OPERATOR, action, &subject, json!({})).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn remove(session: &Session, json: bool, email: &str, tenant: Option<&str>) -> Result<()> {
    let operator = session.tenant(tenant).await?;
    let mut tx = session.opened.db.tenant(&operator).await?;
    let removed = users::store::delete_membership(&mut tx, email).await?;
    let user =
        removed.ok_or_else(|| invalid("unknown_user", format!("{email} is not a member of this tenant.")))?;
    members::revoke_all_of(&mut tx, OPERATOR, user).await?;
    let details = json!({"email": email});
    audit::record(&mut tx, OPERATOR, Action::MemberRemoved, "user", details).await?;
    tx.commit().await?;
    report(json, email, None);
    Ok(())
}

/// From standard input if something is piped in; otherwise one is made. The second value tells which.
fn read_password() -> Result<(String, bool)> {
    if std::io::stdin().is_terminal() {
        return Ok((secrets::random_name(""), true));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(internal)?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        Ok((secrets::random_name(""), true))
    } else {
        Ok((line.to_owned(), false))
    }
}

fn report(json: bool, email: &str, password: Option<String>) {
    if json {
        println!("{}", json!({"email": email, "password": password}));
        return;
    }
    match password {
        Some(password) => println!("{email}: done. The password, shown this once: {password}"),
        None => println!("{email}: done."),
    }
}

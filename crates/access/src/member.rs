//! What a request may do, and how it proved it: by a session cookie or by an API key.
//!
//! [`authenticate`] runs before every route of the dashboard API and puts a [`Member`] into the request; handlers
//! take it as an argument and ask it for a [`Permission`]. Memberships are read anew for each request, so a
//! removed colleague is out at once.

use std::fmt;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use kernel::error::{self, forbidden, unauthenticated};
use kernel::ids::{ApiKeyId, TenantId, UserId};
use kernel::{Database, Result, TenantProof, secrets};
use serde::{Deserialize, Serialize};

use crate::sessions::FoundSession;
use crate::visits::{self, Visit};
use crate::{Context, api_keys, members, sessions, tenants};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    Agent,
    Viewer,
}

impl Role {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "owner" => Some(Self::Owner),
            "admin" => Some(Self::Admin),
            "agent" => Some(Self::Agent),
            "viewer" => Some(Self::Viewer),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Agent => "agent",
            Self::Viewer => "viewer",
        }
    }

    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Agent, Self::Viewer];

    /// Whether somebody with this role may give that one.
    pub fn may_give(self, role: Self) -> bool {
        self.may(Permission::ManageMembers)
            && (role != Self::Owner || self == Self::Owner)
            && role.permissions().all(|permission| self.may(*permission))
    }

    pub fn permissions(self) -> impl Iterator<Item = &'static Permission> {
        Permission::ALL
            .iter()
            .filter(move |permission| self.may(**permission))
    }

    fn may(self, permission: Permission) -> bool {
        use Permission::{
            AskQuestions, EditCrm, EditKnowledge, ReadConversations, ReadCrm, ReadKnowledge, ReplyToVisitors,
        };
        match self {
            Self::Owner | Self::Admin => true,
            Self::Agent => {
                matches!(
                    permission,
                    ReadConversations
                        | ReplyToVisitors
                        | ReadKnowledge
                        | EditKnowledge
                        | AskQuestions
                        | ReadCrm
                        | EditCrm
                )
            }
            Self::Viewer => matches!(permission, ReadConversations | ReadKnowledge | ReadCrm),
        }
    }
}

macro_rules! permissions {
    ($($name:ident = $scope:literal),+ $(,)?) => {
        /// One thing that a member or an API key may do. The scope is its name in an API key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Permission { $($name),+ }

        impl Permission {
            pub const ALL: &'static [Permission] = &[$(Self::$name),+];

            pub fn scope(self) -> &'static str {
                match self { $(Self::$name => $scope),+ }
            }
        }
    };
}

permissions! {
    ReadConversations = "conversations:read",
    ReplyToVisitors = "conversations:write",
    ReadKnowledge = "knowledge:read",
    EditKnowledge = "knowledge:write",
    AskQuestions = "ask",
    ReadCrm = "crm:read",
    EditCrm = "crm:write",
    ManageChannels = "channels:manage",
    ManageCredentials = "credentials:manage",
    ManageApiKeys = "api_keys:manage",
    ManageMembers = "members:manage",
    ManageWorkspace = "workspace:manage",
}

/// What an operator may do whom an owner has let in. Nothing by which they could come back without being let in.
fn may_visitor(may_change: bool, permission: Permission) -> bool {
    use Permission::{ManageApiKeys, ManageCredentials, ManageMembers};
    match may_change {
        true => !matches!(permission, ManageApiKeys | ManageCredentials | ManageMembers),
        false => Role::Viewer.may(permission),
    }
}

/// Who is asking: a person with a role, or a program with scopes. Made only here.
#[derive(Debug, Clone)]
pub struct Member {
    tenant_id: TenantId,
    actor: Actor,
    proof: Proof,
    /// Of a workspace that is suspended: its people read.
    is_read_only: bool,
}

/// What is looked up again to learn whether the caller still has access.
#[derive(Debug, Clone)]
enum Proof {
    Session { token_hash: [u8; 32] },
    ApiKey { hash: [u8; 32] },
    Visit { token_hash: [u8; 32], visit: Visit },
}

#[derive(Debug, Clone)]
pub enum Actor {
    User {
        id: UserId,
        name: String,
        role: Role,
    },
    ApiKey {
        id: ApiKeyId,
        scopes: Vec<String>,
    },
    /// Somebody who runs the installation, whom an owner has let in. No member: nothing becomes theirs.
    Operator {
        id: UserId,
        may_change: bool,
    },
}

/// Somebody signed in, and the session they came with.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    pub user_id: UserId,
    pub token_hash: &'a [u8; 32],
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { id, .. } => write!(f, "user:{id}"),
            Self::ApiKey { id, .. } => write!(f, "api_key:{id}"),
            Self::Operator { id, .. } => write!(f, "operator:{id}"),
        }
    }
}

impl TenantProof for Member {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    fn actor(&self) -> Option<String> {
        Some(self.actor.to_string())
    }
}

impl Member {
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The person, if it is one.
    pub fn user_id(&self) -> Option<UserId> {
        match &self.actor {
            Actor::User { id, .. } => Some(*id),
            Actor::ApiKey { .. } | Actor::Operator { .. } => None,
        }
    }

    /// The name that visitors see on a reply.
    pub fn display_name(&self) -> Option<&str> {
        match &self.actor {
            Actor::User { name, .. } => Some(name),
            Actor::ApiKey { .. } | Actor::Operator { .. } => None,
        }
    }

    /// Whether this is a person who owns the workspace. No key is.
    pub fn is_owner(&self) -> bool {
        matches!(
            &self.actor,
            Actor::User {
                role: Role::Owner,
                ..
            }
        )
    }

    /// The person, for what belongs to a person and not to a workspace.
    ///
    /// # Errors
    /// 403 for an API key, and for an operator in a workspace that is not theirs.
    pub fn person(&self) -> Result<Person<'_>> {
        match (&self.actor, &self.proof) {
            (Actor::User { id, .. }, Proof::Session { token_hash }) => Ok(Person {
                user_id: *id,
                token_hash,
            }),
            (Actor::Operator { .. }, _) => Err(forbidden(
                "not_a_person",
                "An operator in somebody else's workspace has no account there. Leave it first.",
            )),
            _ => Err(forbidden(
                "not_a_person",
                "An API key has no account of its own. Sign in with the dashboard.",
            )),
        }
    }

    /// Whether the session and its membership, or the key, still stand: asked again and again by connections that
    /// stay open.
    pub async fn is_still_valid(&self, db: &Database) -> Result<bool> {
        match &self.proof {
            Proof::Session { token_hash } => {
                let found = sessions::find_by_hash(db, token_hash).await?;
                // a session that moved to another workspace proves nothing in this one any more
                Ok(found.is_some_and(|session| {
                    session.visit.is_none()
                        && session.tenant_id == self.tenant_id
                        && Some(session.user_id) == self.user_id()
                }))
            }
            Proof::Visit { token_hash, visit } => {
                let found = sessions::find_by_hash(db, token_hash).await?;
                let is_there = found
                    .and_then(|session| session.visit)
                    .is_some_and(|found| found.id == visit.id);
                Ok(is_there && visits::stands(db, visit).await?.is_some())
            }
            Proof::ApiKey { hash } => {
                api_keys::store::is_valid(db, self.tenant_id, hash, db.clock.now()).await
            }
        }
    }

    pub fn may(&self, permission: Permission) -> bool {
        match &self.actor {
            Actor::User { role, .. } => role.may(permission),
            Actor::ApiKey { scopes, .. } => scopes.iter().any(|scope| scope == permission.scope()),
            Actor::Operator { may_change, .. } => may_visitor(*may_change, permission),
        }
    }

    /// For where the workspace's data goes from now on.
    ///
    /// # Errors
    /// 403 for an operator: it would go there when the consent has ended, too.
    pub fn require_own(&self) -> Result<()> {
        match self.actor {
            Actor::Operator { .. } => Err(forbidden(
                "not_for_operators",
                "Operators cannot set where a workspace's data goes. Ask its owner.",
            )),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// 403 with the missing permission's name.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) {
            return Ok(());
        }
        Err(forbidden(
            "permission_missing",
            format!(
                "This needs the permission `{}`. Ask an owner or admin.",
                permission.scope()
            ),
        ))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = kernel::Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or_else(|| unauthenticated("Please sign in, or send an API key."))
    }
}

/// Middleware of the dashboard API: recognises the caller, if there is one. An invalid credential is an error,
/// a missing one is left to the handlers.
pub async fn authenticate(State(ctx): State<Context>, mut request: Request, next: Next) -> Result<Response> {
    let (method, path) = (request.method(), request.uri().path());
    if let Some(member) = recognise(&ctx, method, path, request.headers()).await? {
        // what belongs to the person is theirs wherever they are
        if member.is_read_only && !method.is_safe() && !is_personal(path) {
            refuse_suspended(false)?;
        }
        request.extensions_mut().insert(member);
    }
    Ok(next.run(request).await)
}

/// What a person does with their own account and session, and how an owner sends operators out.
fn is_personal(path: &str) -> bool {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let first = path.split('/').nth(1).unwrap_or_default();
    matches!(first, "session" | "sessions" | "profile" | "operator-access")
}

/// Who sends a request; none: nobody who says so.
///
/// # Errors
/// 401 for a key that is not valid, 403 for a key of a suspended workspace, for a write from a foreign page, and for an
/// operator whose visit is over.
pub async fn recognise(
    ctx: &Context,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Result<Option<Member>> {
    if let Some(key) = bearer(headers) {
        let (key, hash) = api_keys::recognise(&ctx.db, key).await?;
        refuse_suspended(key.is_tenant_active)?;
        if ctx.key_uses.check(key.id, ctx.db.clock.now()).is_ok() {
            // not worth refusing the request for
            if let Err(error) = api_keys::note_use(&ctx.db, &key).await {
                error.log();
            }
        }
        return Ok(Some(Member {
            tenant_id: key.tenant_id,
            proof: Proof::ApiKey { hash },
            actor: Actor::ApiKey {
                id: key.id,
                scopes: key.scopes,
            },
            is_read_only: false,
        }));
    }
    let Some(token) = sessions::cookie(headers) else {
        return Ok(None);
    };
    refuse_cross_site(method, headers)?;
    let Some(session) = sessions::find(&ctx.db, token).await? else {
        return Ok(None);
    };
    let token_hash = secrets::sha256(token.as_bytes());
    if let Some(visit) = session.visit {
        return admit(ctx, method, path, token_hash, visit).await.map(Some);
    }
    let actor = Actor::User {
        id: session.user_id,
        name: session.name.clone(),
        role: session.role,
    };
    if ctx.session_uses.check(token_hash, ctx.db.clock.now()).is_ok()
        && let Err(error) = note_presence(ctx, &session, &token_hash).await
    {
        error.log();
    }
    Ok(Some(Member {
        tenant_id: session.tenant_id,
        actor,
        proof: Proof::Session { token_hash },
        is_read_only: !session.is_tenant_active,
    }))
}

/// An operator in a workspace that has let them in. One whose time is over is in their own again with the next request.
async fn admit(
    ctx: &Context,
    method: &Method,
    path: &str,
    token_hash: [u8; 32],
    visit: Visit,
) -> Result<Member> {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let what = visits::Request {
        is_write: !method.is_safe(),
        method: method.as_str(),
        path,
    };
    // the browser asks who it is again and again; that shows nothing of the workspace's content
    let admitted = match is_personal(path) {
        true => visits::stands(&ctx.db, &visit).await?.ok_or_else(visits::over),
        false => visits::admit(&ctx.db, &visit, what).await,
    };
    let standing = match admitted {
        Err(error) if error.code == "visit_over" => {
            sessions::visit(&ctx.db, &token_hash, None).await?;
            return Err(error);
        }
        admitted => admitted?,
    };
    Ok(Member {
        tenant_id: visit.tenant_id,
        actor: Actor::Operator {
            id: visit.operator,
            may_change: standing.may_change,
        },
        proof: Proof::Visit { token_hash, visit },
        is_read_only: !tenants::standing::may_act(&ctx.db, visit.tenant_id).await?,
    })
}

/// Notes that the person was here just now, for the lists of sessions and of members.
async fn note_presence(ctx: &Context, session: &FoundSession, token_hash: &[u8]) -> Result<()> {
    let now = ctx.db.clock.now();
    sessions::touch(&ctx.db, token_hash, now).await?;
    let mut tx = ctx.db.tenant(session).await?;
    members::touch(&mut tx, session.user_id, now).await?;
    tx.commit().await
}

pub fn refuse_suspended(is_tenant_active: bool) -> Result<()> {
    if is_tenant_active {
        return Ok(());
    }
    Err(forbidden(
        "tenant_suspended",
        "This workspace is suspended. Nothing is lost; ask whoever runs this server to open it again.",
    ))
}

pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
        .map(str::trim)
}

/// A write that carries the cookie must come from our own pages: browsers say so in `Sec-Fetch-Site` or `Origin`.
pub fn refuse_cross_site(method: &Method, headers: &HeaderMap) -> Result<()> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let same_site = match text(header::HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => match (text(header::ORIGIN), text(header::HOST)) {
            (Some(origin), Some(host)) => origin
                .split_once("://")
                .is_some_and(|(_, authority)| authority == host),
            _ => false,
        },
    };
    if same_site {
        return Ok(());
    }
    Err(error::forbidden(
        "cross_site_request",
        "This write did not come from the dashboard itself. Programs use an API key instead.",
    ))
}

-- People in a workspace: invitations, what they prefer, and the second factor of signing in.

alter table tenants
    add column privacy_url text;              -- the business's privacy policy, linked in the chat

-- Written at most once a minute.
alter table memberships
    add column last_seen_at timestamptz;

create table invitations (
    tenant_id    uuid not null references tenants (tenant_id) on delete cascade,
    id           uuid not null default gen_random_uuid(),
    token_hash   bytea not null,              -- SHA-256 of the token in the link, which is shown once
    email        text,                        -- whom it is for; null: whoever has the link
    role         text not null
        constraint invitations_role_check check (role in ('owner', 'admin', 'agent', 'viewer')),
    inviter_name text not null,               -- copied, because the invited person reads it
    expires_at   timestamptz not null,
    accepted_at  timestamptz,                 -- set once: a link makes one member
    accepted_by  uuid,                        -- a user's id; kept when the membership has ended
    revoked_at   timestamptz,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint invitations_token_key unique (tenant_id, token_hash)
);

-- A link leads to its tenant also when it is used up, so that the answer can say so.
create table platform.invitation_index (
    token_hash    bytea primary key,
    tenant_id     uuid not null,
    invitation_id uuid not null
);
create index invitation_index_invitation on platform.invitation_index (tenant_id, invitation_id);

alter table platform.users
    add column preferences         jsonb not null default '{}',  -- typed in access::profile, defaults filled in there
    add column last_workspace      uuid,                         -- the tenant that signing in leads to
    add column totp_secret         text,                         -- sealed, bound to the user
    add column totp_confirmed_at   timestamptz,                  -- null: set up and not yet proven, so not asked for
    add column totp_last_step      bigint,                       -- a code is good once: no step up to this one
    add column recovery_code_hashes bytea[] not null default '{}';

-- Sessions are listed and ended one by one, by an id that is no secret.
alter table platform.sessions
    add column id uuid not null default gen_random_uuid();
create unique index sessions_id_key on platform.sessions (id);

-- The switch between workspaces shows their names before one of them is open.
alter table platform.tenant_index
    add column name text not null default '';
alter table tenants no force row level security;
alter table platform.tenant_index no force row level security;
update platform.tenant_index i set name = t.name from tenants t where t.tenant_id = i.tenant_id;
alter table tenants force row level security;
alter table platform.tenant_index force row level security;

create schema auth;
create table auth.users (id uuid primary key, email text, encrypted_password text);
create table workspaces (
    id uuid primary key, owner_id uuid not null unique references auth.users (id), name text not null, settings jsonb not null,
    onboarding_completed_steps jsonb not null, created_at timestamptz not null, updated_at timestamptz not null
);
create table api_keys (
    id uuid primary key, workspace_id uuid not null references workspaces (id), provider text not null, model text not null,
    encrypted_key text not null, key_last4 text not null, label text, is_default boolean not null, is_active boolean not null,
    created_at timestamptz not null, updated_at timestamptz not null
);
create table qa_pairs (
    id uuid primary key, workspace_id uuid not null references workspaces (id), question text not null, answer text not null,
    category text not null, embedding vector(1536), source text not null, is_active boolean not null, metadata jsonb,
    created_at timestamptz not null, updated_at timestamptz not null
);
create table chat_sessions (
    id uuid primary key, workspace_id uuid not null references workspaces (id), session_token text not null, messages jsonb not null,
    summary jsonb, metadata jsonb, visitor_name text, visitor_email text, escalated boolean not null, escalated_at timestamptz,
    created_at timestamptz not null, updated_at timestamptz not null, unique (workspace_id, session_token)
);
create table qa_gaps (
    id uuid primary key, workspace_id uuid not null references workspaces (id), question text not null, ai_answer text,
    best_match_id uuid references qa_pairs (id), similarity_score double precision, session_id uuid references chat_sessions (id),
    status text not null, resolved_qa_id uuid references qa_pairs (id), created_at timestamptz not null
);

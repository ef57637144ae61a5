create table clients (
    id uuid primary key, name text not null, contact_email text, company_name text, created_at timestamptz, updated_at timestamptz
);
create table widgets (
    id uuid primary key, client_id uuid not null references clients (id), name text not null, config jsonb not null,
    webhook_url text not null, widget_secret text not null, is_active boolean, is_demo boolean, expires_at timestamptz,
    created_at timestamptz, updated_at timestamptz, unique (client_id, name)
);
create table chat_logs (
    id uuid primary key, widget_id uuid not null references widgets (id), user_id text, message text not null, response text not null,
    confidence double precision, feedback text, created_at timestamptz
);
create table analytics (
    id uuid primary key, widget_id uuid not null references widgets (id), date date not null, num_chats int, avg_confidence double precision,
    positive_feedback int, negative_feedback int, most_common_questions jsonb, created_at timestamptz, unique (widget_id, date)
);
create table webhook_errors (
    id uuid primary key, widget_id uuid not null references widgets (id), error_type text, error_message text, occurred_at timestamptz
);

-- An API key's secret is renewed without a moment in which neither the old one nor the new one counts.

alter table api_keys
    add column rotated_at          timestamptz,   -- when the secret was last renewed
    add column previous_hash       bytea,         -- SHA-256 of the secret before, which still counts until
    add column previous_last4      text,
    add column previous_expires_at timestamptz,
    add column previous_by         uuid,          -- whose key it was before: it ends with them too
    add constraint api_keys_previous_check
        check ((previous_hash is null) = (previous_expires_at is null) and (previous_hash is null) = (previous_last4 is null));

alter table platform.api_key_index
    add column is_previous boolean not null default false;   -- the secret before the one that counts

-- The audit log is searched by who acted.
create index audit_log_actor on audit_log (tenant_id, actor, created_at desc);

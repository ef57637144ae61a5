-- Row security and grants, by walking the catalogue: a table with a tenant_id cannot be forgotten.
do $$
declare
    t record;
begin
    for t in
        select c.oid, c.relname
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    loop
        execute format('alter table public.%I enable row level security', t.relname);
        execute format('alter table public.%I force row level security', t.relname);
        if not exists (select from pg_policy where polrelid = t.oid and polname = 'tenant_isolation') then
            execute format(
                'create policy tenant_isolation on public.%I '
                'using (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), '''')::uuid) '
                'with check (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), '''')::uuid)',
                t.relname
            );
        end if;
        execute format('revoke all on public.%I from rapport_app', t.relname);
        execute format('grant select, insert, update, delete on public.%I to rapport_app', t.relname);
    end loop;
end;
$$;

-- Audit rows stay.
revoke update, delete on audit_log from rapport_app;

-- The application keeps the indexes in step by trigger and may add a user at sign-up; it reads no password.
revoke all on all tables in schema platform from rapport_app;
grant usage on schema public, platform to rapport_app;
grant insert (id, email, name, password_hash) on platform.users to rapport_app;
grant insert, delete on platform.tenant_index, platform.membership_index, platform.api_key_index, platform.channel_index to rapport_app;
grant select (tenant_id) on platform.tenant_index to rapport_app;
grant select (user_id, tenant_id) on platform.membership_index to rapport_app;
grant select (tenant_id, api_key_id) on platform.api_key_index to rapport_app;
grant select (tenant_id, channel_id) on platform.channel_index to rapport_app;

-- The narrow role for look-ups before the tenant is known. It sees no tenant table.
grant usage on schema platform to rapport_platform;
grant select on platform.users, platform.tenant_index, platform.membership_index, platform.api_key_index, platform.channel_index to rapport_platform;
grant update (name, password_hash) on platform.users to rapport_platform;
grant select, insert, update, delete on platform.sessions to rapport_platform;

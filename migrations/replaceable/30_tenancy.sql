-- Row security and grants, by walking the catalogue: a table with a tenant_id cannot be forgotten. The platform's
-- index tables have it too: what the application writes there by trigger can only be its own tenant's.
do $$
declare
    t record;
begin
    for t in
        select c.oid, c.oid::regclass as name, c.relnamespace = 'platform'::regnamespace as is_index
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where c.relnamespace in ('public'::regnamespace, 'platform'::regnamespace) and c.relkind in ('r', 'p')
    loop
        execute format('alter table %s enable row level security', t.name);
        execute format('alter table %s force row level security', t.name);
        if not exists (select from pg_policy where polrelid = t.oid and polname = 'tenant_isolation') then
            execute format(
                'create policy tenant_isolation on %s '
                'using (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), '''')::uuid) '
                'with check (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), '''')::uuid)',
                t.name
            );
        end if;
        if t.is_index then
            -- the look-ups before the tenant is known
            if not exists (select from pg_policy where polrelid = t.oid and polname = 'look_up') then
                execute format('create policy look_up on %s to rapport_platform using (true) with check (true)', t.name);
            end if;
        else
            execute format('revoke all on %s from rapport_app', t.name);
            execute format('grant select, insert, update, delete on %s to rapport_app', t.name);
        end if;
    end loop;
end;
$$;

-- With a table of one's own comes a trigger of one's own.
do $$
begin
    execute format('revoke temporary on database %I from public, rapport_app', current_database());
end;
$$;

-- Audit rows stay. Who is erased loses their name in them; a trigger refuses any other change.
revoke update, delete on audit_log from rapport_app;
grant update (details) on audit_log to rapport_app;

-- So does what became of a deal: a trigger writes it and refuses all who are none.
revoke update, delete on crm_deal_stages_history from rapport_app;

-- The application keeps the indexes in step by trigger and may add a user at sign-up; it reads no password.
revoke all on all tables in schema platform from rapport_app;
grant usage on schema public, platform to rapport_app;
grant insert (id, email, name, password_hash) on platform.users to rapport_app;
grant insert, delete on platform.tenant_index, platform.membership_index, platform.api_key_index, platform.channel_index,
    platform.invitation_index to rapport_app;
grant select (tenant_id) on platform.tenant_index to rapport_app;
grant insert, delete on platform.tenant_figures to rapport_app;
grant select (tenant_id) on platform.tenant_figures to rapport_app;
grant insert on platform.operator_log to rapport_app;
grant select (user_id, tenant_id) on platform.membership_index to rapport_app;
grant select (tenant_id, api_key_id) on platform.api_key_index to rapport_app;
grant select (tenant_id, invitation_id) on platform.invitation_index to rapport_app;
grant select (tenant_id, channel_id) on platform.channel_index to rapport_app;
grant select, update on platform.canary to rapport_app;
grant select on platform.plan_limits, platform.plan_terms to rapport_app;

-- The narrow role for look-ups before the tenant is known. It sees no tenant table.
grant usage on schema platform to rapport_platform;
grant select on platform.users, platform.tenant_index, platform.membership_index, platform.api_key_index, platform.channel_index,
    platform.invitation_index, platform.tenant_figures to rapport_platform;
grant delete on platform.users to rapport_platform;
grant select, insert, delete on platform.operators to rapport_platform;
grant select, insert on platform.operator_log to rapport_platform;
grant update (name, password_hash, preferences, last_workspace, totp_secret, totp_confirmed_at, totp_last_step, recovery_code_hashes)
    on platform.users to rapport_platform;
grant select, insert, update, delete on platform.sessions to rapport_platform;
grant select, insert, update, delete on platform.email_counts to rapport_platform;
grant select, insert, update on platform.master_key to rapport_platform;
grant select, update on platform.plan_limits, platform.plan_terms to rapport_platform;

-- Erasing a contact clears what people wrote into the history of their deals; a trigger refuses any other change.
grant update (notes) on crm_deal_stages_history to rapport_app;

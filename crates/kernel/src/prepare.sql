-- The extension pgvector has been created before this runs.
-- Another process may be doing the same at this moment: one at a time.
select pg_advisory_lock(hashtext('rapport_migrate'));
create schema if not exists platform;
do $$
begin
    if not exists (select from pg_roles where rolname = 'rapport_app') then
        create role rapport_app login nosuperuser nobypassrls nocreatedb nocreaterole;
    end if;
    if not exists (select from pg_roles where rolname = 'rapport_platform') then
        create role rapport_platform login nosuperuser nobypassrls nocreatedb nocreaterole;
    end if;
    execute format('grant rapport_app, rapport_platform to %I', current_user);
exception when insufficient_privilege then
    -- the roles exist and somebody else administers them: enough, if this login may take them on
    if not pg_has_role(current_user, 'rapport_app', 'member') then
        raise;
    end if;
end;
$$;
select pg_advisory_unlock(hashtext('rapport_migrate'));
set lock_timeout = '2s';

-- Every way in which this schema could let one tenant reach another's rows, read from the catalogue (R23).
-- One row a hole: what it is, and where. No rows: none was found.

with
    -- What may exist without a tenant: people who sign in, and the ledger of migrations.
    shared (name) as (values ('platform.users'), ('platform.schema_version'),
        -- how many mails an address had today, whoever sent them
        ('platform.email_counts'),
        -- whether the queue is worked at all
        ('platform.canary'),
        -- which master key belongs to this database
        ('platform.master_key'),
        -- who runs the installation, and what they did
        ('platform.operators'), ('platform.operator_log'),
        -- what plans allow
        ('platform.plan_limits'), ('platform.plan_terms')),
    -- The job queue belongs to its library: no table of ours, and payloads hold ids, never content.
    foreign_schemas (name) as (values ('graphile_worker')),
    -- Look-ups before the tenant is known. This role alone may read them across tenants.
    look_up (role, schema) as (values ('rapport_platform'::regrole, 'platform')),
    schemas as (
        select oid, nspname as name
        from pg_namespace
        where nspname <> 'information_schema' and nspname !~ '^pg_'
    ),
    owned_by_extension as (
        select classid, objid from pg_depend where deptype = 'e'
    ),
    relations as (
        select
            c.oid,
            s.name as schema,
            s.name || '.' || c.relname as name,
            c.relkind as kind,
            c.relowner as owner,
            c.relrowsecurity as has_rls,
            c.relforcerowsecurity as is_forced,
            c.reloptions as options,
            a.attnum as tenant,
            a.attnotnull as tenant_not_null
        from pg_class c
        join schemas s on s.oid = c.relnamespace
        left join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where s.name not in (select name from foreign_schemas)
            and not exists (
                select from owned_by_extension e where e.classid = 'pg_class'::regclass and e.objid = c.oid
            )
    ),
    tables as (select * from relations where kind in ('r', 'p', 'f')),
    tenant_tables as (select * from tables where tenant is not null),
    policies as (
        select
            t.schema,
            t.name || ': ' || p.polname as name,
            p.polroles,
            pg_get_expr(p.polqual, p.polrelid) as reads,
            pg_get_expr(p.polwithcheck, p.polrelid) as writes,
            '(tenant_id = (NULLIF(current_setting(''app.current_tenant_id''::text, true), ''''::text))::uuid)' as isolation
        from pg_policy p
        join tenant_tables t on t.oid = p.polrelid
        where p.polpermissive
    ),
    -- all but the look-ups
    policies_to_check as (
        select * from policies p
        where not exists (
            select from look_up l where l.schema = p.schema and p.polroles = array[l.role::oid]
        )
    ),
    holes (hole, object) as (
        select 'table without tenant_id', name from tables where tenant is null and name not in (select name from shared)
        union all
        select 'tenant_id may be null', name from tenant_tables where not tenant_not_null
        union all
        select 'row security is off', name from tenant_tables where not has_rls
        union all
        select 'row security is not forced', name from tenant_tables where has_rls and not is_forced
        union all
        select 'no policy', name from tenant_tables t where not exists (select from pg_policy where polrelid = t.oid)
        union all
        select 'policy is always true', name from policies_to_check where 'true' in (reads, writes)
        union all
        select 'policy is not the tenant''s own', name from policies_to_check
        where not 'true' in (coalesce(reads, ''), coalesce(writes, ''))
            and (coalesce(reads, isolation) <> isolation or coalesce(writes, isolation) <> isolation)
        union all
        select 'view without security_invoker', name from relations
        where kind = 'v'
            and not coalesce(options && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes'], false)
        union all
        select 'materialized view', name from relations where kind = 'm'
        union all
        select 'security definer function', p.oid::regprocedure::text
        from pg_proc p
        join schemas s on s.oid = p.pronamespace
        where p.prosecdef
            and not exists (select from owned_by_extension e where e.classid = 'pg_proc'::regclass and e.objid = p.oid)
        union all
        select 'foreign key without tenant_id', t.name || ': ' || k.conname
        from pg_constraint k
        join tenant_tables t on t.oid = k.conrelid
        join tenant_tables other on other.oid = k.confrelid
        where k.contype = 'f'
            and not exists (
                select from unnest(k.conkey, k.confkey) as pair (own, theirs)
                where pair.own = t.tenant and pair.theirs = other.tenant
            )
        union all
        select 'foreign key clears tenant_id', t.name || ': ' || k.conname
        from pg_constraint k
        join tenant_tables t on t.oid = k.conrelid
        where k.contype = 'f' and k.confdeltype in ('n', 'd') and t.tenant = any (coalesce(k.confdelsetcols, k.conkey))
        union all
        select 'unique without tenant_id in front', i.indexrelid::regclass::text
        from pg_index i
        join tenant_tables t on t.oid = i.indrelid
        where (i.indisunique or i.indisexclusion) and i.indkey[0] <> t.tenant
            and t.schema not in (select schema from look_up)
        union all
        select 'rapport_app may ' || lower(privilege), t.name
        from tables t
        cross join unnest(array['TRUNCATE', 'REFERENCES', 'TRIGGER']) as privilege
        where has_table_privilege('rapport_app', t.oid, privilege)
            or (privilege = 'REFERENCES' and has_any_column_privilege('rapport_app', t.oid, privilege))
        union all
        select 'rapport_platform sees a tenant''s table', t.name
        from tenant_tables t
        where t.schema not in (select schema from look_up)
            and has_any_column_privilege('rapport_platform', t.oid, 'SELECT, INSERT, UPDATE')
        union all
        select 'rapport_app may create tables', name from schemas where has_schema_privilege('rapport_app', oid, 'CREATE')
        union all
        select 'rapport_app may create temporary tables', current_database()
        where has_database_privilege('rapport_app', current_database(), 'TEMPORARY')
        union all
        select 'role is a superuser', rolname from pg_roles where rolsuper and rolname in ('rapport_app', 'rapport_platform')
        union all
        select 'role bypasses row security', rolname from pg_roles
        where rolbypassrls and rolname in ('rapport_app', 'rapport_platform')
        union all
        select 'role owns a table', r.rolname || ': ' || t.name
        from tables t
        cross join pg_roles r
        where r.rolname in ('rapport_app', 'rapport_platform') and not r.rolsuper and pg_has_role(r.oid, t.owner, 'MEMBER')
    )
select hole, object from holes order by hole, object

-- What the tenant of this transaction may use, a row a resource: what its plan says, or its exception, and where it stops,
-- which is later by the grace. Null: no limit.
create or replace function plan_allowances()
returns table (resource text, most bigint, stops_at bigint)
language sql stable
set search_path from current
as $$
    select l.resource, m.most, m.most + ceil(m.most * l.grace_percent / 100.0)::bigint
    from tenants t
    join platform.plan_limits l on l.plan = t.subscription_plan
    left join plan_exceptions e on e.tenant_id = t.tenant_id and e.resource = l.resource
    cross join lateral (select case when e.resource is null then l.most else e.most end as most) m
    where t.tenant_id = current_tenant_id()
$$;

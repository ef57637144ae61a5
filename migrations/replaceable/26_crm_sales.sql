-- Deals, orders and the figures that follow from them.

-- A pipeline to begin with, in the tenant's language.
create or replace function tenants_begin_pipeline() returns trigger
language plpgsql
as $$
declare
    begun uuid;
begin
    insert into crm_pipelines (tenant_id, name, is_default)
    values (new.tenant_id, case new.language when 'fr' then 'Ventes' else 'Sales' end, true)
    returning id into begun;
    insert into crm_pipeline_stages (tenant_id, pipeline_id, name, stage, probability, position)
    select new.tenant_id, begun, case new.language when 'fr' then s.french else s.english end, s.stage, s.probability, s.position
    from (
        values
            ('Prospecting', 'Prospection', 'prospecting', 10, 0),
            ('Qualification', 'Qualification', 'qualification', 25, 1),
            ('Proposal', 'Proposition', 'proposal', 50, 2),
            ('Negotiation', 'Négociation', 'negotiation', 75, 3),
            ('Won', 'Gagnée', 'closed_won', 100, 4),
            ('Lost', 'Perdue', 'closed_lost', 0, 5)
    ) s (english, french, stage, probability, position);
    return null;
end;
$$;

create or replace trigger tenants_begin_pipeline after insert on tenants
    for each row execute function tenants_begin_pipeline();

-- The column of the board for a deal of which the pipeline and the stage are known at most: the first of that stage; for
-- an open one that the pipeline does not have, its first open one.
create or replace function crm_stage_for(p_tenant uuid, p_pipeline uuid, p_stage text) returns uuid
language sql stable
as $$
    select s.id
    from crm_pipelines p
    join crm_pipeline_stages s on s.tenant_id = p.tenant_id and s.pipeline_id = p.id
    where p.tenant_id = p_tenant and (p.id = p_pipeline or (p_pipeline is null and p.is_default))
        and (s.stage = p_stage or (p_stage !~ '^closed_' and s.stage !~ '^closed_'))
    order by s.stage = p_stage desc, s.position, s.id
    limit 1
$$;

-- Keeps pipeline, column and stage of a deal in step, whichever of them was written, and what follows from them:
-- since when, how likely, when it was closed and why.
create or replace function crm_deals_follow_stage() returns trigger
language plpgsql
as $$
declare
    wanted uuid := new.pipeline_stage_id;
    found  crm_pipeline_stages;
begin
    if tg_op = 'UPDATE' and wanted is not distinct from old.pipeline_stage_id then
        if (new.pipeline_id, new.stage) is not distinct from (old.pipeline_id, old.stage) then
            new.actual_close_date := case when new.stage ~ '^closed_' then coalesce(new.actual_close_date, old.actual_close_date) end;
            return new;
        end if;
        if new.pipeline_id is distinct from old.pipeline_id then
            wanted := null;
        elsif new.stage is distinct from old.stage then
            -- its own column, if that has come to mean this stage
            select s.id into wanted from crm_pipeline_stages s
            where s.tenant_id = new.tenant_id and s.id = wanted and s.stage = new.stage;
        end if;
    end if;
    if wanted is null then
        wanted := crm_stage_for(new.tenant_id, new.pipeline_id, coalesce(new.stage, 'prospecting'));
    end if;
    -- it stays until this transaction has ended
    select s.* into found from crm_pipeline_stages s
    where s.tenant_id = new.tenant_id and s.id = wanted
    for key share;
    if found.id is null then
        raise exception 'there is no such column in this pipeline'
            using errcode = 'foreign_key_violation', constraint = 'crm_deals_pipeline_stage';
    end if;
    new.pipeline_id := found.pipeline_id;
    new.pipeline_stage_id := found.id;
    new.stage := found.stage;
    if tg_op = 'INSERT' then
        new.probability := coalesce(new.probability, found.probability);
    elsif (new.pipeline_stage_id <> old.pipeline_stage_id or new.stage <> old.stage) and not is_importing() then
        new.stage_changed_at := now();
        if new.probability is not distinct from old.probability then
            new.probability := found.probability;
        end if;
        if new.stage <> old.stage and new.actual_close_date is not distinct from old.actual_close_date then
            new.actual_close_date := null;
        end if;
        if new.stage <> 'closed_lost' then
            new.lost_reason := null;
            new.lost_reason_details := null;
        end if;
        if new.stage <> 'closed_won' then
            new.won_reason := null;
        end if;
    end if;
    if new.stage !~ '^closed_' then
        new.actual_close_date := null;
    elsif new.actual_close_date is null then
        select (now() at time zone t.time_zone)::date into new.actual_close_date from tenants t where t.tenant_id = new.tenant_id;
    end if;
    return new;
end;
$$;

create or replace trigger crm_deals_follow_stage before insert or update on crm_deals
    for each row execute function crm_deals_follow_stage();

-- Every column that a deal was ever in. Who and why: the settings app.actor and app.deal_notes of the transaction.
create or replace function crm_deals_write_history() returns trigger
language plpgsql
as $$
declare
    before crm_pipeline_stages;
begin
    -- what is brought in comes with its own history
    if is_importing() then
        return null;
    end if;
    if tg_op = 'UPDATE' then
        select s.* into before from crm_pipeline_stages s
        where s.tenant_id = new.tenant_id and s.id = old.pipeline_stage_id;
    end if;
    insert into crm_deal_stages_history
        (tenant_id, deal_id, from_stage, to_stage, from_stage_name, to_stage_name, changed_by, notes, created_at)
    select new.tenant_id, new.id, case tg_op when 'UPDATE' then old.stage end, new.stage, before.name, s.name,
        (
            select m.user_id from memberships m
            where m.tenant_id = new.tenant_id and 'user:' || m.user_id = current_setting('app.actor', true)
        ),
        coalesce(
            nullif(current_setting('app.deal_notes', true), ''),
            case new.stage
                when 'closed_lost' then concat_ws(': ', new.lost_reason, new.lost_reason_details)
                when 'closed_won' then new.won_reason
            end
        ),
        clock_timestamp()
    from crm_pipeline_stages s
    where s.tenant_id = new.tenant_id and s.id = new.pipeline_stage_id;
    return null;
end;
$$;

create or replace trigger crm_deals_begin_history after insert on crm_deals
    for each row execute function crm_deals_write_history();
create or replace trigger crm_deals_write_history after update on crm_deals
    for each row when (new.pipeline_stage_id <> old.pipeline_stage_id or new.stage <> old.stage)
    execute function crm_deals_write_history();

create or replace function crm_deal_stages_history_refuse() returns trigger
language plpgsql
as $$
begin
    raise exception 'the history of deals is written by trigger alone' using errcode = 'insufficient_privilege';
end;
$$;

create or replace trigger crm_deal_stages_history_refuse before insert on crm_deal_stages_history
    for each row when (pg_trigger_depth() = 0 and not is_importing()) execute function crm_deal_stages_history_refuse();

-- A column that comes to mean another stage takes its deals along.
create or replace function crm_pipeline_stages_take_deals() returns trigger
language plpgsql
as $$
begin
    perform from crm_clients c
    where c.tenant_id = new.tenant_id and c.id in (
        select d.client_id from crm_deals d
        where d.tenant_id = new.tenant_id and d.pipeline_stage_id = new.id and d.pipeline_id = new.pipeline_id
    )
    order by c.id
    for no key update;
    perform from crm_deals d
    where d.tenant_id = new.tenant_id and d.pipeline_stage_id = new.id and d.pipeline_id = new.pipeline_id
    order by d.id
    for no key update;
    update crm_deals d set stage = new.stage
    where d.tenant_id = new.tenant_id and d.pipeline_stage_id = new.id and d.pipeline_id = new.pipeline_id;
    return null;
end;
$$;

create or replace trigger crm_pipeline_stages_take_deals after update of stage on crm_pipeline_stages
    for each row when (new.stage <> old.stage) execute function crm_pipeline_stages_take_deals();

-- When it was sent and when it arrived, as far as it is said in time.
create or replace function crm_orders_note_dates() returns trigger
language plpgsql
as $$
begin
    if is_importing() then
        return new;
    elsif tg_op = 'INSERT' then
        if new.order_date < now() - interval '1 day' then
            return new;
        end if;
    elsif new.status = old.status then
        return new;
    end if;
    if new.status in ('shipped', 'delivered') then
        new.shipped_date := coalesce(new.shipped_date, now());
    end if;
    if new.status = 'delivered' then
        new.delivered_date := coalesce(new.delivered_date, now());
    end if;
    return new;
end;
$$;

create or replace trigger crm_orders_note_dates before insert or update of status on crm_orders
    for each row execute function crm_orders_note_dates();

-- Clients whose figures will change, in the order in which everybody locks them: the tenant, whose currency counts, before
-- its clients.
create or replace function crm_lock_clients(p_tenant uuid, p_clients uuid[]) returns void
language plpgsql
as $$
begin
    perform from tenants t where t.tenant_id = p_tenant for share;
    perform from crm_clients c where c.tenant_id = p_tenant and c.id = any(p_clients) order by c.id for no key update;
end;
$$;

-- Counts what these clients have bought. Each currency by itself; the total and the average are those of the tenant's.
-- Whoever buys for the first time becomes a customer.
create or replace function crm_count_orders(p_tenant uuid, p_clients uuid[]) returns void
language plpgsql
as $$
begin
    perform crm_lock_clients(p_tenant, p_clients);
    with figures as (
        select c.id,
            coalesce(sum(b.orders), 0)::integer as orders,
            coalesce(sum(b.orders) filter (where b.currency = t.currency), 0) as own_orders,
            coalesce(sum(b.total) filter (where b.currency = t.currency), 0) as own_total,
            coalesce(
                jsonb_object_agg(b.currency, jsonb_build_object('orders', b.orders, 'total', b.total::text))
                    filter (where b.currency is not null),
                '{}'
            ) as each
        from crm_clients c
        join tenants t on t.tenant_id = c.tenant_id
        -- client by client: of orders that were written a moment ago there are no statistics to join by
        left join lateral (
            select o.currency, count(*) as orders, sum(o.total) as total
            from crm_orders o
            where o.tenant_id = p_tenant and o.client_id = c.id and o.status not in ('cancelled', 'refunded')
            group by o.currency
        ) b on true
        where c.tenant_id = p_tenant and c.id = any(p_clients)
        group by c.id
    )
    update crm_clients c
    set total_orders = f.orders,
        total_revenue = f.own_total,
        average_order_value = case when f.own_orders = 0 then 0 else round(f.own_total / f.own_orders, 2) end,
        revenue_by_currency = f.each,
        client_type = case
            when not is_importing() and c.total_orders = 0 and f.orders > 0 and c.client_type in ('lead', 'prospect') then 'customer'
            else c.client_type
        end,
        lifecycle_stage = case
            when not is_importing() and c.total_orders = 0 and f.orders > 0 and c.lifecycle_stage in ('lead', 'mql', 'sql', 'opportunity') then 'customer'
            else c.lifecycle_stage
        end
    from figures f
    where c.tenant_id = p_tenant and c.id = f.id
        and (c.total_orders, c.total_revenue, c.revenue_by_currency) is distinct from (f.orders, f.own_total, f.each);
end;
$$;

-- Once a statement, for all clients that it touches.
create or replace function update_client_revenue() returns trigger
language plpgsql
as $$
declare
    touched record;
begin
    if tg_op = 'INSERT' then
        for touched in
            select n.tenant_id, array_agg(distinct n.client_id) as clients from new_orders n group by n.tenant_id
        loop
            perform crm_count_orders(touched.tenant_id, touched.clients);
        end loop;
    elsif tg_op = 'DELETE' then
        for touched in
            select o.tenant_id, array_agg(distinct o.client_id) as clients from old_orders o group by o.tenant_id
        loop
            perform crm_count_orders(touched.tenant_id, touched.clients);
        end loop;
    else
        for touched in
            select tenant_id, array_agg(distinct client) filter (where client is not null) as clients
            from new_orders n
            full join old_orders o using (tenant_id, id)
            cross join lateral unnest(array[n.client_id, o.client_id]) as client
            where (n.client_id, n.total, n.currency, n.status) is distinct from (o.client_id, o.total, o.currency, o.status)
            group by tenant_id
        loop
            perform crm_count_orders(touched.tenant_id, touched.clients);
        end loop;
    end if;
    return null;
end;
$$;

create or replace trigger update_client_revenue_inserted after insert on crm_orders
    referencing new table as new_orders
    for each statement execute function update_client_revenue();
create or replace trigger update_client_revenue_updated after update on crm_orders
    referencing old table as old_orders new table as new_orders
    for each statement execute function update_client_revenue();
create or replace trigger update_client_revenue_deleted after delete on crm_orders
    referencing old table as old_orders
    for each statement execute function update_client_revenue();

-- Another currency of the tenant: what each client has bought is known in all of them.
create or replace function tenants_recount_clients() returns trigger
language plpgsql
as $$
begin
    perform from crm_clients c where c.tenant_id = new.tenant_id order by c.id for no key update;
    update crm_clients c
    set total_revenue = coalesce((c.revenue_by_currency -> new.currency ->> 'total')::numeric, 0),
        average_order_value = coalesce(
            round(
                (c.revenue_by_currency -> new.currency ->> 'total')::numeric
                    / (c.revenue_by_currency -> new.currency ->> 'orders')::numeric,
                2
            ),
            0
        )
    where c.tenant_id = new.tenant_id and c.revenue_by_currency <> '{}';
    return null;
end;
$$;

create or replace trigger tenants_recount_clients after update of currency on tenants
    for each row when (new.currency <> old.currency) execute function tenants_recount_clients();

-- Figures are of one's own tenant only: row security shows no other.
--
-- What a client has bought in all, in the tenant's currency; null: there is no such client.
create or replace function calculate_client_ltv(client_uuid uuid) returns numeric
language plpgsql stable
set search_path = pg_catalog, public, pg_temp
as $$
begin
    return (
        select coalesce(sum(o.total), 0)
        from crm_clients c
        join tenants t on t.tenant_id = c.tenant_id
        left join crm_orders o on o.tenant_id = c.tenant_id and o.client_id = c.id and o.currency = t.currency
            and o.status not in ('cancelled', 'refunded')
        where c.tenant_id = current_tenant_id() and c.id = client_uuid
        group by c.id
    );
end;
$$;

-- Of a hundred deals that were closed on these days, so many were won; 0 if none was closed.
create or replace function calculate_win_rate(org_id uuid, start_date timestamptz, end_date timestamptz) returns numeric
language plpgsql stable
set search_path = pg_catalog, public, pg_temp
as $$
begin
    return (
        select coalesce(
            round(100.0 * count(*) filter (where d.stage = 'closed_won')
                / nullif(count(*) filter (where d.stage in ('closed_won', 'closed_lost')), 0), 2),
            0
        )
        from crm_deals d
        where d.tenant_id = org_id and d.actual_close_date between start_date::date and end_date::date
    );
end;
$$;

-- Deals that were closed on these days, of an owner or a pipeline where one is given: how many were won and lost, the share that was
-- won (null where none was closed), and half of those that were won took at most so many days from the day on which they were made.
create or replace function crm_closed_deals(p_from date, p_to date, p_owner uuid, p_pipeline uuid)
returns table (won bigint, lost bigint, win_rate double precision, cycle_days double precision)
language sql stable
set search_path from current
as $$
    select c.won, c.lost, 100.0::double precision * c.won / nullif(c.won + c.lost, 0), c.cycle_days
    from (
        select count(*) filter (where d.stage = 'closed_won') as won, count(*) filter (where d.stage = 'closed_lost') as lost,
            percentile_cont(0.5) within group (order by d.actual_close_date - (d.created_at at time zone t.time_zone)::date)
                filter (where d.stage = 'closed_won') as cycle_days
        from crm_deals d
        join tenants t on t.tenant_id = d.tenant_id
        where d.tenant_id = current_tenant_id() and d.stage in ('closed_won', 'closed_lost')
            and d.actual_close_date between p_from and p_to
            and (p_owner is null or d.owner_id = p_owner) and (p_pipeline is null or d.pipeline_id = p_pipeline)
    ) c
$$;

-- One row. Values are sums in the tenant's currency; months are those of its time zone.
create or replace function get_crm_dashboard_summary(org_id uuid)
returns table (
    total_clients          bigint,
    new_clients_this_month bigint,
    total_deals            bigint,
    open_deals             bigint,
    open_deals_value       numeric,
    weighted_deals_value   numeric,
    won_deals_this_month   bigint,
    won_value_this_month   numeric,
    win_rate               numeric,
    total_revenue          numeric,
    orders_this_month      bigint,
    revenue_this_month     numeric,
    overdue_activities     bigint,
    currency               text
)
language plpgsql stable
set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with tenant as (
        select t.tenant_id, t.currency, date_trunc('month', now() at time zone t.time_zone) as month,
            date_trunc('month', now() at time zone t.time_zone) at time zone t.time_zone as month_began,
            (date_trunc('month', now() at time zone t.time_zone) + interval '1 month') at time zone t.time_zone as month_ends
        from tenants t
        where t.tenant_id = org_id
    )
    select
        (select count(*) from crm_clients c where c.tenant_id = t.tenant_id and c.merged_into is null),
        (select count(*) from crm_clients c
            where c.tenant_id = t.tenant_id and c.merged_into is null and c.created_at >= t.month_began),
        d.total, d.open, d.open_value, d.weighted, d.won, d.won_value,
        calculate_win_rate(t.tenant_id, '-infinity', 'infinity'),
        o.total, o.this_month, o.total_this_month,
        (select count(*) from crm_activities a
            where a.tenant_id = t.tenant_id and a.status = 'pending' and a.due_date < now()),
        t.currency
    from tenant t
    cross join lateral (
        select count(*) as total,
            count(*) filter (where d.stage !~ '^closed_') as open,
            coalesce(sum(d.deal_value) filter (where d.stage !~ '^closed_' and d.currency = t.currency), 0) as open_value,
            coalesce(round(sum(d.deal_value * d.probability / 100)
                filter (where d.stage !~ '^closed_' and d.currency = t.currency), 2), 0) as weighted,
            count(*) filter (where d.stage = 'closed_won' and date_trunc('month', d.actual_close_date) = t.month) as won,
            coalesce(sum(d.deal_value) filter (
                where d.stage = 'closed_won' and date_trunc('month', d.actual_close_date) = t.month and d.currency = t.currency
            ), 0) as won_value
        from crm_deals d
        where d.tenant_id = t.tenant_id
    ) d
    cross join lateral (
        select coalesce(sum(o.total) filter (where o.currency = t.currency), 0) as total,
            count(*) filter (where o.order_date >= t.month_began and o.order_date < t.month_ends) as this_month,
            coalesce(sum(o.total) filter (
                where o.order_date >= t.month_began and o.order_date < t.month_ends and o.currency = t.currency
            ), 0) as total_this_month
        from crm_orders o
        where o.tenant_id = t.tenant_id and o.status not in ('cancelled', 'refunded')
    ) o;
end;
$$;

-- The way from lead to customer: how many clients are at a stage, which part of all that is, how many came at least as far,
-- and which part that is of those who reached the stage before. Who left was a customer.
create or replace function get_conversion_funnel(org_id uuid)
returns table (stage text, client_count bigint, percentage numeric, reached bigint, conversion_rate numeric)
language plpgsql stable
set search_path = pg_catalog, public, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with found as (
        select c.lifecycle_stage as stage, count(*) as clients
        from crm_clients c
        where c.tenant_id = org_id and c.merged_into is null
        group by c.lifecycle_stage
    ),
    counted as (
        select s.stage, s.rank, s.reaches, coalesce(f.clients, 0) as clients
        from tenants t
        cross join (
            values ('lead', 1, 1), ('mql', 2, 2), ('sql', 3, 3), ('opportunity', 4, 4), ('customer', 5, 5),
                ('evangelist', 6, 6), ('churned', 7, 5)
        ) s (stage, rank, reaches)
        left join found f on f.stage = s.stage
        where t.tenant_id = org_id
    ),
    funnel as (
        select a.stage, a.rank, a.clients,
            case when a.stage <> 'churned' then (select sum(b.clients)::bigint from counted b where b.reaches >= a.rank) end as reached
        from counted a
    )
    select f.stage, f.clients,
        coalesce(round(100.0 * f.clients / nullif(sum(f.clients) over (), 0), 2), 0),
        coalesce(f.reached, f.clients),
        case when f.stage <> 'churned' then round(100.0 * f.reached / nullif(lag(f.reached) over (order by f.rank), 0), 2) end
    from funnel f
    order by f.rank;
end;
$$;

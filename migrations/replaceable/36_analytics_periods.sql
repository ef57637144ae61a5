-- Days and months of the tables `analytics_…`, counted anew from the rows as often as one of them has changed.

create or replace function analytics_moment(p_day timestamp) returns timestamptz
language sql stable
set search_path from current
as $$ select p_day at time zone time_zone from tenants where tenant_id = current_tenant_id() $$;

-- When each of these begins and ends in the tenant's time zone.
create or replace function analytics_periods(p_days date[], p_length interval)
returns table (day date, begins timestamptz, ends timestamptz)
language sql stable rows 30
set search_path from current
as $$
    select d.day, d.day::timestamp at time zone t.time_zone, (d.day + p_length) at time zone t.time_zone
    from unnest(p_days) as d (day)
    join tenants t on t.tenant_id = current_tenant_id()
$$;

-- Messages of these days, each with its day.
create or replace function analytics_said(p_days date[])
returns table (day date, message_id uuid, conversation_id uuid, sender_type text, sent_at timestamptz)
language sql stable
set search_path from current
as $$
    select d.day, m.id, m.conversation_id, m.sender_type, m.sent_at
    from analytics_periods(p_days, '1 day') d
    join messages m on m.tenant_id = current_tenant_id() and m.sent_at >= d.begins and m.sent_at < d.ends
$$;

create or replace function analytics_count_days(p_days date[]) returns void
language plpgsql
set search_path from current
as $$
begin
    delete from analytics_daily d where d.tenant_id = current_tenant_id() and d.date = any (p_days) and not d.is_imported;
    insert into analytics_daily as counted
        (tenant_id, channel_id, date, num_chats, avg_confidence, positive_feedback, negative_feedback, most_common_questions)
    with said as (
        select s.day, c.channel_id, s.conversation_id, s.sender_type, a.confidence, a.mode, a.feedback,
            left(btrim(a.question_text), 500) as question
        from analytics_said(p_days) s
        join conversations c on c.tenant_id = current_tenant_id() and c.id = s.conversation_id
        left join answers a on a.tenant_id = current_tenant_id() and a.id = s.message_id
    ),
    asked as (
        select q.day, q.channel_id,
            jsonb_agg(jsonb_build_object('question', q.question, 'count', q.times) order by q.times desc, q.question collate "C") as questions
        from (
            select s.day, s.channel_id, min(s.question collate "C") as question, count(*) as times,
                row_number() over (
                    partition by s.day, s.channel_id order by count(*) desc, min(s.question collate "C")
                ) as place
            from said s
            where s.question <> '' and s.mode not in ('small_talk', 'action')
            group by s.day, s.channel_id, lower(s.question)
        ) q
        where q.place <= 5
        group by q.day, q.channel_id
    )
    select current_tenant_id(), s.channel_id, s.day,
        count(distinct s.conversation_id) filter (where s.sender_type = 'user'),
        avg(s.confidence::numeric) filter (where s.mode in ('model', 'approved_text', 'no_answer')),
        count(*) filter (where s.feedback = 'up'),
        count(*) filter (where s.feedback = 'down'),
        coalesce(min(k.questions::text)::jsonb, '[]')
    from said s
    left join asked k on k.day = s.day and k.channel_id = s.channel_id
    group by s.channel_id, s.day
    on conflict (tenant_id, channel_id, date) do update
    set num_chats = excluded.num_chats, avg_confidence = excluded.avg_confidence, positive_feedback = excluded.positive_feedback,
        negative_feedback = excluded.negative_feedback, most_common_questions = excluded.most_common_questions, is_imported = false
    where counted.is_imported;

    delete from analytics_chatbot_effectiveness e
    where e.tenant_id = current_tenant_id() and e.period_day in (select analytics_moment(day) from unnest(p_days) as day);
    insert into analytics_chatbot_effectiveness (tenant_id, unique_clients_engaged, total_chatbot_interactions,
        successful_interactions, avg_interaction_duration_minutes, period_day)
    select current_tenant_id(), count(distinct c.contact_id), sum(t.interactions), sum(t.successful),
        round(avg(t.minutes), 2), analytics_moment(t.day)
    from (
        select s.day, s.conversation_id, count(*) filter (where s.sender_type = 'ai') as interactions,
            count(*) filter (where s.sender_type = 'ai' and (a.id is null or not (a.mode = 'no_answer' or a.gap_detected))) as successful,
            extract(epoch from max(s.sent_at) - min(s.sent_at)) / 60 as minutes
        from analytics_said(p_days) s
        left join answers a on a.tenant_id = current_tenant_id() and a.id = s.message_id
        group by s.day, s.conversation_id
        having bool_or(s.sender_type = 'ai')
    ) t
    join conversations c on c.tenant_id = current_tenant_id() and c.id = t.conversation_id
    group by t.day;
end;
$$;

-- The first days of months.
create or replace function analytics_count_channels(p_months date[]) returns void
language plpgsql
set search_path from current
as $$
begin
    delete from analytics_channel_performance p
    where p.tenant_id = current_tenant_id() and p.period_month in (select analytics_moment(month) from unnest(p_months) as month);
    insert into analytics_channel_performance (tenant_id, channel_id, channel_name, platform, total_contacts, total_messages,
        incoming_messages, agent_responses, ai_responses, period_month)
    select current_tenant_id(), h.id, h.name, h.kind, count(distinct c.contact_id), sum(t.messages), sum(t.incoming),
        sum(t.by_agents), sum(t.by_bot), t.begins
    from (
        select d.begins, m.conversation_id, count(*) as messages,
            count(*) filter (where m.sender_type = 'user') as incoming,
            count(*) filter (where m.sender_type = 'agent') as by_agents,
            count(*) filter (where m.sender_type = 'ai') as by_bot
        from analytics_periods(p_months, '1 month') d
        join messages m on m.tenant_id = current_tenant_id() and m.sent_at >= d.begins and m.sent_at < d.ends
        group by d.begins, m.conversation_id
    ) t
    join conversations c on c.tenant_id = current_tenant_id() and c.id = t.conversation_id
    join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
    group by h.id, h.name, h.kind, t.begins;
end;
$$;

create or replace function analytics_count_deals(p_months date[]) returns void
language plpgsql
set search_path from current
as $$
begin
    delete from analytics_deal_metrics p
    where p.tenant_id = current_tenant_id() and p.period_month in (select analytics_moment(month) from unnest(p_months) as month);
    insert into analytics_deal_metrics (tenant_id, stage, owner_id, deal_count, total_value, avg_deal_size, won_value, lost_value,
        avg_probability, avg_deal_cycle_days, period_month)
    select t.tenant_id, d.stage, d.owner_id, count(*),
        coalesce(sum(d.deal_value) filter (where d.currency = t.currency), 0),
        round(avg(d.deal_value) filter (where d.currency = t.currency), 2),
        coalesce(sum(d.deal_value) filter (where d.currency = t.currency and d.stage = 'closed_won'), 0),
        coalesce(sum(d.deal_value) filter (where d.currency = t.currency and d.stage = 'closed_lost'), 0),
        round(avg(d.probability), 2),
        round(avg(d.actual_close_date - (d.created_at at time zone t.time_zone)::date), 2),
        m.begins
    from tenants t
    cross join analytics_periods(p_months, '1 month') m
    join crm_deals d on d.tenant_id = t.tenant_id and d.created_at >= m.begins and d.created_at < m.ends
    where t.tenant_id = current_tenant_id()
    group by t.tenant_id, d.stage, d.owner_id, m.begins;
end;
$$;

create or replace function analytics_count_clients(p_months date[]) returns void
language plpgsql
set search_path from current
as $$
begin
    delete from analytics_client_metrics p
    where p.tenant_id = current_tenant_id() and p.period_month in (select analytics_moment(month) from unnest(p_months) as month);
    insert into analytics_client_metrics (tenant_id, lifecycle_stage, client_type, source, assigned_to, client_count, total_revenue,
        avg_revenue_per_client, avg_orders_per_client, avg_order_value, avg_lead_score, period_month)
    select current_tenant_id(), c.lifecycle_stage, c.client_type, c.source, c.assigned_to, count(*), sum(c.total_revenue),
        round(avg(c.total_revenue), 2), round(avg(c.total_orders), 2),
        round(avg(c.average_order_value) filter (where c.total_orders > 0), 2), round(avg(c.lead_score), 2),
        m.begins
    from analytics_periods(p_months, '1 month') m
    join crm_clients c on c.tenant_id = current_tenant_id() and c.merged_into is null
        and c.created_at >= m.begins and c.created_at < m.ends
    group by c.lifecycle_stage, c.client_type, c.source, c.assigned_to, m.begins;
end;
$$;

create or replace function analytics_count_orders(p_days date[]) returns void
language plpgsql
set search_path from current
as $$
begin
    delete from analytics_revenue_metrics p
    where p.tenant_id = current_tenant_id() and p.period_day in (select analytics_moment(day) from unnest(p_days) as day);
    insert into analytics_revenue_metrics (tenant_id, total_revenue, unique_customers, order_count, avg_order_value,
        delivered_revenue, lost_revenue, period_day, period_week, period_month, period_year)
    select t.tenant_id,
        coalesce(sum(o.total) filter (where o.currency = t.currency and not s.is_lost), 0),
        count(distinct o.client_id) filter (where not s.is_lost),
        count(*) filter (where not s.is_lost),
        round(avg(o.total) filter (where o.currency = t.currency and not s.is_lost), 2),
        coalesce(sum(o.total) filter (where o.currency = t.currency and o.status = 'delivered'), 0),
        coalesce(sum(o.total) filter (where o.currency = t.currency and s.is_lost), 0),
        d.begins, analytics_moment(date_trunc('week', d.day::timestamp)),
        analytics_moment(date_trunc('month', d.day::timestamp)), analytics_moment(date_trunc('year', d.day::timestamp))
    from tenants t
    cross join analytics_periods(p_days, '1 day') d
    join crm_orders o on o.tenant_id = t.tenant_id and o.order_date >= d.begins and o.order_date < d.ends
    cross join lateral (select o.status in ('cancelled', 'refunded') as is_lost) s
    where t.tenant_id = current_tenant_id()
    group by t.tenant_id, d.day, d.begins;
end;
$$;

-- Everything is to be counted, whatever has changed.
create or replace function analytics_touch_all() returns void
language plpgsql
set search_path from current
as $$
begin
    delete from analytics_touched n where n.tenant_id = current_tenant_id() and n.subject <> 'conversation';
    delete from analytics_daily t where t.tenant_id = current_tenant_id() and not t.is_imported;
    delete from analytics_chatbot_effectiveness t where t.tenant_id = current_tenant_id();
    delete from analytics_channel_performance t where t.tenant_id = current_tenant_id();
    delete from analytics_deal_metrics t where t.tenant_id = current_tenant_id();
    delete from analytics_client_metrics t where t.tenant_id = current_tenant_id();
    delete from analytics_revenue_metrics t where t.tenant_id = current_tenant_id();
    insert into analytics_touched (tenant_id, subject, at)
    select distinct current_tenant_id(), happened.subject, happened.at
    from (
        select 'day' as subject, date_trunc('hour', m.sent_at) as at from messages m where m.tenant_id = current_tenant_id()
        union
        select 'deals', date_trunc('hour', d.created_at) from crm_deals d where d.tenant_id = current_tenant_id()
        union
        select 'clients', date_trunc('hour', c.created_at) from crm_clients c where c.tenant_id = current_tenant_id()
        union
        select 'orders', date_trunc('hour', o.order_date) from crm_orders o where o.tenant_id = current_tenant_id()
    ) happened;
end;
$$;

-- Counts days and months that have changed, so many days of changes at most, and says how many it has dealt with.
create or replace function analytics_count_periods(p_most integer) returns integer
language plpgsql
set search_path from current
as $$
declare
    zone    text := (select time_zone from tenants where tenant_id = current_tenant_id());
    changed record;
begin
    perform pg_advisory_xact_lock(hashtextextended('analytics/' || current_tenant_id(), 0));
    if exists (select from analytics_touched n where n.tenant_id = current_tenant_id() and n.subject = 'all') then
        perform analytics_touch_all();
    end if;
    with periods as (
        select distinct n.subject, (n.at at time zone zone)::date as day
        from analytics_touched n
        where n.tenant_id = current_tenant_id() and n.subject <> 'conversation'
        order by 1, 2
        limit p_most
    ),
    taken as (
        delete from analytics_touched n
        using periods p
        where n.tenant_id = current_tenant_id() and n.subject = p.subject and (n.at at time zone zone)::date = p.day
        returning n.subject, n.at at time zone zone as at
    )
    select count(distinct (subject, at::date))::integer as dealt_with,
        array_agg(distinct at::date) filter (where subject = 'day') as days,
        array_agg(distinct date_trunc('month', at)::date) filter (where subject = 'day') as months,
        array_agg(distinct date_trunc('month', at)::date) filter (where subject = 'deals') as deals,
        array_agg(distinct date_trunc('month', at)::date) filter (where subject = 'clients') as clients,
        array_agg(distinct at::date) filter (where subject = 'orders') as orders
    into changed
    from taken;
    if changed.days is not null then
        perform analytics_count_days(changed.days), analytics_count_channels(changed.months);
    end if;
    if changed.deals is not null then
        perform analytics_count_deals(changed.deals);
    end if;
    if changed.clients is not null then
        perform analytics_count_clients(changed.clients);
    end if;
    if changed.orders is not null then
        perform analytics_count_orders(changed.orders);
    end if;
    return changed.dealt_with;
end;
$$;

-- Counts what has changed since the last time, for the tenant of this transaction.
create or replace function refresh_all_analytics() returns void
language plpgsql
set search_path from current
as $$
begin
    while analytics_count_conversations(2000) > 0 loop
    end loop;
    while analytics_count_periods(100) > 0 loop
    end loop;
end;
$$;

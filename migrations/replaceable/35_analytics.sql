-- Numbers: how what has changed is noted, and how one conversation is counted. Days and months are in 36_analytics_periods.sql.

-- Conversations. What is said changes its conversation, so this stands in the way of every message: one row, no lock.
create or replace function analytics_touch_conversation() returns trigger
language plpgsql
as $$
begin
    insert into analytics_touched (tenant_id, subject, conversation_id, at)
    values (new.tenant_id, 'conversation', new.id, new.last_message_at);
    if tg_op = 'UPDATE' and (new.contact_id <> old.contact_id or new.channel_id <> old.channel_id) then
        insert into analytics_touched (tenant_id, subject, at)
        select distinct m.tenant_id, 'day', date_trunc('hour', m.sent_at)
        from messages m
        where m.tenant_id = new.tenant_id and m.conversation_id = new.id;
    end if;
    return null;
end;
$$;
create or replace trigger analytics_touch_conversation
    after insert or update of status, last_message_at, contact_id, channel_id, language, assigned_to, rating, resolved_at, created_at
    on conversations
    for each row execute function analytics_touch_conversation();

create or replace function analytics_touch_moved_message() returns trigger
language plpgsql
as $$
begin
    insert into analytics_touched (tenant_id, subject, conversation_id, at)
    values (new.tenant_id, 'conversation', new.conversation_id, new.sent_at);
    insert into analytics_touched (tenant_id, subject, at) values (old.tenant_id, 'day', old.sent_at);
    return null;
end;
$$;
create or replace trigger analytics_touch_moved_message after update of sent_at on messages
    for each row when (new.sent_at <> old.sent_at) execute function analytics_touch_moved_message();

-- With the messages go their words in the questions of the day.
create or replace function analytics_touch_deleted_messages() returns trigger
language plpgsql
as $$
begin
    insert into analytics_touched (tenant_id, subject, at)
    select distinct o.tenant_id, 'day', date_trunc('hour', o.sent_at)
    from old_rows o
    join tenants t on t.tenant_id = o.tenant_id;
    insert into analytics_touched (tenant_id, subject, conversation_id)
    select distinct c.tenant_id, 'conversation', c.id
    from old_rows o
    join conversations c on c.tenant_id = o.tenant_id and c.id = o.conversation_id;
    update analytics_daily d set most_common_questions = '[]'
    from (
        select distinct o.tenant_id, (o.sent_at at time zone t.time_zone)::date as day
        from old_rows o
        join tenants t on t.tenant_id = o.tenant_id
    ) gone
    where d.tenant_id = gone.tenant_id and d.date = gone.day and d.most_common_questions <> '[]';
    return null;
end;
$$;
create or replace trigger analytics_touch_deleted_messages after delete on messages
    referencing old table as old_rows
    for each statement execute function analytics_touch_deleted_messages();

create or replace function analytics_touch_answer() returns trigger
language plpgsql
as $$
begin
    insert into analytics_touched (tenant_id, subject, conversation_id, at)
    select new.tenant_id, 'conversation', new.conversation_id, m.sent_at
    from messages m
    where m.tenant_id = new.tenant_id and m.id = new.id;
    return null;
end;
$$;
create or replace trigger analytics_touch_answer
    after insert or update of mode, confidence, gap_detected, feedback, question_text on answers
    for each row execute function analytics_touch_answer();

create or replace function analytics_touch_happening() returns trigger
language plpgsql
as $$
begin
    insert into analytics_touched (tenant_id, subject, conversation_id) values (new.tenant_id, 'conversation', new.conversation_id);
    return null;
end;
$$;
create or replace trigger analytics_touch_escalation after insert or update of reason, created_at on escalations
    for each row execute function analytics_touch_happening();
create or replace trigger analytics_touch_event after insert or update on conversation_events
    for each row when (new.kind in ('resolved', 'reopened', 'escalated')) execute function analytics_touch_happening();

-- Sales, once a statement.
create or replace function analytics_touch_deals() returns trigger
language plpgsql
as $$
begin
    if tg_op <> 'INSERT' then
        insert into analytics_touched (tenant_id, subject, at)
        select distinct o.tenant_id, 'deals', date_trunc('hour', o.created_at)
        from old_rows o
        join tenants t on t.tenant_id = o.tenant_id;
    end if;
    if tg_op <> 'DELETE' then
        insert into analytics_touched (tenant_id, subject, at)
        select distinct n.tenant_id, 'deals', date_trunc('hour', n.created_at) from new_rows n;
    end if;
    return null;
end;
$$;
create or replace function analytics_touch_orders() returns trigger
language plpgsql
as $$
begin
    if tg_op <> 'INSERT' then
        insert into analytics_touched (tenant_id, subject, at)
        select distinct o.tenant_id, 'orders', date_trunc('hour', o.order_date)
        from old_rows o
        join tenants t on t.tenant_id = o.tenant_id;
    end if;
    if tg_op <> 'DELETE' then
        insert into analytics_touched (tenant_id, subject, at)
        select distinct n.tenant_id, 'orders', date_trunc('hour', n.order_date) from new_rows n;
    end if;
    return null;
end;
$$;
-- A client changes with every message of theirs; what is counted of it seldom does.
create or replace function analytics_touch_clients() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'INSERT' then
        insert into analytics_touched (tenant_id, subject, at)
        select distinct n.tenant_id, 'clients', date_trunc('hour', n.created_at) from new_rows n;
    elsif tg_op = 'DELETE' then
        insert into analytics_touched (tenant_id, subject, at)
        select distinct o.tenant_id, 'clients', date_trunc('hour', o.created_at)
        from old_rows o
        join tenants t on t.tenant_id = o.tenant_id;
    else
        insert into analytics_touched (tenant_id, subject, at)
        select distinct n.tenant_id, 'clients', date_trunc('hour', made.at)
        from new_rows n
        join old_rows o on o.tenant_id = n.tenant_id and o.id = n.id
        cross join lateral (values (o.created_at), (n.created_at)) as made (at)
        where (o.lifecycle_stage, o.client_type, o.source, o.assigned_to, o.total_orders, o.total_revenue,
                o.average_order_value, o.lead_score, o.merged_into, o.created_at)
            is distinct from (n.lifecycle_stage, n.client_type, n.source, n.assigned_to, n.total_orders, n.total_revenue,
                n.average_order_value, n.lead_score, n.merged_into, n.created_at);
    end if;
    return null;
end;
$$;
do $$
declare
    kind text;
begin
    foreach kind in array array['deals', 'orders', 'clients'] loop
        execute format(
            'create or replace trigger analytics_touch_%1$s_inserted after insert on crm_%1$s
                referencing new table as new_rows for each statement execute function analytics_touch_%1$s()', kind);
        execute format(
            'create or replace trigger analytics_touch_%1$s_updated after update on crm_%1$s
                referencing old table as old_rows new table as new_rows for each statement execute function analytics_touch_%1$s()', kind);
        execute format(
            'create or replace trigger analytics_touch_%1$s_deleted after delete on crm_%1$s
                referencing old table as old_rows for each statement execute function analytics_touch_%1$s()', kind);
    end loop;
end;
$$;

-- Another time zone or currency: everything is to be counted anew.
create or replace function analytics_touch_tenant() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'DELETE' then
        delete from analytics_touched where tenant_id = old.tenant_id;
    else
        insert into analytics_touched (tenant_id, subject) values (new.tenant_id, 'all');
    end if;
    return null;
end;
$$;
create or replace trigger analytics_touch_tenant after update of time_zone, currency on tenants
    for each row when (new.time_zone <> old.time_zone or new.currency <> old.currency) execute function analytics_touch_tenant();
create or replace trigger analytics_forget_tenant after delete on tenants
    for each row execute function analytics_touch_tenant();

create or replace function analytics_rename_channel() returns trigger
language plpgsql
as $$
begin
    update analytics_channel_performance set channel_name = new.name where tenant_id = new.tenant_id and channel_id = new.id;
    return null;
end;
$$;
create or replace trigger analytics_rename_channel after update of name on channels
    for each row when (new.name <> old.name) execute function analytics_rename_channel();

-- The first day of the part of a period to which a day belongs that lies so far behind it; '' beyond the period's end.
create or replace function analytics_part(p_day date, p_behind interval, p_grain text, p_from date, p_to date) returns text
language sql stable parallel safe
as $$
    select case
        when p_day + p_behind <= p_to then greatest(date_trunc(p_grain, p_day + p_behind)::date, p_from)::text
        else ''
    end
$$;

-- Null if one of them is; never below 0.
create or replace function analytics_seconds(p_from timestamptz, p_to timestamptz) returns double precision
language sql immutable parallel safe
as $$ select case when p_to >= p_from then extract(epoch from p_to - p_from) when p_to < p_from then 0 end $$;

-- What these conversations came to. A reply that is not the answer to a question (a greeting, a hand-over, an offer to book, thanks
-- for an address) says nothing of what the bot knew; one of which nothing was written down, because it was said elsewhere, is taken
-- for an answer. One in which nothing was said is none.
create or replace function analytics_facts(p_conversations uuid[]) returns setof analytics_conversations
language sql stable
set search_path from current
as $$
    select c.tenant_id, c.id, c.channel_id, c.created_at, c.language, c.assigned_to, c.rating,
        case
            when said.by_bot > 0 and (said.by_person > 0 or handed.reason is not null) then 'handed_over'
            when said.by_bot > 0 and coalesce(final.is_known, false) then 'bot'
            when said.by_person > 0 then 'person'
            else 'unanswered'
        end,
        said.by_visitor, said.by_bot, said.by_person, said.people, said.first_person,
        told.answered, told.unknown, told.confidence_sum, told.confidence_count, told.helpful, told.unhelpful,
        handed.reason,
        analytics_seconds(asked.at, least(said.bot_at, said.person_at)),
        analytics_seconds(asked.at, said.bot_at),
        analytics_seconds(case when handed.at between asked.at and said.person_at then handed.at else asked.at end, said.person_at),
        case
            when said.by_bot > 0 and said.by_person = 0 and handed.reason is null and coalesce(final.is_known, false)
                then analytics_seconds(asked.at, said.last_bot_at)
        end,
        case when said.by_person > 0 then analytics_seconds(c.created_at, closed.first_at) end,
        closed.reopened, closed.first_at, closed.durable_at
    from conversations c
    left join lateral (
        select m.seq, m.sent_at as at
        from messages m
        where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.sender_type = 'user'
        order by m.seq
        limit 1
    ) asked on true
    left join lateral (
        select e.reason, e.created_at as at
        from escalations e
        where e.tenant_id = c.tenant_id and e.conversation_id = c.id
        order by e.created_at, e.id
        limit 1
    ) handed on true
    cross join lateral (
        select count(*) filter (where m.sender_type = 'user')::integer as by_visitor,
            count(*) filter (where m.sender_type = 'ai')::integer as by_bot,
            count(*) filter (where m.sender_type = 'agent')::integer as by_person,
            min(m.sent_at) filter (where m.sender_type = 'ai' and m.seq > asked.seq) as bot_at,
            min(m.sent_at) filter (where m.sender_type = 'agent' and m.seq > asked.seq) as person_at,
            max(m.sent_at) filter (where m.sender_type = 'ai') as last_bot_at,
            coalesce(
                array_agg(distinct m.sender_user_id) filter (where m.sender_type = 'agent' and m.sender_user_id is not null), '{}'
            ) as people,
            (array_agg(m.sender_user_id order by m.seq) filter (where m.sender_type = 'agent' and m.seq > asked.seq))[1] as first_person
        from messages m
        where m.tenant_id = c.tenant_id and m.conversation_id = c.id
    ) said
    cross join lateral (
        select
            count(*) filter (where a.mode in ('model', 'approved_text', 'webhook', 'order') and not a.gap_detected)::integer as answered,
            count(*) filter (where a.mode = 'no_answer' or a.gap_detected)::integer as unknown,
            coalesce(
                sum(a.confidence::numeric) filter (where a.mode in ('model', 'approved_text', 'no_answer')), 0
            )::double precision as confidence_sum,
            count(*) filter (where a.mode in ('model', 'approved_text', 'no_answer'))::integer as confidence_count,
            count(*) filter (where a.feedback = 'up')::integer as helpful,
            count(*) filter (where a.feedback = 'down')::integer as unhelpful
        from answers a
        where a.tenant_id = c.tenant_id and a.conversation_id = c.id
    ) told
    left join lateral (
        select a.id is null or not (a.mode = 'no_answer' or a.gap_detected) as is_known
        from messages m
        left join answers a on a.tenant_id = m.tenant_id and a.id = m.id
        where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.sender_type = 'ai'
            and (a.id is null or a.mode not in ('small_talk', 'action') or a.gap_detected)
        order by m.seq desc
        limit 1
    ) final on true
    cross join lateral (
        select min(r.at) as first_at, (sum(r.reopened))::integer as reopened,
            min(r.at + interval '168 hours')
                filter (where r.left_at is null or r.left_at >= r.at + interval '168 hours') as durable_at
        from (
            select case when e.kind = 'resolved' then e.created_at end as at, (e.kind = 'reopened')::integer as reopened,
                (
                    select min(n.created_at) from conversation_events n
                    where e.kind = 'resolved' and n.tenant_id = e.tenant_id and n.conversation_id = e.conversation_id
                        and n.kind in ('reopened', 'escalated') and (n.created_at, n.id) > (e.created_at, e.id)
                ) as left_at
            from conversation_events e
            where e.tenant_id = c.tenant_id and e.conversation_id = c.id and e.kind in ('resolved', 'reopened')
            union all
            -- resolved elsewhere, before it came here; or never
            select case when not exists (
                    select from conversation_events e
                    where e.tenant_id = c.tenant_id and e.conversation_id = c.id and e.kind = 'resolved'
                ) then c.resolved_at end, 0, null
        ) r
    ) closed
    where c.tenant_id = current_tenant_id() and c.id = any (p_conversations) and said.by_visitor + said.by_bot + said.by_person > 0
$$;

-- Counts conversations that have changed, at most so many notes of it, and says how many it has dealt with; 0: there is
-- nothing to do now. What somebody else holds, because it is being deleted, keeps its note.
create or replace function analytics_count_conversations(p_most integer) returns integer
language plpgsql
set search_path from current
as $$
declare
    zone    text := (select time_zone from tenants where tenant_id = current_tenant_id());
    changed uuid[];
    days    timestamptz[];
    held    uuid[];
    kept    integer;
begin
    perform pg_advisory_xact_lock(hashtextextended('analytics/' || current_tenant_id(), 0));
    with taken as (
        delete from analytics_touched t
        where t.tenant_id = current_tenant_id() and t.id in (
            select n.id from analytics_touched n
            where n.tenant_id = current_tenant_id() and n.subject = 'conversation'
            order by n.id
            limit p_most
        )
        returning t.conversation_id, t.at
    )
    select array_agg(distinct conversation_id),
        array_agg(distinct date_trunc('day', at at time zone zone) at time zone zone) filter (where at is not null)
    into changed, days
    from taken;
    if changed is null then
        return 0;
    end if;
    insert into analytics_touched (tenant_id, subject, at)
    select current_tenant_id(), 'day', day from unnest(days) as day
    except
    select n.tenant_id, n.subject, n.at from analytics_touched n where n.tenant_id = current_tenant_id();
    select array_agg(h.id) into held
    from (
        select c.id from conversations c
        where c.tenant_id = current_tenant_id() and c.id = any (changed)
        for key share skip locked
    ) h;
    insert into analytics_touched (tenant_id, subject, conversation_id)
    select c.tenant_id, 'conversation', c.id
    from conversations c
    where c.tenant_id = current_tenant_id() and c.id = any (changed) and c.id <> all (coalesce(held, '{}'));
    get diagnostics kept = row_count;
    delete from analytics_conversations f where f.tenant_id = current_tenant_id() and f.conversation_id = any (held);
    insert into analytics_conversations select * from analytics_facts(held);
    return cardinality(changed) - kept;
end;
$$;

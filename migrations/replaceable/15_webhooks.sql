-- Outgoing webhooks; the triggers that call them stand in 20_triggers.sql.

-- What a webhook says of a thing. Notes and what colleagues do among themselves never stand here.
create or replace function webhook_conversation(conversation uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', c.tenant_id, 'conversation_id', c.id, 'contact_id', c.contact_id, 'channel_id', c.channel_id,
        'channel_kind', h.kind, 'status', c.status, 'assigned_to', c.assigned_to, 'language', c.language,
        'page_url', left(c.page_url, 1000), 'rating', c.rating, 'rating_comment', left(c.rating_comment, 2000), 'created_at', c.created_at,
        'contact', json_build_object('name', p.name, 'email', p.email, 'phone', p.phone)
    )
    from conversations c
    join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
    join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
    where c.tenant_id = current_tenant_id() and c.id = conversation
$$;

create or replace function webhook_message(message uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', m.tenant_id, 'message_id', m.id, 'conversation_id', m.conversation_id, 'contact_id', c.contact_id,
        'channel_id', c.channel_id, 'channel_kind', h.kind, 'seq', m.seq, 'sender_type', m.sender_type, 'sender_name', m.sender_name,
        'content_type', m.content_type, 'text', left(m.text_content, 4000), 'is_truncated', length(m.text_content) > 4000,
        'sent_at', m.sent_at
    )
    from messages m
    join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
    join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
    where m.tenant_id = current_tenant_id() and m.id = message
$$;

-- The less, the further a piece is behind: the piece that is furthest behind speaks for its message.
create or replace function delivery_rank(status text) returns integer
language sql immutable
as $$
    select array_position(array['failed', 'unknown', 'cancelled', 'queued', 'sending', 'sent', 'delivered', 'read'], status)
$$;

-- What became of a reply, when this piece of it had the status `was` before; null: nothing new for the whole.
create or replace function webhook_delivery(delivery uuid, was text) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', m.tenant_id, 'message_id', m.id, 'conversation_id', m.conversation_id, 'contact_id', c.contact_id,
        'channel_id', c.channel_id, 'channel_kind', h.kind, 'seq', m.seq, 'sender_type', m.sender_type, 'status', last.status,
        'code', last.error_code, 'reason', left(last.error_reason, 1000)
    )
    from deliveries d
    join messages m on m.tenant_id = d.tenant_id and m.id = d.message_id
    join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
    join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
    cross join lateral (
        select p.status, p.error_code, p.error_reason,
            min(delivery_rank(case when p.id = d.id then was else p.status end)) over () as rank_before
        from deliveries p
        where p.tenant_id = d.tenant_id and p.message_id = d.message_id
        order by delivery_rank(p.status), p.part
        limit 1
    ) last
    where d.tenant_id = current_tenant_id() and d.id = delivery and delivery_rank(last.status) <> last.rank_before
        and last.status in ('delivered', 'read', 'failed', 'unknown')
$$;

create or replace function webhook_contact(contact uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', p.tenant_id, 'contact_id', p.id, 'name', p.name, 'email', p.email, 'phone', p.phone, 'language', p.language,
        'created_at', p.created_at
    )
    from contacts p
    where p.tenant_id = current_tenant_id() and p.id = contact
$$;

create or replace function webhook_escalation(escalation uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', e.tenant_id, 'escalation_id', e.id, 'conversation_id', c.id, 'contact_id', c.contact_id,
        'channel_id', c.channel_id, 'reason', e.reason, 'summary', left(e.summary, 2000), 'assigned_to', e.assigned_to,
        'contact', json_build_object('name', p.name, 'email', p.email, 'phone', p.phone)
    )
    from escalations e
    join conversations c on c.tenant_id = e.tenant_id and c.id = e.conversation_id
    join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
    where e.tenant_id = current_tenant_id() and e.id = escalation
$$;

create or replace function webhook_answer(answer uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', a.tenant_id, 'message_id', a.id, 'conversation_id', a.conversation_id, 'question_message_id', a.question_message_id,
        'rating', a.feedback, 'comment', left(a.feedback_comment, 2000), 'mode', a.mode, 'confidence', a.confidence
    )
    from answers a
    where a.tenant_id = current_tenant_id() and a.id = answer
$$;

create or replace function webhook_gap(gap uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', g.tenant_id, 'gap_id', g.id, 'question', left(g.question, 2000), 'language', g.language,
        'conversation_id', g.conversation_id
    )
    from qa_gaps g
    where g.tenant_id = current_tenant_id() and g.id = gap
$$;

create or replace function webhook_client(client uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', c.tenant_id, 'client_id', c.id, 'contact_id', c.contact_id, 'name', c.name, 'company_name', c.company_name,
        'email', c.email, 'phone', c.phone, 'client_type', c.client_type, 'lifecycle_stage', c.lifecycle_stage,
        'source', c.source, 'assigned_to', c.assigned_to, 'tags', c.tags, 'ecommerce_customer_id', c.ecommerce_customer_id,
        'created_at', c.created_at
    )
    from crm_clients c
    where c.tenant_id = current_tenant_id() and c.id = client
$$;

-- Amounts are strings, as everywhere.
create or replace function webhook_deal(deal uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', d.tenant_id, 'deal_id', d.id, 'client_id', d.client_id, 'contact_id', c.contact_id,
        'conversation_id', d.conversation_id, 'name', d.name, 'deal_value', d.deal_value::text, 'currency', d.currency,
        'pipeline_id', d.pipeline_id, 'pipeline_stage_id', d.pipeline_stage_id, 'stage_name', s.name, 'stage', d.stage,
        'probability', d.probability, 'expected_close_date', d.expected_close_date, 'actual_close_date', d.actual_close_date,
        'owner_id', d.owner_id, 'won_reason', d.won_reason, 'lost_reason', d.lost_reason, 'created_at', d.created_at
    )
    from crm_deals d
    join crm_clients c on c.tenant_id = d.tenant_id and c.id = d.client_id
    join crm_pipeline_stages s on s.tenant_id = d.tenant_id and s.id = d.pipeline_stage_id
    where d.tenant_id = current_tenant_id() and d.id = deal
$$;

create or replace function webhook_order(order_id uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', o.tenant_id, 'order_id', o.id, 'client_id', o.client_id, 'contact_id', c.contact_id, 'deal_id', o.deal_id,
        'order_number', o.order_number, 'ecommerce_order_id', o.ecommerce_order_id, 'status', o.status, 'total', o.total::text,
        'currency', o.currency, 'tracking_number', o.tracking_number, 'order_date', o.order_date
    )
    from crm_orders o
    join crm_clients c on c.tenant_id = o.tenant_id and c.id = o.client_id
    where o.tenant_id = current_tenant_id() and o.id = order_id
$$;

-- Tells the endpoints that ask for this kind of event, one row each, as part of what has happened, and wakes each once in a
-- transaction. Where none asks, it costs one look-up. The job has neither series nor key: those would make writers wait for each other.
-- Arguments: the kind of event, then of what it tells.
create or replace function tell_webhooks() returns trigger
language plpgsql
as $$
declare
    event    uuid;
    body     text;
    data     json;
    endpoint uuid;
    woken    text;
begin
    if is_importing() or not exists (
        select from webhook_endpoints e
        where e.tenant_id = new.tenant_id and e.is_enabled and tg_argv[0] = any(e.event_types)
    ) then
        return null;
    end if;
    if tg_argv[1] = 'delivery' then
        -- two pieces at once would each see the other behind, and nobody would tell
        perform pg_advisory_xact_lock(hashtextextended('message_status/' || new.message_id, 0));
        data := webhook_delivery(new.id, old.status);
        if data is null then
            return null;
        end if;
    else
        data := case tg_argv[1]
            when 'message' then webhook_message(new.id)
            when 'conversation' then webhook_conversation(new.id)
            when 'contact' then webhook_contact(new.id)
            when 'escalation' then webhook_escalation(new.id)
            when 'answer' then webhook_answer(new.id)
            when 'gap' then webhook_gap(new.id)
            when 'client' then webhook_client(new.id)
            when 'deal' then webhook_deal(new.id)
            when 'order' then webhook_order(new.id)
            when 'lead' then webhook_lead(new.id)
            when 'meeting' then webhook_meeting(new.id)
        end;
    end if;
    event := gen_random_uuid();
    body := json_build_object(
        'type', tg_argv[0],
        'timestamp', to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'data', data
    )::text;
    for endpoint in
        insert into webhook_deliveries (tenant_id, endpoint_id, event_id, event_type, body, conversation_id, contact_id, client_id, subject_id,
            created_at)
        select new.tenant_id, e.id, event, tg_argv[0], body, (data ->> 'conversation_id')::uuid, (data ->> 'contact_id')::uuid,
            (data ->> 'client_id')::uuid, case when tg_argv[1] in ('lead', 'meeting', 'deal', 'order') then new.id end,
            clock_timestamp()
        from webhook_endpoints e
        where e.tenant_id = new.tenant_id and e.is_enabled and tg_argv[0] = any(e.event_types)
        returning endpoint_id
    loop
        -- ten thousand rows of one transaction wake it once
        woken := coalesce(current_setting('rapport.woken_endpoints', true), '');
        continue when woken like '%' || endpoint || '%';
        perform set_config('rapport.woken_endpoints', woken || endpoint || ' ', true);
        perform graphile_worker.add_job(
            identifier => 'wake_webhooks',
            payload => json_build_object('tenant', new.tenant_id, 'endpoint', endpoint)
        );
    end loop;
    return null;
end;
$$;

-- What was told of a visitor goes with the visitor. The argument names the column.
create or replace function webhooks_forget() returns trigger
language plpgsql
as $$
begin
    if tg_argv[0] = 'conversation' then
        delete from webhook_deliveries where tenant_id = old.tenant_id and conversation_id = old.id;
    elsif tg_argv[0] = 'client' then
        delete from webhook_deliveries where tenant_id = old.tenant_id and client_id = old.id;
    elsif tg_argv[0] = 'subject' then
        delete from webhook_deliveries where tenant_id = old.tenant_id and subject_id = old.id;
    else
        delete from webhook_deliveries where tenant_id = old.tenant_id and contact_id = old.id;
    end if;
    return null;
end;
$$;

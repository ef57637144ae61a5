-- What rules are told of: written down as part of what has happened.

-- What conditions can read of a conversation.
create or replace function automation_facts(conversation uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'channel_id', c.channel_id, 'channel_kind', h.kind, 'status', c.status, 'ai_paused', c.ai_paused,
        'assigned_to', c.assigned_to, 'language', c.language, 'page_url', left(c.page_url, 1000), 'message_count', c.last_seq,
        'contact_name', p.name, 'contact_email', p.email, 'contact_phone', p.phone,
        'labels', (
            select coalesce(jsonb_agg(l.label_id), '[]')
            from conversation_labels l
            where l.tenant_id = c.tenant_id and l.conversation_id = c.id
        )
    )
    from conversations c
    join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
    join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
    where c.tenant_id = current_tenant_id() and c.id = conversation
$$;

-- The conversation to act in for what happens to a client: the newest one that is not over.
create or replace function automation_conversation_of(client uuid) returns uuid
language sql stable
as $$
    select c.id
    from crm_clients k
    join conversations c on c.tenant_id = k.tenant_id and c.contact_id = k.contact_id and c.status <> 'resolved'
    where k.tenant_id = current_tenant_id() and k.id = client
    order by c.last_message_at desc nulls last, c.id
    limit 1
$$;

-- Writes one event, and wakes the rules if an active one asks for it. The job has neither series nor key: those would make
-- writers wait for each other. An action of a rule names its firing and chain for its transaction.
create or replace function note_automation_event(tenant uuid, kind text, subject uuid, conversation uuid, own jsonb) returns void
language plpgsql
as $$
declare
    is_asked boolean := exists (select from automation_rules r where r.tenant_id = tenant and r.event = kind and r.is_active);
begin
    if is_importing() then
        return;
    end if;
    insert into automation_events (tenant_id, event, subject_id, conversation_id, facts, chain, caused_by, is_pending, created_at)
    values (
        tenant, kind, subject, conversation, coalesce(automation_facts(conversation), '{}') || own,
        coalesce(nullif(current_setting('app.automation_chain', true), ''), '{}')::uuid[],
        nullif(current_setting('app.automation_firing', true), '')::uuid, is_asked, clock_timestamp()
    );
    if is_asked then
        perform graphile_worker.add_job(identifier => 'wake_rules', payload => json_build_object('tenant', tenant));
    end if;
end;
$$;

-- The argument is the kind of event.
create or replace function automation_note() returns trigger
language plpgsql
as $$
begin
    if tg_argv[0] = 'message.created' then
        perform note_automation_event(new.tenant_id, tg_argv[0], new.id, new.conversation_id, jsonb_build_object(
            'text', left(new.text_content, 2000), 'content_type', new.content_type, 'seq', new.seq));
    elsif tg_argv[0] in ('conversation.created', 'conversation.resolved') then
        perform note_automation_event(new.tenant_id, tg_argv[0], new.id, new.id, '{}');
    elsif tg_argv[0] = 'gap.created' then
        perform note_automation_event(new.tenant_id, tg_argv[0], new.id, new.conversation_id, jsonb_build_object(
            'question', left(new.question, 2000), 'gap_language', new.language, 'similarity', new.similarity_score));
    elsif tg_argv[0] = 'escalation.created' then
        perform note_automation_event(new.tenant_id, tg_argv[0], new.id, new.conversation_id, jsonb_build_object('reason', new.reason));
    elsif tg_argv[0] = 'deal.stage_changed' then
        perform note_automation_event(new.tenant_id, tg_argv[0], new.id,
            coalesce(new.conversation_id, automation_conversation_of(new.client_id)),
            jsonb_build_object('deal_name', new.name, 'deal_value', new.deal_value, 'currency', new.currency,
                'from_stage', old.stage, 'to_stage', new.stage, 'owner_id', new.owner_id));
    elsif tg_argv[0] = 'order.status_changed' then
        perform note_automation_event(new.tenant_id, tg_argv[0], new.id, automation_conversation_of(new.client_id),
            jsonb_build_object('order_number', new.order_number, 'order_total', new.total, 'currency', new.currency,
                'from_status', case when tg_op = 'UPDATE' then old.status end, 'to_status', new.status));
    end if;
    return null;
end;
$$;

-- What was written down of a thing goes with it. The argument names the thing.
create or replace function automation_forget() returns trigger
language plpgsql
as $$
begin
    if tg_argv[0] = 'conversation' then
        delete from automation_events where tenant_id = old.tenant_id and conversation_id = old.id;
    else
        delete from automation_events where tenant_id = old.tenant_id and subject_id = old.id;
    end if;
    return null;
end;
$$;

create or replace trigger conversations_automation after insert on conversations
    for each row execute function automation_note('conversation.created');
create or replace trigger conversations_automation_resolved after update of status on conversations
    for each row when (old.status <> 'resolved' and new.status = 'resolved')
    execute function automation_note('conversation.resolved');
create or replace trigger messages_automation after insert on messages
    for each row when (new.sender_type = 'user') execute function automation_note('message.created');
create or replace trigger qa_gaps_automation after insert on qa_gaps
    for each row execute function automation_note('gap.created');
create or replace trigger escalations_automation after insert on escalations
    for each row execute function automation_note('escalation.created');
create or replace trigger crm_deals_automation after update of pipeline_stage_id, stage on crm_deals
    for each row when ((old.pipeline_stage_id, old.stage) is distinct from (new.pipeline_stage_id, new.stage))
    execute function automation_note('deal.stage_changed');
create or replace trigger crm_orders_automation after insert on crm_orders
    for each row execute function automation_note('order.status_changed');
create or replace trigger crm_orders_automation_changed after update of status on crm_orders
    for each row when (old.status <> new.status) execute function automation_note('order.status_changed');

create or replace trigger conversations_automation_forget after delete on conversations
    for each row execute function automation_forget('conversation');
create or replace trigger qa_gaps_automation_forget after delete on qa_gaps
    for each row execute function automation_forget('subject');
create or replace trigger crm_deals_automation_forget after delete on crm_deals
    for each row execute function automation_forget('subject');
create or replace trigger crm_orders_automation_forget after delete on crm_orders
    for each row execute function automation_forget('subject');

-- Days whose topics have to be found again: when a message comes late or goes.

-- Ten thousand rows of one transaction note a day once.
create or replace function topics_note_day(p_tenant uuid, p_day date, p_at_once boolean) returns void
language plpgsql
set search_path from current
as $$
declare
    noted text := coalesce(current_setting('rapport.noted_days', true), '');
    mark  text := p_tenant || '/' || p_day || ' ';
begin
    -- with its tenant everything goes
    if position(mark in noted) > 0 or not exists (select from tenants where tenant_id = p_tenant) then
        return;
    end if;
    perform set_config('rapport.noted_days', noted || mark, true);
    insert into topic_day_changes (tenant_id, day) values (p_tenant, p_day);
    if p_at_once then
        perform graphile_worker.add_job(
            identifier => 'find_topics',
            payload => json_build_object('tenant', p_tenant, 'with_today', false),
            queue_name => 'find_topics/' || p_tenant,
            job_key => 'find_topics/' || p_tenant
        );
    end if;
end;
$$;

-- Live messages do not come here: they are looked at when their day is over.
create or replace function topics_note_late() returns trigger
language plpgsql
set search_path from current
as $$
begin
    perform topics_note_day(new.tenant_id, (new.sent_at at time zone t.time_zone)::date, false)
    from tenants t
    where t.tenant_id = new.tenant_id;
    return null;
end;
$$;
create or replace trigger messages_note_late_topic after insert on messages
    for each row when (new.sender_type = 'user' and new.sent_at < now() - interval '1 hour')
    execute function topics_note_late();

-- The words of who has gone do not wait for the night.
create or replace function topics_note_gone() returns trigger
language plpgsql
set search_path from current
as $$
begin
    perform topics_note_day(old.tenant_id, old.day, true);
    return null;
end;
$$;
create or replace trigger topic_messages_note_gone after delete on topic_messages
    for each row execute function topics_note_gone();

-- Who replied to a visitor's message, from the next message that is not the visitor's: bot, declined (the bot, but without an
-- answer), person or nobody.
create or replace function topics_answerer(p_sender_type text, p_mode text, p_actions jsonb) returns text
language sql immutable parallel safe
as $$
    select case
        when p_sender_type is null then 'nobody'
        when p_sender_type = 'agent' then 'person'
        when p_mode in ('no_answer', 'action') or p_actions @> '[{"kind": "hand_off"}]' then 'declined'
        else 'bot'
    end
$$;

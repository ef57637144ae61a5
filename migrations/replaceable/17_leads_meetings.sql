-- Leads and meetings: leads are told to other programs, and both are kept with the person they are about.

create or replace function webhook_lead(lead uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', l.tenant_id, 'lead_id', l.id, 'conversation_id', l.conversation_id, 'contact_id', l.contact_id,
        'channel_id', l.channel_id, 'intent', l.intent, 'contact', l.contact_info, 'status', l.status, 'source', l.source,
        'consent', l.consent, 'assigned_to', l.assigned_to, 'client_id', l.client_id, 'deal_id', l.deal_id, 'created_at', l.created_at
    )
    from leads l
    where l.tenant_id = current_tenant_id() and l.id = lead
$$;

-- The note of a lead with what somebody says who is known otherwise already: nothing that they tell is lost.
create or replace function lead_note(p_note text, p_known jsonb, p_told jsonb, p_said text) returns text
language sql immutable
as $$
    select left(concat_ws(E'\n', nullif(p_note, ''), (
        select string_agg(t.line, E'\n' order by t.line)
        from (
            select key || ': ' || value as line from jsonb_each_text(p_told)
            where p_known ->> key is not null and lower(p_known ->> key) <> lower(value)
        ) t
        where position(t.line in p_note) = 0
    ), case when position(p_said in p_note) = 0 then p_said end), 4000)
$$;

create or replace trigger leads_tell_webhooks after insert on leads
    for each row execute function tell_webhooks('lead.created', 'lead');
create or replace trigger leads_tell_webhooks_changed after update of status on leads
    for each row when (old.status <> new.status) execute function tell_webhooks('lead.status_changed', 'lead');

create or replace function webhook_meeting(meeting uuid) returns json
language sql stable
as $$
    select json_build_object(
        'tenant_id', m.tenant_id, 'meeting_id', m.id, 'conversation_id', m.conversation_id, 'contact_id', m.contact_id,
        'title', m.title, 'meeting_url', m.meeting_url, 'scheduled_at', m.scheduled_at, 'ends_at', m.ends_at,
        'duration_minutes', m.duration_minutes, 'status', m.status, 'source', m.source,
        'attendee', json_build_object('name', m.attendee_name, 'email', m.attendee_email), 'assigned_to', m.assigned_to,
        'cancel_reason', m.cancel_reason, 'created_at', m.created_at
    )
    from meetings m
    where m.tenant_id = current_tenant_id() and m.id = meeting
$$;

create or replace trigger meetings_tell_webhooks after insert on meetings
    for each row when (new.status in ('scheduled', 'rescheduled')) execute function tell_webhooks('meeting.booked', 'meeting');
create or replace trigger meetings_tell_webhooks_again after update of status on meetings
    for each row when (old.status not in ('scheduled', 'rescheduled') and new.status in ('scheduled', 'rescheduled'))
    execute function tell_webhooks('meeting.booked', 'meeting');
create or replace trigger meetings_tell_webhooks_moved after update of scheduled_at, duration_minutes on meetings
    for each row when (old.status in ('scheduled', 'rescheduled') and new.status in ('scheduled', 'rescheduled')
        and (old.scheduled_at, old.duration_minutes) is distinct from (new.scheduled_at, new.duration_minutes))
    execute function tell_webhooks('meeting.moved', 'meeting');
create or replace trigger meetings_tell_webhooks_cancelled after update of status on meetings
    for each row when (old.status <> 'cancelled' and new.status = 'cancelled')
    execute function tell_webhooks('meeting.cancelled', 'meeting');
create or replace trigger meetings_tell_webhooks_completed after update of status on meetings
    for each row when (old.status <> 'completed' and new.status = 'completed')
    execute function tell_webhooks('meeting.completed', 'meeting');

-- Invitations are written at once, and not with the next look for what there is to tell.
create or replace function meetings_tell() returns trigger
language plpgsql
as $$
begin
    if not is_importing() and exists (select from meeting_settings s where s.tenant_id = new.tenant_id and s.is_scheduler_on) then
        perform graphile_worker.add_job(
            identifier => 'look_for_notices',
            payload => json_build_object('tenant', new.tenant_id),
            queue_name => 'notices/' || new.tenant_id,
            max_attempts => 10,
            job_key => 'notices/' || new.tenant_id
        );
    end if;
    return null;
end;
$$;

create or replace trigger meetings_tell after insert on meetings
    for each row when (new.source in ('builtin', 'agent')) execute function meetings_tell();
create or replace trigger meetings_tell_changed after update of sequence on meetings
    for each row when (new.source in ('builtin', 'agent') and old.sequence <> new.sequence) execute function meetings_tell();

-- Contacts that become one, or two again, take along what came of their conversations.
create or replace function conversations_take_along() returns trigger
language plpgsql
as $$
begin
    update leads set contact_id = new.contact_id where tenant_id = new.tenant_id and conversation_id = new.id;
    update meetings set contact_id = new.contact_id where tenant_id = new.tenant_id and conversation_id = new.id;
    return null;
end;
$$;

create or replace trigger conversations_take_along after update of contact_id on conversations
    for each row when (old.contact_id <> new.contact_id) execute function conversations_take_along();

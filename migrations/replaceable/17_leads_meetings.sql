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

create or replace trigger leads_tell_webhooks after insert on leads
    for each row execute function tell_webhooks('lead.created', 'lead');
create or replace trigger leads_tell_webhooks_changed after update of status on leads
    for each row when (old.status <> new.status) execute function tell_webhooks('lead.status_changed', 'lead');

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

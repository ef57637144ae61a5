-- Erasing somebody finds what was told, mailed and noted of what goes with them.

alter table webhook_deliveries
    add column subject_id uuid;                -- the lead, meeting, deal or order that it tells of
create index webhook_deliveries_subject on webhook_deliveries (tenant_id, subject_id) where subject_id is not null;
alter table webhook_deliveries no force row level security;
update webhook_deliveries
set subject_id = (body::json -> 'data' ->> (split_part(event_type, '.', 1) || '_id'))::uuid
where split_part(event_type, '.', 1) in ('lead', 'meeting', 'deal', 'order');
alter table webhook_deliveries force row level security;

alter table emails
    add column about_id uuid                   -- the meeting or activity that it tells of
        generated always as (substring(dedupe_key from '^(?:meeting|reminder|activity)/([0-9a-f-]{36})/')::uuid) stored;
create index emails_about on emails (tenant_id, about_id) where about_id is not null;

create index audit_log_subject on audit_log (tenant_id, subject);

-- A lead that has become a client goes with the client: it is the same person's data.
alter table leads
    drop constraint leads_tenant_id_client_id_fkey,
    add foreign key (tenant_id, client_id) references crm_clients (tenant_id, id) on delete cascade;

-- A rule whose replies are too many in a conversation says so.
alter table automation_firings
    drop constraint automation_firings_status_check,
    add constraint automation_firings_status_check check (status in ('done', 'failed', 'skipped_loop', 'stopped'));

-- What a vendor told and could not be: a time that is none.
alter table meeting_events add column error text;

-- The functions that erase from here on take the place of this one.
drop trigger if exists contacts_forget_client on contacts;
drop function if exists crm_forget_client();

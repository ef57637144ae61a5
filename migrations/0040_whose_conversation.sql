-- Contacts that somebody of the team puts together stay two visitors: each token reads what it began.

alter table conversations add column begun_by uuid;        -- who wrote it before its contact was merged by hand; null: the contact
alter table contact_identities add column came_from uuid;  -- the same: whose it was

alter table contact_merges no force row level security;
alter table conversations no force row level security;
alter table contact_identities no force row level security;
with moved as (
    select distinct on (m.tenant_id, c.id) m.tenant_id, c.id::uuid as id, m.merged_id
    from contact_merges m
    cross join lateral jsonb_array_elements_text(coalesce(m.moved -> 'conversations', '[]')) as c (id)
    where m.reason = 'hand' and m.undone_at is null
    order by m.tenant_id, c.id, m.created_at
)
update conversations v set begun_by = moved.merged_id from moved where v.tenant_id = moved.tenant_id and v.id = moved.id;
with moved as (
    select distinct on (m.tenant_id, i.id) m.tenant_id, i.id::uuid as id, m.merged_id
    from contact_merges m
    cross join lateral jsonb_array_elements_text(coalesce(m.moved -> 'identities', '[]')) as i (id)
    where m.reason = 'hand' and m.undone_at is null
    order by m.tenant_id, i.id, m.created_at
)
update contact_identities v set came_from = moved.merged_id from moved where v.tenant_id = moved.tenant_id and v.id = moved.id;
alter table contact_merges force row level security;
alter table conversations force row level security;
alter table contact_identities force row level security;

drop index conversations_one_open;
create unique index conversations_one_open on conversations (tenant_id, coalesce(begun_by, contact_id), channel_id)
    where status <> 'resolved';
create index conversations_contact_channel on conversations (tenant_id, contact_id, channel_id);

-- Who is behind invitations and API keys, so that these do not outlive a membership.

alter table invitations
    add column invited_by text;               -- `user:<id>` or `api_key:<id>`: asked again when the link is used
alter table api_keys
    add column created_by uuid;               -- the user who made it, also through another key; null: the operator

-- Both were logged when they were made.
alter table invitations no force row level security;
alter table api_keys no force row level security;
alter table audit_log no force row level security;
update invitations i set invited_by = coalesce((
    select a.actor from audit_log a
    where a.tenant_id = i.tenant_id and a.action = 'invitation_created' and a.subject = 'invitation:' || i.id
    limit 1
), 'system');
update api_keys k set created_by = (
    select substr(a.actor, 6)::uuid from audit_log a
    where a.tenant_id = k.tenant_id and a.action = 'api_key_created' and a.subject = 'api_key:' || k.id
        and a.actor like 'user:%'
    limit 1
);
alter table invitations force row level security;
alter table api_keys force row level security;
alter table audit_log force row level security;

alter table invitations alter column invited_by set not null;

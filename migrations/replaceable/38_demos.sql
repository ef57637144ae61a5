-- Keeps the links of demonstrations in step.

create or replace function demos_index() returns trigger
language plpgsql
as $$
begin
    if tg_op in ('DELETE', 'UPDATE') then
        delete from platform.demo_index where tenant_id = old.tenant_id;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        insert into platform.demo_index (token, tenant_id, demo_id, name, website_url, created_by, created_at, expires_at)
        values (new.token, new.tenant_id, new.id, new.name, new.website_url, new.created_by, new.created_at, new.expires_at);
    end if;
    return null;
end;
$$;

create or replace trigger demos_index_written after insert or delete on demos
    for each row execute function demos_index();
create or replace trigger demos_index_changed after update of token, name, website_url, expires_at on demos
    for each row execute function demos_index();

grant insert, delete on platform.demo_index to rapport_app;
grant select (tenant_id) on platform.demo_index to rapport_app;
grant select on platform.demo_index to rapport_platform;

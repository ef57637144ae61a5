-- Another version of what retrieval has learned finds other things, and its confidence is another one: the correction that goes
-- with it takes the place of the one before.
create or replace function retrieval_version_changed() returns trigger
language plpgsql
set search_path from current
as $$
declare
    brought jsonb;
begin
    if tg_op <> 'DELETE' and new.is_active then
        brought := nullif(new.metrics -> 'calibration', 'null');
    end if;
    update knowledge_state
    set revision = revision + 1, calibration = brought
    where tenant_id = coalesce(new.tenant_id, old.tenant_id);
    return null;
end;
$$;
create or replace trigger retrieval_version_added after insert on model_versions
    for each row when (new.kind = 'retrieval' and new.is_active) execute function retrieval_version_changed();
create or replace trigger retrieval_version_changed after update of is_active on model_versions
    for each row when (new.kind = 'retrieval' and old.is_active is distinct from new.is_active)
    execute function retrieval_version_changed();
create or replace trigger retrieval_version_gone after delete on model_versions
    for each row when (old.kind = 'retrieval' and old.is_active) execute function retrieval_version_changed();

-- The test event that shows that inbound work is done. One row, for ever.
create table platform.canary (
    is_only         boolean primary key default true check (is_only),
    under_way_since timestamptz,               -- null: none is
    arrived_at      timestamptz                -- the last one
);
insert into platform.canary default values;

-- Which master key this database's secrets are sealed with. One row, written when the key is first used; it opens nothing.
create table platform.master_key (
    is_only     boolean primary key default true check (is_only),
    fingerprint text,                          -- null: whichever key comes next, for an operator who has lost the old one
    known_since timestamptz not null default now()
);

-- As another system counted it: stands until it is counted here.
alter table analytics_daily add column is_imported boolean not null default false;
alter table topics_daily add column is_imported boolean not null default false;

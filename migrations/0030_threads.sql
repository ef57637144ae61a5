-- Where a reply goes: the vendor's thread in which the person wrote last when it was said.
alter table deliveries
    add column thread text;                    -- of a message's first piece
create index deliveries_thread on deliveries (tenant_id, channel_id, thread) where thread is not null;

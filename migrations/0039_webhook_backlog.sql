-- When the newest of what waits was written is known without reading all that waits.
create index webhook_deliveries_written on webhook_deliveries (tenant_id, endpoint_id, updated_at) where status = 'pending';

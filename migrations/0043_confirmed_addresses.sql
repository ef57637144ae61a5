-- An address that a visitor has typed proves nothing until somebody of the team says that it is right. What was confirmed
-- stands here; it counts while the client has that address.
alter table crm_clients
    add column confirmed_email text collate "C",  -- as in email_key
    add column confirmed_phone text collate "C";  -- its digits

-- A code is offered when its row is made.
alter table order_verifications drop column offered_at;

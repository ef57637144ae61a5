-- Whether this was written down before the clock was put back: two clocks do not differ by so much. What was planned then
-- is due whatever its time, so that nothing waits for more than twice as long as it was to.
create or replace function lies_ahead(p_written timestamptz) returns boolean
language sql stable parallel safe
as $$ select p_written > now() + interval '15 seconds' $$;

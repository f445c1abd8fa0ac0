-- The names of subscriptions that have events to handle up to `last`. The cursors of the others move there at once; a cursor that
-- another relay holds is passed by.
WITH lagging AS MATERIALIZED (
  SELECT c.name, c.position, s.events, s.without, s."where"
  FROM subscription_cursor c JOIN jsonb_to_recordset(%(subscriptions)s) AS s(name text, events text[], without text[], "where" jsonb) ON s.name = c.name
  WHERE c.position < %(last)s
  FOR NO KEY UPDATE OF c SKIP LOCKED
), due AS MATERIALIZED (
  SELECT l.name, EXISTS (
    SELECT 1 FROM outbox_position p JOIN outbox o USING (id)
    WHERE p.position > l.position AND p.position <= %(last)s AND (cardinality(l.events) = 0 OR o.type = ANY (l.events)) AND o.type <> ALL (l.without) AND o.data @> l."where") AS has_events
  FROM lagging l
), moved AS (
  UPDATE subscription_cursor c SET position = %(last)s FROM due d WHERE c.name = d.name AND NOT d.has_events
)
SELECT name FROM due WHERE has_events ORDER BY name

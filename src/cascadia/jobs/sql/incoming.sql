-- Events of the given types (none: all), without some, whose data contain `where`, between two positions, in their order.
SELECT p.position, o.uid, o.type, o.subject, o.program_id, o.actor_id, o.data
FROM outbox_position p JOIN outbox o USING (id)
WHERE p.position > %(after)s AND p.position <= %(last)s AND (cardinality(%(events)s::text[]) = 0 OR o.type = ANY (%(events)s::text[]))
  AND o.type <> ALL (%(without)s::text[]) AND o.data @> %(where)s
ORDER BY p.position LIMIT %(limit)s

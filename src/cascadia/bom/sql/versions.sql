-- Returns the version of each parent's BOM at a point.
SELECT i AS item_id, bom_version(%(branch_id)s, i, %(seq)s) AS bom_seq FROM unnest(%(items)s::bigint[]) AS i

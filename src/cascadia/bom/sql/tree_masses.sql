-- Returns what sums over a tree and its order need of each distinct item; nothing but the unit where the programs hide it.
SELECT i.item_id, CASE WHEN may.see THEN i.number END AS number, may.see AS visible,
  CASE WHEN may.see THEN v.attributes -> 'mass' END AS mass, coalesce(v.attributes ->> 'unit', 'ea') AS unit
FROM unnest(%(items)s::bigint[]) AS k(item_id)
JOIN item i ON i.item_id = k.item_id
JOIN project pr ON pr.project_id = i.project_id
CROSS JOIN LATERAL (SELECT pr.program_id = ANY(%(programs)s::int[]) OR pr.library AS see) may
LEFT JOIN item_v v ON v.branch_id = %(branch_id)s AND v.item_id = i.item_id AND v.to_seq > %(seq)s AND v.from_seq <= %(seq)s

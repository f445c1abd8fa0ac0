-- Returns what a tree shows of each distinct item; nothing but the id where the programs hide it.
SELECT i.item_id, CASE WHEN may.see THEN i.uid END AS uid, CASE WHEN may.see THEN i.number END AS number, CASE WHEN may.see THEN v.name END AS name,
  CASE WHEN may.see THEN v.phase END AS phase, may.see AS visible,
  CASE WHEN may.see THEN v.attributes -> 'mass' END AS mass, coalesce(v.attributes ->> 'unit', 'ea') AS unit,
  CASE WHEN may.see THEN (SELECT r.revision FROM revision r WHERE r.item_id = i.item_id AND r.branch_id = %(branch_id)s AND r.seq <= %(seq)s ORDER BY r.seq DESC LIMIT 1) END AS revision,
  CASE WHEN may.see THEN m.file_uid END AS file_uid, m.component, coalesce(m.thumbnail, false) AS has_thumbnail, coalesce(m.model, false) AS has_model
FROM unnest(%(items)s::bigint[]) AS k(item_id)
JOIN item i ON i.item_id = k.item_id
JOIN project pr ON pr.project_id = i.project_id
CROSS JOIN LATERAL (SELECT pr.program_id = ANY(%(programs)s::int[]) OR pr.library AS see) may
LEFT JOIN item_v v ON v.branch_id = %(branch_id)s AND v.item_id = i.item_id AND v.to_seq > %(seq)s AND v.from_seq <= %(seq)s
LEFT JOIN LATERAL item_model(i.item_id, %(branch_id)s, %(seq)s) m ON may.see

-- Returns what judging a new item needs: its project, its owner, ids and (unless typed) a number. Draws only where the programs allow it.
SELECT pr.project_id, pr.program_id, s.typed_allowed, o.user_id AS owner_id, EXISTS (SELECT FROM item_number n WHERE n.key = folded(%(number)s::text)) AS number_taken,
  CASE WHEN may.ok THEN draw_ids('item', 'item_id', 1) END AS ids,
  CASE WHEN may.ok AND %(number)s::text IS NULL THEN draw_numbers(%(kind)s, pr.code, 1) END AS numbers
FROM project pr
JOIN number_scheme s ON s.kind = %(kind)s
LEFT JOIN user_account o ON o.uid = %(owner)s::uuid AND o.active
CROSS JOIN LATERAL (SELECT pr.program_id = ANY(%(creating)s::int[]) AS ok) may
WHERE pr.uid = %(project)s AND (pr.program_id = ANY(%(programs)s::int[]) OR pr.library)

-- Returns what the commit `seq` did to the lines of a part (uids, in the order in which the lines were made), and the BOM's version after it;
-- without `seq` nothing and the version now.
WITH asked AS (SELECT %(seq)s::bigint AS seq),
parent AS (
  SELECT i.item_id, i.uid, bom_version(0, i.item_id, coalesce(a.seq, 9223372036854775806)) AS bom_seq
  FROM asked a
  JOIN item i ON i.uid = %(uid)s
  JOIN project pr ON pr.project_id = i.project_id
  WHERE pr.program_id = ANY(%(programs)s::int[]) OR pr.library
),
touched AS (
  SELECT v.line_id, l.uid, bool_or(v.from_seq = a.seq) AS opened, bool_or(v.to_seq = a.seq) AS closed
  FROM asked a
  JOIN bom_v v ON v.branch_id = 0 AND (v.from_seq = a.seq OR v.to_seq = a.seq)
  JOIN parent p ON p.item_id = v.parent_id
  JOIN bom_line l USING (line_id)
  GROUP BY v.line_id, l.uid
)
SELECT p.uid, p.bom_seq, c.uid AS commit,
  ARRAY(SELECT uid FROM touched WHERE opened AND NOT closed ORDER BY line_id) AS added,
  ARRAY(SELECT uid FROM touched WHERE opened AND closed ORDER BY line_id) AS changed,
  ARRAY(SELECT uid FROM touched WHERE closed AND NOT opened ORDER BY line_id) AS removed
FROM asked a CROSS JOIN parent p LEFT JOIN commit_log c ON c.branch_id = 0 AND c.seq = a.seq

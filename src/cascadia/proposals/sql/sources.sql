-- Returns what files of this name in this project became (memory.Source), with all else that became the same assemblies; and of the one that is chosen.
WITH of_name AS (SELECT lineage_id, root_id FROM lineage WHERE project_id = %(project_id)s AND name = folded(%(file_name)s))
SELECT l.root_id, s.key, s.item_id, s.name, s.geometry, s.seq
FROM lineage l JOIN item_source s USING (lineage_id)
WHERE l.lineage_id IN (SELECT lineage_id FROM of_name) OR l.root_id IN (SELECT root_id FROM of_name) OR l.root_id = %(root)s

-- Owned by cascadia.bom.

SELECT guard_versions('bom_v'), guard_identity('bom_line', 'line_id');

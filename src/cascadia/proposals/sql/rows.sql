-- Returns rows of a proposal (service.RowRow); a condition and an order follow.
SELECT r.row_id, r.uid, r.ordinal, r.kind, r.component, r.parent, r.child, r.found, r.verdict, r.match_id, r.match_by, r.candidates, r.changes,
  r.line_id, r.choice, r.number, r.name, r.description, r.problems,
  r.certainty, r.doubts, r.confirmed, r.decided, r.left_out, i.uid AS match_uid, i.number AS match_number, v.name AS match_name,
  pa.uid AS parent_row, ch.uid AS child_row
FROM proposal_row r
LEFT JOIN item i ON i.item_id = r.match_id
LEFT JOIN item_v v ON v.branch_id = 0 AND v.item_id = r.match_id AND v.to_seq = 9223372036854775807
LEFT JOIN proposal_row pa ON pa.proposal_id = r.proposal_id AND pa.kind = 'part' AND pa.component = r.parent
LEFT JOIN proposal_row ch ON ch.proposal_id = r.proposal_id AND ch.kind = 'part' AND ch.component = r.child
WHERE r.proposal_id = %(proposal_id)s

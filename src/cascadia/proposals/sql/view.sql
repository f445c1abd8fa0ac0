-- Returns proposals (service.ProposalRow) that the programs allow; a condition and an order follow.
SELECT q.proposal_id, q.uid, f.uid AS file_uid, f.name AS file_name, f.media_type, pr.uid AS project_uid, pr.code AS project_code, pr.name AS project_name, pr.program_id,
  b.name AS branch, q.base_seq, q.state, q.error, q.counts, q.notes, q.created_at, q.changed_at, u.uid AS created_by_uid, u.name AS created_by_name,
  c.seq AS commit_seq, c.uid AS commit_uid, un.seq AS undone_seq, un.uid AS undone_uid, root.uid AS root_row, i.uid AS root_uid, i.number AS root_number,
  (SELECT j.uid FROM job_subscriber s JOIN job j ON j.id = s.job_id WHERE s.subject IN (q.uid, f.uid)
    AND j.type NOT IN ('conversion.cad.model', 'conversion.cad.pictures') ORDER BY j.id DESC LIMIT 1) AS job,
  (SELECT count(*) FROM proposal_row w WHERE q.state = 'open' AND w.proposal_id = q.proposal_id AND w.problems <> '[]' AND NOT w.left_out)
    + CASE WHEN q.state = 'open' THEN coalesce((q.report -> 'counts' ->> 'wrong')::int, 0) ELSE 0 END AS to_mend,
  (SELECT count(*) FROM proposal_row w WHERE q.state = 'open' AND w.proposal_id = q.proposal_id AND NOT w.confirmed AND NOT w.left_out) AS to_check,
  EXISTS (SELECT 1 FROM derivative d WHERE d.source_blob_id = f.blob_id AND d.kind = 'glb' AND d.component = '') AS has_model,
  EXISTS (SELECT 1 FROM derivative d WHERE d.source_blob_id = f.blob_id AND d.kind = 'thumbnail' AND d.component = '') AS has_picture,
  EXISTS (SELECT 1 FROM job j WHERE j.family = 'conversion.cad' AND j.state IN ('queued', 'running') AND NOT j.cancel_requested AND j.key LIKE f.blob_id || ':%%') AS is_drawn_now
FROM proposal q
JOIN file f USING (file_id)
JOIN project pr ON pr.project_id = q.project_id
JOIN branch b ON b.branch_id = q.branch_id
JOIN user_account u ON u.user_id = q.created_by
LEFT JOIN commit_log c ON c.uid = q.commit_uid
LEFT JOIN commit_log un ON un.uid = q.undone_by
LEFT JOIN proposal_row root ON root.proposal_id = q.proposal_id AND root.kind = 'part' AND root.found ->> 'is_root' = 'true'
LEFT JOIN item i ON q.state = 'accepted' AND i.item_id = root.match_id
WHERE pr.program_id = ANY(%(programs)s::int[])

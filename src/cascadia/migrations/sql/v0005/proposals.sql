-- Owned by cascadia.proposals. `notes`: what was guessed, left out or found damaged on reading the file, `[{code, message, component}]`.
ALTER TABLE proposal ADD COLUMN notes jsonb NOT NULL DEFAULT '[]';

-- Proposals that an outage ended before this version are asked for again, unless somebody did so: the events
-- lead to the conversion (the one that was queued again, where there is one) or, where it is done, to the match.
WITH again AS (
  UPDATE proposal q SET state = 'waiting', error = NULL, changed_at = now()
  WHERE q.state = 'failed' AND was_outage(q.error) AND NOT EXISTS (
    SELECT 1 FROM proposal o WHERE o.file_id = q.file_id AND o.project_id = q.project_id AND o.proposal_id > q.proposal_id)
  RETURNING q.uid, q.project_id, q.created_by
)
SELECT emit(gen_random_uuid(), 'proposal.requested', again.uid, p.program_id, again.created_by, asked.data, NULL, NULL)
FROM again JOIN project p USING (project_id)
CROSS JOIN LATERAL (
  SELECT a.data FROM audit a WHERE a.type = 'proposal.requested' AND a.subject = again.uid ORDER BY a.id LIMIT 1
) asked;

DROP FUNCTION was_outage(jsonb);

-- What nobody could accept of a row: a list of {"field", "message"}; and what a person says instead of the file's description.
ALTER TABLE proposal_row ADD COLUMN problems jsonb NOT NULL DEFAULT '[]', ADD COLUMN description text;
CREATE INDEX proposal_row_problem ON proposal_row (proposal_id) WHERE problems <> '[]';

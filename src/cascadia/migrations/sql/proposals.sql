-- Owned by cascadia.proposals: what a file would change, row by row.

CREATE TABLE proposal (
  proposal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  file_id bigint NOT NULL REFERENCES file,
  project_id int NOT NULL REFERENCES project,
  branch_id int NOT NULL REFERENCES branch,
  base_seq bigint,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'open', 'accepted', 'discarded', 'stale', 'failed')),
  error jsonb,
  counts jsonb,
  commit_uid uuid,
  created_by bigint NOT NULL REFERENCES user_account,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX proposal_page ON proposal (project_id, proposal_id);
CREATE INDEX proposal_waiting ON proposal (file_id) WHERE state = 'waiting';

-- A row about a part (`component`) or a line (parent and child are components). `seen`: version that the match relies on.
CREATE TABLE proposal_row (
  row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  proposal_id bigint NOT NULL REFERENCES proposal ON DELETE CASCADE,
  ordinal int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('part', 'line')),
  component text,
  parent text,
  child text,
  found jsonb NOT NULL,
  verdict text NOT NULL,
  match_id bigint REFERENCES item,
  match_by text,
  candidates jsonb NOT NULL DEFAULT '[]',
  changes jsonb NOT NULL DEFAULT '[]',
  line_id bigint REFERENCES bom_line,
  seen bigint,
  choice text NOT NULL,
  number text,
  name text,
  UNIQUE (proposal_id, ordinal)
);

CREATE INDEX proposal_row_part ON proposal_row (proposal_id, component) WHERE kind = 'part';

-- The proposal that a change accepts: CA410 where it is not open any more. Waits on the row ahead of the lock on the branch.
CREATE FUNCTION accept_proposal(proposal bigint, commit_of uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE proposal p SET state = 'accepted', commit_uid = commit_of, changed_at = now() WHERE p.proposal_id = proposal AND p.state = 'open';
  IF NOT FOUND THEN RAISE EXCEPTION 'proposal is not open' USING ERRCODE = 'CA410'; END IF;
END $$;

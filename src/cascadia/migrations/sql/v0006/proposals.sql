-- Owned by cascadia.proposals. What was accepted is remembered, so that the next state of a file finds its parts again.

-- A series of files of which each is the next state of the one before: those of one name (folded) in a project whose root is one part (null: it was
-- left out). Two boards' `bom.csv` are two. `seq`: the newest commit that was accepted from it.
CREATE TABLE lineage (
  lineage_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id int NOT NULL REFERENCES project,
  name text COLLATE "C" NOT NULL,
  root_id bigint REFERENCES item,
  seq bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX lineage_series ON lineage (project_id, name, (coalesce(root_id, 0)));
CREATE INDEX lineage_root ON lineage (root_id);
CREATE INDEX lineage_newest ON lineage (project_id, seq);

-- Which part a component of a lineage became, by what identifies it in its file for ever. `number` and `name` as the file last had them (a name
-- that differs was typed since), `geometry` too; `match_by`: how the part was found when it was joined to this key (null: made for it).
CREATE TABLE item_source (
  lineage_id bigint NOT NULL REFERENCES lineage,
  key text COLLATE "C" NOT NULL,
  item_id bigint NOT NULL REFERENCES item,
  number text,
  name text,
  geometry text,
  match_by text,
  seq bigint NOT NULL,
  PRIMARY KEY (lineage_id, key)
);
CREATE INDEX item_source_item ON item_source (item_id);

-- The commit that undid what accepting the proposal had written.
ALTER TABLE proposal ADD COLUMN undone_by uuid;

-- What files of a lineage that were accepted (`seq`: when; the last two are kept) said of a line, whatever became of it: the last one is the base
-- of the three-way merge with the next one.
-- `unit`, `kind`, `find` and `note` are null, `designators` empty where it said nothing; `placements`: a digest of them.
CREATE TABLE line_source (
  lineage_id bigint NOT NULL REFERENCES lineage,
  line_id bigint NOT NULL REFERENCES bom_line,
  parent_id bigint NOT NULL REFERENCES item,
  child_id bigint NOT NULL REFERENCES item,
  quantity numeric NOT NULL,
  unit text,
  kind text,
  find int,
  note text,
  designators text[] NOT NULL,
  placements text,
  seq bigint NOT NULL,
  PRIMARY KEY (lineage_id, line_id, seq)
);

-- `reading`: how its person says that a parts list is read (structures.reading.Options); `report`: how it was read (…Report).
ALTER TABLE proposal ADD COLUMN reading jsonb NOT NULL DEFAULT '{}', ADD COLUMN report jsonb;

-- `certainty` of the part that a row is taken for; `doubts`: why a person must look at it, in words; `confirmed`: somebody did, or nobody needs to;
-- `decided`: a person chose what it does; `left_out`: nothing of it is written, because what it belongs to is skipped.
ALTER TABLE proposal_row
  ADD COLUMN certainty text NOT NULL DEFAULT 'sure' CHECK (certainty IN ('sure', 'likely', 'suggestion', 'none')),
  ADD COLUMN doubts jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN confirmed boolean NOT NULL DEFAULT true,
  ADD COLUMN decided boolean NOT NULL DEFAULT false,
  ADD COLUMN left_out boolean NOT NULL DEFAULT false;
CREATE INDEX proposal_row_unconfirmed ON proposal_row (proposal_id) WHERE NOT confirmed;

-- What the release before guessed and nobody has accepted yet is looked at.
UPDATE proposal_row r SET certainty = 'likely', confirmed = false,
  doubts = jsonb_build_array('it was found by its ' || match_by || ' alone')
FROM proposal q WHERE q.proposal_id = r.proposal_id AND q.state = 'open' AND r.kind = 'part' AND r.choice = 'use' AND r.match_by IN ('geometry', 'name');

-- What earlier imports made or found by more than geometry is remembered, except where two components became one part.
WITH accepted AS (
  SELECT q.proposal_id, q.project_id, folded(f.name) AS name, c.seq, root.match_id AS root_id
  FROM proposal q JOIN file f USING (file_id) JOIN commit_log c ON c.uid = q.commit_uid
  LEFT JOIN proposal_row root ON root.proposal_id = q.proposal_id AND root.kind = 'part' AND root.found ->> 'is_root' = 'true' AND root.choice <> 'skip'
  WHERE q.state = 'accepted'
), made AS (
  INSERT INTO lineage (project_id, name, root_id, seq) SELECT project_id, name, root_id, max(seq) FROM accepted GROUP BY project_id, name, root_id
  RETURNING lineage_id, project_id, name, root_id
)
INSERT INTO item_source (lineage_id, key, item_id, number, name, geometry, match_by, seq)
SELECT DISTINCT ON (m.lineage_id, r.component) m.lineage_id, r.component, r.match_id, r.found ->> 'number', r.found ->> 'name',
  r.found ->> 'geometry_hash', r.match_by, a.seq
FROM accepted a
JOIN made m ON m.project_id = a.project_id AND m.name = a.name AND m.root_id IS NOT DISTINCT FROM a.root_id
JOIN proposal_row r ON r.proposal_id = a.proposal_id AND r.kind = 'part' AND r.choice <> 'skip' AND r.match_id IS NOT NULL
WHERE r.match_by IS DISTINCT FROM 'geometry' AND r.component !~ '#[0-9]+$' AND NOT EXISTS (
  SELECT FROM proposal_row twin WHERE twin.proposal_id = r.proposal_id AND twin.kind = 'part' AND twin.match_id = r.match_id
    AND twin.choice <> 'skip' AND twin.component <> r.component)
ORDER BY m.lineage_id, r.component, a.seq DESC;

-- CA409 where another file was accepted in the project since the writer looked what its own would match: it looks again. Runs under the lock.
CREATE FUNCTION expect_no_import(project int, seen bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM lineage WHERE project_id = project AND seq > seen) THEN RAISE EXCEPTION 'an import was accepted' USING ERRCODE = 'CA409'; END IF;
END $$;

-- Remembers what a commit's file became: [{key, item_id, number, name, geometry, match_by}], with the seq of the commit that is being made,
-- or of the newest one where nothing had to be committed.
CREATE FUNCTION remember_sources(project int, file_name text, root bigint, at_seq bigint, sources jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE series bigint;
BEGIN
  INSERT INTO lineage AS l (project_id, name, root_id, seq) VALUES (project, folded(file_name), root, at_seq)
    ON CONFLICT (project_id, name, (coalesce(root_id, 0))) DO UPDATE SET seq = greatest(l.seq, at_seq) RETURNING lineage_id INTO series;
  INSERT INTO item_source AS s (lineage_id, key, item_id, number, name, geometry, match_by, seq)
    SELECT series, r.key, r.item_id, r.number, r.name, r.geometry, r.match_by, at_seq
    FROM jsonb_to_recordset(sources) AS r(key text, item_id bigint, number text, name text, geometry text, match_by text)
    ON CONFLICT (lineage_id, key) DO UPDATE SET item_id = EXCLUDED.item_id, number = EXCLUDED.number, name = EXCLUDED.name, geometry = EXCLUDED.geometry,
      match_by = CASE WHEN s.item_id = EXCLUDED.item_id THEN s.match_by ELSE EXCLUDED.match_by END, seq = EXCLUDED.seq;
END $$;

-- Remembers what the file of a lineage says of lines ([{line_id, parent_id, child_id, quantity, …}]). Runs after `remember_sources`.
CREATE FUNCTION remember_lines(project int, file_name text, root bigint, at_seq bigint, lines jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE series bigint;
BEGIN
  SELECT lineage_id INTO STRICT series FROM lineage
    WHERE project_id = project AND name = folded(file_name) AND coalesce(root_id, 0) = coalesce(root, 0);
  DELETE FROM line_source s WHERE s.lineage_id = series
    AND (s.seq = at_seq OR s.seq < (SELECT max(o.seq) FROM line_source o WHERE o.lineage_id = series AND o.seq < at_seq));
  INSERT INTO line_source AS s (lineage_id, line_id, parent_id, child_id, quantity, unit, kind, find, note, designators, placements, seq)
    SELECT series, r.line_id, r.parent_id, r.child_id, r.quantity, r.unit, r.kind, r.find, r.note, r.designators, r.placements, at_seq
    FROM jsonb_to_recordset(lines) AS r(line_id bigint, parent_id bigint, child_id bigint, quantity numeric, unit text, kind text, find int,
      note text, designators text[], placements text);
END $$;

-- Marks an accepted proposal as undone by a commit, and forgets what its file became: the file before it is the last one again. The numbers of
-- parts that it had made (`made`), which go, are free. CA410 where somebody else undid it.
CREATE FUNCTION undo_proposal(proposal bigint, commit_of uuid, import_seq bigint, made bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE series bigint[];
BEGIN
  UPDATE proposal q SET undone_by = commit_of, changed_at = now() WHERE q.proposal_id = proposal AND q.state = 'accepted' AND q.undone_by IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'proposal is not there to be undone' USING ERRCODE = 'CA410'; END IF;
  SELECT array_agg(l.lineage_id) INTO series FROM proposal q JOIN file f USING (file_id)
    JOIN lineage l ON l.project_id = q.project_id AND l.name = folded(f.name) WHERE q.proposal_id = proposal;
  DELETE FROM line_source s WHERE s.lineage_id = ANY(series) AND s.seq = import_seq;
  DELETE FROM line_source s WHERE s.lineage_id IN (SELECT lineage_id FROM lineage WHERE root_id = ANY(made));
  DELETE FROM item_source s WHERE s.item_id = ANY(made) OR s.lineage_id IN (SELECT lineage_id FROM lineage WHERE root_id = ANY(made));
  DELETE FROM lineage WHERE root_id = ANY(made);
  UPDATE lineage l SET seq = coalesce((SELECT max(s.seq) FROM line_source s WHERE s.lineage_id = l.lineage_id), 0)
    WHERE l.lineage_id = ANY(series) AND l.seq = import_seq;
  DELETE FROM item_number WHERE item_id = ANY(made);
END $$;

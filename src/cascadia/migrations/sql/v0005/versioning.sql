-- Owned by cascadia.versioning. The past is kept by the database: whoever asks, a version row is inserted by a commit that is being
-- made, closed once by a later one, and nothing else ever happens to it. What is refused ends with CA423.

-- Raises: this would change the past.
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'history is kept: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'CA423', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME,
    HINT = 'Version rows are inserted by a commit that is being made and closed once by a later one; commits and the audit trail are only added to.';
END $$;

-- The branch of the commit that this transaction makes; main where a program before this step opened it.
CREATE FUNCTION commit_branch() RETURNS int STABLE LANGUAGE sql AS $$
  SELECT coalesce(nullif(current_setting('cascadia.branch', true), ''), '0')::int
$$;

-- The seq of the commit that this transaction makes, null outside of one.
CREATE FUNCTION commit_being_made() RETURNS bigint STABLE LANGUAGE sql AS $$
  SELECT nullif(current_setting('cascadia.seq', true), '')::bigint
$$;

-- Raises unless that commit was really opened by this transaction: a setting is soon made, a row of this transaction is not.
CREATE FUNCTION expect_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM commit_log WHERE branch_id = commit_branch() AND seq = commit_being_made() AND xmin = pg_current_xact_id()::xid)
  THEN RAISE EXCEPTION 'history is kept: % of % outside of a commit is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'CA423', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;

-- Puts a versioned table under the rule. To be called for each new one, and again after a column was added.
-- The rows of a commit pass conditions only, no function: which columns a statement sets is known before it touches a row.
CREATE FUNCTION guard_versions(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE others text;
BEGIN
  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO others
  FROM pg_attribute WHERE attrelid = guarded AND attnum > 0 AND NOT attisdropped AND attname <> 'to_seq';
  EXECUTE format('CREATE OR REPLACE TRIGGER history_in_a_commit BEFORE INSERT OR UPDATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION expect_commit()', guarded);
  EXECUTE format('CREATE OR REPLACE TRIGGER history_never_edited BEFORE UPDATE OF %s OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()',
                 others, guarded);
  EXECUTE format('CREATE OR REPLACE TRIGGER history_inserted_once AFTER INSERT ON %s FOR EACH ROW '
                 'WHEN (NEW.branch_id IS DISTINCT FROM commit_branch() OR NEW.from_seq IS DISTINCT FROM commit_being_made() OR NEW.to_seq <> 9223372036854775807) '
                 'EXECUTE FUNCTION refuse_rewriting()', guarded);
  EXECUTE format('CREATE OR REPLACE TRIGGER history_closed_once AFTER UPDATE ON %s FOR EACH ROW '
                 'WHEN (OLD.to_seq <> 9223372036854775807 OR NEW.branch_id IS DISTINCT FROM commit_branch() OR NEW.to_seq IS DISTINCT FROM commit_being_made()) '
                 'EXECUTE FUNCTION refuse_rewriting()', guarded);
END $$;

-- Puts a table of what happened under the rule that it is only added to.
CREATE FUNCTION guard_additions(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE OR REPLACE TRIGGER history_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()', guarded);
END $$;

-- Keeps the uids that digests name.
CREATE FUNCTION guard_identity(guarded regclass, id_column text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE OR REPLACE TRIGGER history_names_it BEFORE UPDATE OF %I, uid ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()', id_column, guarded);
END $$;

-- What else than its rows a commit is: the events that tell of it carry this, so that the seals of the audit trail cover it.
CREATE FUNCTION commit_about(kind text, import uuid, programs int[]) RETURNS text STABLE LANGUAGE sql AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(kind, import, ARRAY(SELECT DISTINCT p FROM unnest(programs) AS p ORDER BY p))::text, 'UTF8')), 'hex')
$$;

-- As before, and says which branch the commit is on.
CREATE OR REPLACE FUNCTION open_commit(b int, commit_uid uuid, author bigint, message text, commit_kind text, import uuid, digest bytea, programs int[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint; s text; previous bytea; t timestamptz;
BEGIN
  UPDATE branch SET head_seq = head_seq + 1 WHERE branch_id = b RETURNING head_seq, status INTO n, s;
  IF s IS DISTINCT FROM 'open' THEN RAISE EXCEPTION 'branch is %', coalesce(s, 'missing') USING ERRCODE = 'CA409'; END IF;
  SELECT hash, at INTO previous, t FROM commit_log WHERE branch_id = b AND seq = n - 1;
  t := greatest(clock_timestamp(), t + interval '1 microsecond');
  INSERT INTO commit_log (branch_id, seq, uid, at, author_id, message, kind, import_id, digest, hash)
  VALUES (b, n, commit_uid, t, author, message, commit_kind, import, digest, chain_hash(previous, n, t, digest));
  INSERT INTO commit_program SELECT b, n, p FROM unnest(programs) AS p;
  PERFORM set_config('cascadia.branch', b::text, true), set_config('cascadia.seq', n::text, true);
  RETURN n;
END $$;

SELECT guard_additions('commit_log'), guard_additions('commit_program'), guard_additions('revision'), guard_additions('audit'), guard_additions('audit_seal');
SELECT guard_identity('item', 'item_id'), guard_identity('user_account', 'user_id');

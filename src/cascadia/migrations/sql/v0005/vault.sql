-- Owned by cascadia.vault.

SELECT guard_versions('attachment_v'), guard_identity('attachment', 'attachment_id'), guard_identity('file', 'file_id');

-- A digest names a file, a file a blob: the content behind both stays what it was.
CREATE TRIGGER history_content BEFORE UPDATE OF blob_id, sha256, size, key ON blob FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER history_content BEFORE UPDATE OF blob_id, name, size ON file FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- What a server that received every byte hashed the whole to: a hash half done cannot be handed from one process to another.
ALTER TABLE upload ADD COLUMN hashed bytea CHECK (length(hashed) = 32);

-- Adds a piece behind what is in an object that has grown from `object_start` on; returns the new offset, or null where the upload has
-- come to another byte. To programs that know no such objects it is one long piece.
CREATE FUNCTION upload_grow(which uuid, object_start bigint, object_key text, piece_start bigint, bytes bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE one upload;
BEGIN
  UPDATE upload SET received = received + bytes, expires_at = now() + interval '1 day'
  WHERE uid = which AND received = piece_start AND state = 'receiving' AND received + bytes <= size RETURNING * INTO one;
  IF NOT FOUND THEN RETURN NULL; END IF;
  INSERT INTO upload_piece (upload_id, start, length, key) VALUES (one.upload_id, object_start, one.received - object_start, object_key)
  ON CONFLICT (upload_id, start) DO UPDATE SET length = excluded.length;
  RETURN one.received;
END $$;

-- Whatever program puts an upload together: a file has the bytes that were announced. One that reads such an object whole, with what a
-- server that died left behind its row, makes none; whoever puts it together next reads as far as the row says.
CREATE FUNCTION upload_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.size <> (SELECT f.size FROM file f WHERE f.uid = NEW.file_uid) THEN
    RAISE EXCEPTION 'the file of upload % has not the bytes that were announced', NEW.uid USING ERRCODE = 'check_violation',
      CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER upload_is_whole AFTER UPDATE OF state ON upload FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION upload_is_whole();

-- Uploads whose job died before anybody was told.
UPDATE upload SET state = 'failed', error = jsonb_build_object('code', 'not_stored', 'message', 'This upload could not be stored. Upload the file again.')
WHERE state = 'receiving' AND received = size
  AND EXISTS (SELECT FROM job WHERE job.type = 'vault.assemble' AND job.subject = upload.uid AND job.state IN ('dead', 'cancelled'));

-- What the files of a program may take together; null or no row: as much as there is room.
CREATE TABLE program_quota (
  program_id int PRIMARY KEY REFERENCES program,
  allowed bigint CHECK (allowed >= 0),
  set_by bigint NOT NULL REFERENCES user_account,
  set_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX file_sizes ON file (project_id) INCLUDE (size);

-- Of which programs an output holds something: its reader has a role in each of them at the moment of reading. Null: nobody knows, nobody reads.
ALTER TABLE output_file ADD COLUMN programs int[];
UPDATE output_file o SET programs = ARRAY(SELECT r.program_id FROM program_role r WHERE r.user_id = o.created_for);

-- As for the outputs before: a worker of version 4 does not name them.
CREATE FUNCTION output_names_programs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.programs := ARRAY(SELECT r.program_id FROM program_role r WHERE r.user_id = NEW.created_for);
  RETURN NEW;
END $$;
CREATE TRIGGER output_names_programs BEFORE INSERT ON output_file FOR EACH ROW WHEN (NEW.programs IS NULL) EXECUTE FUNCTION output_names_programs();

-- Owned by cascadia.vault: uploads in pieces, to any app server. Each piece is an object of its own until the whole is put together.
CREATE TABLE upload (
  upload_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  created_by bigint NOT NULL REFERENCES user_account,
  project_id int NOT NULL REFERENCES project,
  name text NOT NULL,
  media_type text COLLATE "C" NOT NULL,
  size bigint NOT NULL CHECK (size >= 0),
  -- What the client says the whole hashes to, where it says so.
  sha256 bytea CHECK (length(sha256) = 32),
  received bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND size),
  state text COLLATE "C" NOT NULL DEFAULT 'receiving' CHECK (state IN ('receiving', 'done', 'failed')),
  file_uid uuid,
  error jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL DEFAULT now() + interval '1 day'
);
CREATE INDEX upload_expiry ON upload (expires_at);

CREATE TABLE upload_piece (
  upload_id bigint NOT NULL REFERENCES upload ON DELETE CASCADE,
  start bigint NOT NULL,
  length bigint NOT NULL CHECK (length > 0),
  key text COLLATE "C" NOT NULL UNIQUE,
  PRIMARY KEY (upload_id, start)
);

-- Adds a piece where the upload has come to `start`; returns the new offset, or null where another piece came first.
CREATE FUNCTION upload_add_piece(which uuid, piece_start bigint, bytes bigint, piece_key text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE one upload;
BEGIN
  UPDATE upload SET received = received + bytes, expires_at = now() + interval '1 day'
  WHERE uid = which AND received = piece_start AND state = 'receiving' AND received + bytes <= size RETURNING * INTO one;
  IF NOT FOUND THEN RETURN NULL; END IF;
  INSERT INTO upload_piece (upload_id, start, length, key) VALUES (one.upload_id, piece_start, bytes, piece_key);
  RETURN one.received;
END $$;

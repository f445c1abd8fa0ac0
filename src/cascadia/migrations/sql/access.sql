-- Owned by cascadia.access.

CREATE TABLE user_account (
  user_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  email text NOT NULL,
  name text NOT NULL,
  password_hash text,
  administrator boolean NOT NULL DEFAULT false,
  active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX user_email ON user_account (lower(email));

CREATE TABLE program (
  program_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  code text COLLATE "C" NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX program_code ON program (lower(code));

CREATE TABLE project (
  project_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  program_id int NOT NULL REFERENCES program,
  code text COLLATE "C" NOT NULL,
  name text NOT NULL,
  library boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX project_code ON project (lower(code));
CREATE INDEX project_program ON project (program_id, project_id);

CREATE TABLE program_role (
  program_id int NOT NULL REFERENCES program,
  user_id bigint NOT NULL REFERENCES user_account,
  role text NOT NULL CHECK (role IN ('viewer', 'engineer', 'approver', 'lead')),
  PRIMARY KEY (user_id, program_id)
);
CREATE INDEX program_role_program ON program_role (program_id, user_id);

-- Who is signed in by a cookie. Only the hash is here: whoever reads this table cannot sign in with it.
CREATE TABLE session (
  token_hash bytea PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES user_account,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  user_agent text,
  address text
);
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE api_token (
  token_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid uuid NOT NULL UNIQUE,
  token_hash bytea NOT NULL UNIQUE,
  user_id bigint NOT NULL REFERENCES user_account,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
CREATE INDEX api_token_user ON api_token (user_id, token_id);

-- Tries to sign in that have not succeeded (yet), for limits that all servers share.
CREATE TABLE sign_in_attempt (
  attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  email text NOT NULL,
  address text
);
CREATE INDEX sign_in_attempt_email ON sign_in_attempt (email, at);
CREATE INDEX sign_in_attempt_address ON sign_in_attempt (address, at);
CREATE INDEX sign_in_attempt_age ON sign_in_attempt (at);

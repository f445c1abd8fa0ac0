"""The SQL of this package by name; the texts lie in `sql/`."""

from typing import Final, LiteralString

from cascadia.kernel.sql import query

SESSION_ACTOR: Final[LiteralString] = query(__package__, "session_actor")
TOKEN_ACTOR: Final[LiteralString] = query(__package__, "token_actor")

INSTANCE_LOCK: Final[LiteralString] = "SELECT uid FROM instance FOR UPDATE"
NAME_ORGANISATION: Final[LiteralString] = "UPDATE instance SET organisation = %(organisation)s"
HAS_ADMINISTRATOR: Final[LiteralString] = "SELECT EXISTS (SELECT 1 FROM user_account WHERE administrator)"
HERE: Final[LiteralString] = "SELECT i.uid, s.value AS device_key FROM instance i, instance_secret s WHERE s.name = 'device_key'"
ORGANISATION: Final[LiteralString] = "SELECT coalesce(organisation, '') FROM instance"
SETUP_TOKEN: Final[LiteralString] = "SELECT value FROM instance_secret WHERE name = 'setup_token'"

ATTEMPT_LOCK: Final[LiteralString] = "SELECT pg_advisory_xact_lock(hashtextextended('cascadia.sign_in.' || lower(%(email)s), 0))"
BEGIN_ATTEMPT: Final[LiteralString] = query(__package__, "begin_attempt")
FORGET_ATTEMPTS: Final[LiteralString] = (
    "DELETE FROM sign_in_attempt WHERE email = lower(%(email)s) AND budget IS NOT DISTINCT FROM %(budget)s::text "
    "AND (budget IS NOT NULL OR address IS NOT DISTINCT FROM %(address)s::text)"
)
FORGET_ATTEMPTS_AT: Final[LiteralString] = "DELETE FROM sign_in_attempt WHERE email = lower(%(email)s)"
FORGET_OLD_ATTEMPTS: Final[LiteralString] = (
    "DELETE FROM sign_in_attempt WHERE attempt_id IN "
    "(SELECT attempt_id FROM sign_in_attempt WHERE at < now() - interval '1 day' FOR UPDATE SKIP LOCKED)"
)
CREDENTIALS: Final[LiteralString] = (
    "SELECT user_id, uid, password_hash FROM user_account WHERE lower(email) = lower(%(email)s) AND active AND password_hash IS NOT NULL"
)
PASSWORD_HASH_AT: Final[LiteralString] = "SELECT password_hash FROM user_account WHERE lower(email) = lower(%(email)s) AND active"
PASSWORD_HASH: Final[LiteralString] = "SELECT password_hash FROM user_account WHERE user_id = %(user_id)s"
SET_PASSWORD_HASH: Final[LiteralString] = "UPDATE user_account SET password_hash = %(password_hash)s WHERE user_id = %(user_id)s"
START_SESSION: Final[LiteralString] = query(__package__, "start_session")
SESSION_STATE: Final[LiteralString] = query(__package__, "session_state")
FORGET_SESSIONS: Final[LiteralString] = (
    "DELETE FROM session WHERE session_id IN (SELECT session_id FROM session WHERE expires_at < now() FOR UPDATE SKIP LOCKED)"
)
END_SESSION: Final[LiteralString] = "DELETE FROM session WHERE uid = %(uid)s AND user_id = %(user_id)s RETURNING uid"
END_SESSIONS_BY_HASH: Final[LiteralString] = (
    "DELETE FROM session s USING user_account u WHERE s.token_hash = ANY(%(hashes)s) AND u.user_id = s.user_id RETURNING u.user_id, u.uid"
)
SESSIONS: Final[LiteralString] = query(__package__, "sessions")
SESSION_COUNT: Final[LiteralString] = "SELECT count(*) FROM session WHERE user_id = %(user_id)s AND expires_at > now()"
END_ACCESS: Final[LiteralString] = query(__package__, "end_access")

TOKENS: Final[LiteralString] = query(__package__, "tokens")
TOKEN_COUNT: Final[LiteralString] = "SELECT count(*) FROM api_token WHERE user_id = %(user_id)s OR %(everybody)s"
LOCK_USER: Final[LiteralString] = "SELECT user_id FROM user_account WHERE user_id = %(user_id)s FOR NO KEY UPDATE"
STILL_SIGNED_IN: Final[LiteralString] = query(__package__, "still_signed_in")
TOKENS_IN_USE: Final[LiteralString] = (
    "SELECT count(*) FROM api_token WHERE user_id = %(user_id)s AND coalesce(expires_at, created_at + interval '90 days') > now()"
)
INSERT_TOKEN: Final[LiteralString] = (
    "INSERT INTO api_token (uid, token_hash, user_id, name, scope, expires_at, made_by) "
    "VALUES (%(uid)s, %(token_hash)s, %(user_id)s, %(name)s, %(scope)s, %(expires_at)s, %(made_by)s) "
    "RETURNING token_id, uid, name, scope, created_at, expires_at, last_used_at"
)
REVOKE_TOKENS: Final[LiteralString] = query(__package__, "revoke_tokens")
FORGET_TOKENS: Final[LiteralString] = (
    "DELETE FROM api_token WHERE token_id IN "
    "(SELECT token_id FROM api_token WHERE expires_at < now() - interval '30 days' FOR UPDATE SKIP LOCKED)"
)

USER_COLUMNS: Final[LiteralString] = "user_id, uid, email, name, administrator, active"
USER_MATCHING: Final[LiteralString] = (
    "FROM user_account WHERE (%(q)s::text IS NULL OR position(lower(%(q)s::text) IN lower(name || ' ' || email)) > 0)"
)
USER_PAGE: Final[LiteralString] = (
    f"SELECT {USER_COLUMNS} {USER_MATCHING} AND (%(after)s::bigint IS NULL OR user_id > %(after)s::bigint) ORDER BY user_id LIMIT %(limit)s"
)
USER_COUNT: Final[LiteralString] = f"SELECT count(*) {USER_MATCHING}"
USER: Final[LiteralString] = f"SELECT {USER_COLUMNS} FROM user_account WHERE uid = %(uid)s"
ACTIVE_USER_AT: Final[LiteralString] = f"SELECT {USER_COLUMNS} FROM user_account WHERE lower(email) = lower(%(email)s) AND active"
INSERT_USER: Final[LiteralString] = (
    "INSERT INTO user_account (uid, email, name, password_hash, administrator) "
    f"VALUES (%(uid)s, %(email)s, %(name)s, %(password_hash)s, %(administrator)s) RETURNING {USER_COLUMNS}"
)
CHANGE_USER: Final[LiteralString] = query(__package__, "change_user")
ACTIVE_ADMINISTRATORS: Final[LiteralString] = "SELECT count(*) FROM user_account WHERE administrator AND active"

PROGRAMS: Final[LiteralString] = query(__package__, "programs")
PROGRAM_PAGE: Final[LiteralString] = (
    f"{PROGRAMS} AND (%(after)s::int IS NULL OR p.program_id > %(after)s::int) ORDER BY p.program_id LIMIT %(limit)s"
)
PROGRAM_COUNT: Final[LiteralString] = f"SELECT count(*) FROM ({PROGRAMS}) AS seen"
PROGRAM: Final[LiteralString] = f"{PROGRAMS} AND p.uid = %(uid)s"
PROGRAM_BY_CODE: Final[LiteralString] = f"{PROGRAMS} AND lower(p.code) = lower(%(code)s)"
INSERT_PROGRAM: Final[LiteralString] = (
    "INSERT INTO program (uid, code, name) VALUES (%(uid)s, %(code)s, %(name)s) RETURNING program_id, uid, code, name, 'lead' AS role"
)
LOCK_PROGRAM: Final[LiteralString] = "SELECT program_id FROM program WHERE program_id = %(program_id)s FOR NO KEY UPDATE"
GRANTS: Final[LiteralString] = query(__package__, "grants")
GRANT_COUNT: Final[LiteralString] = "SELECT count(*) FROM program_role WHERE program_id = %(program_id)s"
SET_ROLE: Final[LiteralString] = (
    "INSERT INTO program_role (program_id, user_id, role) VALUES (%(program_id)s, %(user_id)s, %(role)s) "
    "ON CONFLICT (user_id, program_id) DO UPDATE SET role = excluded.role"
)
DELETE_ROLE: Final[LiteralString] = "DELETE FROM program_role WHERE program_id = %(program_id)s AND user_id = %(user_id)s"

PROJECTS: Final[LiteralString] = query(__package__, "projects")
PROJECT_MATCHING: Final[LiteralString] = f"{PROJECTS} AND (%(program)s::uuid IS NULL OR p.uid = %(program)s::uuid)"
PROJECT_PAGE: Final[LiteralString] = (
    f"{PROJECT_MATCHING} AND (%(after)s::int IS NULL OR j.project_id > %(after)s::int) ORDER BY j.project_id LIMIT %(limit)s"
)
PROJECT_COUNT: Final[LiteralString] = f"SELECT count(*) FROM ({PROJECT_MATCHING}) AS seen"
PROJECT: Final[LiteralString] = f"{PROJECTS} AND j.uid = %(uid)s"
PROJECT_BY_CODE: Final[LiteralString] = f"{PROJECTS} AND lower(j.code) = lower(%(code)s)"
INSERT_PROJECT: Final[LiteralString] = (
    "INSERT INTO project (uid, program_id, code, name, library) VALUES (%(uid)s, %(program_id)s, %(code)s, %(name)s, %(library)s)"
)

ACTOR: Final[LiteralString] = (
    "SELECT ''::bytea AS token_hash, NULL::timestamptz AS expires_at, 'administer' AS scope, NULL::bigint AS token_id, "
    "u.user_id, u.uid, u.name, u.email, u.administrator, "
    "coalesce((SELECT jsonb_object_agg(r.program_id, r.role) FROM program_role r WHERE r.user_id = u.user_id), '{}') AS roles "
    "FROM user_account u WHERE u.user_id = %(user_id)s AND u.active"
)

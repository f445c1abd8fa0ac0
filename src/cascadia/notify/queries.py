"""SQL of feed, webhooks and deliveries."""

from typing import Final, LiteralString

from cascadia.kernel.sql import query

FEED: Final = query(__package__, "feed")
NEWEST: Final[LiteralString] = "SELECT coalesce(max(position), 0) FROM outbox_position"

COLUMNS: Final[LiteralString] = (
    "SELECT w.webhook_id, w.uid, w.version, w.program_id, p.uid AS program_uid, p.code AS program_code, w.url, w.description, w.types,"
    " w.enabled, w.disabled_reason, w.failing_since, w.created_at FROM webhook w LEFT JOIN program p USING (program_id)"
)
SEEN: Final[LiteralString] = " WHERE (%(everything)s OR w.program_id = ANY (%(programs)s::int[]))"
WEBHOOKS: Final[LiteralString] = COLUMNS + SEEN + " AND w.webhook_id > %(after)s ORDER BY w.webhook_id LIMIT %(limit)s"
WEBHOOK_COUNT: Final[LiteralString] = "SELECT count(*) FROM webhook w" + SEEN
WEBHOOK: Final[LiteralString] = COLUMNS + SEEN + " AND w.uid = %(uid)s"
INSERT: Final[LiteralString] = (
    "INSERT INTO webhook (uid, program_id, url, description, types, patterns, secret, created_by)"
    " VALUES (%(uid)s, %(program_id)s, %(url)s, %(description)s, %(types)s, %(patterns)s, %(secret)s, %(actor)s)"
)
EDIT: Final[LiteralString] = (
    "UPDATE webhook SET version = version + 1, url = %(url)s, description = %(description)s, types = %(types)s, patterns = %(patterns)s,"
    " enabled = %(enabled)s, created_by = CASE WHEN %(enabled)s AND NOT enabled THEN %(actor)s ELSE created_by END,"
    " disabled_reason = CASE WHEN %(enabled)s THEN NULL ELSE coalesce(disabled_reason, 'Switched off.') END,"
    " failing_since = CASE WHEN %(enabled)s AND NOT enabled THEN NULL ELSE failing_since END"
    " WHERE uid = %(uid)s AND version = %(version)s"
)
ROTATE: Final[LiteralString] = (
    "UPDATE webhook SET version = version + 1, old_secret = secret, old_secret_until = now() + interval '24 hours', secret = %(secret)s"
    " WHERE uid = %(uid)s"
)
DELETE: Final[LiteralString] = "DELETE FROM webhook WHERE uid = %(uid)s AND version = %(version)s"
DISABLE: Final[LiteralString] = (
    "UPDATE webhook SET version = version + 1, enabled = false, disabled_reason = %(reason)s"
    " WHERE webhook_id = %(webhook_id)s AND enabled RETURNING uid, program_id"
)

TAKES: Final[LiteralString] = (
    "SELECT w.webhook_id FROM webhook w JOIN outbox o ON o.uid = %(uid)s WHERE w.enabled AND webhook_is_kept(w) AND w.created_at <= o.at"
    " AND w.program_id IS NOT DISTINCT FROM o.program_id AND o.type LIKE ANY (w.patterns)"
)
DELIVER: Final[LiteralString] = (
    "INSERT INTO webhook_delivery AS d (uid, webhook_id, event_uid, event_type)"
    " VALUES (%(uid)s, %(webhook_id)s, %(event_uid)s, %(event_type)s)"
    " ON CONFLICT (webhook_id, event_uid) DO UPDATE SET state = 'waiting' RETURNING d.uid"
)
OUTGOING: Final[LiteralString] = (
    "SELECT d.uid, d.state, d.webhook_id, w.url, w.enabled, webhook_is_kept(w) AS kept, w.secret,"
    " CASE WHEN w.old_secret_until > now() THEN w.old_secret END AS old_secret,"
    " o.uid AS event_uid, o.type, o.subject, o.at, o.data, p.uid AS program_uid, u.uid AS actor_uid"
    " FROM webhook_delivery d JOIN webhook w USING (webhook_id) JOIN outbox o ON o.uid = d.event_uid"
    " LEFT JOIN program p ON p.program_id = o.program_id LEFT JOIN user_account u ON u.user_id = o.actor_id WHERE d.uid = %(uid)s"
)
RECORD: Final[LiteralString] = (
    "UPDATE webhook_delivery SET state = %(state)s, attempts = attempts + 1, status = %(status)s, milliseconds = %(milliseconds)s,"
    " error = %(error)s, answer = %(answer)s, tried_at = clock_timestamp() WHERE uid = %(uid)s"
)
LEFT_ALONE: Final[LiteralString] = "SELECT w.webhook_id FROM webhook w WHERE w.enabled AND NOT webhook_is_kept(w) ORDER BY w.webhook_id"
RECOVERED: Final[LiteralString] = "UPDATE webhook SET failing_since = NULL WHERE webhook_id = %(webhook_id)s AND failing_since IS NOT NULL"
FAILED: Final[LiteralString] = (
    "WITH given_up AS (UPDATE webhook_delivery SET state = 'failed' WHERE uid = %(uid)s AND state = 'waiting' RETURNING webhook_id)"
    " UPDATE webhook w SET failing_since = coalesce(w.failing_since, now()) FROM given_up g WHERE w.webhook_id = g.webhook_id"
    " RETURNING w.webhook_id, w.failing_since < now() - interval '5 days' AS for_long"
)
DELIVERIES: Final[LiteralString] = (
    "SELECT d.delivery_id, d.uid, d.event_uid, d.event_type, d.state, d.attempts, d.status, d.milliseconds, d.error, d.answer,"
    " d.created_at, d.tried_at"
    " FROM webhook_delivery d WHERE d.webhook_id = %(webhook_id)s AND (%(state)s::text IS NULL OR d.state = %(state)s)"
)
DELIVERY_PAGE: Final[LiteralString] = (
    DELIVERIES + " AND (%(after)s::bigint IS NULL OR d.delivery_id < %(after)s::bigint) ORDER BY d.delivery_id DESC LIMIT %(limit)s"
)
DELIVERY_COUNT: Final[LiteralString] = "SELECT count(*) FROM (" + DELIVERIES + ") counted"
DELIVERY: Final[LiteralString] = DELIVERIES + " AND d.uid = %(uid)s"
REPLAYABLE: Final[LiteralString] = (
    "SELECT p.position, o.uid AS event_uid, o.type AS event_type FROM outbox_position p JOIN outbox o USING (id)"
    " JOIN webhook w ON w.webhook_id = %(webhook_id)s WHERE p.position > %(after)s"
    " AND o.program_id IS NOT DISTINCT FROM w.program_id AND o.type LIKE ANY (w.patterns)"
    " AND o.type <> ALL (%(not_told)s)"
)
REPLAY_PAGE: Final[LiteralString] = REPLAYABLE + " ORDER BY p.position LIMIT %(limit)s"
REPLAY_COUNT: Final[LiteralString] = "SELECT count(*) FROM (" + REPLAYABLE + ") counted"
TO_BE_MAILED: Final[LiteralString] = (
    "SELECT u.user_id, u.email, u.name, min(s.subject_name) AS subject_name FROM job j JOIN job_subscriber s ON s.job_id = j.id"
    " JOIN user_account u ON u.user_id = s.actor_id WHERE j.uid = %(job)s AND u.active AND s.cancelled_at IS NULL"
    " AND (s.program_id IS NULL OR EXISTS (SELECT 1 FROM program_role r WHERE r.user_id = u.user_id AND r.program_id = s.program_id))"
    " AND NOT EXISTS (SELECT 1 FROM notification_setting n WHERE n.user_id = u.user_id AND NOT n.mail_failures) GROUP BY u.user_id"
)
SETTING: Final[LiteralString] = (
    "SELECT coalesce((SELECT mail_failures FROM notification_setting WHERE user_id = %(user_id)s), true) AS mail_failures"
)
SET_SETTING: Final[LiteralString] = (
    "INSERT INTO notification_setting (user_id, mail_failures) VALUES (%(user_id)s, %(mail_failures)s)"
    " ON CONFLICT (user_id) DO UPDATE SET mail_failures = EXCLUDED.mail_failures"
)
FORGET: Final[LiteralString] = "DELETE FROM webhook_delivery WHERE created_at < now() - interval '30 days' AND state <> 'waiting'"

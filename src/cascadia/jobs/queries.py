"""SQL of the ledger: the named files of `sql/`, and the calls of the functions that `migrations/sql/jobs.sql` defines."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from cascadia.jobs.model import family_of
from cascadia.kernel.declare import Enqueue
from cascadia.kernel.events import current_origin
from cascadia.kernel.ids import new_uid
from cascadia.kernel.sql import query
from cascadia.kernel.statements import Statement

PAYLOAD: Final[LiteralString] = "SELECT payload FROM job WHERE uid = %(uid)s"
TURN: Final[LiteralString] = (
    "SELECT seen, ended, id, uid, attempt, family, type, payload, actor_id, program_id, request_id, trace_id, waited_seconds, away"
    " FROM job_turn(%(done)s, %(families)s, %(types)s, %(free)s, %(worker)s, %(lease)s, %(skipped)s::text[])"
)
HEARTBEAT: Final = query(__package__, "heartbeat")
ADVANCE: Final = query(__package__, "advance")
INCOMING: Final = query(__package__, "incoming")
STREAMED: Final = query(__package__, "streamed")
DEPTH: Final = query(__package__, "depth")
LOAD: Final = query(__package__, "load")
ENDED_ATTEMPT: Final = query(__package__, "ended_attempt")
JOBS: Final = query(__package__, "jobs")
ARCHIVED: Final = query(__package__, "archived")
JOB: Final[LiteralString] = JOBS + " AND j.uid = %(uid)s"
FILTER: Final[LiteralString] = (
    " AND (%(state)s::text IS NULL OR j.state = %(state)s) AND (%(family)s::text IS NULL OR j.family = %(family)s)"
    " AND (NOT %(mine)s OR s.actor_id = %(actor)s) AND (%(parent)s::uuid IS NULL OR above.uid = %(parent)s)"
    " AND (%(q)s::text IS NULL OR s.subject_name ILIKE %(q)s OR j.type ILIKE %(q)s)"
)
JOB_PAGE: Final[LiteralString] = (
    JOBS + FILTER + " AND (%(after)s::bigint IS NULL OR j.id < %(after)s::bigint) ORDER BY j.id DESC LIMIT %(limit)s"
)
JOB_COUNT: Final[LiteralString] = "SELECT count(*) FROM (" + JOBS + FILTER + ") counted"

ENQUEUE: Final[LiteralString] = (
    "SELECT job_submit(%(uid)s, %(family)s, %(type)s, %(key)s, %(payload)s, %(priority)s, %(delay)s, %(run_at)s, %(not_after)s,"
    " %(actor_id)s, %(program_id)s, %(subject_kind)s, %(subject)s, %(subject_name)s, %(request_id)s, %(trace_id)s, %(parent)s,"
    " %(needs)s::uuid[]) AS job"
)
ENQUEUE_TICK: Final[LiteralString] = (
    "INSERT INTO job (uid, family, type, key, dedupe, payload) VALUES (%(uid)s, %(family)s, %(type)s, %(key)s, %(dedupe)s, '{}') "
    "ON CONFLICT DO NOTHING"
)
TICK_EXISTS: Final[LiteralString] = "SELECT true FROM job WHERE dedupe = %(dedupe)s"
MOMENT: Final[LiteralString] = "SELECT clock_timestamp() AS now, created_at AS began FROM instance"
FINISH: Final[LiteralString] = "SELECT job_finish(%(id)s, %(attempt)s, %(result)s)"
FAIL: Final[LiteralString] = (
    "SELECT job_fail(%(id)s, %(attempt)s, %(error)s, %(permanent)s, %(max_failures)s, %(backoff)s, %(delays)s::double precision[])"
)
DEFER: Final[LiteralString] = "SELECT job_defer(%(id)s, %(attempt)s, %(away)s, %(error)s, %(patience)s)"
BRING_FORWARD: Final[LiteralString] = (
    "UPDATE job SET run_at = clock_timestamp() WHERE id IN (SELECT id FROM job WHERE state = 'queued' AND away = ANY (%(away)s)"
    " AND run_at > clock_timestamp() ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) RETURNING family"
)
WRITE_LOG: Final[LiteralString] = (
    "INSERT INTO job_log (job_id, attempt, line) SELECT l.job_id, l.attempt, l.line"
    " FROM jsonb_to_recordset(%(lines)s) AS l(job_id bigint, attempt int, line text)"
    " WHERE EXISTS (SELECT 1 FROM job j WHERE j.id = l.job_id)"
)
GIVE_BACK: Final[LiteralString] = "SELECT job_give_back(%(id)s, %(attempt)s, %(lost)s)"
END_CANCELLED: Final[LiteralString] = "SELECT job_end_cancelled(%(id)s, %(attempt)s)"
SWEEP: Final[LiteralString] = "SELECT job_sweep AS family FROM job_sweep()"
CANCEL: Final[LiteralString] = "SELECT job_cancel(%(uid)s, %(actor)s, %(programs)s::int[], %(everything)s)"
ARCHIVE: Final[LiteralString] = "SELECT job_archive_ended(clock_timestamp() - %(kept)s::interval, %(batch)s)"
COUNT_ENDED: Final[LiteralString] = "SELECT job_count_ended(clock_timestamp() - %(again)s::interval)"
QUEUES: Final = query(__package__, "queues")
WORKERS: Final[LiteralString] = (
    "SELECT name, release, families, slots, running, stopping, started_at, seen_at FROM worker"
    " WHERE seen_at > now() - interval '30 seconds' AND name > %(after)s ORDER BY name LIMIT %(limit)s"
)
WORKER_COUNT: Final[LiteralString] = "SELECT count(*) FROM worker WHERE seen_at > now() - interval '30 seconds'"
FORGET_WORKERS: Final[LiteralString] = "DELETE FROM worker WHERE seen_at < now() - interval '1 day'"
LOG_LINES: Final[LiteralString] = (
    "(SELECT l.log_id, l.attempt, l.at, l.line FROM job_log l JOIN job j ON j.id = l.job_id WHERE j.uid = %(uid)s"
    " UNION ALL SELECT l.log_id, l.attempt, l.at, l.line"
    " FROM job_archive a CROSS JOIN LATERAL jsonb_populate_recordset(NULL::job_log, a.log) l WHERE a.uid = %(uid)s) line"
)
JOB_LOG: Final[LiteralString] = (
    "SELECT log_id, attempt, at, line FROM " + LOG_LINES + " WHERE log_id > %(after)s ORDER BY log_id LIMIT %(limit)s"
)
JOB_LOG_COUNT: Final[LiteralString] = "SELECT count(*) FROM " + LOG_LINES
DEAD: Final[LiteralString] = (
    " WHERE d.state = 'dead' AND (%(family)s::text IS NULL OR d.family = %(family)s) AND (%(type)s::text IS NULL OR d.type = %(type)s)"
    " AND (%(code)s::text IS NULL OR d.error ->> 'code' = %(code)s) AND (%(since)s::timestamptz IS NULL OR d.finished_at > %(since)s)"
)
DEAD_COUNT: Final[LiteralString] = "SELECT count(*) FROM job d" + DEAD
AGAIN: Final[LiteralString] = (
    "UPDATE job j SET state = 'queued', failures = 0, losses = 0, deferrals = 0, away = NULL, away_since = NULL, waits_for = 0,"
    " not_after = NULL, run_at = now(), cancel_requested = false, error = NULL, finished_at = NULL, progress = NULL, note = NULL"
)
REPLAY: Final[LiteralString] = (
    "WITH meant AS (SELECT DISTINCT ON (d.family, coalesce(d.key, d.id::text)) d.id FROM job d"
    + DEAD
    + " AND (d.key IS NULL OR NOT EXISTS ("
    " SELECT 1 FROM job o WHERE o.family = d.family AND o.key = d.key AND o.state IN ('queued', 'running') AND NOT o.cancel_requested))"
    " ORDER BY d.family, coalesce(d.key, d.id::text), d.id LIMIT %(limit)s) "
    + AGAIN
    + " FROM meant m WHERE j.id = m.id AND j.state = 'dead' RETURNING j.family"
)
CANCEL_CHILDREN: Final[LiteralString] = (
    "WITH RECURSIVE below AS ("
    " SELECT c.id, c.uid, c.state FROM job j JOIN job c ON c.parent_id = j.id WHERE j.uid = %(uid)s AND j.cancel_requested"
    " UNION ALL SELECT c.id, c.uid, c.state FROM below b JOIN job c ON c.parent_id = b.id)"
    " SELECT job_cancel(uid, %(actor)s, %(programs)s::int[], %(everything)s) FROM below WHERE state IN ('queued', 'running')"
)
RETRY: Final[LiteralString] = AGAIN + " WHERE j.uid = %(uid)s AND j.state = 'dead' RETURNING j.family"
STANDS: Final[LiteralString] = (
    "SELECT j.state,"
    " coalesce(bool_or(s.actor_id = %(actor)s AND (s.program_id IS NULL OR s.program_id = ANY (%(seen)s::int[]))), false) AS mine,"
    " coalesce(array_agg(DISTINCT s.program_id) FILTER (WHERE s.program_id IS NOT NULL), '{}') AS programs"
)
STANDING: Final[LiteralString] = STANDS + " FROM job j LEFT JOIN job_subscriber s ON s.job_id = j.id WHERE j.uid = %(uid)s GROUP BY j.id"
ARCHIVED_STANDING: Final[LiteralString] = (
    STANDS + ", true AS archived FROM job_archive j"
    " LEFT JOIN LATERAL jsonb_populate_recordset(NULL::job_subscriber, j.subscribers) s ON true"
    " WHERE j.uid = %(uid)s GROUP BY j.uid, j.state"
)
RELAY_STEP: Final[LiteralString] = "SELECT numbered, last, families FROM relay_step(%(batch)s)"
CURSOR: Final[LiteralString] = (
    "SELECT position FROM subscription_cursor WHERE name = %(name)s AND position < %(last)s FOR NO KEY UPDATE SKIP LOCKED"
)
MOVE_CURSOR: Final[LiteralString] = "UPDATE subscription_cursor SET position = %(position)s WHERE name = %(name)s"
MISSING_CURSORS: Final[LiteralString] = (
    "SELECT n.name FROM unnest(%(names)s::text[]) AS n(name) WHERE NOT EXISTS (SELECT 1 FROM subscription_cursor c WHERE c.name = n.name)"
)
SHOW_PRESENCE: Final[LiteralString] = (
    "INSERT INTO worker (name, release, families, slots, running, stopping, started_at)"
    " VALUES (%(name)s, %(release)s, %(families)s, %(slots)s, %(running)s, %(stopping)s, clock_timestamp())"
    " ON CONFLICT (name) DO UPDATE SET release = EXCLUDED.release, families = EXCLUDED.families, slots = EXCLUDED.slots,"
    " running = EXCLUDED.running, stopping = EXCLUDED.stopping, seen_at = clock_timestamp()"
)
LEAVE: Final[LiteralString] = "DELETE FROM worker WHERE name = %(name)s"
DUE: Final = query(__package__, "due")
LAST_POSITION: Final[LiteralString] = "SELECT coalesce(max(position), 0) FROM outbox_position"


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as one person may see it."""

    id: int
    uid: UUID
    type: str
    family: str
    state: str
    progress: float | None
    note: str | None
    attempt: int
    failures: int
    deferrals: int
    away: str | None
    away_since: datetime | None
    error: dict[str, str] | None
    result: dict[str, Any] | None
    cancel_requested: bool
    created_at: datetime
    run_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    parent_uid: UUID | None
    children: int
    children_open: int
    subject_kind: str | None
    subject: UUID | None
    subject_name: str | None
    actor_uid: UUID | None
    actor_name: str | None
    program_uid: UUID | None
    program_code: str | None
    program_name: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a person may act on a job."""

    state: str
    mine: bool
    programs: list[int]
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits and runs in a family."""

    family: str
    queued: int
    running: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """What a step of the relay did: events numbered, the highest position that there is, and families in which jobs were queued."""

    numbered: int
    last: int
    families: list[str]


@dataclass(frozen=True, slots=True)
class Moment:
    """The database's time, and when this instance began."""

    now: datetime
    began: datetime


@dataclass(frozen=True, slots=True)
class StreamedEvent:
    """An event with those who may see it."""

    position: int
    type: str
    subject: UUID
    state: str | None
    programs: list[int]
    actors: list[int]
    seq: int | None


def enqueue(job: Enqueue) -> Statement:
    """The statement that puts the job into the ledger; its one column `job` is the uid of the job that will do the work."""
    origin = current_origin.get()
    return Statement(
        ENQUEUE,
        {
            "uid": new_uid(),
            "family": family_of(job.type),
            "type": job.type,
            "key": job.key,
            "payload": Jsonb(dict(job.payload)),
            "priority": job.priority,
            "delay": job.delay_seconds,
            "run_at": job.run_at,
            "not_after": job.not_after,
            "actor_id": job.actor_id,
            "program_id": job.program_id,
            "subject_kind": job.subject_kind,
            "subject": job.subject,
            "subject_name": job.subject_name,
            "request_id": origin.request_id,
            "trace_id": origin.trace_id,
            "parent": job.parent,
            "needs": list(job.after) or None,
        },
    )


def enqueue_tick(job_type: str, schedule: str, tick: datetime) -> Statement:
    """The statement that enqueues a tick's job unless it was enqueued ever before, or the tick before is still at work."""
    return Statement(
        ENQUEUE_TICK,
        {"uid": new_uid(), "family": family_of(job_type), "type": job_type, "key": schedule, "dedupe": f"{schedule}@{tick.isoformat()}"},
    )


def finish(job_id: int, attempt: int, result: Any) -> Statement:
    """The fence: raises CA410 where the attempt does not run the job any more."""
    return Statement(FINISH, {"id": job_id, "attempt": attempt, "result": None if result is None else Jsonb(dict(result))})

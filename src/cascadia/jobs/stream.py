"""Live events for browsers: one listening connection per app process feeds all open streams, on any number of app servers.

Events come from the outbox's positions, so a stream that resumes at a position on another server misses nothing. Progress of
running jobs passes through beside them, stored nowhere.
"""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import psycopg
import structlog

from cascadia.access.model import Actor
from cascadia.jobs import queries
from cascadia.jobs.listen import listen
from cascadia.jobs.queries import StreamedEvent
from cascadia.kernel import tasks
from cascadia.kernel.db import Database
from cascadia.kernel.errors import TooMany, Unavailable

log = structlog.get_logger()

HEARTBEAT_SECONDS: Final = 15.0
"""The longest that a stream says nothing, however much happens that its reader may not see: proxies cut what is silent."""
POLL_SECONDS: Final = 2.0
TRUST_SECONDS: Final = 3.0
"""How long a stream believes what an actor may see: a revoked grant stops working within 5 s everywhere."""
KEPT_EVENTS: Final = 1000
PAGE: Final = 200
LONGEST_GAP: Final = 10_000
JOB_EVENT: Final = "job.changed"
STREAMS_EACH: Final = 100
"""Most streams that one person has open on one app server: a browser has one for all its windows."""
FULL_SECONDS: Final = 15

CurrentActor = Callable[[], Awaitable[Actor | None]]


@dataclass(slots=True, eq=False)
class _Watcher:
    """One open stream: woken when there is something new; `progress` has the last notice of each job."""

    user_id: int | None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    progress: dict[str, Mapping[str, Any]] = field(default_factory=dict)


class EventHub:
    """What all event streams of one app process share. Open it once (`async with`); when `draining` is set, the streams end.

    `told` names further channels of the database with what hears a notice on them, or that some may have been missed.
    """

    def __init__(
        self,
        database: Database,
        direct_url: str,
        draining: asyncio.Event,
        told: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        self._database = database
        self._told = dict(told or {})
        self._direct_url = direct_url
        self._draining = draining
        self._watchers: set[_Watcher] = set()
        self._kept: deque[StreamedEvent] = deque()
        self._complete_from: int | None = None
        """The position after which `_kept` has all; None until the first look: a stream that is faster reads for itself."""
        self._last = 0
        self._behind = asyncio.Event()
        self._closed = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(
                listen(self._direct_url, ("cascadia_positions", "cascadia_progress", *self._told), self._heard, name="stream")
            ),
            asyncio.create_task(self._pump()),
            asyncio.create_task(self._close_when_draining()),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close()
        await tasks.end(self._tasks)

    async def _close_when_draining(self) -> None:
        await self._draining.wait()
        self._close()

    def _close(self) -> None:
        """Ends every open stream; its browser comes back, to another server."""
        self._closed = True
        self._wake_all()

    def admit(self, user_id: int) -> None:
        """Refuses (429) a person who has so many streams open that one more can be no browser's."""
        if sum(watcher.user_id == user_id for watcher in self._watchers) >= STREAMS_EACH:
            raise TooMany(
                f"You have {STREAMS_EACH} event streams open on this server. Close some.", code="too_many_streams", retry_after=FULL_SECONDS
            )

    async def watch(self, actor: CurrentActor, after: int | None, user_id: int | None = None) -> AsyncIterator[bytes]:
        """A stream of server-sent events for one actor: all that they may see after the position, or from now on."""
        watcher = _Watcher(user_id)
        self._watchers.add(watcher)
        try:
            async for piece in self._stream(watcher, _Eyes(actor), after):
                yield piece
        except (psycopg.Error, Unavailable) as error:
            log.warning("stream_broke_off", reason=str(error).strip(), remedy="none needed: the browser comes back")
        finally:
            self._watchers.discard(watcher)

    async def _stream(self, watcher: _Watcher, eyes: "_Eyes", after: int | None) -> AsyncIterator[bytes]:
        last = await self._newest()
        position = last if after is None else min(after, last)
        yield f"retry: 2000\nid: {position}\n\n".encode()
        if last - position > LONGEST_GAP:
            position = last
            yield f"event: reset\nid: {position}\ndata: {{}}\n\n".encode()
        told = time.monotonic()
        while not self._closed:
            watcher.wake.clear()
            events = await self._after(position)
            if (events or watcher.progress) and not await eyes.open():
                return
            for piece in _shown(events, _taken(watcher.progress), eyes):
                yield piece
                told = time.monotonic()
            position = events[-1].position if events else position
            left = told + HEARTBEAT_SECONDS - time.monotonic()
            if left > 0 and (events or await _woken(watcher.wake, left)):
                continue
            if not await eyes.open():
                return
            yield f": still here\nid: {position}\n\n".encode()
            told = time.monotonic()

    async def _after(self, position: int) -> list[StreamedEvent]:
        """The next events after a position, from memory where they are kept."""
        if self._complete_from is not None and position >= self._complete_from:
            return [e for e in self._kept if e.position > position]
        return await self._read(position)

    async def _read(self, position: int) -> list[StreamedEvent]:
        async with self._database.read() as read:
            return await read.all(queries.STREAMED, StreamedEvent, {"after": position, "limit": PAGE})

    async def _newest(self) -> int:
        async with self._database.read() as read:
            return int(await read.value(queries.LAST_POSITION))

    def _heard(self, channel: str, payload: str) -> None:
        for name, hear in self._told.items():
            if channel in (name, ""):
                hear()
        if channel in self._told:
            return
        if channel != "cascadia_progress":
            self._behind.set()
            return
        notice = json.loads(payload)
        for watcher in self._watchers:
            watcher.progress[notice["id"]] = notice
            watcher.wake.set()

    async def _pump(self) -> None:
        """Reads what is new, once for all streams."""
        while True:
            self._behind.clear()
            try:
                if self._complete_from is None:
                    self._last = self._complete_from = await self._newest()
                    self._wake_all()
                await self._keep_new()
            except (psycopg.Error, Unavailable) as error:
                log.warning("events_not_read", reason=str(error).strip())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS if self._watchers else None):
                    await self._behind.wait()

    async def _keep_new(self) -> None:
        while found := await self._read(self._last):
            self._kept.extend(found)
            self._last = found[-1].position
            while len(self._kept) > KEPT_EVENTS:
                self._complete_from = self._kept.popleft().position
            self._wake_all()

    def _wake_all(self) -> None:
        for watcher in self._watchers:
            watcher.wake.set()


class _Eyes:
    """What an actor may see, asked again when the last answer is some seconds old."""

    def __init__(self, actor: CurrentActor) -> None:
        self._ask = actor
        self._actor: Actor | None = None
        self._asked = float("-inf")

    async def open(self) -> bool:
        """Whether the actor is still signed in."""
        if time.monotonic() - self._asked > TRUST_SECONDS:
            self._actor = await self._ask()
            self._asked = time.monotonic()
        return self._actor is not None

    def see(self, event_type: str, programs: Collection[int], actors: Collection[int]) -> bool:
        """Whether the actor may see an event of these programs, or of these people's own jobs."""
        actor = self._actor
        if actor is None:
            return False
        if actor.user_id in actors or any(p in actor.roles for p in programs):
            return True
        return actor.administrator and event_type == JOB_EVENT


async def _woken(wake: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return False
    return True


def _taken(progress: dict[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    taken = list(progress.values())
    progress.clear()
    return taken


def _shown(events: Iterable[StreamedEvent], notices: Iterable[Mapping[str, Any]], eyes: _Eyes) -> Iterator[bytes]:
    """What an actor may see of what is new."""
    for event in events:
        if eyes.see(event.type, event.programs, event.actors):
            yield _event(event)
    for notice in notices:
        if eyes.see(JOB_EVENT, notice["programs"], notice["actors"]):
            yield _progress(notice)


def _event(event: StreamedEvent) -> bytes:
    if event.type == JOB_EVENT:
        done = 1 if event.state == "succeeded" else None
        data: dict[str, Any] = {"id": str(event.subject), "state": event.state, "progress": done, "note": None}
        return _message("job", data, event.position)
    return _message("change", {"type": event.type, "id": str(event.subject), "seq": event.seq}, event.position)


def _progress(notice: Mapping[str, Any]) -> bytes:
    return _message("job", {name: notice[name] for name in ("id", "state", "progress", "note")})


def _message(kind: str, data: Mapping[str, Any], position: int | None = None) -> bytes:
    head = f"event: {kind}\n" if position is None else f"event: {kind}\nid: {position}\n"
    return f"{head}data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()

"""What the command line reads of long lists: all of it, or it says that there is more."""

from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest

from cascadia.bom import tree_schemas
from cascadia.cli.remote import bom, files, jobs, webhooks
from cascadia.cli.remote.client import Client

ROWS = 1201
ITEM = {
    "id": "1", "name": "n", "state": "queued", "type": "t", "status": 200, "attempts": 1, "attempt": 1, "error": None, "progress": None,
    "waiting_for": None, "note": None, "subject": None, "damage": "missing", "verified_at": "", "offset": 0, "size": 1, "url": "u",
    "expires_at": "", "created_by": {"name": "n"}, "types": [], "program_code": None, "enabled": True, "at": "", "line": "l", "slots": 1,
    "release": "1", "running": 0, "families": [], "family": "f", "queued": 0, "later": 0, "oldest_seconds": 0, "succeeded": 0, "failed": 0,
    "workers": 0, "position": 7,
}  # fmt: skip
"""A row of any of the lists."""


def answer(request: httpx.Request) -> httpx.Response:
    """A page of a list of so many rows, whatever the list."""
    events = request.url.path.endswith("/events")
    begun, limit = int(request.url.params.get("after" if events else "cursor", 0)), int(request.url.params["limit"])
    ended = min(begun + limit, ROWS)
    return httpx.Response(200, json={"items": [ITEM] * (ended - begun), "next": str(ended) if ended < ROWS else None, "position": ended})


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    client = Client("http://localhost:3000", "token")
    with httpx.Client(base_url=client.url, transport=httpx.MockTransport(answer)) as client.http:
        for module in (files, jobs, webhooks):
            monkeypatch.setattr(module, "signed_in", lambda _url: client)
        yield


@pytest.mark.parametrize(
    "command",
    (
        files.list_damaged,
        files.uploads,
        partial(jobs.show_log, "1"),
        jobs.list_workers,
        jobs.show_depth,
        webhooks.list_webhooks,
    ),
)
def test_a_list_is_read_whole(command: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    command()
    printed = capsys.readouterr()
    assert (len(printed.out.splitlines()), printed.err) == (1 + ROWS, "")


@pytest.mark.parametrize("command", (jobs.list_jobs, partial(webhooks.show_log, "1")))
def test_a_list_of_the_newest_says_that_there_are_more(command: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    command()
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 1 + 50
    assert printed.err == "The first 50; there are more. Ask for them by a higher --limit.\n"
    command(limit=ROWS)
    printed = capsys.readouterr()
    assert (len(printed.out.splitlines()), printed.err) == (1 + ROWS, "")


def test_events_say_from_where_on_there_are_more(capsys: pytest.CaptureFixture[str]) -> None:
    webhooks.events()
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 500
    assert printed.err == "There are more: go on by --after 500, or with a higher --limit.\n"
    webhooks.events(after=701)
    printed = capsys.readouterr()
    assert (len(printed.out.splitlines()), printed.err) == (500, "")


def test_parts_without_a_mass_that_may_not_be_all_are_not_named_as_all() -> None:
    assert tree_schemas.MISSING_NAMED == bom.MISSING_NAMED
    assert bom.named_without_mass([]) == "restricted parts"
    assert bom.named_without_mass(["P-1", "P-2"]) == "P-1, P-2"
    assert bom.named_without_mass([f"P-{number}" for number in range(20)]).endswith("P-19 and perhaps others")

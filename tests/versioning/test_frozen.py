"""A writer that is frozen at any moment holds nobody up: the lock on `main` is never held across the network."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import pytest

from tests.company import Company
from tests.until import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[2]
OTHERS_WAIT_SECONDS = 1.0


@contextmanager
def app_that_freezes(url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.versioning.frozen", url, str(folder)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            assert pipe
            pipe.close()


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]


async def line_from(pipe: IO[str] | None) -> str:
    assert pipe
    return await asyncio.wait_for(asyncio.to_thread(pipe.readline), PATIENCE_SECONDS)


async def stopped_or_answered(child: subprocess.Popen[str], answer: asyncio.Task[str]) -> bool:
    """True when the child has stopped itself, False when it answered without."""
    await eventually(lambda: state_of(child.pid) == "T" or answer.done(), why=lambda: "the writer neither stopped nor answered")
    return state_of(child.pid) == "T"


@pytest.mark.timed
async def test_a_writer_frozen_at_any_await_holds_nobody_up(acme: Company, database_url: str, tmp_path: Path) -> None:
    ada = acme.administrator
    project = await acme.project("ROVER", await acme.program("ROVER"))
    token = (await ada.post("/tokens", {"name": "frozen"}))["secret"]
    frozen, other = await ada.part(project, "Frozen"), await ada.part(project, "Other")
    frozen_times = 0
    with app_that_freezes(database_url, tmp_path / "frozen") as child:
        assert (await line_from(child.stdout)).strip() == "ready"
        while True:
            order: dict[str, Any] = {"stop_at": frozen_times + 1, "path": f"/api/v1/parts/{frozen['id']}", "token": token}
            order |= {"body": {"description": f"freeze {frozen_times}"}, "etag": f'"{frozen["version"]}"', "key": str(uuid4())}
            assert child.stdin
            child.stdin.write(json.dumps(order) + "\n")
            child.stdin.flush()
            answer = asyncio.create_task(line_from(child.stdout))
            stopped = await stopped_or_answered(child, answer)
            if stopped:
                frozen_times += 1
                other = await edited_within(ada, other, f"while frozen {frozen_times}")
                os.kill(child.pid, signal.SIGCONT)
            assert json.loads(await answer)["status"] == 200
            frozen = await ada.get(f"/parts/{frozen['id']}")
            assert frozen["description"] == order["body"]["description"]
            if not stopped:
                break
    assert frozen_times >= 5


async def edited_within(person: Any, part: dict[str, Any], description: str) -> dict[str, Any]:
    """Another commit, in time."""
    started = time.monotonic()
    answer = await person.send("PATCH", f"/parts/{part['id']}", {"description": description}, headers={"If-Match": f'"{part["version"]}"'})
    assert answer.status_code == 200
    assert time.monotonic() - started < OTHERS_WAIT_SECONDS
    changed: dict[str, Any] = answer.json()
    return changed

"""A file of 400 distinct parts: how long until its proposal is open, and until all is there, by what OpenCASCADE takes for it.

The floors are OpenCASCADE reading the file (and meshing its shapes) in a process with it loaded, as a zygote's child has it; measured
before and after, the faster counts. The file is made anew: plates with holes, flanges, rounded blocks, shafts, all of other sizes.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks import place
from benchmarks.harness import ROOT, Result, at_most
from cascadia.worker.registry import registry

PARTS: Final = {"10k": 400, "100k": 400, "1M": 2000}
OPEN_RATIO: Final = 1.3
WHOLE_RATIO: Final = 1.5
LOOK_SECONDS: Final = 0.05
WAIT_SECONDS: Final = 120
SLOTS: Final = 2


def run(size: str) -> list[Result]:
    """Reads and meshes the file, imports it, and reads and meshes it once more."""
    with tempfile.TemporaryDirectory(prefix="cascadia-bench-conversion-") as name:
        folder = Path(name)
        path = folder / "parts.stp"
        path.write_bytes(_written(PARTS[size]))
        before = _floor(path)
        with (
            place.database(registry().cursors()) as database,
            place.app(database.url, DATA_DIR=str(folder)) as app,
            _worker(database.url, folder) as worker,
        ):
            open_after, whole_after, pictures, memory = asyncio.run(_imported(app.url, path.read_bytes(), worker))
        after = _floor(path)
    reading = min(before["read"], after["read"])
    meshed = min(before["read"] + before["mesh"], after["read"] + after["mesh"])
    return [
        Result(f"OpenCASCADE reads {PARTS[size]} parts", reading, "s"),
        Result("and meshes them", meshed, "s"),
        at_most("the proposal is open", open_after, "s", OPEN_RATIO, floor=reading),
        at_most("everything is there", whole_after, "s", WHOLE_RATIO, floor=meshed),
        Result("pictures", pictures, "pictures", goal=f"= {PARTS[size] + 2}", holds=pictures == PARTS[size] + 2),
        at_most("most memory of a child", memory, "MiB", 3072),
    ]


def _floor(path: Path) -> dict[str, float]:
    """Seconds to read and to mesh the file."""
    told = subprocess.run([sys.executable, "-m", "benchmarks.many_parts", "floor", str(path)], cwd=ROOT, check=True, capture_output=True)
    found: dict[str, float] = json.loads(told.stdout)
    return found


@contextmanager
def _worker(url: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    told = {**place.environment(url, folder), "WORKER_CONCURRENCY": str(SLOTS), "HEALTH_PORT": str(place.free_port())}
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "cascadia.cli", "worker"], cwd=ROOT, env=told, stdout=log, stderr=log)
        try:
            place.until(lambda: "worker_started" in (folder / "worker.log").read_text(), place.STARTED_SECONDS)
            yield process
        finally:
            place.end([process])


async def _imported(url: str, content: bytes, worker: "subprocess.Popen[bytes]") -> tuple[float, float, int, float]:
    """Seconds until the proposal is open and until all is there, how many pictures, and the most memory that a child took in MiB."""
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as http:
        project = await place.set_up(http)
        await _proposed(http, project, "warm.stp", _written(2), lambda found: bool(found["pictures"] == "there"))
        most = [0.0]
        watching = asyncio.create_task(_watch(worker.pid, most))
        began = time.perf_counter()
        opened: list[float] = []

        def whole(found: dict[str, Any]) -> bool:
            if found["state"] == "open" and not opened:
                opened.append(time.perf_counter() - began)
            return bool(found["state"] == "open" and found["pictures"] == "there")

        file = await _proposed(http, project, "parts.stp", content, whole)
        took = time.perf_counter() - began
        watching.cancel()
        return opened[0], took, await _pictures(http, file), most[0]


async def _proposed(http: httpx.AsyncClient, project: str, name: str, content: bytes, done: Any) -> str:
    """Uploads a file and asks for its proposal; its id when that is `done`."""
    headers = {"Content-Type": "model/step"}
    file = await http.post("/api/v1/files", params={"project": project, "name": name}, content=content, headers=headers)
    assert file.status_code == 201, file.text
    asked = await http.post("/api/v1/proposals", json={"file": file.json()["id"], "project": project})
    assert asked.status_code == 202, asked.text
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        found = (await http.get(f"/api/v1/proposals/{asked.json()['id']}")).json()
        assert found["state"] in {"waiting", "open"}, found
        if done(found):
            return str(file.json()["id"])
        await asyncio.sleep(LOOK_SECONDS)
    raise TimeoutError(name)


async def _pictures(http: httpx.AsyncClient, file: str) -> int:
    number, onward = 0, dict[str, str]()
    while True:
        params = {"kind": "thumbnail", "limit": "200", **onward}
        page = (await http.get(f"/api/v1/files/{file}/derivatives", params=params)).json()
        number += len(page["items"])
        if not page["next"]:
            return number
        onward = {"after": page["next"]}


async def _watch(worker: int, most: list[float]) -> None:
    """Looks at the resident memory of all that the worker started."""
    while True:
        most[0] = max([most[0], *_resident(worker)])
        await asyncio.sleep(LOOK_SECONDS)


def _resident(worker: int) -> Iterator[float]:
    below = {worker}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in below:
                below.add(int(folder.name))
                yield int((folder / "status").read_text().split("VmRSS:")[1].split()[0]) / 1024
        except (OSError, IndexError):
            continue


def _written(number: int) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "parts.stp"
        subprocess.run([sys.executable, "-m", "benchmarks.many_parts", str(path), str(number)], cwd=ROOT, check=True)
        return path.read_bytes()

"""People who save, import, accept, convert and export, each in a thread of their own, and the account of all that was acknowledged."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from tests.distributed.site import Site
from tests.faults.house import House

ROWS: Final = 40
"""Parts of an imported list."""
DEED_SECONDS: Final = 120


@dataclass
class Account:
    """What was acknowledged."""

    names: dict[str, str] = field(default_factory=dict)
    commits: int = 0
    imported: dict[str, str] = field(default_factory=dict)
    """Numbers of assemblies' parts begin with this; by the id of the accepted proposal."""
    proposals: dict[str, str] = field(default_factory=dict)
    files: int = 0
    exports: dict[str, str] = field(default_factory=dict)
    """The output of each job."""


@dataclass
class People:
    """`at_work` counts what is under way, by kind; `pause()` lets everybody come to the end of what they do."""

    house: House
    project: str
    step: bytes
    account: Account = field(default_factory=Account)
    at_work: "Counter[str]" = field(default_factory=Counter)
    failures: list[BaseException] = field(default_factory=list)
    _going: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _busy: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Everybody begins."""
        deeds: tuple[Callable[[Site], None], ...] = (self._save, self._save, self._import, self._import, self._convert, self._export)
        self._threads = [threading.Thread(target=self._work, args=(deed,)) for deed in deeds]
        for thread in self._threads:
            thread.start()
        self.resume()

    def resume(self) -> None:
        """Goes on."""
        self._going.set()

    def pause(self) -> None:
        """Until nobody is in the middle of something."""
        self._going.clear()
        deadline = time.monotonic() + 2 * DEED_SECONDS
        while self._busy and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self.failures == [], self.failures
        assert not self._busy, self.at_work

    def end(self) -> None:
        """For good."""
        self._ended.set()
        self._going.set()
        for thread in self._threads:
            thread.join(2 * DEED_SECONDS)

    def _work(self, deed: Callable[[Site], None]) -> None:
        site = self.house.person()
        while True:
            self._going.wait()
            if self._ended.is_set():
                return
            with self._lock:
                self._busy += 1
            try:
                deed(site)
            except BaseException as error:  # noqa: BLE001 - told by `pause`
                self.failures.append(error)
                return
            finally:
                with self._lock:
                    self._busy -= 1

    @contextmanager
    def _doing(self, kind: str) -> Iterator[None]:
        with self._lock:
            self.at_work[kind] += 1
        try:
            yield
        finally:
            with self._lock:
                self.at_work[kind] -= 1

    def _save(self, site: Site) -> None:
        """A new part, and another name for it."""
        with self._doing("save"):
            part = site.post("/parts", {"project": self.project, "name": f"part {uuid4().hex}"})
            self._saved(part)
            etag = site.send("GET", f"/parts/{part['id']}").headers["etag"]
            answer = site.send("PATCH", f"/parts/{part['id']}", {"name": f"renamed {uuid4().hex}"}, headers={"If-Match": etag})
            assert answer.status_code == 200, answer.text
            self._saved(answer.json())

    def _saved(self, part: dict[str, Any]) -> None:
        with self._lock:
            self.account.names[part["id"]] = part["name"]
            self.account.commits += 1

    def _import(self, site: Site) -> None:
        """A parts list until its proposal is open; then it is accepted."""
        prefix = uuid4().hex[:10].upper()
        rows = "".join(f"R{n},{prefix}-{n},Resistor {n}\n" for n in range(ROWS))
        with self._doing("import"):
            proposal = self._proposed(site, f"{prefix}.csv", f"Designator,MPN,Name\n{rows}".encode())
        with self._doing("accept"):
            site.post(f"/proposals/{proposal}/accept", {}, status=200)
        with self._lock:
            self.account.imported[proposal] = prefix
            self.account.proposals[proposal] = "accepted"
            self.account.commits += 1

    def _convert(self, site: Site) -> None:
        """An assembly until its proposal is open; nobody has had this very file before."""
        with self._doing("conversion"):
            proposal = self._proposed(site, f"{uuid4().hex}.stp", self.step + f"/* {uuid4().hex} */".encode())
        with self._lock:
            self.account.proposals[proposal] = "open"

    def _proposed(self, site: Site, name: str, content: bytes) -> str:
        file = site.upload(name, content, self.project)
        with self._lock:
            self.account.files += 1
        proposal: str = site.post("/proposals", {"file": file["id"], "project": self.project}, status=202)["id"]
        self._wait(lambda: site.get(f"/proposals/{proposal}")["state"], "open", "waiting")
        return proposal

    def _export(self, site: Site) -> None:
        """The BOM of an imported assembly as a table."""
        with self._lock:
            accepted = list(self.account.imported)
        if not accepted:
            time.sleep(0.1)
            return
        root = site.get(f"/proposals/{random.choice(accepted)}")["root_item"]["id"]
        with self._doing("export"):
            job = site.post(f"/parts/{root}/bom/exports", {"format": "csv"}, status=202)["id"]
            self._wait(lambda: site.get(f"/jobs/{job}")["state"], "succeeded", "queued", "running")
        output = site.get(f"/jobs/{job}")["result"]["output"]
        lines = site.send("GET", f"/outputs/{output}").text.splitlines()
        assert len(lines) == ROWS + 2, lines[:3]
        with self._lock:
            self.account.exports[job] = output

    def _wait(self, state: Callable[[], str], wanted: str, *meanwhile: str) -> None:
        deadline = time.monotonic() + DEED_SECONDS
        while (found := state()) != wanted:
            assert found in meanwhile, found
            assert time.monotonic() < deadline, f"still {found}"
            time.sleep(0.1)


def step_file(folder: Path) -> bytes:
    """A small assembly."""
    from tests.assets import as1

    return as1.write(folder / "as1.stp").read_bytes()

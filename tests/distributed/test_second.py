"""The seed's steps once more, with `docker compose` 2 and the servers started in the opposite order; and what two fleets may share."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.assets import as1
from tests.distributed.load import OUTAGE, through
from tests.distributed.page import block, type_line
from tests.distributed.site import JSON, Site, set_up
from tools.cluster import DEPLOYMENTS, STATE, Fleet, Plan
from tools.cluster_files import write_env
from tools.engine import COMPOSE_2

ROOT = Path(__file__).parents[2]
ADDRESS = "127.0.0.6"
PORTS = {"POSTGRES_PORT": "5433", "RABBITMQ_PORT": "5673", "RABBITMQ_CONSOLE_PORT": "15673", "S3_PORT": "9001"}
PROMPT_SECONDS = 60
REFUSED_SECONDS = 60
TRIES = 200
ROOMY = "4g"
"""Of a disk in memory: what it may take, not what it takes."""


@dataclass(frozen=True)
class Disk:
    """A disk in memory, whose size can be changed while it is used."""

    folder: Path

    def mount(self) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOMY}", "tmpfs", self.folder], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=True)

    def fill(self) -> None:
        """From now on it has no room left. Who writes meanwhile makes the smaller size impossible: then once more."""
        for _ in range(TRIES):
            found = os.statvfs(self.folder)
            if self._resize(str((found.f_blocks - found.f_bfree) * found.f_frsize)):
                return
        raise AssertionError("the disk does not become smaller")

    def empty(self) -> None:
        """Room again."""
        assert self._resize(ROOMY)

    def _resize(self, size: str) -> bool:
        return subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """The database's own."""
    disk = Disk(tmp_path_factory.mktemp("postgres"))
    disk.mount()
    yield disk
    disk.unmount()


@pytest.fixture(scope="module")
def second(fleet: Fleet, disk: Disk) -> Iterator[Fleet]:
    """One app server and one jobs server beside the first fleet, with infrastructure of their own."""
    plan = Plan("cascadia-second", apps={"app1": ADDRESS}, jobs={"jobs1": "*"}, compose=COMPOSE_2, ports=PORTS)
    second = Fleet(fleet.engine, state=STATE.with_name("second"), plan=plan)
    second.down()
    second.copy_folders()
    volumes = {"postgres": {"driver_opts": {"type": "none", "o": "bind", "device": str(disk.folder)}}}
    override = second.servers["infrastructure"].folder / "docker-compose.override.yml"
    override.write_text(json.dumps({"volumes": volumes}))
    try:
        yield second
    finally:
        second.down()


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as1.write(tmp_path_factory.mktemp("step") / "as1.stp")


def type_on(fleet: Fleet, name: str) -> None:
    """Types the steps on a server; where the page says so, its `.env` is edited."""
    server = fleet.servers[name]
    environment = {**fleet.engine.environment, "COMPOSE_PROJECT_NAME": server.project}
    for line in block(DEPLOYMENTS / "distributed/README.md", "## Steps"):
        if line == "# edit .env":
            write_env(server.folder, fleet.settings(name), base=".env")
        else:
            type_line(line, server.folder, environment, fleet.plan.compose)


@pytest.fixture(scope="module")
def site(second: Fleet) -> Iterator[Site]:
    """Who sets it up; jobs server first, infrastructure last, and nobody waited at the prompt."""
    for name in reversed(second.servers):
        began = time.monotonic()
        type_on(second, name)
        assert time.monotonic() - began < PROMPT_SECONDS, name
    second.wait()
    site = set_up(second)
    yield site
    site.http.close()


@pytest.fixture(scope="module")
def project(site: Site) -> str:
    return site.project("second")


def test_compose_2_starts_it_in_any_order_as_the_page_says(site: Site, project: str, step: Path) -> None:
    proposal = site.converted(step, project)
    accepted = site.post(f"/proposals/{proposal['id']}/accept", {}, status=200)
    assert site.get(f"/parts/{accepted['root_item']['id']}/bom/tree")["totals"]["leaf_occurrences"] == "18"


def test_the_databases_disk_fills_and_gets_room_again(second: Fleet, site: Site, project: str, disk: Disk) -> None:
    """While people work: they are told, and nothing accepted is lost."""

    def fill() -> None:
        disk.fill()
        try:
            refused = until_refused(site.http, project)
            assert refused["status"] in {503, 507}
            assert "database" in refused["detail"], refused
            time.sleep(OUTAGE)
        finally:
            disk.empty()

    through(second, project, site, fill)


def until_refused(http: httpx.Client, project: str) -> JSON:
    """The first refusal, a problem document."""
    deadline = time.monotonic() + REFUSED_SECONDS
    body = {"project": project, "name": "one more", "description": os.urandom(4000).hex()}
    while (answer := http.post("/api/v1/parts", json=body, headers={"Idempotency-Key": uuid4().hex})).is_success:
        assert time.monotonic() < deadline, "a full disk refuses nothing"
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    found: JSON = answer.json()
    return found


def test_two_fleets_share_a_broker_but_no_bucket(fleet: Fleet, second: Fleet, site: Site, project: str, tmp_path: Path) -> None:
    theirs = fleet.settings("app1")
    second.write_settings(RABBITMQ_URL=theirs["RABBITMQ_URL"])
    for name in ("app1", "jobs1"):
        second.start(name)
    second.wait()
    listed = tmp_path / "list.csv"
    listed.write_text("Designator,Value,Quantity\nR1,10k,1\n")
    proposal = site.converted(listed, project)
    assert proposal["state"] == "open"
    assert fleet.unhealthy() == []
    told = second.compose(
        "app1", "run", "--rm", "-e", f"S3_ENDPOINT={theirs['S3_ENDPOINT']}", "-e", f"S3_SECRET_KEY={theirs['S3_SECRET_KEY']}",
        "app", "doctor", check=False,
    )  # fmt: skip
    assert "belongs to another Cascadia" in told
    assert "S3_BUCKET" in told

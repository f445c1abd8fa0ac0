"""The seed's steps once more, with `docker compose` 2 and the servers started in the opposite order; and what two fleets may share."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assets import as1
from tests.distributed.site import Site, set_up
from tools.cluster import DEPLOYMENTS, STATE, Fleet, Plan, write_env
from tools.engine import COMPOSE_2

ROOT = Path(__file__).parents[2]
ADDRESS = "127.0.0.6"
PORTS = {"POSTGRES_PORT": "5433", "RABBITMQ_PORT": "5673", "RABBITMQ_CONSOLE_PORT": "15673", "S3_PORT": "9001"}
PROMPT_SECONDS = 60


@pytest.fixture(scope="module")
def second(fleet: Fleet) -> Iterator[Fleet]:
    """One app server and one jobs server beside the first fleet, with infrastructure of their own."""
    plan = Plan("cascadia-second", apps={"app1": ADDRESS}, jobs={"jobs1": "*"}, compose=COMPOSE_2, ports=PORTS)
    second = Fleet(fleet.engine, state=STATE.with_name("second"), plan=plan)
    second.down()
    second.copy_folders()
    try:
        yield second
    finally:
        second.down()


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as1.write(tmp_path_factory.mktemp("step") / "as1.stp")


def steps() -> list[str]:
    """The lines of the page that is followed on each server."""
    page = (DEPLOYMENTS / "distributed/README.md").read_text()
    [block] = re.findall(r"## Steps\n.*?```\n(.*?)```", page, re.DOTALL)
    return str(block).splitlines()


def type_on(fleet: Fleet, name: str) -> None:
    """Types the steps on a server; where the page says so, its `.env` is edited."""
    server = fleet.servers[name]
    for line in steps():
        if line == "# edit .env":
            write_env(server.folder, fleet.settings(name), base=".env")
            continue
        typed = line.replace("docker-compose", " ".join(fleet.plan.compose))
        environment = {**fleet.engine.environment, "COMPOSE_PROJECT_NAME": server.project}
        done = subprocess.run(["bash", "-c", typed], cwd=server.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{typed}: {done.stderr}"


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

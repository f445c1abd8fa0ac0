"""Real faults under real work through the balancer; afterwards everything that was accepted is there, once.

A careful client sends what got no answer again under its key; no user action fails for good. `FAULT_SECONDS` says how long an outage
lasts (4; the long form is 30) and `FAULT_ROUNDS` how often something is killed.
"""

import json
import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import uuid4

import psycopg
import pytest

from tests.cable import Cable
from tests.distributed.load import FAKETIME, OUTAGE, database_url, through
from tests.distributed.site import Site, ready, ready_at, signed_in
from tools.cluster import APPS, DEPLOYMENTS, JOBS, OVERRIDE, Fleet, until

ROUNDS: Final = int(os.environ.get("FAULT_ROUNDS", "1"))
ACTIONS: Final = 400 if ROUNDS == 1 else 2000 * ROUNDS
AGAIN_SECONDS: Final = 60
NOTICED: Final = 30 if OUTAGE >= 30 else 90
"""Seconds within which a half-open link is: the figure of a machine with nothing else to do, and what is enough beside all other tests."""
STORAGE_AWAY: Final = 60.0 if OUTAGE >= 30 else 15.0
"""Longer than the three tries took that used to be all."""
CONVERSIONS: Final = 60 if OUTAGE >= 30 else 12
SHARED: Final = 100 if ROUNDS == 1 else 300
STORAGE_CABLE: Final = 9100
THIRD: Final = "127.0.0.7"
BUSY_ANSWER: Final = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def test_what_a_test_left_behind_is_made_whole(fleet: Fleet, site: Site) -> None:
    fleet.reload_balancer()
    fleet.engine.run("stop", "--time=1", fleet.container("balancer"))
    fleet.pause("jobs1")
    fleet.cut("app1")
    (fleet.servers["app2"].folder / OVERRIDE).write_text("services:\n  app:\n    environment: { LOG_LEVEL: DEBUG }\n")
    fleet.make_whole()
    assert fleet.unhealthy() == []
    assert not (fleet.servers["app2"].folder / OVERRIDE).exists()
    again = signed_in(fleet)
    assert again.get("/sessions/current")["user"]
    again.http.close()


def test_every_kind_of_process_is_killed_and_comes_back(fleet: Fleet, project: str, site: Site) -> None:
    """In an order drawn by chance, the next one often before the last is back."""

    def kill() -> None:
        names = [*APPS, *JOBS, "postgres", "rabbitmq", "seaweedfs", "balancer"]
        for _ in range(ROUNDS):
            random.shuffle(names)
            for name in names:
                fleet.kill(name)
                time.sleep(random.uniform(0.2, 1.5))
            fleet.wait()

    through(fleet, project, site, kill)


def test_a_rolling_restart_of_every_server_is_noticed_by_nobody(fleet: Fleet, project: str, site: Site) -> None:
    """In 400 user actions none fails; in the long form in 2,000 for each round."""

    def restart() -> None:
        for name in (*APPS, *(JOBS if ROUNDS > 1 else ("jobs1",))):
            fleet.compose(name, "restart", fleet.service(name))
            fleet.wait()

    load = through(fleet, project, site, restart, actions=ACTIONS)
    assert load.actions >= ACTIONS


def test_the_broker_is_away_and_comes_back_empty(fleet: Fleet, project: str, site: Site) -> None:
    def wipe() -> None:
        fleet.compose("infrastructure", "stop", "rabbitmq")
        time.sleep(OUTAGE)
        fleet.compose("infrastructure", "rm", "--force", "rabbitmq")
        fleet.engine.run("volume", "rm", "--force", f"{fleet.servers['infrastructure'].project}_rabbitmq")
        _until_degraded(["broker"])
        fleet.compose("infrastructure", "up", "-d")

    through(fleet, project, site, wipe)
    _until_degraded([])


@pytest.mark.parametrize("without", ((), ("rabbitmq",)), ids=("alone", "with the broker"))
def test_the_storage_is_away_and_no_conversion_is_dead(fleet: Fleet, project: str, site: Site, without: tuple[str, ...]) -> None:
    """Half of the files are uploaded before it goes; the others while it is away, by somebody who is patient."""
    asked: list[str] = []

    def outage() -> None:
        asked.extend(_asked_for(site, project, CONVERSIONS // 2))
        fleet.compose("infrastructure", "stop", "seaweedfs", *without)
        patient = signed_in(fleet)
        patient.patience = 10 * AGAIN_SECONDS
        going_on = threading.Thread(target=lambda: asked.extend(_asked_for(patient, project, CONVERSIONS // 2)))
        going_on.start()
        time.sleep(STORAGE_AWAY)
        fleet.compose("infrastructure", "start", "seaweedfs", *without)
        going_on.join()
        patient.http.close()

    through(fleet, project, site, outage)
    states = [site.get(f"/proposals/{proposal}")["state"] for proposal in asked]
    assert states == ["open"] * CONVERSIONS


def _asked_for(site: Site, project: str, number: int) -> list[str]:
    """Proposals of so many new parts lists."""
    proposals = []
    for _ in range(number):
        name = uuid4().hex
        file = site.upload(f"{name}.csv", f"Designator,MPN,Name\nR1,{name},Resistor\n".encode(), project)
        proposals.append(site.post("/proposals", {"file": file["id"], "project": project}, status=202)["id"])
    return proposals


def test_the_storage_is_slow_then_busy_then_refuses_a_key(fleet: Fleet, project: str, site: Site) -> None:
    """The two app servers reach it through a cable; one of them has lost its key at last."""
    gateway = fleet.engine.gateway
    cable = Cable(9000, STORAGE_CABLE, host=gateway).start()
    way = ("OUTPUT", "-t", "nat", "-p", "tcp", "-d", gateway, "--dport", "9000", "-j", "DNAT", "--to", f"{gateway}:{cable.port}")

    def trouble() -> None:
        filter_packets(fleet, "--append", APPS, way)
        cable.delay = 0.2
        time.sleep(OUTAGE)
        cable.delay, cable.answer = 0.0, BUSY_ANSWER
        time.sleep(OUTAGE)
        cable.answer = None
        filter_packets(fleet, "--delete", APPS, way)
        override(fleet, "app1", "environment: { S3_SECRET_KEY: wrong }")
        time.sleep(OUTAGE)
        override(fleet, "app1", None)

    try:
        through(fleet, project, site, trouble)
    finally:
        cable.close()
    _until_degraded([])


@pytest.mark.timed
def test_packets_to_the_broker_are_dropped_and_that_is_noticed(fleet: Fleet, project: str, site: Site) -> None:
    """Nothing is closed: the link is half open. Soon the servers say so, and go on without."""
    names = ("app1", "jobs1")
    ways = (("OUTPUT", "-p", "tcp", "--dport", "5672", "-j", "DROP"), ("INPUT", "-p", "tcp", "--sport", "5672", "-j", "DROP"))

    def drop() -> None:
        filter_packets(fleet, "--append", names, *ways)
        try:
            began = time.monotonic()
            for name in names:
                until(lambda name=name: degraded(fleet, name) == ["broker"], NOTICED, lambda name=name: f"{name} did not notice")  # type: ignore[misc]
            assert time.monotonic() - began < NOTICED
        finally:
            filter_packets(fleet, "--delete", names, *ways)

    through(fleet, project, site, drop)
    for name in names:
        until(lambda name=name: degraded(fleet, name) == [], 2 * AGAIN_SECONDS, lambda name=name: f"{name} did not come back")  # type: ignore[misc]


def test_the_clocks_of_two_servers_are_off(fleet: Fleet, project: str, site: Site) -> None:
    """An app server two minutes ahead, a worker two minutes behind: leases, sessions and order follow the database's clock."""

    def off() -> None:
        for name, minutes in (("app2", "+2m"), ("jobs2", "-2m")):
            clock = f"{{ LD_PRELOAD: /clock.so, FAKETIME: '{minutes}', FAKETIME_DONT_FAKE_MONOTONIC: '1' }}"
            override(fleet, name, f"environment: {clock}\n    volumes: ['{FAKETIME}:/clock.so:ro']")
        told = int(fleet.engine.run("exec", fleet.container("app2"), "date", "+%s"))
        assert abs(told - time.time() - 120) < 5
        time.sleep(OUTAGE)

    try:
        through(fleet, project, site, off)
        again = signed_in(fleet)
        assert again.get("/sessions/current")["user"]
        again.http.close()
    finally:
        for name in ("app2", "jobs2"):
            override(fleet, name, None)


def test_an_app_server_is_added_and_taken_away_under_load(fleet: Fleet, project: str, site: Site) -> None:
    """The seed's steps on a new server, then its line in the balancer's file and a reload; then the way back."""
    new = fleet.add_app("app3", THIRD)
    sample = fleet.state / "balancer/sample.conf"
    before = sample.read_text()

    def add_and_remove() -> None:
        fleet.start(new)
        until(lambda: (ready_at(THIRD) or {}).get("status_code") == 200, 60, lambda: "the third app server is not ready")
        sample.write_text(before.replace("server app-server-2:3000;", f"server app-server-2:3000;\nserver {THIRD}:3000;"))
        fleet.reload_balancer()
        time.sleep(OUTAGE)
        sample.write_text(before)
        fleet.reload_balancer()
        time.sleep(1)

    try:
        through(fleet, project, site, add_and_remove)
        assert "/api/v1/parts" in fleet.logs(new, 1000)
    finally:
        sample.write_text(before)
        fleet.remove(new)


def test_servers_are_cut_off_the_network(fleet: Fleet, project: str, site: Site) -> None:
    def cut() -> None:
        for name in ("app1", "jobs1", "cad"):
            fleet.cut(name)
            time.sleep(OUTAGE)
            fleet.mend(name)

    through(fleet, project, site, cut)


def test_a_worker_is_frozen_and_woken(fleet: Fleet, project: str, site: Site) -> None:
    def freeze() -> None:
        fleet.pause("jobs1")
        time.sleep(OUTAGE)
        fleet.resume("jobs1")

    through(fleet, project, site, freeze)


def test_the_balancer_reads_its_configuration_anew(fleet: Fleet, project: str, site: Site) -> None:
    def reload() -> None:
        for _ in range(3):
            fleet.reload_balancer()
            time.sleep(0.5)

    load = through(fleet, project, site, reload)
    assert load.writes


def test_workers_are_added_and_taken_away_and_share_the_jobs(fleet: Fleet, project: str, site: Site) -> None:
    """`--scale worker=3` while people work: a hundred jobs (300 in the long form), each once; then the example that scales by itself."""
    part = site.post("/parts", {"project": project, "name": "exported"})["id"]

    def scale() -> None:
        fleet.compose("jobs1", "up", "-d", "--scale", "worker=3")
        fleet.wait()
        assert len(fleet.compose("jobs1", "ps", "-q", "worker").split()) == 3
        before = outputs(fleet)
        asked = [site.post(f"/parts/{part}/bom/exports", {"format": "csv"}, status=202)["id"] for _ in range(SHARED)]
        assert len(set(asked)) == SHARED
        with psycopg.connect(database_url(fleet), autocommit=True) as connection:
            until(lambda: _open(connection, asked) == 0, AGAIN_SECONDS * 2, lambda: f"{_open(connection, asked)} jobs did not end")
            told = connection.execute(
                "SELECT count(*), count(DISTINCT j.worker), min(j.state), max(j.state), max(j.attempt),"
                " count(DISTINCT j.result ->> 'output') FROM job j WHERE uid = ANY (%s::uuid[])",
                (asked,),
            ).fetchone()
        assert told is not None
        assert (told[0], *told[2:]) == (SHARED, "succeeded", "succeeded", 1, SHARED)
        assert outputs(fleet) - before == SHARED
        assert told[1] >= 3
        autoscale(fleet, "jobs1")
        assert len(fleet.compose("jobs1", "ps", "-q", "worker").split()) < 3
        fleet.compose("jobs1", "up", "-d", "--scale", "worker=1")

    through(fleet, project, site, scale, think_seconds=0.5)


def autoscale(fleet: Fleet, name: str) -> None:
    """The example of the jobs folder looks once."""
    server = fleet.servers[name]
    script = DEPLOYMENTS / "distributed/jobs/autoscale.sh"
    environment = {**fleet.engine.environment, "COMPOSE_PROJECT_NAME": server.project, "LOOKS": "1"}
    shutil.copy2(script, server.folder)
    subprocess.run([server.folder / script.name], env=environment, check=True, capture_output=True)


def outputs(fleet: Fleet) -> int:
    """Files that exports have made."""
    with psycopg.connect(database_url(fleet), autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM output_file").fetchone()
        return int(found[0]) if found else 0


def _open(connection: "psycopg.Connection[tuple[object, ...]]", uids: list[str]) -> int:
    found = connection.execute(
        "SELECT count(*) FROM job WHERE uid = ANY (%s::uuid[]) AND state IN ('queued', 'running')", (uids,)
    ).fetchone()
    return int(str(found[0])) if found else 0


def filter_packets(fleet: Fleet, action: str, names: Iterable[str], *rules: Sequence[str]) -> None:
    """Appends rules to, or deletes them from, the packet filters of some servers."""
    for name in names:
        for rule in rules:
            fleet.filter_packets(name, action, *rule)


def override(fleet: Fleet, name: str, text: str | None) -> None:
    """Has a server's app or worker run with this besides, or as its folder says."""
    path = fleet.servers[name].folder / OVERRIDE
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(f"services:\n  {fleet.service(name)}:\n    {text}\n")
    fleet.start(name)
    fleet.wait()


def degraded(fleet: Fleet, name: str) -> list[str]:
    """What a server says is missing."""
    port = 3000 if name in APPS else 3001
    code = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}/health/ready', timeout=5).read().decode())"
    found: list[str] = json.loads(fleet.engine.run("exec", fleet.container(name), "python3", "-c", code))["degraded"]
    return found


def _until_degraded(parts: list[str]) -> None:
    """Until both app servers say that exactly this is missing; they stay ready."""
    wanted = {"status_code": 200, "status": "ok", "degraded": parts}
    deadline = time.monotonic() + AGAIN_SECONDS
    while any(ready(name) != wanted for name in APPS):
        assert time.monotonic() < deadline, {name: ready(name) for name in APPS}
        time.sleep(0.5)

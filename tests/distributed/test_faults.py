"""Real faults under real work through the balancer; afterwards everything that was accepted is there, once.

A careful client sends what got no answer again under its key; no user action fails for good. `FAULT_SECONDS` says how long an outage
lasts (4; the long form is 30) and `FAULT_ROUNDS` how often something is killed.
"""

import os
import random
import time
from collections.abc import Callable
from typing import Final

from tests.distributed.load import Load, invariants, under_load
from tests.distributed.site import Site, ready
from tools.cluster import APPS, JOBS, Fleet

OUTAGE: Final = float(os.environ.get("FAULT_SECONDS", "4"))
ROUNDS: Final = int(os.environ.get("FAULT_ROUNDS", "1"))
BEFORE, AFTER = 1.5, 2.0
"""Seconds of work before a fault and after it."""
AGAIN_SECONDS: Final = 60


def through(fleet: Fleet, project: str, site: Site, fault: Callable[[], None]) -> Load:
    """Work, a fault in the middle of it, the way back to health, and the count."""
    with under_load(fleet, project) as load:
        time.sleep(BEFORE)
        fault()
        time.sleep(AFTER)
        fleet.wait()
    invariants(fleet, load, site)
    return load


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
    def restart() -> None:
        for name in (*APPS, *(JOBS if ROUNDS > 1 else ("jobs1",))):
            fleet.compose(name, "restart", "app" if name in APPS else "worker")
            fleet.wait()

    through(fleet, project, site, restart)


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


def test_the_storage_is_away(fleet: Fleet, project: str, site: Site) -> None:
    def outage() -> None:
        fleet.compose("infrastructure", "stop", "seaweedfs")
        time.sleep(OUTAGE)
        fleet.compose("infrastructure", "start", "seaweedfs")

    through(fleet, project, site, outage)


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
            fleet.engine.run("kill", "--signal=HUP", fleet.container("balancer"))
            time.sleep(0.5)

    load = through(fleet, project, site, reload)
    assert load.writes


def test_workers_are_added_and_taken_away(fleet: Fleet, project: str, site: Site) -> None:
    def scale() -> None:
        fleet.compose("jobs1", "up", "-d", "--scale", "worker=3")
        fleet.wait()
        assert len(fleet.compose("jobs1", "ps", "-q", "worker").split()) == 3
        fleet.compose("jobs1", "up", "-d", "--scale", "worker=1")

    through(fleet, project, site, scale)


def _until_degraded(parts: list[str]) -> None:
    """Until both app servers say that exactly this is missing; they stay ready."""
    wanted = {"status_code": 200, "status": "ok", "degraded": parts}
    deadline = time.monotonic() + AGAIN_SECONDS
    while any(ready(name) != wanted for name in APPS):
        assert time.monotonic() < deadline, {name: ready(name) for name in APPS}
        time.sleep(0.5)

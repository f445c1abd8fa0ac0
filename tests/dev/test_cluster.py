"""`./dev cluster` on a machine that lacks something: one sentence, never a stack trace."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.until import wait_until
from tools import cluster, images, prepare
from tools.engine import NoEngine, runs


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that is not root, on a machine without programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 1000)


@pytest.mark.parametrize("action", ("up", "status", "down"))
def test_without_docker_one_sentence_says_what_to_install(bare: None, action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["cluster", action])
    with pytest.raises(SystemExit) as ended:
        cluster.main()
    assert re.fullmatch(r"cluster: no Docker engine answers, and only root can start one: .*", str(ended.value))


def test_without_debootstrap_one_sentence_says_what_to_install(bare: None) -> None:
    with pytest.raises(NoEngine) as refused:
        images.need_debootstrap()
    assert str(refused.value) == (
        "debian:bookworm-slim cannot be pulled, and making it here needs debootstrap. As root: apt-get install debootstrap"
    )


def test_what_the_fleet_lacks_is_named_before_anything_is_started(bare: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        prepare.install(["docker.io", "docker-compose"], "the fleet needs", "name an engine that runs by DOCKER_HOST")
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "dev: the fleet needs docker.io, docker-compose. As root: apt-get install --no-install-recommends docker.io docker-compose; "
        "or name an engine that runs by DOCKER_HOST\n"
    )


def test_an_engine_that_ended_does_not_run_although_nobody_took_note_of_its_end() -> None:
    with subprocess.Popen(["true"]) as ended:
        wait_until(lambda: not runs(ended.pid))


def test_what_is_there_is_not_installed_again() -> None:
    assert prepare.lacking({"one": "/bin/sh", "two": "/nowhere/sh", "three": "/nowhere/no-such-program"}) == ["three"]


def test_an_action_on_a_server_without_its_name_is_a_wrong_use(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["cluster", "kill"])
    with pytest.raises(SystemExit) as ended:
        cluster.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("error: kill needs a NAME\n")

"""Commands of the real program against the real program."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from fastapi import FastAPI

from cascadia.kernel.db import Database
from cascadia.notify import webhooks
from tests.company import Person, Workshop
from tests.served import served

PROGRAM: Final = (sys.executable, "-P", "-m", "cascadia.cli")


async def run(url: str, token: str, folder: Path, arguments: Sequence[str]) -> tuple[int, str, str]:
    """How a command ended, and what it said on stdout and stderr."""
    environ = {**os.environ, "CASCADIA_URL": url, "CASCADIA_TOKEN": token, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    done = await asyncio.to_thread(
        subprocess.run, (*PROGRAM, *arguments), env=environ, cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


async def token_of(person: Person) -> str:
    return str((await person.post("/tokens", {"name": "command line"}))["secret"])


async def administered(person: Person) -> str:
    return str((await person.post("/tokens", {"name": "command line", "scope": "administer"}))["secret"])


@pytest.mark.timeout(300)
async def test_a_part_that_is_used_where_one_may_not_look_does_not_seem_unused(workshop: Workshop, app: FastAPI, tmp_path: Path) -> None:
    elsewhere = await workshop.company.program("ELSEWHERE")
    project = await workshop.company.project("ELSEWHERE", elsewhere)
    both = await workshop.company.person("Both", {workshop.program: "engineer", elsewhere: "engineer"})
    used, unused = [await both.part(workshop.project, number=number) for number in ("U-1", "U-2")]
    parent = await both.part(project, "Secret", number="S-1")
    await both.line(parent["id"], used["id"])
    token = await token_of(workshop.viewer)
    async with served(app) as url:
        code, out, said = await run(url, token, tmp_path, ["where-used", used["number"]])
        assert (code, said) == (0, "U-1 is also used in items that you may not see.\n")
        assert "S-1" not in out
        assert (await run(url, token, tmp_path, ["where-used", unused["number"]]))[2] == ""
        code, out, said = await run(url, token, tmp_path, ["where-used", used["number"], "--json"])
        assert (code, out, said) == (0, "[]\n", "U-1 is also used in items that you may not see.\n")


@pytest.mark.timeout(300)
async def test_a_file_that_is_fetched_overwrites_nothing(workshop: Workshop, app: FastAPI, tmp_path: Path) -> None:
    stored = await workshop.engineer.http.post("/api/v1/files", params={"name": ".bashrc", "project": workshop.project}, content=b"theirs")
    file, token = stored.json()["id"], await token_of(workshop.viewer)
    (tmp_path / ".bashrc").write_text("mine")
    async with served(app) as url:
        assert (await run(url, token, tmp_path, ["files", "get", file]))[:2] == (0, "bashrc  6 bytes\n")
        code, _, said = await run(url, token, tmp_path, ["files", "get", file])
        assert (code, "bashrc is there already" in said) == (1, True)
        assert (await run(url, token, tmp_path, ["files", "get", file, "--force"]))[0] == 0
        code, _, said = await run(url, token, tmp_path, ["files", "get", "nope"])
    assert ((tmp_path / ".bashrc").read_text(), (tmp_path / "bashrc").read_text()) == ("mine", "theirs")
    assert (code, "file id: must be an id, such as" in said) == (1, True)


@pytest.mark.timeout(300)
async def test_a_quota_is_the_bytes_that_were_typed_or_refused(workshop: Workshop, app: FastAPI, tmp_path: Path) -> None:
    administrator = workshop.company.administrator
    code, token = (await administrator.get(f"/programs/{workshop.program}"))["code"], await administered(administrator)
    async with served(app) as url:
        assert (await run(url, token, tmp_path, ["files", "quota", code, "--allow", "1.5GB"]))[0] == 0
        for text in ("1,5GB", "0.5"):
            ended, out, said = await run(url, token, tmp_path, ["files", "quota", code, "--allow", text])
            assert (ended, out) == (1, "")
            assert f"{text} is no amount of whole bytes. Write 50GiB, 1.5TB, 1000, or none." in said
    assert (await administrator.get(f"/programs/{workshop.program}/usage"))["allowed"] == 1_500_000_000


@pytest.mark.timeout(300)
async def test_a_list_that_is_cut_says_so_beside_the_output(workshop: Workshop, app: FastAPI, tmp_path: Path) -> None:
    for number in ("M-1", "M-2", "M-3"):
        await workshop.engineer.part(workshop.project, number=number)
    token = await token_of(workshop.viewer)
    async with served(app) as url:
        code, out, said = await run(url, token, tmp_path, ["part", "list", "--limit", "2"])
        assert (code, len(out.splitlines()), said) == (0, 3, "The first 2; there are more. Ask for them by a higher --limit.\n")
        code, out, said = await run(url, token, tmp_path, ["part", "list", "--limit", "3"])
        assert (code, len(out.splitlines()), said) == (0, 4, "")


@pytest.mark.timeout(300)
async def test_all_events_are_told_again_however_many_a_request_takes(
    workshop: Workshop, app: FastAPI, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "REPLAYED_AT_ONCE", 2)
    for number in range(5):
        await workshop.engineer.part(workshop.project, f"P{number}")
    hook = await workshop.lead.post("/webhooks", {"url": "https://example.com/", "types": ["part.*"], "program": workshop.program})
    async with database.write() as write:
        await write.value("SELECT number_outbox(1000)")
    token = str((await workshop.lead.post("/tokens", {"name": "command line", "scope": "administer"}))["secret"])
    again = ["webhook", "replay", hook["id"], "--after", "0"]
    async with served(app) as url:
        assert await run(url, token, tmp_path, [*again, "--dry-run"]) == (0, "0 of 5 told again\n", "")
        assert await run(url, token, tmp_path, again) == (0, "5 of 5 told again\n", "")
    assert len((await workshop.lead.get(f"/webhooks/{hook['id']}/deliveries"))["items"]) == 5

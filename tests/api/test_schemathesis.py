"""Schemathesis reads the description and sends what it allows and what it does not, once with the eyes of each role.

`SCHEMATHESIS_SECONDS` is the time of each role, `FUZZ_SEED` the seed.
"""

import asyncio
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from fastapi import FastAPI

from tests.company import Person, Workshop
from tests.served import served
from tests.site import build

ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = Path(sys.executable).with_name("st")
SECONDS: Final = int(os.environ.get("SCHEMATHESIS_SECONDS", "10"))
SEED: Final = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**31))
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
LEFT_OUT: Final = ("stream_events", "sign_out", "set_up", "edit_user", "revoke_role", "grant_role", "revoke_token", "get_metrics")
"""What never ends, or takes people what they are asked with."""


def command(url: str, token: str | None) -> Sequence[str]:
    signed_in = ("-H", f"Authorization: Bearer {token}") if token else ()
    left_out = [part for name in LEFT_OUT for part in ("--exclude-operation-id", name)]
    bounds = ("--max-time", str(SECONDS), "--seed", str(SEED), "--phases", "examples,coverage,fuzzing")
    manner = ("--no-shrink", "--continue-on-failure", "--warnings", "off", "--checks", ",".join(CHECKS))
    return (str(PROGRAM), "run", f"{url}/api/v1/openapi.json", *signed_in, *left_out, *bounds, *manner)


async def told(url: str, token: str | None, folder: Path) -> tuple[int, str]:
    """How it ended, and what it said."""
    environ = {**os.environ, "NO_COLOR": "1", "SCHEMATHESIS_HOOKS": "tests.pieces", "PYTHONPATH": str(ROOT)}
    pipe = asyncio.subprocess.PIPE
    run = await asyncio.create_subprocess_exec(*command(url, token), stdout=pipe, stderr=asyncio.subprocess.STDOUT, env=environ, cwd=folder)
    said, _ = await run.communicate()
    return run.returncode or 0, said.decode(errors="replace")


async def token_of(person: Person) -> str:
    return str((await person.post("/tokens", {"name": "schemathesis"}))["secret"])


@pytest.mark.timeout(6 * SECONDS + 300)
async def test_schemathesis_finds_nothing_with_the_eyes_of_any_role(workshop: Workshop, app: FastAPI, tmp_path: Path) -> None:
    await build(workshop)
    people = {
        "administrator": workshop.company.administrator,
        "lead": workshop.lead,
        "engineer": workshop.engineer,
        "viewer": workshop.viewer,
        "stranger": workshop.stranger,
    }
    tokens: dict[str, str | None] = {name: await token_of(person) for name, person in people.items()}
    async with served(app) as url:
        for name, token in {**tokens, "nobody": None}.items():
            code, said = await told(url, token, tmp_path)
            assert code == 0, f"{name}, seed {SEED}:\n{said[-8000:]}"
            sys.stdout.write(f"{name}: {' '.join(line for line in said.splitlines() if 'generated' in line or 'passed' in line)}\n")

"""Clients that others generate from the API's description compile, and make a call of each kind."""

import asyncio
import compileall
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from tests.company import Workshop
from tests.served import served

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).parent
GENERATOR: Final = ROOT / ".tools/clients"
"""What `./dev test` installs from `requirements-clients.lock`."""
SCHEMA_TOOL: Final = ROOT / "web/schema-tool"
NODE: Final = ROOT / ".tools/node/shims"


def run(command: list[str], path: str = "", folder: Path = ROOT) -> str:
    """What it printed; it must succeed without a word of warning."""
    environ = {**os.environ, "PYTHONPATH": path, "PATH": f"{NODE}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def python_client(document: Mapping[str, object], folder: Path) -> Path:
    """The folder that holds the generated package `plm`."""
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    where = ["--path", str(folder / "openapi.json"), "--output-path", str(folder / "plm"), "--meta", "none"]
    command = [sys.executable, "-m", "openapi_python_client", "generate", *where, "--config", str(HERE / "python.yaml")]
    said = run([*command, "--fail-on-warning"], str(GENERATOR))
    assert "arning" not in said, said
    return folder


async def test_a_python_client_compiles_and_makes_a_call_of_each_kind(workshop: Workshop, app: FastAPI, tmp_path: Path) -> None:
    folder = await asyncio.to_thread(python_client, app.openapi(), tmp_path)
    assert compileall.compile_dir(folder / "plm", quiet=1)
    token = (await workshop.engineer.post("/tokens", {"name": "generated client"}))["secret"]
    async with served(app) as url:
        command = [sys.executable, str(HERE / "use_python.py"), url, token, workshop.project]
        await asyncio.to_thread(run, command, os.pathsep.join((str(folder), str(GENERATOR))))


def test_types_for_typescript_compile_as_they_are_used(tmp_path: Path) -> None:
    programs = SCHEMA_TOOL / "node_modules/.bin"
    document, types = str(ROOT / "web/openapi.json"), str(tmp_path / "schema.d.ts")
    run([str(programs / "openapi-typescript"), document, "-o", types, "--default-non-nullable=false"])
    (tmp_path / "use.ts").write_text((HERE / "use.ts").read_text(encoding="utf-8"), encoding="utf-8")
    strictly = ["--strict", "--noEmit", "--skipLibCheck", "false", "--moduleResolution", "bundler", "--module", "esnext"]
    run([str(programs / "tsc"), *strictly, "use.ts"], folder=tmp_path)

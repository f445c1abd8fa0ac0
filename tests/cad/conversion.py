"""Conversions for the tests: each in a process of its own, because a damaged file may end that process."""

import atexit
import json
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cascadia.structures.model import Component, Structure, decode

ROOT = Path(__file__).parents[2]
ANSWER = "answer.json"
SECONDS = 60
"""The job runner, too, ends what takes too long."""


@dataclass(frozen=True)
class Conversion:
    """What came out of a child: its outputs, or its error, or (`died`) nothing."""

    folder: Path
    status: int
    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, str] | None = None
    notes: list[tuple[float, str]] = field(default_factory=list)

    @property
    def died(self) -> bool:
        return self.status != 0

    @property
    def structure(self) -> Structure:
        return decode(self.bytes_of("structure"))

    def bytes_of(self, kind: str, component: str | None = None) -> bytes:
        names = [o["name"] for o in self.outputs if (o["kind"], o["component"]) == (kind, component)]
        assert len(names) == 1, self.error
        return (self.folder / "output" / str(names[0])).read_bytes()

    def component(self, key: str) -> Component:
        return next(c for c in self.structure.components if c.key == key)


def convert(folder: Path, source: Path | bytes, *beside: Path, name: str = "model.stp") -> Conversion:
    """Converts a file (and documents beside it) in a child whose folder is `folder`."""
    given = folder / "input"
    given.mkdir(parents=True)
    (given / "source.stp").write_bytes(source if isinstance(source, bytes) else source.read_bytes())
    for document in beside:
        shutil.copy(document, given / document.name)
    status = converter().run(folder, name)
    if status != 0:
        return Conversion(folder, status)
    answer = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
    notes = [(fraction, note) for fraction, note in answer["notes"]]
    outputs = answer.get("result", {}).get("outputs", [])
    return Conversion(folder, 0, outputs, answer.get("error"), notes)


@dataclass(frozen=True)
class Converter:
    """Loads OpenCASCADE once, which takes a second or two, and converts each file in a process forked from there."""

    process: "subprocess.Popen[str]"

    def run(self, folder: Path, name: str) -> int:
        """Converts what lies in a folder; the exit code, which is negative where a signal ended the process."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([str(folder), name]) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self) -> None:
        """It ends when nobody can ask it any more."""
        self.process.communicate()


@cache
def converter() -> Converter:
    """The one of this run."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.cad.child"]
    made = Converter(subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True))
    atexit.register(made.end)
    return made


@dataclass(frozen=True)
class Glb:
    """A parsed GLB: its document and its buffer."""

    document: dict[str, Any]
    data: bytes

    @classmethod
    def parse(cls, content: bytes) -> "Glb":
        """Checks the container on the way."""
        magic, version, length = struct.unpack_from("<4sII", content)
        assert (magic, version, length) == (b"glTF", 2, len(content))
        size, kind = struct.unpack_from("<I4s", content, 12)
        assert kind == b"JSON"
        assert size % 4 == 0
        document = json.loads(content[20 : 20 + size])
        rest = content[20 + size :]
        if not rest:
            return cls(document, b"")
        binary, kind = struct.unpack_from("<I4s", rest)
        assert kind == b"BIN\0"
        assert binary == len(rest) - 8
        return cls(document, rest[8:])

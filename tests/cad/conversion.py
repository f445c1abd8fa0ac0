"""Conversions for the tests: each in a process of its own, because a damaged file may end that process."""

import json
import shutil
import signal
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cascadia.structures.model import Component, Structure, decode

CHILD = Path(__file__).with_name("child.py")


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
    command = [sys.executable, str(CHILD), str(folder), name]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return Conversion(folder, -signal.SIGKILL)  # as the job runner ends what takes too long
    if done.returncode != 0:
        return Conversion(folder, done.returncode)
    answer = json.loads(done.stdout.splitlines()[-1])
    notes = [(fraction, note) for fraction, note in answer["notes"]]
    outputs = answer.get("result", {}).get("outputs", [])
    return Conversion(folder, 0, outputs, answer.get("error"), notes)


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

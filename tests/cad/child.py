"""Conversions, each in a process of its own that is forked with OpenCASCADE loaded, as the zygote of a worker does it.

Takes lines with a JSON list of a folder and a name, and answers each with the exit code of the process; what it found is in the
folder's `answer.json`.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from cascadia.cad import preload
from cascadia.cad.model import CadError, Progress
from tests.cad.conversion import ANSWER, SECONDS


def main() -> None:
    for line in sys.stdin:
        folder, name = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.alarm(SECONDS)
            work(Path(folder), name)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def work(folder: Path, name: str) -> None:
    """One conversion."""
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries print, too
    notes: list[tuple[float, str]] = []
    answer: dict[str, Any]
    try:
        answer = {"result": {"outputs": whole(folder, name, lambda fraction, note: notes.append((fraction, note)))}}
    except CadError as error:
        answer = {"error": {"code": error.code, "message": error.message}}
    (folder / ANSWER).write_text(json.dumps({**answer, "notes": notes}), encoding="utf-8")


def whole(folder: Path, name: str, progress: Progress) -> list[dict[str, Any]]:
    """What the jobs of one file make, each from what the ones before it left."""

    def third(number: int) -> Progress:
        return lambda fraction, note: progress((number + fraction) / 3, note)

    outputs = [*preload.child.run(folder, {"name": name}, third(0))["outputs"]]
    for made in ("layout.json", "shapes.zip"):
        (folder / "input" / made).hardlink_to(folder / "output" / made)
    model = preload.child.model(folder, {}, third(1))
    (folder / "input/model.glb").hardlink_to(folder / "output/model.glb")
    pictures = preload.child.pictures(folder, {"first": 0, "end": model["components"]}, third(2))
    return [*outputs, *model["outputs"], *pictures["outputs"]]


if __name__ == "__main__":
    main()

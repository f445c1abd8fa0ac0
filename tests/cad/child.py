"""Conversions, each in a process of its own that is forked with OpenCASCADE loaded, as the zygote of a worker does it.

Takes lines with a JSON list of a folder and a name, and answers each with the exit code of the process; what it found is in the
folder's `answer.json`.
"""

import json
import os
import signal
import sys
from pathlib import Path

from cascadia.cad import preload
from cascadia.cad.model import CadError
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
    try:
        answer = {"result": preload.child.run(folder, {"name": name}, lambda fraction, note: notes.append((fraction, note)))}
    except CadError as error:
        answer = {"error": {"code": error.code, "message": error.message}}
    (folder / ANSWER).write_text(json.dumps({**answer, "notes": notes}), encoding="utf-8")


if __name__ == "__main__":
    main()

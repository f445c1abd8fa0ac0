"""One conversion in a process of its own, as the job runner does it: `python child.py FOLDER NAME`. Prints one line of JSON."""

import json
import sys
from pathlib import Path

from cascadia.cad import preload
from cascadia.cad.model import CadError


def main() -> None:
    folder, name = Path(sys.argv[1]), sys.argv[2]
    notes: list[tuple[float, str]] = []
    try:
        answer = {"result": preload.child.run(folder, {"name": name}, lambda fraction, note: notes.append((fraction, note)))}
    except CadError as error:
        answer = {"error": {"code": error.code, "message": error.message}}
    print(json.dumps({**answer, "notes": notes}))  # noqa: T201 - the answer


main()

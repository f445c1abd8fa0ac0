"""Pages that a test follows: the commands of a block, typed as they stand there."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def block(page: Path, heading: str = "") -> Iterator[str]:
    """The lines of the first block of commands that begins with `cp` or `cd`, below a heading where one is given."""
    text = page.read_text(encoding="utf-8")
    commands = re.search(r"```\n(c[dp] .*?)```", text[text.index(heading) :], re.DOTALL)
    assert commands, page
    return iter(commands[1].splitlines())


def type_line(line: str, folder: Path, environment: Mapping[str, str], compose: Sequence[str]) -> str:
    """What a command answers; `docker-compose` is whichever of its two forms is installed."""
    typed = line.replace("docker-compose", " ".join(compose))
    done = subprocess.run(["bash", "-c", typed], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{typed}: {done.stderr}"
    return done.stdout

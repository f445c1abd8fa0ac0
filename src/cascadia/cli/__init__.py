"""The command `cascadia`: starts and stops the program on this machine, and speaks to a running one through its public API.

Nothing is imported here but what ends a command: Ctrl-C is quiet from the first moment, also while the rest is still read. A container asks
for its health every few seconds: that reads next to nothing else.
"""

import sys
from typing import Final

INTERRUPTED: Final = 130
"""What shells expect of a command that Ctrl-C ended."""


def main() -> None:
    """Runs the command of `sys.argv` and ends the process."""
    try:
        if sys.argv[1:2] == ["health"]:
            from cascadia.cli import health  # noqa: PLC0415

            health.answer(sys.argv[2:])
        from cascadia.cli import program  # noqa: PLC0415

        program.run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)

"""How a command ends, as a number: scripts decide by it. `docs/reference/exit-codes.md` lists the same."""

from typing import Final

from cascadia.kernel.errors import CascadiaError

FAILED: Final = 1
USAGE: Final = 2
PORT_TAKEN: Final = 3
FOLDER_UNUSABLE: Final = 4
NEWER_DATA: Final = 5
FOLDER_IN_USE: Final = 6
DATABASE_FAILED: Final = 7
PYTHON_TOO_OLD: Final = 8
"""Given by `./dev` only: an installation of the program refuses an older Python by itself."""

BY_CODE: Final = {
    "port_taken": PORT_TAKEN,
    "data_folder_unusable": FOLDER_UNUSABLE,
    "data_folder_unwritable": FOLDER_UNUSABLE,
    "data_folder_unreachable": FOLDER_UNUSABLE,
    "disk_full": FOLDER_UNUSABLE,
    "data_folder_newer": NEWER_DATA,
    "program_too_old": NEWER_DATA,
    "data_folder_in_use": FOLDER_IN_USE,
    "database_failed": DATABASE_FAILED,
    "unavailable": DATABASE_FAILED,
}


def of(error: CascadiaError) -> int:
    """The exit code for an error that ends a command."""
    return BY_CODE.get(error.code, FAILED)

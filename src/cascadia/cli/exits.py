"""How a command ends, as a number: scripts decide by it. `docs/reference/exit-codes.md` lists the same."""

from typing import Final

from cascadia.kernel.errors import CascadiaError

FAILED: Final = 1
"""Something else went wrong; the sentence says what."""

USAGE: Final = 2
"""The command or a setting is wrong."""

PORT_TAKEN: Final = 3
"""The port is taken, or this account may not use it."""

FOLDER_UNUSABLE: Final = 4
"""The data folder cannot be written or reached, its disk is full, or it is damaged."""

NEWER_DATA: Final = 5
"""The data folder or the database was written by a newer version of the program."""

FOLDER_IN_USE: Final = 6
"""Another process uses the data folder."""

DATABASE_FAILED: Final = 7
"""The database does not start, cannot be reached, or lacks this program's schema."""

PYTHON_TOO_OLD: Final = 8
"""Python is older than 3.11 (said by `./dev`; an installation refuses by itself)."""

BY_CODE: Final = {
    "port_taken": PORT_TAKEN,
    "data_folder_unusable": FOLDER_UNUSABLE,
    "data_folder_unwritable": FOLDER_UNUSABLE,
    "data_folder_unreachable": FOLDER_UNUSABLE,
    "disk_full": FOLDER_UNUSABLE,
    "data_folder_newer": NEWER_DATA,
    "code_behind": NEWER_DATA,
    "data_folder_in_use": FOLDER_IN_USE,
    "database_failed": DATABASE_FAILED,
    "schema_behind": DATABASE_FAILED,
    "schema_missing": DATABASE_FAILED,
    "unavailable": DATABASE_FAILED,
}


def of(error: CascadiaError) -> int:
    """The exit code for an error that ends a command."""
    return BY_CODE.get(error.code, FAILED)

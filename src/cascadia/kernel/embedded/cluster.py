"""One PostgreSQL cluster in a data folder: how it is made, who may enter, where its socket is."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from cascadia.kernel.embedded import binaries
from cascadia.kernel.embedded.binaries import Binaries
from cascadia.kernel.embedded.folder import DataFolderError, disk_full
from cascadia.kernel.processes import Identity

LOGIN: Final = "cascadia"
SUPERUSER: Final = "postgres"
SOCKET: Final = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT: Final = 107
SHORT_FOLDER_PREFIX: Final = "cascadia-"

INITDB: Final = (
    "--encoding=UTF8",  # without LANG it would be SQL_ASCII
    "--locale=C.UTF-8",  # with a locale of C, trigrams of text in other scripts would be empty
    "--data-checksums",
    "--auth=peer",
    f"--username={SUPERUSER}",
    "--no-instructions",
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a server is started with. `settings` are PostgreSQL's own, by name."""

    folder: Path
    binaries: Binaries
    identity: Identity | None
    settings: Mapping[str, str]

    @property
    def data(self) -> Path:
        return self.folder / "postgres"


def url(sockets: Path, user: str = LOGIN, database: str = LOGIN) -> str:
    """A libpq URL by way of a socket's folder."""
    return f"postgresql:///{database}?host={quote(str(sockets), safe='')}&port=5432&user={user}"


def major_of(data: Path) -> int | None:
    """The PostgreSQL version that made a cluster; None where there is none yet."""
    try:
        return int((data / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None


def open_for(folder: Path, identity: Identity | None) -> None:
    """Lets the unprivileged server pass through a folder of root's; secrets lie in closed folders below."""
    if identity is None:
        return
    folder.chmod(folder.stat().st_mode | 0o011)
    if blocked := binaries.blocked_by(folder):
        detail = (
            f"The account `{identity.name}`, as which root's database runs, cannot pass {blocked}: choose a DATA_DIR outside of it, "
            "such as /var/lib/cascadia."
        )
        raise DataFolderError(detail, code="data_folder_unreachable")


def make(cluster: Cluster) -> None:
    """Runs initdb where there is no cluster: beside its place, then renamed, so that an interrupted start leaves nothing half-made."""
    if cluster.data.exists():
        return
    part, identity = cluster.folder / "postgres.part", cluster.identity
    shutil.rmtree(part, ignore_errors=True)
    _own_folder(part, identity, 0o700)
    done = subprocess.run(
        [str(cluster.binaries.bin / "initdb"), "-D", str(part), *INITDB],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.defpath, "TZ": "UTC"},
        cwd="/",
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=[] if identity else None,
    )
    if done.returncode:
        raise failure(cluster.folder, done.stderr)
    part.rename(cluster.data)


def failure(folder: Path, output: str) -> DataFolderError:
    """What PostgreSQL's last words mean."""
    if "No space left on device" in output:
        return disk_full(folder)
    words = " ".join([line for line in output.splitlines() if line.strip()][-3:])
    return DataFolderError(f"The embedded database does not start: {words or 'it said nothing'}", code="database_failed")


def let_in(cluster: Cluster) -> None:
    """The kernel vouches for the account at the other end of the socket; only this process's own may come in."""
    account = pwd.getpwuid(os.geteuid()).pw_name
    for name, text in {
        "pg_hba.conf": "local all all peer map=cascadia\n",
        "pg_ident.conf": "".join(f'cascadia "{account}" {login}\n' for login in (LOGIN, SUPERUSER)),
    }.items():
        path = cluster.data / name
        path.write_text(text, encoding="utf-8")
        _give(path, cluster.identity)


def make_socket_folder(cluster: Cluster) -> Path:
    """`run/` in the data folder; where that makes the socket's path too long, a new folder under /tmp."""
    before = socket_folder(cluster.data)
    if before and before.name.startswith(SHORT_FOLDER_PREFIX) and before.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(before, ignore_errors=True)
    sockets = cluster.folder / "run"
    if len(os.fsencode(sockets / SOCKET)) > SOCKET_PATH_LIMIT:
        sockets = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    _own_folder(sockets, cluster.identity, 0o711 if cluster.identity else 0o700)
    return sockets


def forget_last_run(cluster: Cluster, sockets: Path) -> None:
    """Removes PostgreSQL's lock files after a crash.

    They trust a process id, which by now may be a corpse that nobody reaped, or somebody else's. The lock on the data folder and
    the look at every process (`end_leftovers`) have shown that no server is left.
    """
    if sys.platform == "linux":
        for path in (cluster.data / "postmaster.pid", sockets / f"{SOCKET}.lock", sockets / SOCKET):
            path.unlink(missing_ok=True)


def socket_folder(data: Path) -> Path | None:
    """Where the server's socket is, or was: the fifth line of PostgreSQL's own file."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, PermissionError):
        return None
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def _own_folder(folder: Path, identity: Identity | None, mode: int) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)
    _give(folder, identity)


def _give(path: Path, identity: Identity | None) -> None:
    if identity:
        os.chown(path, identity.uid, identity.gid)

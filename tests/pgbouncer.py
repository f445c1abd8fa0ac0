"""A real PgBouncer in transaction mode in front of a PostgreSQL socket, on a free loopback port, stopped by its recorded process."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.until import wait_until

PROGRAM: Final = Path("/usr/sbin/pgbouncer")
START_SECONDS: Final = 60
UNPRIVILEGED: Final = "nobody"
"""The account that it runs under for root, whom it refuses."""


class Pooler:
    """`url` leads to the database of `direct` through the pooler, where every transaction may get another server connection."""

    def __init__(self, direct: str) -> None:
        if not PROGRAM.exists():
            pytest.fail("PgBouncer is missing: apt-get install --no-install-recommends pgbouncer, or leave it out by --without pgbouncer")
        parts = urlsplit(direct)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        database, user = parts.path.lstrip("/"), query["user"]
        self.folder = Path(tempfile.mkdtemp(prefix="cascadia-pgbouncer-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        (self.folder / "users.txt").write_text(f'"{user}" ""\n')
        (self.folder / "pgbouncer.ini").write_text(
            f"[databases]\n{database} = host={query['host']} port={query['port']} dbname={database} user={user}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\nauth_type = any\n"
            f"auth_file = {self.folder}/users.txt\npool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 500\n"
            "ignore_startup_parameters = extra_float_digits\n"
        )
        self.url = f"postgresql://{user}@127.0.0.1:{self.port}/{database}?sslmode=disable&gssencmode=disable"
        self._start()

    def _start(self) -> None:
        command = [str(PROGRAM), str(self.folder / "pgbouncer.ini")]
        account = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
        if account:
            self.folder.chmod(0o755)
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
        wait_until(lambda: self._listens() or self.process.poll() is not None, START_SECONDS, why=(self.folder / "log").read_text)
        assert self.process.poll() is None, (self.folder / "log").read_text()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def close(self) -> None:
        self.process.kill()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

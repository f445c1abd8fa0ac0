"""What the pages for operators tell one to type really works: a backup is restored, and everything is there."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from cascadia.access.passwords import Passwords
from cascadia.kernel.db import Database
from cascadia.kernel.embedded import Embedded, start
from cascadia.kernel.embedded.cluster import SUPERUSER
from cascadia.migrations.run import migrate
from cascadia.settings import Settings
from cascadia.versioning.verification import verify_chain
from cascadia.web import create_app
from tests.company import PASSWORD, Workshop, visitor
from tests.conftest import with_database

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/how-to/back-up-and-restore.md"
IN_POSTGRES = "docker-compose exec -T postgres "


def typed(program: str) -> list[str]:
    """The command of the page that runs this program in the container of PostgreSQL."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    (found,) = {line for line in lines if line.startswith(f"{IN_POSTGRES}{program} ")}
    return shlex.split(re.split(" [<>] ", found.removeprefix(IN_POSTGRES))[0])


class Server:
    """Runs the page's commands on the PostgreSQL of the tests, where the login and the database are called otherwise."""

    def __init__(self, postgres: Embedded, database: str) -> None:
        self.programs = postgres.cluster.binaries.bin
        (self.socket,) = parse_qs(urlsplit(postgres.url).query)["host"]
        self.database = database

    def run(self, program: str, *, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None) -> None:
        words = " ".join(typed(program)).replace("-U cascadia", f"-U {SUPERUSER}").split()
        names = {"cascadia": self.database, "--dbname=cascadia": f"--dbname={self.database}", "--role=cascadia": f"--role={SUPERUSER}"}
        command = [names.get(word, word) for word in words]
        environment = {**os.environ, "PGHOST": self.socket}
        done = subprocess.run(
            [self.programs / command[0], *command[1:]], env=environment, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture
def server(postgres: Embedded, database_url: str) -> Server:
    return Server(postgres, urlsplit(database_url).path.lstrip("/"))


def test_the_page_names_the_login_of_the_deployment() -> None:
    assert [typed(program)[1:3] for program in ("pg_dump", "dropdb", "createdb", "pg_restore")] == [["-U", "cascadia"]] * 4


async def test_a_dump_is_restored_as_the_page_says(
    server: Server, workshop: Workshop, postgres: Embedded, database_url: str, tmp_path: Path
) -> None:
    part = await workshop.engineer.part(workshop.project, "Frame")
    edited = await workshop.engineer.send(
        "PATCH", f"/parts/{part['id']}", {"name": "Frame of steel"}, headers={"If-Match": f'"{part["version"]}"'}
    )
    assert edited.status_code == 200
    email = workshop.engineer.user["email"]
    with psycopg.connect(with_database(postgres.url, server.database, SUPERUSER), autocommit=True) as connection:
        connection.execute(f'ALTER ROLE "{SUPERUSER}" IN DATABASE "{server.database}" SET role = cascadia_app')  # as `migrate` does there
    dump = tmp_path / "cascadia.dump"
    with dump.open("wb") as file:
        server.run("pg_dump", stdout=file)
    lost = await workshop.engineer.part(workshop.project, "Made after the copy")
    for program in ("dropdb", "createdb"):
        server.run(program)
    with dump.open("rb") as file:
        server.run("pg_restore", stdin=file)
    with psycopg.connect(with_database(postgres.url, server.database, SUPERUSER), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{server.database}" OWNER TO cascadia')  # createdb of the page is run by the owner
    migrate(database_url)
    async with Database(database_url, size=2) as database, database.read() as read:
        assert await verify_chain(read) == []
    await the_restored_program_has(part["id"], lost["id"], email, database_url, tmp_path)


async def the_restored_program_has(part: str, lost: str, email: str, url: str, folder: Path) -> None:
    app = create_app(Settings(database_url=url, data_dir=folder / "data"), passwords=Passwords())
    async with app.router.lifespan_context(app), visitor(app) as person:
        signed_in = await person.post("/api/v1/sessions", json={"email": email, "password": PASSWORD})
        assert signed_in.status_code == 201
        now = (await person.get(f"/api/v1/parts/{part}")).json()
        assert now["name"] == "Frame of steel"
        assert (await person.get(f"/api/v1/parts/{lost}")).status_code == 404
        changed = await person.patch(
            f"/api/v1/parts/{part}",
            json={"name": "Frame of aluminium"},
            headers={"If-Match": f'"{now["version"]}"', "Origin": "http://localhost:3000"},
        )
        assert changed.status_code == 200, changed.text


def test_a_copy_of_a_stopped_data_folder_is_everything(tmp_path: Path) -> None:
    folder, copy, archive = (Path(f"/tmp/cascadia-test-{os.getpid()}-{name}") for name in ("data", "copy", "archive.tar"))
    try:
        first = start(folder)
        with psycopg.connect(first.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'all of it' AS what")
        (folder / "files").mkdir(exist_ok=True)
        (folder / "files/contents").write_bytes(b"bytes")
        first.stop()
        subprocess.run(["tar", "-C", folder, "-cf", archive, "."], check=True)
        copy.mkdir()
        subprocess.run(["tar", "-C", copy, "-xf", archive], check=True)
        second = start(copy)
        with psycopg.connect(second.url) as connection:
            assert connection.execute("SELECT what FROM kept").fetchone() == ("all of it",)
        second.stop()
        assert (copy / "files/contents").read_bytes() == b"bytes"
    finally:
        for path in (folder, copy):
            shutil.rmtree(path, ignore_errors=True)
        archive.unlink(missing_ok=True)

"""Stored bytes are read again; what is missing or changed is told, once."""

from pathlib import Path

from cascadia.kernel.db import Database
from cascadia.kernel.disk import FileStore
from cascadia.vault.verification import verify
from tests.company import Workshop
from tests.vault.conftest import Place


def quiet(_fraction: float, _note: str) -> None:
    """Nobody looks on."""


async def test_damage_is_found_and_leaves_one_event(place: Place, store: FileStore, tmp_path: Path) -> None:
    whole, _ = await place.upload("whole.txt", b"whole")
    changed, blob = await place.upload("changed.txt", b"before")
    missing, gone = await place.upload("missing.txt", b"missing")
    root = tmp_path / "files"
    (root / blob.key).write_bytes(b"behind")
    (root / gone.key).unlink()
    assert await verify(place.database, store, quiet) == {"contents": 3, "damaged": 2}
    assert await verify(place.database, store, quiet) == {"contents": 3, "damaged": 2}
    async with place.database.primary() as primary:
        events = await primary.rows(
            "SELECT subject, data ->> 'damage' AS damage, program_id FROM outbox WHERE type = 'file.damaged' ORDER BY id"
        )
    assert [(e["subject"], e["damage"], e["program_id"]) for e in events] == [
        (changed.uid, "changed", place.program_id),
        (missing.uid, "missing", place.program_id),
    ]
    (root / blob.key).write_bytes(b"before")
    assert (await verify(place.database, store, quiet))["damaged"] == 1
    assert whole.name == "whole.txt"


async def test_one_run_reads_so_much_and_the_next_goes_on(place: Place, store: FileStore) -> None:
    for number in range(4):
        await place.upload(f"{number}.txt", bytes([number]) * 100)
    assert (await verify(place.database, store, quiet, most=250))["contents"] == 3
    async with place.database.primary() as primary:
        assert await primary.value("SELECT count(*) FROM blob WHERE verified_at IS NULL") == 1
    assert (await verify(place.database, store, quiet, most=50))["contents"] == 1
    async with place.database.primary() as primary:
        assert await primary.value("SELECT count(*) FROM blob WHERE verified_at IS NULL") == 0


async def test_administrators_ask_for_it_and_see_what_is_damaged(workshop: Workshop, database: Database) -> None:
    made = await workshop.engineer.http.post("/api/v1/files", params={"name": "a.txt", "project": workshop.project}, content=b"abc")
    async with database.write() as write:
        await write.execute("UPDATE blob SET damage = 'missing', verified_at = now()")
    administrator = workshop.company.administrator
    job = await administrator.post("/vault/verifications", None, status=202)
    assert (await administrator.post("/vault/verifications", None, status=202))["id"] == job["id"]
    [row] = (await administrator.get("/vault/damaged"))["items"]
    assert (row["id"], row["damage"]) == (made.json()["id"], "missing")

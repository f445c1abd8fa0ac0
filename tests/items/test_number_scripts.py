"""A number is one number in every script, however it is written: taken, found, listed, used, aliased and imported."""

import unicodedata
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest

from cascadia.kernel.db import Database
from cascadia.kernel.embedded import Embedded
from cascadia.kernel.text import fold
from cascadia.migrations.run import migrate
from tests.company import Workshop
from tests.desk import open_desk
from tests.older import database_of_version

NUMBERS = ("Schlüssel-10", "болт-Ж6", "ΣΊΣΥΦΟΣ-1", "Ǆ-1", "straße-7", "W32-²", "𐐀-1")
"""As typed; the last is upper case beyond the first plane."""


async def test_a_number_of_any_script_is_taken_and_found_in_any_case(workshop: Workshop) -> None:
    engineer = workshop.engineer
    for number in NUMBERS:
        part = await engineer.part(workshop.project, number=number)
        assert part["number"] == number
        for written in (number, number.swapcase() if "ß" not in number else number, unicodedata.normalize("NFD", number)):
            found = await engineer.get(f"/parts/by-number/{quote(written, safe='')}")
            assert found["id"] == part["id"], written
            assert [item["id"] for item in (await engineer.get("/parts", number=written))["items"]] == [part["id"]]
            again = await engineer.send("POST", "/parts", {"project": workshop.project, "name": "x", "number": written})
            assert (again.status_code, again.json()["code"]) == (409, "number_taken"), written
    assert [item["number"] for item in (await engineer.get("/parts", q="SCHLÜSSEL"))["items"]] == ["Schlüssel-10"]
    assert [item["number"] for item in (await engineer.get("/parts", q="БОЛТ"))["items"]] == ["болт-Ж6"]


async def test_numbers_that_mean_something_else_are_others(workshop: Workshop) -> None:
    engineer = workshop.engineer
    numbers = ("W32-2", "W32-²", "W32-②", "W-1/2", "W-½", "V-m", "V-ⅿ", "STRASSE-7", "straße-7")
    made = [await engineer.part(workshop.project, number=number) for number in numbers]
    assert [part["number"] for part in made] == list(numbers)


@pytest.mark.parametrize(("typed", "written"), (("AB\u20111", "ab-1"), ("A\u00a0B", "a  b"), ("\uff21\uff22-7", "ab-7"), ("4µ7", "4μ7")))
async def test_what_looks_the_same_is_one_number(workshop: Workshop, typed: str, written: str) -> None:
    part = await workshop.engineer.part(workshop.project, number=typed)
    assert (await workshop.engineer.get(f"/parts/by-number/{quote(written, safe='')}"))["id"] == part["id"]


async def test_an_alias_of_any_script_is_found_and_taken_away(workshop: Workshop) -> None:
    engineer = workshop.engineer
    part = await engineer.part(workshop.project)
    added = await engineer.send("POST", f"/parts/{part['id']}/aliases", {"alias": "größe-alt"})
    assert added.status_code in (200, 201), added.text
    assert (await engineer.get(f"/parts/by-number/{quote('GRÖßE-ALT')}"))["id"] == part["id"]
    gone = await engineer.send("DELETE", f"/parts/{part['id']}/aliases/{quote('Größe-Alt')}")
    assert gone.status_code in (200, 204), gone.text
    assert (await engineer.send("GET", f"/parts/by-number/{quote('größe-alt')}")).status_code == 404


async def test_a_line_names_its_part_in_any_case(workshop: Workshop) -> None:
    engineer = workshop.engineer
    top, bolt = await engineer.part(workshop.project), await engineer.part(workshop.project, number="болт-Ж6")
    etag = await engineer.bom_etag(top["id"])
    body = {"child_number": " БОЛТ-ж6", "quantity": "4"}
    line = await engineer.post(f"/parts/{top['id']}/bom", body, headers={"If-Match": f'"{etag}"'})
    assert line["child"]["id"] == bolt["id"]


async def test_the_scheme_passes_over_a_typed_number_of_any_script(database: Database) -> None:
    desk = await open_desk(database)
    async with database.write() as write:
        await write.execute("""UPDATE number_scheme SET segments = '[{"literal": "Ü"}, {"sequence": 1}]' WHERE kind = 'part'""")
    await desk.part("Typed", number="ü1")
    assert (await desk.part("Drawn")).number == "Ü2"


def test_the_database_folds_as_the_program_does(database_url: str) -> None:
    characters = [chr(code) for code in range(1, 0x20000) if not 0xD800 <= code <= 0xDFFF]
    words = [*characters, *NUMBERS, *map(str.upper, NUMBERS), "a\u0308", "A\u0308\uff21", "\uff76\uff9e"]
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT t, folded(t) FROM unnest(%s::text[]) AS t", (words,)).fetchall()
    assigned = [(text, folded) for text, folded in rows if unicodedata.category(text[0]) != "Cn" and text[0] not in NEWER]
    assert [(text, folded, fold(text)) for text, folded in assigned if folded != fold(text)] == []
    assert len(assigned) > 100_000 - 40_000


NEWER = frozenset(map(chr, (*range(0x1C89, 0x1C8B), *range(0xA7CB, 0xA7DD), *range(0x10D50, 0x10D86), *range(0x16EA0, 0x16ED4))))
"""Letters that came with Unicode 16 and 17, after the tables of the database."""


def twin(connection: psycopg.Connection[tuple[object, ...]], number: str) -> int:
    """An item of that number, as version 4 took it."""
    (item,) = connection.execute(
        "INSERT INTO item (uid, kind, project_id, number) SELECT %s, 'part', min(project_id), %s FROM project RETURNING item_id",
        (uuid4(), number),
    ).fetchone() or (0,)
    connection.execute("INSERT INTO item_number (number, item_id, role) VALUES (%s, %s, 'current')", (number, item))
    return int(str(item))


def test_numbers_that_were_two_before_stay_two_and_are_found_by_their_spelling(postgres: Embedded, template: str) -> None:
    find = "SELECT item_id FROM item_number n WHERE n.key = folded(%(n)s) ORDER BY n.number <> %(n)s, n.twin LIMIT 1"
    with database_of_version(postgres, 4) as url:
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO program (uid, code, name) VALUES (gen_random_uuid(), 'P', 'P')")
            connection.execute(
                "INSERT INTO project (uid, program_id, code, name) SELECT gen_random_uuid(), program_id, 'P', 'P' FROM program"
            )
            older, younger, other = (twin(connection, number) for number in ("SCHLÜSSEL-10", "Schlüssel-10", "P-1"))
        migrate(url)
        with psycopg.connect(url) as connection:

            def found(number: str) -> Any:
                return (connection.execute(find, {"n": number}).fetchone() or (None,))[0]

            assert [found(n) for n in ("SCHLÜSSEL-10", "Schlüssel-10", "schlüssel-10", "p-1")] == [older, younger, older, other]
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO item_number (number, item_id, role) VALUES ('schlüssel-10', %s, 'alias')", (other,))

"""What the database answers, as rows of Python: typed by the query's columns, or refused."""

from typing import Any, LiteralString, NamedTuple

import pytest

from cascadia.kernel.db import Database


class Pair(NamedTuple):
    """Many of these are read at once."""

    number: int
    told: dict[str, Any] | None


EVERY: LiteralString = (
    "SELECT n AS number, CASE WHEN n > 1 THEN jsonb_build_object('n', n, 'of', 0.5) END AS told FROM generate_series(1, 3) n"
)


async def test_rows_are_tuples_where_their_class_is_one(database: Database) -> None:
    async with database.read() as read:
        assert await read.all(EVERY, Pair) == [Pair(1, None), Pair(2, {"n": 2, "of": 0.5}), Pair(3, {"n": 3, "of": 0.5})]
        assert await read.one(EVERY, Pair) == Pair(1, None)
        assert await read.one(EVERY + " WHERE n > 3", Pair) is None


@pytest.mark.parametrize("query", ("SELECT 1 AS told, 2 AS number", "SELECT 1 AS number", "SELECT 1 AS number, 2 AS told, 3 AS more"))
async def test_columns_that_are_not_those_of_the_tuple_are_refused(database: Database, query: LiteralString) -> None:
    async with database.read() as read:
        with pytest.raises(TypeError, match="Pair has"):
            await read.all(query, Pair)


async def test_json_of_the_database_keeps_whole_numbers_and_text_as_they_are(database: Database) -> None:
    async with database.read() as read:
        found = await read.value(
            """SELECT '{"n": 123456789012345678901234567890, "t": "\\u00e9\\ud83d\\ude00", "v": [null, true]}'::jsonb"""
        )
    assert found == {"n": 123456789012345678901234567890, "t": "é😀", "v": [None, True]}

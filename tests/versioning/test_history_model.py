"""Whatever is done to BOMs, every point of the past reads as it was, beside a model that copies everything."""

import asyncio
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cascadia.bom.edit import AddLine, ChangeLine, RemoveLine
from cascadia.kernel.db import Database
from cascadia.kernel.errors import Invalid
from cascadia.versioning.model import At, Unchanged
from cascadia.versioning.verification import verify_chain
from tests.desk import Desk, open_desk

PARTS = 5
Model = dict[Any, tuple[int, int, Decimal]]

actions = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, PARTS - 1), st.integers(0, PARTS - 1), st.integers(1, 5)),
        st.tuples(st.just("change"), st.integers(0, 20), st.just(0), st.integers(1, 5)),
        st.tuples(st.just("remove"), st.integers(0, 20), st.just(0), st.just(0)),
    ),
    max_size=12,
)


def reaches(model: Model, start: int, goal: int) -> bool:
    return start == goal or any(reaches(model, child, goal) for parent, child, _ in model.values() if parent == start)


async def play(desk: Desk, parts: list[Any], steps: list[tuple[str, int, int, int]]) -> list[tuple[int, Model]]:
    """Does the steps in the program and in the model; what the model held after each commit."""
    model: Model = {}
    snapshots: list[tuple[int, Model]] = []
    for verb, first, second, quantity in steps:
        seq = None
        match verb:
            case "add":
                closes = reaches(model, second, first)
                adding = desk.lines(parts[first].uid, [AddLine(child=parts[second].uid, quantity=Decimal(quantity))])
                if closes:
                    with pytest.raises(Invalid, match="cycle"):
                        await adding
                else:
                    seq, (uid,) = await adding
                    model = {**model, uid: (first, second, Decimal(quantity))}
            case _ if not model:
                continue
            case "change":
                uid = sorted(model)[first % len(model)]
                parent, child, _ = model[uid]
                try:
                    seq, _ = await desk.lines(parts[parent].uid, [ChangeLine(uid, {"quantity": Decimal(quantity)})])
                except Unchanged:
                    assert model[uid][2] == quantity
                model = {**model, uid: (parent, child, Decimal(quantity))}
            case "remove":
                uid = sorted(model)[first % len(model)]
                seq, _ = await desk.lines(parts[model[uid][0]].uid, [RemoveLine(uid)])
                model = {k: v for k, v in model.items() if k != uid}
            case _:
                raise AssertionError(verb)
        if seq is not None:
            snapshots.append((seq, model))
    return snapshots


async def lines_at(desk: Desk, parts: list[Any], seq: int) -> Model:
    index = {part.item_id: n for n, part in enumerate(parts)}
    found: Model = {}
    for part in parts:
        tree = await desk.tree(part.uid, At(seq=seq))
        found |= {row.uid: (index[row.parent_id], index[row.child_id], row.quantity) for row in tree.rows}
    return found


async def check(url: str, steps: list[tuple[str, int, int, int]]) -> None:
    async with Database(url, size=4) as database:
        desk = await open_desk(database)
        parts = [await desk.part(f"Part {n}") for n in range(PARTS)]
        snapshots = await play(desk, parts, steps)
        for seq, model in snapshots:
            assert await lines_at(desk, parts, seq) == model
        async with database.read() as read:
            assert await verify_chain(read) == []
    with psycopg.connect(url) as connection:
        double = connection.execute("SELECT line_id FROM bom_v WHERE to_seq = 9223372036854775807 GROUP BY line_id HAVING count(*) > 1")
        assert double.fetchall() == []


def test_any_history_reads_back(database_url: str) -> None:
    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(actions)
    def any_history(steps: list[tuple[str, int, int, int]]) -> None:
        asyncio.run(check(database_url, steps))

    any_history()

"""Background work ends for certain, also where a cancellation is lost on its way (Python 3.11's `wait_for` may lose one)."""

import asyncio

import pytest

from cascadia.kernel import tasks


async def stubborn(log: list[str], losses: int) -> None:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            log.append("cancelled")
            if len(log) > losses:
                raise


async def test_works_end_together_though_one_loses_its_first_cancellations() -> None:
    log: list[str] = []
    outer = asyncio.create_task(tasks.together(stubborn(log, 2), asyncio.sleep(60)))
    await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        await tasks.end([outer])
    assert outer.cancelled()
    assert len(log) == 3


async def test_one_that_fails_ends_the_others_and_is_told() -> None:
    log: list[str] = []

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        await tasks.together(stubborn(log, 0), fails())
    assert log == ["cancelled"]

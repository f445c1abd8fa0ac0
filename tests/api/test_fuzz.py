"""Whatever the fuzzer thinks of is answered as the document says. `FUZZ_CASES`, `FUZZ_SEED` and `FUZZ_REPORT` make it the long form."""

import json
import logging
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.company import Workshop, visitor
from tests.fuzzing import Fuzzer
from tests.site import build

CASES = int(os.environ.get("FUZZ_CASES", "2500"))
SEED = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(2**32))
ROUND = 1000


@pytest.fixture
def quiet() -> Iterator[None]:
    """Nobody reads a line for each of thousands of cases."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.mark.timeout(24 * 3600 if "FUZZ_CASES" in os.environ else 300)
async def test_no_case_of_the_fuzzer_is_answered_otherwise_than_described(workshop: Workshop, quiet: None) -> None:
    sys.stdout.write(f"FUZZ_SEED={SEED} repeats this run\n")
    site = await build(workshop)
    await workshop.lead.get("/parts")
    company = workshop.company
    signed_in = [person.http for person in (workshop.lead, workshop.engineer, workshop.viewer, workshop.stranger, company.administrator)]
    async with visitor(company.app) as nobody:
        fuzzer = Fuzzer(site, [*signed_in * 3, nobody], SEED)
        while fuzzer.told.cases < CASES:
            await fuzzer.run(min(ROUND, CASES - fuzzer.told.cases))
    if report := os.environ.get("FUZZ_REPORT"):
        Path(report).write_text(json.dumps(fuzzer.told.report(), indent=1) + "\n", encoding="utf-8")  # noqa: ASYNC240 - nothing waits for it
    assert (fuzzer.told.broken, fuzzer.told.undescribed) == (0, 0), "\n".join(fuzzer.told.wrong)

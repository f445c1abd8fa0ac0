import pytest
from fastapi import FastAPI

from cascadia.kernel.db import Database
from tests.company import Workshop
from tests.proposals.office import Office


@pytest.fixture
def office(app: FastAPI, database: Database, workshop: Workshop) -> Office:
    return Office(app, database, workshop)

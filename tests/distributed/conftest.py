"""The seed's fleet, once for all tests of this folder, from the deployment folders themselves."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.distributed.site import Site, set_up
from tests.distributed.site import signed_in as sign_in
from tools import engine as engines
from tools import images
from tools.cluster import Fleet

KEEP = os.environ.get("KEEP_FLEET") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.needs("docker"))
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def found_images() -> dict[str, str]:
    """Every image that the fleet needs, and what it is."""
    try:
        engine = engines.engine()
    except engines.NoEngine as error:
        pytest.fail(str(error))
    found = images.ensure(engine)
    images.tell(found)
    return found


@pytest.fixture(scope="session")
def fleet(found_images: dict[str, str]) -> Iterator[Fleet]:
    """Infrastructure, two app servers, two general workers, one for CAD, a balancer; everything healthy. KEEP_FLEET=1 leaves it there."""
    fleet = Fleet(engines.engine())
    if fleet.running() and not KEEP:
        pytest.fail("a cluster of this checkout runs: ./dev cluster down")
    fleet.up()
    try:
        fleet.wait()
        yield fleet
    finally:
        if not KEEP:
            fleet.down()
        if not KEEP and fleet.engine.private:
            engines.stop()


@pytest.fixture(scope="session")
def first_site(fleet: Fleet) -> Iterator[Site]:
    """The first administrator, who sets the fleet up."""
    site = set_up(fleet) if fleet.is_new() else sign_in(fleet)
    yield site
    site.http.close()


@pytest.fixture
def site(fleet: Fleet, first_site: Site) -> Iterator[Site]:
    """The administrator, signed in anew, on a fleet that is whole."""
    fleet.make_whole()
    site = sign_in(fleet)
    yield site
    site.http.close()


@pytest.fixture(scope="session")
def project(first_site: Site) -> str:
    return first_site.project(f"load-{uuid4().hex[:6]}")

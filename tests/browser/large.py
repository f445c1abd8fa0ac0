"""A BOM of 10,000 lines, for the test of how it is used and the benchmark of how soon it is there."""

import time

from playwright.sync_api import Page

from tests.browser.conftest import JSON, Api

ASSEMBLIES = 100
LEAVES = 99


def gantry(api: Api) -> JSON:
    """100 assemblies of 99 lines each: 10,000 lines, 10,000 occurrences."""
    project = api.project("gantry")
    leaves = [api.part(project, f"Screw M{n}", attributes={"mass": {"value": f"0.{n + 1:03}", "unit": "kg"}}) for n in range(LEAVES)]
    assemblies = [api.part(project, f"Carriage {n}") for n in range(ASSEMBLIES)]
    for assembly in assemblies:
        _lines(api, assembly, leaves)
    root = api.part(project, "Gantry robot", number="GANTRY")
    _lines(api, root, assemblies)
    return root


def _lines(api: Api, parent: JSON, children: list[JSON]) -> None:
    operations = [{"op": "add", "child": child["id"], "quantity": str(n % 4 + 1)} for n, child in enumerate(children)]
    etag = api.get(f"/parts/{parent['id']}/bom")["etag"]
    api.post(f"/parts/{parent['id']}/bom:batch", {"operations": operations}, **{"If-Match": etag})


def opened(page: Page, machine: JSON) -> float:
    """Opens its BOM, with nothing in the page's memory; the seconds from the navigation to the drawn tree."""
    page.goto("about:blank")
    started = time.monotonic()
    page.goto(f"/parts/{machine['id']}/bom", wait_until="commit")
    page.get_by_role("treegrid").get_by_role("row").filter(has_text="Carriage 0").first.wait_for()
    return time.monotonic() - started

"""WCAG 2.2 AA on every page, in light and in dark: axe finds nothing.

Each page is loaded once, in light; then the system turns dark, and what depends on colours is held again.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import JSON, ROOT, Api, Program, Watch, picture, signed_in

AXE = Path(ROOT / "web/node_modules/axe-core/axe.min.js")
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
COLOURS = ("color-contrast", "link-in-text-block")
"""Of WCAG's rules those that look at colours; the others read the same document in light and in dark."""
COLOURS_CAME = """() => Promise.allSettled(
  document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished))"""
"""Buttons and links turn to another colour by and by."""

Visit = tuple[str, str]


@pytest.fixture(scope="module")
def content(api: Api) -> JSON:
    """A part with a BOM, an empty one, a commit, a user and a token: one of everything that pages show."""
    project = api.project("rover")
    top = api.part(project, "Axle", attributes={"material": "Steel", "tags": ["drive"]})
    leaf = api.part(project, "Bearing", attributes={"mass": {"value": "0.25", "unit": "kg"}})
    api.line(top, leaf, quantity="2", designators=["B1", "B2"])
    api.post(f"/parts/{leaf['id']}/aliases", {"alias": "OLD-7"})
    api.post("/users", {"name": "Vi Ewer", "email": "vi@example.org", "password": "a long enough password"})
    api.post("/tokens", {"name": "script"})
    return {"top": top["id"], "leaf": leaf["id"]}


@pytest.fixture
def page(browser: Browser, program: Program, api: Api, watch: Watch) -> Iterator[Page]:
    # axe is put into the page from outside, past its content security policy.
    with signed_in(browser, program, reduced_motion="reduce", bypass_csp=True) as context:
        made = context.new_page()
        watch.follow(made)
        yield made


def findings(page: Page, name: str, *more: str) -> list[str]:
    """What axe complains about in light and in dark, each in one line; a picture of both by that name."""
    page.emulate_media(color_scheme="light")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = _run(page, {"type": "tag", "values": [*WCAG, *more]})
    picture(page, f"light-{name}")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.evaluate(COLOURS_CAME)
    found += _run(page, {"type": "rule", "values": COLOURS})
    picture(page, f"dark-{name}")
    page.emulate_media(color_scheme="light")
    return found


def _run(page: Page, only: JSON) -> list[str]:
    found = page.evaluate("(only) => axe.run(document, { runOnly: only })", only)
    return [f"{page.url} {v['id']}: {n['target']} {n['failureSummary']}" for v in found["violations"] for n in v["nodes"]]


def visits(content: JSON) -> list[Visit]:
    top, leaf = content["top"], content["leaf"]
    return [
        ("/parts", "OLD"),
        ("/parts?q=nothing-like-it", "No part matches"),
        (f"/parts/{leaf}", "Procurement"),
        (f"/parts/{top}/bom", "B1, B2"),
        (f"/parts/{top}/bom?view=flat", "Bearing"),
        (f"/parts/{top}/bom?view=print", "Ext qty"),
        (f"/parts/{leaf}/bom", "No BOM lines yet"),
        (f"/parts/{leaf}/where-used", "Axle"),
        (f"/parts/{top}/history", "BOM line added"),
        (f"/parts/{top}/files", "No files yet"),
        (f"/parts/{top}/model", "No 3D model"),
        (f"/parts/{top}/bom?at=commit:3", "Nothing can be edited here"),
        ("/imports", "No imports yet"),
        ("/jobs", "failures say why"),
        ("/admin/queues", "maintenance"),
        ("/admin/webhooks", "No webhooks"),
        ("/history", "Look at it"),
        ("/history/main/3", "What changed"),
        ("/admin/programs", "rover program"),
        ("/admin/projects", "rover program"),
        ("/admin/users", "Vi Ewer"),
        ("/admin/uploads", "kept for a day"),
        ("/admin/numbers", "for example"),
        ("/account/tokens", "script"),
        ("/account/notifications", "Mail me when"),
        ("/nothing/here", "Nothing is here"),
    ]


def test_axe_finds_nothing_on_any_page(page: Page, content: JSON) -> None:
    found: list[str] = []
    for address, shows in visits(content):
        page.goto(address)
        if shows != "OLD":
            expect(page.get_by_text(shows).first).to_be_visible()
        else:
            expect(page.get_by_role("grid", name="Parts")).to_contain_text("Bearing")
        name = address.split("?")[0].replace(content["top"], "top").replace(content["leaf"], "leaf").replace("/", "-")
        found += findings(page, name.lstrip("-"), "best-practice")
    assert not found, "\n".join(found)


def test_axe_finds_nothing_in_dialogs_and_menus(page: Page, content: JSON) -> None:
    steps: list[tuple[str, Callable[[], None], str]] = [
        ("/parts", page.get_by_role("button", name="New part").first.click, "Leave it empty"),
        ("/parts", lambda: page.get_by_role("button", name="Jobs").click(), "Nothing is running"),
        ("/parts", lambda: page.get_by_role("button", name="Point in time").click(), "head of main"),
        ("/parts", lambda: page.get_by_role("button", name="account of").click(), "API tokens"),
        (f"/parts/{content['top']}/bom", lambda: page.get_by_role("button", name="Add line").click(), "Find number"),
        (f"/parts/{content['top']}/bom", lambda: page.get_by_role("button", name="Keys").click(), "Keys of the BOM tree"),
        (f"/parts/{content['top']}/bom", lambda: page.get_by_role("button", name="Columns").click(), "Rolled mass"),
        ("/admin/programs", lambda: page.get_by_role("button", name="Roles").click(), "Roles in rover program"),
        ("/admin/users", lambda: page.get_by_role("button", name="Add user").click(), "First password"),
        ("/admin/projects", lambda: page.get_by_role("button", name="New project").click(), "Decides who may see"),
    ]
    found: list[str] = []
    for number, (address, act, shows) in enumerate(steps):
        page.goto(address)
        act()
        expect(page.get_by_text(shows).last).to_be_visible()
        found += findings(page, f"open-{number}")
    assert not found, "\n".join(found)


def test_axe_finds_nothing_where_one_signs_in(browser: Browser, program: Program, api: Api) -> None:
    with browser.new_context(base_url=program.url, reduced_motion="reduce", bypass_csp=True) as context:
        page = context.new_page()
        page.goto("/")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert findings(page, "sign-in") == []

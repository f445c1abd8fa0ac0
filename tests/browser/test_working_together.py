"""Several people at once: what another changed shows by itself, and nobody overwrites what they did not see."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import JSON, PASSWORD, Api, Program, Watch, picture


@pytest.fixture(scope="module")
def assembly(api: Api) -> JSON:
    project = api.project("rover")
    made: JSON = {"project": project, "top": api.part(project, "Axle"), "child": api.part(project, "Bearing")}
    return {**made, "line": api.line(made["top"], made["child"], quantity="2")}


@pytest.fixture
def bom(ada: Page, assembly: JSON) -> Page:
    ada.goto(f"/parts/{assembly['top']['id']}/bom")
    expect(ada.get_by_role("treegrid")).to_contain_text("Bearing")
    return ada


def open_cell(page: Page, cell: Locator) -> None:
    cell.dblclick()
    expect(page.get_by_role("textbox", name="Quantity")).to_be_focused()


def change(api: Api, assembly: JSON, quantity: str) -> None:
    line = api.get(f"/bom-lines/{assembly['line']['id']}")
    api.patch(f"/bom-lines/{line['id']}", {"quantity": quantity}, line["version"])


def test_a_change_by_somebody_else_shows_without_a_reload(bom: Page, api: Api, assembly: JSON) -> None:
    change(api, assembly, "31")
    expect(bom.get_by_role("row").filter(has_text="Bearing").get_by_role("gridcell").nth(4)).to_have_text("31")


def test_an_edit_over_an_unseen_change_shows_both_and_lets_choose(bom: Page, api: Api, assembly: JSON, watch: Watch) -> None:
    watch.expected.add(412)
    quantity = bom.get_by_role("row").filter(has_text="Bearing").get_by_role("gridcell").nth(4)
    open_cell(bom, quantity)
    change(api, assembly, "41")
    bom.keyboard.type("42")
    bom.keyboard.press("Enter")
    dialog = bom.get_by_role("dialog", name="Quantity changed meanwhile")
    expect(dialog.get_by_role("row").last).to_contain_text("42")
    expect(dialog.get_by_role("row").last).to_contain_text("41")
    picture(bom, "conflict")
    dialog.get_by_role("button", name="Keep mine").click()
    expect(quantity).to_contain_text("42")
    assert api.get(f"/bom-lines/{assembly['line']['id']}")["quantity"] == "42"

    open_cell(bom, quantity)
    change(api, assembly, "51")
    bom.keyboard.type("52")
    bom.keyboard.press("Enter")
    dialog.get_by_role("button", name="Take theirs").click()
    expect(quantity).to_have_text("51")
    assert api.get(f"/bom-lines/{assembly['line']['id']}")["quantity"] == "51"


def test_a_cycle_is_refused_with_its_path(bom: Page, api: Api, assembly: JSON, watch: Watch) -> None:
    watch.expected.add(422)
    bom.goto(f"/parts/{assembly['child']['id']}/bom")
    bom.get_by_role("button", name="Add line").click()
    dialog = bom.get_by_role("dialog")
    dialog.get_by_label("Part", exact=True).fill("Axle")
    dialog.get_by_role("option").filter(has_text="Axle").click()
    dialog.get_by_role("button", name="Add line").click()
    top, child = assembly["top"]["number"], assembly["child"]["number"]
    expect(dialog.get_by_role("alert")).to_contain_text(f"{top} → {child}")
    assert api.get(f"/parts/{assembly['child']['id']}/bom")["items"] == []


def test_a_viewer_reads_and_is_told_why_editing_is_off(browser: Browser, program: Program, api: Api, assembly: JSON, watch: Watch) -> None:
    viewer = api.post("/users", {"name": "Vi Ewer", "email": "vi@example.org", "password": PASSWORD})
    url = f"/api/v1/programs/{assembly['project']['program']['id']}/roles/{viewer['id']}"
    assert api.http.put(url, json={"role": "viewer"}).is_success
    with browser.new_context(base_url=program.url) as context:
        answer = context.request.post(
            "/api/v1/sessions", data={"email": "vi@example.org", "password": PASSWORD}, headers={"Origin": program.url}
        )
        assert answer.ok
        page = context.new_page()
        watch.follow(page)
        page.goto(f"/parts/{assembly['top']['id']}/bom")
        page.get_by_role("row").filter(has_text="Bearing").get_by_role("gridcell").nth(4).dblclick()
        expect(page.get_by_label("Quantity", exact=True)).to_have_count(0)
        page.get_by_role("button", name="Add line").hover()
        expect(page.get_by_text("Your role in program rover program is viewer")).to_be_visible()
        page.goto(f"/parts/{assembly['top']['id']}")
        expect(page.get_by_text("Procurement")).to_be_visible()
        expect(page.get_by_role("button", name="Edit")).to_have_count(0)
        expect(page.get_by_role("link", name="Users")).to_have_count(0)

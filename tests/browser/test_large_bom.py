"""A BOM of 10,000 lines is used like a small one. How soon it is there, `./dev bench boms` measures."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import JSON, Api, picture
from tests.browser.large import gantry, opened


@pytest.fixture(scope="module")
def machine(api: Api) -> JSON:
    return gantry(api)


@pytest.mark.timeout(300)  # laying out ten thousand lines is most of it
def test_ten_thousand_lines_are_walked_through_filtered_and_edited(ada: Page, machine: JSON) -> None:
    opened(ada, machine)
    tree = ada.get_by_role("treegrid")
    assert tree.get_attribute("aria-rowcount") == "10002"
    expect(ada.get_by_label("Totals")).to_contain_text("199 distinct items")
    tree.focus()
    ada.keyboard.press("ArrowDown")
    ada.keyboard.press("End")
    last = ada.get_by_role("row", selected=True)
    expect(last).to_contain_text("Screw M98")
    assert last.get_attribute("aria-rowindex") == "10002"
    assert last.get_attribute("aria-level") == "3"
    picture(ada, "bom-10000")
    _filter_and_edit(ada)


def _filter_and_edit(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("Carriage 42")
    found = page.get_by_role("treegrid").get_by_role("row").filter(has_text="Carriage 42")
    expect(found).to_have_count(1)
    expect(page.get_by_role("treegrid")).to_have_attribute("aria-rowcount", "3")
    found.get_by_role("gridcell").nth(4).dblclick()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(found.get_by_role("gridcell").nth(4)).to_have_text("saved7")
    expect(found.get_by_role("gridcell").nth(6)).to_have_text("7")

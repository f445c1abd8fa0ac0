"""`docs/tutorial/browser.md` is followed word by word."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.assets import as1
from tests.browser.conftest import ROOT, Program, Watch
from tests.browser.test_step_story import CONVERSION_MS, drop

PAGE = ROOT / "docs" / "tutorial" / "browser.md"
STEP = re.compile(r"^\d+\. (.*)$", re.MULTILINE)
FILL = re.compile(r"Fill in \*\*(.+?)\*\*: `(.+?)`")
PRESS = re.compile(r"Press \*\*(.+?)\*\*")
CLICK = re.compile(r"Click \*\*(.+?)\*\* in the tree")
SEE = re.compile(r"You see \*\*(.+?)\*\*(?: (.*))?")
DROP = re.compile(r"Drop `(.+?)`")


def test_the_page_works_as_written(visitor: Page, program: Program, watch: Watch, tmp_path: Path) -> None:
    watch.expected |= {409}  # set up already
    file = tmp_path / "as1.stp"
    as1.write(file)
    steps = STEP.findall(PAGE.read_text(encoding="utf-8"))
    assert len(steps) > 20
    visitor.goto(program.first_address)
    for step in steps:
        follow(visitor, step, file)


def follow(page: Page, step: str, file: Path) -> None:
    if found := FILL.match(step):
        field(page, found.group(1)).fill(found.group(2))
    elif found := PRESS.match(step):
        pressed(page, found.group(1)).click(timeout=CONVERSION_MS)
    elif found := CLICK.match(step):
        page.get_by_role("treegrid").get_by_text(found.group(1), exact=True).first.click()
    elif found := SEE.match(step):
        see(page, found.group(1), found.group(2) or "")
    elif found := DROP.match(step):
        assert found.group(1) == file.name
        drop(page, file)
    else:
        raise AssertionError(f"the test does not understand: {step}")


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=label, exact=True)


def pressed(page: Page, label: str) -> Locator:
    """A button whose words begin like that; in a dialog, where one is open."""
    dialog = page.get_by_role("dialog")
    scope = dialog if dialog.get_by_role("button", name=label).count() else page
    return scope.get_by_role("button", name=re.compile(f"^{re.escape(label)}|{re.escape(label)}")).first


def see(page: Page, words: str, where: str) -> None:
    if words.isdecimal():
        expect(page.locator(".count").filter(has_text=where)).to_contain_text(words, timeout=CONVERSION_MS)
    elif where.startswith("in the totals"):
        expect(page.get_by_label("Totals")).to_contain_text(words)
    else:
        expect(page.get_by_text(words, exact=False).first).to_be_visible(timeout=CONVERSION_MS)

"""A parts list in a browser: dropped, reviewed, accepted; its next revision compared with the assembly that is there."""

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Api, picture
from tests.importing.lists import KICAD, NEXT

READ_MS = 60_000


def bring(page: Page, file: Path, project: str) -> None:
    page.goto("/imports")
    page.get_by_label("Files to import").set_input_files(file)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Project").select_option(label=project)
    dialog.get_by_role("button", name="Upload and read").click()
    expect(page).to_have_url(re.compile("/proposals/"))
    expect(page.get_by_role("button", name="Accept")).to_be_visible(timeout=READ_MS)


def test_a_parts_list_and_its_next_revision(ada: Page, api: Api, tmp_path: Path) -> None:
    flap = f"flap{time.time_ns() % 1_000_000}"  # numbers are taken for ever: the program may have seen this test before
    api.project(flap)
    first, second = tmp_path / f"{flap}-board.csv", tmp_path / f"{flap}-board-2.csv"
    for file, text in ((first, KICAD), (second, NEXT)):
        file.write_text(re.sub(r"(LMK107|CC0402|AC0402|150060|NCD0603)", rf"\1{flap}", text), encoding="utf-8")
    first.write_text(f"{first.read_text(encoding='utf-8')}R99,2,1k,R_0603,,X,Maker,\n", encoding="utf-8")
    bring(ada, first, flap)
    expect(ada.get_by_text("Row 7: 1 designator, quantity 2")).to_be_visible()
    expect(ada.get_by_role("button", name="Accept")).to_be_disabled()
    picture(ada, "parts-list-wrong-row")
    ada.get_by_label("Datasheet is read as").select_option(label="not used, on purpose")
    ada.get_by_label("Leave out row 7").check()
    ada.get_by_role("button", name="Read again").click()
    expect(ada.get_by_role("button", name="Accept")).to_be_enabled(timeout=READ_MS)
    expect(ada.get_by_text("rows: 1 left out")).to_be_visible()
    expect(ada.get_by_text("The list becomes a new assembly")).to_be_visible()
    expect(ada.get_by_label("Number of 4u7 C_0603_1608Metric")).to_have_value(f"LMK107{flap}BJ475KAHT")
    ada.get_by_role("button", name="BOM lines 5").click()
    expect(ada.get_by_text("C1 C19 C26")).to_be_visible()
    expect(ada.get_by_text("not fitted")).to_be_visible()
    picture(ada, "parts-list-new")
    ada.get_by_role("button", name="Accept").click()
    expect(ada).to_have_url(re.compile("/parts/.*/bom"))
    expect(ada.get_by_role("treegrid").get_by_text(f"LMK107{flap}BJ475KAHT")).to_be_visible()

    bring(ada, second, flap)
    ada.get_by_label(f"Decision for {flap}-board-2").select_option(label="Use another part…")
    ada.get_by_role("dialog").get_by_role("combobox", name="Part").fill(f"{flap}-board")
    ada.get_by_role("dialog").get_by_role("option").filter(has_text=f"{flap}-board").first.click()
    ada.get_by_role("button", name="BOM lines").click()
    expect(ada.get_by_text(f"CC0402{flap}JRNPO8BN180")).to_be_visible()
    expect(ada.get_by_text("C92")).to_be_visible()
    picture(ada, "parts-list-difference")
    ada.get_by_role("button", name="Accept").click()
    expect(ada.get_by_role("treegrid").get_by_text(f"AC0402{flap}CRNPO9BN9R0")).to_be_visible()
    expect(ada.get_by_role("treegrid").get_by_text(f"CC0402{flap}JRNPO8BN180")).to_have_count(0)

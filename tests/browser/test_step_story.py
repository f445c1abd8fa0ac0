"""The main job in a browser: drop a STEP assembly, review what it would change, accept, look, change, look back."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.assets import as1
from tests.browser.conftest import Api, Program, Watch, picture, signed_in

CONVERSION_MS = 90_000
DROP = """([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name));
  for (const type of ["dragenter", "dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assembly of the structure of as1, with densities, so with masses."""
    path = tmp_path_factory.mktemp("step") / "as1.stp"
    as1.write(path)
    return path


@pytest.fixture
def page(ada: Page, api: Api) -> Page:
    api.project("rover")
    return ada


def drop(page: Page, file: Path) -> None:
    page.evaluate(DROP, [file.name, base64.b64encode(file.read_bytes()).decode()])


def send(page: Page) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Project").select_option(label="rover")
    dialog.get_by_role("button", name="Upload and read").click()


def row(page: Page, name: str, at: int = 0) -> Locator:
    return page.get_by_role("treegrid").get_by_role("row").filter(has=page.get_by_text(name, exact=True)).nth(at)


def quantity(page: Page, name: str) -> Locator:
    return row(page, name).get_by_role("gridcell").nth(4)


def test_a_step_file_becomes_parts_a_bom_and_a_3d_view(
    page: Page, step: Path, api: Api, browser: Browser, program: Program, watch: Watch
) -> None:
    page.goto("/parts")
    expect(page.get_by_role("heading", name="No parts yet")).to_be_visible()
    drop(page, step)
    send(page)
    expect(page).to_have_url(re.compile("/proposals/"))
    _review(page)
    page.get_by_role("button", name="Accept").click()
    expect(page).to_have_url(re.compile("/parts/.*/bom"))
    _look(page)
    _select_both_ways(page)
    _change_and_look_back(page)
    _the_same_file_again_changes_nothing_but_what_differs(page, step)
    _a_colleague_sees_the_same(browser, program, page.url, watch)
    assert [job for job in api.get("/jobs", state="dead")["items"] if job["subject"]["name"] == step.name] == []


def test_a_cut_file_fails_in_words_and_its_neighbour_is_refused_before_it_is_sent(ada: Page, step: Path, api: Api, tmp_path: Path) -> None:
    api.project("lander")
    cut, other = tmp_path / "cut.step", tmp_path / "notes.txt"
    cut.write_bytes(step.read_bytes()[:3000])
    other.write_text("no geometry", encoding="utf-8")
    ada.goto("/imports")
    expect(ada.get_by_role("heading", name="Imports", exact=True)).to_be_visible()
    ada.get_by_label("Files to import").set_input_files([cut, other])
    dialog = ada.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("STEP files (.step, .stp) and parts lists")
    dialog.get_by_label("Project").select_option(label="lander")
    dialog.get_by_role("button", name="Upload and read").click()
    dialog.get_by_role("link", name="Review").click()
    expect(ada.get_by_role("alert")).to_contain_text("The file ends in the middle", timeout=CONVERSION_MS)
    ada.get_by_role("button", name="Jobs").click()
    expect(ada.get_by_role("dialog", name="Jobs").get_by_role("button", name="Retry").first).to_be_visible()
    assert [file["name"] for file in api.get("/files")["items"]].count("notes.txt") == 0


def _review(page: Page) -> None:
    expect(page.get_by_role("button", name="Accept")).to_be_visible(timeout=CONVERSION_MS)
    counts = page.locator(".count")
    for label, count in (("leaf parts", 5), ("assemblies", 4), ("BOM lines", 9), ("occurrences", 27), ("leaf pieces", 18)):
        expect(counts.filter(has_text=label)).to_contain_text(str(count))
    expect(page.locator(".viewer[data-state=shown]")).to_be_visible(timeout=CONVERSION_MS)
    page.get_by_role("row").filter(has_text="+ new").filter(has=page.get_by_label("Name of bolt")).get_by_text("+ new").click()
    expect(page.locator(".viewer[data-highlighted='6']")).to_be_visible()
    number = page.get_by_label("Number of plate")
    number.fill("PLATE-1")
    number.press("Enter")
    picture(page, "proposal")
    page.get_by_role("button", name="BOM lines 9").click()
    expect(page.get_by_role("row").filter(has_text="add")).to_have_count(9)
    picture(page, "proposal-lines")


def _look(page: Page) -> None:
    expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(11)
    expect(page.get_by_text("PLATE-1")).to_be_visible()
    for name, each in (("plate", "1"), ("rod", "1"), ("bolt", "1"), ("l-bracket", "1")):
        expect(quantity(page, name)).to_have_text(each)
    expect(row(page, "bolt").get_by_role("gridcell").nth(6)).to_have_text("6")
    totals = page.get_by_label("Totals")
    expect(totals).to_contain_text("27 occurrences")
    expect(totals).to_contain_text("18 leaf pieces")
    expect(totals).not_to_contain_text("incomplete")
    loaded = page.get_by_role("treegrid").locator("img")
    expect(loaded).to_have_count(10, timeout=CONVERSION_MS)
    assert all(loaded.evaluate_all("(images) => images.map((image) => image.complete && image.naturalWidth > 0)"))


def _select_both_ways(page: Page) -> None:
    viewer = page.locator(".viewer[data-state=shown]")
    expect(viewer).to_be_visible()
    for name, at in (("bolt", 0), ("nut", 0), ("nut", 1), ("l-bracket", 0), ("plate", 0)):
        shown = row(page, name, at)
        shown.get_by_text(name, exact=True).click()
        everywhere = shown.get_by_role("gridcell").nth(6).inner_text()
        expect(page.locator(f".viewer[data-highlighted='{everywhere}']")).to_be_visible()
        expect(page.locator(".viewer-note")).to_have_text(f"{name}: {everywhere} occurrence{'' if everywhere == '1' else 's'}")
    row(page, "rod-assembly").get_by_text("rod-assembly", exact=True).click()
    expect(page.locator(".viewer[data-highlighted='3']")).to_be_visible()
    picture(page, "bom-model")
    box = page.locator(".viewer canvas").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.62)
    chosen = page.get_by_role("row", selected=True)
    expect(chosen).to_have_count(1)
    expect(chosen).not_to_contain_text("rod-assembly")


def _change_and_look_back(page: Page) -> None:
    quantity(page, "nut-bolt-assembly").dblclick()
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Totals")).to_contain_text("22 leaf pieces")
    page.get_by_role("button", name="Point in time").click()
    picture(page, "points-in-time")
    page.get_by_role("button", name=re.compile("Import as1")).click()
    expect(page).to_have_url(re.compile(r"at=commit:\d+"))
    expect(page.get_by_text("Nothing can be edited here")).to_be_visible()
    expect(quantity(page, "nut-bolt-assembly")).to_have_text("3")
    expect(page.get_by_label("Totals")).to_contain_text("18 leaf pieces")
    quantity(page, "nut-bolt-assembly").dblclick()
    expect(page.get_by_label("Quantity", exact=True)).to_have_count(0)
    picture(page, "bom-at-old-commit")
    page.get_by_role("button", name="Back to now").click()
    expect(quantity(page, "nut-bolt-assembly")).to_have_text("4")
    page.get_by_role("link", name="l-bracket-assembly").or_(row(page, "l-bracket-assembly").get_by_role("link")).first.click()
    page.get_by_role("navigation", name="Part").get_by_role("link", name="History").click()
    newest = page.get_by_role("list", name="History of this part").get_by_role("listitem").first
    expect(newest).to_contain_text("Quantity 3 4")
    picture(page, "part-history")


def _the_same_file_again_changes_nothing_but_what_differs(page: Page, step: Path) -> None:
    page.goto("/imports")
    expect(page.get_by_role("heading", name="Imports", exact=True)).to_be_visible()
    drop(page, step)
    send(page)
    expect(page.get_by_role("button", name="Accept")).to_be_visible(timeout=CONVERSION_MS)
    expect(page.locator(".count").filter(has_text="matched")).to_contain_text("9")
    page.get_by_role("button", name=re.compile("BOM lines")).click()
    changed = page.get_by_role("row").filter(has_text="change")
    expect(changed).to_have_count(1)
    expect(changed).to_contain_text("nut-bolt-assembly")
    picture(page, "proposal-again")
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(page).to_have_url(re.compile("/imports"))
    expect(page.get_by_role("row").filter(has_text="Discarded")).to_be_visible()


def _a_colleague_sees_the_same(browser: Browser, program: Program, url: str, watch: Watch) -> None:
    with signed_in(browser, program, color_scheme="dark") as context:
        page = context.new_page()
        watch.follow(page)
        page.goto(url)
        expect(page.get_by_role("row").filter(has_text="Accepted")).to_be_visible()
        page.goto("/jobs")
        expect(page.get_by_role("row").filter(has_text="Succeeded").first).to_be_visible()
        picture(page, "jobs-dark")
        page.get_by_label("Filter by file, number or type").fill("nothing like it")
        expect(page.get_by_text("No job fits these filters")).to_be_visible()
        page.get_by_label("Filter by file, number or type").fill("conversion.cad")
        page.get_by_role("link", name="Convert STEP").first.click()
        expect(page.get_by_role("region", name="Facts")).to_contain_text("conversion.cad.step")
        picture(page, "job-dark")

"""A folder dropped on the page: what can be imported of it is, and the rest is counted."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Api, picture


def test_a_dropped_folder_offers_what_can_be_imported(ada: Page, api: Api, tmp_path: Path) -> None:
    folder = tmp_path / "delivery"
    (folder / "lists").mkdir(parents=True)
    (folder / "lists/board.csv").write_text("Designator,Value,Quantity\nR1,10k,1\n")
    (folder / "frame.step").write_text("ISO-10303-21;")
    (folder / "readme.txt").write_text("hello")
    (folder / "lists/photo.png").write_bytes(b"x")
    api.project("folder")
    ada.goto("/imports")
    expect(ada.get_by_role("heading", name="Imports", exact=True)).to_be_visible()
    devtools = ada.context.new_cdp_session(ada)
    for kind in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 400, "data": data})
    dialog = ada.get_by_role("dialog")
    expect(dialog).to_contain_text("Import 2 files")
    expect(dialog).to_contain_text("board.csv")
    expect(dialog).to_contain_text("frame.step")
    expect(dialog).to_contain_text("2 other files of the folder are neither a STEP file nor a parts list")
    picture(ada, "folder")

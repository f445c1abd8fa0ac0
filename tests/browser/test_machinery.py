"""Queues, workers, logs and webhooks, as an administrator sees them."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Api, Watch, picture
from tests.previews.documents import pdf
from tests.until import wait_until
from tests.vault.test_uploads import metadata


def test_an_administrator_sees_queues_and_workers(ada: Page) -> None:
    page = ada
    page.goto("/admin/queues")
    queues = page.get_by_role("table", name="Queues")
    expect(queues.get_by_role("row").filter(has_text="conversion.cad")).to_contain_text("1")
    workers = page.get_by_role("table", name="Workers")
    expect(workers).to_contain_text("maintenance")
    expect(workers).to_contain_text("0 of")
    picture(page, "queues")


def test_a_webhook_is_added_tried_and_removed(ada: Page, api: Api, watch: Watch) -> None:
    page = ada
    project = api.project("hooks")
    page.goto("/admin/webhooks")
    page.get_by_role("button", name="Add webhook").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Address").fill("not an address")
    dialog.get_by_role("button", name="Add webhook").click()
    expect(dialog).to_contain_text("Enter an address such as")
    dialog.get_by_label("Address").fill("http://127.0.0.1:9/hook")
    dialog.get_by_label("Events").fill("part.*, bom.*")
    dialog.get_by_label("Of program").select_option(label=f"{project['code']}-program")
    dialog.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    table = page.get_by_role("table", name="Webhooks")
    expect(table).to_contain_text("part.*, bom.*")
    table.get_by_role("button", name="Send a test").click()
    log = page.get_by_role("dialog")
    expect(log).to_contain_text("leads inside this network")
    picture(page, "webhook-deliveries")
    page.keyboard.press("Escape")
    expect(log).to_be_hidden()
    picture(page, "webhooks")
    table.get_by_role("button", name="Switch off").click()
    expect(table).to_contain_text("Switched off.")
    table.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No webhooks")).to_be_visible()


def test_a_forgotten_upload_is_seen_and_dropped(ada: Page, api: Api) -> None:
    page, project = ada, api.project("forgotten")
    told = metadata(name="forgotten.step", project=project["id"])
    begun = api.http.post("/api/v1/uploads", headers={"Upload-Length": "3000000", "Upload-Metadata": told})
    piece = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    api.http.patch(begun.headers["location"], content=bytes(1_000_000), headers=piece).raise_for_status()
    page.goto("/admin/uploads")
    row = page.get_by_role("table", name="Uploads").get_by_role("row").filter(has_text="forgotten.step")
    expect(row).to_contain_text("on its way")
    expect(row).to_contain_text("1.0 MB of 3.0 MB")
    picture(page, "uploads")
    row.get_by_role("button", name="Drop").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("sent again from its beginning")
    picture(page, "upload-drop")
    dialog.get_by_role("button", name="Drop").click()
    expect(row).to_have_count(0)
    assert api.http.head(begun.headers["location"]).status_code == 404


def test_a_drawing_is_previewed_among_the_files_of_a_part(ada: Page, api: Api) -> None:
    page, project = ada, api.project("drawings")
    part = api.part(project, "Bracket")
    page.goto(f"/parts/{part['id']}/files")
    page.get_by_label("Files to attach").set_input_files({"name": "drawing.pdf", "mimeType": "application/pdf", "buffer": pdf()})
    page.get_by_role("dialog").get_by_role("button", name="Attach").click()
    row = page.get_by_role("row").filter(has_text="drawing.pdf")
    expect(row).to_be_visible()
    wait_until(lambda: [d["kind"] for a in api.get(f"/parts/{part['id']}/attachments")["items"] for d in a["file"]["derivatives"]])
    page.reload()
    row.get_by_role("button", name="Preview drawing.pdf").click()
    expect(page.get_by_role("img", name="Preview of drawing.pdf")).to_be_visible()
    picture(page, "preview")

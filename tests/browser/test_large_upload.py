"""A file that is larger than one piece, in a browser: whole, and also where a proxy passes one megabyte at most and breaks off once."""

import hashlib
import os
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Api, Watch

MEGABYTE = 1024 * 1024
STORED_MS = 60_000


def test_a_file_of_several_pieces_arrives_through_a_small_proxy(ada: Page, api: Api, watch: Watch, tmp_path: Path) -> None:
    project = api.project("barge")
    part = api.part(project, "Hull")
    content = os.urandom(3 * MEGABYTE)
    file = tmp_path / "hull.bin"
    file.write_bytes(content)
    refused, broken = 0, 0

    def proxy(route: Route) -> None:
        nonlocal refused, broken
        body = route.request.post_data_buffer or b""
        if len(body) > MEGABYTE:
            refused += 1
            route.fulfill(status=413, body="too large")
        elif route.request.method == "PATCH" and not broken:
            broken += 1
            route.abort("connectionreset")
        else:
            route.continue_()

    watch.expected |= {413}
    ada.route("**/api/v1/uploads/*", proxy)
    ada.goto(f"/parts/{part['id']}/files")
    ada.get_by_label("Files to attach").set_input_files(file)
    ada.get_by_role("dialog").get_by_role("button", name="Upload and attach").click()
    expect(ada.get_by_text("hull.bin attached to")).to_be_visible(timeout=STORED_MS)
    assert (refused > 0, broken) == (True, 1)
    [stored] = [found for found in api.get("/files")["items"] if found["name"] == "hull.bin"]
    assert stored["sha256"] == hashlib.sha256(content).hexdigest()

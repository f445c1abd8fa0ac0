"""Where one is signed in, on a wide screen and on a narrow one."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Api, Program


@pytest.mark.timeout(300)
def test_one_sees_and_ends_ones_other_session_also_on_a_narrow_screen(ada: Page, api: Api, program: Program) -> None:
    with httpx.Client(base_url=program.url, headers={"Origin": program.url, "User-Agent": "old laptop"}, timeout=60) as laptop:
        signed_in = laptop.post("/api/v1/sessions", json={"email": "ada@example.org", "password": PASSWORD})
        assert signed_in.status_code == 201, signed_in.text
        ada.set_viewport_size({"width": 390, "height": 844})
        ada.goto("/account/security")
        row = ada.get_by_role("row").filter(has_text="old laptop")
        row.get_by_role("button", name="End").click()
        expect(row).to_have_count(0)
        expect(ada.get_by_text("this one", exact=True)).to_have_count(1)
        expect(ada.get_by_label("Present password")).to_be_in_viewport(ratio=1)
        assert laptop.get("/api/v1/sessions/current").status_code == 401

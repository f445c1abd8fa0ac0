"""From an empty program to a BOM that is edited in place, by hand and by keyboard."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Program, Watch, picture


def cell(page: Page, number: str, column: int) -> str:
    row = page.get_by_role("row").filter(has_text=number)
    return row.get_by_role("gridcell").nth(column).inner_text()


def new_part(page: Page, name: str, number: str = "") -> None:
    page.goto("/parts")
    page.get_by_role("button", name="New part").first.click()  # an empty list offers it twice
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    if number:
        dialog.get_by_label("Number").fill(number)
    dialog.get_by_role("button", name="Create part").click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def test_a_newcomer_gets_from_first_start_to_an_edited_bom(visitor: Page, program: Program, watch: Watch) -> None:
    page = visitor
    watch.expected |= {409, 422}  # set up already; a mass below zero
    _first_start(page, program)
    _first_project(page)
    new_part(page, "Gearbox", "GB-1")
    _edit_attributes(page)
    gearbox = page.url
    new_part(page, "Housing")
    new_part(page, "Screw M4", "SCR-M4")
    page.goto(f"{gearbox}/bom")
    _add_lines(page)
    _edit_by_keyboard(page)
    _remove_and_undo(page)
    _sign_out_and_in(page)


def _first_start(page: Page, program: Program) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/setup$"))
    expect(page.get_by_label("Set-up token")).to_be_visible()
    page.goto(program.first_address)
    expect(page).to_have_url(re.compile("/setup$"))
    expect(page.get_by_label("Organisation")).to_be_visible()
    expect(page.get_by_label("Set-up token")).to_have_count(0)
    assert program.setup_token not in page.evaluate("JSON.stringify([location.href, document.referrer, {...sessionStorage}])")
    picture(page, "first-start")
    page.get_by_label("Organisation").fill("Acme Robotics")
    page.get_by_label("Your name").fill("Ada Kovacs")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_role("textbox", name="Password", exact=True).fill(PASSWORD)
    page.get_by_role("textbox", name="Password again").fill("another one altogether")
    page.get_by_role("button", name="Create administrator").click()
    expect(page.get_by_text("The two passwords differ")).to_be_visible()
    page.get_by_role("textbox", name="Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create administrator").click()
    expect(page.get_by_role("heading", name="Start with a project")).to_be_visible()


def _first_project(page: Page) -> None:
    page.get_by_role("button", name="New project").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Code", exact=True).fill("rover")
    dialog.get_by_role("textbox", name="Program code").fill("mars")
    dialog.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="No parts yet")).to_be_visible()


def _edit_attributes(page: Page) -> None:
    page.get_by_role("button", name="Material: –. Edit").click()
    page.get_by_role("textbox", name="Material").fill("6061-T6")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Material: 6061-T6. Edit")).to_be_visible()
    page.get_by_role("button", name="Mass: –. Edit", exact=True).click()
    page.get_by_role("textbox", name="Mass", exact=True).fill("-3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("textbox", name="Mass", exact=True).fill("2,5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Mass: 2.5 kg. Edit", exact=True)).to_be_visible()
    picture(page, "attributes")


def _add_lines(page: Page) -> None:
    for name, quantity in (("Housing", "1"), ("SCR-M4", "8")):
        page.get_by_role("button", name="Add line").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Part", exact=True).fill(name)
        dialog.get_by_role("option").filter(has_text=name).click()
        dialog.get_by_label("Quantity").fill(quantity)
        dialog.get_by_role("button", name="Add line").click()
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("treegrid").get_by_text(name)).to_be_visible()
    picture(page, "bom-added")


def _edit_by_keyboard(page: Page) -> None:
    tree = page.get_by_role("treegrid")
    tree.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("row", selected=True)).to_contain_text("SCR-M4")
    page.keyboard.press("F2")
    page.keyboard.type("12")
    page.keyboard.press("Tab")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    row = page.get_by_role("row").filter(has_text="SCR-M4")
    expect(row.get_by_role("gridcell").nth(4)).to_have_text("12")
    expect(row.get_by_role("gridcell").nth(3)).to_have_text("5")
    expect(row.get_by_role("gridcell").nth(6)).to_have_text("12")
    expect(tree).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("999")
    page.keyboard.press("Escape")
    expect(row.get_by_role("gridcell").nth(4)).to_have_text("12")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("w")
    expect(page.get_by_role("dialog", name="Where used")).to_contain_text("GB-1")
    page.keyboard.press("Escape")
    tree.focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of the BOM tree")).to_be_visible()
    page.keyboard.press("Escape")
    tree.focus()
    page.keyboard.press("/")
    expect(page.get_by_label("Filter the BOM")).to_be_focused()


def _remove_and_undo(page: Page) -> None:
    page.get_by_role("treegrid").focus()
    page.get_by_role("row").filter(has_text="SCR-M4").click()
    page.keyboard.press("Delete")
    expect(page.get_by_role("row").filter(has_text="SCR-M4")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    row = page.get_by_role("row").filter(has_text="SCR-M4")
    expect(row).to_be_visible()
    assert cell(page, "SCR-M4", 4) == "12"
    assert cell(page, "SCR-M4", 3) == "5"


def _sign_out_and_in(page: Page) -> None:
    inside = page.url
    page.get_by_role("button", name="account of Ada Kovacs").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    page.goto(inside)
    expect(page).to_have_url(re.compile("/sign-in"))
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_role("textbox", name="Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(inside)
    expect(page.get_by_role("treegrid")).to_contain_text("SCR-M4")

"""The generated pages are complete: whatever the program knows has a row, found by another way than the pages are made."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from prometheus_client import REGISTRY

from cascadia.access.model import PERMISSIONS, Role
from cascadia.api.openapi import walk
from cascadia.api.problems import SAID
from cascadia.cli import program
from cascadia.kernel.errors import CascadiaError
from cascadia.settings import Settings
from cascadia.web import create_app
from tools.reference import FOLDER, PAGES, events, source
from tools.reference.source import Module, NotReadable, Said

SOURCE = Path(__file__).resolve().parent.parent.parent / "src/cascadia"
MODULE = SOURCE / "made_up.py"


def rows(page: str) -> dict[str, str]:
    """The rows of a page by what their first cell has in backticks."""
    text = PAGES[FOLDER / page]()
    return {row[1]: row[0] for row in re.finditer(r"^\| `([^`]+)`.*$", text, re.MULTILINE)}


def read(text: str) -> list[Said]:
    module = Module(MODULE, ast.parse(text))
    known = source.kinds([*source.modules(), module], "CascadiaError")
    return list(source.errors([module], known))


def test_every_code_of_an_error_has_a_row() -> None:
    texts = "\n".join(p.read_text(encoding="utf-8") for p in SOURCE.rglob("*.py") if "cli/remote" not in str(p))
    notes = set(re.findall(r'\bNote\(\s*code="([a-z_]+)"', texts))
    written = set(re.findall(r'\bcode(?:: [\w\[\]]+)?\s*=\s*"([a-z_]+)"', texts)) - notes
    jobs = set(re.findall(r'(?:PermanentJobError|CadError|TableError|Failure|Outage\(\s*"\w+",)\(?\s*"([a-z_]+)"', texts))
    classes = {error.code for error in subclasses(CascadiaError)} - {"refused"}
    framework = {code for code, _ in SAID.values()}
    assert len(written) > 60
    assert (written | jobs | classes | framework) - rows("errors.md").keys() == set()


def subclasses(kind: type[CascadiaError]) -> Iterator[type[CascadiaError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from subclasses(below)


def test_every_row_of_an_error_says_something() -> None:
    assert [row for row in rows("errors.md").values() if re.search(r"\|\s*\|$", row)] == []


def test_a_code_is_read_with_its_words_from_wherever_they_are_put_together() -> None:
    found = read(
        """
WHERE = "outside"
class Closed(Conflict):
    code = "closed"
def refuse(words, code):
    raise Invalid(words, code=code)
def door(name, hard):
    if hard:
        refuse(f"The door {name} is shut.", "shut")
    elif name:
        words = "It is raining."
    else:
        words = "It is snowing."
    raise Closed(words + " Stay in.", code="late" if name else WHERE)
"""
    )
    assert [(s.kind, s.code, s.sentences) for s in found] == [
        ("Invalid", "shut", ("The door … is shut.",)),
        ("Closed", "late", ("It is raining. Stay in.",)),
        ("Closed", "outside", ("It is raining. Stay in.",)),
    ]


def test_a_code_that_cannot_be_read_is_refused_by_its_place() -> None:
    with pytest.raises(NotReadable) as refused:
        read("def door(name):\n    raise Conflict('shut', code=name + 'x' if name else OTHER)\n")
    assert str(refused.value) == "src/cascadia/made_up.py:2: say the code as a text, so that the reference can name it"


def test_every_permission_and_every_operation_has_a_row() -> None:
    document = create_app(Settings(database_url="postgresql:///", data_dir=Path("unused"))).openapi()
    found = rows("permissions.md")
    operations = {f"{method.upper()} {path}": operation["x-permission"] for path, method, operation in walk(document)}
    assert {name: permission for name, permission in operations.items() if f"`{permission}`" not in found.get(name, "")} == {}
    assert set().union(*PERMISSIONS.values()) - found.keys() == set()
    assert found["part.edit"] == "| `part.edit` |  | yes | yes | yes |"
    assert "| viewer |" in found["GET /api/v1/parts/{part_id}"]
    assert "| nobody |" in found["GET /health/live"]
    assert list(Role) == ["viewer", "engineer", "approver", "lead"]


def test_every_command_with_every_option_has_its_place() -> None:
    page = PAGES[FOLDER / "commands.md"]()
    for name, command in commands("cascadia", typer.main.get_command(program.build())):
        (section,) = re.findall(rf"^##+ `{re.escape(name)}[ A-Z_…\[\]]*`(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
        options = [option for parameter in command.params if not parameter.hidden for option in parameter.opts if option.startswith("--")]
        assert [option for option in options if option != "--help" and option not in section] == [], name


def commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    for word, below in command.commands.items():
        if not below.hidden:
            yield f"{name} {word}", below
            yield from commands(f"{name} {word}", below) if hasattr(below, "commands") else ()


def test_every_metric_of_app_and_worker_has_a_row() -> None:
    for name in ("cascadia.web", "cascadia.worker.process"):
        importlib.import_module(name)
    kept = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("cascadia_")}
    assert kept
    assert {name.removesuffix("_total") for name in rows("metrics.md")} == kept


def test_every_type_of_event_has_a_row_with_the_members_that_its_source_writes() -> None:
    assert rows("events.md").keys() == events.EVENTS.keys()
    written = list(events.members())
    assert len(written) > 15
    for name, members in written:
        about = events.EVENTS[name]
        assert members <= about.data.keys(), name
        assert about.data.keys() - about.maybe <= members or name.startswith(("attachment", "derivative", "preview")), name


def test_an_event_that_is_not_described_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "EVENTS", {name: about for name, about in events.EVENTS.items() if name != "bom.changed"})
    with pytest.raises(NotReadable, match=r"lacks \['bom.changed'\]"):
        events.page()

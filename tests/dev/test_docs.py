"""Documentation that leads somewhere: every page is found from the index, and every link has a target."""

import re
from pathlib import Path

import pytest

from cascadia import __version__

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = (*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def targets(page: Path) -> list[str]:
    return [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_has_a_target(page: Path) -> None:
    assert [target for target in targets(page) if not (page.parent / target).exists()] == []


def test_every_page_is_found_from_the_index() -> None:
    indexes = (DOCS / "README.md", DOCS / "decisions/README.md")
    linked = {(index.parent / target).resolve() for index in indexes for target in targets(index)}
    assert [str(page.relative_to(DOCS)) for page in sorted(DOCS.rglob("*.md")) if page not in linked | {DOCS / "README.md"}] == []


def test_decisions_are_numbered_without_a_gap_and_dated() -> None:
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert [page.name[:5] for page in pages] == [f"{number:04}-" for number in range(1, len(pages) + 1)]
    index = (DOCS / "decisions/README.md").read_text(encoding="utf-8")
    for page in pages:
        title, blank, dated, *_ = page.read_text(encoding="utf-8").split("\n")
        assert blank == ""
        date = re.search(r"\b\d{1,2} [A-Z][a-z]+ 20\d\d\b", dated)
        assert date, f"{page.name} says in its third line when it was decided"
        assert f"| {page.name[:4]} | [{title.removeprefix('# ')}]({page.name}) | {date[0]} |" in index


def numbers(text: str) -> set[int]:
    """Rules that a text names: `rule 8`, `rules 3 and 8`, `rules 8 to 19`."""
    named = re.findall(r"\b[Rr]ules? (\d+(?:(?:, | and | to |–)\d+)*)", text)
    return {int(number) for group in named for number in re.findall(r"\d+", group)}


def test_every_rule_that_source_or_tests_name_can_be_looked_up() -> None:
    listed = set()
    for first, last in re.findall(
        r"^\| (\d+)(?:(?:–|, )(\d+))? \|", (DOCS / "explanation/rules.md").read_text(encoding="utf-8"), re.MULTILINE
    ):
        listed |= set(range(int(first), int(last or first) + 1))
    assert listed == set(range(1, 45))
    files = [path for folder in ("src", "tests", "web/src") for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".ts", ".tsx"}]
    named = {number for path in files for number in numbers(path.read_text(encoding="utf-8"))}
    assert named - listed == set()


def test_people_read_no_bare_number_of_a_rule() -> None:
    shown = [ROOT / "web/openapi.json", *(ROOT / "web/src").rglob("*.tsx"), *(ROOT / "src").rglob("*.py")]
    found: dict[str, set[int]] = {}
    for path in shown:
        text = path.read_text(encoding="utf-8")
        said = re.sub(r'""".*?"""|#.*', "", text, flags=re.DOTALL) if path.suffix == ".py" else text
        found |= {str(path.relative_to(ROOT)): numbers(said)} if numbers(said) else {}
    assert found == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/.-]+?)(?:::(\w+))?`", page.read_text(encoding="utf-8"))
    assert [path for path, _ in named if not (ROOT / path).exists()] == []
    assert [test for path, test in named if test and f"def {test}(" not in (ROOT / path).read_text(encoding="utf-8")] == []


def test_the_changelog_tells_of_this_version_or_of_one_to_come() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in text or f"## {__version__}" in text


def test_the_version_is_said_once() -> None:
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")

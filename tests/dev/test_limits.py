"""Every limit that people meet is in `docs/explanation/limits.md`, and nothing there is made up."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("access", "bom", "cad", "importing", "items", "parts", "previews", "proposals", "reports", "vault", "versioning")
LIMIT = re.compile(r"^([A-Z_]*(?:_MAX|MAX_|MOST|LARGEST|LONGEST|_SHOWN|NAMED|_TOLD)[A-Z_]*)(?:: Final)? = [0-9]", re.MULTILINE)
INSIDE = {
    "access.known.KNOWN_MAX",
    "access.origin.MOST_COOKIES",
    "bom.networks.TOUCHED_MOST",
    "cad.encoding.SAMPLES_MAX",
    "cad.glb.USHORT_MAX",
    "cad.measure.LARGEST",
    "importing.encodings.SAMPLE_MAX",
    "previews.child.POINTS_MAX",
    "proposals.shapes.BYTES_MAX",
    "proposals.shapes.MOST",
}
"""A bound against abuse, of a cache, a format's number, what a guess looks at, the size of a picture: nobody's work is cut by them."""


def modules() -> dict[str, str]:
    root = ROOT / "src/cascadia"
    return {".".join(path.relative_to(root).with_suffix("").parts): path.read_text(encoding="utf-8") for path in root.rglob("*.py")}


def test_the_page_of_limits_has_all_that_people_meet_and_no_other() -> None:
    page = (ROOT / "docs/explanation/limits.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:\w+\.)+[A-Z_]+)`", page))
    sources = modules()
    limits = {f"{module}.{name}" for module, text in sources.items() if module.split(".")[0] in PACKAGES for name in LIMIT.findall(text)}
    assert limits - INSIDE - named == set()
    gone = {name for name in named if not re.search(rf"^{name.rpartition('.')[2]}\b.* = ", sources[name.rpartition(".")[0]], re.MULTILINE)}
    assert gone == set()

"""Writes the generated pages anew."""

from tools.reference import PAGES

for path, page in PAGES.items():
    path.write_text(page(), encoding="utf-8")

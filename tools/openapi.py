"""Writes the API's description, `web/openapi.json`, and from it the interface's types, `web/src/api/schema.d.ts`."""

import json
import subprocess
import sys
from pathlib import Path

from cascadia.settings import Settings
from cascadia.web import create_app
from tools.steps import WEB, npm


def description() -> str:
    """The OpenAPI document as text that differs only where the API does. No database is asked."""
    app = create_app(Settings(database_url="postgresql:///", data_dir=Path("unused")))
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    (WEB / "openapi.json").write_text(description(), encoding="utf-8")
    if not (WEB / "schema-tool/node_modules").exists():
        subprocess.run(npm("--prefix", "schema-tool", "ci", "--no-audit", "--no-fund", "--loglevel=error"), cwd=WEB, check=True)
    return subprocess.run(npm("run", "--silent", "schema"), cwd=WEB, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

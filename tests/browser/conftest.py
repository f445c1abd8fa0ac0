"""What browser tests stand on: the real program on a free port, Debian's Chromium, and people who are signed in.

Programs and browsers live as long as one module: Playwright's loop would be in the way of asynchronous tests elsewhere.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
SOFTWARE_WEBGL = ["--disable-gpu", "--enable-unsafe-swiftshader"]
"""WebGL by SwiftShader; pages themselves are drawn without it, which costs a third."""
STOP_SECONDS = 120
WAIT_MS = 60_000
PICTURES = ROOT / "test-results" / "browser"
PASSWORD = "correct horse battery staple"
JSON = dict[str, Any]

expect.set_options(timeout=WAIT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.needs("chromium"))


@dataclass(frozen=True)
class Program:
    """A running Cascadia."""

    url: str
    folder: Path

    @property
    def setup_token(self) -> str:
        """What the first administrator needs."""
        return (self.folder / "setup-token").read_text(encoding="utf-8").strip()

    @property
    def first_address(self) -> str:
        """The address that it prints while nobody has set it up."""
        return f"{self.url}/#token={self.setup_token}"


@dataclass(frozen=True)
class Api:
    """The program's API as its administrator, to lay out what a test looks at. Paths are those under `/api/v1`."""

    http: httpx.Client

    def get(self, path: str, **params: Any) -> JSON:
        return self._body(self.http.get(f"/api/v1{path}", params=params))

    def post(self, path: str, body: JSON, **headers: str) -> JSON:
        return self._body(self.http.post(f"/api/v1{path}", json=body, headers=headers))

    def patch(self, path: str, body: JSON, version: str) -> JSON:
        return self._body(self.http.patch(f"/api/v1{path}", json=body, headers={"If-Match": f'"{version}"'}))

    def project(self, code: str) -> JSON:
        """A project in a program of its own; the same one where a test is tried a second time."""
        known = [project for project in self.get("/projects", limit=500)["items"] if project["code"].lower() == code.lower()]
        if known:
            return dict(known[0])
        program = self.post("/programs", {"code": f"{code}-program", "name": f"{code} program"})
        return self.post("/projects", {"code": code, "program": program["id"]})

    def part(self, project: JSON, name: str, **members: Any) -> JSON:
        return self.post("/parts", {"project": project["id"], "name": name, **members})

    def line(self, parent: JSON, child: JSON, **members: Any) -> JSON:
        etag = self.get(f"/parts/{parent['id']}/bom")["etag"]
        return self.post(f"/parts/{parent['id']}/bom", {"child": child["id"], **members}, **{"If-Match": etag})

    @staticmethod
    def _body(answer: httpx.Response) -> JSON:
        assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
        found: JSON = answer.json()
        return found


@dataclass
class Watch:
    """What a page complained about."""

    complaints: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def follow(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # A refused request is heard of as a response; the driver of the software renderer talks of its own speed.
        noise = "Failed to load resource" in message.text or "GPU stall" in message.text
        if message.type in {"error", "warning"} and not noise:
            self.complaints.append(f"{message.type}: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status}: {response.request.method} {response.url}")


@contextmanager
def running_program() -> Iterator[Program]:
    """A fresh `cascadia up` in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="cascadia-browser-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, "DATA_DIR": str(folder), "PORT": str(port), "GRACE_SECONDS": "5"}
    process = subprocess.Popen(
        (sys.executable, "-P", "-m", "cascadia.cli", "up"), env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    try:
        first = process.stdout.readline()
        assert first.startswith("Cascadia is at"), first
        yield Program(f"http://localhost:{port}", folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        process.stdout.close()
        process.wait(STOP_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with running_program() as running:
        yield running


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, which draws 3D by itself."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=[*as_root, *SOFTWARE_WEBGL])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@contextmanager
def administrator(program: Program) -> Iterator[Api]:
    """Does the first start by the API."""
    with httpx.Client(base_url=program.url, headers={"Origin": program.url}, timeout=60) as http:
        person = {"organisation": "Acme Robotics", "name": "Ada Kovacs", "email": "ada@example.org", "password": PASSWORD}
        answer = http.post("/api/v1/setup", json={**person, "token": program.setup_token})
        assert answer.status_code == 201, answer.text
        yield Api(http)


@pytest.fixture(scope="module")
def api(program: Program) -> Iterator[Api]:
    """The administrator, who did the first start by the API."""
    with administrator(program) as found:
        yield found


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test for whatever its pages complained about."""
    found = Watch()
    yield found
    assert found.complaints == []


@pytest.fixture
def visitor(browser: Browser, program: Program, watch: Watch) -> Iterator[Page]:
    """A page of nobody yet."""
    watch.expected.add(401)
    with browser.new_context(base_url=program.url, viewport={"width": 1440, "height": 900}) as context:
        yield _open(context, watch)


@pytest.fixture
def ada(browser: Browser, program: Program, api: Api, watch: Watch) -> Iterator[Page]:
    """A page of the administrator."""
    with signed_in(browser, program) as context:
        yield _open(context, watch)


def signed_in(browser: Browser, program: Program, **options: Any) -> BrowserContext:
    """A context in which the administrator is signed in."""
    context = browser.new_context(base_url=program.url, viewport={"width": 1440, "height": 900}, **options)
    answer = context.request.post(
        "/api/v1/sessions", data={"email": "ada@example.org", "password": PASSWORD}, headers={"Origin": program.url}
    )
    assert answer.ok, answer.text()
    return context


def _open(context: BrowserContext, watch: Watch) -> Page:
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    watch.follow(page)
    return page


def picture(page: Page, name: str) -> None:
    """A screenshot to look at, in `test-results/browser`."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")

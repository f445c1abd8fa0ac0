import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from cascadia.web.interface import Interface
from tests.company import visitor

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGE = '<meta property="csp-nonce" nonce="__CSP_NONCE__"><script nonce="__CSP_NONCE__" src="/assets/index-1a2b.js"></script>'


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "dist/assets").mkdir(parents=True)
    (tmp_path / "dist/index.html").write_text(PAGE)
    (tmp_path / "dist/assets/index-1a2b.js").write_text("export {}")
    (tmp_path / "dist/favicon.svg").write_text("<svg/>")
    (tmp_path / "secret").write_text("not for everybody")
    return tmp_path / "dist"


@pytest_asyncio.fixture
async def browser(built: Path, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async def otherwise(scope: Scope, receive: Receive, send: Send) -> None:
        await plain(scope, receive, send)

    plain = app.router.not_found
    app.router.default = Interface(built, otherwise=otherwise)
    async with visitor(app) as client:
        client.headers["Accept"] = BROWSER["Accept"]
        yield client


async def test_every_page_has_a_nonce_of_its_own_that_its_policy_names(browser: httpx.AsyncClient) -> None:
    nonces = set()
    for path in ("/", "/parts/P-000001", "/index.html"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
        assert "__CSP_NONCE__" not in answer.text
        (nonce,) = set(re.findall(r'nonce="([^"]+)"', answer.text))
        policy = answer.headers["Content-Security-Policy"]
        assert f"script-src 'self' 'nonce-{nonce}'" in policy
        assert f"style-src 'self' 'nonce-{nonce}'" in policy
        assert "unsafe" not in policy
        nonces.add(nonce)
    assert len(nonces) == 3


async def test_a_file_with_a_hash_in_its_name_is_kept_for_ever(browser: httpx.AsyncClient) -> None:
    asset = await browser.get("/assets/index-1a2b.js")
    assert (asset.text, asset.headers["Cache-Control"]) == ("export {}", "public, max-age=31536000, immutable")
    assert "javascript" in asset.headers["Content-Type"]
    icon = await browser.get("/favicon.svg")
    assert (icon.text, icon.headers["Cache-Control"]) == ("<svg/>", "no-cache")


async def test_a_file_comes_as_it_was_coded_when_it_was_built(browser: httpx.AsyncClient, built: Path) -> None:
    (built / "assets/index-1a2b.js.gzip").write_bytes(gzip.compress(b"export {}"))
    for headers, expected in (
        ({"Accept-Encoding": "gzip"}, "gzip"),
        ({"Accept-Encoding": "zstd"}, None),
        ({"Accept-Encoding": "identity"}, None),
        ({"Accept-Encoding": "gzip", "Range": "bytes=0-5"}, None),
    ):
        asset = await browser.get("/assets/index-1a2b.js", headers=headers)
        assert asset.headers.get("Content-Encoding") == expected
        assert asset.text == ("export" if "Range" in headers else "export {}")
        assert "javascript" in asset.headers["Content-Type"]
        assert (asset.headers["Vary"], asset.headers["Cache-Control"]) == ("Accept-Encoding", "public, max-age=31536000, immutable")
    assert (await browser.get("/assets/gone.js", headers={"Accept-Encoding": "gzip"})).status_code == 404


@pytest.mark.parametrize("path", ("/assets/gone.js", "/api/v1/nothing", "/api", "/health/nothing", "/metrics/x", "/health"))
async def test_what_is_not_there_is_no_page(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ("/favicon.ico", "/robots.txt", "/.git/config", "/.env", "/sitemap.xml", "/.well-known/security.txt"))
async def test_a_file_that_is_not_there_is_no_page(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def started(app: FastAPI, method: str, path: str) -> Message:
    """How the answer begins to what no client of HTTP lets one ask."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"accept", b"text/html")]
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}
    await app({**scope, "http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}, receive, send)
    return sent[0]


@pytest.mark.parametrize("path", ("*", "", "x", "x/parts"))
async def test_what_is_no_path_is_no_page(app: FastAPI, path: str) -> None:
    assert (await started(app, "GET", path))["status"] == 404


async def test_the_server_as_a_whole_says_what_it_takes(app: FastAPI) -> None:
    answer = await started(app, "OPTIONS", "*")
    told = dict(answer["headers"])[b"allow"]
    assert (answer["status"], told) == (204, b"DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")


async def test_a_number_with_a_dot_has_a_page(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/parts/10.20.30/bom")).status_code == 200


@pytest.mark.parametrize("accept", ("*/*", "text/*;q=0.5", "", "application/json, */*;q=0.1"))
async def test_the_first_page_is_for_balancers_and_scripts_too(browser: httpx.AsyncClient, accept: str) -> None:
    answer = await browser.get("/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert (await browser.get("/parts", headers={"Accept": accept})).status_code == 404
    assert (await browser.get("/", headers={"Accept": "application/json"})).status_code == 404


async def test_only_navigation_gets_the_page(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/parts", headers={"Accept": "application/json"})).status_code == 404
    assert (await browser.post("/parts")).status_code == 404
    head = await browser.head("/parts")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("path", ("/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret", "/assets/%2e%2e/%2e%2e/secret"))
async def test_no_path_leads_out_of_the_interface(browser: httpx.AsyncClient, path: str) -> None:
    assert "not for everybody" not in (await browser.get(path)).text


async def test_a_checkout_without_a_built_interface_says_how_to_build_it(app: FastAPI, tmp_path: Path) -> None:
    app.router.default = Interface(tmp_path / "nothing", otherwise=app.router.not_found)
    async with visitor(app) as client:
        answer = await client.get("/", headers=BROWSER)
    assert (answer.status_code, "./dev up" in answer.text) == (503, True)

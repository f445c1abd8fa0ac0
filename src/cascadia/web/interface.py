"""The built interface: `index.html` for navigation, files with a hash in their name for ever, everything else is not ours."""

import asyncio
import secrets
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

import cascadia
from cascadia.kernel import coding

PACKAGED: Final = Path(cascadia.__file__).parent / "web/dist"
CHECKOUT: Final = Path(cascadia.__file__).parents[2] / "web/dist"
NONCE: Final = "__CSP_NONCE__"
SERVERS_OWN: Final = ("/api", "/health", "/metrics")
HASHED: Final = "/assets/"
FOR_EVER: Final = "public, max-age=31536000, immutable"
NOT_BUILT: Final = "The interface is not built. In a checkout, `./dev up` builds it. The API is at /api/docs.\n"


def policy(nonce: str | None = None) -> str:
    """What a page of the interface (with a nonce), or one of its scripts, may do."""
    extra = f" 'nonce-{nonce}'" if nonce else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self'{extra}",
            f"style-src 'self'{extra}",
            "img-src 'self' data: blob:",
            "connect-src 'self' blob:",
            "worker-src 'self'",
            "font-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        )
    )


def find_built() -> Path:
    """The folder of the built interface: what is installed with the program, else the checkout's."""
    return PACKAGED if PACKAGED.is_dir() else CHECKOUT


class Interface:
    """Answers what no route of the API matched; hands on to `otherwise` what is not for browsers that navigate."""

    def __init__(self, folder: Path, *, otherwise: ASGIApp) -> None:
        self._folder = folder
        self._files = StaticFiles(directory=folder, check_dir=False)
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reads = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        answer = await self._answer(scope) if reads and not _of_server(scope["path"]) else None
        await (answer or self._otherwise)(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        path = scope["path"]
        if path not in {"/", "/index.html"} and (file := await self._file(scope)):
            return file
        return await self._index() if _is_page(path) and _takes_html(path, Headers(scope=scope).get("accept", "")) else None

    async def _file(self, scope: Scope) -> Response | None:
        hashed = scope["path"].startswith(HASHED)
        found = (await self._coded(scope) if hashed else None) or await self._found(self._files.get_path(scope), scope)
        if found is None:
            return None
        found.headers["Cache-Control"] = FOR_EVER if hashed else "no-cache"
        found.headers["Content-Security-Policy"] = policy()
        return found

    async def _coded(self, scope: Scope) -> Response | None:
        """The file as it was coded when the interface was built, where there is such a one and the browser accepts it; not a part of it."""
        headers, path = Headers(scope=scope), self._files.get_path(scope)
        chosen = None if "range" in headers else coding.chosen(headers.get("accept-encoding"))
        found = await self._found(f"{path}.{chosen}", scope) if chosen else None
        if found:
            found.headers["Content-Encoding"] = chosen or ""
            found.headers["Content-Type"] = guess_type(path)[0] or "application/octet-stream"
        return found

    async def _found(self, path: str, scope: Scope) -> Response | None:
        try:
            found = await self._files.get_response(path, scope)
        except HTTPException:
            return None
        found.headers["Vary"] = "Accept-Encoding"
        return found

    async def _index(self) -> Response:
        try:
            text = await asyncio.to_thread((self._folder / "index.html").read_text, encoding="utf-8")
        except FileNotFoundError:
            return PlainTextResponse(NOT_BUILT, status_code=503)
        nonce = secrets.token_urlsafe(18)
        headers = {"Cache-Control": "no-cache", "Content-Security-Policy": policy(nonce)}
        return HTMLResponse(text.replace(NONCE, nonce), headers=headers)


def _is_page(path: str) -> bool:
    """Whether the interface may have a page there; `/robots.txt` and `/.git/config` are files, and were looked for."""
    first = path.removeprefix("/").partition("/")[0]
    return path in {"/", "/index.html"} or (path.startswith("/") and "." not in first and not path.startswith(HASHED))


def _takes_html(path: str, accept: str) -> bool:
    """Browsers that navigate say so; balancers and scripts ask for the first page with `*/*`, or say nothing."""
    kinds = {part.split(";")[0].strip() for part in accept.split(",")}
    return "text/html" in kinds or (path == "/" and bool(kinds & {"*/*", "text/*", ""}))


def _of_server(path: str) -> bool:
    return any(path == own or path.startswith(f"{own}/") for own in SERVERS_OWN)

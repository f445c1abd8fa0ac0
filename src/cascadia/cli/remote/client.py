"""The HTTP side of the command line: who signs in where, retries that take effect once, pages, refusals in words."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx

from cascadia.cli.remote.output import note
from cascadia.kernel.errors import CascadiaError

API: Final = "/api/v1"
ATTEMPTS: Final = 4
TIMEOUT_SECONDS: Final = 120
PAGE: Final = 500


class Refused(CascadiaError):
    """The server's refusal, or no answer: `detail` is what the person reads."""

    status, code, title = 400, "refused", "Refused"

    def __init__(self, detail: str, *, code: str = "refused", status: int | None = None) -> None:
        super().__init__(detail, code=code)
        self.http_status = status


def credentials_file() -> Path:
    """Where `login` keeps tokens, readable by their owner only."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "cascadia" / "credentials.json"


def read_credentials() -> dict[str, Any]:
    """`{"current": URL, "tokens": {URL: {"id", "secret"}}}`; empty where nobody signed in."""
    try:
        stored: dict[str, Any] = json.loads(credentials_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"current": None, "tokens": {}}
    except ValueError as error:
        raise Refused(f"{credentials_file()} is damaged. Delete it and sign in again.") from error
    return stored


def write_credentials(stored: Mapping[str, Any]) -> None:
    """Replaces the file at once; mode 600."""
    path = credentials_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(stored, file, indent=2)
    fresh.replace(path)


def clean_url(url: str) -> str:
    """`http://host:port` without a path or a slash at the end."""
    parsed = httpx.URL(url if "://" in url else f"http://{url}")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Refused(f"{url} is no address of a server. Use one such as http://localhost:3000.")
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.scheme}://{parsed.host}{port}"


def signed_in(url: str | None = None) -> "Client":
    """A client for `--url`, else CASCADIA_URL, else where one signed in last; with CASCADIA_TOKEN or the stored token."""
    stored = read_credentials()
    address = url or os.environ.get("CASCADIA_URL") or stored["current"]
    if not address:
        raise Refused("Sign in first: cascadia login --url http://… --email …")
    address = clean_url(address)
    token = os.environ.get("CASCADIA_TOKEN") or stored["tokens"].get(address, {}).get("secret")
    if not token:
        raise Refused(f"You are not signed in at {address}. Use: cascadia login --url {address} --email …")
    return Client(address, token)


class Client:
    """One server. Every write carries an `Idempotency-Key`, so a retry after a broken connection takes effect once."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {"Origin": url}
        self.url = url
        self.http = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=True)

    def get(self, path: str, **params: Any) -> Any:
        """The answer's JSON; parameters that are None are left out."""
        return self.response("GET", path, params=params).json()

    def fetch(self, path: str, **params: Any) -> tuple[Any, str]:
        """The answer's JSON with its ETag, for a write that follows."""
        response = self.response("GET", path, params=params)
        return response.json(), response.headers.get("etag", "")

    def send(self, method: str, path: str, body: Any = None, *, etag: str | None = None, keyed: bool = True, **params: Any) -> Any:
        """A write; the answer's JSON, or None where there is none."""
        headers = {"If-Match": etag} if etag else {}
        if keyed:
            headers["Idempotency-Key"] = str(uuid4())
        response = self.response(method, path, params=params, headers=headers, json=body)
        return response.json() if response.content else None

    def pages(self, path: str, *, limit: int | None = None, **params: Any) -> Iterator[Any]:
        """Every item of a paged list, at most `limit`; where there are more, that is said beside the output."""
        page: Any = {"next": None}
        for page in self.whole_pages(path, limit=limit, **params):
            yield from page["items"]
        if page["next"] is not None:
            note(f"The first {limit}; there are more. Ask for them by a higher --limit.")

    def whole_pages(self, path: str, *, limit: int | None = None, **params: Any) -> Iterator[Any]:
        """The pages of a list with all that they say, of at most `limit` items."""
        left, cursor = limit, None
        while left is None or left > 0:
            page = self.get(path, limit=min(PAGE, left or PAGE), cursor=cursor, **params)
            yield page
            left = None if left is None else left - len(page["items"])
            cursor = page["next"]
            if cursor is None:
                return

    def response(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, **rest: Any) -> httpx.Response:
        """The response to a request; retried where it did not arrive or the server said 503. Raises `Refused` for refusals."""
        chosen = {name: value for name, value in (params or {}).items() if value is not None}
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                response = self.http.request(method, API + path, params=chosen, **rest)
            except httpx.TransportError as error:
                if last:
                    raise Refused(f"{self.url} does not answer ({error}). Is it running there?") from error
            else:
                if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or last:
                    return _checked(response)
            time.sleep(0.2 * 2**attempt)
        raise AssertionError("unreachable")

    @contextmanager
    def stream(self, path: str) -> Iterator[httpx.Response]:
        """A GET whose content is read as it comes. Raises `Refused` for refusals, and where the connection breaks."""
        try:
            with self.http.stream("GET", API + path) as response:
                if not response.is_success:
                    response.read()
                yield _checked(response)
        except httpx.TransportError as error:
            raise Refused(f"{self.url} does not answer ({error}). Is it running there?") from error


def _place(pointer: str) -> str:
    """`/attributes/lead_time` as people say it: `attributes, lead time: `."""
    return f"{pointer.strip('/').replace('/', ', ').replace('_', ' ')}: " if pointer else ""


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    words = problem.get("detail") or f"The server answered {response.status_code}."
    wrong = "; ".join(f"{_place(e['pointer'])}{e['message']}" for e in problem.get("errors", []) if e["message"] not in words)
    raise Refused(f"{words} ({wrong})" if wrong else words, code=problem.get("code", "refused"), status=response.status_code)

"""The fleet as people see it: one address, the load balancer's."""

import base64
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tools.cluster import APPS, Fleet, until

HOST = "plm.example.com"
EMAIL, PASSWORD = "ada@example.org", "correct horse battery staple"
JSON = dict[str, Any]
AGAIN_SECONDS = 60.0
PIECES = "application/offset+octet-stream"
LOST = (httpx.TransportError,)
"""What a client sees where a server went away under it."""
BUSY = frozenset({429, 502, 503, 504, 507})


def client(fleet: Fleet, **headers: str) -> httpx.Client:
    """Somebody's browser or script in front of the balancer; of a fleet without one, in front of its app server."""
    if not (fleet.state / "balancer").exists():
        address = f"http://{next(iter(fleet.plan.apps.values()))}:3000"
        return httpx.Client(base_url=address, headers={"Origin": address, **headers}, timeout=20, trust_env=False)
    trust = ssl.create_default_context(cafile=str(fleet.state / "balancer/certificate.pem"))
    seen = {"Host": HOST, "Origin": f"https://{HOST}", **headers}
    return httpx.Client(base_url=f"https://127.0.0.1:{fleet.https_port}", verify=trust, headers=seen, timeout=20, trust_env=False)


@dataclass
class Site:
    """A person who goes on where a careful client would: a write that got no answer is sent again under its key."""

    http: httpx.Client
    retries: int = 0
    patience: float = AGAIN_SECONDS
    """Seconds for which it tries."""

    def send(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        """The first answer that is one; `AssertionError` where there is none for as long as it is patient."""
        key = {"Idempotency-Key": uuid4().hex} if method != "GET" else {}
        sent = {**({"json": body} if body is not None else {}), **more, "headers": {**key, **(headers or {})}}
        deadline, last = time.monotonic() + self.patience, ""
        while time.monotonic() < deadline:
            try:
                answer = self.http.request(method, f"/api/v1{path}", **sent)
                if answer.status_code not in BUSY:
                    return answer
                last = f"{answer.status_code} {answer.text[:200]}"
            except LOST as error:
                last = repr(error)
            self.retries += 1
            time.sleep(0.3)
        raise AssertionError(f"{method} {path}: no answer for {self.patience:.0f} s ({last})")

    def get(self, path: str, **params: Any) -> JSON:
        return self._body(self.send("GET", path, params=params), 200)

    def post(self, path: str, body: Any = None, status: int = 201, **headers: str) -> JSON:
        return self._body(self.send("POST", path, body, headers=headers), status)

    def upload(self, name: str, content: bytes, project: str) -> JSON:
        sent = self.send("POST", "/files", params={"name": name, "project": project}, content=content)
        return self._body(sent, 201)

    @property
    def cookie(self) -> str:
        """What the browser sends of itself, for a request past the balancer."""
        return "; ".join(f"{c.name}={c.value}" for c in self.http.cookies.jar)

    def project(self, code: str) -> str:
        """A new project in a program of its own; its id."""
        program = self.post("/programs", {"code": code, "name": "Fleet"})
        made: str = self.post("/projects", {"code": code, "program": program["id"]})["id"]
        return made

    def begin_upload(self, name: str, project: str, size: int, sha256: str) -> str:
        """Where the pieces of a file go, below `/api/v1`."""
        pairs = {"name": name, "project": project, "sha256": sha256}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
        begun = self.send("POST", "/uploads", headers={"Upload-Length": str(size), "Upload-Metadata": metadata})
        assert begun.status_code == 201, begun.text
        assert begun.headers["Location"].startswith("/api/v1/uploads/")
        return begun.headers["Location"].removeprefix("/api/v1")

    def add_piece(self, where: str, offset: int, piece: bytes) -> httpx.Response:
        """Sends a piece that begins at `offset`; the answer."""
        headers = {"Upload-Offset": str(offset), "Content-Type": PIECES}
        answer = self.send("PATCH", where, headers=headers, content=piece)
        assert answer.status_code == 204, answer.text
        return answer

    def converted(self, path: Path, project: str, seconds: float = 120) -> JSON:
        """The file's proposal, when the worker is done with it."""
        file = self.upload(path.name, path.read_bytes(), project)
        proposal = self.post("/proposals", {"file": file["id"], "project": project}, status=202)
        deadline = time.monotonic() + seconds
        while proposal["state"] == "waiting" and time.monotonic() < deadline:
            time.sleep(0.5)
            proposal = self.get(f"/proposals/{proposal['id']}")
        assert proposal["state"] == "open", proposal
        return proposal

    @staticmethod
    def _body(answer: httpx.Response, status: int) -> JSON:
        assert answer.status_code == status, f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
        found: JSON = answer.json()
        return found


def set_up(fleet: Fleet) -> Site:
    """The first administrator, with the token of the log, by the balancer."""
    until(lambda: bool(fleet.token_line()), 30, lambda: "no set-up token is logged")
    http = client(fleet)
    body = {"organisation": "Fleet", "email": EMAIL, "name": "Ada", "password": PASSWORD, "token": fleet.setup_token()}
    answer = http.post("/api/v1/setup", json=body)
    assert answer.status_code == 201, answer.text
    return Site(http)


def signed_in(fleet: Fleet) -> Site:
    """The administrator once more, in another browser."""
    http = client(fleet)
    site = Site(http)
    answer = site.send("POST", "/sessions", {"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return site


def ready(name: str) -> JSON | None:
    """See `ready_at`, by the app server's name."""
    return ready_at(APPS[name])


def ready_at(address: str) -> JSON | None:
    """What an app server itself says at /health/ready, or None where it does not answer."""
    try:
        answer = httpx.get(f"http://{address}:3000/health/ready", timeout=3, trust_env=False)
    except httpx.TransportError:
        return None
    return {"status_code": answer.status_code, **json.loads(answer.text)}
